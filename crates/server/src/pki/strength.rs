//! Which keys and signatures are good enough to be taken in. Sources: AWS IoT guide, "Create client certificates" and
//! "Certificate signing algorithms supported by AWS IoT".

use thingwarden_engine::pki::{Curve, Hash, KeyKind, PublicKey, SignatureAlgorithm};

/// Why a key or a signature is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Weak {
    #[error("its key is {0}; RSA of 2,048 to 8,192 bits, P-256, P-384 and P-521 are taken")]
    Key(KeyKind),
    #[error("its RSA exponent is even or 1, so that signatures of the key prove nothing")]
    Exponent,
    #[error(
        "it is signed with {0}; SHA-256, SHA-384 and SHA-512 with RSA, RSA-PSS or ECDSA are taken, and SHA-256 with DSA"
    )]
    Signature(SignatureAlgorithm),
}

pub(super) fn check_key(key: &PublicKey) -> Result<(), Weak> {
    match key {
        PublicKey::Rsa { bits: 2048..=8192, exponent, .. } => {
            let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
            if is_odd && exponent.as_slice() != [1] { Ok(()) } else { Err(Weak::Exponent) }
        }
        PublicKey::Ec { curve: Curve::P256 | Curve::P384 | Curve::P521, .. } => Ok(()),
        _ => Err(Weak::Key(key.kind())),
    }
}

pub(super) fn check_signature(algorithm: &SignatureAlgorithm) -> Result<(), Weak> {
    let strong = |hash: &Hash| matches!(hash, Hash::Sha256 | Hash::Sha384 | Hash::Sha512);
    let is_taken = match algorithm {
        SignatureAlgorithm::RsaPkcs1(hash) | SignatureAlgorithm::Ecdsa(hash) => strong(hash),
        SignatureAlgorithm::RsaPss { hash, mask_hash, .. } => strong(hash) && strong(mask_hash),
        SignatureAlgorithm::Dsa(hash) => *hash == Hash::Sha256,
        SignatureAlgorithm::Ed25519 | SignatureAlgorithm::Other(_) => false,
    };
    if is_taken { Ok(()) } else { Err(Weak::Signature(algorithm.clone())) }
}
