#![doc = include_str!("ca_certificate_expiring.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "CA_CERTIFICATE_EXPIRING_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::CaCertificate,
    enabled_by_default: true,
    reads: &[Fact::CaCertificates],
    thresholds: &[],
    reasons: &[APPROACHING_EXPIRATION, PAST_EXPIRATION],
    manual: include_str!("ca_certificate_expiring.md"),
    run,
};

/// The guide names 30 days and no configuration key.
const HORIZON: Duration = Duration::days(30);

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let now = fleet.now();
    each_active_ca(fleet, found, |ca, facts, found| {
        report_expiry(ca, facts.not_after, now, now + HORIZON, found);
    });
}
