//! Signature algorithms, and verifying with those that are still trustworthy enough to be implemented.

use std::fmt;

use ring::signature as ring;

use super::der::{self, DerError, Reader, Value, unsigned};
use super::key::{Curve, PublicKey};
use super::oid::{self, Oid};

/// How a certificate or revocation list is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    RsaPkcs1(Hash),
    /// RFC 4055 section 3.1.
    RsaPss {
        hash: Hash,
        /// Of the mask generation function.
        mask_hash: Hash,
        salt_bytes: u32,
    },
    Ecdsa(Hash),
    Dsa(Hash),
    Ed25519,
    Other(Oid),
}

/// The hash function under a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hash {
    Md2,
    Md4,
    Md5,
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
    /// Part of the signature scheme itself (EdDSA).
    BuiltIn,
    /// Not known to us.
    Other,
}

/// Why a signature does not count as verified.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// Neither valid nor invalid: the algorithm, with this kind and size of key, is not implemented.
    #[error("signatures of the kind {0} with this key cannot be verified")]
    Unsupported(SignatureAlgorithm),
    #[error("the signature does not fit the content and the key")]
    Invalid,
}

impl SignatureAlgorithm {
    pub(super) fn read(identifier: &Value<'_>) -> Result<Self, DerError> {
        let mut fields = identifier.reader();
        let algorithm = Oid::read(&mut fields, "signature algorithm")?;
        Ok(match algorithm.as_bytes() {
            // PKCS #1, RFC 8017 appendix A.2.4.
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, number] => match number {
                2 => Self::RsaPkcs1(Hash::Md2),
                3 => Self::RsaPkcs1(Hash::Md4),
                4 => Self::RsaPkcs1(Hash::Md5),
                5 => Self::RsaPkcs1(Hash::Sha1),
                10 => read_pss(&mut fields).unwrap_or(Self::Other(algorithm)),
                11 => Self::RsaPkcs1(Hash::Sha256),
                12 => Self::RsaPkcs1(Hash::Sha384),
                13 => Self::RsaPkcs1(Hash::Sha512),
                14 => Self::RsaPkcs1(Hash::Sha224),
                _ => Self::Other(algorithm),
            },
            // SHA-1 with RSA as the OIW named it.
            [0x2b, 14, 3, 2, 29] => Self::RsaPkcs1(Hash::Sha1),
            // ANSI X9.62, RFC 5758 section 3.2.
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1] => Self::Ecdsa(Hash::Sha1),
            [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, number] => match number {
                1 => Self::Ecdsa(Hash::Sha224),
                2 => Self::Ecdsa(Hash::Sha256),
                3 => Self::Ecdsa(Hash::Sha384),
                4 => Self::Ecdsa(Hash::Sha512),
                _ => Self::Other(algorithm),
            },
            [0x2a, 0x86, 0x48, 0xce, 0x38, 4, 3] => Self::Dsa(Hash::Sha1),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 1] => Self::Dsa(Hash::Sha224),
            [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 3, 2] => Self::Dsa(Hash::Sha256),
            oid::ED25519 => Self::Ed25519,
            _ => Self::Other(algorithm),
        })
    }

    pub fn hash(&self) -> Hash {
        match self {
            Self::RsaPkcs1(hash) | Self::RsaPss { hash, .. } | Self::Ecdsa(hash) | Self::Dsa(hash) => *hash,
            Self::Ed25519 => Hash::BuiltIn,
            Self::Other(algorithm) if algorithm.is(oid::ED448) => Hash::BuiltIn,
            Self::Other(_) => Hash::Other,
        }
    }
}

/// `RSASSA-PSS-params`; every field has a default.
fn read_pss(fields: &mut Reader<'_>) -> Result<SignatureAlgorithm, DerError> {
    const FIELD: &str = "RSASSA-PSS parameters";
    let (mut hash, mut mask_hash, mut salt_bytes) = (Hash::Sha1, Hash::Sha1, 20);
    if !fields.is_empty() {
        let mut params = fields.sequence(FIELD)?.reader();
        if let Some(value) = params.optional(der::constructed(0), FIELD)? {
            hash = read_hash(&mut value.reader())?;
        }
        if let Some(value) = params.optional(der::constructed(1), FIELD)? {
            // MGF1 is the only mask generation function there is; its parameter is the hash.
            let mut mask = value.reader().sequence(FIELD)?.reader();
            mask.expect(der::OID, FIELD, "an object identifier")?;
            mask_hash = read_hash(&mut mask)?;
        }
        if let Some(value) = params.optional(der::constructed(2), FIELD)? {
            let digits = unsigned(value.reader().integer(FIELD)?);
            salt_bytes = digits
                .iter()
                .try_fold(0_u32, |salt, &digit| salt.checked_mul(256)?.checked_add(digit.into()))
                .unwrap_or(u32::MAX);
        }
    }
    Ok(SignatureAlgorithm::RsaPss { hash, mask_hash, salt_bytes })
}

fn read_hash(fields: &mut Reader<'_>) -> Result<Hash, DerError> {
    const FIELD: &str = "hash algorithm";
    let algorithm = fields.sequence(FIELD)?.reader().expect(der::OID, FIELD, "an object identifier")?;
    Ok(match algorithm.content {
        [0x2b, 14, 3, 2, 26] => Hash::Sha1,
        [0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, number] => match number {
            1 => Hash::Sha256,
            2 => Hash::Sha384,
            3 => Hash::Sha512,
            4 => Hash::Sha224,
            _ => Hash::Other,
        },
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 2, 5] => Hash::Md5,
        _ => Hash::Other,
    })
}

/// Verifies a signature over `signed`. RSA with SHA-1 counts as verifiable, because old CAs still sign revocation lists
/// with it; MD5 and older, DSA, P-521 and keys outside 1,024 to 8,192 bits do not.
pub fn verify(
    signed: &[u8],
    algorithm: &SignatureAlgorithm,
    signature: &[u8],
    issuer: &PublicKey,
) -> Result<(), SignatureError> {
    let unsupported = || SignatureError::Unsupported(algorithm.clone());
    let result = match issuer {
        PublicKey::Rsa { modulus, exponent, bits } => {
            let parameters = rsa_parameters(algorithm, *bits).ok_or_else(unsupported)?;
            // The library takes odd exponents from 3 to 33 bits.
            let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
            let fits = exponent.len() < 5 || (exponent.len() == 5 && exponent.first() == Some(&1));
            if !is_odd || !fits || exponent.as_slice() == [1] {
                return Err(unsupported());
            }
            ring::RsaPublicKeyComponents { n: modulus, e: exponent }.verify(parameters, signed, signature)
        }
        PublicKey::Ec { curve, point, .. } => {
            let parameters = ecdsa_parameters(algorithm, *curve).ok_or_else(unsupported)?;
            // A compressed point (RFC 5480 section 2.2) is legal, but the library does not expand it.
            if point.first() != Some(&4) {
                return Err(unsupported());
            }
            ring::UnparsedPublicKey::new(parameters, point).verify(signed, signature)
        }
        PublicKey::Ed25519 { key } => match algorithm {
            SignatureAlgorithm::Ed25519 => {
                ring::UnparsedPublicKey::new(&ring::ED25519, key).verify(signed, signature)
            }
            _ => return Err(SignatureError::Invalid),
        },
        PublicKey::Other(_) => return Err(unsupported()),
    };
    result.map_err(|_| SignatureError::Invalid)
}

fn rsa_parameters(algorithm: &SignatureAlgorithm, bits: u32) -> Option<&'static ring::RsaParameters> {
    let (legacy, current) = ((1024..=8192).contains(&bits), (2048..=8192).contains(&bits));
    match algorithm {
        SignatureAlgorithm::RsaPkcs1(Hash::Sha1) if legacy => {
            Some(&ring::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY)
        }
        SignatureAlgorithm::RsaPkcs1(Hash::Sha256) if legacy => {
            Some(&ring::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY)
        }
        SignatureAlgorithm::RsaPkcs1(Hash::Sha512) if legacy => {
            Some(&ring::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY)
        }
        SignatureAlgorithm::RsaPkcs1(Hash::Sha384) if current => Some(&ring::RSA_PKCS1_2048_8192_SHA384),
        SignatureAlgorithm::RsaPss { hash, mask_hash, salt_bytes } if current && hash == mask_hash => {
            match (hash, salt_bytes) {
                (Hash::Sha256, 32) => Some(&ring::RSA_PSS_2048_8192_SHA256),
                (Hash::Sha384, 48) => Some(&ring::RSA_PSS_2048_8192_SHA384),
                (Hash::Sha512, 64) => Some(&ring::RSA_PSS_2048_8192_SHA512),
                _ => None,
            }
        }
        _ => None,
    }
}

fn ecdsa_parameters(
    algorithm: &SignatureAlgorithm,
    curve: Curve,
) -> Option<&'static ring::EcdsaVerificationAlgorithm> {
    match (curve, algorithm) {
        (Curve::P256, SignatureAlgorithm::Ecdsa(Hash::Sha256)) => Some(&ring::ECDSA_P256_SHA256_ASN1),
        (Curve::P256, SignatureAlgorithm::Ecdsa(Hash::Sha384)) => Some(&ring::ECDSA_P256_SHA384_ASN1),
        (Curve::P384, SignatureAlgorithm::Ecdsa(Hash::Sha256)) => Some(&ring::ECDSA_P384_SHA256_ASN1),
        (Curve::P384, SignatureAlgorithm::Ecdsa(Hash::Sha384)) => Some(&ring::ECDSA_P384_SHA384_ASN1),
        _ => None,
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RsaPkcs1(hash) => write!(f, "{hash} with RSA"),
            Self::RsaPss { hash, .. } => write!(f, "{hash} with RSA-PSS"),
            Self::Ecdsa(hash) => write!(f, "{hash} with ECDSA"),
            Self::Dsa(hash) => write!(f, "{hash} with DSA"),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(algorithm) => write!(f, "{algorithm}"),
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Md2 => "MD2",
            Self::Md4 => "MD4",
            Self::Md5 => "MD5",
            Self::Sha1 => "SHA-1",
            Self::Sha224 => "SHA-224",
            Self::Sha256 => "SHA-256",
            Self::Sha384 => "SHA-384",
            Self::Sha512 => "SHA-512",
            Self::BuiltIn => "built in",
            Self::Other => "unknown",
        })
    }
}
