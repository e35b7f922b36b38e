//! Device certificates of the store.

use std::collections::{BTreeSet, HashMap, HashSet};

use thingwarden_engine::fleet::{
    CertificateStatus, DatedCertificate, DeviceCertificate, Origin, RsaModuli, Wanted, WantedDate,
};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::{PemBlocks, PemContent};
use thingwarden_engine::pki::{Certificate, CertificateFacts, IssuerKey, PublicKey};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{self, CaCertificate};
use thingwarden_store::{Filter, Query, Value};

use super::StoreView;

/// Of a group of this size or less, all signatures are verified where names alone say who the issuer is: a second or two.
const SIGNATURES_MAX: u64 = 20_000;

/// Device certificates in force by what they have in common with others of their issuer.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: Vec<Group>,
    /// Certificates that some revocation list names, by group; they are judged one by one.
    listed: HashMap<(String, String), Vec<records::Certificate>>,
    listed_ids: HashSet<CertificateId>,
}

#[derive(Debug)]
struct Group {
    status: &'static str,
    issuance: String,
    count: u64,
}

impl Groups {
    pub(super) fn total(&self) -> u64 {
        self.groups.iter().map(|group| group.count).sum()
    }
}

/// The first certificate in a PEM text.
pub(in crate::audits) fn parse(pem: &str) -> Option<Certificate> {
    let mut blocks = PemBlocks::new(pem.as_bytes()).filter_map(Result::ok);
    let block = blocks.find(|block| block.content() == PemContent::Certificate)?;
    Certificate::parse(&block.der).ok()
}

/// Registration lets no other ids in.
fn certificate_id(id: &str) -> CertificateId {
    CertificateId::parse(id).unwrap_or(CertificateId::new([0; 32]))
}

impl StoreView<'_> {
    pub(super) fn groups(&self) -> &Groups {
        self.groups.get_or_init(|| self.read_groups())
    }

    fn read_groups(&self) -> Groups {
        let mut groups = vec![];
        for status in records::Certificate::IN_FORCE {
            let filters = [Filter::eq("status", status)];
            let counted = self.reader.groups::<records::Certificate>("issuance", &filters, 1);
            groups.extend(self.attempt(counted).into_iter().filter_map(|(issuance, count)| match issuance {
                Value::Text(issuance) => Some(Group { status, issuance, count }),
                Value::Integer(_) | Value::Null => None,
            }));
        }
        Groups { groups, ..Groups::default() }.with_listed(self)
    }

    pub(super) fn visit_in_force(&self, wanted: Wanted, visit: &mut dyn FnMut(&DeviceCertificate)) {
        let in_force = Filter::eq("in_force", true);
        match wanted {
            Wanted::RsaKey => {
                let filters = [Filter::NotZero("rsa_bits"), in_force];
                self.stream(&Query::all(&filters), &mut |record| visit(&self.device(&record)));
            }
            Wanted::Weak(weaknesses) => {
                let filters = [Filter::NotZero("weaknesses"), in_force];
                self.stream(&Query::all(&filters), &mut |record: records::Certificate| {
                    if record.facts.weaknesses & i64::from(weaknesses.bits()) != 0 {
                        visit(&self.device(&record));
                    }
                });
            }
            Wanted::KeyReused => {
                for key in self.reused_keys() {
                    let filters = [in_force.clone(), Filter::eq("key_digest", key)];
                    self.stream(&Query::all(&filters), &mut |record| visit(&self.device(&record)));
                }
            }
        }
    }

    pub(super) fn visit_dated(&self, wanted: WantedDate, visit: &mut dyn FnMut(&DatedCertificate)) {
        let (column, filter) = match wanted {
            WantedDate::ExpiresBy(last) => ("not_after_ms", Filter::at_most("not_after_ms", last.millis())),
            WantedDate::InUseSince(last) => ("created_ms", Filter::at_most("created_ms", last.millis())),
            WantedDate::StartsAfter(now) => {
                ("not_before_ms", Filter::at_least("not_before_ms", now.millis().saturating_add(1)))
            }
        };
        let filters = [Filter::eq("in_force", true), filter];
        self.stream_values::<records::Certificate>(column, &filters, &mut |id, value| {
            if let Value::Integer(millis) = value {
                let moment = Some(Timestamp::from_millis(millis));
                visit(&DatedCertificate { id: certificate_id(id), moment, source: None });
            }
        });
    }

    /// Keys of more than one device certificate in force, and keys of CA certificates.
    fn reused_keys(&self) -> BTreeSet<String> {
        let filters = [Filter::eq("in_force", true)];
        let repeated = self.attempt(self.reader.groups::<records::Certificate>("key_digest", &filters, 2));
        let mut keys: BTreeSet<String> = repeated
            .into_iter()
            .filter_map(|(key, _)| match key {
                Value::Text(key) => Some(key),
                Value::Integer(_) | Value::Null => None,
            })
            .collect();
        self.stream(&Query::default(), &mut |ca: CaCertificate| {
            keys.insert(ca.facts.key_digest);
        });
        keys
    }

    pub(super) fn visit_alike(&self, visit: &mut dyn FnMut(&DeviceCertificate, u64)) {
        let groups = self.groups();
        for group in &groups.groups {
            if self.in_trouble() {
                return;
            }
            let listed = groups.listed.get(&(group.status.to_owned(), group.issuance.clone()));
            let listed = listed.map_or(&[][..], Vec::as_slice);
            for record in listed {
                visit(&self.device_with_issuer(record), 1);
            }
            let rest = group.count.saturating_sub(listed.len() as u64);
            if rest == 0 {
                continue;
            }
            let Some(first) = self.members(group, 1).pop() else { continue };
            if self.tells_issuer_alike(&first, rest) {
                visit(&self.device_with_issuer(&first), rest);
            } else {
                let filters = group.filters();
                self.stream(&Query::all(&filters), &mut |record: records::Certificate| {
                    let device = self.device_with_issuer(&record);
                    if !groups.listed_ids.contains(&device.id) {
                        visit(&device, 1);
                    }
                });
            }
        }
    }

    /// The signature of one says who signed all of the group: registration verified them, the key identifier names one known
    /// key, or there is nobody of that name. Otherwise each signature may be by another key of the same name.
    fn tells_issuer_alike(&self, first: &records::Certificate, count: u64) -> bool {
        let Some(certificate) = parse(&first.pem) else { return true };
        let facts = CertificateFacts::of(&certificate, self.around.key_checker);
        let issuers = &self.authorities().issuers;
        let keys = issuers.keys_of(&facts.issuer);
        facts.self_signed
            || first.ca_id.is_some()
            || keys == 0
            || issuers.is_exact(&facts.issuer, facts.authority_key)
            || (keys == 1 && count > SIGNATURES_MAX)
    }

    pub(super) fn visit_like(
        &self,
        shown: &DeviceCertificate,
        limit: usize,
        visit: &mut dyn FnMut(&DeviceCertificate),
    ) {
        if limit == 0 {
            return;
        }
        let record = self.attempt(self.reader.get::<records::Certificate>(&shown.id.to_string()));
        let alone = record.filter(|record| {
            !self.groups().listed_ids.contains(&shown.id) && self.tells_issuer_alike(record, u64::MAX)
        });
        let group = alone.and_then(|record| {
            let issuance = record.issuance();
            self.groups()
                .groups
                .iter()
                .find(|group| group.status == record.status && group.issuance == issuance)
        });
        match group {
            None => visit(shown),
            Some(group) => {
                for record in self.members(group, limit) {
                    visit(&self.device(&record));
                }
            }
        }
    }

    /// The first members of a group that no list names.
    fn members(&self, group: &Group, limit: usize) -> Vec<records::Certificate> {
        let listed = &self.groups().listed_ids;
        let filters = group.filters();
        let query = Query { limit: limit.saturating_add(listed.len()), ..Query::all(&filters) };
        let mut members = vec![];
        let read = self.reader.each(&query, &mut |record: records::Certificate| {
            if !CertificateId::parse(&record.id).is_some_and(|id| listed.contains(&id)) {
                members.push(record);
            }
            let flow = if members.len() < limit {
                std::ops::ControlFlow::Continue(())
            } else {
                std::ops::ControlFlow::Break(())
            };
            Ok::<_, thingwarden_store::StoreError>(flow)
        });
        self.attempt(read);
        members
    }

    pub(super) fn device(&self, record: &records::Certificate) -> DeviceCertificate {
        self.device_of(record, parse(&record.pem).as_ref())
    }

    /// With the key that signed it.
    pub(super) fn device_with_issuer(&self, record: &records::Certificate) -> DeviceCertificate {
        let certificate = parse(&record.pem);
        let mut device = self.device_of(record, certificate.as_ref());
        if let (Some(facts), Some(certificate)) = (&mut device.facts, &certificate)
            && !facts.self_signed
        {
            let known = &self.authorities().keys;
            let verified = record.ca_id.as_ref().and_then(|ca| known.get(ca)).copied();
            facts.issuer_key = match verified {
                Some(key) => IssuerKey::Verified(key),
                None => self.authorities().issuers.find_issuer(certificate),
            };
        }
        device
    }

    fn device_of(
        &self,
        record: &records::Certificate,
        certificate: Option<&Certificate>,
    ) -> DeviceCertificate {
        DeviceCertificate {
            id: certificate_id(&record.id),
            status: CertificateStatus::parse(&record.status).unwrap_or(CertificateStatus::Inactive),
            created: Some(Timestamp::from_millis(record.created_ms)),
            facts: certificate.map(|one| CertificateFacts::of(one, self.around.key_checker)),
            origin: Origin::Described,
            source: None,
        }
    }

    /// How many certificates in force have an RSA key.
    pub(super) fn count_rsa_keys(&self) -> u64 {
        let filters = [Filter::NotZero("rsa_bits"), Filter::eq("in_force", true)];
        self.attempt(self.reader.count::<records::Certificate>(&filters))
    }

    /// Of all certificates that have an RSA key, whatever their status: the check compares all with all.
    pub(super) fn read_moduli(&self) -> RsaModuli {
        let mut moduli = RsaModuli::default();
        let mut keep = |id: &str, is_ca, pem: &str| {
            if let Some(PublicKey::Rsa { modulus, .. }) = parse(pem).map(|certificate| certificate.public_key)
                && let Some(id) = CertificateId::parse(id)
            {
                moduli.push(id, is_ca, &modulus);
            }
        };
        // Asked for apart, both come from the index; without `in_force`, their order does not.
        for in_force in [true, false] {
            let rsa = [Filter::NotZero("rsa_bits"), Filter::eq("in_force", in_force)];
            self.stream(&Query::all(&rsa), &mut |one: records::Certificate| keep(&one.id, false, &one.pem));
        }
        self.stream(&Query::default(), &mut |one: CaCertificate| keep(&one.id, true, &one.pem));
        moduli
    }
}

impl Group {
    fn filters(&self) -> [Filter<'_>; 2] {
        [Filter::eq("status", self.status), Filter::eq("issuance", self.issuance.as_str())]
    }
}

impl Groups {
    fn with_listed(mut self, view: &StoreView<'_>) -> Self {
        let listed = view.authorities().revocations.listed();
        let mut listed: Vec<_> =
            listed.map(|(issuer, serial)| (issuer.to_string(), serial.to_string())).collect();
        // In the order of the index, of which each page is then read once.
        listed.sort_unstable();
        listed.dedup();
        for (issuer, serial) in listed {
            if view.in_trouble() {
                break;
            }
            let filters =
                [Filter::NotZero("in_force"), Filter::eq("issuer", issuer), Filter::eq("serial", serial)];
            for record in view.attempt(view.reader.all::<records::Certificate>(&filters)) {
                let Some(id) = CertificateId::parse(&record.id) else { continue };
                if self.listed_ids.insert(id) {
                    let group = (record.status.clone(), record.issuance());
                    self.listed.entry(group).or_default().push(record);
                }
            }
        }
        self
    }
}
