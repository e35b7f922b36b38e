#![doc = include_str!("device_certificate_key_quality.md")]

use super::super::prelude::*;
use crate::pki::KeyDefects;

pub(super) const CHECK: Check = Check {
    name: "DEVICE_CERTIFICATE_KEY_QUALITY_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: true,
    reads: &[Fact::DeviceCertificates],
    thresholds: &[],
    reasons: &[ROCA, DEBIAN_WEAK_KEY],
    manual: include_str!("device_certificate_key_quality.md"),
    run,
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let vulnerable = KeyDefects::ROCA | KeyDefects::DEBIAN_WEAK;
    each_certificate_in_force(fleet, Wanted::Weak(vulnerable.into()), found, |certificate, facts, found| {
        report_key_quality(certificate, facts, found);
    });
}
