//! The view of some device certificates, client ids and policies: everything else about the fleet is as it is.

use std::collections::BTreeSet;

use thingwarden_engine::fleet::{
    CaCertificate, ConnectionEvent, DatedCertificate, DeviceCertificate, Fact, FleetView, GroupedDevice,
    IdentityPool, Logging, PolicyInForce, Presence, Role, RoleAlias, RsaModuli, ServiceUse, Wanted,
    WantedDate,
};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::{IssuerIndex, Revocations};
use thingwarden_engine::policy::analysis::{BroadGrant, DenyMistakes};
use thingwarden_engine::prove::PolicyProofs;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{AuditedResource, Certificate};
use thingwarden_store::{Filter, Query};

use super::StoreView;

/// What is looked at, each once and in a fixed order.
pub(in crate::audits) struct Narrowed<'a> {
    view: &'a StoreView<'a>,
    certificates: BTreeSet<String>,
    clients: BTreeSet<String>,
    policies: BTreeSet<String>,
}

impl<'a> Narrowed<'a> {
    pub(in crate::audits) fn new(view: &'a StoreView<'a>, resources: &[AuditedResource]) -> Self {
        let texts = |place: &str| {
            let text = |one: &AuditedResource| Some(one.identifier.pointer(place)?.as_str()?.to_owned());
            resources.iter().filter_map(text).collect()
        };
        Self {
            view,
            certificates: texts("/deviceCertificateId"),
            clients: texts("/clientId"),
            policies: texts("/policyVersionIdentifier/policyName"),
        }
    }

    /// The certificates among them that are in force.
    fn each_certificate(&self, visit: &mut dyn FnMut(Certificate)) {
        for id in &self.certificates {
            if self.view.in_trouble() {
                return;
            }
            let found = self.view.attempt(self.view.reader.get::<Certificate>(id));
            found.filter(Certificate::in_force).into_iter().for_each(&mut *visit);
        }
    }
}

impl FleetView for Narrowed<'_> {
    fn now(&self) -> Timestamp {
        self.view.now()
    }

    fn account(&self) -> &str {
        self.view.account()
    }

    fn region(&self) -> &str {
        self.view.region()
    }

    fn is_live(&self) -> bool {
        self.view.is_live()
    }

    fn presence(&self, fact: Fact) -> Presence {
        self.view.presence(fact)
    }

    fn each_in_force(&self, wanted: Wanted, visit: &mut dyn FnMut(&DeviceCertificate)) {
        if wanted != Wanted::KeyReused {
            return self.each_certificate(&mut |record| {
                let device = self.view.device(&record);
                if wanted.shows(&device) {
                    visit(&device);
                }
            });
        }
        let mut keys = BTreeSet::new();
        self.each_certificate(&mut |record| {
            keys.insert(record.facts.key_digest);
        });
        for key in keys {
            let filters = [Filter::eq("in_force", true), Filter::eq("key_digest", key)];
            self.view.stream(&Query::all(&filters), &mut |record| visit(&self.view.device(&record)));
        }
    }

    fn count_in_force(&self, wanted: Wanted) -> u64 {
        let mut count = 0;
        self.each_certificate(&mut |record| {
            count += u64::from(wanted != Wanted::RsaKey || record.facts.rsa_bits != 0);
        });
        count
    }

    fn each_dated(&self, wanted: WantedDate, visit: &mut dyn FnMut(&DatedCertificate)) {
        self.each_certificate(&mut |record| {
            wanted.shown(&self.view.device(&record)).iter().for_each(&mut *visit);
        });
    }

    fn count_dated(&self, _: WantedDate) -> u64 {
        let mut count = 0;
        self.each_certificate(&mut |_| count += 1);
        count
    }

    fn each_alike(&self, visit: &mut dyn FnMut(&DeviceCertificate, u64)) {
        self.each_certificate(&mut |record| visit(&self.view.device_with_issuer(&record), 1));
    }

    fn each_like(&self, shown: &DeviceCertificate, limit: usize, visit: &mut dyn FnMut(&DeviceCertificate)) {
        if limit > 0 {
            visit(shown);
        }
    }

    fn each_ca_certificate(&self, visit: &mut dyn FnMut(&CaCertificate)) {
        self.view.each_ca_certificate(visit);
    }

    fn count_policies(&self) -> u64 {
        u64::try_from(self.policies.len()).unwrap_or(u64::MAX)
    }

    fn each_broad_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &[BroadGrant])) {
        self.view.each_broad_policy(&mut |policy, grants| {
            if self.policies.contains(&*policy.name) {
                visit(policy, grants);
            }
        });
    }

    fn each_mistaken_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &DenyMistakes)) {
        self.view.each_mistaken_policy(&mut |policy, mistakes| {
            if self.policies.contains(&*policy.name) {
                visit(policy, mistakes);
            }
        });
    }

    fn each_proven_policy(&self, visit: &mut dyn FnMut(&PolicyInForce, &PolicyProofs)) {
        self.view.each_proven_policy(&mut |policy, proofs| {
            if self.policies.contains(&*policy.name) {
                visit(policy, proofs);
            }
        });
    }

    fn each_grouped_device(&self, visit: &mut dyn FnMut(&GroupedDevice)) {
        self.view.each_grouped_device(&mut |device| {
            let mut device = device.clone();
            device.group_policies.retain(|policy| self.policies.contains(&*policy.name));
            if !device.group_policies.is_empty() {
                visit(&device);
            }
        });
    }

    fn each_role_alias(&self, visit: &mut dyn FnMut(&RoleAlias)) {
        self.view.each_role_alias(visit);
    }

    fn each_identity_pool(&self, visit: &mut dyn FnMut(&IdentityPool)) {
        self.view.each_identity_pool(visit);
    }

    fn each_connection_of(
        &self,
        certificate: &CertificateId,
        since: Timestamp,
        visit: &mut dyn FnMut(&ConnectionEvent<'_>),
    ) {
        self.view.each_connection_of(certificate, since, visit);
    }

    fn each_displaced(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        self.view.each_displaced(since, &mut |event| {
            if self.clients.contains(event.client_id) {
                visit(event);
            }
        });
    }

    fn each_shared(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        for certificate in self.certificates.iter().filter_map(|id| CertificateId::parse(id)) {
            self.view.each_connection_of(&certificate, since, visit);
        }
    }

    fn count_clients(&self, _: Timestamp) -> u64 {
        u64::try_from(self.clients.len()).unwrap_or(u64::MAX)
    }

    fn count_connected(&self, _: Timestamp) -> u64 {
        u64::try_from(self.certificates.len()).unwrap_or(u64::MAX)
    }

    fn has_connections(&self, from: Timestamp, to: Timestamp) -> bool {
        self.view.has_connections(from, to)
    }

    fn role(&self, arn: &str) -> Option<&Role> {
        self.view.role(arn)
    }

    fn service_use(&self, role_arn: &str) -> Option<&ServiceUse> {
        self.view.service_use(role_arn)
    }

    fn logging(&self) -> &Logging {
        self.view.logging()
    }

    fn issuers(&self) -> &IssuerIndex {
        self.view.issuers()
    }

    fn revocations(&self) -> &Revocations {
        self.view.revocations()
    }

    fn rsa_moduli(&self) -> Option<&RsaModuli> {
        self.view.rsa_moduli()
    }
}
