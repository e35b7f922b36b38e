//! The operations of our own, with what they are about and who carries them out.

use serde_json::Value;

use super::service::{Action, read, rehearse, write};
use super::{approvals, audit_tags, clients, deliveries, mitigation, quarantine, trail};
use crate::api::iot_arn;
use crate::iam::Cx;

pub(super) const ACTIONS: &[Action] = &[
    write!("thingwarden:ApproveMitigation", anything, approvals::approve),
    write!("thingwarden:DenyMitigation", anything, approvals::deny),
    read!("thingwarden:DescribeApproval", anything, approvals::describe),
    read!("thingwarden:DescribeMitigation", anything, mitigation::describe),
    read!("thingwarden:DescribeQuarantine", thing, quarantine::describe),
    read!("thingwarden:ExplainClient", client, clients::explain),
    read!("thingwarden:ListApprovals", anything, approvals::list),
    read!("thingwarden:ListAuditTags", anything, audit_tags::list),
    read!("thingwarden:ListDeliveries", anything, deliveries::list),
    read!("thingwarden:ListQuarantines", anything, quarantine::list),
    read!("thingwarden:ListTrail", anything, trail::list),
    rehearse!("thingwarden:PlanMitigation", anything, mitigation::plan),
    write!("thingwarden:PurgeDeliveries", anything, deliveries::purge),
    write!("thingwarden:Quarantine", thing, quarantine::ask),
    write!("thingwarden:RedriveDeliveries", anything, deliveries::redrive),
    write!("thingwarden:ReleaseQuarantine", thing, quarantine::release),
    write!("thingwarden:StartMitigation", anything, mitigation::start),
    write!("thingwarden:TagAudit", anything, audit_tags::tag),
    write!("thingwarden:UndoMitigation", anything, mitigation::undo),
    write!("thingwarden:UntagAudit", anything, audit_tags::untag),
];

/// No particular resource.
fn anything(_: &Cx, _: &Value) -> Vec<String> {
    vec![]
}

/// The client of the member `clientId`.
fn client(cx: &Cx, input: &Value) -> Vec<String> {
    let id = input.get("clientId").and_then(Value::as_str).unwrap_or_default();
    vec![iot_arn(&cx.regional_scope(), &format!("client/{id}"))]
}

/// The thing of the member `thingName`.
fn thing(cx: &Cx, input: &Value) -> Vec<String> {
    let name = input.get("thingName").and_then(Value::as_str).unwrap_or_default();
    vec![iot_arn(&cx.regional_scope(), &format!("thing/{name}"))]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ops::SERVICE;

    #[test]
    fn every_operation_is_there_once_and_has_its_prefix() {
        let names: BTreeSet<&str> = ACTIONS.iter().map(Action::name).collect();
        assert_eq!(names.len(), ACTIONS.len());
        assert!(ACTIONS.iter().all(|action| action.permission == format!("{SERVICE}:{}", action.name())));
    }
}
