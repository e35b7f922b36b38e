//! Tests of policies and versions.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

pub(in crate::api) const DOCUMENT: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#;

pub(in crate::api) fn create(api: &Api, name: &str) -> Value {
    api.call("CreatePolicy", json!({"policyName": name, "policyDocument": DOCUMENT}))
}

fn add(api: &Api, default: bool) -> Value {
    api.call(
        "CreatePolicyVersion",
        json!({"policyName": "p", "policyDocument": DOCUMENT, "setAsDefault": default}),
    )["policyVersionId"]
        .clone()
}

fn versions(api: &Api) -> Vec<(String, bool)> {
    let answer = api.call("ListPolicyVersions", json!({"policyName": "p"}));
    let versions = answer["policyVersions"].as_array().unwrap().iter();
    versions
        .map(|version| {
            (
                version["versionId"].as_str().unwrap().to_owned(),
                version["isDefaultVersion"].as_bool().unwrap(),
            )
        })
        .collect()
}

#[test]
fn a_policy_is_kept_to_the_letter() {
    let api = Api::new();
    let text = " {\n\t\"Version\" : \"2012-10-17\", \"Statement\": {\"Effect\": \"Allow\", \"Action\": \"iot:\\u002a\", \"Resource\": \"*\"}}\r\n";
    let created = api.call("CreatePolicy", json!({"policyName": "p", "policyDocument": text}));
    assert_eq!(created["policyArn"], "arn:aws:iot:us-east-1:123456789012:policy/p");
    assert_eq!((&created["policyDocument"], &created["policyVersionId"]), (&json!(text), &json!("1")));
    let got = api.call("GetPolicy", json!({"policyName": "p"}));
    assert_eq!((&got["policyDocument"], &got["defaultVersionId"]), (&json!(text), &json!("1")));
    assert_eq!(got["creationDate"], got["lastModifiedDate"]);
    let version = api.call("GetPolicyVersion", json!({"policyName": "p", "policyVersionId": "1"}));
    assert_eq!((&version["policyDocument"], &version["isDefaultVersion"]), (&json!(text), &json!(true)));
}

#[test]
fn a_name_is_given_once_even_to_the_same_document() {
    let api = Api::new();
    create(&api, "p");
    let error = api
        .try_call("CreatePolicy", json!({"policyName": "p", "policyDocument": DOCUMENT}))
        .unwrap_err()
        .told;
    assert_eq!(error.code, Code::ResourceAlreadyExistsException);
    assert_eq!(error.resource_arn.unwrap(), "arn:aws:iot:us-east-1:123456789012:policy/p");
}

#[test]
fn malformed_documents_are_refused_with_their_place() {
    let api = Api::new();
    let check = |document: &str, expected: &str| {
        let input = json!({"policyName": "q", "policyDocument": document});
        let error = api.try_call("CreatePolicy", input).unwrap_err().told;
        assert_eq!(error.code, Code::MalformedPolicyException);
        assert!(error.message.contains(expected), "{}", error.message);
    };
    check("", "line 1, column 1");
    check(r#"{"version":"2012-10-17"}"#, "version");
    check("{\n\"Version\": \"2012-10-17\",\n\"Statment\": []}", "line 3, column 1");
    let long = |letters: usize| DOCUMENT.replace("\"*\"", &format!("\"{}\"", "a".repeat(letters)));
    let room = 2048 - long(0).len();
    check(&long(room + 1), "2048");
    let fits = format!("{}{}", " ".repeat(5000), long(room));
    api.call("CreatePolicy", json!({"policyName": "q", "policyDocument": fits}));
    let input = json!({"policyName": "q", "policyDocument": "{"});
    assert_eq!(api.error("CreatePolicyVersion", input), Code::MalformedPolicyException);
}

#[test]
fn there_are_five_versions_and_numbers_are_never_used_again() {
    let api = Api::new();
    create(&api, "p");
    let numbers: Vec<Value> = (2..=5).map(|number| add(&api, number == 3)).collect();
    assert_eq!(numbers, [json!("2"), json!("3"), json!("4"), json!("5")]);
    let full = json!({"policyName": "p", "policyDocument": DOCUMENT});
    let error = api.try_call("CreatePolicyVersion", full).unwrap_err().told;
    assert_eq!(error.code, Code::VersionsLimitExceededException);
    assert_eq!(error.message, "The policy p already has the maximum number of versions (5)");
    api.call("DeletePolicyVersion", json!({"policyName": "p", "policyVersionId": "5"}));
    assert_eq!(add(&api, false), "6");
    let expected = [("6", false), ("4", false), ("3", true), ("2", false), ("1", false)];
    assert_eq!(versions(&api), expected.map(|(id, is_default)| (id.to_owned(), is_default)));
}

#[test]
fn the_default_version_changes_and_cannot_be_deleted() {
    let mut api = Api::new();
    create(&api, "p");
    add(&api, false);
    let before = api.call("GetPolicy", json!({"policyName": "p"}));
    let first = json!({"policyName": "p", "policyVersionId": "1"});
    assert_eq!(api.error("DeletePolicyVersion", first.clone()), Code::DeleteConflictException);
    api.advance_seconds(5);
    api.call("SetDefaultPolicyVersion", json!({"policyName": "p", "policyVersionId": "2"}));
    let after = api.call("GetPolicy", json!({"policyName": "p"}));
    assert_eq!(after["defaultVersionId"], "2");
    assert_ne!(after["generationId"], before["generationId"]);
    assert_eq!(after["lastModifiedDate"].as_i64().unwrap() - after["creationDate"].as_i64().unwrap(), 5);
    api.call("DeletePolicyVersion", first);
    assert_eq!(versions(&api), [("2".to_owned(), true)]);
}

#[test]
fn a_policy_with_versions_cannot_be_deleted() {
    let api = Api::new();
    create(&api, "p");
    add(&api, true);
    assert_eq!(api.error("DeletePolicy", json!({"policyName": "p"})), Code::DeleteConflictException);
    api.call("DeletePolicyVersion", json!({"policyName": "p", "policyVersionId": "1"}));
    api.call("DeletePolicy", json!({"policyName": "p"}));
    assert_eq!(api.error("GetPolicy", json!({"policyName": "p"})), Code::ResourceNotFoundException);
    create(&api, "p");
    assert_eq!(versions(&api), [("1".to_owned(), true)]);
}

#[test]
fn tags_live_as_long_as_their_policy() {
    let api = Api::new();
    let tagged =
        json!({"policyName": "p", "policyDocument": DOCUMENT, "tags": [{"Key": "team", "Value": "a"}]});
    let arn = api.call("CreatePolicy", tagged)["policyArn"].clone();
    let tags = api.call("ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(tags["tags"], json!([{"Key": "team", "Value": "a"}]));
    api.call("DeletePolicy", json!({"policyName": "p"}));
    create(&api, "p");
    assert_eq!(api.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"], json!([]));
}

#[test]
fn what_is_not_there_is_not_found() {
    let api = Api::new();
    create(&api, "p");
    for operation in ["GetPolicy", "DeletePolicy", "ListPolicyVersions"] {
        let code = api.error(operation, json!({"policyName": "q"}));
        assert_eq!(code, Code::ResourceNotFoundException, "{operation}");
    }
    for operation in ["GetPolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion"] {
        for (name, id) in [("q", "1"), ("p", "2"), ("p", "01"), ("p", "99999999999999999999")] {
            let code = api.error(operation, json!({"policyName": name, "policyVersionId": id}));
            assert_eq!(code, Code::ResourceNotFoundException, "{operation} {name} {id}");
        }
    }
}

#[test]
fn policies_are_listed_newest_first_or_oldest_first() {
    let api = Api::new();
    for name in ["b", "c", "a"] {
        create(&api, name);
    }
    let names = |ascending: bool| -> Vec<Vec<String>> {
        let pages = api.pages("ListPolicies", json!({"pageSize": 2, "ascendingOrder": ascending}));
        let name = |policy: &Value| policy["policyName"].as_str().unwrap().to_owned();
        pages.iter().map(|page| page.iter().map(name).collect()).collect()
    };
    assert_eq!(names(true), [vec!["b", "c"], vec!["a"]]);
    assert_eq!(names(false), [vec!["a", "c"], vec!["b"]]);
}
