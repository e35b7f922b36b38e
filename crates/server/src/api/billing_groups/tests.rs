//! Billing groups, through the API.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

fn create(api: &Api, name: &str) -> Value {
    let properties = json!({"billingGroupDescription": "d"});
    api.call("CreateBillingGroup", json!({"billingGroupName": name, "billingGroupProperties": properties}))
}

#[test]
fn the_same_group_can_be_made_again_but_not_another_of_its_name() {
    let api = Api::new();
    let first = create(&api, "b");
    assert_eq!(first["billingGroupArn"], "arn:aws:iot:us-east-1:123456789012:billinggroup/b");
    assert_eq!(create(&api, "b"), first);
    let other = json!({"billingGroupName": "b"});
    assert_eq!(api.error("CreateBillingGroup", other.clone()), Code::ResourceAlreadyExistsException);
    assert_eq!(
        api.call("DescribeBillingGroup", other),
        json!({
            "billingGroupName": "b",
            "billingGroupId": first["billingGroupId"],
            "billingGroupArn": first["billingGroupArn"],
            "version": 1,
            "billingGroupProperties": {"billingGroupDescription": "d"},
            "billingGroupMetadata": {"creationDate": NOW_MS / 1000},
        })
    );
}

#[test]
fn an_expected_version_must_be_the_version() {
    let api = Api::new();
    create(&api, "b");
    let change = |version: i64| json!({"billingGroupName": "b", "billingGroupProperties": {}, "expectedVersion": version});
    assert_eq!(api.error("UpdateBillingGroup", change(2)), Code::VersionConflictException);
    assert_eq!(api.call("UpdateBillingGroup", change(1)), json!({"version": 2}));
    let described = api.call("DescribeBillingGroup", json!({"billingGroupName": "b"}));
    assert_eq!(described["billingGroupProperties"], json!({}));
    let stale = json!({"billingGroupName": "b", "expectedVersion": 1});
    assert_eq!(api.error("DeleteBillingGroup", stale), Code::VersionConflictException);
    api.call("DeleteBillingGroup", json!({"billingGroupName": "b", "expectedVersion": 2}));
}

#[test]
fn what_is_not_there_is_not_found() {
    let api = Api::new();
    let missing = json!({"billingGroupName": "b", "billingGroupProperties": {}});
    for operation in ["DescribeBillingGroup", "UpdateBillingGroup", "ListThingsInBillingGroup"] {
        assert_eq!(api.error(operation, missing.clone()), Code::ResourceNotFoundException);
    }
    // The model does not list the error here; clients of AWS are used to it all the same.
    let deleted = api.try_call("DeleteBillingGroup", missing).unwrap_err();
    assert_eq!(deleted.told.code, Code::ResourceNotFoundException);
}

#[test]
fn things_are_in_one_group_and_the_group_stays_while_they_are() {
    let api = Api::new();
    let arn = create(&api, "b")["billingGroupArn"].clone();
    create(&api, "other");
    for name in ["t", "u"] {
        let thing = api.call("CreateThing", json!({"thingName": name}));
        api.call("AddThingToBillingGroup", json!({"billingGroupArn": arn, "thingArn": thing["thingArn"]}));
    }
    api.call("AddThingToBillingGroup", json!({"billingGroupName": "b", "thingName": "t"}));
    let second = json!({"billingGroupName": "other", "thingName": "t"});
    assert_eq!(api.error("AddThingToBillingGroup", second.clone()), Code::InvalidRequestException);
    let things = api.pages("ListThingsInBillingGroup", json!({"billingGroupName": "b", "maxResults": 1}));
    assert_eq!(things, [[json!("t")], [json!("u")]]);
    assert_eq!(
        api.error("DeleteBillingGroup", json!({"billingGroupName": "b"})),
        Code::InvalidRequestException
    );

    // Removing from a group in which it is not changes nothing.
    api.call("RemoveThingFromBillingGroup", second);
    assert_eq!(api.call("DescribeThing", json!({"thingName": "t"}))["billingGroupName"], "b");
    api.call("RemoveThingFromBillingGroup", json!({"billingGroupName": "b", "thingName": "t"}));
    assert_eq!(api.call("DescribeThing", json!({"thingName": "t"})).get("billingGroupName"), None);
    api.call("DeleteThing", json!({"thingName": "u"}));
    api.call("DeleteBillingGroup", json!({"billingGroupName": "b"}));
}

#[test]
fn things_and_groups_are_given_by_name_or_arn_of_this_account() {
    let api = Api::new();
    create(&api, "b");
    api.call("CreateThing", json!({"thingName": "t"}));
    let arn = |region: &str, resource: &str| format!("arn:aws:iot:{region}:123456789012:{resource}");
    for refused in [
        json!({"thingName": "t"}),
        json!({"billingGroupName": "b"}),
        json!({"billingGroupName": "b", "billingGroupArn": arn("us-east-1", "billinggroup/c"), "thingName": "t"}),
        json!({"billingGroupArn": arn("us-east-2", "billinggroup/b"), "thingName": "t"}),
        json!({"billingGroupArn": arn("us-east-1", "thinggroup/b"), "thingName": "t"}),
        json!({"billingGroupName": "b", "thingArn": "x".repeat(100_000)}),
        json!({"billingGroupName": "b", "thingArn": arn("us-east-1", &format!("thing/{}", "x".repeat(129)))}),
    ] {
        assert_eq!(api.error("AddThingToBillingGroup", refused.clone()), Code::InvalidRequestException);
        assert_eq!(api.error("RemoveThingFromBillingGroup", refused), Code::InvalidRequestException);
    }
    for missing in [
        json!({"billingGroupName": "c", "thingName": "t"}),
        json!({"billingGroupName": "b", "thingName": "u"}),
    ] {
        assert_eq!(api.error("AddThingToBillingGroup", missing), Code::ResourceNotFoundException);
    }
}

#[test]
fn groups_are_listed_as_they_came_and_found_by_the_beginning_of_their_names() {
    let api = Api::new();
    for name in ["c1", "b", "c2", "a"] {
        create(&api, name);
    }
    let listed = |input: Value| -> Vec<Vec<String>> {
        let name = |found: &Value| found["groupName"].as_str().unwrap().to_owned();
        api.pages("ListBillingGroups", input).iter().map(|page| page.iter().map(name).collect()).collect()
    };
    assert_eq!(listed(json!({"maxResults": 3})), [vec!["c1", "b", "c2"], vec!["a"]]);
    assert_eq!(listed(json!({"namePrefixFilter": "c"})), [["c1", "c2"]]);
}
