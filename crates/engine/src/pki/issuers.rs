//! The CA certificates that are known, and the way from a certificate up to its root.

use std::collections::HashMap;

use super::certificate::Certificate;
use super::facts::{CertificateFacts, IssuerKey, KeyDigest, KeyIdDigest, UrlDigest};
use super::key::PublicKey;
use super::name::NameDigest;
use super::serial::SerialNumber;
use super::signature::{SignatureAlgorithm, SignatureError};
use crate::ids::CertificateId;
use crate::limits::{CHAIN_CERTIFICATES_MAX, SIGNER_CANDIDATES_MAX};
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
    /// Who signed this certificate, as far as somebody looked.
    pub issuer_key: IssuerKey,
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
    by_id: HashMap<CertificateId, usize>,
    by_subject: HashMap<NameDigest, Named>,
    /// `None`: several keys have this name and this identifier.
    by_key_id: HashMap<(NameDigest, KeyIdDigest), Option<usize>>,
}

/// Entries of one name.
#[derive(Clone, Debug, Default)]
struct Named {
    all: Vec<usize>,
    /// One for each key; no more than one beyond [`SIGNER_CANDIDATES_MAX`].
    keys: Vec<usize>,
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
    /// Several keys go by the next issuer's name; neither a verified signature nor a key identifier tells which one it was.
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
        if self.is_known(&certificate.id, origin) {
            return true;
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
            issuer_key: IssuerKey::Unverified,
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
        if self.is_known(&entry.id, entry.origin) {
            return;
        }
        let place = self.entries.len();
        self.by_id.insert(entry.id, place);
        let key_of = |place: &usize| self.entries.get(*place).map(|entry| entry.key_digest);
        let named = self.by_subject.entry(entry.subject).or_default();
        named.all.push(place);
        if named.keys.len() <= SIGNER_CANDIDATES_MAX
            && !named.keys.iter().any(|place| key_of(place) == Some(entry.key_digest))
        {
            named.keys.push(place);
        }
        if let Some(key_id) = entry.subject_key {
            let known = self.by_key_id.entry((entry.subject, key_id)).or_insert(Some(place));
            let is_other =
                |place: &usize| *place != self.entries.len() && key_of(place) != Some(entry.key_digest);
            if known.as_ref().is_some_and(is_other) {
                *known = None;
            }
        }
        self.entries.push(entry);
    }

    /// There is an entry with this id, which from now on is registered if this origin is.
    fn is_known(&mut self, id: &CertificateId, origin: IssuerOrigin) -> bool {
        let known = self.by_id.get(id).and_then(|&place| self.entries.get_mut(place));
        let is_known = known.is_some();
        if let Some(known) = known.filter(|_| origin == IssuerOrigin::Registered) {
            known.origin = origin;
        }
        is_known
    }

    /// Notes who signed the CA certificates themselves, for those whose key `known` gives.
    pub fn set_issuer_keys(&mut self, known: impl Fn(&CertificateId) -> Option<IssuerKey>) {
        for entry in &mut self.entries {
            entry.issuer_key = known(&entry.id).unwrap_or(entry.issuer_key);
        }
    }

    /// Certificates of this name and subject key identifier are known, all with one key. Two keys with one identifier are
    /// possible only if a CA does not derive identifiers from keys as RFC 5280 section 4.2.1.2 proposes, so such a match counts
    /// for a certificate whose signature nobody can verify any more.
    pub fn is_exact(&self, issuer: &NameDigest, authority_key: Option<KeyIdDigest>) -> bool {
        authority_key.is_some_and(|key_id| matches!(self.by_key_id.get(&(*issuer, key_id)), Some(Some(_))))
    }

    /// How many keys go by this name; counted up to one more than [`SIGNER_CANDIDATES_MAX`].
    pub fn keys_of(&self, subject: &NameDigest) -> usize {
        self.by_subject.get(subject).map_or(0, |named| named.keys.len())
    }

    /// Finds the issuer of a certificate by verifying its signature with the keys of that name, likeliest first. The answer is
    /// [`IssuerKey::NotKnown`] only if there are such keys and each was tried: a signature of a kind that cannot be
    /// verified says nothing.
    pub fn find_issuer(&self, certificate: &Certificate) -> IssuerKey {
        let name = certificate.issuer.digest();
        let Some(named) = self.by_subject.get(&name) else { return IssuerKey::Unverified };
        let key_id = certificate.authority_key_id.as_deref().map(KeyIdDigest::of);
        let hinted = key_id.and_then(|id| self.by_key_id.get(&(name, id)).copied().flatten());
        let keys =
            named.keys.iter().copied().take(SIGNER_CANDIDATES_MAX).filter(|place| Some(*place) != hinted);
        let mut all_tried = named.keys.len() <= SIGNER_CANDIDATES_MAX;
        for place in hinted.into_iter().chain(keys) {
            let Some(entry) = self.entries.get(place) else { continue };
            if is_other_kind(&certificate.signature_algorithm, &entry.public_key) {
                continue;
            }
            match certificate.verify_with(&entry.public_key) {
                Ok(()) => return IssuerKey::Verified(entry.key_digest),
                Err(SignatureError::Invalid) => {}
                Err(SignatureError::Unsupported(_)) => all_tried = false,
            }
        }
        if all_tried { IssuerKey::NotKnown } else { IssuerKey::Unverified }
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
        let places = self.by_subject.get(subject).map_or(&[][..], |named| named.all.as_slice());
        places.iter().filter_map(|&place| self.entries.get(place))
    }

    /// The issuers above a certificate, nearest first; at most [`CHAIN_CERTIFICATES_MAX`].
    pub fn chain_of(&self, facts: &CertificateFacts) -> Vec<&IssuerEntry> {
        self.walk(facts).links
    }

    /// As [`Self::chain_of`], with the reason why the chain ends. Links follow verified signatures as far as
    /// they are known, otherwise names and key identifiers. Of several certificates for the same name and key, the one that is
    /// valid longest is taken.
    pub fn walk(&self, facts: &CertificateFacts) -> Chain<'_> {
        let mut links: Vec<&IssuerEntry> = Vec::new();
        let (mut issuer, mut authority_key, mut issuer_key) =
            (facts.issuer, facts.authority_key, facts.issuer_key);
        let mut is_root = is_root(facts.self_issued, facts.key_digest, facts.issuer_key);
        let end = loop {
            if is_root {
                break ChainEnd::Root;
            }
            let next = match self.issuer(&issuer, authority_key, issuer_key) {
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
            (issuer, authority_key, issuer_key) = (next.issuer, next.authority_key, next.issuer_key);
            is_root = next.is_root();
        };
        Chain { links, end }
    }

    /// The certificate of the issuer with this name and, when given, this key.
    fn issuer(
        &self,
        name: &NameDigest,
        authority_key: Option<KeyIdDigest>,
        issuer_key: IssuerKey,
    ) -> Result<&IssuerEntry, ChainEnd> {
        let longest = |entry: &&IssuerEntry| (entry.not_after, entry.id);
        match issuer_key {
            IssuerKey::Verified(key) => {
                let same_key = self.of_subject(name).filter(|entry| entry.key_digest == key);
                return same_key.max_by_key(longest).ok_or(ChainEnd::UnknownIssuer);
            }
            IssuerKey::NotKnown => return Err(ChainEnd::UnknownIssuer),
            IssuerKey::Unverified => {}
        }
        let possible = || {
            self.of_subject(name).filter(|entry| match (authority_key, entry.subject_key) {
                (Some(wanted), Some(has)) => wanted == has,
                _ => true,
            })
        };
        let is_exact = |entry: &&IssuerEntry| authority_key.is_some() && entry.subject_key == authority_key;
        let exact_exists = possible().any(|entry| is_exact(&entry));
        let candidates = || possible().filter(|entry| !exact_exists || is_exact(entry));
        let best = candidates().max_by_key(longest).ok_or(ChainEnd::UnknownIssuer)?;
        if candidates().any(|entry| entry.key_digest != best.key_digest) {
            return Err(ChainEnd::Ambiguous);
        }
        Ok(best)
    }
}

impl IssuerEntry {
    /// Nobody is above it: it is self-issued, and not as one of those certificates with which a CA passes on to a new key
    /// (RFC 5280 section 3.2 has them self-issued but not self-signed).
    pub fn is_root(&self) -> bool {
        is_root(self.self_issued, self.key_digest, self.issuer_key)
    }
}

fn is_root(self_issued: bool, own: KeyDigest, issuer_key: IssuerKey) -> bool {
    self_issued && !matches!(issuer_key, IssuerKey::Verified(key) if key != own)
}

/// Such a signature cannot be by such a key, whether or not anybody could verify either.
fn is_other_kind(algorithm: &SignatureAlgorithm, key: &PublicKey) -> bool {
    let is_rsa = matches!(key, PublicKey::Rsa { .. });
    let is_ec = matches!(key, PublicKey::Ec { .. });
    let is_ed25519 = matches!(key, PublicKey::Ed25519 { .. });
    let fits = match algorithm {
        SignatureAlgorithm::RsaPkcs1(_) | SignatureAlgorithm::RsaPss { .. } => is_rsa,
        SignatureAlgorithm::Ecdsa(_) => is_ec,
        SignatureAlgorithm::Ed25519 => is_ed25519,
        SignatureAlgorithm::Dsa(_) => false,
        SignatureAlgorithm::Other(_) => return false,
    };
    // A key of another algorithm may be one whose inside could not be read.
    !fits && !matches!(key, PublicKey::Other(_))
}

#[cfg(test)]
mod tests;
