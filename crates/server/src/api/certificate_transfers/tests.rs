//! Tests of transfers between accounts.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::certificates::tests::{register, stranger};
use crate::api::policies::tests::create as create_policy;
use crate::api::testing::Api;

const SENDER: &str = "123456789012";
const RECEIVER: &str = "210987654321";

fn sender(api: &mut Api) -> &Api {
    api.speak_for(SENDER, "us-east-1");
    api
}

fn receiver(api: &mut Api) -> &Api {
    api.speak_for(RECEIVER, "us-east-1");
    api
}

fn describe(api: &Api, id: &str) -> Value {
    api.call("DescribeCertificate", json!({"certificateId": id}))["certificateDescription"].clone()
}

fn this(id: &str) -> Value {
    json!({"certificateId": id})
}

fn to_receiver(id: &str) -> Value {
    json!({"certificateId": id, "targetAwsAccount": RECEIVER, "transferMessage": "press 7"})
}

/// A certificate that the sender has sent.
fn sent() -> (Api, String) {
    let api = Api::new();
    let id = register(&api, &stranger("press-7"))["certificateId"].as_str().unwrap().to_owned();
    let answer = api.call("TransferCertificate", to_receiver(&id));
    let arn = format!("arn:aws:iot:us-east-1:{RECEIVER}:cert/{id}");
    assert_eq!(answer["transferredCertificateArn"], arn);
    (api, id)
}

#[test]
fn an_accepted_certificate_changes_its_owner() {
    let (mut api, id) = sent();
    let api = &mut api;
    let outgoing = sender(api).call("ListOutgoingCertificates", json!({}))["outgoingCertificates"].clone();
    assert_eq!(outgoing[0]["certificateId"], id);
    assert_eq!(
        (&outgoing[0]["transferredTo"], &outgoing[0]["transferMessage"]),
        (&json!(RECEIVER), &json!("press 7"))
    );
    assert_eq!(describe(api, &id)["status"], "PENDING_TRANSFER");
    let incoming = receiver(api).call("ListCertificates", json!({}))["certificates"].clone();
    assert_eq!(
        (&incoming[0]["certificateId"], &incoming[0]["status"]),
        (&json!(id), &json!("PENDING_TRANSFER"))
    );
    assert_eq!(api.call("ListOutgoingCertificates", json!({}))["outgoingCertificates"], json!([]));
    api.advance_seconds(60);
    api.call("AcceptCertificateTransfer", json!({"certificateId": id, "setAsActive": true}));
    let described = describe(api, &id);
    assert_eq!((&described["status"], &described["ownedBy"]), (&json!("ACTIVE"), &json!(RECEIVER)));
    assert_eq!(described["previousOwnedBy"], SENDER);
    let data = &described["transferData"];
    assert_eq!(data["acceptDate"].as_i64().unwrap() - data["transferDate"].as_i64().unwrap(), 60);
    assert_eq!(data["transferMessage"], "press 7");
    assert_eq!(api.error("AcceptCertificateTransfer", this(&id)), Code::TransferAlreadyCompletedException);
    let cancelled = sender(api).error("CancelCertificateTransfer", this(&id));
    assert_eq!(cancelled, Code::TransferAlreadyCompletedException);
    assert_eq!(api.error("DescribeCertificate", this(&id)), Code::ResourceNotFoundException);
}

#[test]
fn a_rejected_certificate_goes_back() {
    let (mut api, id) = sent();
    let api = &mut api;
    receiver(api).call("RejectCertificateTransfer", json!({"certificateId": id, "rejectReason": "not ours"}));
    assert_eq!(api.error("DescribeCertificate", this(&id)), Code::ResourceNotFoundException);
    let described = describe(sender(api), &id);
    assert_eq!((&described["status"], &described["ownedBy"]), (&json!("INACTIVE"), &json!(SENDER)));
    assert_eq!(described["transferData"]["rejectReason"], "not ours");
    assert!(described["transferData"]["rejectDate"].is_number());
    assert_eq!(api.call("ListOutgoingCertificates", json!({}))["outgoingCertificates"], json!([]));
    assert_eq!(api.error("CancelCertificateTransfer", this(&id)), Code::TransferAlreadyCompletedException);
    api.call("TransferCertificate", to_receiver(&id));
}

#[test]
fn a_cancelled_transfer_leaves_no_trace() {
    let (mut api, id) = sent();
    let api = &mut api;
    sender(api).call("CancelCertificateTransfer", this(&id));
    let described = describe(api, &id);
    assert_eq!(described["status"], "INACTIVE");
    assert_eq!(described.get("transferData"), None);
    for operation in ["AcceptCertificateTransfer", "RejectCertificateTransfer"] {
        let code = receiver(api).error(operation, this(&id));
        assert_eq!(code, Code::ResourceNotFoundException, "{operation}");
    }
}

#[test]
fn each_side_has_its_own_part() {
    let (mut api, id) = sent();
    let api = &mut api;
    for operation in ["AcceptCertificateTransfer", "RejectCertificateTransfer"] {
        let code = sender(api).error(operation, this(&id));
        assert_eq!(code, Code::InvalidRequestException, "{operation}");
    }
    let code = receiver(api).error("CancelCertificateTransfer", this(&id));
    assert_eq!(code, Code::InvalidRequestException);
    for account in [SENDER, RECEIVER] {
        api.speak_for(account, "us-east-1");
        let update = json!({"certificateId": id, "newStatus": "ACTIVE"});
        assert_eq!(api.error("UpdateCertificate", update), Code::CertificateStateException);
        assert_eq!(api.error("DeleteCertificate", this(&id)), Code::CertificateStateException);
        assert_eq!(
            api.error("TransferCertificate", json!({"certificateId": id, "targetAwsAccount": RECEIVER})),
            if account == SENDER { Code::CertificateStateException } else { Code::InvalidRequestException }
        );
    }
}

#[test]
fn only_an_inactive_and_unattached_certificate_travels_and_only_to_an_account_of_the_server() {
    let mut api = Api::new();
    let pem = stranger("press-7");
    let registered = register(&api, &pem);
    let (id, arn) = (registered["certificateId"].as_str().unwrap(), &registered["certificateArn"]);
    for account in [SENDER, "999999999999"] {
        let input = json!({"certificateId": id, "targetAwsAccount": account});
        assert_eq!(api.error("TransferCertificate", input), Code::InvalidRequestException, "{account}");
    }
    api.call("UpdateCertificate", json!({"certificateId": id, "newStatus": "ACTIVE"}));
    assert_eq!(api.error("TransferCertificate", to_receiver(id)), Code::CertificateStateException);
    api.call("UpdateCertificate", json!({"certificateId": id, "newStatus": "INACTIVE"}));
    create_policy(&api, "p");
    api.call("AttachPolicy", json!({"policyName": "p", "target": arn}));
    assert_eq!(api.error("TransferCertificate", to_receiver(id)), Code::TransferConflictException);
    api.call("DetachPolicy", json!({"policyName": "p", "target": arn}));
    api.call("CreateThing", json!({"thingName": "t"}));
    api.call("AttachThingPrincipal", json!({"thingName": "t", "principal": arn}));
    assert_eq!(api.error("TransferCertificate", to_receiver(id)), Code::TransferConflictException);
    api.call("DetachThingPrincipal", json!({"thingName": "t", "principal": arn}));
    register(receiver(&mut api), &pem);
    let code = sender(&mut api).error("TransferCertificate", to_receiver(id));
    assert_eq!(code, Code::TransferConflictException);
    assert_eq!(describe(&api, id)["status"], "INACTIVE");
    assert_eq!(api.error("CancelCertificateTransfer", this(id)), Code::InvalidRequestException);
    assert_eq!(
        api.error("TransferCertificate", to_receiver(&"0".repeat(64))),
        Code::ResourceNotFoundException
    );
}
