//! The indexing configuration, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;

#[test]
fn indexing_is_off_until_it_is_turned_on() {
    let api = Api::new();
    let fresh = api.call("GetIndexingConfiguration", json!({}));
    assert_eq!(fresh["thingIndexingConfiguration"]["thingIndexingMode"], "OFF");
    assert_eq!(fresh["thingGroupIndexingConfiguration"]["thingGroupIndexingMode"], "OFF");
    let things = json!({
        "thingIndexingMode": "REGISTRY",
        "thingConnectivityIndexingMode": "STATUS",
        "deviceDefenderIndexingMode": "VIOLATIONS",
        "namedShadowIndexingMode": "ON",
        "managedFields": [{"name": "f", "type": "String"}],
        "customFields": [{"name": "c", "type": "Boolean"}],
        "filter": {"namedShadowNames": ["a", "b"]},
    });
    api.call("UpdateIndexingConfiguration", json!({"thingIndexingConfiguration": things}));
    let groups = json!({"thingGroupIndexingMode": "ON", "customFields": [{"name": "c", "type": "Number"}]});
    api.call("UpdateIndexingConfiguration", json!({"thingGroupIndexingConfiguration": groups}));
    let mut answer = api.call("GetIndexingConfiguration", json!({}));
    let managed = answer["thingGroupIndexingConfiguration"]["managedFields"].take();
    let mut expected =
        json!({"thingIndexingConfiguration": things, "thingGroupIndexingConfiguration": groups});
    expected["thingGroupIndexingConfiguration"]["managedFields"] = Value::Null;
    assert_eq!(answer, expected);
    let names: Vec<&Value> = managed.as_array().into_iter().flatten().map(|field| &field["name"]).collect();
    assert_eq!(names, ["description", "parentGroupNames", "thingGroupId", "thingGroupName", "version"]);
}

#[test]
fn what_is_indexed_unasked_follows_the_modes() {
    let api = Api::new();
    let managed = |mode: &str, connectivity: &str| {
        let things = json!({"thingIndexingMode": mode, "thingConnectivityIndexingMode": connectivity});
        api.call("UpdateIndexingConfiguration", json!({"thingIndexingConfiguration": things}));
        let answer = api.call("GetIndexingConfiguration", json!({}));
        answer["thingIndexingConfiguration"]["managedFields"].as_array().map_or(0, Vec::len)
    };
    assert_eq!((managed("OFF", "OFF"), managed("REGISTRY", "OFF")), (0, 5));
    assert_eq!((managed("REGISTRY_AND_SHADOW", "OFF"), managed("REGISTRY_AND_SHADOW", "STATUS")), (7, 11));
}

#[test]
fn what_contradicts_itself_is_refused() {
    let api = Api::new();
    let names: Vec<String> = (0..11).map(|n| format!("s{n}")).collect();
    let field = |name: &str| json!({"name": name, "type": "String"});
    for refused in [
        json!({"thingIndexingMode": "OFF", "thingConnectivityIndexingMode": "STATUS"}),
        json!({"thingIndexingMode": "OFF", "deviceDefenderIndexingMode": "VIOLATIONS"}),
        json!({"thingIndexingMode": "OFF", "namedShadowIndexingMode": "ON"}),
        json!({"thingIndexingMode": "REGISTRY", "filter": {"namedShadowNames": ["a"]}}),
        json!({"thingIndexingMode": "REGISTRY", "namedShadowIndexingMode": "ON", "filter": {"namedShadowNames": names}}),
        json!({"thingIndexingMode": "REGISTRY", "customFields": [{"name": "a"}]}),
        json!({"thingIndexingMode": "REGISTRY", "customFields": [{"type": "String"}]}),
        json!({"thingIndexingMode": "REGISTRY", "customFields": [field("a"), field("a")]}),
        json!({"thingIndexingMode": "REGISTRY", "customFields": [field("a")], "managedFields": [field("a")]}),
        json!({"thingIndexingMode": "REGISTRY", "customFields": vec![Value::Null; 51].iter().map(|_| field("a")).collect::<Vec<_>>()}),
    ] {
        let input = json!({"thingIndexingConfiguration": refused});
        assert_eq!(api.error("UpdateIndexingConfiguration", input), Code::InvalidRequestException);
    }
}
