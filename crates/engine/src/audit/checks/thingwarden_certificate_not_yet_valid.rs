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
    if !has_certificates(fleet, found) {
        return;
    }
    let judge = |certificate: &dyn Examined, not_before: Timestamp, found: &mut Findings| {
        if not_before > now {
            found.push(certificate, EARLY).with("VALID_FROM", not_before.millis().to_string());
        }
    };
    each_dated_certificate(fleet, WantedDate::StartsAfter(now), found, |certificate, not_before, found| {
        judge(certificate, not_before, found);
    });
    each_active_ca(fleet, found, |ca, facts, found| judge(ca, facts.not_before, found));
}
