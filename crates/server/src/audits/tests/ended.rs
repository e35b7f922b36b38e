//! The end of an audit is told once, with the rights of a role, and whatever comes of that the audit has ended.

use serde_json::{Value, json};
use thingwarden_store::records::{Delivery, Message};

use crate::api::testing::{Api, NOW_MS};
use crate::mitigation::role::tests::{add, role, trusts};

const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const LOGGING: &str = "LOGGING_DISABLED_CHECK";
/// A topic that is not kept here: one delivery, whoever subscribed there.
const TOPIC: &str = "arn:aws:sns:us-east-1:999999999999:far";

fn configured(role: &str, topic: &str, enabled: bool) -> Api {
    let api = Api::new();
    let role = format!("arn:aws:iam::123456789012:role/{role}");
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({
            "roleArn": role,
            "auditCheckConfigurations": {POLICIES: {"enabled": true}, LOGGING: {"enabled": true}},
            "auditNotificationTargetConfigurations": {"SNS": {"targetArn": topic, "roleArn": role, "enabled": enabled}},
        }),
    );
    api
}

fn start(api: &Api) -> String {
    let answer = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [POLICIES, LOGGING]}));
    answer["taskId"].as_str().unwrap().to_owned()
}

/// Targets, reasons and messages.
fn told(api: &Api) -> Vec<(String, Option<String>, Value)> {
    api.read(|store| {
        let deliveries = store.all::<Delivery>(&[])?;
        let with = |it: Delivery| {
            let message = store.require::<Message>(&it.message_id)?;
            Ok((it.target, it.retries.last_error, serde_json::from_str(&message.message).unwrap()))
        };
        deliveries.into_iter().map(with).collect()
    })
}

#[test]
fn the_message_is_that_of_awss_schema() {
    let api = configured("audit", TOPIC, true);
    add(&api, vec![role("audit", &trusts("iot.amazonaws.com"), &["sns:Publish"])]);
    let id = start(&api);
    api.run_audits();
    let [(target, error, message)] = &told(&api)[..] else { panic!("one message") };
    assert_eq!((target.as_str(), error), (format!("sns:{TOPIC}").as_str(), &None));
    let expected = json!({
        "accountId": "123456789012", "taskId": id, "taskStatus": "COMPLETED", "taskType": "ON_DEMAND_AUDIT_TASK",
        "failedChecksCount": 0, "canceledChecksCount": 0, "nonCompliantChecksCount": 1, "compliantChecksCount": 1,
        "totalChecksCount": 2, "taskStartTime": NOW_MS,
        "auditDetails": [
            {"checkName": POLICIES, "checkRunStatus": "COMPLETED_COMPLIANT", "nonCompliantResourcesCount": 0, "totalResourcesCount": 0},
            {"checkName": LOGGING, "checkRunStatus": "COMPLETED_NON_COMPLIANT", "nonCompliantResourcesCount": 1, "totalResourcesCount": 1},
        ],
    });
    assert_eq!(*message, expected);
}

#[test]
fn a_canceled_audit_is_told_too() {
    let api = configured("audit", TOPIC, true);
    add(&api, vec![role("audit", &trusts("iot.amazonaws.com"), &["sns:Publish"])]);
    let id = start(&api);
    api.call("CancelAuditTask", json!({"taskId": id}));
    api.run_audits();
    let [(_, _, message)] = &told(&api)[..] else { panic!("one message") };
    assert_eq!((&message["taskStatus"], &message["canceledChecksCount"]), (&json!("CANCELED"), &json!(2)));
}

#[test]
fn an_audit_of_a_schedule_says_so() {
    let mut api = configured("audit", TOPIC, true);
    add(&api, vec![role("audit", &trusts("iot.amazonaws.com"), &["sns:Publish"])]);
    let daily = json!({"scheduledAuditName": "s", "frequency": "DAILY", "targetCheckNames": [POLICIES]});
    api.call("CreateScheduledAudit", daily);
    api.advance_seconds(86_400);
    api.run_audits();
    let [(_, _, message)] = &told(&api)[..] else { panic!("one message") };
    assert_eq!(
        (&message["taskType"], &message["scheduledAuditName"]),
        (&json!("SCHEDULED_AUDIT_TASK"), &json!("s"))
    );
}

#[test]
fn what_cannot_be_published_is_kept_with_the_reason() {
    for (name, topic, why) in [
        ("none", TOPIC, "does not exist"),
        ("trusts-nobody", TOPIC, "trust policy"),
        ("may-nothing", TOPIC, "not authorized to perform: sns:Publish"),
        ("audit", "arn:aws:sns:us-east-1:999999999999:no topic", "is not the ARN of a topic"),
    ] {
        let api = configured(name, topic, true);
        add(
            &api,
            vec![
                role("trusts-nobody", &trusts("ec2.amazonaws.com"), &["sns:Publish"]),
                role("may-nothing", &trusts("iot.amazonaws.com"), &["sns:Subscribe"]),
                role("audit", &trusts("iot.amazonaws.com"), &["sns:Publish"]),
            ],
        );
        let id = start(&api);
        api.run_audits();
        assert_eq!(api.call("DescribeAuditTask", json!({"taskId": id}))["taskStatus"], "COMPLETED");
        let [(target, error, message)] = &told(&api)[..] else { panic!("one message") };
        assert_eq!(*target, format!("not-published:{topic}"));
        assert!(error.as_deref().unwrap().contains(why), "{error:?}");
        assert_eq!(message["taskId"], id);
    }
}

#[test]
fn who_wants_nothing_gets_nothing() {
    let api = configured("audit", TOPIC, false);
    start(&api);
    api.run_audits();
    assert_eq!(told(&api), []);
}
