//! How long one decision takes, next to one comparison of the resource with a string of the same length.
//!
//! `cargo bench -p thingwarden-engine --bench decide`
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::hint::black_box;
use std::sync::Arc;

use divan::Bencher;
use thingwarden_engine::policy::{
    Context, Decision, Dialect, PolicySet, PolicySource, Request, decide, parse,
};

const ARN: &str = "arn:aws:iot:eu-central-1:111122223333:";
const SIZES: [usize; 3] = [1, 10, 1_000];

fn main() {
    divan::main();
}

/// Policies of ten statements each, because that is about what the size limit of a policy allows.
fn compile(statements: impl Iterator<Item = String>) -> PolicySet {
    let statements: Vec<String> = statements.collect();
    let sources = statements.chunks(10).enumerate().map(|(index, chunk)| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, chunk.join(","));
        PolicySource {
            name: format!("policy-{index}").into(),
            version: "1".to_owned(),
            document: Arc::new(parse(&text, Dialect::Identity).unwrap()),
        }
    });
    PolicySet::compile(sources)
}

fn allow(resource: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":["iot:Publish","iot:Receive"],"Resource":"{ARN}{resource}"}}"#)
}

fn context() -> Context {
    Context::new()
        .with("iot:ClientId", ["press-0042"])
        .with("iot:Connection.Thing.ThingName", ["press-0042"])
        .with("iot:Connection.Thing.IsAttached", ["true"])
        .with("iot:CertificateId", ["1f".repeat(32)])
        .with("iot:Certificate.Subject.CommonName", ["press-0042"])
        .with("aws:SourceIp", ["203.0.113.9"])
}

fn run(bencher: Bencher<'_, '_>, set: &PolicySet, topic: &str, expected: Decision) {
    let (context, resource) = (context(), format!("{ARN}topic/{topic}"));
    let request = Request { action: "iot:Publish", resource: &resource, context: &context };
    assert_eq!(decide(set, &request), expected, "{topic}");
    bencher.bench_local(|| decide(black_box(set), black_box(&request)));
}

/// The yardstick: is this resource that string? They differ in the last byte, so every byte is looked at.
#[divan::bench]
fn baseline_compare_resource(bencher: Bencher<'_, '_>) {
    let (resource, other) = (format!("{ARN}topic/line/0042/state"), format!("{ARN}topic/line/0042/statf"));
    bencher.bench_local(|| black_box(resource.as_str()) == black_box(other.as_str()));
}

fn lines(statements: usize) -> PolicySet {
    compile((0..statements).map(|line| allow(&format!("topic/line/{line:04}/state"))))
}

#[divan::bench(args = SIZES)]
fn literal_hit_first(bencher: Bencher<'_, '_>, statements: usize) {
    run(bencher, &lines(statements), "line/0000/state", Decision::Allowed);
}

#[divan::bench(args = SIZES)]
fn literal_hit_last(bencher: Bencher<'_, '_>, statements: usize) {
    let topic = format!("line/{:04}/state", statements - 1);
    run(bencher, &lines(statements), &topic, Decision::Allowed);
}

#[divan::bench(args = SIZES)]
fn literal_miss(bencher: Bencher<'_, '_>, statements: usize) {
    run(bencher, &lines(statements), "line/9999/state", Decision::ImplicitDeny);
}

fn branches(statements: usize) -> PolicySet {
    compile((0..statements).map(|line| allow(&format!("topic/line/{line:04}/*"))))
}

#[divan::bench(args = SIZES)]
fn wildcard_hit_last(bencher: Bencher<'_, '_>, statements: usize) {
    let topic = format!("line/{:04}/state", statements - 1);
    run(bencher, &branches(statements), &topic, Decision::Allowed);
}

#[divan::bench(args = SIZES)]
fn wildcard_miss(bencher: Bencher<'_, '_>, statements: usize) {
    run(bencher, &branches(statements), "line/9999/state", Decision::ImplicitDeny);
}

/// The worst case for the index: every statement begins alike, so every one is looked at.
#[divan::bench(args = SIZES)]
fn alike_miss(bencher: Bencher<'_, '_>, statements: usize) {
    let set = compile((0..statements).map(|line| allow(&format!("topic/line/*/{line:04}"))));
    run(bencher, &set, "line/9999/state", Decision::ImplicitDeny);
}

#[divan::bench(args = SIZES)]
fn variable_hit(bencher: Bencher<'_, '_>, statements: usize) {
    let own = allow("topic/own/${iot:Connection.Thing.ThingName}/*");
    let others = (1..statements).map(|line| allow(&format!("topic/line/{line:04}/state")));
    run(bencher, &compile(others.chain([own])), "own/press-0042/state", Decision::Allowed);
}

#[divan::bench(args = SIZES)]
fn variable_miss(bencher: Bencher<'_, '_>, statements: usize) {
    let set = compile((0..statements).map(|line| allow(&format!("topic/{line:04}/${{iot:ClientId}}"))));
    run(bencher, &set, "0000/press-0043", Decision::ImplicitDeny);
}

/// A policy as devices have it: connect under the own name, use the own topics, from one network, with one exception.
#[divan::bench]
fn typical_device(bencher: Bencher<'_, '_>) {
    let name = "${iot:Connection.Thing.ThingName}";
    let statements = [
        format!(
            r#"{{"Effect":"Allow","Action":"iot:Connect","Resource":"{ARN}client/{name}",
                "Condition":{{"Bool":{{"iot:Connection.Thing.IsAttached":"true"}}}}}}"#
        ),
        format!(
            r#"{{"Effect":"Allow","Action":["iot:Publish","iot:Receive"],
                "Resource":["{ARN}topic/own/{name}/*","{ARN}topic/$aws/things/{name}/*"],
                "Condition":{{"IpAddress":{{"aws:SourceIp":["198.51.100.0/24","203.0.113.0/24"]}}}}}}"#
        ),
        format!(
            r#"{{"Effect":"Allow","Action":"iot:Subscribe",
                "Resource":["{ARN}topicfilter/own/{name}/*","{ARN}topicfilter/$aws/things/{name}/*"]}}"#
        ),
        format!(r#"{{"Effect":"Deny","Action":"iot:*","Resource":"{ARN}topic/own/*/factory-reset"}}"#),
    ];
    run(bencher, &compile(statements.into_iter()), "own/press-0042/state", Decision::Allowed);
}
