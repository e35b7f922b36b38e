#![doc = include_str!("thingwarden_public_key_reused.md")]

use super::super::prelude::*;
use crate::fleet::Source;
use crate::limits::RELATED_RESOURCES_MAX;
use crate::pki::KeyDigest;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_PUBLIC_KEY_REUSED_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[REUSED],
    manual: include_str!("thingwarden_public_key_reused.md"),
    run,
};

const REUSED: Reason =
    Reason { code: "CERTIFICATE_PUBLIC_KEY_REUSED", text: "The same public key is in several certificates." };

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let mut holders: Vec<(KeyDigest, Resource, Option<Source>)> = Vec::new();
    each_certificate(fleet, Wanted::KeyReused, found, |certificate, facts, _| {
        holders.push((facts.key_digest, certificate.resource(), certificate.source()));
    });
    holders.sort();
    for group in holders.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1) {
        for (_, resource, source) in group {
            let finding = found.push_resource(resource.clone(), *source, REUSED);
            finding.saying(format!("The same public key is in {} certificates.", group.len()));
            let others = group.iter().filter(|(_, other, _)| other != resource).take(RELATED_RESOURCES_MAX);
            finding.related = others
                .map(|(_, other, _)| Related { resource: other.clone(), additional: vec![] })
                .collect();
        }
    }
}
