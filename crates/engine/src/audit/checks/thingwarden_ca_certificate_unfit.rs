#![doc = include_str!("thingwarden_ca_certificate_unfit.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_CA_CERTIFICATE_UNFIT_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::CaCertificate,
    enabled_by_default: false,
    reads: &[Fact::CaCertificates],
    thresholds: &[],
    reasons: &[NOT_A_CA, NO_CERTIFICATE_SIGNING],
    manual: include_str!("thingwarden_ca_certificate_unfit.md"),
    run,
};

const NOT_A_CA: Reason = Reason {
    code: "CA_CERTIFICATE_WITHOUT_CA_CONSTRAINT",
    text: "Registered CA certificate does not say that it is a CA (basicConstraints without cA).",
};
const NO_CERTIFICATE_SIGNING: Reason = Reason {
    code: "CA_CERTIFICATE_WITHOUT_KEY_CERT_SIGN",
    text: "Registered CA certificate does not allow its key to sign certificates (keyUsage without keyCertSign).",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_active_ca(fleet, found, |ca, facts, found| {
        if !facts.is_ca {
            found.push(ca, NOT_A_CA);
        }
        if !facts.key_cert_sign {
            found.push(ca, NO_CERTIFICATE_SIGNING);
        }
    });
}
