//! Memberships of things in thing groups, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

/// Things `t` and `u`; groups `a` above `b` above `c`, `b2` beside `b`, and `z`.
fn api() -> Api {
    let api = Api::new();
    for name in ["t", "u"] {
        api.call("CreateThing", json!({"thingName": name}));
    }
    for (name, parent) in [("a", None), ("b", Some("a")), ("c", Some("b")), ("b2", Some("a")), ("z", None)] {
        let mut input = json!({"thingGroupName": name});
        if let Some(parent) = parent {
            input["parentGroupName"] = json!(parent);
        }
        api.call("CreateThingGroup", input);
    }
    api
}

fn link(group: &str, thing: &str) -> Value {
    json!({"thingGroupName": group, "thingName": thing})
}

fn groups(api: &Api, thing: &str) -> Vec<String> {
    let pages = api.pages("ListThingGroupsForThing", json!({"thingName": thing, "maxResults": 1}));
    pages.concat().iter().map(|group| group["groupName"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn things_and_groups_are_given_by_name_or_arn() {
    let api = api();
    let (thing, group) =
        ("arn:aws:iot:us-east-1:123456789012:thing/t", "arn:aws:iot:us-east-1:123456789012:thinggroup/a");
    let ways = [
        link("a", "t"),
        json!({"thingGroupArn": group, "thingArn": thing}),
        json!({"thingGroupName": "a", "thingArn": thing}),
        json!({"thingGroupArn": group, "thingName": "t", "overrideDynamicGroups": true}),
    ];
    for way in &ways {
        api.call("AddThingToThingGroup", way.clone());
    }
    assert_eq!(groups(&api, "t"), ["a"]);
    for way in &ways {
        let mut way = way.clone();
        way.as_object_mut().unwrap().remove("overrideDynamicGroups");
        api.call("RemoveThingFromThingGroup", way);
    }
    assert_eq!(groups(&api, "t"), Vec::<String>::new());
    for (input, code) in [
        (json!({"thingName": "t"}), Code::InvalidRequestException),
        (json!({"thingGroupArn": thing, "thingName": "t"}), Code::InvalidRequestException),
        (link("none", "t"), Code::ResourceNotFoundException),
        (link("a", "none"), Code::ResourceNotFoundException),
    ] {
        assert_eq!(api.error("AddThingToThingGroup", input.clone()), code);
        assert_eq!(api.error("RemoveThingFromThingGroup", input), code);
    }
}

#[test]
fn a_thing_is_in_one_group_of_a_hierarchy() {
    let api = api();
    api.call("AddThingToThingGroup", link("b", "t"));
    for other in ["a", "c", "b2"] {
        assert_eq!(api.error("AddThingToThingGroup", link(other, "t")), Code::InvalidRequestException);
    }
    api.call("AddThingToThingGroup", link("z", "t"));
    assert_eq!(groups(&api, "t"), ["b", "z"]);
    api.call(
        "UpdateThingGroupsForThing",
        json!({"thingName": "t", "thingGroupsToAdd": ["b2"], "thingGroupsToRemove": ["b", "z"]}),
    );
    assert_eq!(groups(&api, "t"), ["b2"]);
}

#[test]
fn an_update_that_fails_changes_nothing() {
    let api = api();
    api.call("AddThingToThingGroup", link("b", "t"));
    let changes = json!({"thingName": "t", "thingGroupsToAdd": ["z", "none"], "thingGroupsToRemove": ["b"]});
    assert_eq!(api.error("UpdateThingGroupsForThing", changes), Code::ResourceNotFoundException);
    assert_eq!(groups(&api, "t"), ["b"]);
    assert_eq!(api.error("UpdateThingGroupsForThing", json!({})), Code::InvalidRequestException);
    for list in ["thingGroupsToAdd", "thingGroupsToRemove"] {
        let many = json!({"thingName": "t", list: vec!["z"; 11]});
        assert_eq!(api.error("UpdateThingGroupsForThing", many), Code::InvalidRequestException);
    }
}

#[test]
fn a_thing_is_in_ten_groups_at_most() {
    let api = api();
    for number in 1..=11 {
        api.call("CreateThingGroup", json!({"thingGroupName": format!("g{number}")}));
    }
    for number in 1..=10 {
        api.call("AddThingToThingGroup", link(&format!("g{number}"), "t"));
    }
    assert_eq!(api.error("AddThingToThingGroup", link("g11", "t")), Code::InvalidRequestException);
}

#[test]
fn listings_of_a_group_may_go_down() {
    let api = api();
    api.call("AddThingToThingGroup", link("c", "u"));
    api.call("AddThingToThingGroup", link("a", "t"));
    let things = |group: &str, recursive: bool| {
        let input = json!({"thingGroupName": group, "recursive": recursive, "maxResults": 1});
        api.pages("ListThingsInThingGroup", input).concat()
    };
    assert_eq!(things("a", false), ["t"]);
    assert_eq!(things("a", true), ["t", "u"]);
    assert_eq!(things("b", false), Vec::<Value>::new());
    assert_eq!(things("b", true), ["u"]);
    let missing = json!({"thingGroupName": "none"});
    assert_eq!(api.error("ListThingsInThingGroup", missing), Code::ResourceNotFoundException);
    assert_eq!(
        api.error("ListThingGroupsForThing", json!({"thingName": "none"})),
        Code::ResourceNotFoundException
    );
}
