//! Keys that sign tokens: RSA, with SHA-256 ([signing the
//! token](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html#custom-auth-token-signature)).

use std::collections::BTreeMap;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{KeyKind, PublicKey};

/// Characters of a signature that are looked at (model: `TokenSignature`).
const SIGNATURE_CHARS_MAX: usize = 2560;

/// What is wrong with a key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("it is not one public key in PEM, between `-----BEGIN PUBLIC KEY-----` and its end")]
    Unreadable,
    #[error("it is {0}, not RSA of 2,048 to 8,192 bits")]
    Unfit(KeyKind),
}

/// Whether a key may sign tokens.
///
/// # Errors
/// Why not.
pub(crate) fn check(pem: &str) -> Result<(), KeyError> {
    read(pem).map(drop)
}

/// Whether one of the keys has signed a token.
pub(super) fn have_signed(keys: &BTreeMap<String, String>, token: &str, signature: &str) -> bool {
    if signature.len() > SIGNATURE_CHARS_MAX {
        return false;
    }
    let Ok(signature) = STANDARD.decode(signature) else { return false };
    keys.values().filter_map(|pem| read(pem).ok()).any(|key| {
        let key = RsaPublicKeyComponents { n: key.modulus, e: key.exponent };
        key.verify(&RSA_PKCS1_2048_8192_SHA256, token.as_bytes(), &signature).is_ok()
    })
}

struct RsaKey {
    modulus: Vec<u8>,
    exponent: Vec<u8>,
}

fn read(pem: &str) -> Result<RsaKey, KeyError> {
    let mut blocks = PemBlocks::new(pem.as_bytes());
    let (Some(Ok(block)), None) = (blocks.next(), blocks.next()) else { return Err(KeyError::Unreadable) };
    if block.label != "PUBLIC KEY" {
        return Err(KeyError::Unreadable);
    }
    match PublicKey::parse(&block.der).map_err(|_| KeyError::Unreadable)? {
        PublicKey::Rsa { modulus, exponent, bits: 2048..=8192 }
            if exponent.last().is_some_and(|last| last & 1 == 1) && exponent != [1] =>
        {
            Ok(RsaKey { modulus, exponent })
        }
        other => Err(KeyError::Unfit(other.kind())),
    }
}
