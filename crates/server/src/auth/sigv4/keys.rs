//! Signing keys, derived from secret access keys, and a bounded store of them: a client uses the same one all day.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

use ring::hmac;

use super::claim::Scope;
use super::limits::SIGNING_KEYS_MAX;
use crate::auth::SecretKey;

/// Signing keys by access key id, date, region and service.
#[derive(Debug, Default)]
pub(super) struct SigningKeys(RwLock<HashMap<Box<str>, Entry>>);

#[derive(Debug)]
struct Entry {
    /// What the key was made of: an access key id whose secret changed has another signing key.
    secret: SecretKey,
    date: Box<str>,
    key: hmac::Key,
}

impl SigningKeys {
    /// The signing key, and whether it is new here.
    pub(super) fn get(&self, secret: &SecretKey, scope: &Scope<'_>) -> (hmac::Key, bool) {
        let entries = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match entries.get(scope.key_id) {
            Some(entry) if entry.secret == *secret => (entry.key.clone(), false),
            _ => (derive(secret, scope), true),
        }
    }

    /// Keeps a key. Only for one that has verified a signature, so that nobody without a secret can push others out.
    pub(super) fn keep(&self, secret: &SecretKey, scope: &Scope<'_>, key: hmac::Key) {
        let mut entries = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= SIGNING_KEYS_MAX {
            entries.retain(|_, entry| *entry.date == *scope.date);
        }
        if entries.len() >= SIGNING_KEYS_MAX {
            entries.clear();
        }
        entries.insert(scope.key_id.into(), Entry { secret: secret.clone(), date: scope.date.into(), key });
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}

pub(super) fn derive(secret: &SecretKey, scope: &Scope<'_>) -> hmac::Key {
    let first = zeroize::Zeroizing::new([b"AWS4", secret.as_str().as_bytes()].concat());
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, &first);
    for text in [scope.date, scope.region, scope.service, "aws4_request"] {
        key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, text.as_bytes()).as_ref());
    }
    key
}
