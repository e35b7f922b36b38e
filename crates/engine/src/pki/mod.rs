//! Facts about certificates, keys and revocation lists, read from bytes.
//!
//! A certificate is parsed once; what an audit keeps of it is [`CertificateFacts`], about 160 bytes. Nothing here
//! decides whether a certificate is acceptable: that is the audit checks' business.

pub mod alternative_names;
pub mod batch_gcd;
pub mod certificate;
pub mod crl;
mod der;
mod extensions;
pub mod facts;
mod issuance;
pub mod issuers;
pub mod key;
pub mod key_quality;
pub mod name;
pub mod oid;
pub mod pem;
pub mod request;
pub mod revocation;
pub mod serial;
pub mod signature;
mod time;

#[cfg(test)]
mod testing;

pub use alternative_names::AlternativeName;
pub use batch_gcd::{SharedFactor, batch_gcd};
pub use certificate::{Certificate, CertificateError};
pub use crl::{Crl, CrlEntry, CrlError, CrlReason, CrlScope};
pub use der::{DerError, DerFault};
pub use extensions::KeyUsage;
pub use facts::{CertificateFacts, IssuerKey, KeyDigest, KeyIdDigest, UrlDigest, Weaknesses};
pub use issuance::Issuance;
pub use issuers::{Chain, ChainEnd, IssuerEntry, IssuerIndex, IssuerOrigin};
pub use key::{Curve, KeyKind, PublicKey};
pub use key_quality::{KeyChecker, KeyDefects};
pub use name::{Name, NameAttribute, NameDigest};
pub use oid::Oid;
pub use request::CertificateRequest;
pub use revocation::{
    CrlRejection, RevocationList, RevocationStatus, Revocations, RevocationsBuilder, UnknownRevocation,
};
pub use serial::SerialNumber;
pub use signature::{Hash, SignatureAlgorithm, SignatureError};

/// The first bytes of the SHA-256 of `bytes`; at most 32.
fn digest_prefix<const LENGTH: usize>(bytes: &[u8]) -> [u8; LENGTH] {
    let mut prefix = [0; LENGTH];
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    prefix.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    prefix
}
