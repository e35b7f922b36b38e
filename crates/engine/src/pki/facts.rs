//! What an audit keeps of each certificate, small enough for a million of them.

use std::fmt;
use std::num::NonZeroU64;

use super::certificate::Certificate;
use super::key::KeyKind;
use super::key_quality::{KeyChecker, KeyDefects};
use super::name::NameDigest;
use super::serial::SerialNumber;
use super::signature::Hash;
use crate::time::Timestamp;

/// The facts about one certificate on which checks decide. All fields are plain values; tests make them by hand from
/// [`CertificateFacts::plain`].
#[derive(Clone, Debug, PartialEq)]
pub struct CertificateFacts {
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub issuer: NameDigest,
    pub subject: NameDigest,
    pub authority_key: Option<KeyIdDigest>,
    pub subject_key: Option<KeyIdDigest>,
    /// Stand for the first two URLs of revocation lists.
    pub distribution_points: [Option<UrlDigest>; 2],
    pub serial: SerialNumber,
    pub key_digest: KeyDigest,
    /// Who signed the certificate, as far as somebody looked.
    pub issuer_key: IssuerKey,
    pub key: KeyKind,
    pub defects: KeyDefects,
    pub signature_hash: Hash,
    /// From the basic constraints.
    pub is_ca: bool,
    pub has_basic_constraints: bool,
    pub has_key_usage: bool,
    /// Allowed by the key usage extension; false when there is none.
    pub key_cert_sign: bool,
    /// Allowed by the key usage extension; false when there is none.
    pub crl_sign: bool,
    pub self_issued: bool,
    /// The signature verifies with the certificate's own key. Only looked at when issuer and subject are the same.
    pub self_signed: bool,
    /// X.509 version 1: there are no extensions, so nothing says whether it is a CA's.
    pub v1: bool,
    pub has_crl_distribution_point: bool,
}

/// Stands for a public key: the first 16 bytes of the SHA-256 of its `SubjectPublicKeyInfo`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyDigest(pub [u8; 16]);

/// What is known of the key that signed a certificate. The names of two CAs can be the same, and key identifiers are hints
/// for finding a certificate (RFC 5280 section 4.2.1.1); only the signature tells who the issuer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum IssuerKey {
    /// Nobody verified the signature, or it cannot be verified here. Name and key identifiers decide.
    #[default]
    Unverified,
    /// The signature is by this key.
    Verified(KeyDigest),
    /// CA certificates of the issuer's name are known, and the signature is by none of their keys.
    NotKnown,
}

/// Stands for a subject or authority key identifier: the first 8 bytes of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyIdDigest(NonZeroU64);

/// Stands for the URL of a revocation list: the first 8 bytes of its SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UrlDigest(NonZeroU64);

impl CertificateFacts {
    /// Its public key is an RSA key.
    pub fn has_rsa_key(&self) -> bool {
        matches!(self.key, KeyKind::Rsa { .. })
    }

    /// Condenses a certificate; its key is examined on the way, and its own signature verified if it is self-issued.
    pub fn of(certificate: &Certificate, checker: &KeyChecker) -> Self {
        let usage = certificate.key_usage;
        let self_issued = certificate.is_self_issued();
        let issuer = certificate.issuer.digest();
        let key_digest = KeyDigest::of_spki_sha256(&certificate.spki_sha256);
        let self_signed = self_issued && certificate.is_self_signed();
        Self {
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            issuer,
            subject: if self_issued { issuer } else { certificate.subject.digest() },
            authority_key: certificate.authority_key_id.as_deref().map(KeyIdDigest::of),
            subject_key: certificate.subject_key_id.as_deref().map(KeyIdDigest::of),
            distribution_points: UrlDigest::first_two(&certificate.crl_distribution_points),
            serial: certificate.serial,
            key_digest,
            issuer_key: if self_signed { IssuerKey::Verified(key_digest) } else { IssuerKey::Unverified },
            key: certificate.public_key.kind(),
            defects: checker.examine(&certificate.public_key),
            signature_hash: certificate.signature_algorithm.hash(),
            is_ca: certificate.is_ca == Some(true),
            has_basic_constraints: certificate.is_ca.is_some(),
            has_key_usage: usage.is_some(),
            key_cert_sign: usage.is_some_and(|usage| usage.key_cert_sign()),
            crl_sign: usage.is_some_and(|usage| usage.crl_sign()),
            self_issued,
            self_signed,
            v1: certificate.version == 1,
            has_crl_distribution_point: !certificate.crl_distribution_points.is_empty(),
        }
    }

    /// An ordinary device certificate: version 3, P-256, SHA-256, no extensions, no defects, names and key all zero.
    /// Meant as a base for `..CertificateFacts::plain(from, to)`.
    pub fn plain(not_before: Timestamp, not_after: Timestamp) -> Self {
        Self {
            not_before,
            not_after,
            issuer: NameDigest::default(),
            subject: NameDigest::default(),
            authority_key: None,
            subject_key: None,
            distribution_points: [None; 2],
            serial: SerialNumber::from(1),
            key_digest: KeyDigest::default(),
            issuer_key: IssuerKey::Unverified,
            key: KeyKind::Ec { curve: super::key::Curve::P256, bits: 256 },
            defects: KeyDefects::NONE,
            signature_hash: Hash::Sha256,
            is_ca: false,
            has_basic_constraints: false,
            has_key_usage: false,
            key_cert_sign: false,
            crl_sign: false,
            self_issued: false,
            self_signed: false,
            v1: false,
            has_crl_distribution_point: false,
        }
    }
}

/// What is wrong with a certificate by itself, whatever the date and whoever uses it: a number to index certificates by, so
/// that those with a weakness are found without reading the others. The bits keep their meaning: they are stored.
///
/// Bits 0 to 15 are [`KeyDefects`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Weaknesses(u32);

impl Weaknesses {
    /// Signed with a hash for which collisions can be made: MD2, MD4, MD5, SHA-1.
    pub const SIGNATURE_HASH: Self = Self(1 << 16);
    /// Of CA certificates alone: the basic constraints do not say that it is one.
    pub const NOT_A_CA: Self = Self(1 << 17);
    /// Of CA certificates alone: the key usage does not allow signing certificates, or is absent.
    pub const NO_CERTIFICATE_SIGNING: Self = Self(1 << 18);

    /// Of a device certificate.
    pub fn of_device(facts: &CertificateFacts) -> Self {
        let hash = match facts.signature_hash {
            Hash::Md2 | Hash::Md4 | Hash::Md5 | Hash::Sha1 => Self::SIGNATURE_HASH.0,
            _ => 0,
        };
        Self(u32::from(facts.defects.bits()) | hash)
    }

    /// Of a registered CA certificate.
    pub fn of_ca(facts: &CertificateFacts) -> Self {
        let not_a_ca = if facts.is_ca { 0 } else { Self::NOT_A_CA.0 };
        let no_signing = if facts.key_cert_sign { 0 } else { Self::NO_CERTIFICATE_SIGNING.0 };
        Self(Self::of_device(facts).0 | not_a_ca | no_signing)
    }

    /// The set as a number.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// At least one weakness of `other` is in this set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl From<KeyDefects> for Weaknesses {
    fn from(defects: KeyDefects) -> Self {
        Self(u32::from(defects.bits()))
    }
}

impl KeyDigest {
    /// Of the SHA-256 of a `SubjectPublicKeyInfo`.
    pub fn of_spki_sha256(digest: &[u8; 32]) -> Self {
        let mut prefix = [0; 16];
        prefix.iter_mut().zip(digest).for_each(|(to, from)| *to = *from);
        Self(prefix)
    }
}

impl KeyIdDigest {
    /// Of the content of the extension's key identifier.
    pub fn of(key_id: &[u8]) -> Self {
        Self(digest64(key_id))
    }

    pub(super) fn number(self) -> u64 {
        self.0.get()
    }
}

impl UrlDigest {
    pub fn of(url: &str) -> Self {
        Self(digest64(url.as_bytes()))
    }

    pub(super) fn number(self) -> u64 {
        self.0.get()
    }

    pub(super) fn first_two(urls: &[String]) -> [Option<Self>; 2] {
        let mut digests = urls.iter().map(|url| Self::of(url));
        [digests.next(), digests.next()]
    }
}

/// Never zero, so that an `Option` of it takes no more room.
fn digest64(bytes: &[u8]) -> NonZeroU64 {
    NonZeroU64::new(u64::from_be_bytes(super::digest_prefix(bytes))).unwrap_or(NonZeroU64::MIN)
}

impl fmt::Display for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests;
