//! Tests of CA certificates and registration codes.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;
use crate::pki::testing::{Ca, params};

/// Registers a CA, and gives its id.
pub(in crate::api) fn register_ca(api: &Api, ca: &Ca, mode: &str) -> String {
    let mut input = json!({"caCertificate": ca.pem, "certificateMode": mode});
    if mode == "DEFAULT" {
        input["verificationCertificate"] = json!(ca.issue(&params(&code(api))));
    }
    api.call("RegisterCACertificate", input)["certificateId"].as_str().unwrap().to_owned()
}

fn code(api: &Api) -> String {
    api.call("GetRegistrationCode", json!({}))["registrationCode"].as_str().unwrap().to_owned()
}

fn describe(api: &Api, id: &str) -> Value {
    api.call("DescribeCACertificate", json!({"certificateId": id}))
}

#[test]
fn the_registration_code_stays_until_it_is_deleted() {
    let mut api = Api::new();
    let delete = json!({});
    assert_eq!(api.error("DeleteRegistrationCode", delete.clone()), Code::ResourceNotFoundException);
    let first = code(&api);
    assert_eq!(code(&api), first);
    assert_eq!(first.len(), 64);
    api.call("DeleteRegistrationCode", delete);
    let second = code(&api);
    assert_ne!(second, first);
    api.speak_for("123456789012", "eu-west-1");
    assert_ne!(code(&api), second);
}

#[test]
fn a_ca_is_registered_by_whoever_has_its_key() {
    let api = Api::new();
    let ca = Ca::new("Plant CA");
    let register = |verification: Value| {
        let mut input = json!({"caCertificate": ca.pem});
        if !verification.is_null() {
            input["verificationCertificate"] = verification;
        }
        api.try_call("RegisterCACertificate", input).map_err(|error| error.told.code)
    };
    let with_empty_name = ca.issue(&params(""));
    assert_eq!(register(json!(with_empty_name)), Err(Code::RegistrationCodeValidationException));
    let code = code(&api);
    assert_eq!(register(Value::Null), Err(Code::InvalidRequestException));
    assert_eq!(register(json!("pem")), Err(Code::CertificateValidationException));
    let of_another = Ca::new("Plant CA").issue(&params(&code));
    assert_eq!(register(json!(of_another)), Err(Code::CertificateValidationException));
    let other_code = ca.issue(&params(&"0".repeat(64)));
    assert_eq!(register(json!(other_code)), Err(Code::RegistrationCodeValidationException));
    let registered = register(json!(ca.issue(&params(&code)))).unwrap();
    let error = api
        .try_call("RegisterCACertificate", json!({"caCertificate": ca.pem, "certificateMode": "SNI_ONLY"}))
        .unwrap_err()
        .told;
    assert_eq!(error.code, Code::ResourceAlreadyExistsException);
    assert_eq!(error.resource_arn.unwrap(), registered["certificateArn"]);
    assert_eq!(error.resource_id.unwrap(), registered["certificateId"]);
}

#[test]
fn a_device_certificate_is_no_ca() {
    let api = Api::new();
    let pem = Ca::new("Plant CA").issue(&params("device"));
    let input = json!({"caCertificate": pem, "certificateMode": "SNI_ONLY"});
    assert_eq!(api.error("RegisterCACertificate", input), Code::CertificateValidationException);
}

#[test]
fn in_mode_sni_only_no_proof_is_asked_for_and_none_is_taken() {
    let api = Api::new();
    let ca = Ca::new("Plant CA");
    let unwanted = json!({
        "caCertificate": ca.pem,
        "certificateMode": "SNI_ONLY",
        "verificationCertificate": ca.issue(&params(&code(&api))),
    });
    assert_eq!(api.error("RegisterCACertificate", unwanted), Code::InvalidRequestException);
    let id = register_ca(&api, &ca, "SNI_ONLY");
    let described = describe(&api, &id)["certificateDescription"].clone();
    assert_eq!(
        (&described["certificateMode"], &described["status"]),
        (&json!("SNI_ONLY"), &json!("INACTIVE"))
    );
    assert_eq!(described["certificatePem"], ca.pem);
    assert_eq!(described["autoRegistrationStatus"], "DISABLE");
    assert_eq!(described["validity"]["notBefore"], 1_767_225_600);
}

#[test]
fn one_account_has_a_ca_in_mode_default() {
    let mut api = Api::new();
    let ca = Ca::new("Plant CA");
    register_ca(&api, &ca, "DEFAULT");
    api.speak_for("210987654321", "us-east-1");
    let verification = ca.issue(&params(&code(&api)));
    let input = json!({"caCertificate": ca.pem, "verificationCertificate": verification});
    let error = api.try_call("RegisterCACertificate", input).unwrap_err().told;
    assert_eq!(error.code, Code::ResourceAlreadyExistsException);
    assert!(error.resource_arn.is_none() && !error.message.contains("123456789012"));
    register_ca(&api, &ca, "SNI_ONLY");
    api.speak_for("210987654321", "eu-west-1");
    register_ca(&api, &ca, "DEFAULT");
}

#[test]
fn ten_cas_have_the_same_subject() {
    let api = Api::new();
    for _ in 0..10 {
        register_ca(&api, &Ca::new("Plant CA"), "SNI_ONLY");
    }
    let eleventh = json!({"caCertificate": Ca::new("Plant CA").pem, "certificateMode": "SNI_ONLY"});
    assert_eq!(api.error("RegisterCACertificate", eleventh), Code::LimitExceededException);
    register_ca(&api, &Ca::new("Other CA"), "SNI_ONLY");
}

#[test]
fn an_update_changes_what_it_names() {
    let mut api = Api::new();
    let id = register_ca(&api, &Ca::new("Plant CA"), "SNI_ONLY");
    let update = |more: Value| {
        let mut input = json!({"certificateId": id});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    api.advance_seconds(60);
    let id_of_device = json!({"Ref": "AWS::IoT::Certificate::Id"});
    let certificate = json!({"Type": "AWS::IoT::Certificate", "Properties": {"CertificateId": id_of_device}});
    let body = json!({"Resources": {"certificate": certificate}}).to_string();
    let config = json!({"templateBody": body, "roleArn": "arn:aws:iam::123456789012:role/r"});
    api.call(
        "UpdateCACertificate",
        update(json!({"registrationConfig": config, "newAutoRegistrationStatus": "ENABLE"})),
    );
    let described = describe(&api, &id);
    assert_eq!(described["registrationConfig"], config);
    let first = &described["certificateDescription"];
    assert_eq!((&first["autoRegistrationStatus"], &first["status"]), (&json!("ENABLE"), &json!("INACTIVE")));
    assert_eq!(first["customerVersion"], 2);
    assert_eq!(first["lastModifiedDate"].as_i64().unwrap() - first["creationDate"].as_i64().unwrap(), 60);
    api.call("UpdateCACertificate", update(json!({"newStatus": "INACTIVE"})));
    assert_eq!(describe(&api, &id)["certificateDescription"], *first);
    let both = update(json!({"removeAutoRegistration": true, "registrationConfig": config}));
    assert_eq!(api.error("UpdateCACertificate", both), Code::InvalidRequestException);
    let template = update(json!({"registrationConfig": {"templateName": "t"}}));
    assert_eq!(api.error("UpdateCACertificate", template), Code::ResourceNotFoundException);
    api.call("UpdateCACertificate", update(json!({"removeAutoRegistration": true})));
    let described = describe(&api, &id);
    assert_eq!(described.get("registrationConfig"), None);
    assert_eq!(described["certificateDescription"]["autoRegistrationStatus"], "DISABLE");
}

#[test]
fn an_active_ca_stays() {
    let api = Api::new();
    let input = json!({
        "caCertificate": Ca::new("Plant CA").pem,
        "certificateMode": "SNI_ONLY",
        "setAsActive": true,
        "allowAutoRegistration": true,
        "tags": [{"Key": "plant", "Value": "2"}],
    });
    let registered = api.call("RegisterCACertificate", input);
    let (id, arn) = (&registered["certificateId"], &registered["certificateArn"]);
    let tags = api.call("ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(tags["tags"], json!([{"Key": "plant", "Value": "2"}]));
    let this = json!({"certificateId": id});
    assert_eq!(api.error("DeleteCACertificate", this.clone()), Code::CertificateStateException);
    api.call("UpdateCACertificate", json!({"certificateId": id, "newStatus": "INACTIVE"}));
    api.call("DeleteCACertificate", this.clone());
    for operation in ["DescribeCACertificate", "DeleteCACertificate", "UpdateCACertificate"] {
        assert_eq!(api.error(operation, this.clone()), Code::ResourceNotFoundException, "{operation}");
    }
    let error = api.error("ListTagsForResource", json!({"resourceArn": arn}));
    assert_eq!(error, Code::ResourceNotFoundException);
}

#[test]
fn cas_are_listed_newest_first_or_oldest_first() {
    let api = Api::new();
    let ids: Vec<String> =
        ["a", "b", "c"].iter().map(|name| register_ca(&api, &Ca::new(name), "SNI_ONLY")).collect();
    let listed = |ascending: bool| -> Vec<String> {
        let pages = api.pages("ListCACertificates", json!({"pageSize": 2, "ascendingOrder": ascending}));
        pages.concat().iter().map(|ca| ca["certificateId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(listed(true), ids);
    assert_eq!(listed(false), ids.iter().rev().cloned().collect::<Vec<_>>());
    let none = api.call("ListCACertificates", json!({"templateName": "t"}));
    assert_eq!(none["certificates"], json!([]));
}
