//! Role aliases, through the API.

use serde_json::{Value, json};
use thingwarden_store::records::{IamIdentity, IamRole};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const ROLE: &str = "arn:aws:iam::123456789012:role/path/r";

fn asked(name: &str) -> Value {
    json!({"roleAlias": name, "roleArn": ROLE})
}

#[test]
fn an_alias_lives_from_creation_to_deletion() {
    let mut api = Api::new();
    let arn = "arn:aws:iot:us-east-1:123456789012:rolealias/a";
    assert_eq!(api.call("CreateRoleAlias", asked("a")), json!({"roleAlias": "a", "roleAliasArn": arn}));
    assert_eq!(api.error("CreateRoleAlias", asked("a")), Code::ResourceAlreadyExistsException);
    api.advance_seconds(1);
    let change = json!({"roleAlias": "a", "credentialDurationSeconds": 900});
    assert_eq!(api.call("UpdateRoleAlias", change), json!({"roleAlias": "a", "roleAliasArn": arn}));
    let expected = json!({
        "roleAlias": "a",
        "roleAliasArn": arn,
        "roleArn": ROLE,
        "owner": "123456789012",
        "credentialDurationSeconds": 900,
        "creationDate": NOW_MS / 1000,
        "lastModifiedDate": NOW_MS / 1000 + 1,
    });
    let named = json!({"roleAlias": "a"});
    assert_eq!(api.call("DescribeRoleAlias", named.clone())["roleAliasDescription"], expected);
    api.call("DeleteRoleAlias", named.clone());
    for operation in ["DescribeRoleAlias", "UpdateRoleAlias", "DeleteRoleAlias"] {
        assert_eq!(api.error(operation, named.clone()), Code::ResourceNotFoundException);
    }
}

#[test]
fn a_listing_is_as_they_came_or_by_name() {
    let api = Api::new();
    for name in ["b", "c", "a"] {
        api.call("CreateRoleAlias", asked(name));
    }
    let listed = |input: Value| api.pages("ListRoleAliases", input);
    assert_eq!(listed(json!({"pageSize": 2})), [vec!["b", "c"], vec!["a"]]);
    assert_eq!(listed(json!({"pageSize": 2, "ascendingOrder": true})), [vec!["a", "b"], vec!["c"]]);
    assert_eq!(listed(json!({})), [["b", "c", "a"]]);
}

#[test]
fn a_role_is_a_role_and_limits_the_duration() {
    let api = Api::new();
    let wrong = json!({"roleAlias": "a", "roleArn": "arn:aws:iam::123456789012:user/u"});
    assert_eq!(api.error("CreateRoleAlias", wrong), Code::InvalidRequestException);
    api.write(|store| {
        store.write_in_scope(&store.scope().global())?.insert(&IamRole {
            identity: IamIdentity {
                name: "r".to_owned(),
                unique_id: "AROA".to_owned(),
                path: "/path/".to_owned(),
                created_ms: 0,
                boundary: None,
                tags: [].into(),
                inline_policies: [].into(),
            },
            trust_policy: String::new(),
            trusted_ids: std::collections::BTreeMap::new(),
            description: None,
            max_session_seconds: 7200,
        })
    });
    let long = |seconds: i64, arn: &str| json!({"roleAlias": "a", "roleArn": arn, "credentialDurationSeconds": seconds});
    assert_eq!(api.error("CreateRoleAlias", long(7201, ROLE)), Code::InvalidRequestException);
    api.call("CreateRoleAlias", long(7200, ROLE));
    assert_eq!(api.error("UpdateRoleAlias", long(7201, ROLE)), Code::InvalidRequestException);
    // Another role, of the same name elsewhere.
    api.call("UpdateRoleAlias", long(7201, "arn:aws:iam::123456789012:role/r"));
}

#[test]
fn there_are_a_hundred_at_most() {
    let api = Api::new();
    for number in 0..100 {
        api.call("CreateRoleAlias", asked(&format!("a{number}")));
    }
    assert_eq!(api.error("CreateRoleAlias", asked("b")), Code::LimitExceededException);
}
