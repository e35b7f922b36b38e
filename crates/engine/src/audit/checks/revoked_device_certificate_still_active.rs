#![doc = include_str!("revoked_device_certificate_still_active.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "REVOKED_DEVICE_CERTIFICATE_STILL_ACTIVE_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: true,
    reads: &[Fact::DeviceCertificates, Fact::Crls],
    thresholds: &[],
    reasons: &[REVOKED_BY_ISSUER],
    manual: include_str!("revoked_device_certificate_still_active.md"),
    run,
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    fleet.each_alike(&mut |certificate, count| match &certificate.facts {
        Some(facts) => {
            found.examined_many(count);
            report_revocation(fleet, certificate, facts, count, found);
        }
        None => found.gap_many(NO_CERTIFICATE, Some(&certificate.resource()), count),
    });
}
