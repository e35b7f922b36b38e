//! Suspects from the history: what a server that ended, or was killed, had recorded and not looked at.
//!
//! What was looked at and is no finding leaves no trace, so it is looked at again: everything since the last audit that looked at
//! all. Displaced clients and certificates that several clients came with are found by indexes; no other connection is read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use thingwarden_engine::audit::{LOG_WINDOW, Resource};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::{Duration, Timestamp};
use thingwarden_store::records::{
    AuditConfiguration, CertificateConnections, ConnectionKind, StoredConnection,
};
use thingwarden_store::{Filter, Order, Query, Reader, StoreError};

use super::super::{Auditor, tracking};
use super::{SUSPECTS_MAX, Suspect};

/// Events that are read for a check of one account and region. A client that is thrown out each second has 86,400 in a day; what
/// is older than the newest of them is left to the next audit.
const EVENTS_MAX: usize = 100_000;
/// What happened so long before an audit may not have been in it: that of AWS leaves out two hours of connections with shared
/// certificates, and an event is recorded within seconds.
const LAG: Duration = Duration::hours(2);

impl Auditor {
    /// Adds what the history shows to the suspects, in all accounts.
    ///
    /// # Errors
    /// When the store fails.
    pub(in crate::audits) fn recall(&self, now_ms: i64) -> Result<(), StoreError> {
        for scope in self.scopes()? {
            let suspects = self.app.store.read(&scope, |store| recalled(store, now_ms))?;
            self.app.suspects.add(&scope, suspects);
        }
        Ok(())
    }
}

/// The suspects of one account and region; none of a check that is not enabled.
pub(in crate::audits) fn recalled(store: &Reader<'_>, now_ms: i64) -> Result<Vec<Suspect>, StoreError> {
    let configuration: AuditConfiguration = store.get(AuditConfiguration::ID)?.unwrap_or_default();
    let is_enabled = |check: &str| configuration.checks.get(check).is_some_and(|settings| settings.enabled);
    let mut suspects = vec![];
    if is_enabled(Suspect::CONFLICTING) {
        let clients = displaced(store, since(store, Suspect::CONFLICTING, now_ms)?)?.into_iter();
        suspects.extend(
            clients.map(|id| Suspect { check: Suspect::CONFLICTING, resource: Resource::ClientId(id) }),
        );
    }
    if is_enabled(Suspect::SHARED) {
        let certificates = shared(store, since(store, Suspect::SHARED, now_ms)?)?.into_iter();
        suspects.extend(
            certificates
                .map(|id| Suspect { check: Suspect::SHARED, resource: Resource::DeviceCertificate(id) }),
        );
    }
    Ok(suspects)
}

/// From when on there may be connections that no audit has looked at.
fn since(store: &Reader<'_>, check: &str, now_ms: i64) -> Result<Timestamp, StoreError> {
    let window = Timestamp::from_millis(now_ms) - LOG_WINDOW;
    // An audit of the future, as a clock that was set back has it, says nothing.
    let complete_ms = tracking::history(store, check)?.complete_ms.filter(|ms| *ms <= now_ms);
    Ok(complete_ms.map_or(window, |ms| window.max(Timestamp::from_millis(ms) - LAG)))
}

fn not_before(moment: Timestamp) -> Filter<'static> {
    Filter::at_least("place", StoredConnection::place(moment.millis(), ConnectionKind::Disconnected))
}

/// Clients that the broker saw displaced.
fn displaced(store: &Reader<'_>, since: Timestamp) -> Result<BTreeSet<String>, StoreError> {
    let displaced = [Filter::NotZero("displaced"), Filter::eq("displaced", true), not_before(since)];
    let newest =
        Query { order: Order::By("place"), descending: true, limit: EVENTS_MAX, ..Query::all(&displaced) };
    let mut clients = BTreeSet::new();
    store.each(&newest, &mut |event: StoredConnection| {
        // What was imported is for audits.
        if event.is_live {
            clients.insert(event.client_id);
        }
        let has_room = clients.len() < SUSPECTS_MAX;
        Ok::<_, StoreError>(if has_room { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(clients)
}

/// Certificates that the broker saw somebody connect with, and several clients.
fn shared(store: &Reader<'_>, since: Timestamp) -> Result<Vec<CertificateId>, StoreError> {
    let several = [Filter::NotZero("several_ms"), Filter::at_least("several_ms", since.millis())];
    let newest = Query {
        order: Order::By("several_ms"),
        descending: true,
        limit: SUSPECTS_MAX,
        ..Query::all(&several)
    };
    let mut certificates = vec![];
    store.each(&newest, &mut |known: CertificateConnections| {
        certificates.extend(CertificateId::parse(&known.certificate));
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    let mut left = EVENTS_MAX;
    let mut shared = vec![];
    for certificate in certificates {
        if is_live(store, &certificate, since, &mut left)? {
            shared.push(certificate);
        }
    }
    Ok(shared)
}

/// Whether the broker saw somebody connect with the certificate. Reads at most `left` events, and says how many are left then.
fn is_live(
    store: &Reader<'_>,
    certificate: &CertificateId,
    since: Timestamp,
    left: &mut usize,
) -> Result<bool, StoreError> {
    let number = StoredConnection::number(certificate);
    let of_certificate =
        [Filter::NotZero("certificate"), Filter::eq("certificate", number), not_before(since)];
    let newest =
        Query { order: Order::By("place"), descending: true, limit: *left, ..Query::all(&of_certificate) };
    let mut is_live = false;
    store.each(&newest, &mut |event: StoredConnection| {
        *left = left.saturating_sub(1);
        is_live = event.is_live
            && event.kind == ConnectionKind::Connected
            && event.certificate() == Some(*certificate);
        Ok::<_, StoreError>(if is_live { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(is_live)
}
