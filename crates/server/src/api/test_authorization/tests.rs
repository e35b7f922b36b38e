//! Tests of TestAuthorization.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::policy_attachments::tests::{attach, certificate, hall};
use crate::api::testing::Api;

fn policy(api: &Api, name: &str, statements: Value) {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    api.call("CreatePolicy", json!({"policyName": name, "policyDocument": document}));
}

fn resource(rest: &str) -> String {
    format!("arn:aws:iot:us-east-1:123456789012:{rest}")
}

/// The result for one action on resources, as the principal with more input.
fn test(api: &Api, action: &str, resources: &[&str], more: Value) -> Value {
    let resources: Vec<String> = resources.iter().map(|rest| resource(rest)).collect();
    let mut input = json!({"authInfos": [{"actionType": action, "resources": resources}]});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    api.call("TestAuthorization", input)["authResults"][0].clone()
}

fn names(policies: &Value) -> Vec<&str> {
    policies["policies"].as_array().unwrap().iter().map(|p| p["policyName"].as_str().unwrap()).collect()
}

#[test]
fn a_decision_names_the_policies_on_each_side() {
    let api = Api::new();
    let arn = certificate(&api, "INACTIVE");
    policy(
        &api,
        "allows",
        json!([{"Effect": "Allow", "Action": "iot:Publish", "Resource": resource("topic/a/*")}]),
    );
    policy(
        &api,
        "denies",
        json!([{"Effect": "Deny", "Action": "iot:*", "Resource": resource("topic/a/secret")}]),
    );
    policy(&api, "other", json!([{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]));
    for name in ["allows", "denies", "other"] {
        attach(&api, name, &arn);
    }
    let check =
        |resources: &[&str], decision: &str, allowed: &[&str], explicit: &[&str], implicit: &[&str]| {
            let result = test(&api, "PUBLISH", resources, json!({"principal": arn}));
            assert_eq!(result["authDecision"], decision, "{resources:?}");
            assert_eq!(names(&result["allowed"]), allowed, "{resources:?}");
            assert_eq!(names(&result["denied"]["explicitDeny"]), explicit, "{resources:?}");
            assert_eq!(names(&result["denied"]["implicitDeny"]), implicit, "{resources:?}");
            assert_eq!(result["authInfo"]["actionType"], "PUBLISH");
        };
    check(&["topic/a/b"], "ALLOWED", &["allows"], &[], &["denies", "other"]);
    check(&["topic/b"], "IMPLICIT_DENY", &[], &[], &["allows", "denies", "other"]);
    check(&["topic/a/secret"], "EXPLICIT_DENY", &["allows"], &["denies"], &["other"]);
    check(&["topic/a/b", "topic/b"], "IMPLICIT_DENY", &["allows"], &[], &["denies", "other"]);
    check(&["topic/a/b", "topic/a/secret"], "EXPLICIT_DENY", &["allows"], &["denies"], &["other"]);
    check(&[], "IMPLICIT_DENY", &[], &[], &["allows", "denies", "other"]);
}

#[test]
fn policies_can_be_tried_and_left_out() {
    let api = Api::new();
    let arn = certificate(&api, "ACTIVE");
    policy(&api, "on", json!([{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*"}]));
    policy(&api, "off", json!([{"Effect": "Deny", "Action": "iot:Connect", "Resource": "*"}]));
    attach(&api, "on", &arn);
    let decision = |more: Value| test(&api, "CONNECT", &["client/c"], more)["authDecision"].clone();
    assert_eq!(decision(json!({"principal": arn})), "ALLOWED");
    assert_eq!(decision(json!({"principal": arn, "policyNamesToAdd": ["off"]})), "EXPLICIT_DENY");
    assert_eq!(decision(json!({"principal": arn, "policyNamesToSkip": ["on"]})), "IMPLICIT_DENY");
    assert_eq!(decision(json!({"policyNamesToAdd": ["on"]})), "ALLOWED");
    for list in ["policyNamesToAdd", "policyNamesToSkip"] {
        let input = json!({"authInfos": [{"actionType": "CONNECT", "resources": []}], list: ["none"]});
        assert_eq!(api.error("TestAuthorization", input), Code::ResourceNotFoundException, "{list}");
    }
}

#[test]
fn variables_come_from_client_id_certificate_and_thing() {
    let api = Api::new();
    let arn = certificate(&api, "ACTIVE");
    let allow = |variable: &str| json!([{"Effect": "Allow", "Action": "iot:Publish", "Resource": resource(&format!("topic/${{{variable}}}"))}]);
    for (name, variable) in [
        ("client", "iot:ClientId"),
        ("common", "iot:Certificate.Subject.CommonName"),
        ("unit", "iot:Certificate.Subject.OrganizationalUnit.1"),
        ("thing", "iot:Connection.Thing.ThingName"),
        ("line", "iot:Connection.Thing.Attributes[line]"),
    ] {
        policy(&api, name, allow(variable));
        attach(&api, name, &arn);
    }
    api.call("CreateThing", json!({"thingName": "t", "attributePayload": {"attributes": {"line": "4"}}}));
    let by = |topic: &str, client: Option<&str>| -> Vec<String> {
        let mut more = json!({"principal": arn});
        if let Some(client) = client {
            more["clientId"] = json!(client);
        }
        let result = test(&api, "PUBLISH", &[&format!("topic/{topic}")], more);
        names(&result["allowed"]).into_iter().map(str::to_owned).collect()
    };
    assert_eq!(by("press-7", None), ["common"]);
    assert_eq!(by("Hall 2", None), ["unit"]);
    assert_eq!(by("t", None), [""; 0]);
    assert_eq!(by("t", Some("t")), ["client"]);
    api.call("AttachThingPrincipal", json!({"thingName": "t", "principal": arn}));
    assert_eq!(by("t", Some("t")), ["client", "thing"]);
    assert_eq!(by("4", Some("t")), ["line"]);
    assert_eq!(by("t", Some("u")), [""; 0]);
    let missing =
        test(&api, "PUBLISH", &["topic/x"], json!({"principal": arn}))["missingContextValues"].clone();
    let expected =
        ["iot:ClientId", "iot:Connection.Thing.Attributes[line]", "iot:Connection.Thing.ThingName"];
    assert_eq!(missing, json!(expected));
}

#[test]
fn an_exclusive_thing_counts_whatever_the_client_id() {
    let api = Api::new();
    let arn = certificate(&api, "ACTIVE");
    let attached = json!({"Bool": {"iot:Connection.Thing.IsAttached": "true"}});
    policy(
        &api,
        "p",
        json!([{"Effect": "Allow", "Action": "iot:Connect", "Resource": "*", "Condition": attached}]),
    );
    attach(&api, "p", &arn);
    api.call("CreateThing", json!({"thingName": "t"}));
    let decision = |client: &str| {
        test(&api, "CONNECT", &["client/x"], json!({"principal": arn, "clientId": client}))["authDecision"]
            .clone()
    };
    assert_eq!(decision("x"), "IMPLICIT_DENY");
    api.call(
        "AttachThingPrincipal",
        json!({"thingName": "t", "principal": arn, "thingPrincipalType": "EXCLUSIVE_THING"}),
    );
    assert_eq!(decision("x"), "ALLOWED");
}

#[test]
fn policies_of_groups_count_for_the_thing_that_connects() {
    let api = Api::new();
    let arn = hall(&api);
    policy(&api, "deny", json!([{"Effect": "Deny", "Action": "iot:Connect", "Resource": "*"}]));
    attach(&api, "deny", "arn:aws:iot:us-east-1:123456789012:thinggroup/site");
    let decision = || {
        let more = json!({"principal": arn, "clientId": "press-7"});
        test(&api, "CONNECT", &["client/press-7"], more)["authDecision"].clone()
    };
    assert_eq!(decision(), "ALLOWED");
    api.call("AttachThingPrincipal", json!({"thingName": "press-7", "principal": arn}));
    assert_eq!(decision(), "EXPLICIT_DENY");
}

#[test]
fn a_request_is_bounded_and_complete() {
    let api = Api::new();
    let without_action = json!({"authInfos": [{"resources": ["*"]}]});
    assert_eq!(api.error("TestAuthorization", without_action), Code::InvalidRequestException);
    let many = vec!["x"; super::ITEMS_MAX + 1];
    let too_many = json!({"authInfos": [{"actionType": "CONNECT", "resources": many}]});
    assert_eq!(api.error("TestAuthorization", too_many), Code::LimitExceededException);
    let unknown = json!({"authInfos": [{"actionType": "CONNECT", "resources": []}], "principal": "arn:aws:iot:us-east-1:123456789012:cert/x"});
    assert_eq!(api.error("TestAuthorization", unknown), Code::ResourceNotFoundException);
}
