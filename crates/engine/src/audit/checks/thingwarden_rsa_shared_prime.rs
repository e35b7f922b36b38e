#![doc = include_str!("thingwarden_rsa_shared_prime.md")]

use std::collections::{BTreeMap, BTreeSet};

use super::super::prelude::*;
use crate::fleet::Source;
use crate::ids::CertificateId;
use crate::limits::RELATED_RESOURCES_MAX;
use crate::pki::batch_gcd;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_RSA_SHARED_PRIME_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[Fact::RsaModuli],
    thresholds: &[],
    reasons: &[SHARED_PRIME],
    manual: include_str!("thingwarden_rsa_shared_prime.md"),
    run,
};

const SHARED_PRIME: Reason = Reason {
    code: "CERTIFICATE_RSA_SHARED_PRIME",
    text: "RSA key shares a prime with another key of the fleet: both private keys can be computed.",
};

fn run(fleet: &dyn FleetView, settings: &Settings, found: &mut Findings) {
    let mut in_force: BTreeMap<CertificateId, (Resource, Option<Source>)> = BTreeMap::new();
    each_certificate(fleet, Wanted::RsaKey, found, |certificate, facts, found| {
        if facts.has_rsa_key() {
            let (resource, source) = (certificate.resource(), certificate.source());
            if let Resource::DeviceCertificate(id) | Resource::CaCertificate(id) = &resource {
                in_force.insert(*id, (resource, source));
            }
        } else {
            // Of CA certificates all are shown.
            found.unexamined();
        }
    });
    let Some(moduli) = fleet.rsa_moduli() else { return };
    // All of them: what a key out of force gives away does not come back.
    let mut keys: Vec<(CertificateId, &[u8], bool)> =
        moduli.iter().map(|(id, is_ca, modulus)| (id, modulus, is_ca)).collect();
    keys.sort_unstable();
    keys.dedup_by(|a, b| (a.0, a.1) == (b.0, b.1));
    let numbers: Vec<&[u8]> = keys.iter().map(|(_, modulus, _)| *modulus).collect();
    // A key may share both of its primes, each with other keys.
    let mut partners: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for shared in batch_gcd(&numbers, settings.jobs(), &|_, _| {}) {
        for member in &shared.members {
            let others = shared.members.iter().copied().filter(|other| other != member);
            partners.entry(*member).or_default().extend(others);
        }
    }
    for (index, others) in partners {
        let Some((resource, source)) = keys.get(index).and_then(|(id, ..)| in_force.get(id)) else { continue };
        let finding = found.push_resource(resource.clone(), *source, SHARED_PRIME);
        let others = others.into_iter().filter_map(|other| keys.get(other)).take(RELATED_RESOURCES_MAX);
        finding.related = others
            .map(|&(id, _, is_ca)| match is_ca {
                true => Resource::CaCertificate(id),
                false => Resource::DeviceCertificate(id),
            })
            .map(|resource| Related { resource, additional: vec![] })
            .collect();
    }
}
