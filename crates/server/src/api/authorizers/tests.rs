//! Custom authorizers, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const FUNCTION: &str = "arn:aws:lambda:us-east-1:123456789012:function:f";

fn unsigned(name: &str) -> Value {
    json!({"authorizerName": name, "authorizerFunctionArn": FUNCTION, "signingDisabled": true})
}

fn named(name: &str) -> Value {
    json!({"authorizerName": name})
}

fn set_status(api: &Api, name: &str, status: &str) {
    api.call("UpdateAuthorizer", json!({"authorizerName": name, "status": status}));
}

#[test]
fn an_authorizer_lives_from_creation_to_deletion() {
    let mut api = Api::new();
    let arn = "arn:aws:iot:us-east-1:123456789012:authorizer/a";
    let answer = json!({"authorizerName": "a", "authorizerArn": arn});
    assert_eq!(api.call("CreateAuthorizer", unsigned("a")), answer);
    assert_eq!(api.error("CreateAuthorizer", unsigned("a")), Code::ResourceAlreadyExistsException);
    api.advance_seconds(1);
    let change =
        json!({"authorizerName": "a", "tokenKeyName": "t", "status": "ACTIVE", "enableCachingForHttp": true});
    assert_eq!(api.call("UpdateAuthorizer", change), answer);
    let expected = json!({
        "authorizerName": "a",
        "authorizerArn": arn,
        "authorizerFunctionArn": FUNCTION,
        "tokenKeyName": "t",
        "status": "ACTIVE",
        "signingDisabled": true,
        "enableCachingForHttp": true,
        "creationDate": NOW_MS / 1000,
        "lastModifiedDate": NOW_MS / 1000 + 1,
    });
    assert_eq!(api.call("DescribeAuthorizer", named("a"))["authorizerDescription"], expected);
    assert_eq!(api.error("DeleteAuthorizer", named("a")), Code::DeleteConflictException);
    set_status(&api, "a", "INACTIVE");
    api.call("DeleteAuthorizer", named("a"));
    for operation in ["DescribeAuthorizer", "UpdateAuthorizer", "DeleteAuthorizer", "SetDefaultAuthorizer"] {
        assert_eq!(api.error(operation, named("a")), Code::ResourceNotFoundException);
    }
    assert_eq!(api.error("TestInvokeAuthorizer", named("a")), Code::ResourceNotFoundException);
}

#[test]
fn there_is_one_default_and_it_stays() {
    let api = Api::new();
    for operation in ["DescribeDefaultAuthorizer", "ClearDefaultAuthorizer"] {
        assert_eq!(api.error(operation, json!({})), Code::ResourceNotFoundException);
    }
    for name in ["a", "b"] {
        api.call("CreateAuthorizer", unsigned(name));
    }
    assert_eq!(api.error("SetDefaultAuthorizer", named("a")), Code::InvalidRequestException, "INACTIVE");
    set_status(&api, "a", "ACTIVE");
    set_status(&api, "b", "ACTIVE");
    api.call("SetDefaultAuthorizer", named("a"));
    api.call("SetDefaultAuthorizer", named("a"));
    assert_eq!(api.error("SetDefaultAuthorizer", named("b")), Code::ResourceAlreadyExistsException);
    let found = api.call("DescribeDefaultAuthorizer", json!({}));
    assert_eq!(found["authorizerDescription"]["authorizerName"], "a");
    set_status(&api, "a", "INACTIVE");
    assert_eq!(api.error("DeleteAuthorizer", named("a")), Code::DeleteConflictException);
    api.call("ClearDefaultAuthorizer", json!({}));
    api.call("DeleteAuthorizer", named("a"));
    api.call("SetDefaultAuthorizer", named("b"));
}

#[test]
fn one_that_a_domain_configuration_names_stays() {
    let api = Api::new();
    api.call("CreateAuthorizer", unsigned("a"));
    let domain = json!({"domainConfigurationName": "d", "authorizerConfig": {"defaultAuthorizerName": "a"}});
    api.call("CreateDomainConfiguration", domain);
    assert_eq!(api.error("DeleteAuthorizer", named("a")), Code::DeleteConflictException);
}

#[test]
fn listings_are_in_order_and_by_status() {
    let api = Api::new();
    for name in ["b", "c", "a"] {
        api.call("CreateAuthorizer", unsigned(name));
    }
    set_status(&api, "c", "ACTIVE");
    let listed = |input: Value| {
        let pages = api.pages("ListAuthorizers", input);
        pages
            .concat()
            .iter()
            .map(|found| found["authorizerName"].as_str().unwrap().to_owned())
            .collect::<String>()
    };
    assert_eq!(listed(json!({"pageSize": 1})), "bca");
    assert_eq!(listed(json!({"ascendingOrder": true})), "abc");
    assert_eq!(listed(json!({"status": "ACTIVE"})), "c");
    assert_eq!(listed(json!({"status": "INACTIVE"})), "ba");
}

#[test]
fn signing_needs_a_name_and_good_keys() {
    let api = Api::new();
    let wrong = |change: Value| {
        let mut input = json!({"authorizerName": "a", "authorizerFunctionArn": FUNCTION});
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        assert_eq!(api.error("CreateAuthorizer", input), Code::InvalidRequestException);
    };
    wrong(json!({}));
    wrong(json!({"tokenKeyName": "t"}));
    wrong(json!({"tokenKeyName": "t", "tokenSigningPublicKeys": {}}));
    wrong(json!({"tokenKeyName": "t", "tokenSigningPublicKeys": {"k": "no key"}}));
    wrong(json!({"signingDisabled": true, "tokenSigningPublicKeys": {"k": "no key"}}));
    wrong(json!({"signingDisabled": true, "authorizerFunctionArn": "arn:aws:sqs:us-east-1:123456789012:q"}));
}

#[test]
fn there_are_as_many_as_there_may_be() {
    let api = Api::with(|app| app.quotas.authorizers = 1);
    api.call("CreateAuthorizer", unsigned("a"));
    assert_eq!(api.error("CreateAuthorizer", unsigned("b")), Code::LimitExceededException);
}

#[test]
fn a_test_without_token_or_function_says_so() {
    let api = Api::new();
    api.call("CreateAuthorizer", unsigned("a"));
    // No credentials lead to AWS from here.
    assert_eq!(api.error("TestInvokeAuthorizer", named("a")), Code::InvalidResponseException);
}
