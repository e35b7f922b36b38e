#![doc = include_str!("thingwarden_policy_cross_device_access.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_POLICY_CROSS_DEVICE_ACCESS_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: false,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[REACHES_OTHERS],
    manual: include_str!("thingwarden_policy_cross_device_access.md"),
    run,
};

const REACHES_OTHERS: Reason = Reason {
    code: "POLICY_REACHES_OTHER_DEVICES",
    text: "Policy lets a device read or steer other devices.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_proven_policy(&mut |policy, proofs| {
        if !proofs.crossings.is_empty() {
            let finding = found.push(policy, REACHES_OTHERS);
            let all: Vec<String> =
                proofs.crossings.iter().map(|(_, requests)| requests.join(" delivers ")).collect();
            finding.with("WITNESS", all.join("; "));
            add_statements(finding, policy, proofs.crossing_statements.iter().copied());
        }
        for reason in proofs.out_of_bounds.iter().filter(|reason| !reason.starts_with("connectAs")) {
            found.gap(format!("out of bounds: {reason}"), Some(&policy.resource()));
        }
    });
}
