//! Attachments of principals to things, through the API.

use serde_json::{Value, json};
use thingwarden_store::records::{Certificate, IndexedFacts};
use thingwarden_wire::Code;

use crate::api::testing::Api;

const IDENTITY: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

fn arn(id: &str) -> String {
    format!("arn:aws:iot:us-east-1:123456789012:cert/{id}")
}

/// An API with things `t` and `u` and certificates `a`, `b` and the transferred `c`.
fn api() -> Api {
    let api = Api::new();
    for name in ["t", "u"] {
        api.call("CreateThing", json!({"thingName": name}));
    }
    for (id, status) in [("a", "ACTIVE"), ("b", "INACTIVE"), ("c", "PENDING_TRANSFER")] {
        api.write(move |store| store.insert(&certificate(id, status)));
    }
    api
}

fn certificate(id: &str, status: &str) -> Certificate {
    Certificate {
        id: id.to_owned(),
        pem: String::new(),
        status: status.to_owned(),
        mode: "DEFAULT".to_owned(),
        ca_id: None,
        previous_owner: None,
        customer_version: 1,
        generation_id: String::new(),
        created_ms: 0,
        modified_ms: 0,
        activated_ms: None,
        transfer: None,
        facts: IndexedFacts::default(),
    }
}

fn link(thing: &str, principal: &str) -> Value {
    json!({"thingName": thing, "principal": principal})
}

fn exclusive(thing: &str, principal: &str) -> Value {
    json!({"thingName": thing, "principal": principal, "thingPrincipalType": "EXCLUSIVE_THING"})
}

#[test]
fn attachments_are_listed_from_both_sides_in_the_order_they_came() {
    let api = api();
    for (thing, principal) in [("u", arn("a")), ("t", arn("b")), ("t", arn("a")), ("t", IDENTITY.to_owned())]
    {
        api.call("AttachThingPrincipal", link(thing, &principal));
    }
    // Once more changes nothing.
    api.call("AttachThingPrincipal", link("u", &arn("a")));
    let things = api.pages("ListPrincipalThings", json!({"principal": arn("a"), "maxResults": 1}));
    assert_eq!(things, [[json!("u")], [json!("t")]]);
    let principals = api.pages("ListThingPrincipals", json!({"thingName": "t", "maxResults": 2}));
    assert_eq!(principals.concat(), [json!(arn("b")), json!(arn("a")), json!(IDENTITY)]);
    api.call("DetachThingPrincipal", link("t", &arn("a")));
    let things = api.call("ListPrincipalThings", json!({"principal": arn("a")}));
    assert_eq!(things, json!({"things": ["u"]}));
}

#[test]
fn types_of_attachments_are_told_and_filtered_by() {
    let api = api();
    api.call("AttachThingPrincipal", exclusive("t", &arn("a")));
    api.call("AttachThingPrincipal", link("t", &arn("b")));
    let alone = json!({"principal": arn("a"), "thingPrincipalType": "EXCLUSIVE_THING"});
    let shared = json!({"principal": arn("b"), "thingPrincipalType": "NON_EXCLUSIVE_THING"});
    let listed = |filter: Value| {
        let mut input = filter;
        input["thingName"] = json!("t");
        api.call("ListThingPrincipalsV2", input)["thingPrincipalObjects"].clone()
    };
    assert_eq!(listed(json!({})), json!([alone, shared]));
    assert_eq!(listed(json!({"thingPrincipalType": "EXCLUSIVE_THING"})), json!([alone]));
    assert_eq!(listed(json!({"thingPrincipalType": "NON_EXCLUSIVE_THING"})), json!([shared]));
    let things = api.call("ListPrincipalThingsV2", json!({"principal": arn("a")}));
    let expected = json!([{"thingName": "t", "thingPrincipalType": "EXCLUSIVE_THING"}]);
    assert_eq!(things["principalThingObjects"], expected);
}

#[test]
fn an_exclusive_principal_has_one_thing() {
    let api = api();
    api.call("AttachThingPrincipal", exclusive("t", &arn("a")));
    api.call("AttachThingPrincipal", exclusive("t", &arn("a")));
    for refused in [link("u", &arn("a")), exclusive("u", &arn("a")), link("t", &arn("a"))] {
        assert_eq!(api.error("AttachThingPrincipal", refused), Code::InvalidRequestException);
    }
    api.call("AttachThingPrincipal", link("t", &arn("b")));
    for refused in [exclusive("u", &arn("b")), exclusive("t", &arn("b"))] {
        assert_eq!(api.error("AttachThingPrincipal", refused), Code::InvalidRequestException);
    }
}

#[test]
fn what_does_not_exist_or_is_no_principal_is_refused() {
    let api = api();
    for (thing, principal, code) in [
        ("none", arn("a"), Code::ResourceNotFoundException),
        ("t", arn("none"), Code::ResourceNotFoundException),
        ("t", arn("a").replace("us-east-1", "us-east-2"), Code::ResourceNotFoundException),
        ("t", arn("c"), Code::InvalidRequestException),
        ("t", arn("a").replace("cert", "thing"), Code::InvalidRequestException),
        ("t", "us-east-1:0123".to_owned(), Code::InvalidRequestException),
        ("t", "x".repeat(5000), Code::InvalidRequestException),
    ] {
        assert_eq!(api.error("AttachThingPrincipal", link(thing, &principal)), code, "{thing} {principal}");
    }
    assert_eq!(api.error("DetachThingPrincipal", link("t", &arn("a"))), Code::ResourceNotFoundException);
    assert_eq!(api.error("DetachThingPrincipal", link("none", &arn("a"))), Code::ResourceNotFoundException);
    assert_eq!(api.error("ListPrincipalThings", json!({"principal": "x"})), Code::InvalidRequestException);
    let missing = api.try_call("ListThingPrincipals", json!({"thingName": "xxx"})).unwrap_err().told;
    let message = "Failed to list principals for thing xxx because the thing does not exist in your account";
    assert_eq!((missing.code, missing.message.as_str()), (Code::ResourceNotFoundException, message));
}

#[test]
fn a_thing_with_principals_stays() {
    let api = api();
    api.call("AttachThingPrincipal", link("t", &arn("a")));
    assert_eq!(api.error("DeleteThing", json!({"thingName": "t"})), Code::InvalidRequestException);
    api.call("DetachThingPrincipal", link("t", &arn("a")));
    api.call("DeleteThing", json!({"thingName": "t"}));
}
