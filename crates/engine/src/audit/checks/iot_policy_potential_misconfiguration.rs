#![doc = include_str!("iot_policy_potential_misconfiguration.md")]

use super::super::prelude::*;
use crate::policy::analysis::DeniedButReachable;

pub(super) const CHECK: Check = Check {
    name: "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: true,
    reads: &[Fact::Policies],
    thresholds: &[],
    reasons: &[MQTT_WILDCARD_IN_DENY, DENIED_FILTER_REACHABLE],
    manual: include_str!("iot_policy_potential_misconfiguration.md"),
    run,
};

const MQTT_WILDCARD_IN_DENY: Reason = Reason {
    code: "POLICY_CONTAINS_MQTT_WILDCARDS_IN_DENY_STATEMENT",
    text: "Policy contains MQTT wildcards in a Deny statement, where they are literal characters.",
};
const DENIED_FILTER_REACHABLE: Reason = Reason {
    code: "TOPIC_FILTERS_INTENDED_TO_DENY_ALLOWED_USING_WILDCARDS",
    text: "Topic filters that the policy denies can be received through a wider filter that it allows.",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    found.examined_many(fleet.count_policies());
    fleet.each_mistaken_policy(&mut |policy, mistakes| {
        let [with_wildcard, reached_around] = mistakes.statements;
        // One finding per reason code; the first mistake of each kind is its evidence.
        if let Some(resource) = &mistakes.mqtt_wildcard {
            let finding = found.push(policy, MQTT_WILDCARD_IN_DENY).with("DENY_RESOURCE", resource.as_str());
            if let Some(request) = &mistakes.still_allowed {
                finding.with("ALLOWED_FOR_EXAMPLE", request.as_str());
            }
            add_statements(finding, policy, with_wildcard);
        }
        if let Some(reachable) = &mistakes.reachable {
            let finding = found.push(policy, DENIED_FILTER_REACHABLE);
            match reachable {
                DeniedButReachable::Through { filter, topic } => {
                    finding.with("ALLOWED_FILTER", filter.as_str()).with("DENIED_TOPIC_RECEIVED", topic.as_str());
                }
                DeniedButReachable::Undecided => {
                    finding.with("UNDECIDED", "the search for an example was too long");
                }
                DeniedButReachable::WithoutExample => {}
            }
            add_statements(finding, policy, reached_around);
        }
    });
}
