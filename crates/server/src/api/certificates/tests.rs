//! Tests of device certificates.

use rcgen::KeyPair;
use serde_json::{Value, json};
use thingwarden_store::records::Certificate;
use thingwarden_store::{Filter, TrailQuery};
use thingwarden_wire::Code;

use crate::api::ca_certificates::tests::register_ca;
use crate::api::policies::tests::create as create_policy;
use crate::api::testing::{Api, NOW_MS};
use crate::pki::testing::{Ca, params};

fn issue(api: &Api, active: bool) -> Value {
    api.call("CreateKeysAndCertificate", json!({"setAsActive": active}))
}

fn describe(api: &Api, id: &Value) -> Value {
    api.call("DescribeCertificate", json!({"certificateId": id}))["certificateDescription"].clone()
}

fn set(api: &Api, id: &Value, status: &str) {
    api.call("UpdateCertificate", json!({"certificateId": id, "newStatus": status}));
}

fn refuses(api: &Api, id: &Value, status: &str) -> Code {
    api.error("UpdateCertificate", json!({"certificateId": id, "newStatus": status}))
}

/// A certificate of a CA that nobody knows.
pub(in crate::api) fn stranger(name: &str) -> String {
    Ca::new("Elsewhere").issue(&params(name))
}

pub(in crate::api) fn register(api: &Api, pem: &str) -> Value {
    api.call("RegisterCertificateWithoutCA", json!({"certificatePem": pem}))
}

#[test]
fn keys_are_made_and_the_private_one_is_told_once() {
    let api = Api::new();
    let made = issue(&api, true);
    let private = made["keyPair"]["PrivateKey"].as_str().unwrap();
    assert!(private.contains("PRIVATE KEY"));
    assert!(made["keyPair"]["PublicKey"].as_str().unwrap().starts_with("-----BEGIN PUBLIC KEY-----"));
    let key = KeyPair::from_pem(private).unwrap();
    assert_eq!(key.public_key_pem().trim(), made["keyPair"]["PublicKey"].as_str().unwrap().trim());
    let described = describe(&api, &made["certificateId"]);
    assert_eq!(described["certificatePem"], made["certificatePem"]);
    assert_eq!(described["status"], "ACTIVE");
    assert_eq!(described["certificateMode"], "DEFAULT");
    assert_eq!(described["ownedBy"], "123456789012");
    assert_eq!(described["validity"]["notAfter"], 2_524_607_999_i64);
    let second_line = private.lines().nth(1).unwrap();
    let trail = api.read(|store| store.trail(&TrailQuery { limit: 100, ..TrailQuery::default() }));
    let kept = format!("{trail:?}");
    assert!(kept.contains(made["certificateId"].as_str().unwrap()) && !kept.contains(second_line));
}

#[test]
fn a_request_gets_a_certificate_each_time() {
    let api = Api::new();
    let key = KeyPair::generate().unwrap();
    let request = params("press-7").serialize_request(&key).unwrap().pem().unwrap();
    let made: Vec<Value> = (0..2)
        .map(|_| api.call("CreateCertificateFromCsr", json!({"certificateSigningRequest": request})))
        .collect();
    assert_ne!(made[0]["certificateId"], made[1]["certificateId"]);
    let digests: Vec<String> = api
        .read(|store| store.all::<Certificate>(&[]))
        .into_iter()
        .map(|certificate| certificate.facts.key_digest)
        .collect();
    assert_eq!(digests.len(), 2);
    assert_eq!(digests[0], digests[1]);
    let bad = json!({"certificateSigningRequest": "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"});
    assert_eq!(api.error("CreateCertificateFromCsr", bad), Code::InvalidRequestException);
}

#[test]
fn a_certificate_is_registered_once() {
    let api = Api::new();
    let pem = stranger("press-7");
    let registered = register(&api, &pem);
    for (operation, input) in [
        ("RegisterCertificateWithoutCA", json!({"certificatePem": pem})),
        ("RegisterCertificate", json!({"certificatePem": pem})),
    ] {
        let error = api.try_call(operation, input).unwrap_err().told;
        assert_eq!(error.code, Code::ResourceAlreadyExistsException);
        assert_eq!(error.resource_id.unwrap(), registered["certificateId"]);
        assert_eq!(error.resource_arn.unwrap(), registered["certificateArn"]);
    }
    let described = describe(&api, &registered["certificateId"]);
    assert_eq!(
        (&described["status"], &described["certificateMode"]),
        (&json!("INACTIVE"), &json!("SNI_ONLY"))
    );
    let upper = registered["certificateId"].as_str().unwrap().to_uppercase();
    assert_eq!(describe(&api, &json!(upper))["certificatePem"], pem);
}

#[test]
fn what_is_no_certificate_is_refused() {
    let api = Api::new();
    for pem in ["pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        for operation in ["RegisterCertificate", "RegisterCertificateWithoutCA"] {
            let code = api.error(operation, json!({"certificatePem": pem}));
            assert_eq!(code, Code::CertificateValidationException, "{operation} {pem}");
        }
    }
    for status in ["PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"] {
        let input = json!({"certificatePem": stranger("a"), "status": status});
        assert_eq!(api.error("RegisterCertificateWithoutCA", input), Code::InvalidRequestException);
    }
}

#[test]
fn a_registered_ca_vouches_for_its_certificates() {
    let api = Api::new();
    let ca = Ca::new("Plant CA");
    let unknown = json!({"certificatePem": ca.issue(&params("a"))});
    assert_eq!(api.error("RegisterCertificate", unknown), Code::CertificateValidationException);
    let ca_id = register_ca(&api, &ca, "SNI_ONLY");
    let inactive = json!({"certificatePem": ca.issue(&params("a"))});
    assert_eq!(api.error("RegisterCertificate", inactive), Code::CertificateStateException);
    api.call("UpdateCACertificate", json!({"certificateId": ca_id, "newStatus": "ACTIVE"}));
    let registered = api.call(
        "RegisterCertificate",
        json!({"certificatePem": ca.issue(&params("a")), "caCertificatePem": ca.pem, "status": "ACTIVE"}),
    );
    let described = describe(&api, &registered["certificateId"]);
    assert_eq!(described["caCertificateId"], ca_id);
    assert_eq!((&described["status"], &described["certificateMode"]), (&json!("ACTIVE"), &json!("SNI_ONLY")));
    register(&api, &stranger("b"));
    let listed = api.call("ListCertificatesByCA", json!({"caCertificateId": ca_id}))["certificates"].clone();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["certificateId"], registered["certificateId"]);
    let none = api.call("ListCertificatesByCA", json!({"caCertificateId": "0".repeat(64)}));
    assert_eq!(none["certificates"], json!([]));
}

#[test]
fn of_two_cas_with_one_name_the_right_one_must_be_named() {
    let api = Api::new();
    let cas = [Ca::new("Plant CA"), Ca::new("Plant CA")];
    for ca in &cas {
        let id = register_ca(&api, ca, "SNI_ONLY");
        api.call("UpdateCACertificate", json!({"certificateId": id, "newStatus": "ACTIVE"}));
    }
    let pem = cas[0].issue(&params("a"));
    let unnamed = json!({"certificatePem": pem});
    assert_eq!(api.error("RegisterCertificate", unnamed), Code::CertificateConflictException);
    let wrong = json!({"certificatePem": pem, "caCertificatePem": cas[1].pem});
    assert_eq!(api.error("RegisterCertificate", wrong), Code::CertificateValidationException);
    api.call("RegisterCertificate", json!({"certificatePem": pem, "caCertificatePem": cas[0].pem}));
}

#[test]
fn what_the_server_issued_can_be_registered_again() {
    let api = Api::new();
    let made = issue(&api, false);
    api.call("DeleteCertificate", json!({"certificateId": made["certificateId"]}));
    let again = api.call("RegisterCertificate", json!({"certificatePem": made["certificatePem"]}));
    assert_eq!(again["certificateId"], made["certificateId"]);
    assert_eq!(describe(&api, &again["certificateId"]).get("caCertificateId"), None);
}

#[test]
fn statuses_change_but_revoked_is_for_ever() {
    let mut api = Api::new();
    let id = issue(&api, false)["certificateId"].clone();
    let before = describe(&api, &id);
    api.advance_seconds(60);
    set(&api, &id, "ACTIVE");
    let after = describe(&api, &id);
    assert_eq!((&after["status"], &after["customerVersion"]), (&json!("ACTIVE"), &json!(2)));
    assert_ne!(after["generationId"], before["generationId"]);
    assert_eq!(after["lastModifiedDate"].as_i64().unwrap() - after["creationDate"].as_i64().unwrap(), 60);
    set(&api, &id, "ACTIVE");
    assert_eq!(describe(&api, &id)["customerVersion"], 2);
    let stored = api.read(|store| store.all::<Certificate>(&[Filter::eq("status", "ACTIVE")]));
    assert_eq!(stored[0].activated_ms, Some(NOW_MS + 60_000));
    for status in ["PENDING_TRANSFER", "PENDING_ACTIVATION", "REGISTER_INACTIVE"] {
        assert_eq!(refuses(&api, &id, status), Code::InvalidRequestException, "{status}");
    }
    set(&api, &id, "REVOKED");
    set(&api, &id, "REVOKED");
    for status in ["ACTIVE", "INACTIVE"] {
        assert_eq!(refuses(&api, &id, status), Code::CertificateStateException, "{status}");
    }
}

#[test]
fn only_an_unused_certificate_can_be_deleted() {
    let api = Api::new();
    let made = issue(&api, true);
    let (id, arn) = (&made["certificateId"], &made["certificateArn"]);
    create_policy(&api, "p");
    api.call("AttachPolicy", json!({"policyName": "p", "target": arn}));
    api.call("CreateThing", json!({"thingName": "t"}));
    api.call("AttachThingPrincipal", json!({"thingName": "t", "principal": arn}));
    let delete = |force: bool| {
        let input = json!({"certificateId": id, "forceDelete": force});
        api.try_call("DeleteCertificate", input).map_err(|error| (error.told.code, error.told.message))
    };
    let (code, message) = delete(true).unwrap_err();
    assert_eq!(code, Code::CertificateStateException);
    assert!(message.starts_with("Certificate must be deactivated (not ACTIVE) before deletion."));
    set(&api, id, "INACTIVE");
    let things = format!("Things must be detached before deletion (arn: {})", arn.as_str().unwrap());
    assert_eq!(delete(true).unwrap_err(), (Code::DeleteConflictException, things));
    api.call("DetachThingPrincipal", json!({"thingName": "t", "principal": arn}));
    let policies =
        format!("Certificate policies must be detached before deletion (arn: {})", arn.as_str().unwrap());
    assert_eq!(delete(false).unwrap_err(), (Code::DeleteConflictException, policies));
    delete(true).unwrap();
    assert_eq!(api.call("ListTargetsForPolicy", json!({"policyName": "p"}))["targets"], json!([]));
    assert_eq!(delete(false).unwrap_err().0, Code::ResourceNotFoundException);
}

#[test]
fn certificates_are_listed_newest_first_or_oldest_first() {
    let api = Api::new();
    let ids: Vec<Value> = (0..3).map(|_| issue(&api, true)["certificateId"].clone()).collect();
    let listed = |ascending: bool| -> Vec<Vec<Value>> {
        let pages = api.pages("ListCertificates", json!({"pageSize": 2, "ascendingOrder": ascending}));
        pages.iter().map(|page| page.iter().map(|found| found["certificateId"].clone()).collect()).collect()
    };
    assert_eq!(listed(true), [vec![ids[0].clone(), ids[1].clone()], vec![ids[2].clone()]]);
    assert_eq!(listed(false), [vec![ids[2].clone(), ids[1].clone()], vec![ids[0].clone()]]);
    let first = api.call("ListCertificates", json!({}))["certificates"][0].clone();
    assert_eq!((&first["status"], &first["certificateMode"]), (&json!("ACTIVE"), &json!("DEFAULT")));
    assert!(first["creationDate"].is_number() && first["certificateArn"].is_string());
}
