#![doc = include_str!("iot_policy_overly_permissive.md")]

use super::super::prelude::*;

pub(super) const CHECK: Check = Check {
    name: "IOT_POLICY_OVERLY_PERMISSIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: true,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[BROAD_DATA_PLANE],
    manual: include_str!("iot_policy_overly_permissive.md"),
    run,
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_broad_policy(&mut |policy, grants| {
        let sentence = broad_data_plane_sentence("Policy", grants);
        let finding = found.push(policy, BROAD_DATA_PLANE).saying(sentence);
        finding.source = grants.first().map_or(policy.source, |grant| policy.source_of(grant.statement));
        add_witnesses(finding, grants);
    });
}
