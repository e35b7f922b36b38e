#![doc = include_str!("thingwarden_signature_algorithm_weak.md")]

use super::super::prelude::*;
use crate::pki::{Hash, Weaknesses};

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_SIGNATURE_ALGORITHM_WEAK_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::DeviceCertificate,
    enabled_by_default: false,
    reads: &[],
    thresholds: &[],
    reasons: &[WEAK],
    manual: include_str!("thingwarden_signature_algorithm_weak.md"),
    run,
};

const WEAK: Reason = Reason {
    code: "CERTIFICATE_SIGNATURE_ALGORITHM_WEAK",
    text: "Certificate is signed with a hash for which collisions can be made.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_certificate(fleet, Wanted::Weak(Weaknesses::SIGNATURE_HASH), found, |certificate, facts, found| {
        let hash = match facts.signature_hash {
            Hash::Md2 => "MD2",
            Hash::Md4 => "MD4",
            Hash::Md5 => "MD5",
            Hash::Sha1 => "SHA-1",
            _ => return,
        };
        let finding = found.push(certificate, WEAK).saying(format!("Certificate is signed with {hash}."));
        if facts.self_signed {
            finding.with("SELF_SIGNED", "true");
        }
    });
}
