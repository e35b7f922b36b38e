#![doc = include_str!("device_certificate_age.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "DEVICE_CERTIFICATE_AGE_CHECK",
    severity: Severity::Low,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[Fact::DeviceCertificates],
    thresholds: &[AGE],
    reasons: &[PAST_AGE],
    manual: include_str!("device_certificate_age.md"),
    run,
};

const AGE: Threshold = Threshold { key: "CERT_AGE_THRESHOLD_IN_DAYS", range: 30..=3652, default: 365 };
const PAST_AGE: Reason =
    Reason { code: "CERTIFICATE_PAST_AGE_THRESHOLD", text: "Certificate has been active for longer than the age threshold." };

fn run(fleet: &dyn FleetView, settings: &Settings, found: &mut Findings) {
    let days = settings.get(CHECK.name, &AGE);
    let oldest = fleet.now() - Duration::days(days);
    each_dated_certificate(fleet, WantedDate::InUseSince(oldest), found, |certificate, since, found| {
        if since <= oldest {
            let age = (fleet.now() - since).whole_days();
            found
                .push(certificate, PAST_AGE)
                .saying(format!("Certificate has been active for {age} days; the threshold is {days}."))
                .with("ACTIVE_SINCE", since.millis().to_string());
        }
    });
}
