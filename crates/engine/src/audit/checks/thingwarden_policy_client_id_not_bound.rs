#![doc = include_str!("thingwarden_policy_client_id_not_bound.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_POLICY_CLIENT_ID_NOT_BOUND_CHECK",
    severity: Severity::High,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: false,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[NOT_BOUND],
    manual: include_str!("thingwarden_policy_client_id_not_bound.md"),
    run,
};

const NOT_BOUND: Reason = Reason {
    code: "POLICY_DOES_NOT_BIND_CLIENT_ID",
    text: "Policy lets a device connect under the name of another device.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_proven_policy(&mut |policy, proofs| {
        if let Some(client) = &proofs.connects_as {
            let finding = found.push(policy, NOT_BOUND);
            finding.with("WITNESS", format!("iot:Connect client/{client}"));
            add_statements(finding, policy, proofs.connect_statements.iter().copied());
        }
        for reason in proofs.out_of_bounds.iter().filter(|reason| reason.starts_with("connectAs")) {
            found.gap(format!("out of bounds: {reason}"), Some(&policy.resource()));
        }
    });
}
