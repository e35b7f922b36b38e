#![doc = include_str!("intermediate_ca_revoked.md")]

use std::collections::BTreeMap;

use super::super::prelude::*;
use crate::fleet::CertificateStatus;
use crate::ids::CertificateId;
use crate::limits::RELATED_RESOURCES_MAX;
use crate::pki::{ChainEnd, RevocationStatus};

pub(super) const CHECK: Check = Check {
    name: "INTERMEDIATE_CA_REVOKED_FOR_ACTIVE_DEVICE_CERTIFICATES_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::IssuerCertificate,
    enabled_by_default: true,
    reads: &[Fact::DeviceCertificates, Fact::Crls],
    thresholds: &[],
    reasons: &[REVOKED],
    manual: include_str!("intermediate_ca_revoked.md"),
    run,
};

const REVOKED: Reason = Reason {
    code: "INTERMEDIATE_CA_REVOKED_BY_ISSUER",
    text: "An intermediate CA was revoked by its issuer, and device certificates below it are still active.",
};

/// What is known of one issuer, worked out once however many devices it issued.
struct Issuer {
    resource: Resource,
    status: RevocationStatus,
    devices: u64,
    related: Vec<Related>,
}

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let mut issuers: BTreeMap<CertificateId, Issuer> = BTreeMap::new();
    fleet.each_alike(&mut |device, count| {
        if device.status != CertificateStatus::Active {
            return;
        }
        let Some(facts) = &device.facts else {
            return found.gap_many(NO_CERTIFICATE, Some(&device.resource()), count);
        };
        found.examined_many(count);
        if facts.self_signed {
            return;
        }
        let chain = fleet.issuers().walk(facts);
        if chain.links.is_empty() {
            found.unexamined_many(count);
            let why = match chain.end {
                ChainEnd::Ambiguous => {
                    "no data: several CA certificates have the issuer's name, and nothing tells which of them it was"
                }
                _ => "no data: the issuer's certificate is not in the input",
            };
            return found.gap_many(why, Some(&device.resource()), count);
        }
        // Nobody is above a root to revoke it.
        for link in chain.links.into_iter().filter(|link| !link.is_root()) {
            let issuer = issuers.entry(link.id).or_insert_with(|| Issuer {
                resource: Resource::IssuerCertificate {
                    id: link.id,
                    subject: link.subject_name.clone(),
                    serial: link.serial.to_string(),
                },
                status: fleet.revocations().status_of_issuer(link, fleet.now()),
                devices: 0,
                related: vec![],
            });
            issuer.devices += count;
            if matches!(issuer.status, RevocationStatus::Revoked { .. }) {
                let more = RELATED_RESOURCES_MAX.saturating_sub(issuer.related.len());
                fleet.each_like(device, more, &mut |device| {
                    issuer.related.push(Related { resource: device.resource(), additional: vec![] });
                });
            }
        }
    });
    for issuer in issuers.into_values() {
        match issuer.status {
            RevocationStatus::Good => {}
            RevocationStatus::Revoked { at, reason, crl_stale } => {
                let finding = found.push_resource(issuer.resource, None, REVOKED);
                add_revocation(finding, at, reason, crl_stale);
                finding.with("AFFECTED_DEVICE_CERTIFICATES", issuer.devices.to_string());
                finding.related = issuer.related;
            }
            RevocationStatus::Unknown(why) => {
                found.gap(format!("no data on an issuing CA: {}", why_unknown(&why)), Some(&issuer.resource));
            }
        }
    }
}
