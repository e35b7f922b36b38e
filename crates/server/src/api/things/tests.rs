//! Things, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

fn create(api: &Api, name: &str, attributes: Value) -> Value {
    api.call("CreateThing", json!({"thingName": name, "attributePayload": {"attributes": attributes}}))
}

fn described(api: &Api, name: &str) -> Value {
    api.call("DescribeThing", json!({"thingName": name}))
}

fn names(page: &[Value]) -> Vec<&str> {
    page.iter().map(|thing| thing["thingName"].as_str().unwrap()).collect()
}

fn found(api: &Api, input: Value) -> Vec<String> {
    let pages = api.pages("ListThings", input);
    pages.iter().flat_map(|page| names(page)).map(str::to_owned).collect()
}

#[test]
fn the_same_thing_can_be_made_again_but_not_another_of_its_name() {
    let api = Api::new();
    let first = create(&api, "t", json!({"a": "1"}));
    assert_eq!(first["thingArn"], "arn:aws:iot:us-east-1:123456789012:thing/t");
    assert_eq!(create(&api, "t", json!({"a": "1", "none": ""})), first);
    assert_eq!(api.error("CreateThing", json!({"thingName": "t"})), Code::ResourceAlreadyExistsException);
    let thing = described(&api, "t");
    assert_eq!(thing["attributes"], json!({"a": "1"}));
    assert_eq!((&thing["version"], &thing["defaultClientId"]), (&json!(1), &json!("t")));
}

#[test]
fn what_is_not_there_is_not_found_but_deleted_all_the_same() {
    let api = Api::new();
    for operation in ["DescribeThing", "UpdateThing"] {
        assert_eq!(api.error(operation, json!({"thingName": "t"})), Code::ResourceNotFoundException);
    }
    api.call("DeleteThing", json!({"thingName": "t", "expectedVersion": 7}));
}

#[test]
fn an_update_replaces_or_merges_attributes_and_an_empty_value_removes_one() {
    let api = Api::new();
    create(&api, "t", json!({"k": "1"}));
    let update = |payload: Value, expected: Value| {
        api.call("UpdateThing", json!({"thingName": "t", "attributePayload": payload}));
        assert_eq!(described(&api, "t")["attributes"], expected);
    };
    update(json!({"attributes": {"k2": "2"}}), json!({"k2": "2"}));
    update(json!({"attributes": {"k1": "1"}, "merge": true}), json!({"k1": "1", "k2": "2"}));
    update(json!({"attributes": {"k1": ""}, "merge": true}), json!({"k2": "2"}));
    update(json!({"merge": true}), json!({"k2": "2"}));
    update(json!({"attributes": {"k2": ""}}), json!({}));
    assert_eq!(described(&api, "t")["version"], 6);
    api.call("UpdateThing", json!({"thingName": "t"}));
    assert_eq!(described(&api, "t")["version"], 7);
}

#[test]
fn an_expected_version_must_be_the_version() {
    let api = Api::new();
    create(&api, "t", json!({}));
    let stale = json!({"thingName": "t", "expectedVersion": 2});
    assert_eq!(api.error("UpdateThing", stale.clone()), Code::VersionConflictException);
    assert_eq!(api.error("DeleteThing", stale.clone()), Code::VersionConflictException);
    api.call("UpdateThing", json!({"thingName": "t", "expectedVersion": 1}));
    api.call("DeleteThing", stale);
    assert_eq!(found(&api, json!({})), Vec::<String>::new());
}

#[test]
fn a_type_allows_more_attributes_and_cannot_be_taken_away_from_them() {
    let api = Api::new();
    api.call("CreateThingType", json!({"thingTypeName": "y"}));
    let attributes = |count: usize| -> Value { (0..count).map(|n| (format!("a{n}"), json!("1"))).collect() };
    let asked = |name: &str, count: usize, with_type: bool| {
        let mut input = json!({"thingName": name, "attributePayload": {"attributes": attributes(count)}});
        if with_type {
            input["thingTypeName"] = json!("y");
        }
        input
    };
    api.call("CreateThing", asked("few", 3, false));
    assert_eq!(api.error("CreateThing", asked("more", 4, false)), Code::InvalidRequestException);
    api.call("CreateThing", asked("many", 50, true));
    assert_eq!(api.error("CreateThing", asked("too-many", 51, true)), Code::InvalidRequestException);
    let typeless = json!({"thingName": "many", "removeThingType": true});
    assert_eq!(api.error("UpdateThing", typeless), Code::InvalidRequestException);
    api.call(
        "UpdateThing",
        json!({"thingName": "many", "removeThingType": true, "attributePayload": {"attributes": attributes(3)}}),
    );
    assert_eq!(described(&api, "many").get("thingTypeName"), None);
}

#[test]
fn a_type_must_exist_and_not_be_deprecated() {
    let api = Api::new();
    api.call("CreateThingType", json!({"thingTypeName": "old"}));
    create(&api, "t", json!({}));
    let missing = json!({"thingName": "t", "thingTypeName": "none"});
    assert_eq!(api.error("UpdateThing", missing), Code::ResourceNotFoundException);
    let missing = json!({"thingName": "u", "thingTypeName": "none"});
    assert_eq!(api.error("CreateThing", missing), Code::ResourceNotFoundException);
    api.call("UpdateThing", json!({"thingName": "t", "thingTypeName": "old"}));
    api.call("DeprecateThingType", json!({"thingTypeName": "old"}));
    let new = json!({"thingName": "u", "thingTypeName": "old"});
    assert_eq!(api.error("CreateThing", new), Code::InvalidRequestException);
    // What has the type keeps it, and can be changed otherwise.
    api.call("UpdateThing", json!({"thingName": "t", "thingTypeName": "old"}));
    let both = json!({"thingName": "t", "thingTypeName": "old", "removeThingType": true});
    assert_eq!(api.error("UpdateThing", both), Code::InvalidRequestException);
}

#[test]
fn a_billing_group_must_exist() {
    let api = Api::new();
    let asked = json!({"thingName": "t", "billingGroupName": "b"});
    assert_eq!(api.error("CreateThing", asked.clone()), Code::ResourceNotFoundException);
    api.call("CreateBillingGroup", json!({"billingGroupName": "b"}));
    api.call("CreateThing", asked);
    assert_eq!(described(&api, "t")["billingGroupName"], "b");
}

#[test]
fn a_listing_has_50_on_a_page_in_the_order_of_creation() {
    let api = Api::new();
    for number in (1..=100).rev() {
        create(&api, &number.to_string(), json!({}));
    }
    let pages = api.pages("ListThings", json!({}));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50]);
    assert_eq!((names(&pages[0])[0], names(&pages[1])[49]), ("100", "1"));
    assert_eq!(pages[0][0]["thingArn"], "arn:aws:iot:us-east-1:123456789012:thing/100");
}

#[test]
fn pages_stay_right_while_things_come_and_go() {
    let api = Api::new();
    for name in ["a", "b", "c", "d", "e"] {
        create(&api, name, json!({"k": "v"}));
    }
    for filter in [json!({}), json!({"attributeName": "k", "attributeValue": "v"})] {
        let mut input = filter;
        input["maxResults"] = json!(2);
        let first = api.call("ListThings", input.clone());
        assert_eq!(names(first["things"].as_array().unwrap()), ["a", "b"]);
        api.call("DeleteThing", json!({"thingName": "a"}));
        api.call("DeleteThing", json!({"thingName": "c"}));
        create(&api, "f", json!({"k": "v"}));
        input["nextToken"] = first["nextToken"].clone();
        assert_eq!(found(&api, input), ["d", "e", "f"]);
        for name in ["a", "b", "c", "d", "e", "f"] {
            api.call("DeleteThing", json!({"thingName": name}));
        }
        for name in ["a", "b", "c", "d", "e"] {
            create(&api, name, json!({"k": "v"}));
        }
    }
}

#[test]
fn things_are_found_by_attribute_and_type() {
    let api = Api::new();
    for name in ["y", "z"] {
        api.call("CreateThingType", json!({"thingTypeName": name}));
    }
    let typed = |name: &str, type_name: &str, color: &str| {
        let payload = json!({"attributes": {"color": color}});
        api.call(
            "CreateThing",
            json!({"thingName": name, "thingTypeName": type_name, "attributePayload": payload}),
        );
    };
    typed("c", "y", "red");
    typed("b", "z", "red");
    typed("a", "y", "reddish");
    create(&api, "d", json!({"color": "blue", "other": "red"}));
    let check = |input: Value, expected: &[&str]| assert_eq!(found(&api, input.clone()), expected, "{input}");
    check(json!({"attributeName": "color", "attributeValue": "red"}), &["c", "b"]);
    check(json!({"attributeName": "color", "attributeValue": "red", "thingTypeName": "y"}), &["c"]);
    check(json!({"thingTypeName": "y"}), &["c", "a"]);
    let prefix = json!({"attributeName": "color", "attributeValue": "red", "usePrefixAttributeValue": true});
    check(prefix, &["c", "b", "a"]);
    check(json!({"attributeName": "color", "maxResults": 1}), &["d", "c", "b", "a"]);
    check(json!({"attributeName": "color", "attributeValue": ""}), &[]);
    assert_eq!(api.error("ListThings", json!({"attributeValue": "red"})), Code::InvalidRequestException);

    // Changes of things are changes of what is found.
    api.call("UpdateThing", json!({"thingName": "c", "thingTypeName": "z"}));
    check(json!({"attributeName": "color", "attributeValue": "red", "thingTypeName": "y"}), &[]);
    check(json!({"attributeName": "color", "attributeValue": "red", "thingTypeName": "z"}), &["c", "b"]);
    let blue = json!({"attributes": {"color": "blue"}});
    api.call("UpdateThing", json!({"thingName": "c", "attributePayload": blue}));
    check(json!({"attributeName": "color", "attributeValue": "red"}), &["b"]);
    api.call("DeleteThing", json!({"thingName": "d"}));
    check(json!({"attributeName": "color", "attributeValue": "blue"}), &["c"]);
    check(json!({"attributeName": "other"}), &[]);
}

#[test]
fn a_deleted_thing_leaves_its_groups() {
    let api = Api::new();
    api.call("CreateThingGroup", json!({"thingGroupName": "g"}));
    create(&api, "t", json!({}));
    api.call("AddThingToThingGroup", json!({"thingGroupName": "g", "thingName": "t"}));
    api.call("DeleteThing", json!({"thingName": "t"}));
    create(&api, "t", json!({}));
    let members = api.call("ListThingsInThingGroup", json!({"thingGroupName": "g"}));
    assert_eq!(members["things"], json!([]));
}
