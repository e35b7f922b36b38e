//! AWS Signature Version 4: the header form, and the query form of presigned requests.
//!
//! Pure: time and credentials come from the caller, nothing is read or stored but derived signing keys. Sources:
//! [Signature Version 4](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html), and what botocore sends
//! (`tests/conformance/sigv4.py`).

mod canonical;
mod claim;
mod error;
mod keys;
mod limits;
mod parts;
mod sign;

use ring::hmac;
use thingwarden_engine::time::{Duration, Timestamp};

use self::claim::{Claim, Scope};
pub use self::error::SignatureError;
use self::keys::SigningKeys;
use self::limits::CLOCK_SKEW;
pub use self::parts::SignedParts;
pub use self::sign::{AccessKey, SigningScope, sign};
use super::{Credential, SecretKey};

/// The service that WebSocket connections of devices are signed for.
pub const DEVICE_GATEWAY: &str = "iotdevicegateway";

/// A request whose signature is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<O> {
    /// The access key id.
    pub access_key: String,
    /// The region that the client signed for: lower-case letters, digits and dashes.
    pub region: String,
    /// The service that the client signed for, for example `iotdata`: one of those that the verifier was made for.
    pub service: String,
    /// When the client says that it signed.
    pub signed_at: Timestamp,
    /// When the credentials expire, if they are temporary.
    pub expires: Option<Timestamp>,
    /// Whose the access key is.
    pub owner: O,
}

/// Why there is no [`Verified`].
#[derive(Debug, thiserror::Error)]
pub enum VerifyError<E> {
    /// The client is to blame.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The credential could not be looked up.
    #[error("the credential cannot be looked up")]
    Lookup(E),
}

/// Whether a request claims to be signed, well or badly.
pub fn is_signed(query_raw: &str, authorization: Option<&http::HeaderValue>) -> bool {
    authorization.is_some_and(|header| header.as_bytes().starts_with(b"AWS4-"))
        || claim::is_presigned(query_raw)
}

/// Verifies signatures. One for the whole server, shared between threads.
#[derive(Debug)]
pub struct Verifier {
    services: &'static [&'static str],
    clock_skew: Duration,
    keys: SigningKeys,
    /// Stands in for the secret of unknown access keys, so that they take the way of known ones.
    nobody: SecretKey,
}

impl Verifier {
    /// `services` are the names in credential scopes that this server answers to, for example `iot`.
    pub fn new(services: &'static [&'static str]) -> Self {
        Self {
            services,
            clock_skew: CLOCK_SKEW,
            keys: SigningKeys::default(),
            nobody: SecretKey::new("nobody"),
        }
    }

    /// With clients whose clocks may be off by so much, either way, instead of by five minutes.
    #[must_use]
    pub fn with_clock_skew(self, clock_skew: Duration) -> Self {
        Self { clock_skew, ..self }
    }

    /// Verifies the signature of a request at the time `now`. `lookup` is asked for the credential of an access key id
    /// once the claim is formally in order.
    ///
    /// # Errors
    /// [`VerifyError::Signature`] when the request is not to be believed, with the reason for the client;
    /// [`VerifyError::Lookup`] when `lookup` failed.
    pub fn verify<O, E>(
        &self,
        parts: &SignedParts<'_>,
        now: Timestamp,
        lookup: impl FnOnce(&str) -> Result<Option<Credential<O>>, E>,
    ) -> Result<Verified<O>, VerifyError<E>> {
        let claim = Claim::read(parts)?;
        let scope = claim.scope()?;
        check_time(&claim, &scope, now, self.clock_skew)?;
        check_coverage(parts, &claim.signed_headers)?;
        let payload = payload_hash(parts)?;
        let to_sign = |left_out: &&[&str]| {
            let canonical = canonical::request(parts, &claim.signed_headers, left_out, &payload)?;
            Ok(canonical::to_sign(&claim.date, scope.text, &canonical))
        };
        let forms: Vec<String> =
            unsigned(&claim, &scope).iter().map(to_sign).collect::<Result<_, SignatureError>>()?;
        let found = lookup(scope.access_key).map_err(VerifyError::Lookup)?;
        let found = found.filter(|credential| has_its_token(credential, claim.session_token.as_deref()));
        let secret = found.as_ref().map_or(&self.nobody, |credential| &credential.secret);
        let (key, is_new) = self.keys.get(secret, &scope);
        let matches =
            forms.iter().any(|to_sign| hmac::verify(&key, to_sign.as_bytes(), &claim.signature).is_ok());
        let credential = found.ok_or(SignatureError::UnknownClient)?;
        if !matches {
            return Err(SignatureError::Mismatch.into());
        }
        if is_new {
            self.keys.keep(&credential.secret, &scope, key);
        }
        let expires = credential.session.as_ref().map(|session| session.expires);
        if expires.is_some_and(|expires| expires <= now) {
            return Err(SignatureError::ExpiredToken.into());
        }
        if !self.services.contains(&scope.service) {
            let expected = self.services.first().copied().unwrap_or_default();
            let text = format!("Credential should be scoped to correct service: '{expected}'.");
            return Err(SignatureError::Invalid(text).into());
        }
        if !canonical::is_normal(parts.path_raw) {
            return Err(SignatureError::AmbiguousPath.into());
        }
        Ok(Verified {
            access_key: scope.access_key.to_owned(),
            region: scope.region.to_owned(),
            service: scope.service.to_owned(),
            signed_at: claim.signed_at,
            expires,
            owner: credential.owner,
        })
    }
}

/// The parameters of the query that a signature does not cover: one list for each form that is taken. For the gateway of
/// devices, clients append the session token after signing ([AWS IoT guide, "Device communication
/// protocols"](https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html)); the token is verified by itself.
fn unsigned(claim: &Claim<'_>, scope: &Scope<'_>) -> &'static [&'static [&'static str]] {
    const SIGNATURE: &[&str] = &["X-Amz-Signature"];
    match (claim.is_presigned, scope.service) {
        (false, _) => &[&[]],
        (true, DEVICE_GATEWAY) => &[&["X-Amz-Signature", "X-Amz-Security-Token"], SIGNATURE],
        (true, _) => &[SIGNATURE],
    }
}

/// Long-term credentials come without a session token, temporary ones with theirs.
fn has_its_token<O>(credential: &Credential<O>, token: Option<&str>) -> bool {
    match (&credential.session, token) {
        (None, None) => true,
        (Some(session), Some(token)) => session.has_token(token),
        _ => false,
    }
}

fn check_time(
    claim: &Claim<'_>,
    scope: &Scope<'_>,
    now: Timestamp,
    clock_skew: Duration,
) -> Result<(), SignatureError> {
    let day = claim.date.get(..8).unwrap_or_default();
    if scope.date != day {
        return Err(SignatureError::Invalid(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{day}'.",
            scope.date.escape_debug(),
        )));
    }
    let good_for = claim.expires.map_or(clock_skew, |seconds| Duration::seconds(i64::from(seconds)));
    if now > claim.signed_at + good_for {
        let earliest = written(now - good_for);
        let age = good_for.millis() / 60_000;
        let text = format!(
            "Signature expired: {} is now earlier than {earliest} ({} - {age} min.)",
            claim.date,
            written(now)
        );
        return Err(SignatureError::OutOfTime(text));
    }
    if now < claim.signed_at - clock_skew {
        let latest = written(now + clock_skew);
        let text = format!(
            "Signature not yet current: {} is still later than {latest} ({} + {} min.)",
            claim.date,
            written(now),
            clock_skew.millis() / 60_000
        );
        return Err(SignatureError::OutOfTime(text));
    }
    Ok(())
}

/// As `X-Amz-Date` is written.
fn written(time: Timestamp) -> String {
    let whole = Timestamp::from_seconds(time.millis().div_euclid(1000)).to_string();
    whole.chars().filter(|c| !matches!(c, '-' | ':')).collect()
}

/// Headers that mean something to AWS must be signed, or somebody on the way could add one. Exempt are those that
/// clients leave out and those that proxies add; none of them means anything here.
fn check_coverage(parts: &SignedParts<'_>, signed_headers: &str) -> Result<(), SignatureError> {
    const EXEMPT: &[&str] = &[
        "x-amz-cf-",
        "x-amz-user-agent",
        "x-amzn-oidc-",
        "x-amzn-requestid",
        "x-amzn-tls-",
        "x-amzn-trace-id",
    ];
    for (name, _) in parts.headers {
        let starts_with =
            |prefix: &&str| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let must_be_signed = ["x-amz-", "x-amzn-"].iter().any(starts_with) && !EXEMPT.iter().any(starts_with);
        if must_be_signed && !signed_headers.split(';').any(|signed| name.eq_ignore_ascii_case(signed)) {
            let name = name.to_ascii_lowercase();
            return Err(SignatureError::Invalid(format!("'{name}' must be a signed header.")));
        }
    }
    Ok(())
}

/// The hash of the body, which is what is signed in both forms. A client that also says it in a header must say the same:
/// `UNSIGNED-PAYLOAD` and `STREAMING-...` are S3's, and would leave the body to whoever is on the way.
fn payload_hash(parts: &SignedParts<'_>) -> Result<String, SignatureError> {
    let hash = canonical::sha256_hex(parts.body);
    match parts.sole_header("x-amz-content-sha256")? {
        Some(said) if said != hash => {
            let text = "The provided 'x-amz-content-sha256' header does not match what was computed.";
            Err(SignatureError::Invalid(text.to_owned()))
        }
        _ => Ok(hash),
    }
}

#[cfg(test)]
mod tests;
