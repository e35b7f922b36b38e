//! Tokens that show whose a certificate is that no device has been provisioned with yet.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use thingwarden_engine::ids::{encode_hex, sha256};
use thingwarden_store::records::CertificateOwnership;
use thingwarden_store::{Reader, StoreError, Writer};
use zeroize::Zeroizing;

use crate::random;

/// A token that was just made. Its certificate's id is in it, so that a record is found without looking for a secret.
pub(super) struct Token {
    pub(super) text: Zeroizing<String>,
    certificate: String,
}

impl Token {
    /// None when the system has no randomness.
    pub(super) fn new(certificate: &str) -> Option<Self> {
        let secret = Zeroizing::new(random::bytes::<32>()?);
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(*secret));
        let text = Zeroizing::new(format!("{certificate}.{}", &*secret));
        Some(Self { text, certificate: certificate.to_owned() })
    }

    /// Of the token only the hash is kept.
    pub(super) fn keep(&self, store: &Writer<'_>, expires_ms: i64) -> Result<(), StoreError> {
        store.insert(&CertificateOwnership {
            certificate: self.certificate.clone(),
            token_sha256: hash(&self.text),
            expires_ms,
        })
    }
}

/// The id of the certificate that a token is for, if it is one of this account and region, not used and not over.
pub(super) fn certificate_of(
    store: &Reader<'_>,
    token: &str,
    now_ms: i64,
) -> Result<Option<String>, StoreError> {
    let Some((id, _)) = token.split_once('.') else { return Ok(None) };
    let Some(found) = store.get::<CertificateOwnership>(id)? else { return Ok(None) };
    let is_right = bool::from(found.token_sha256.as_bytes().ct_eq(hash(token).as_bytes()));
    Ok((is_right && now_ms < found.expires_ms).then_some(found.certificate))
}

/// A token is used once.
pub(super) fn use_up(store: &Writer<'_>, certificate: &str) -> Result<(), StoreError> {
    store.delete::<CertificateOwnership>(certificate).map(drop)
}

fn hash(token: &str) -> String {
    encode_hex(&sha256(token.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing::{Api, NOW_MS};

    const END_MS: i64 = NOW_MS + 3_600_000;

    #[test]
    fn a_token_is_good_for_one_certificate_for_a_time_and_once() {
        let api = Api::new();
        let (one, other) = (Token::new("aa").unwrap(), Token::new("bb").unwrap());
        let text = one.text.to_string();
        assert_ne!(text, *Token::new("aa").unwrap().text);
        api.try_write(move |store| {
            one.keep(store, END_MS).and_then(|()| other.keep(store, END_MS)).map_err(drop)
        })
        .unwrap();
        let find = |token: &str, at_ms| api.read(|store| certificate_of(store, token, at_ms));
        assert_eq!(find(&text, END_MS - 1).as_deref(), Some("aa"));
        assert_eq!(find(&text, END_MS), None, "too late");
        let secret = text.strip_prefix("aa.").unwrap();
        for wrong in ["", "aa", "aa.", ".", secret, &format!("bb.{secret}"), &format!("{text}x")] {
            assert_eq!(find(wrong, NOW_MS), None, "{wrong}");
        }
        let kept = api.read(|store| store.require::<CertificateOwnership>("aa"));
        assert!(!serde_json::to_string(&kept).unwrap().contains(secret), "only a hash is kept");
        api.try_write(|store| use_up(store, "aa").map_err(drop)).unwrap();
        assert_eq!(find(&text, NOW_MS), None, "used");
    }
}
