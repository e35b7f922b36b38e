//! What a request is signed with, as far as its verification needs to know.

use std::fmt;

use ring::digest;
use subtle::ConstantTimeEq;
use thingwarden_engine::time::Timestamp;
use zeroize::Zeroizing;

/// A secret access key. Its `Debug` form does not show it, its memory is wiped, comparison takes the same time wherever
/// two of the same length differ.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<String>);

impl SecretKey {
    /// Takes the text of a secret access key.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl Eq for SecretKey {}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What an access key id stands for. `O` is whatever the caller of the verification knows about its owner.
#[derive(Clone, Debug)]
pub struct Credential<O> {
    /// What the client signs with.
    pub secret: SecretKey,
    /// Present for temporary credentials, which need their session token in every request.
    pub session: Option<Session>,
    /// Whose it is.
    pub owner: O,
}

/// The part of temporary credentials that long-term ones do not have.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the session token: enough to recognise it, useless to whoever reads the store.
    pub token_sha256: [u8; 32],
    /// From this moment on the credentials are expired.
    pub expires: Timestamp,
}

impl Session {
    /// From the token itself, as it is handed to the client.
    pub fn new(token: &str, expires: Timestamp) -> Self {
        Self { token_sha256: sha256(token.as_bytes()), expires }
    }

    /// Whether `token` is this session's, in time that does not depend on where it differs.
    pub fn has_token(&self, token: &str) -> bool {
        sha256(token.as_bytes()).ct_eq(&self.token_sha256).into()
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("expires", &self.expires).finish_non_exhaustive()
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_secret_is_shown() {
        let session = Session::new("the-token", Timestamp::from_seconds(5));
        let credential =
            Credential { secret: SecretKey::new("the-secret"), session: Some(session), owner: "alice" };
        let shown = format!("{credential:?}");
        assert!(shown.contains("alice") && shown.contains("***"), "{shown}");
        assert!(!shown.contains("the-secret") && !shown.contains("token"), "{shown}");
    }

    #[test]
    fn tokens_and_secrets_are_compared_whole() {
        let session = Session::new("token", Timestamp::from_seconds(5));
        assert!(session.has_token("token"));
        for other in ["", "toke", "token ", "Token"] {
            assert!(!session.has_token(other), "{other}");
        }
        assert_eq!(SecretKey::new("a"), SecretKey::new("a"));
        assert_ne!(SecretKey::new("a"), SecretKey::new("ab"));
    }
}
