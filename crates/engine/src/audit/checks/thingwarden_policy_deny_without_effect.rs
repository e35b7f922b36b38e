#![doc = include_str!("thingwarden_policy_deny_without_effect.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_POLICY_DENY_WITHOUT_EFFECT_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: false,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[DENIES_NOTHING],
    manual: include_str!("thingwarden_policy_deny_without_effect.md"),
    run,
};

const DENIES_NOTHING: Reason = Reason {
    code: "POLICY_DENY_HAS_NO_EFFECT",
    text: "Policy has a Deny statement that denies no request that can be made.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_proven_policy(&mut |policy, proofs| {
        if !proofs.dead_denies.is_empty() {
            let one = |(statement, why): &(usize, String)| format!("statement {}: {why}", statement + 1);
            let all: Vec<String> = proofs.dead_denies.iter().map(one).collect();
            let finding = found.push(policy, DENIES_NOTHING);
            finding.with("STATEMENTS", all.join("; "));
            add_statements(finding, policy, proofs.dead_denies.iter().map(|(statement, _)| *statement));
        }
    });
}
