#![doc = include_str!("thingwarden_certificate_not_yet_valid.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_CERTIFICATE_NOT_YET_VALID_CHECK",
    severity: Severity::Low,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[EARLY],
    manual: include_str!("thingwarden_certificate_not_yet_valid.md"),
    run,
};

const EARLY: Reason = Reason {
    code: "CERTIFICATE_NOT_YET_VALID",
    text: "Certificate is active before its validity begins.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let now = fleet.now();
    each_certificate(fleet, Wanted::StartsAfter(now), found, |certificate, facts, found| {
        if facts.not_before > now {
            found.push(certificate, EARLY).with("VALID_FROM", facts.not_before.millis().to_string());
        }
    });
}
