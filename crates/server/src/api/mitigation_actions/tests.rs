//! Tests of mitigation actions.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const ROLE: &str = "arn:aws:iam::123456789012:role/mitigate";

fn input(name: &str, params: Value) -> Value {
    json!({"actionName": name, "roleArn": ROLE, "actionParams": params})
}

fn deactivate() -> Value {
    json!({"updateDeviceCertificateParams": {"action": "DEACTIVATE"}})
}

#[test]
fn an_action_is_made_changed_and_deleted() {
    let mut api = Api::new();
    let arn = "arn:aws:iot:us-east-1:123456789012:mitigationaction/a";
    let tagged = json!([{"Key": "team", "Value": "fleet"}]);
    let mut new = input("a", deactivate());
    new["tags"] = tagged.clone();
    let made = api.call("CreateMitigationAction", new);
    assert_eq!(made["actionArn"], arn);
    assert_eq!(api.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"], tagged);
    assert_eq!(
        api.error("CreateMitigationAction", input("a", deactivate())),
        Code::ResourceAlreadyExistsException
    );
    api.advance_seconds(10);
    let params = json!({"publishFindingToSnsParams": {"topicArn": "arn:aws:sns:us-east-1:123456789012:t"}});
    let changed = api.call("UpdateMitigationAction", json!({"actionName": "a", "actionParams": params}));
    assert_eq!(changed, made);
    let expected = json!({
        "actionName": "a", "actionArn": arn, "actionId": made["actionId"], "roleArn": ROLE, "actionParams": params,
        "actionType": "PUBLISH_FINDING_TO_SNS", "creationDate": NOW_MS / 1000, "lastModifiedDate": NOW_MS / 1000 + 10,
    });
    assert_eq!(api.call("DescribeMitigationAction", json!({"actionName": "a"})), expected);
    for _ in 0..2 {
        api.call("DeleteMitigationAction", json!({"actionName": "a"}));
    }
    assert_eq!(
        api.error("DescribeMitigationAction", json!({"actionName": "a"})),
        Code::ResourceNotFoundException
    );
    assert_eq!(
        api.error("ListTagsForResource", json!({"resourceArn": arn})),
        Code::ResourceNotFoundException
    );
}

#[test]
fn actions_are_listed_by_kind() {
    let api = Api::new();
    for name in ["z", "a", "m"] {
        api.call("CreateMitigationAction", input(name, deactivate()));
    }
    api.call(
        "CreateMitigationAction",
        input("ca", json!({"updateCACertificateParams": {"action": "DEACTIVATE"}})),
    );
    let names = |input: Value| -> Vec<String> {
        let pages = api.pages("ListMitigationActions", input);
        let name = |one: &Value| one["actionName"].as_str().unwrap().to_owned();
        pages.iter().flatten().map(name).collect()
    };
    assert_eq!(names(json!({"maxResults": 2})), ["z", "a", "m", "ca"]);
    assert_eq!(names(json!({"actionType": "UPDATE_CA_CERTIFICATE"})), ["ca"]);
    assert_eq!(names(json!({"actionType": "UPDATE_DEVICE_CERTIFICATE", "maxResults": 1})), ["z", "a", "m"]);
    assert!(names(json!({"actionType": "ENABLE_IOT_LOGGING"})).is_empty());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let api = Api::new();
    let bad = [
        json!({}),
        json!({"updateCACertificateParams": {"action": "DEACTIVATE"}, "updateDeviceCertificateParams": {"action": "DEACTIVATE"}}),
        json!({"enableIoTLoggingParams": {"roleArnForLogging": ROLE, "logLevel": "DISABLED"}}),
        json!({"enableIoTLoggingParams": {"roleArnForLogging": "a role of twenty characters", "logLevel": "INFO"}}),
        json!({"addThingsToThingGroupParams": {"thingGroupNames": ["g", "h", "g"]}}),
        json!({"publishFindingToSnsParams": {"topicArn": "arn:aws:sqs:us-east-1:123456789012:q"}}),
        json!({"replaceDefaultPolicyVersionParams": {"templateName": "NO_SUCH"}}),
    ];
    for params in bad {
        let code = api.error("CreateMitigationAction", input("a", params.clone()));
        assert_eq!(code, Code::InvalidRequestException, "{params}");
    }
    let mut foreign = input("a", deactivate());
    foreign["roleArn"] = json!("arn:aws:iam::123456789012:user/somebody");
    assert_eq!(api.error("CreateMitigationAction", foreign), Code::InvalidRequestException);
    let template = json!({"replaceDefaultPolicyVersionParams": {"templateName": "LEAST_PRIVILEGE"}});
    api.call("CreateMitigationAction", input("a", template));
}

#[test]
fn there_are_a_hundred_at_most() {
    let api = Api::new();
    for number in 0..100 {
        api.call("CreateMitigationAction", input(&format!("a{number}"), deactivate()));
    }
    assert_eq!(
        api.error("CreateMitigationAction", input("one-more", deactivate())),
        Code::LimitExceededException
    );
}
