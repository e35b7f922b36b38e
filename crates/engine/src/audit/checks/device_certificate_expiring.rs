#![doc = include_str!("device_certificate_expiring.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "DEVICE_CERTIFICATE_EXPIRING_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: true,
    reads: &[Fact::DeviceCertificates],
    thresholds: &[EXPIRY],
    reasons: &[APPROACHING_EXPIRATION, PAST_EXPIRATION],
    manual: include_str!("device_certificate_expiring.md"),
    run,
};

const EXPIRY: Threshold = Threshold { key: "CERT_EXPIRATION_THRESHOLD_IN_DAYS", range: 30..=3652, default: 30 };

fn run(fleet: &dyn FleetView, settings: &Settings, found: &mut Findings) {
    let now = fleet.now();
    let horizon = now + Duration::days(settings.get(CHECK.name, &EXPIRY));
    each_dated_certificate(fleet, WantedDate::ExpiresBy(horizon), found, |certificate, not_after, found| {
        report_expiry(certificate, not_after, now, horizon, found);
    });
}
