//! Tests of the audit configuration.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

const ROLE: &str = "arn:aws:iam::123456789012:role/audit";
const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const EXPIRING: &str = "DEVICE_CERTIFICATE_EXPIRING_CHECK";

fn update(api: &Api, input: Value) -> Value {
    api.call("UpdateAccountAuditConfiguration", input)
}

fn described(api: &Api) -> Value {
    api.call("DescribeAccountAuditConfiguration", json!({}))
}

fn refused(api: &Api, input: Value) {
    let before = described(api);
    assert_eq!(api.error("UpdateAccountAuditConfiguration", input), Code::InvalidRequestException);
    assert_eq!(described(api), before);
}

fn configured() -> Api {
    let api = Api::new();
    update(&api, json!({"roleArn": ROLE, "auditCheckConfigurations": {POLICIES: {"enabled": true}}}));
    api
}

#[test]
fn before_the_first_configuration_all_checks_of_aws_are_off() {
    let answer = described(&Api::new());
    let checks = answer["auditCheckConfigurations"].as_object().unwrap();
    assert_eq!(checks.len(), 17);
    assert!(checks.values().all(|check| *check == json!({"enabled": false})), "{checks:?}");
    assert!(checks.keys().all(|name| !name.starts_with("THINGWARDEN_")));
    assert_eq!(answer.get("roleArn"), None);
}

#[test]
fn the_first_configuration_needs_a_role_and_an_enabled_check() {
    let api = Api::new();
    let on = json!({POLICIES: {"enabled": true}});
    refused(&api, json!({}));
    refused(&api, json!({"roleArn": ROLE}));
    refused(&api, json!({"auditCheckConfigurations": on}));
    refused(&api, json!({"roleArn": ROLE, "auditCheckConfigurations": {POLICIES: {"enabled": false}}}));
    refused(
        &api,
        json!({"roleArn": "arn:aws:iot:us-east-1:123456789012:thing/t", "auditCheckConfigurations": on}),
    );
    update(&api, json!({"roleArn": ROLE, "auditCheckConfigurations": on}));
    assert_eq!(described(&api)["roleArn"], ROLE);
}

#[test]
fn what_is_not_named_keeps_its_value() {
    let api = configured();
    update(
        &api,
        json!({"auditCheckConfigurations": {EXPIRING: {"enabled": true, "configuration": {"CERT_EXPIRATION_THRESHOLD_IN_DAYS": "60"}}}}),
    );
    update(&api, json!({"auditCheckConfigurations": {EXPIRING: {"enabled": false}}}));
    let answer = described(&api);
    assert_eq!(answer["auditCheckConfigurations"][POLICIES], json!({"enabled": true}));
    let expected = json!({"enabled": false, "configuration": {"CERT_EXPIRATION_THRESHOLD_IN_DAYS": "60"}});
    assert_eq!(answer["auditCheckConfigurations"][EXPIRING], expected);
    assert_eq!(answer["roleArn"], ROLE);
    let target = json!({"SNS": {"targetArn": "arn:aws:sns:us-east-1:123456789012:t", "roleArn": ROLE, "enabled": true}});
    update(&api, json!({"auditNotificationTargetConfigurations": target}));
    update(&api, json!({"auditNotificationTargetConfigurations": {"SNS": {"enabled": false}}}));
    let sns = &described(&api)["auditNotificationTargetConfigurations"]["SNS"];
    assert_eq!((&sns["enabled"], &sns["roleArn"]), (&json!(false), &json!(ROLE)));
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let api = configured();
    let threshold = |check: &str, key: &str, value: &str| json!({"auditCheckConfigurations": {check: {"enabled": true, "configuration": {key: value}}}});
    refused(&api, threshold(EXPIRING, "CERT_EXPIRATION_THRESHOLD_IN_DAYS", "29"));
    refused(&api, threshold(EXPIRING, "CERT_EXPIRATION_THRESHOLD_IN_DAYS", "3653"));
    refused(&api, threshold(EXPIRING, "CERT_EXPIRATION_THRESHOLD_IN_DAYS", "a month"));
    refused(&api, threshold(EXPIRING, "CERT_AGE_THRESHOLD_IN_DAYS", "60"));
    refused(&api, threshold(POLICIES, "CERT_AGE_THRESHOLD_IN_DAYS", "60"));
    refused(&api, json!({"auditCheckConfigurations": {"NO_SUCH_CHECK": {"enabled": true}}}));
    refused(&api, json!({"auditNotificationTargetConfigurations": {"SNS": {"enabled": true}}}));
}

#[test]
fn checks_of_this_server_are_listed_once_they_were_configured() {
    let api = configured();
    let ours = "THINGWARDEN_RSA_KEY_SHORT_CHECK";
    assert_eq!(described(&api)["auditCheckConfigurations"].get(ours), None);
    update(&api, json!({"auditCheckConfigurations": {ours: {"enabled": true}}}));
    assert_eq!(described(&api)["auditCheckConfigurations"][ours], json!({"enabled": true}));
}

#[test]
fn a_check_that_a_schedule_runs_stays_on() {
    let api = configured();
    api.call(
        "CreateScheduledAudit",
        json!({"scheduledAuditName": "s", "frequency": "DAILY", "targetCheckNames": [POLICIES]}),
    );
    refused(&api, json!({"auditCheckConfigurations": {POLICIES: {"enabled": false}}}));
    assert_eq!(api.error("DeleteAccountAuditConfiguration", json!({})), Code::InvalidRequestException);
    api.call("DeleteAccountAuditConfiguration", json!({"deleteScheduledAudits": true}));
    assert_eq!(api.call("ListScheduledAudits", json!({}))["scheduledAudits"], json!([]));
    assert_eq!(described(&api), described(&Api::new()));
    assert_eq!(api.error("DeleteAccountAuditConfiguration", json!({})), Code::ResourceNotFoundException);
}
