#![doc = include_str!("thingwarden_known_private_key.md")]

use super::super::prelude::*;
use crate::pki::KeyDefects;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_KNOWN_PRIVATE_KEY_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[Fact::KnownKeys],
    thresholds: &[],
    reasons: &[KNOWN],
    manual: include_str!("thingwarden_known_private_key.md"),
    run,
};

const KNOWN: Reason = Reason {
    code: "CERTIFICATE_PRIVATE_KEY_PUBLISHED",
    text: "Private key of this certificate is in a list of published keys.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_certificate(fleet, Wanted::Weak(KeyDefects::KNOWN_KEY.into()), found, |certificate, facts, found| {
        if facts.defects.contains(KeyDefects::KNOWN_KEY) {
            found.push(certificate, KNOWN);
        }
    });
}
