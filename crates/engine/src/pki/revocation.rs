//! Which certificates are revoked, according to revocation lists that their issuers signed.

use std::collections::HashMap;

use super::crl::{Crl, CrlEntry, CrlReason, CrlScope, places_of};
use super::facts::{CertificateFacts, IssuerKey, KeyDigest, KeyIdDigest, UrlDigest};
use super::issuers::{IssuerEntry, IssuerIndex};
use super::name::NameDigest;
use super::oid::Oid;
use super::serial::SerialNumber;
use super::signature::{self, SignatureAlgorithm, SignatureError};
use crate::limits::SIGNER_CANDIDATES_MAX;
use crate::time::Timestamp;

/// What verified revocation lists say. Only [`RevocationsBuilder::add`] lets lists in, after their signature, except for
/// [`Self::from_parts`].
#[derive(Clone, Debug, Default)]
pub struct Revocations {
    by_issuer: HashMap<NameDigest, Issuer>,
}

/// What is known about the issuers of one name.
#[derive(Clone, Debug, Default)]
struct Issuer {
    lists: Vec<RevocationList>,
    /// All keys of this name, whether they signed a list or not.
    keys: Vec<(KeyDigest, Option<KeyIdDigest>)>,
    rejection: Option<CrlRejection>,
}

/// One verified list.
#[derive(Clone, Debug, PartialEq)]
pub struct RevocationList {
    pub issuer: NameDigest,
    /// The key that signed the list.
    pub signer: KeyDigest,
    /// The key's identifiers, from the certificates that have the key. Empty: unknown.
    pub signer_key_ids: Vec<KeyIdDigest>,
    pub this_update: Timestamp,
    pub next_update: Option<Timestamp>,
    pub is_delta: bool,
    pub scope: CrlScope,
    /// In any order.
    pub entries: Vec<CrlEntry>,
}

/// Collects revocation lists.
#[derive(Debug, Default)]
pub struct RevocationsBuilder {
    revocations: Revocations,
}

/// Why a list is not used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlRejection {
    #[error("no certificate of its issuer is known")]
    UnknownIssuer,
    #[error("its issuer's key may not sign revocation lists")]
    NotAllowedToSign,
    #[error("its signature is not its issuer's")]
    BadSignature,
    #[error("its signature cannot be verified: {0}")]
    UnsupportedAlgorithm(SignatureAlgorithm),
    #[error("it is an indirect list, about certificates of other issuers")]
    Indirect,
    #[error("its critical extension {0} is not understood")]
    UnknownCriticalExtension(Oid),
    #[error("it is valid only from {this_update}")]
    NotYetValid { this_update: Timestamp },
}

/// Whether a certificate is revoked.
#[derive(Clone, Debug, PartialEq)]
pub enum RevocationStatus {
    Revoked {
        at: Timestamp,
        /// As RFC 5280 names it, for example `keyCompromise`.
        reason: Option<&'static str>,
        /// All lists that say so are past their next update.
        crl_stale: bool,
    },
    /// A current list of the issuer that covers the certificate does not have it.
    Good,
    Unknown(UnknownRevocation),
}

/// Why nothing can be said.
#[derive(Clone, Debug, PartialEq)]
pub enum UnknownRevocation {
    /// No list of the issuer was given.
    NoCrl,
    /// The newest list should have been replaced by then.
    Stale { next_update: Timestamp },
    /// The list does not say until when it can be relied on.
    NoNextUpdate,
    /// The issuer's lists are about other certificates, or leave out some reasons.
    OutOfScope,
    /// CA certificates of the issuer's name are known, but the certificate's signature is by none of their keys.
    IssuerNotKnown,
    /// Several issuers have this name, and their lists (or the lack of them) say different things.
    Ambiguous,
    /// A list was given, but could not be used.
    Rejected(CrlRejection),
}

impl RevocationsBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Verifies a list against the certificates of its issuer and takes it in, or says why not. `now` decides whether
    /// the list is valid already; one whose next update has passed is taken, because what it revokes stays revoked.
    ///
    /// Whether the issuer's certificate has expired does not matter: its list is the last word that there is.
    pub fn add(&mut self, crl: Crl<'_>, issuers: &IssuerIndex, now: Timestamp) -> Result<(), CrlRejection> {
        let name = crl.issuer.digest();
        let verdict = verify(&crl, &name, issuers, now);
        let issuer = self.revocations.by_issuer.entry(name).or_default();
        let signer = match verdict {
            Ok(signer) => signer,
            Err(rejection) => {
                issuer.rejection.get_or_insert_with(|| rejection.clone());
                return Err(rejection);
            }
        };
        for entry in issuers.of_subject(&name) {
            if !issuer.keys.contains(&(entry.key_digest, entry.subject_key)) {
                issuer.keys.push((entry.key_digest, entry.subject_key));
            }
        }
        let same_key = issuers.of_subject(&name).filter(|entry| entry.key_digest == signer);
        issuer.insert(RevocationList {
            issuer: name,
            signer,
            signer_key_ids: same_key.filter_map(|entry| entry.subject_key).collect(),
            this_update: crl.this_update,
            next_update: crl.next_update,
            is_delta: crl.is_delta,
            scope: crl.scope,
            entries: crl.entries,
        });
        Ok(())
    }

    /// Takes in a list whose signature the caller has verified, or that the caller itself is the issuer of.
    pub fn add_verified(&mut self, list: RevocationList) {
        self.revocations.by_issuer.entry(list.issuer).or_default().insert(list);
    }

    pub fn build(self) -> Revocations {
        self.revocations
    }
}

/// The key that signed the list.
fn verify(
    crl: &Crl<'_>,
    name: &NameDigest,
    issuers: &IssuerIndex,
    now: Timestamp,
) -> Result<KeyDigest, CrlRejection> {
    if let Some(extension) = crl.unknown_critical.first() {
        return Err(CrlRejection::UnknownCriticalExtension(extension.clone()));
    }
    if crl.is_indirect {
        return Err(CrlRejection::Indirect);
    }
    let key_id = crl.authority_key_id.as_deref().map(KeyIdDigest::of);
    let is_possible = |entry: &&IssuerEntry| match (key_id, entry.subject_key) {
        (Some(wanted), Some(has)) => wanted == has,
        _ => true,
    };
    let mut candidates: Vec<&IssuerEntry> = issuers.of_subject(name).filter(is_possible).collect();
    if candidates.is_empty() {
        return Err(CrlRejection::UnknownIssuer);
    }
    // Of several certificates for one key, one that may sign lists is enough.
    candidates.retain(|entry| !entry.may_not_sign_crls);
    candidates.sort_by_key(|entry| (entry.subject_key != key_id, entry.key_digest));
    candidates.dedup_by_key(|entry| entry.key_digest);
    candidates.truncate(SIGNER_CANDIDATES_MAX);
    let mut rejection = CrlRejection::NotAllowedToSign;
    for candidate in candidates {
        let algorithm = &crl.signature_algorithm;
        match signature::verify(crl.signed_bytes, algorithm, crl.signature, &candidate.public_key) {
            Ok(()) if !crl.algorithms_agree => rejection = CrlRejection::BadSignature,
            Ok(()) if crl.this_update > now => {
                return Err(CrlRejection::NotYetValid { this_update: crl.this_update });
            }
            Ok(()) => return Ok(candidate.key_digest),
            Err(SignatureError::Unsupported(algorithm)) => {
                rejection = CrlRejection::UnsupportedAlgorithm(algorithm);
            }
            Err(SignatureError::Invalid) => {
                if !matches!(rejection, CrlRejection::UnsupportedAlgorithm(_)) {
                    rejection = CrlRejection::BadSignature;
                }
            }
        }
    }
    Err(rejection)
}

impl Issuer {
    /// Adds a list; of two complete lists about the same certificates only the newer one stays.
    fn insert(&mut self, mut list: RevocationList) {
        list.entries.sort_unstable();
        for id in &list.signer_key_ids {
            if !self.keys.contains(&(list.signer, Some(*id))) {
                self.keys.push((list.signer, Some(*id)));
            }
        }
        if !self.keys.iter().any(|(key, _)| *key == list.signer) {
            self.keys.push((list.signer, None));
        }
        let is_same = |other: &RevocationList| {
            !other.is_delta && other.signer == list.signer && other.scope == list.scope
        };
        if list.is_delta {
            self.lists.push(list);
        } else if let Some(other) = self.lists.iter_mut().find(|other| is_same(other)) {
            if other.this_update < list.this_update {
                *other = list;
            }
        } else {
            self.lists.push(list);
        }
    }
}

/// What is asked of the lists of one issuer.
#[derive(Clone, Copy)]
struct Question<'a> {
    serial: &'a SerialNumber,
    is_ca: bool,
    distribution_points: [Option<UrlDigest>; 2],
    now: Timestamp,
}

impl Revocations {
    /// For callers that verified the lists themselves.
    pub fn from_parts(lists: impl IntoIterator<Item = RevocationList>) -> Self {
        let mut revocations = Self::default();
        for list in lists {
            revocations.by_issuer.entry(list.issuer).or_default().insert(list);
        }
        revocations
    }

    /// Every issuer and serial number that some list has, for whatever reason; one that several lists have comes as often.
    pub fn listed(&self) -> impl Iterator<Item = (&NameDigest, &SerialNumber)> {
        self.by_issuer.iter().flat_map(|(name, issuer)| {
            let entries = issuer.lists.iter().flat_map(|list| &list.entries);
            entries.map(move |entry| (name, &entry.serial))
        })
    }

    /// No list was taken in.
    pub fn is_empty(&self) -> bool {
        self.by_issuer.values().all(|issuer| issuer.lists.is_empty())
    }

    /// Whether the certificate with these facts is revoked. A list that is limited to one distribution point counts
    /// when the certificate names that point.
    pub fn status_of(&self, facts: &CertificateFacts, now: Timestamp) -> RevocationStatus {
        let question = Question {
            serial: &facts.serial,
            is_ca: facts.is_ca,
            distribution_points: facts.distribution_points,
            now,
        };
        self.answer(&facts.issuer, facts.authority_key, facts.issuer_key, question)
    }

    /// Whether a CA certificate is revoked by its issuer.
    pub fn status_of_issuer(&self, entry: &IssuerEntry, now: Timestamp) -> RevocationStatus {
        let distribution_points = entry.distribution_points;
        let question = Question { serial: &entry.serial, is_ca: true, distribution_points, now };
        self.answer(&entry.issuer, entry.authority_key, entry.issuer_key, question)
    }

    /// As [`Self::status_of`], for a certificate whose distribution points are not known: the absence from a list that
    /// is limited to one distribution point then says nothing.
    pub fn status(
        &self,
        issuer: &NameDigest,
        authority_key: Option<KeyIdDigest>,
        serial: &SerialNumber,
        is_ca: bool,
        now: Timestamp,
    ) -> RevocationStatus {
        let question = Question { serial, is_ca, distribution_points: [None; 2], now };
        self.answer(issuer, authority_key, IssuerKey::Unverified, question)
    }

    /// A list of some issuer of this name has this serial number, for whatever reason. Who signed the certificate then matters.
    pub fn is_listed(&self, issuer: &NameDigest, serial: &SerialNumber) -> bool {
        let lists = self.by_issuer.get(issuer).map_or(&[][..], |issuer| issuer.lists.as_slice());
        lists.iter().any(|list| !places_of(&list.entries, serial).is_empty())
    }

    fn answer(
        &self,
        name: &NameDigest,
        authority_key: Option<KeyIdDigest>,
        issuer_key: IssuerKey,
        question: Question<'_>,
    ) -> RevocationStatus {
        if issuer_key == IssuerKey::NotKnown {
            return RevocationStatus::Unknown(UnknownRevocation::IssuerNotKnown);
        }
        let Some(issuer) = self.by_issuer.get(name) else {
            return RevocationStatus::Unknown(UnknownRevocation::NoCrl);
        };
        if let IssuerKey::Verified(key) = issuer_key {
            return issuer.ask(&key, question);
        }
        let mut answers = issuer.keys_for(authority_key).into_iter().map(|key| issuer.ask(&key, question));
        let Some(first) = answers.next() else { return RevocationStatus::Unknown(issuer.nothing()) };
        let same =
            |answer: &RevocationStatus| std::mem::discriminant(answer) == std::mem::discriminant(&first);
        if answers.all(|answer| same(&answer)) {
            first
        } else {
            RevocationStatus::Unknown(UnknownRevocation::Ambiguous)
        }
    }
}

impl Issuer {
    /// The keys of this name that may have signed a certificate with this authority key identifier. A key whose
    /// identifier is not known is possible only while none matches.
    fn keys_for(&self, authority_key: Option<KeyIdDigest>) -> Vec<KeyDigest> {
        let with = |wanted: &dyn Fn(Option<KeyIdDigest>) -> bool| {
            let mut keys: Vec<KeyDigest> =
                self.keys.iter().filter(|(_, id)| wanted(*id)).map(|(key, _)| *key).collect();
            keys.sort_unstable();
            keys.dedup();
            keys
        };
        if authority_key.is_none() {
            return with(&|_| true);
        }
        let exact = with(&|id| id == authority_key);
        if exact.is_empty() { with(&|id| id.is_none()) } else { exact }
    }

    fn nothing(&self) -> UnknownRevocation {
        self.rejection.clone().map_or(UnknownRevocation::NoCrl, UnknownRevocation::Rejected)
    }

    /// What the lists of one key say.
    fn ask(&self, key: &KeyDigest, question: Question<'_>) -> RevocationStatus {
        let lists = || self.lists.iter().filter(|list| list.signer == *key);
        // A serial number is the issuer's only once, so a list that has it counts whatever its scope.
        let is_superseded = |list: &RevocationList| {
            list.is_delta
                && lists().any(|base| {
                    !base.is_delta && base.scope == list.scope && base.this_update > list.this_update
                })
        };
        let counting = || lists().filter(|list| !is_superseded(list));
        // Only a hold ends; a newer delta about the same certificates says so (RFC 5280 section 5.3.1).
        let is_lifted = |list: &RevocationList, entry: &CrlEntry| {
            let lifts = |delta: &RevocationList| {
                delta.is_delta
                    && delta.scope == list.scope
                    && delta.this_update > list.this_update
                    && delta.lifts(question.serial)
            };
            entry.reason == Some(CrlReason::CertificateHold) && counting().any(lifts)
        };
        let revoked = counting().flat_map(|list| {
            let entries = list.find(question.serial).filter(move |entry| !is_lifted(list, entry));
            entries.map(move |entry| (entry, list.is_stale(question.now)))
        });
        let first = revoked.clone().min_by_key(|(entry, _)| entry.at);
        if let Some((entry, _)) = first {
            return RevocationStatus::Revoked {
                at: entry.at,
                reason: entry.reason.map(CrlReason::as_str),
                crl_stale: revoked.clone().all(|(_, stale)| stale),
            };
        }
        let complete = || lists().filter(|list| !list.is_delta);
        let covering = || complete().filter(|list| list.covers(&question));
        if covering().any(|list| list.next_update.is_some() && !list.is_stale(question.now)) {
            return RevocationStatus::Good;
        }
        RevocationStatus::Unknown(if complete().next().is_none() {
            self.nothing()
        } else if covering().next().is_none() {
            UnknownRevocation::OutOfScope
        } else {
            match covering().filter_map(|list| list.next_update).max() {
                Some(next_update) => UnknownRevocation::Stale { next_update },
                None => UnknownRevocation::NoNextUpdate,
            }
        })
    }
}

impl RevocationList {
    /// Entries of a serial number that revoke it.
    fn find(&self, serial: &SerialNumber) -> impl Iterator<Item = &CrlEntry> + Clone {
        self.entries_of(serial).iter().filter(|entry| entry.reason != Some(CrlReason::RemoveFromCrl))
    }

    /// An entry of a serial number says that its hold is over.
    fn lifts(&self, serial: &SerialNumber) -> bool {
        self.entries_of(serial).iter().any(|entry| entry.reason == Some(CrlReason::RemoveFromCrl))
    }

    fn entries_of(&self, serial: &SerialNumber) -> &[CrlEntry] {
        self.entries.get(places_of(&self.entries, serial)).unwrap_or_default()
    }

    fn is_stale(&self, now: Timestamp) -> bool {
        self.next_update.is_some_and(|next_update| next_update < now)
    }

    /// The absence of the certificate from this list means that it is not revoked.
    fn covers(&self, question: &Question<'_>) -> bool {
        let scope = &self.scope;
        let kind_fits =
            if question.is_ca { !scope.only_user_certificates } else { !scope.only_ca_certificates };
        let point_fits = !scope.only_distribution_point
            || scope
                .distribution_point_urls
                .iter()
                .any(|url| question.distribution_points.contains(&Some(UrlDigest::of(url))));
        kind_fits && point_fits && !scope.only_attribute_certificates && !scope.only_some_reasons
    }
}

#[cfg(test)]
mod tests;
