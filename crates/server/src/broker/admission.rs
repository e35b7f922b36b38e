//! Who gets in: whose certificate a device has shown, and whether it may be used now.

use std::sync::Arc;

use thingwarden_engine::pki;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Reader, Scope, StoreError, records};

use crate::api::{App, iot_arn};

/// A certificate whose private key the device has proven to have, and the account and region it is registered in.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub(super) scope: Scope,
    pub(super) certificate: Arc<pki::Certificate>,
    /// 64 hex digits.
    pub(super) certificate_id: Arc<str>,
    /// What policies and things are attached to.
    pub(super) arn: Arc<str>,
}

/// Why nobody is let in.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("the certificate cannot be read: {0}")]
    Unreadable(#[from] pki::CertificateError),
    #[error("certificate `{id}` is valid from {from} to {to}, not now")]
    OutsideValidity { id: String, from: Timestamp, to: Timestamp },
    #[error("certificate `{id}` is not registered as ACTIVE in any account")]
    NotActive { id: String },
    #[error("the store failed: {0}")]
    Store(#[from] StoreError),
}

/// Finds who has shown a certificate. Where it is registered more than once, the oldest registration counts: whoever
/// registers somebody else's certificate later neither gets its device nor keeps it out.
///
/// # Errors
/// When nobody is let in with it.
pub(super) fn admit(app: &App, der: &[u8], now: Timestamp) -> Result<Principal, Refused> {
    let certificate = pki::Certificate::parse(der)?;
    let id = certificate.id.to_string();
    let (from, to) = (certificate.not_before, certificate.not_after);
    if now < from || now > to {
        return Err(Refused::OutsideValidity { id, from, to });
    }
    let mut found: Option<(i64, Scope)> = None;
    app.store.read::<_, StoreError>(&Scope::new("", ""), |store| {
        for scope in store.scopes()? {
            if !app.accounts.iter().any(|account| **account == *scope.account) {
                continue;
            }
            let Some(registered) = active(&store.in_scope(&scope)?, &id)? else { continue };
            if found.as_ref().is_none_or(|(created_ms, _)| registered.created_ms < *created_ms) {
                found = Some((registered.created_ms, scope));
            }
        }
        Ok(())
    })?;
    let Some((_, scope)) = found else { return Err(Refused::NotActive { id }) };
    let arn = iot_arn(&scope, &format!("cert/{id}")).into();
    Ok(Principal { scope, certificate: Arc::new(certificate), certificate_id: id.into(), arn })
}

/// The registration of a certificate, if the certificate may be used.
pub(super) fn active(store: &Reader<'_>, id: &str) -> Result<Option<records::Certificate>, StoreError> {
    let registered = store.get::<records::Certificate>(id)?;
    Ok(registered.filter(|registered| registered.status == "ACTIVE"))
}
