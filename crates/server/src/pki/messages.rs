//! The key that signs messages of SNS, and its certificate, by which endpoints verify them.
//!
//! Signatures are RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), because AWS's are and receivers expect nothing else: with SHA-256,
//! or with SHA-1 where a topic has AWS's default, `SignatureVersion` 1.

use std::path::Path;

use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::{TryCryptoRng, TryRng};
use rsa::signature::{RandomizedSigner, SignatureEncoding};
use sha1::Sha1;
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;

use super::authority::{AuthorityError, made_once, read_certificate, read_key};
use super::key::{CryptoFailed, PrivateKey};
use super::{der, issue, pem};
use crate::config::KeyType;
use crate::random;

/// A key and its certificate.
pub(crate) struct MessageKey {
    key: PrivateKey,
    sha1: SigningKey<Sha1>,
    pem: String,
    id: String,
}

impl MessageKey {
    /// Opens the key in `folder` (`key.pem` of mode 0600) with its `certificate.pem`, or makes both when there are none.
    ///
    /// # Errors
    /// When files cannot be read or written, others may read the key, or it is no RSA key.
    pub(crate) fn open_or_create(folder: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let (certificate, key_path) = made_once(folder, KeyType::Rsa2048, |key| {
            let subject = der::name(&[(issue::CN, "Thingwarden Notifications")]);
            issue::self_signed(&subject, key, issue::Purpose::Messages, now)
        })?;
        let certificate = read_certificate(&certificate)?;
        let key = read_key(&key_path)?;
        let Ok(rsa) = rsa::PrivateKey::from_pkcs8_der(&key.to_pkcs8()?) else {
            return Err(AuthorityError::Key { path: key_path });
        };
        Ok(Self {
            key,
            sha1: SigningKey::new(rsa),
            pem: pem::write("CERTIFICATE", certificate.as_der()),
            id: encode_hex(&thingwarden_engine::ids::sha256(certificate.as_der())).chars().take(32).collect(),
        })
    }

    /// The certificate, which everybody may know.
    pub(crate) fn certificate_pem(&self) -> &str {
        &self.pem
    }

    /// Tells certificates of different keys apart: 32 hexadecimal digits.
    pub(crate) fn certificate_id(&self) -> &str {
        &self.id
    }

    /// Signs with SHA-256.
    ///
    /// # Errors
    /// When the cryptographic library fails.
    pub(crate) fn sign_sha256(&self, message: &[u8]) -> Result<Vec<u8>, CryptoFailed> {
        self.key.sign(message)
    }

    /// Signs with SHA-1.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub(crate) fn sign_sha1(&self, message: &[u8]) -> Result<Vec<u8>, CryptoFailed> {
        // Random numbers blind the computation, so that its duration says nothing about the key.
        let signature = self.sha1.try_sign_with_rng(&mut Random, message).map_err(|_| CryptoFailed)?;
        Ok(signature.to_vec())
    }
}

impl std::fmt::Debug for MessageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageKey").field("certificate", &self.id).finish_non_exhaustive()
    }
}

/// The server's source of random numbers, as `rsa` wants it.
struct Random;

impl TryRng for Random {
    type Error = CryptoFailed;

    fn try_next_u32(&mut self) -> Result<u32, CryptoFailed> {
        random::bytes().map(u32::from_ne_bytes).ok_or(CryptoFailed)
    }

    fn try_next_u64(&mut self) -> Result<u64, CryptoFailed> {
        random::bytes().map(u64::from_ne_bytes).ok_or(CryptoFailed)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), CryptoFailed> {
        random::fill(bytes).ok_or(CryptoFailed)
    }
}

impl TryCryptoRng for Random {}

#[cfg(test)]
impl MessageKey {
    /// One key for all tests: making one takes long.
    pub(crate) fn of_tests(now: Timestamp) -> std::sync::Arc<Self> {
        static KEY: std::sync::OnceLock<std::sync::Arc<MessageKey>> = std::sync::OnceLock::new();
        let make = || {
            let folder = tempfile::tempdir().unwrap();
            Self::open_or_create(folder.path(), now).unwrap().into()
        };
        std::sync::Arc::clone(KEY.get_or_init(make))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use aws_lc_rs::signature::{
        RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey,
    };

    use super::super::testing::NOW;
    use super::*;

    #[test]
    fn another_library_verifies_both_signatures_with_the_certificate() {
        let folder = tempfile::tempdir().unwrap();
        let key = MessageKey::open_or_create(folder.path(), NOW).unwrap();
        let again = MessageKey::open_or_create(folder.path(), NOW).unwrap();
        assert_eq!((key.certificate_id().len(), key.certificate_id()), (32, again.certificate_id()));
        let certificate = read_certificate(&folder.path().join("certificate.pem")).unwrap();
        assert_eq!(key.certificate_pem(), fs::read_to_string(folder.path().join("certificate.pem")).unwrap());
        assert_eq!((certificate.is_ca, certificate.is_self_signed()), (Some(false), true));
        assert_eq!(Some(again.key.public_key_info()), der::public_key_info(&certificate.public_key));
        let spki = again.key.public_key_info();
        for message in [&b""[..], b"a message"] {
            let sha1 = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, &spki);
            sha1.verify(message, &key.sign_sha1(message).unwrap()).unwrap();
            let sha256 = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &spki);
            sha256.verify(message, &key.sign_sha256(message).unwrap()).unwrap();
            assert!(sha256.verify(message, &key.sign_sha1(message).unwrap()).is_err());
        }
        assert!(!format!("{key:?}").contains("PRIVATE"));
    }

    #[test]
    fn a_key_that_is_not_rsa_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let key = PrivateKey::generate(KeyType::EcdsaP256).unwrap().to_pem().unwrap();
        super::super::files::write(&folder.path().join("key.pem"), key.as_bytes(), 0o600).unwrap();
        let error = MessageKey::open_or_create(folder.path(), NOW).unwrap_err();
        assert!(matches!(error, AuthorityError::Key { .. }), "{error}");
    }
}
