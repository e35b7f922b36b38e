//! Logging, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

const ROLE: &str = "arn:aws:iam::123456789012:role/r";

#[test]
fn options_of_the_first_generation_are_disabled_until_set() {
    let api = Api::new();
    assert_eq!(api.call("GetLoggingOptions", json!({})), json!({"logLevel": "DISABLED"}));
    let set = |payload: Value| json!({"loggingOptionsPayload": payload});
    api.call("SetLoggingOptions", set(json!({"roleArn": ROLE, "logLevel": "INFO"})));
    assert_eq!(api.call("GetLoggingOptions", json!({})), json!({"logLevel": "INFO", "roleArn": ROLE}));
    api.call("SetLoggingOptions", set(json!({"roleArn": ROLE})));
    assert_eq!(api.call("GetLoggingOptions", json!({}))["logLevel"], "DISABLED");
    assert_eq!(api.error("SetLoggingOptions", set(json!({"roleArn": "r"}))), Code::InvalidRequestException);
}

#[test]
fn nothing_of_the_second_generation_works_before_it_is_configured() {
    let api = Api::new();
    let level = json!({"logTarget": {"targetType": "DEFAULT"}, "logLevel": "INFO"});
    assert_eq!(api.error("GetV2LoggingOptions", json!({})), Code::NotConfiguredException);
    assert_eq!(api.error("ListV2LoggingLevels", json!({})), Code::NotConfiguredException);
    assert_eq!(api.error("SetV2LoggingLevel", level), Code::NotConfiguredException);
    let roleless = json!({"defaultLogLevel": "INFO"});
    assert_eq!(api.error("SetV2LoggingOptions", roleless), Code::InvalidRequestException);
    assert_eq!(api.error("GetV2LoggingOptions", json!({})), Code::NotConfiguredException);
}

#[test]
fn options_of_the_second_generation_are_kept_until_others_are_given() {
    let api = Api::new();
    let events = json!([{"eventType": "Publish-In", "logLevel": "DEBUG", "logDestination": "group/a"}]);
    api.call(
        "SetV2LoggingOptions",
        json!({"roleArn": ROLE, "defaultLogLevel": "WARN", "eventConfigurations": events}),
    );
    let expected = |disabled: bool| json!({"roleArn": ROLE, "defaultLogLevel": "WARN", "disableAllLogs": disabled, "eventConfigurations": events});
    assert_eq!(api.call("GetV2LoggingOptions", json!({})), expected(false));
    api.call("SetV2LoggingOptions", json!({"disableAllLogs": true}));
    assert_eq!(api.call("GetV2LoggingOptions", json!({"verbose": true})), expected(true));
    api.call("SetV2LoggingOptions", json!({}));
    assert_eq!(api.call("GetV2LoggingOptions", json!({})), expected(false));
    let twice = json!({"eventConfigurations": [{"eventType": "a"}, {"eventType": "a"}]});
    assert_eq!(api.error("SetV2LoggingOptions", twice), Code::InvalidRequestException);
}

#[test]
fn targets_have_levels_of_their_own() {
    let api = Api::new();
    api.call("SetV2LoggingOptions", json!({"roleArn": ROLE, "defaultLogLevel": "ERROR"}));
    let set = |target: Value, level: &str| json!({"logTarget": target, "logLevel": level});
    let group = json!({"targetType": "THING_GROUP", "targetName": "g"});
    let client = json!({"targetType": "CLIENT_ID", "targetName": "g"});
    api.call("SetV2LoggingLevel", set(group.clone(), "DEBUG"));
    api.call("SetV2LoggingLevel", set(client.clone(), "DISABLED"));
    api.call("SetV2LoggingLevel", set(group.clone(), "INFO"));
    api.call("SetV2LoggingLevel", set(json!({"targetType": "DEFAULT"}), "WARN"));
    let told = |target: Value, level: &str| json!({"logTarget": target, "logLevel": level});
    let all = [
        told(json!({"targetType": "DEFAULT"}), "WARN"),
        told(group.clone(), "INFO"),
        told(client.clone(), "DISABLED"),
    ];
    assert_eq!(api.pages("ListV2LoggingLevels", json!({"maxResults": 2})).concat(), all);
    assert_eq!(api.call("GetV2LoggingOptions", json!({}))["defaultLogLevel"], "WARN");
    let groups = api.call("ListV2LoggingLevels", json!({"targetType": "THING_GROUP"}));
    assert_eq!(groups["logTargetConfigurations"], json!([all[1]]));
    api.call("DeleteV2LoggingLevel", group.clone());
    api.call("DeleteV2LoggingLevel", group);
    let rest = api.call("ListV2LoggingLevels", json!({}));
    assert_eq!(rest["logTargetConfigurations"], json!([all[0], all[2]]));
    let default = json!({"targetType": "DEFAULT", "targetName": "x"});
    assert_eq!(api.error("DeleteV2LoggingLevel", default.clone()), Code::InvalidRequestException);
    for refused in [
        default,
        json!({"targetType": "CLIENT_ID"}),
        json!({"targetType": "CLIENT_ID", "targetName": ""}),
        json!({"targetType": "CLIENT_ID", "targetName": "x".repeat(257)}),
    ] {
        assert_eq!(api.error("SetV2LoggingLevel", set(refused, "INFO")), Code::InvalidRequestException);
    }
}
