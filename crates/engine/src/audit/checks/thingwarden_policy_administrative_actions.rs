#![doc = include_str!("thingwarden_policy_administrative_actions.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_POLICY_ADMINISTRATIVE_ACTIONS_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: false,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[ADMINISTERS],
    manual: include_str!("thingwarden_policy_administrative_actions.md"),
    run,
};

const ADMINISTERS: Reason = Reason {
    code: "POLICY_ALLOWS_ADMINISTRATIVE_ACTIONS",
    text: "IoT policy allows actions that are no device's but an administrator's.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_proven_policy(&mut |policy, proofs| {
        if !proofs.administers.is_empty() {
            let mut listed = proofs.administers.join(", ");
            let more = proofs.administers_total.saturating_sub(proofs.administers.len());
            if more > 0 {
                listed.push_str(&format!(" and {more} more"));
            }
            let finding = found.push(policy, ADMINISTERS);
            finding.with("ACTIONS", listed);
            add_statements(finding, policy, proofs.administer_statements.iter().copied());
        }
    });
}
