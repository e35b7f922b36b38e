//! How long proofs take: single questions on policies of the usual kind, policies built to be hard, and a fleet of a million.
//!
//! `cargo bench -p thingwarden-engine --bench prove`
#![allow(clippy::unwrap_used, reason = "a bench that cannot be set up should stop")]

use std::sync::Arc;

use divan::{Bencher, black_box};
use thingwarden_engine::policy::analysis::broad_data_plane_actions;
use thingwarden_engine::policy::{Context, Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::prove::{
    BlastRadius, Case, Device, Lengths, Names, PolicyProofs, Scope, Template, Thing, Way, Ways, cross_device,
    diff, quarantined, shown_grants, within,
};

fn main() {
    divan::main();
}

fn scope() -> Scope {
    Scope::of_fleet("111122223333", "eu-central-1")
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
    Device { certificate: Some(Context::new()), things: vec![thing], ways, ..Device::default() }
}

#[divan::bench]
fn cross_device_typical(bencher: Bencher<'_, '_>) {
    let set = set(&typical());
    let cases = [Case { set: &set, device: lamp("press-7", Ways::All) }];
    assert!(cross_device(&cases, &scope()).is_isolated());
    bencher.bench_local(|| cross_device(black_box(&cases), &scope()));
}

/// As above, on a broker that takes the longest names that it can be set to.
#[divan::bench]
fn cross_device_long_names(bencher: Bencher<'_, '_>) {
    let set = set(&typical());
    let cases = [Case { set: &set, device: lamp("press-7", Ways::All) }];
    let lengths = Lengths { client_id_bytes: 1_024, topic_bytes: 4_096, topic_slashes: 127 };
    let scope = Scope { lengths, ..scope() };
    assert!(cross_device(&cases, &scope).is_isolated());
    bencher.bench_local(|| cross_device(black_box(&cases), &scope));
}

/// What a check of one policy costs that lets devices do everything: examples of its broad grants.
#[divan::bench]
fn grants_shown(bencher: Bencher<'_, '_>) {
    let set = set(&[("Allow", "*", "*".to_owned())]);
    let document = &set.sources().first().unwrap().document;
    let grants = broad_data_plane_actions(document);
    assert!(!grants.is_empty());
    bencher.bench_local(|| shown_grants(black_box(document), grants.clone(), None, &scope()));
}

/// As above, after its proofs were asked for.
#[divan::bench]
fn grants_shown_after_proofs(bencher: Bencher<'_, '_>) {
    let set = set(&[("Allow", "*", "*".to_owned())]);
    let document = &set.sources().first().unwrap().document;
    let (grants, proofs) = (broad_data_plane_actions(document), PolicyProofs::of(document, Lengths::AWS));
    bencher.bench_local(|| shown_grants(black_box(document), grants.clone(), Some(&proofs), &scope()));
}

/// As above: what is proved of it.
#[divan::bench]
fn proofs_of_a_policy(bencher: Bencher<'_, '_>) {
    let set = set(&[("Allow", "*", "*".to_owned())]);
    bencher
        .bench_local(|| PolicyProofs::of(black_box(&set.sources().first().unwrap().document), Lengths::AWS));
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

/// Accounts in patterns that tell hundreds of kinds of them apart, each with an automaton that is hard in itself.
#[divan::bench(sample_count = 5)]
fn proofs_in_many_places(bencher: Bencher<'_, '_>) {
    let patterns: Vec<String> =
        (0..40).map(|pair| format!(r#""arn:*:*:*:*{pair:02}*{}*:*""#, 99 - pair)).collect();
    let text = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"iot:*","Resource":[{}]}}]}}"#,
        patterns.join(",")
    );
    let document = parse(&text, Dialect::Iot).unwrap();
    assert!(!PolicyProofs::of(&document, Lengths::AWS).out_of_bounds.is_empty());
    bencher.bench_local(|| PolicyProofs::of(black_box(&document), Lengths::AWS));
}

/// What ten thousand policies of a fleet are like.
#[derive(Clone, Copy, Debug)]
enum Fleet {
    /// Bound to the device in nine of ten; the others also reach what one wildcard of their own takes.
    Usual,
    /// Each with wildcards of its own for everything that it allows: no two leave the same.
    Wildcards,
    /// Each spells the name of its own thing, and those of five others whose shadows it reads.
    Named,
    /// Each with ends of names: what an order by beginnings does not help with.
    Ends,
}

const POLICIES: usize = 10_000;

impl Fleet {
    fn set(self, index: usize) -> PolicySet {
        let mut statements = typical();
        match self {
            Self::Usual if index.is_multiple_of(10) => {
                statements.push(("Allow", "GetThingShadow", format!("thing/dev-{index:04}*")));
                statements.push(("Allow", "Publish", format!("topic/$aws/things/dev-{index:05}*/shadow/*")));
            }
            Self::Usual => statements.push(("Allow", "Publish", format!("topic/line-{index}/*"))),
            Self::Wildcards => {
                statements = vec![
                    ("Allow", "Connect", format!("client/dev-{index:05}*")),
                    ("Allow", "Publish", format!("topic/$aws/things/dev-{index:05}*")),
                    ("Allow", "Subscribe", format!("topicfilter/$aws/things/dev-{index:05}*")),
                    ("Allow", "Receive", format!("topic/$aws/things/dev-{index:05}*")),
                    ("Allow", "GetThingShadow", format!("thing/dev-{index:05}*")),
                    ("Deny", "Publish", format!("topic/$aws/things/dev-{index:05}9*")),
                ];
            }
            Self::Named => {
                statements.clear();
                let name = |other: usize| format!("dev-{:07}", (index + other * 7_919) % 1_000_000);
                statements.push(("Allow", "Connect", format!("client/{}", name(0))));
                statements.push(("Allow", "Receive", "topic/*".to_owned()));
                for other in 0..6 {
                    let topics = format!("$aws/things/{}/shadow/*", name(other));
                    statements.push(("Allow", "Publish", format!("topic/{topics}")));
                    statements.push(("Allow", "Subscribe", format!("topicfilter/{topics}")));
                }
            }
            Self::Ends => {
                statements.push(("Allow", "DescribeJobExecution", format!("thing/*{index:04}")));
                statements.push(("Allow", "Publish", format!("topic/$aws/things/*{index:05}/shadow/update")));
            }
        }
        set(&statements)
    }
}

/// A million things with a principal each, ten thousand policies, each used by a hundred of them, on two threads.
#[divan::bench(sample_count = 1, args = [Fleet::Usual, Fleet::Wildcards, Fleet::Named, Fleet::Ends])]
fn blast_radius_of_a_million(bencher: Bencher<'_, '_>, fleet: Fleet) {
    let names: Names = (0..1_000_000).map(|index| format!("dev-{index:07}")).collect();
    let sets: Vec<PolicySet> = (0..POLICIES).map(|index| fleet.set(index)).collect();
    let principals: Vec<usize> = (0..names.len()).collect();
    bencher.bench_local(|| {
        let place = scope();
        let radius = BlastRadius::new(&names, &sets, &[], &place);
        let touched = radius.of_all(&principals, 2, |index| {
            let name = names.get(*index).unwrap();
            let set = index % sets.len();
            [Ways::AsThing, Ways::WithoutThing].map(|ways| Way { set, device: lamp(name, ways) }).to_vec()
        });
        touched.iter().map(|touched| touched.others).sum::<usize>()
    });
}

/// What a claim for a template brings that lets whoever has one say the name of any of a million things.
#[divan::bench(sample_count = 1)]
fn a_claim_over_a_million(bencher: Bencher<'_, '_>) {
    let names: Names = (0..1_000_000).map(|index| format!("dev-{index:07}")).collect();
    let sets = [set(&typical())];
    let ways = |name: &str| {
        [Ways::AsThing, Ways::WithoutThing].map(|ways| Way { set: 0, device: lamp(name, ways) }).to_vec()
    };
    let templates = [Template { by_claim: true, device: ways("new-thing"), ..Template::default() }];
    bencher.bench_local(|| {
        let place = scope();
        let radius = BlastRadius::new(&names, &sets, &[], &place);
        let touched = radius.with_templates(&templates, 2, |_, name| ways(name)).by_claim(0);
        assert_eq!(touched.map(|touched| touched.others), Some(names.len()));
    });
}
