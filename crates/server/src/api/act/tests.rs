//! What the server does with a role's rights.

use serde_json::{Value, json};
use thingwarden_store::TrailQuery;
use thingwarden_wire::{Code, Operation};

use crate::api::testing::Api;
use crate::mitigation::role;
use crate::mitigation::role::tests::{add, role as new_role, trusts};

/// What an operation answers to the role `r`, which may create things.
fn perform(api: &Api, operation: Operation, input: Value) -> Result<Value, Code> {
    let (app, scope, now_ms) = (api.app(), api.scope(), api.now_ms());
    api.try_write(move |writer| {
        let caller = role::assume(writer, "arn:aws:iam::123456789012:role/r", "").unwrap();
        let answer = super::perform(&app, &scope, &caller, writer, operation, input, now_ms);
        answer.map_err(|error| error.told.code)
    })
}

fn api() -> Api {
    let api = Api::new();
    add(&api, vec![new_role("r", &trusts("iot.amazonaws.com"), &["iot:CreateThing", "iot:DescribeThing"])]);
    api
}

#[test]
fn a_role_does_what_it_may_and_nothing_else() {
    let api = api();
    let made = perform(&api, Operation::CreateThing, json!({"thingName": "t"})).unwrap();
    assert_eq!(made["thingArn"], "arn:aws:iot:us-east-1:123456789012:thing/t");
    let described = perform(&api, Operation::DescribeThing, json!({"thingName": "t"})).unwrap();
    assert_eq!(described["thingName"], "t");
    let denied = perform(&api, Operation::DeleteThing, json!({"thingName": "t"}));
    assert_eq!(denied, Err(Code::AccessDeniedException));
    let invalid = perform(&api, Operation::CreateThing, json!({"thingName": "no spaces"}));
    assert_eq!(invalid, Err(Code::InvalidRequestException));
    let absent = perform(&api, Operation::DescribeThing, json!({"thingName": "u"}));
    assert_eq!(absent, Err(Code::ResourceNotFoundException));
}

#[test]
fn the_trail_names_the_role_and_the_operation() {
    let api = api();
    perform(&api, Operation::CreateThing, json!({"thingName": "t"})).unwrap();
    let query = TrailQuery { kind: Some("thing"), limit: 9, ..TrailQuery::default() };
    let trail = api.read(|store| store.trail(&query));
    let [entry] = trail.as_slice() else { panic!("{trail:?}") };
    assert_eq!(entry.principal, "arn:aws:sts::123456789012:assumed-role/r/thingwarden");
    assert_eq!(entry.operation, "iot:CreateThing");
    assert_eq!(entry.source_ip, None);
}
