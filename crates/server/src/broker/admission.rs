//! Who gets in: whose certificate a device has shown, and whether it may be used now; or who has signed a request.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_engine::pki::{self, pem::PemBlocks};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Reader, Scope, StoreError, records};

use super::protocols::WrongProtocol;
use super::vouched::Vouched;
use crate::api::{App, iot_arn};
use crate::auth::Caller;
use crate::auth::sigv4::Verified;
use crate::clock::Clocks;
use crate::token_issuers::Bearer;

/// Whoever has proven who it is, and the account and region whose topics it gets.
#[derive(Clone, Debug)]
pub(super) struct Principal {
    pub(super) scope: Scope,
    /// What life-cycle events, logs and the history call it: the 64 hex digits of a certificate, the unique id of a
    /// caller, what an authorizer or a token calls it.
    pub(super) id: Arc<str>,
    pub(super) proof: Proof,
}

/// How it has proven that.
#[derive(Clone, Debug)]
pub(super) enum Proof {
    /// By the private key of a certificate. Policies and things are attached to its ARN.
    Certificate { certificate: Arc<pki::Certificate>, arn: Arc<str> },
    /// By a signature with an access key, good until then. The policies are those of IAM.
    AccessKey { id: Arc<str>, expires: Option<Timestamp>, user_agent: Option<Arc<str>> },
    /// By what a custom authorizer says, with the policies.
    Authorizer(Arc<Vouched>),
    /// By a token of a configured issuer.
    Token(Arc<Bearer>),
}

impl Refused {
    /// The certificate, if it could be read.
    pub(super) fn certificate(&self) -> Option<&str> {
        match self {
            Self::OutsideValidity { id, .. }
            | Self::NotActive { id }
            | Self::Revoked { id, .. }
            | Self::Protocol { id, .. }
            | Self::SignatureWanted { id } => Some(id),
            Self::Unreadable(_) | Self::Store(_) => None,
        }
    }
}

impl Principal {
    /// Who has signed a request.
    pub(super) fn caller(verified: &Verified<Arc<Caller>>, user_agent: Option<&str>) -> Self {
        let caller = &verified.owner;
        Self {
            scope: Scope::new(caller.account(), &verified.region),
            id: caller.user_id().into(),
            proof: Proof::AccessKey {
                id: verified.access_key.as_str().into(),
                expires: verified.expires,
                user_agent: user_agent.map(Into::into),
            },
        }
    }

    /// A device with a certificate that is registered in `scope`.
    fn device(scope: Scope, id: &str, certificate: pki::Certificate) -> Self {
        let arn = iot_arn(&scope, &format!("cert/{id}")).into();
        Self { scope, id: id.into(), proof: Proof::Certificate { certificate: Arc::new(certificate), arn } }
    }

    /// How long what it has shown is still good; none when it does not end by itself. Dates are the machine's clock's; what an
    /// authorizer says is a span of time.
    pub(super) fn time_left(&self, clocks: Clocks) -> Option<Duration> {
        let (until_ms, now_ms) = match &self.proof {
            Proof::Authorizer(vouched) => return Some(vouched.time_left(clocks)),
            Proof::Certificate { certificate, .. } => (certificate.not_after.millis(), clocks.now.millis()),
            Proof::Token(bearer) => (bearer.until.millis(), clocks.now.millis()),
            Proof::AccessKey { expires, .. } => ((*expires)?.millis(), clocks.now.millis()),
        };
        Some(left(until_ms, now_ms))
    }
}

/// From one moment to another; nothing when that has passed.
pub(super) fn left(until_ms: i64, now_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(until_ms.saturating_sub(now_ms)).unwrap_or(0))
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
    #[error("certificate `{id}` is on a revocation list of its issuer, since {at}")]
    Revoked { id: String, at: Timestamp },
    #[error("the domain that it calls takes requests that are signed, and not certificate `{id}`")]
    SignatureWanted { id: String },
    #[error("certificate `{id}`: {why}")]
    Protocol { id: String, why: WrongProtocol },
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
            let here = store.in_scope(&scope)?;
            let registered = active(&here, &id)?.map(|registered| registered.created_ms);
            let Some(since_ms) = (match registered {
                Some(since_ms) => Some(since_ms),
                None => claim(&here, &id, now)?.map(|claim| claim.created_ms),
            }) else {
                continue;
            };
            if found.as_ref().is_none_or(|(created_ms, _)| since_ms < *created_ms) {
                found = Some((since_ms, scope));
            }
        }
        Ok(())
    })?;
    let Some((_, scope)) = found else { return Err(Refused::NotActive { id }) };
    Ok(Principal::device(scope, &id, certificate))
}

/// The account and region in which a certificate is registered, whatever its status.
///
/// # Errors
/// When the store fails.
pub(super) fn registered_in(app: &App, id: &str) -> Result<Option<Scope>, StoreError> {
    app.store.read(&Scope::new("", ""), |store| {
        for scope in store.scopes()? {
            let is_served = app.accounts.iter().any(|account| **account == *scope.account);
            if is_served && store.in_scope(&scope)?.exists::<records::Certificate>(id)? {
                return Ok(Some(scope));
            }
        }
        Ok(None)
    })
}

/// The device that had a connection before a restart; none when its certificate may not be used any more.
///
/// # Errors
/// When the store fails.
pub(super) fn device(store: &Reader<'_>, id: &str) -> Result<Option<Principal>, StoreError> {
    let registered = active(store, id)?;
    let block = registered.as_ref().and_then(|one| PemBlocks::new(one.pem.as_bytes()).next());
    let certificate = block.and_then(Result::ok).and_then(|block| pki::Certificate::parse(&block.der).ok());
    Ok(certificate.map(|certificate| Principal::device(store.scope().clone(), id, certificate)))
}

/// The claim that a certificate is, if it may be used.
pub(super) fn claim(
    store: &Reader<'_>,
    id: &str,
    now: Timestamp,
) -> Result<Option<records::ProvisioningClaim>, StoreError> {
    let claim = store.get::<records::ProvisioningClaim>(id)?;
    Ok(claim.filter(|claim| now.millis() < claim.expires_ms))
}

/// The registration of a certificate, if the certificate may be used.
pub(super) fn active(store: &Reader<'_>, id: &str) -> Result<Option<records::Certificate>, StoreError> {
    let registered = store.get::<records::Certificate>(id)?;
    Ok(registered.filter(|registered| registered.status == "ACTIVE"))
}
