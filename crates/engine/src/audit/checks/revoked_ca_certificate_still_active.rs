#![doc = include_str!("revoked_ca_certificate_still_active.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "REVOKED_CA_CERTIFICATE_STILL_ACTIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::CaCertificate,
    enabled_by_default: true,
    reads: &[Fact::CaCertificates, Fact::Crls],
    thresholds: &[],
    reasons: &[REVOKED_BY_ISSUER],
    manual: include_str!("revoked_ca_certificate_still_active.md"),
    run,
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_active_ca(fleet, found, |ca, facts, found| report_revocation(fleet, ca, facts, 1, found));
}
