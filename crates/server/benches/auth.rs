//! What a request costs before it is carried out: its signature, and whether its caller may. Together they should take less
//! than 10 µs; the yardstick is hashing the same text once.
//!
//! `cargo bench -p thingwarden --bench auth`
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::convert::Infallible;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use divan::Bencher;
use serde_json::{Value, json};
use thingwarden::auth::authorize::{LookupError, RequestFacts, Resources, authorize};
use thingwarden::auth::sigv4::{SignedParts, Verified, Verifier, VerifyError};
use thingwarden::auth::{Caller, Credential, SecretKey};
use thingwarden_engine::policy::{Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::time::Timestamp;
use thingwarden_wire::Operation;

fn main() {
    divan::main();
}

struct Nothing;

impl Resources for Nothing {
    fn tags(&self, _: &str) -> Result<Vec<(String, String)>, LookupError> {
        Ok(vec![("team".to_owned(), "red".to_owned())])
    }

    fn domain_configuration_id(&self, _: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
}

/// A request that botocore signed, and what it was signed with.
struct Signed {
    secret: String,
    now: Timestamp,
    path: String,
    headers: Vec<(String, String)>,
}

fn signed() -> Signed {
    let file: Value = serde_json::from_str(include_str!("../../../tests/conformance/sigv4.json")).unwrap();
    let requests = file.get("requests").unwrap().as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let get = |request: &Value, member: &str| request.get(member).unwrap().clone();
    let request = requests.iter().find(|request| {
        get(request, "path") == "/attached-policies/arn:aws:iot:us-east-1:123456789012:cert/abc"
            && get(request, "query") == ""
            && get(request, "token").is_null()
    });
    let request = request.unwrap();
    let pair = |pair: &Value| (text(pair.get(0).unwrap()), text(pair.get(1).unwrap()));
    Signed {
        secret: text(file.get("secret").unwrap()),
        now: Timestamp::from_seconds(file.get("now").unwrap().as_i64().unwrap()),
        path: text(&get(request, "path")),
        headers: get(request, "headers").as_array().unwrap().iter().map(pair).collect(),
    }
}

fn verify(
    verifier: &Verifier,
    signed: &Signed,
    headers: &[(&str, &[u8])],
    body: &[u8],
) -> Result<Verified<()>, VerifyError<Infallible>> {
    let parts = SignedParts { method: "POST", path_raw: &signed.path, query_raw: "", headers, body };
    let credential = Credential { secret: SecretKey::new(signed.secret.as_str()), session: None, owner: () };
    verifier.verify(&parts, signed.now, |_| Ok(Some(credential)))
}

fn headers(signed: &Signed) -> Vec<(&str, &[u8])> {
    signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect()
}

fn caller(condition: &Value) -> Caller {
    let resource = "arn:aws:iot:us-east-1:123456789012:thing/press-*";
    let statements: Vec<Value> = ["iot:Describe*", "iot:CreateThing", "iot:UpdateThing", "iot:ListThings"]
        .iter()
        .map(|action| json!({ "Effect": "Allow", "Action": action, "Resource": resource, "Condition": condition }))
        .collect();
    let text = json!({ "Version": "2012-10-17", "Statement": statements }).to_string();
    let document = Arc::new(parse(&text, Dialect::Identity).unwrap());
    let set =
        Arc::new(PolicySet::compile([PolicySource { name: "p".into(), version: "1".into(), document }]));
    Caller::user("123456789012", "alice", "arn:aws:iam::123456789012:user/alice", "AIDAALICE", set)
        .with_tags([("team".to_owned(), "red".to_owned())])
}

fn facts(now: Timestamp) -> RequestFacts<'static> {
    let source_ip = IpAddr::V4(Ipv4Addr::new(203, 0, 113, 9));
    let user_agent = Some("Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.8 lang/python#3.12");
    RequestFacts { source_ip: Some(source_ip), secure: true, user_agent, region: "us-east-1", now }
}

#[divan::bench]
fn baseline_hash_of_the_same_text(bencher: Bencher<'_, '_>) {
    let signed = signed();
    let text: String = signed.headers.iter().map(|(_, value)| value.as_str()).collect();
    bencher.bench_local(|| ring::digest::digest(&ring::digest::SHA256, black_box(text.as_bytes())));
}

#[divan::bench]
fn verify_known_key(bencher: Bencher<'_, '_>) {
    let (signed, verifier) = (signed(), Verifier::new(&["iot", "iotdata", "sts"]));
    let headers = headers(&signed);
    assert!(verify(&verifier, &signed, &headers, b"").is_ok());
    bencher.bench_local(|| verify(&verifier, &signed, black_box(&headers), b"").is_ok());
}

#[divan::bench]
fn verify_first_request_of_the_day(bencher: Bencher<'_, '_>) {
    let signed = signed();
    let headers = headers(&signed);
    let verifier = || Verifier::new(&["iot", "iotdata", "sts"]);
    bencher
        .with_inputs(verifier)
        .bench_local_values(|verifier| verify(&verifier, &signed, &headers, b"").is_ok());
}

fn run(bencher: Bencher<'_, '_>, condition: &Value) {
    let (caller, facts) = (caller(condition), facts(Timestamp::from_seconds(1_772_409_570)));
    let input = json!({ "thingName": "press-0042" });
    let ask = || authorize(&caller, Operation::DescribeThing, &input, black_box(&facts), &Nothing).is_ok();
    assert!(ask());
    bencher.bench_local(ask);
}

#[divan::bench]
fn authorize_by_resource(bencher: Bencher<'_, '_>) {
    run(bencher, &json!({ "Bool": { "aws:SecureTransport": "true" } }));
}

#[divan::bench]
fn authorize_by_tags(bencher: Bencher<'_, '_>) {
    run(bencher, &json!({ "StringEquals": { "aws:ResourceTag/team": "${aws:PrincipalTag/team}" } }));
}
