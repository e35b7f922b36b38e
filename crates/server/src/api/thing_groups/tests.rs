//! Thing groups, through the API.

use serde_json::{Value, json};
use thingwarden_store::records::PolicyAttachment;
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

fn create(api: &Api, name: &str, parent: Option<&str>) -> Value {
    let mut input = json!({"thingGroupName": name});
    if let Some(parent) = parent {
        input["parentGroupName"] = json!(parent);
    }
    api.call("CreateThingGroup", input)
}

/// Roots `a` and `b`; under `a` are `a2` with `a21`, and `a-1` with `x`.
fn tree() -> Api {
    let api = Api::new();
    for (name, parent) in [
        ("a", None),
        ("b", None),
        ("a2", Some("a")),
        ("a21", Some("a2")),
        ("a-1", Some("a")),
        ("x", Some("a-1")),
    ] {
        create(&api, name, parent);
    }
    api
}

fn listed(api: &Api, input: Value) -> Vec<String> {
    let pages = api.pages("ListThingGroups", input);
    pages.concat().iter().map(|found| found["groupName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_same_group_can_be_made_again_but_not_another_of_its_name() {
    let api = Api::new();
    let properties = json!({"thingGroupDescription": "d", "attributePayload": {"attributes": {"k": "v"}}});
    let asked = json!({"thingGroupName": "g", "thingGroupProperties": properties});
    let first = api.call("CreateThingGroup", asked.clone());
    assert_eq!(api.call("CreateThingGroup", asked.clone()), first);
    let error = api.try_call("CreateThingGroup", json!({"thingGroupName": "g"})).unwrap_err().told;
    assert_eq!(error.code, Code::ResourceAlreadyExistsException);
    assert_eq!(error.message, "Thing Group g already exists in current account with different properties");
    assert_eq!(error.resource_arn.as_deref(), first["thingGroupArn"].as_str());
    create(&api, "parent", None);
    let mut elsewhere = asked;
    elsewhere["parentGroupName"] = json!("parent");
    assert_eq!(api.error("CreateThingGroup", elsewhere), Code::ResourceAlreadyExistsException);
    assert_eq!(
        api.call("DescribeThingGroup", json!({"thingGroupName": "g"})),
        json!({
            "thingGroupName": "g",
            "thingGroupId": first["thingGroupId"],
            "thingGroupArn": "arn:aws:iot:us-east-1:123456789012:thinggroup/g",
            "version": 1,
            "thingGroupProperties": properties,
            "thingGroupMetadata": {"creationDate": NOW_MS / 1000},
        })
    );
}

#[test]
fn a_group_knows_those_above_it() {
    let api = tree();
    let metadata = |name: &str| {
        api.call("DescribeThingGroup", json!({"thingGroupName": name}))["thingGroupMetadata"].clone()
    };
    let named = |name: &str| json!({"groupName": name, "groupArn": format!("arn:aws:iot:us-east-1:123456789012:thinggroup/{name}")});
    let above = metadata("x");
    assert_eq!(above["parentGroupName"], "a-1");
    assert_eq!(above["rootToParentThingGroups"], json!([named("a"), named("a-1")]));
    assert_eq!(metadata("a"), json!({"creationDate": NOW_MS / 1000}));
    assert_eq!(
        api.error("CreateThingGroup", json!({"thingGroupName": "y", "parentGroupName": "none"})),
        Code::InvalidRequestException
    );
}

#[test]
fn a_hierarchy_has_seven_levels() {
    let api = Api::new();
    create(&api, "g1", None);
    for level in 2..=7 {
        create(&api, &format!("g{level}"), Some(&format!("g{}", level - 1)));
    }
    let eighth = json!({"thingGroupName": "g8", "parentGroupName": "g7"});
    assert_eq!(api.error("CreateThingGroup", eighth), Code::InvalidRequestException);
}

#[test]
fn listings_go_down_from_a_parent_or_stay_on_its_level() {
    let api = tree();
    let check = |input: Value, expected: &[&str]| {
        assert_eq!(listed(&api, input.clone()), expected, "{input}");
        let mut paged = input;
        paged["maxResults"] = json!(1);
        assert_eq!(listed(&api, paged.clone()), expected, "{paged}");
    };
    check(json!({}), &["a", "b", "a2", "a21", "a-1", "x"]);
    check(json!({"recursive": false}), &["a", "b"]);
    check(json!({"parentGroup": "a"}), &["a2", "a-1", "x", "a21"]);
    check(json!({"parentGroup": "a", "recursive": false}), &["a2", "a-1"]);
    check(json!({"parentGroup": "a2"}), &["a21"]);
    check(json!({"parentGroup": "b"}), &[]);
    check(json!({"namePrefixFilter": "a2"}), &["a2", "a21"]);
    check(json!({"namePrefixFilter": "a", "recursive": false}), &["a"]);
    check(json!({"namePrefixFilter": "a2", "parentGroup": "a"}), &["a2", "a21"]);
    check(json!({"namePrefixFilter": "a2", "parentGroup": "a", "recursive": false}), &["a2"]);
    assert_eq!(api.error("ListThingGroups", json!({"parentGroup": "none"})), Code::ResourceNotFoundException);
}

#[test]
fn an_update_changes_what_it_gives() {
    let api = Api::new();
    create(&api, "g", None);
    let update = |properties: Value, expected: Value| {
        let updated =
            api.call("UpdateThingGroup", json!({"thingGroupName": "g", "thingGroupProperties": properties}));
        let found = api.call("DescribeThingGroup", json!({"thingGroupName": "g"}));
        assert_eq!(found["thingGroupProperties"], expected);
        assert_eq!(found["version"], updated["version"]);
    };
    let payload = |attributes: Value| json!({"attributePayload": {"attributes": attributes}});
    let merged = |attributes: Value| json!({"attributePayload": {"attributes": attributes, "merge": true}});
    update(json!({"thingGroupDescription": "d"}), json!({"thingGroupDescription": "d"}));
    let with = |attributes: Value| json!({"thingGroupDescription": "d", "attributePayload": {"attributes": attributes}});
    update(merged(json!({"a": "1"})), with(json!({"a": "1"})));
    update(merged(json!({"b": "2"})), with(json!({"a": "1", "b": "2"})));
    update(payload(json!({"c": "3"})), with(json!({"c": "3"})));
    update(payload(json!({})), json!({"thingGroupDescription": "d"}));
    let many: Value = (0..51).map(|n| (format!("a{n}"), json!("1"))).collect();
    let asked = json!({"thingGroupName": "g", "thingGroupProperties": payload(many)});
    assert_eq!(api.error("UpdateThingGroup", asked), Code::InvalidRequestException);
}

#[test]
fn an_expected_version_must_be_the_version() {
    let api = Api::new();
    create(&api, "g", None);
    let change =
        |version: i64| json!({"thingGroupName": "g", "thingGroupProperties": {}, "expectedVersion": version});
    assert_eq!(api.error("UpdateThingGroup", change(2)), Code::VersionConflictException);
    assert_eq!(api.call("UpdateThingGroup", change(1)), json!({"version": 2}));
    let stale = json!({"thingGroupName": "g", "expectedVersion": 1});
    assert_eq!(api.error("DeleteThingGroup", stale.clone()), Code::VersionConflictException);
    api.call("DeleteThingGroup", json!({"thingGroupName": "g", "expectedVersion": 2}));
    // A group that is not there is deleted all the same.
    api.call("DeleteThingGroup", stale);
    assert_eq!(api.error("UpdateThingGroup", change(1)), Code::ResourceNotFoundException);
}

#[test]
fn deleting_a_group_leaves_nothing_of_it() {
    let api = tree();
    assert_eq!(api.error("DeleteThingGroup", json!({"thingGroupName": "a2"})), Code::InvalidRequestException);
    api.call("CreateThing", json!({"thingName": "t"}));
    api.call("AddThingToThingGroup", json!({"thingGroupName": "a21", "thingName": "t"}));
    let arn = "arn:aws:iot:us-east-1:123456789012:thinggroup/a21";
    api.call("TagResource", json!({"resourceArn": arn, "tags": [{"Key": "k", "Value": "v"}]}));
    api.write(move |store| {
        store.insert(&PolicyAttachment { policy: "p".to_owned(), target: arn.to_owned() })
    });

    api.call("DeleteThingGroup", json!({"thingGroupName": "a21"}));
    create(&api, "a21", None);
    let groups = api.call("ListThingGroupsForThing", json!({"thingName": "t"}));
    assert_eq!(groups["thingGroups"], json!([]));
    assert_eq!(api.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"], json!([]));
    assert_eq!(api.read(|store| store.count::<PolicyAttachment>(&[])), 0);
}
