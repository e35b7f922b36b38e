//! How long proofs take: single questions on policies of the usual kind, policies built to be hard, and a fleet of a million.
//!
//! `cargo bench -p thingwarden-engine --bench prove`
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::sync::Arc;

use divan::{Bencher, black_box};
use thingwarden_engine::policy::{Context, Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::prove::{
    BlastRadius, Case, Device, Names, Scope, Thing, Way, Ways, cross_device, diff, quarantined, within,
};

fn main() {
    divan::main();
}

fn scope() -> Scope {
    Scope { partition: "aws".into(), region: "eu-central-1".into(), account: "111122223333".into() }
}

const NAME: &str = "${iot:Connection.Thing.ThingName}";

/// Statements as (effect, action, resource without the start of its ARN).
fn set(statements: &[(&str, &str, String)]) -> PolicySet {
    let statement = |(effect, action, resource): &(&str, &str, String)| {
        format!(r#"{{"Effect":"{effect}","Action":"iot:{action}","Resource":"{}"}}"#, scope().arn(resource))
    };
    let statements: Vec<String> = statements.iter().map(statement).collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","));
    let document = Arc::new(parse(&text, Dialect::Identity).unwrap());
    PolicySet::compile([PolicySource { name: "p".into(), version: "1".into(), document }])
}

/// What a policy of a fleet is like, bound to the device's name.
fn typical() -> Vec<(&'static str, &'static str, String)> {
    vec![
        ("Allow", "Connect", format!("client/{NAME}")),
        ("Allow", "Publish", format!("topic/$aws/things/{NAME}/*")),
        ("Allow", "Publish", format!("topic/plant/*/{NAME}/state")),
        ("Allow", "Subscribe", format!("topicfilter/$aws/things/{NAME}/*")),
        ("Allow", "Subscribe", "topicfilter/plant/*/orders".to_owned()),
        ("Allow", "Receive", "topic/*".to_owned()),
        ("Deny", "Publish", "topic/plant/*/control".to_owned()),
    ]
}

fn lamp(name: &str, ways: Ways) -> Device {
    let thing = Thing { name: name.to_owned(), ..Thing::default() };
    Device { certificate: Some(Context::new()), things: vec![thing], anything_goes: false, ways }
}

#[divan::bench]
fn cross_device_typical(bencher: Bencher<'_, '_>) {
    let set = set(&typical());
    let cases = [Case { set: &set, device: lamp("press-7", Ways::All) }];
    assert!(cross_device(&cases, &scope()).is_isolated());
    bencher.bench_local(|| cross_device(black_box(&cases), &scope()));
}

#[divan::bench]
fn quarantined_typical(bencher: Bencher<'_, '_>) {
    let mut statements = typical();
    statements.push(("Deny", "*", "*".to_owned()));
    let set = set(&statements);
    let cases = [Case { set: &set, device: lamp("press-7", Ways::All) }];
    bencher.bench_local(|| quarantined(black_box(&cases), &scope()));
}

#[divan::bench]
fn diff_typical(bencher: Bencher<'_, '_>) {
    let mut wider = typical();
    wider.push(("Allow", "Publish", "topic/alarms/*".to_owned()));
    let (old, new) = (set(&typical()), set(&wider));
    let devices = Device::generic(&[&old, &new]);
    bencher.bench_local(|| diff(black_box(&old), black_box(&new), &devices, &scope()));
}

/// A policy at the size limit, of wildcards only, against one that is nearly the same: the worst that fits in.
#[divan::bench]
fn within_hard(bencher: Bencher<'_, '_>) {
    let pattern = |letter: char, count: usize| {
        let stars: String = (0..count).map(|_| format!("*{letter}?a")).collect();
        format!("topic/{stars}*")
    };
    let many = |letters: std::ops::RangeInclusive<char>, count: usize| -> Vec<_> {
        letters.map(|letter| ("Allow", "Publish", pattern(letter, count))).collect()
    };
    let (of, over) = (set(&many('a'..='p', 8)), set(&many('b'..='p', 8)));
    let devices = Device::generic(&[&of, &over]);
    bencher.bench_local(|| within(black_box(&of), black_box(&over), &devices, &scope()));
}

/// A million things with a principal each, and ten thousand policies: a tenth of them bound to the device, the others each with
/// a wildcard of its own.
#[divan::bench(sample_count = 1)]
fn blast_radius_of_a_million(bencher: Bencher<'_, '_>) {
    let names: Names = (0..1_000_000).map(|index| format!("dev-{index:07}")).collect();
    let sets: Vec<PolicySet> = (0..10_000)
        .map(|index| {
            let mut statements = typical();
            if index % 10 != 0 {
                statements.push(("Allow", "GetThingShadow", format!("thing/dev-{index:04}*")));
                statements.push(("Allow", "Publish", format!("topic/$aws/things/dev-{index:05}*/shadow/*")));
            }
            set(&statements)
        })
        .collect();
    bencher.bench_local(|| {
        let place = scope();
        let mut radius = BlastRadius::new(&names, &sets, &place);
        let mut touched = 0;
        for index in 0..names.len() {
            let name = names.get(index).unwrap();
            let set = index % sets.len();
            let ways = [Ways::AsThing, Ways::WithoutThing].map(|ways| Way { set, device: lamp(name, ways) });
            touched += radius.of(&ways).others;
        }
        touched
    });
}
