#![doc = include_str!("thingwarden_rsa_key_short.md")]

use super::super::prelude::*;
use crate::pki::{KeyDefects, KeyKind};

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_RSA_KEY_SHORT_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[SHORT],
    manual: include_str!("thingwarden_rsa_key_short.md"),
    run,
};

const SHORT: Reason = Reason {
    code: "CERTIFICATE_RSA_KEY_SHORT",
    text: "RSA key is shorter than 2048 bits.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_certificate(fleet, Wanted::Weak(KeyDefects::RSA_SHORT.into()), found, |certificate, facts, found| {
        if let KeyKind::Rsa { bits } = facts.key
            && facts.defects.contains(KeyDefects::RSA_SHORT)
        {
            found.push(certificate, SHORT).saying(format!("RSA key of {bits} bits is shorter than 2048 bits."));
        }
    });
}
