#![doc = include_str!("thingwarden_rsa_close_primes.md")]

use super::super::prelude::*;
use crate::pki::KeyDefects;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_RSA_CLOSE_PRIMES_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[CLOSE],
    manual: include_str!("thingwarden_rsa_close_primes.md"),
    run,
};

const CLOSE: Reason = Reason {
    code: "CERTIFICATE_RSA_CLOSE_PRIMES",
    text: "RSA key has two primes so close that Fermat factorization splits it.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_certificate(fleet, Wanted::Weak(KeyDefects::RSA_CLOSE_PRIMES.into()), found, |certificate, facts, found| {
        if facts.defects.contains(KeyDefects::RSA_CLOSE_PRIMES) {
            found.push(certificate, CLOSE);
        }
    });
}
