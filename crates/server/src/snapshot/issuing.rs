//! Who issued a certificate, by its signature. Names do not tell: a CA that was set up anew often has the old one's. Bytes of
//! certificates wait here until all CA certificates and revocation lists are known, as far as memory allows; the limits
//! ([`limits`](super::limits)) say what becomes of the rest: its issuers go by name and key identifier.

use std::collections::{HashMap, HashSet};
use std::thread;

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::{
    Certificate, IssuerIndex, IssuerKey, KeyIdDigest, NameDigest, Revocations, SerialNumber,
};

use super::items::ReadCertificate;
use super::limits::{AUTHORITIES_BYTES_MAX, HINTED_BYTES_MAX, SIGNATURES_ALL_MAX, UNHINTED_BYTES_MAX};

/// What is known about issuers' keys, by the certificate that they signed.
pub(super) type IssuerKeys = HashMap<CertificateId, IssuerKey>;

#[derive(Debug, Default)]
pub(super) struct Issuing {
    authorities: Waiting,
    authority_ids: HashSet<CertificateId>,
    /// Device certificates that name their issuer's key.
    hinted: Waiting,
    /// There are so many of them that those whose key was found do not wait.
    without_exact: bool,
    /// Number of CA certificates when `hinted` was last looked through.
    looked_at: usize,
    /// Other device certificates.
    unhinted: Waiting,
}

/// Certificates of one kind.
#[derive(Debug, Default)]
struct Waiting {
    certificates: Vec<OneWaiting>,
    bytes: usize,
}

#[derive(Debug)]
struct OneWaiting {
    id: CertificateId,
    issuer: NameDigest,
    authority_key: Option<KeyIdDigest>,
    serial: SerialNumber,
    der: Box<[u8]>,
}

impl Issuing {
    /// Takes the bytes of a device certificate that the fleet has under `id`, and keeps them if they may be needed.
    pub(super) fn keep_device(
        &mut self,
        id: CertificateId,
        read: &mut ReadCertificate,
        issuers: &IssuerIndex,
    ) {
        let own = read.der.take();
        if read.facts.self_signed {
            return;
        }
        let der = own.or_else(|| read.issuer.as_ref().map(|certificate| certificate.as_der().into()));
        let Some(der) = der else { return };
        let (issuer, authority_key, serial) =
            (read.facts.issuer, read.facts.authority_key, read.facts.serial);
        let one = OneWaiting { id, issuer, authority_key, serial, der };
        if authority_key.is_none() {
            self.unhinted.push(one, UNHINTED_BYTES_MAX);
            return;
        }
        if self.without_exact && one.is_exact(issuers) {
            return;
        }
        if let Some(one) = self.hinted.push(one, HINTED_BYTES_MAX)
            && self.looked_at < issuers.len().div_ceil(2)
        {
            // Many more CA certificates are known by now, so that fewer have to wait.
            (self.without_exact, self.looked_at) = (true, issuers.len());
            self.hinted.drop_exact(issuers);
            if !one.is_exact(issuers) {
                self.hinted.push(one, HINTED_BYTES_MAX);
            }
        }
    }

    /// Keeps the bytes of a CA certificate that is not self-signed.
    pub(super) fn keep_authority(&mut self, certificate: &Certificate) {
        if self.authority_ids.contains(&certificate.id) {
            return;
        }
        let one = OneWaiting {
            id: certificate.id,
            issuer: certificate.issuer.digest(),
            authority_key: certificate.authority_key_id.as_deref().map(KeyIdDigest::of),
            serial: certificate.serial,
            der: certificate.as_der().into(),
        };
        let id = one.id;
        if self.authorities.push(one, AUTHORITIES_BYTES_MAX).is_none() {
            self.authority_ids.insert(id);
        }
    }

    /// Verifies signatures, on `jobs` threads.
    pub(super) fn find(self, issuers: &IssuerIndex, revocations: &Revocations, jobs: usize) -> IssuerKeys {
        let devices = self.hinted.certificates.into_iter().chain(self.unhinted.certificates);
        let devices: Vec<OneWaiting> = devices.filter(|one| issuers.keys_of(&one.issuer) > 0).collect();
        let is_listed = |one: &OneWaiting| revocations.is_listed(&one.issuer, &one.serial);
        let inexact = devices.iter().filter(|one| !one.is_exact(issuers)).count();
        let matters = |one: &OneWaiting| {
            let is_open =
                !one.is_exact(issuers) && (inexact <= SIGNATURES_ALL_MAX || issuers.keys_of(&one.issuer) > 1);
            is_open || is_listed(one)
        };
        let wanted = devices.iter().filter(|one| matters(one));
        let wanted: Vec<&OneWaiting> = self.authorities.certificates.iter().chain(wanted).collect();
        let share = wanted.len().div_ceil(jobs.clamp(1, 256)).max(1);
        thread::scope(|scope| {
            let threads: Vec<_> = wanted
                .chunks(share)
                .map(|chunk| {
                    scope.spawn(move || chunk.iter().filter_map(|one| one.find(issuers)).collect::<Vec<_>>())
                })
                .collect();
            // Should a thread fail, its certificates go by name and key identifier.
            threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
        })
    }
}

impl Waiting {
    /// Gives the certificate back when there is no room.
    fn push(&mut self, one: OneWaiting, bytes_max: usize) -> Option<OneWaiting> {
        if self.bytes + one.bytes() > bytes_max {
            return Some(one);
        }
        self.bytes += one.bytes();
        self.certificates.push(one);
        None
    }

    fn drop_exact(&mut self, issuers: &IssuerIndex) {
        self.certificates.retain(|one| !one.is_exact(issuers));
        self.bytes = self.certificates.iter().map(OneWaiting::bytes).sum();
    }
}

impl OneWaiting {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.der.len()
    }

    /// The key identifier names one known key.
    fn is_exact(&self, issuers: &IssuerIndex) -> bool {
        issuers.is_exact(&self.issuer, self.authority_key)
    }

    fn find(&self, issuers: &IssuerIndex) -> Option<(CertificateId, IssuerKey)> {
        let certificate = Certificate::parse(&self.der).ok()?;
        Some((self.id, issuers.find_issuer(&certificate)))
    }
}

#[cfg(test)]
mod tests;
