//! How long a request takes from its parts to the typed input, and an output to its bytes, next to `serde_json` alone.
//!
//! `cargo bench -p thingwarden-wire`
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that cannot be set up should stop")]

use std::hint::black_box;

use divan::Bencher;
use thingwarden_wire::decode::{Request, decode, read};
use thingwarden_wire::route::{Labels, Route, route};
use thingwarden_wire::types::{CreateThingInput, DescribeThingInput, DescribeThingOutput};
use thingwarden_wire::validate::{validate, violations};
use thingwarden_wire::{Call, Operation};

const THING: &str = "/things/press%3A0042";
const BODY: &str = r#"{"thingTypeName":"press","attributePayload":{"attributes":{"line":"4","site":"ulm","model":"x-100"},"merge":false},"billingGroupName":"ulm"}"#;

fn main() {
    // Patterns are compiled when they are first needed: not what is measured here.
    let _ = read::<CreateThingInput>(&labels("POST", THING), &request());
    divan::main();
}

fn labels(method: &str, path: &str) -> Labels {
    let Ok(Route::Served(_, labels)) = route(method, path) else { panic!("{method} {path}") };
    labels
}

fn request() -> Request<'static> {
    Request { body: BODY.as_bytes(), ..Request::default() }
}

/// The yardstick: any JSON of that size.
#[divan::bench]
fn baseline_json(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| serde_json::from_str::<serde_json::Value>(black_box(BODY)).unwrap());
}

#[divan::bench]
fn route_create_thing(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| route(black_box("POST"), black_box(THING)).unwrap());
}

#[divan::bench]
fn decode_create_thing(bencher: Bencher<'_, '_>) {
    let (labels, request) = (labels("POST", THING), request());
    bencher.bench_local(|| decode(Operation::CreateThing, black_box(&labels), black_box(&request)).unwrap());
}

#[divan::bench]
fn validate_create_thing(bencher: Bencher<'_, '_>) {
    let input = decode(Operation::CreateThing, &labels("POST", THING), &request()).unwrap();
    bencher.bench_local(|| validate(Operation::CreateThing, black_box(&input)).unwrap());
}

#[divan::bench]
fn validate_five_violations(bencher: Bencher<'_, '_>) {
    let body = br#"{"frequency":"HOURLY","dayOfMonth":"32","dayOfWeek":"X"}"#;
    let labels = labels("POST", "/audit/scheduledaudits/a%20b");
    let input =
        decode(Operation::CreateScheduledAudit, &labels, &Request { body, ..Request::default() }).unwrap();
    assert_eq!(violations(Operation::CreateScheduledAudit, &input).count, 5);
    bencher.bench_local(|| validate(Operation::CreateScheduledAudit, black_box(&input)).unwrap_err());
}

#[divan::bench]
fn read_create_thing(bencher: Bencher<'_, '_>) {
    let (labels, request) = (labels("POST", THING), request());
    bencher.bench_local(|| read::<CreateThingInput>(black_box(&labels), black_box(&request)).unwrap());
}

#[divan::bench]
fn read_describe_thing(bencher: Bencher<'_, '_>) {
    let labels = labels("GET", THING);
    bencher.bench_local(|| read::<DescribeThingInput>(black_box(&labels), &Request::default()).unwrap());
}

#[divan::bench]
fn encode_describe_thing(bencher: Bencher<'_, '_>) {
    let output = DescribeThingOutput {
        thing_name: Some("press:0042".to_owned()),
        thing_arn: Some("arn:aws:iot:eu-central-1:111122223333:thing/press:0042".to_owned()),
        version: Some(3),
        ..Default::default()
    };
    bencher.bench_local(|| DescribeThingInput::encode(black_box(&output)).unwrap());
}
