#![doc = include_str!("thingwarden_rsa_exponent_weak.md")]

use super::super::prelude::*;
use crate::pki::KeyDefects;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_RSA_EXPONENT_WEAK_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[EVEN, SMALL],
    manual: include_str!("thingwarden_rsa_exponent_weak.md"),
    run,
};

const EVEN: Reason = Reason {
    code: "CERTIFICATE_RSA_EXPONENT_EVEN",
    text: "RSA public exponent is even or 1: the key cannot work as an RSA key.",
};
const SMALL: Reason =
    Reason { code: "CERTIFICATE_RSA_EXPONENT_SMALL", text: "RSA public exponent is smaller than 65537." };

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    let weak = KeyDefects::RSA_EXPONENT_EVEN | KeyDefects::RSA_EXPONENT_SMALL;
    each_certificate(fleet, Wanted::Weak(weak.into()), found, |certificate, facts, found| {
        if facts.defects.contains(KeyDefects::RSA_EXPONENT_EVEN) {
            found.push(certificate, EVEN);
        } else if facts.defects.contains(KeyDefects::RSA_EXPONENT_SMALL) {
            found.push(certificate, SMALL);
        }
    });
}
