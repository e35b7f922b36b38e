//! Thing types, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

fn create(api: &Api, name: &str, properties: Value) -> Value {
    api.call("CreateThingType", json!({"thingTypeName": name, "thingTypeProperties": properties}))
}

fn described(api: &Api, name: &str) -> Value {
    api.call("DescribeThingType", json!({"thingTypeName": name}))
}

#[test]
fn the_same_type_can_be_made_again_but_not_another_of_its_name() {
    let api = Api::new();
    let first = create(&api, "y", json!({"thingTypeDescription": "d", "searchableAttributes": ["a", "b"]}));
    assert_eq!(first["thingTypeArn"], "arn:aws:iot:us-east-1:123456789012:thingtype/y");
    assert_eq!(
        create(&api, "y", json!({"thingTypeDescription": "d", "searchableAttributes": ["a", "b"]})),
        first
    );
    let other = json!({"thingTypeName": "y", "thingTypeProperties": {"thingTypeDescription": "e"}});
    assert_eq!(api.error("CreateThingType", other), Code::ResourceAlreadyExistsException);
    assert_eq!(
        described(&api, "y"),
        json!({
            "thingTypeName": "y",
            "thingTypeId": first["thingTypeId"],
            "thingTypeArn": first["thingTypeArn"],
            "thingTypeProperties": {"thingTypeDescription": "d", "searchableAttributes": ["a", "b"]},
            "thingTypeMetadata": {"deprecated": false, "creationDate": NOW_MS / 1000},
        })
    );
}

#[test]
fn properties_are_checked() {
    let api = Api::new();
    let code = |properties: Value| {
        api.error("CreateThingType", json!({"thingTypeName": "y", "thingTypeProperties": properties}))
    };
    let propagating =
        |attributes: Value| json!({"mqtt5Configuration": {"propagatingAttributes": attributes}});
    for refused in [
        json!({"searchableAttributes": ["a", "b", "c", "d"]}),
        json!({"searchableAttributes": ["a", "a"]}),
        propagating(json!([{"thingAttribute": "a"}])),
        propagating(json!([{"userPropertyKey": "k"}])),
        propagating(
            json!([{"userPropertyKey": "k", "thingAttribute": "a", "connectionAttribute": "iot:ClientId"}]),
        ),
        propagating(json!([
            {"userPropertyKey": "k", "thingAttribute": "a"},
            {"userPropertyKey": "k", "connectionAttribute": "iot:ClientId"},
        ])),
    ] {
        assert_eq!(code(refused), Code::InvalidRequestException);
    }
    let good = propagating(json!([
        {"userPropertyKey": "k", "thingAttribute": "a"},
        {"userPropertyKey": "l", "connectionAttribute": "iot:ClientId"},
    ]));
    create(&api, "y", good.clone());
    assert_eq!(described(&api, "y")["thingTypeProperties"], good);
}

#[test]
fn an_update_changes_what_it_gives() {
    let api = Api::new();
    create(&api, "y", json!({"thingTypeDescription": "d", "searchableAttributes": ["a"]}));
    let change = json!({"mqtt5Configuration": {"propagatingAttributes": []}, "searchableAttributes": []});
    api.call("UpdateThingType", json!({"thingTypeName": "y", "thingTypeProperties": change}));
    let expected = json!({"thingTypeDescription": "d", "mqtt5Configuration": {"propagatingAttributes": []}});
    assert_eq!(described(&api, "y")["thingTypeProperties"], expected);
    assert_eq!(api.error("UpdateThingType", json!({"thingTypeName": "z"})), Code::ResourceNotFoundException);
}

#[test]
fn only_a_type_that_was_deprecated_long_enough_can_be_deleted() {
    let mut api = Api::new();
    create(&api, "y", json!({}));
    let named = json!({"thingTypeName": "y"});
    assert_eq!(api.error("DeleteThingType", named.clone()), Code::InvalidRequestException);
    api.call("DeprecateThingType", named.clone());
    api.advance_seconds(299);
    // Deprecating again does not begin the time anew.
    api.call("DeprecateThingType", named.clone());
    assert_eq!(api.error("DeleteThingType", named.clone()), Code::InvalidRequestException);
    let metadata = described(&api, "y")["thingTypeMetadata"].clone();
    assert_eq!(
        (&metadata["deprecated"], &metadata["deprecationDate"]),
        (&json!(true), &json!(NOW_MS / 1000))
    );
    api.advance_seconds(1);
    api.call("DeleteThingType", named.clone());
    for operation in ["DeleteThingType", "DescribeThingType", "DeprecateThingType"] {
        assert_eq!(api.error(operation, named.clone()), Code::ResourceNotFoundException);
    }
}

#[test]
fn a_type_with_things_stays() {
    let mut api = Api::new();
    create(&api, "y", json!({}));
    api.call("CreateThing", json!({"thingName": "t", "thingTypeName": "y"}));
    api.call("DeprecateThingType", json!({"thingTypeName": "y"}));
    api.advance_seconds(300);
    assert_eq!(api.error("DeleteThingType", json!({"thingTypeName": "y"})), Code::InvalidRequestException);
    api.call("UpdateThing", json!({"thingName": "t", "removeThingType": true}));
    api.call("DeleteThingType", json!({"thingTypeName": "y"}));
}

#[test]
fn deprecation_can_be_undone() {
    let api = Api::new();
    create(&api, "y", json!({}));
    api.call("DeprecateThingType", json!({"thingTypeName": "y"}));
    api.call("DeprecateThingType", json!({"thingTypeName": "y", "undoDeprecate": true}));
    let expected = json!({"deprecated": false, "creationDate": NOW_MS / 1000});
    assert_eq!(described(&api, "y")["thingTypeMetadata"], expected);
    api.call("CreateThing", json!({"thingName": "t", "thingTypeName": "y"}));
}

#[test]
fn types_are_listed_as_they_came_and_found_by_the_beginning_of_their_names() {
    let api = Api::new();
    for number in (1..=60).rev() {
        create(&api, &format!("y{number}"), json!({}));
    }
    let listed = |input: Value| -> Vec<Vec<String>> {
        let name = |found: &Value| found["thingTypeName"].as_str().unwrap().to_owned();
        api.pages("ListThingTypes", input).iter().map(|page| page.iter().map(name).collect()).collect()
    };
    let pages = listed(json!({}));
    assert_eq!((pages[0].len(), pages[1].len(), pages[0][0].as_str()), (50, 10, "y60"));
    assert_eq!(listed(json!({"thingTypeName": "y6", "maxResults": 1})), [["y6"], ["y60"]]);
    assert_eq!(listed(json!({"thingTypeName": "Y"})), [Vec::<String>::new()]);
}

#[test]
fn tags_come_and_go_with_a_type() {
    let mut api = Api::new();
    let tags = json!([{"Key": "team", "Value": "red"}, {"Key": "empty"}]);
    let made = api.call("CreateThingType", json!({"thingTypeName": "y", "tags": tags}));
    let of_it = json!({"resourceArn": made["thingTypeArn"]});
    let expected = json!([{"Key": "empty", "Value": ""}, {"Key": "team", "Value": "red"}]);
    assert_eq!(api.call("ListTagsForResource", of_it.clone())["tags"], expected);
    api.call("DeprecateThingType", json!({"thingTypeName": "y"}));
    api.advance_seconds(300);
    api.call("DeleteThingType", json!({"thingTypeName": "y"}));
    assert_eq!(api.error("ListTagsForResource", of_it.clone()), Code::ResourceNotFoundException);
    create(&api, "y", json!({}));
    assert_eq!(api.call("ListTagsForResource", of_it)["tags"], json!([]));
}
