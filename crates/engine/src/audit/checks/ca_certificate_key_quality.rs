#![doc = include_str!("ca_certificate_key_quality.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "CA_CERTIFICATE_KEY_QUALITY_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::CaCertificate,
    enabled_by_default: true,
    reads: &[Fact::CaCertificates],
    thresholds: &[],
    reasons: &[ROCA, DEBIAN_WEAK_KEY],
    manual: include_str!("ca_certificate_key_quality.md"),
    run,
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_active_ca(fleet, found, |ca, facts, found| report_key_quality(ca, facts, found));
}
