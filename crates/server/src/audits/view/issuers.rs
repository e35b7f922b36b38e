//! CA certificates of the store, and what their revocation lists say.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thingwarden_engine::fleet::{CaCertificate, CaStatus, Origin};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{
    Certificate, CertificateFacts, Crl, CrlScope, IssuerIndex, IssuerOrigin, KeyChecker, KeyDigest,
    RevocationList, RevocationStatus, Revocations, RevocationsBuilder,
};
use thingwarden_engine::time::{Duration, Timestamp};
use thingwarden_store::records::{self, StoredCrl};
use thingwarden_store::{Query, Reader, StoreError};

use super::certificates::parse;
use super::{StoreView, Surroundings, Trouble};

/// Who issues.
#[derive(Debug, Default)]
pub(super) struct Authorities {
    pub(super) registered: Vec<CaCertificate>,
    pub(super) issuers: IssuerIndex,
    pub(super) revocations: Revocations,
    /// Keys of registered CA certificates, by their ids.
    pub(super) keys: HashMap<String, KeyDigest>,
}

/// What revocation lists in the store say about certificates of authorities that are registered there; for the broker, which
/// asks about one certificate at a time.
#[derive(Debug)]
pub(crate) struct KnownRevocations(Authorities);

impl KnownRevocations {
    /// Reads and verifies them.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn read(
        store: &Reader<'_>,
        key_checker: &KeyChecker,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let stop = || false;
        let around = Surroundings {
            now,
            key_checker,
            own_ca: None,
            fetched: &[],
            not_fetched: &[],
            is_live: false,
            stop: &stop,
        };
        let view = StoreView::new(store, around);
        let authorities = view.read_authorities();
        match view.take_trouble() {
            Some(Trouble::Store(error)) => Err(error),
            Some(Trouble::Stopped) | None => Ok(Self(authorities)),
        }
    }

    /// Since when a certificate is revoked, if a list of its issuer has it; also one that should have been replaced by now.
    pub(crate) fn revoked_at(
        &self,
        certificate: &Certificate,
        key_checker: &KeyChecker,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let Authorities { issuers, revocations, .. } = &self.0;
        if !revocations.is_listed(&certificate.issuer.digest(), &certificate.serial) {
            return None;
        }
        let mut facts = CertificateFacts::of(certificate, key_checker);
        facts.issuer_key = issuers.find_issuer(certificate);
        match revocations.status_of(&facts, now) {
            RevocationStatus::Revoked { at, .. } => Some(at),
            RevocationStatus::Good | RevocationStatus::Unknown(_) => None,
        }
    }
}

impl StoreView<'_> {
    pub(super) fn authorities(&self) -> &Authorities {
        self.authorities.get_or_init(|| self.read_authorities())
    }

    fn read_authorities(&self) -> Authorities {
        let mut known = Authorities::default();
        let mut certificates = vec![];
        self.stream(&Query::default(), &mut |record: records::CaCertificate| {
            let certificate = parse(&record.pem);
            known.registered.push(self.authority(&record, certificate.as_ref()));
            if let Some(certificate) = certificate {
                known.issuers.insert(&certificate, IssuerOrigin::Registered);
                known.keys.insert(record.id, KeyDigest::of_spki_sha256(&certificate.spki_sha256));
                certificates.push(certificate);
            }
        });
        known.registered.sort_by_key(|ca| ca.id);
        if let Some(own) = self.around.own_ca {
            known.issuers.insert(own, IssuerOrigin::Chain);
            certificates.push(own.clone());
        }
        let keys: HashMap<_, _> = certificates
            .iter()
            .filter(|certificate| !certificate.is_self_signed())
            .map(|certificate| (certificate.id, known.issuers.find_issuer(certificate)))
            .collect();
        known.issuers.set_issuer_keys(|id| keys.get(id).copied());
        for ca in &mut known.registered {
            if let (Some(facts), Some(key)) = (&mut ca.facts, keys.get(&ca.id)) {
                facts.issuer_key = *key;
            }
        }
        known.revocations = self.read_revocations(&known.issuers);
        known
    }

    fn authority(&self, record: &records::CaCertificate, certificate: Option<&Certificate>) -> CaCertificate {
        let subject = certificate.map_or_else(String::new, |certificate| certificate.subject.to_string());
        CaCertificate {
            id: CertificateId::parse(&record.id).unwrap_or(CertificateId::new([0; 32])),
            status: CaStatus::parse(&record.status).unwrap_or(CaStatus::Inactive),
            created: Some(Timestamp::from_millis(record.created_ms)),
            facts: certificate.map(|one| CertificateFacts::of(one, self.around.key_checker)),
            subject: Arc::from(subject),
            origin: Origin::Described,
            source: None,
        }
    }

    /// A list whose issuer or signature is not right is left out, and the builder remembers why.
    fn read_revocations(&self, issuers: &IssuerIndex) -> Revocations {
        let now = self.around.now;
        let mut builder = RevocationsBuilder::new();
        let mut add = |der: &[u8]| match Crl::parse(der) {
            Ok(crl) => {
                let issuer = crl.issuer.to_string();
                if let Err(rejection) = builder.add(crl, issuers, now) {
                    tracing::warn!(%issuer, %rejection, "a revocation list is not used");
                }
            }
            Err(error) => tracing::warn!(%error, "a revocation list cannot be read"),
        };
        self.stream(&Query::default(), &mut |crl: StoredCrl| {
            if let Ok(der) = STANDARD.decode(&crl.der) {
                add(&der);
            }
        });
        for body in self.around.fetched {
            // Some serve PEM.
            let block = PemBlocks::new(body).next().and_then(Result::ok);
            add(block.as_ref().map_or(body, |block| &block.der));
        }
        if let Some(own) = self.around.own_ca {
            builder.add_verified(nothing_revoked(own, now));
        }
        builder.build()
    }
}

/// What the server's own authority says: it revokes a certificate by its status in the registry, and in no other way.
fn nothing_revoked(own: &Certificate, now: Timestamp) -> RevocationList {
    RevocationList {
        issuer: own.subject.digest(),
        signer: KeyDigest::of_spki_sha256(&own.spki_sha256),
        signer_key_ids: vec![],
        this_update: now,
        next_update: Some(now + Duration::days(1)),
        is_delta: false,
        scope: CrlScope::default(),
        entries: vec![],
    }
}
