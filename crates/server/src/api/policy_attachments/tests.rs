//! Tests of attachments and of what is in force for a device.

use serde_json::{Value, json};
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_store::records::{Certificate, IndexedFacts};
use thingwarden_wire::Code;

use crate::api::policies::tests::create;
use crate::api::testing::Api;

const IDENTITY: &str = "us-east-1:01234567-89ab-cdef-0123-456789abcdef";

/// A certificate of `C=DE, O=Acme, OU=Presses, OU=Hall 2, CN=press-7`.
const PEM: &str = include_str!("../../../../engine/src/pki/testdata/named_device.pem");

/// Registers that certificate, and gives its ARN.
pub(in crate::api) fn certificate(api: &Api, status: &'static str) -> String {
    let der = PemBlocks::new(PEM.as_bytes()).next().unwrap().unwrap().der;
    let id = thingwarden_engine::ids::CertificateId::of_der(&der).to_string();
    let arn = format!("arn:aws:iot:us-east-1:123456789012:cert/{id}");
    api.write(move |store| {
        store.insert(&Certificate {
            id,
            pem: PEM.to_owned(),
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
        })
    });
    arn
}

pub(in crate::api) fn group(api: &Api, name: &str, parent: Option<&str>) -> String {
    let input = json!({"thingGroupName": name, "parentGroupName": parent});
    let made = api.call("CreateThingGroup", without_nulls(input));
    made["thingGroupArn"].as_str().unwrap().to_owned()
}

fn without_nulls(mut input: Value) -> Value {
    input.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    input
}

pub(in crate::api) fn attach(api: &Api, policy: &str, target: &str) {
    api.call("AttachPolicy", json!({"policyName": policy, "target": target}));
}

fn names(answer: &Value, list: &str) -> Vec<String> {
    let name = |policy: &Value| policy["policyName"].as_str().unwrap().to_owned();
    answer[list].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn attaching_twice_is_attaching_once() {
    let api = Api::new();
    let arn = certificate(&api, "ACTIVE");
    create(&api, "p");
    for _ in 0..2 {
        attach(&api, "p", &arn);
        api.call("AttachPrincipalPolicy", json!({"policyName": "p", "principal": arn}));
    }
    let attached = api.call("ListAttachedPolicies", json!({"target": arn}));
    let expected = json!([{"policyName": "p", "policyArn": "arn:aws:iot:us-east-1:123456789012:policy/p"}]);
    assert_eq!(attached["policies"], expected);
    assert_eq!(api.call("ListPrincipalPolicies", json!({"principal": arn}))["policies"], expected);
    assert_eq!(api.call("ListTargetsForPolicy", json!({"policyName": "p"}))["targets"], json!([arn]));
    assert_eq!(api.error("DeletePolicy", json!({"policyName": "p"})), Code::DeleteConflictException);
    api.call("DetachPolicy", json!({"policyName": "p", "target": arn}));
    assert_eq!(api.call("ListAttachedPolicies", json!({"target": arn}))["policies"], json!([]));
    let again = json!({"policyName": "p", "principal": arn});
    assert_eq!(api.error("DetachPrincipalPolicy", again), Code::ResourceNotFoundException);
    api.call("DeletePolicy", json!({"policyName": "p"}));
}

#[test]
fn what_is_attached_must_exist() {
    let api = Api::new();
    create(&api, "p");
    let arn = certificate(&api, "INACTIVE");
    let attach = |policy: &str, target: &str| {
        api.error("AttachPolicy", json!({"policyName": policy, "target": target}))
    };
    assert_eq!(attach("q", &arn), Code::ResourceNotFoundException);
    for target in [
        "arn:aws:iot:us-east-1:123456789012:thinggroup/none".to_owned(),
        arn.replace("us-east-1", "eu-west-1"),
        arn.replace("123456789012", "210987654321"),
        format!("{arn}0"),
    ] {
        assert_eq!(attach("p", &target), Code::ResourceNotFoundException, "{target}");
        let error = api.error("ListAttachedPolicies", json!({"target": target}));
        assert_eq!(error, Code::ResourceNotFoundException, "{target}");
    }
    for target in [
        "",
        "a",
        "arn:aws:iot:us-east-1:123456789012:thing/t",
        "us-east-1:x",
        "arn:aws:iam::123456789012:user/u",
    ] {
        assert_eq!(attach("p", target), Code::InvalidRequestException, "{target}");
    }
    attach_identity(&api);
}

fn attach_identity(api: &Api) {
    attach(api, "p", IDENTITY);
    assert_eq!(names(&api.call("ListAttachedPolicies", json!({"target": IDENTITY})), "policies"), ["p"]);
}

#[test]
fn a_certificate_in_transfer_takes_no_policy() {
    let api = Api::new();
    create(&api, "p");
    let arn = certificate(&api, "PENDING_TRANSFER");
    let code = api.error("AttachPolicy", json!({"policyName": "p", "target": arn}));
    assert_eq!(code, Code::InvalidRequestException);
}

#[test]
fn principals_have_ten_policies_and_thing_groups_two() {
    let api = Api::new();
    let arn = certificate(&api, "ACTIVE");
    let group = group(&api, "g", None);
    for number in 0..=10 {
        create(&api, &format!("p{number}"));
    }
    for (target, limit) in [(&arn, 10), (&group, 2)] {
        for number in 0..limit {
            attach(&api, &format!("p{number}"), target);
        }
        let over = json!({"policyName": format!("p{limit}"), "target": target});
        assert_eq!(api.error("AttachPolicy", over), Code::LimitExceededException);
        attach(&api, "p0", target);
    }
    let pages = api.pages("ListAttachedPolicies", json!({"target": arn, "pageSize": 4}));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 4, 2]);
    let pages =
        api.pages("ListPrincipalPolicies", json!({"principal": arn, "pageSize": 9, "ascendingOrder": true}));
    assert_eq!(
        pages[1],
        [json!({"policyName": "p9", "policyArn": "arn:aws:iot:us-east-1:123456789012:policy/p9"})]
    );
}

#[test]
fn groups_are_targets_but_no_principals() {
    let api = Api::new();
    create(&api, "p");
    let (arn, group) = (certificate(&api, "ACTIVE"), group(&api, "g", None));
    for target in [&arn, &group] {
        attach(&api, "p", target);
    }
    assert_eq!(api.call("ListTargetsForPolicy", json!({"policyName": "p"}))["targets"], json!([arn, group]));
    assert_eq!(api.call("ListPolicyPrincipals", json!({"policyName": "p"}))["principals"], json!([arn]));
    for operation in ["AttachPrincipalPolicy", "DetachPrincipalPolicy"] {
        let code = api.error(operation, json!({"policyName": "p", "principal": group}));
        assert_eq!(code, Code::InvalidRequestException, "{operation}");
    }
    for operation in ["ListTargetsForPolicy", "ListPolicyPrincipals"] {
        let code = api.error(operation, json!({"policyName": "q"}));
        assert_eq!(code, Code::ResourceNotFoundException, "{operation}");
    }
}

/// `site` over `hall`; thing `press-7` in `hall`; policies `s`, `h` on the groups and `c` on the certificate.
pub(in crate::api) fn hall(api: &Api) -> String {
    let arn = certificate(api, "ACTIVE");
    let (site, hall) = (group(api, "site", None), group(api, "hall", Some("site")));
    for (policy, target) in [("s", &site), ("h", &hall), ("c", &arn)] {
        create(api, policy);
        attach(api, policy, target);
    }
    api.call("CreateThing", json!({"thingName": "press-7"}));
    api.call("AddThingToThingGroup", json!({"thingName": "press-7", "thingGroupName": "hall"}));
    arn
}

#[test]
fn groups_inherit_policies_from_the_groups_above() {
    let api = Api::new();
    hall(&api);
    let attached = |group: &str, recursive: bool| {
        let target = format!("arn:aws:iot:us-east-1:123456789012:thinggroup/{group}");
        names(
            &api.call("ListAttachedPolicies", json!({"target": target, "recursive": recursive})),
            "policies",
        )
    };
    assert_eq!(attached("hall", false), ["h"]);
    assert_eq!(attached("hall", true), ["h", "s"]);
    assert_eq!(attached("site", true), ["s"]);
}

#[test]
fn a_device_is_bound_by_its_principal_and_its_things_groups() {
    let api = Api::new();
    let arn = hall(&api);
    let effective = |input: Value| names(&api.call("GetEffectivePolicies", input), "effectivePolicies");
    assert_eq!(effective(json!({"principal": arn})), ["c"]);
    assert_eq!(effective(json!({"thingName": "press-7"})), ["h", "s"]);
    assert_eq!(effective(json!({"principal": arn, "thingName": "press-7"})), ["c", "h", "s"]);
    let hall = "arn:aws:iot:us-east-1:123456789012:thinggroup/hall";
    assert_eq!(effective(json!({"principal": hall})), ["h", "s"]);
    api.call(
        "AttachThingPrincipal",
        json!({"thingName": "press-7", "principal": arn, "thingPrincipalType": "EXCLUSIVE_THING"}),
    );
    assert_eq!(effective(json!({"principal": arn})), ["c", "h", "s"]);
    assert_eq!(api.error("GetEffectivePolicies", json!({})), Code::InvalidRequestException);
    assert_eq!(
        api.error("GetEffectivePolicies", json!({"thingName": "none"})),
        Code::ResourceNotFoundException
    );
}
