//! Into quarantine by tag, by attribute, by operation; and out again.

use serde_json::{Value, json};
use thingwarden_store::Filter;
use thingwarden_store::records::{Policy, Quarantine, QuarantineState, ThingGroupMember};

use super::*;
use crate::api::testing::Api;

const THING_ARN: &str = "arn:aws:iot:us-east-1:123456789012:thing/t";

/// A thing with an active certificate, and what the certificate is called.
fn api(group: bool) -> (Api, String) {
    let settings = [
        ("THINGWARDEN_QUARANTINE__TAG_KEY".into(), "quarantine".into()),
        ("THINGWARDEN_QUARANTINE__GROUP".into(), if group { "cell" } else { "" }.into()),
    ];
    let settings = crate::config::load(None, &settings, &[]).unwrap().settings;
    let api = Api::with(|app| app.quarantine = Rule::new(&settings.quarantine));
    api.call("CreateThing", json!({"thingName": "t"}));
    let made = api.call("CreateKeysAndCertificate", json!({"setAsActive": true}));
    let principal = &made["certificateArn"];
    api.call("AttachThingPrincipal", json!({"thingName": "t", "principal": principal}));
    (api, made["certificateId"].as_str().unwrap().to_owned())
}

fn status(api: &Api, certificate: &str) -> Value {
    let input = json!({"certificateId": certificate});
    api.call("DescribeCertificate", input)["certificateDescription"]["status"].clone()
}

fn groups(api: &Api) -> Vec<String> {
    let members: Vec<ThingGroupMember> = api.read(|store| store.all(&[Filter::eq("thing", "t")]));
    members.into_iter().map(|member| member.group).collect()
}

fn quarantine(api: &Api) -> Quarantine {
    api.read(|store| store.require("t"))
}

fn work(api: &Api) {
    worker::work(&api.app(), || api.now_ms() + 1).unwrap();
}

fn keep(api: &Api, place: &mut hold::Place) {
    worker::keep(&api.app(), place, || api.now_ms() + 1).unwrap();
}

#[test]
fn a_tag_leads_into_quarantine_and_its_end_out_of_it() {
    let (api, certificate) = api(true);
    api.call(
        "TagResource",
        json!({"resourceArn": THING_ARN, "tags": [{"Key": "quarantine", "Value": "no"}]}),
    );
    work(&api);
    assert_eq!((status(&api, &certificate), groups(&api)), (json!("ACTIVE"), vec![]));
    let tags = json!([{"Key": "quarantine", "Value": "true"}]);
    api.call("TagResource", json!({"resourceArn": THING_ARN, "tags": tags}));
    work(&api);
    assert_eq!((status(&api, &certificate), groups(&api)), (json!("INACTIVE"), vec!["cell".to_owned()]));
    let found = quarantine(&api);
    assert_eq!((found.state, found.changes.len(), &found.error), (QuarantineState::InForce, 2, &None));
    let policies =
        api.call("ListAttachedPolicies", json!({"target": THING_ARN.replace("thing/t", "thinggroup/cell")}));
    assert_eq!(policies["policies"][0]["policyName"], "thingwarden-quarantine");
    // Again, and with another tag, nothing changes.
    api.call("TagResource", json!({"resourceArn": THING_ARN, "tags": tags}));
    work(&api);
    assert_eq!(quarantine(&api), found);
    api.call("UntagResource", json!({"resourceArn": THING_ARN, "tagKeys": ["quarantine"]}));
    work(&api);
    assert_eq!((status(&api, &certificate), groups(&api)), (json!("ACTIVE"), vec![]));
    assert_eq!(quarantine(&api).state, QuarantineState::Released);
    // The group stays, for the next one.
    api.call("DescribeThingGroup", json!({"thingGroupName": "cell"}));
    api.call("TagResource", json!({"resourceArn": THING_ARN, "tags": tags}));
    work(&api);
    assert_eq!(groups(&api), ["cell"]);
    assert_eq!(api.read(|store| store.count::<Policy>(&[])), 1);
}

#[test]
fn an_attribute_does_the_same_and_both_must_go() {
    let (api, certificate) = api(false);
    let set = |value: &str| {
        let attributes = json!({"attributes": {"quarantine": value}, "merge": true});
        api.call("UpdateThing", json!({"thingName": "t", "attributePayload": attributes}));
    };
    set("true");
    api.call(
        "TagResource",
        json!({"resourceArn": THING_ARN, "tags": [{"Key": "quarantine", "Value": "true"}]}),
    );
    work(&api);
    assert_eq!((status(&api, &certificate), groups(&api)), (json!("INACTIVE"), vec![]));
    set("false");
    work(&api);
    assert_eq!(quarantine(&api).state, QuarantineState::InForce);
    api.call("UntagResource", json!({"resourceArn": THING_ARN, "tagKeys": ["quarantine"]}));
    work(&api);
    assert_eq!(status(&api, &certificate), json!("ACTIVE"));
}

#[test]
fn a_group_of_the_same_hierarchy_is_left_and_entered_again() {
    let (api, _) = api(true);
    api.call("CreateThingGroup", json!({"thingGroupName": "cell"}));
    api.call("CreateThingGroup", json!({"thingGroupName": "below", "parentGroupName": "cell"}));
    api.call("CreateThingGroup", json!({"thingGroupName": "other"}));
    for group in ["below", "other"] {
        api.call("AddThingToThingGroup", json!({"thingName": "t", "thingGroupName": group}));
    }
    api.write(|store| ask(store, "t").map(drop));
    work(&api);
    assert_eq!(groups(&api), ["other", "cell"]);
    api.write(|store| ask_release(store, "t").map(drop));
    work(&api);
    let mut after = groups(&api);
    after.sort();
    assert_eq!(after, ["below", "other"]);
}

#[test]
fn what_cannot_be_done_says_why() {
    let (api, certificate) = api(true);
    api.write(|store| ask(store, "gone").map(drop));
    work(&api);
    let found: Quarantine = api.read(|store| store.require("gone"));
    let expected = (QuarantineState::Failed, Some("thing `gone` does not exist".to_owned()));
    assert_eq!((found.state, found.error), expected);
    // Somebody revokes the certificate in the meantime: to release would make it active again.
    api.write(|store| ask(store, "t").map(drop));
    work(&api);
    api.call("UpdateCertificate", json!({"certificateId": certificate, "newStatus": "REVOKED"}));
    api.write(|store| ask_release(store, "t").map(drop));
    work(&api);
    let found = quarantine(&api);
    assert_eq!((found.state, status(&api, &certificate)), (QuarantineState::InForce, json!("REVOKED")));
    assert!(
        found.error.unwrap().contains(&format!("`status` of certificate `{certificate}` was changed since"))
    );
    assert_eq!(groups(&api), ["cell"]);
}

#[test]
fn what_leads_out_of_quarantine_is_put_back_and_given_back_in_the_end() {
    let (api, first) = api(true);
    let mut place = hold::Place::default();
    api.write(|store| ask(store, "t").map(drop));
    work(&api);
    keep(&api, &mut place);
    let in_force = quarantine(&api);
    // A certificate that it gets later.
    let made = api.call("CreateKeysAndCertificate", json!({"setAsActive": true}));
    let second = made["certificateId"].as_str().unwrap().to_owned();
    keep(&api, &mut place);
    assert_eq!(
        (status(&api, &second), quarantine(&api)),
        (json!("ACTIVE"), in_force),
        "it is not the thing's"
    );
    let attach = json!({"thingName": "t", "principal": made["certificateArn"]});
    api.call("AttachThingPrincipal", attach);
    keep(&api, &mut place);
    assert_eq!(status(&api, &second), "INACTIVE");
    assert_eq!(quarantine(&api).changes.len(), 3);
    // One that is made active again, also while nobody looks.
    api.call("UpdateCertificate", json!({"certificateId": first, "newStatus": "ACTIVE"}));
    keep(&api, &mut hold::Place::default());
    assert_eq!(status(&api, &first), "INACTIVE");
    // The group is left, loses its policy, is gone.
    api.call("RemoveThingFromThingGroup", json!({"thingName": "t", "thingGroupName": "cell"}));
    keep(&api, &mut place);
    assert_eq!(groups(&api), ["cell"]);
    let cell = THING_ARN.replace("thing/t", "thinggroup/cell");
    api.call("DetachPolicy", json!({"policyName": "thingwarden-quarantine", "target": cell}));
    keep(&api, &mut place);
    assert_eq!(
        api.call("ListAttachedPolicies", json!({"target": cell}))["policies"].as_array().unwrap().len(),
        1
    );
    let found = quarantine(&api);
    assert_eq!((found.state, found.changes.len()), (QuarantineState::InForce, 3));
    api.write(|store| ask_release(store, "t").map(drop));
    work(&api);
    keep(&api, &mut place);
    assert_eq!(quarantine(&api).error, None);
    assert_eq!((status(&api, &first), status(&api, &second)), (json!("ACTIVE"), json!("ACTIVE")));
    assert_eq!(groups(&api), Vec::<String>::new());
}

#[test]
fn of_groups_of_one_hierarchy_the_last_one_is_given_back() {
    let (api, _) = api(true);
    api.call("CreateThingGroup", json!({"thingGroupName": "cell"}));
    for below in ["first", "second"] {
        api.call("CreateThingGroup", json!({"thingGroupName": below, "parentGroupName": "cell"}));
    }
    api.call("AddThingToThingGroup", json!({"thingName": "t", "thingGroupName": "first"}));
    api.write(|store| ask(store, "t").map(drop));
    work(&api);
    assert_eq!(groups(&api), ["cell"]);
    api.call("RemoveThingFromThingGroup", json!({"thingName": "t", "thingGroupName": "cell"}));
    api.call("AddThingToThingGroup", json!({"thingName": "t", "thingGroupName": "second"}));
    keep(&api, &mut hold::Place::default());
    assert_eq!(groups(&api), ["cell"]);
    api.write(|store| ask_release(store, "t").map(drop));
    work(&api);
    assert_eq!(
        (groups(&api), quarantine(&api).state),
        (vec!["second".to_owned()], QuarantineState::Released)
    );
}
