//! The CA certificates that are known, and the way from a certificate up to its root.

use std::collections::HashMap;

use super::certificate::Certificate;
use super::facts::{CertificateFacts, KeyDigest, KeyIdDigest, UrlDigest};
use super::key::PublicKey;
use super::name::NameDigest;
use super::serial::SerialNumber;
use crate::ids::CertificateId;
use crate::limits::CHAIN_CERTIFICATES_MAX;
use crate::time::Timestamp;

/// Why a certificate counts as an issuer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssuerOrigin {
    /// Registered as a CA certificate with the account.
    Registered,
    /// Found beside other certificates, in a chain file or below a device certificate.
    Chain,
}

/// One CA certificate, as far as issuing goes.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerEntry {
    pub id: CertificateId,
    pub origin: IssuerOrigin,
    pub subject: NameDigest,
    pub issuer: NameDigest,
    pub serial: SerialNumber,
    pub subject_key: Option<KeyIdDigest>,
    pub authority_key: Option<KeyIdDigest>,
    pub key_digest: KeyDigest,
    pub public_key: PublicKey,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    /// Has a key usage extension, and it does not allow signing revocation lists.
    pub may_not_sign_crls: bool,
    pub self_issued: bool,
    /// Stand for the first two URLs of revocation lists that have this certificate.
    pub distribution_points: [Option<UrlDigest>; 2],
    /// The issuer's name as text, for reports (RFC 4514, safe to print).
    pub issuer_name: String,
    /// The subject's name as text.
    pub subject_name: String,
}

/// CA certificates by the name that they issue under.
#[derive(Clone, Debug, Default)]
pub struct IssuerIndex {
    entries: Vec<IssuerEntry>,
    by_subject: HashMap<NameDigest, Vec<usize>>,
}

/// The issuers above a certificate, nearest first, and why there are no more.
#[derive(Clone, Debug, PartialEq)]
pub struct Chain<'a> {
    pub links: Vec<&'a IssuerEntry>,
    pub end: ChainEnd,
}

/// Why a chain ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChainEnd {
    /// The last certificate is self-issued: a root.
    Root,
    /// No certificate of the next issuer is known.
    UnknownIssuer,
    /// Several keys go by the next issuer's name, and no key identifier tells which one it was.
    Ambiguous,
    /// The certificates name each other in a circle.
    Loop,
    /// There are more than [`CHAIN_CERTIFICATES_MAX`] links.
    TooLong,
}

impl IssuerIndex {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a CA certificate; false when it is none. A registered certificate counts unless it says that it is not a
    /// CA's; a certificate from a chain counts only if it says that it is (RFC 5280 section 4.2.1.9).
    pub fn insert(&mut self, certificate: &Certificate, origin: IssuerOrigin) -> bool {
        let is_ca = match origin {
            IssuerOrigin::Registered => certificate.is_ca != Some(false),
            IssuerOrigin::Chain => certificate.is_ca == Some(true),
        };
        if !is_ca {
            return false;
        }
        self.push(IssuerEntry {
            id: certificate.id,
            origin,
            subject: certificate.subject.digest(),
            issuer: certificate.issuer.digest(),
            serial: certificate.serial,
            subject_key: certificate.subject_key_id.as_deref().map(KeyIdDigest::of),
            authority_key: certificate.authority_key_id.as_deref().map(KeyIdDigest::of),
            key_digest: KeyDigest::of_spki_sha256(&certificate.spki_sha256),
            public_key: certificate.public_key.clone(),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            may_not_sign_crls: certificate.key_usage.is_some_and(|usage| !usage.crl_sign()),
            self_issued: certificate.is_self_issued(),
            distribution_points: UrlDigest::first_two(&certificate.crl_distribution_points),
            issuer_name: certificate.issuer.to_string(),
            subject_name: certificate.subject.to_string(),
        });
        true
    }

    /// Adds an entry as it is. One that is known already only becomes registered if this one is.
    pub fn push(&mut self, entry: IssuerEntry) {
        let places = self.by_subject.entry(entry.subject).or_default();
        for &place in places.iter() {
            if let Some(known) = self.entries.get_mut(place).filter(|known| known.id == entry.id) {
                if entry.origin == IssuerOrigin::Registered {
                    known.origin = entry.origin;
                }
                return;
            }
        }
        places.push(self.entries.len());
        self.entries.push(entry);
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// In the order in which they were added.
    pub fn entries(&self) -> &[IssuerEntry] {
        &self.entries
    }

    /// All certificates of this name, in the order in which they were added.
    pub fn of_subject(&self, subject: &NameDigest) -> impl Iterator<Item = &IssuerEntry> {
        let places = self.by_subject.get(subject).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|&place| self.entries.get(place))
    }

    /// The issuers above a certificate, nearest first; at most [`CHAIN_CERTIFICATES_MAX`].
    pub fn chain_of(&self, facts: &CertificateFacts) -> Vec<&IssuerEntry> {
        self.walk(facts).links
    }

    /// As [`Self::chain_of`], with the reason why the chain ends. Links follow names and key identifiers; signatures
    /// are not verified. Of several certificates for the same name and key, the one that is valid longest is taken.
    pub fn walk(&self, facts: &CertificateFacts) -> Chain<'_> {
        let mut links: Vec<&IssuerEntry> = Vec::new();
        let (mut issuer, mut authority_key) = (facts.issuer, facts.authority_key);
        let mut is_root = facts.self_issued;
        let end = loop {
            if is_root {
                break ChainEnd::Root;
            }
            let next = match self.issuer(&issuer, authority_key) {
                Ok(next) => next,
                Err(end) => break end,
            };
            if links.iter().any(|link| link.id == next.id) {
                break ChainEnd::Loop;
            }
            if links.len() == CHAIN_CERTIFICATES_MAX {
                break ChainEnd::TooLong;
            }
            links.push(next);
            (issuer, authority_key, is_root) = (next.issuer, next.authority_key, next.self_issued);
        };
        Chain { links, end }
    }

    /// The certificate of the issuer with this name and, when given, this key.
    fn issuer(
        &self,
        name: &NameDigest,
        authority_key: Option<KeyIdDigest>,
    ) -> Result<&IssuerEntry, ChainEnd> {
        let possible = || {
            self.of_subject(name).filter(|entry| match (authority_key, entry.subject_key) {
                (Some(wanted), Some(has)) => wanted == has,
                _ => true,
            })
        };
        let is_exact = |entry: &&IssuerEntry| authority_key.is_some() && entry.subject_key == authority_key;
        let exact_exists = possible().any(|entry| is_exact(&entry));
        let candidates = || possible().filter(|entry| !exact_exists || is_exact(entry));
        let best =
            candidates().max_by_key(|entry| (entry.not_after, entry.id)).ok_or(ChainEnd::UnknownIssuer)?;
        if candidates().any(|entry| entry.key_digest != best.key_digest) {
            return Err(ChainEnd::Ambiguous);
        }
        Ok(best)
    }
}

#[cfg(test)]
mod tests;
