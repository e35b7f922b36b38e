//! Whether the issuer of a device's certificate has revoked it, by the revocation lists in the store (`mqtt.check_revocation`).
//!
//! Lists are verified once, and again when one came or a CA certificate was changed; and each hour, since some are valid
//! only from a moment on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{CaCertificate, StoredCrl};
use thingwarden_store::{Scope, StoreError};

use super::Broker;
use super::admission::{Principal, Proof, Refused};
use crate::api::App;
use crate::audits::KnownRevocations;

const MILLIS_PER_HOUR: i64 = 3_600_000;

/// What the lists of each account and region say.
#[derive(Debug)]
pub(super) struct RevocationLists {
    is_asked: bool,
    known: Mutex<HashMap<Scope, (Moment, Arc<KnownRevocations>)>>,
}

/// What was known when lists were read: changes of lists, changes of CA certificates, the hour.
type Moment = (u64, u64, i64);

impl RevocationLists {
    pub(super) fn new(is_asked: bool) -> Self {
        Self { is_asked, known: Mutex::default() }
    }

    fn of(&self, app: &App, scope: &Scope, now: Timestamp) -> Result<Arc<KnownRevocations>, StoreError> {
        // Before the store is opened, so that what is read is at least as new.
        let (lists, authorities) =
            (app.store.generation::<StoredCrl>(), app.store.generation::<CaCertificate>());
        let moment = (lists, authorities, now.millis().div_euclid(MILLIS_PER_HOUR));
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lists)) = known.get(scope).filter(|(read, _)| *read == moment) {
            return Ok(Arc::clone(lists));
        }
        let read = app.store.read(scope, |store| KnownRevocations::read(store, &app.key_checker, now))?;
        let lists = Arc::new(read);
        known.insert(scope.clone(), (moment, Arc::clone(&lists)));
        Ok(lists)
    }
}

impl Broker {
    /// Lets a principal pass unless the issuer of its certificate has revoked it.
    ///
    /// # Errors
    /// When it has, or when the store does not say.
    pub(super) fn refuse_revoked(&self, principal: Principal) -> Result<Principal, Refused> {
        if let Proof::Certificate { certificate, .. } = &principal.proof
            && self.revocation_lists.is_asked
        {
            let now = Self::now();
            let lists = self.revocation_lists.of(&self.app, &principal.scope, now)?;
            if let Some(at) = lists.revoked_at(certificate, &self.app.key_checker, now) {
                return Err(Refused::Revoked { id: principal.id.to_string(), at });
            }
        }
        Ok(principal)
    }
}
