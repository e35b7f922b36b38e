//! What depends on conditions, of every operator and on keys that nobody knows, against brute force: all values that could tell
//! these conditions apart are tried with `decide`.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p thingwarden-engine --lib prove::condition_properties` runs more than the usual
//! cases.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::properties::scope;
use super::tests::policies;
use super::*;
use crate::policy::{Context, Decision, PolicySet, Request, decide};

const TYPE: &str = "iot:Connection.Thing.ThingTypeName";
const ATTRIBUTE: &str = "iot:Connection.Thing.Attributes[k]";
const NAME: &str = "iot:Certificate.Subject.CommonName";
const NAMES: &str = "iot:Certificate.Subject.AlternativeName.DnsName.List";
const ADDRESS: &str = "aws:SourceIp";
const TIME: &str = "aws:CurrentTime";
const EPOCH: &str = "aws:EpochTime";
const AGENT: &str = "aws:UserAgent";
const SECURE: &str = "aws:SecureTransport";
const ALL: [&str; 9] = [TYPE, ATTRIBUTE, NAME, NAMES, ADDRESS, TIME, EPOCH, AGENT, SECURE];

const WORDS: [&str; 9] = ["a", "b", "A", "a*", "*b", "?", "?1", "1", ""];
const NUMBERS: [&str; 4] = ["1", "2", "10", "1.5"];
const DATES: [&str; 2] = ["2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z"];
const ADDRESSES: [&str; 5] = ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32"];
const ARNS: [&str; 3] = ["arn:aws:iot:*:*:thing/a", "arn:aws:iot:eu-west-1:*:thing/*", "arn:*:s3:::b"];

/// An operator with what it can be compared with.
fn operator(
    key: &'static str,
    keys: &[&'static str],
) -> impl Strategy<Value = (String, Vec<String>)> + use<> {
    let owned = |values: &[&str]| values.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>();
    let mut words = owned(&WORDS);
    // What is compared with other keys of the request.
    words.extend(owned(&["${iot:Connection.Thing.ThingName}", "${iot:Connection.Thing.ThingName}*"]));
    words.extend(keys.iter().filter(|other| **other != key).map(|other| format!("${{{other}}}")));
    let on_text = || {
        let comparison = select(vec![
            "StringEquals",
            "StringNotEquals",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
            "StringLike",
            "StringNotLike",
        ]);
        (comparison, vec(select(words.clone()), 1..3)).boxed()
    };
    let of = |comparisons: &[&'static str], values: &'static [&'static str]| {
        (select(comparisons.to_vec()), vec(select(owned(values)), 1..3)).boxed()
    };
    let on_number =
        of(&["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericGreaterThanEquals"], &NUMBERS);
    let on_date = of(&["DateEquals", "DateNotEquals", "DateLessThan", "DateGreaterThanEquals"], &DATES);
    let on_address = of(&["IpAddress", "NotIpAddress"], &ADDRESSES);
    let on_arn = of(&["ArnEquals", "ArnLike", "ArnNotLike"], &ARNS);
    let on_bool = of(&["Bool"], &["true", "false"]);
    let any = match key {
        ADDRESS => on_address,
        TIME => on_date,
        EPOCH => on_number,
        SECURE => on_bool,
        _ => prop_oneof![6 => on_text(), 1 => on_number, 1 => on_date, 1 => on_address, 1 => on_arn, 1 => on_bool].boxed(),
    };
    let sets = if key == NAMES { vec!["", "ForAnyValue:", "ForAllValues:"] } else { vec![""] };
    let plain = (select(sets), any, select(vec!["", "", "IfExists"]))
        .prop_map(|(set, (comparison, values), end)| (format!("{set}{comparison}{end}"), values));
    let null = select(vec!["true", "false"]).prop_map(|value| ("Null".to_owned(), vec![value.to_owned()]));
    prop_oneof![6 => plain, 1 => null]
}

/// A condition block on some of these keys, as text: empty, or with a space before it.
fn block(keys: Vec<&'static str>) -> impl Strategy<Value = String> {
    let one =
        select(keys.clone()).prop_flat_map(move |key| operator(key, &keys).prop_map(move |on| (key, on)));
    vec(one, 0..3).prop_map(|all| {
        let mut block: BTreeMap<String, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
        for (key, (operator, values)) in all {
            block.entry(operator).or_default().insert(key, values);
        }
        if block.is_empty() { String::new() } else { format!(" {}", serde_json::to_string(&block).unwrap()) }
    })
}

fn statement(keys: Vec<&'static str>) -> impl Strategy<Value = String> {
    let mut topics: Vec<String> = ["topic/a", "topic/*", "topic/b", "!topic/a"].map(str::to_owned).to_vec();
    topics.extend(keys.iter().map(|key| format!("topic/${{{key}}}")));
    let effect = select(vec!["Allow", "Allow", "Deny"]);
    (effect, select(topics), block(keys))
        .prop_map(|(effect, topic, block)| format!("{effect} Publish {topic}{block}"))
}

/// Two sets of statements about the same two keys.
fn statements() -> impl Strategy<Value = (Vec<&'static str>, Vec<String>, Vec<String>)> {
    subsequence(&ALL[..], 1..3).prop_flat_map(|keys| {
        let some = |keys: &Vec<&'static str>, least: usize| vec(statement(keys.clone()), least..4);
        (Just(keys.clone()), some(&keys, 1), some(&keys, 0))
    })
}

/// What a key may be; the empty list: it is not there.
fn values(key: &str, thing: &str) -> Vec<Vec<String>> {
    let one = |values: &[&str]| values.iter().map(|value| vec![(*value).to_owned()]).collect::<Vec<_>>();
    let around = ["2025-06-01T00:00:00Z", "2026-03-01T00:00:00Z", "2027-01-01T00:00:00Z"];
    let numbers = ["0", "1", "1.2", "1.5", "1.7", "2", "5", "10", "11", "-1"];
    let dates: Vec<Vec<String>> = one(&DATES).into_iter().chain(one(&around)).collect();
    let addresses = ["10.1.2.3", "10.1.9.9", "10.9.9.9", "11.1.1.1", "2001:db8::1", "2002::1"];
    match key {
        ADDRESS => one(&addresses),
        TIME => dates,
        EPOCH => one(&numbers),
        SECURE => vec![vec!["true".to_owned()], vec!["false".to_owned()], Vec::new()],
        _ => {
            let words =
                ["", "a", "b", "A", "B", "aa", "ab", "bb", "x", "xx", "x1", "a1", "11", "xb", "axb", "axx"];
            let others = ["true", "false", "10.1.2.3", "11.1.1.1"];
            let arns = [
                "arn:aws:iot:us-east-1:1:thing/a",
                "arn:aws:iot:eu-west-1:1:thing/a",
                "arn:aws:iot:eu-west-1:1:thing/b",
                "arn:aws:s3:::b",
                "arn:aws:s3:::c",
            ];
            let mut all: Vec<Vec<String>> =
                [&words[..], &numbers, &others, &arns].into_iter().flat_map(one).chain(dates).collect();
            if key == NAMES {
                let few = ["", "a", "b", "A", "x", "a1", "1", "xb"];
                for (index, first) in few.iter().enumerate() {
                    all.extend(
                        few[index + 1..].iter().map(|second| vec![(*first).to_owned(), (*second).to_owned()]),
                    );
                }
            }
            all.extend([vec![thing.to_owned()], vec![format!("{thing}1")], Vec::new()]);
            all
        }
    }
}

/// Every context of requests in which these keys are all that policies speak of. What resources have in them is nothing that
/// resources spell: proofs are about devices with such fields.
fn contexts(keys: &[&str], statements: &[String], thing: &str) -> Vec<Context> {
    let attached = Context::new()
        .with("iot:ClientId", [thing])
        .with("iot:Connection.Thing.ThingName", [thing])
        .with("iot:Connection.Thing.IsAttached", ["true"]);
    let other = Context::new().with("iot:ClientId", ["x"]).with("iot:Connection.Thing.IsAttached", ["false"]);
    let mut found = Vec::new();
    for (base, has_thing) in [(attached, true), (other, false), (Context::new(), false)] {
        let mut all = vec![base];
        for key in keys.iter().filter(|key| has_thing || !key.starts_with("iot:Connection")) {
            let mut choices = values(key, thing);
            if statements.iter().any(|statement| statement.contains(&format!("topic/${{{key}}}"))) {
                choices.retain(|choice| !choice.iter().any(|value| ["a", "b"].contains(&value.as_str())));
            }
            all = all
                .iter()
                .flat_map(|context| choices.iter().map(|choice| context.clone().with(key, choice.clone())))
                .collect();
        }
        found.append(&mut all);
    }
    found
}

fn set_of(statements: &[String]) -> PolicySet {
    policies(&statements.iter().map(String::as_str).collect::<Vec<_>>())
}

fn is_allowed(set: &PolicySet, resource: &str, context: &Context) -> bool {
    decide(set, &Request { action: "iot:Publish", resource, context }) == Decision::Allowed
}

proptest! {
    #[test]
    fn what_differs_in_some_context_is_what_brute_force_says((keys, of, over) in statements()) {
        let (new, old) = (set_of(&of), set_of(&over));
        let devices = Device::generic(&[&old, &new]);
        let found = diff(&old, &new, &devices, &scope());
        let name = devices.iter().flat_map(Device::names).next().unwrap().to_owned();
        let added = found.added.iter().find(|change| change.action == "iot:Publish");
        match added.map(|change| &change.answer) {
            None | Some(Answer::Proof) => {
                let statements: Vec<String> = of.iter().chain(&over).cloned().collect();
                for context in contexts(&keys, &statements, &name) {
                    for topic in ["a", "b", "x", "A", "1"] {
                        let resource = scope().arn(&format!("topic/{topic}"));
                        let differs = is_allowed(&new, &resource, &context) && !is_allowed(&old, &resource, &context);
                        prop_assert!(!differs, "{topic} {context:?} {of:?} {over:?}");
                    }
                }
            }
            Some(Answer::Witness(witness)) => {
                prop_assert!(is_allowed(&new, &witness.resource, &witness.context), "{of:?} {over:?}");
                prop_assert!(!is_allowed(&old, &witness.resource, &witness.context), "{of:?} {over:?}");
            }
            Some(Answer::OutOfBounds(reasons)) => prop_assert!(!reasons.is_empty()),
        }
    }

    #[test]
    fn what_is_dead_makes_no_difference((keys, mut statements, more) in statements()) {
        statements.extend(more);
        // What is longer is no policy.
        while statements.iter().map(String::len).sum::<usize>() > 1_200 {
            statements.pop();
        }
        let set = set_of(&statements);
        let devices = Device::generic(&[&set]);
        let name = devices.iter().flat_map(Device::names).next().unwrap().to_owned();
        let cases: Vec<Case<'_>> = devices.into_iter().map(|device| Case { set: &set, device }).collect();
        for dead in dead(&set, &cases, &Places::only(scope())) {
            if matches!(dead.why, Why::OutOfBounds(_) | Why::VariableNeverResolves { .. } | Why::LiteralWildcard { .. }) {
                continue;
            }
            let mut left = statements.clone();
            left.remove(dead.statement.statement);
            let without = set_of(&left);
            for context in contexts(&keys, &statements, &name) {
                for topic in ["a", "b", "x", "A", "1"] {
                    let resource = scope().arn(&format!("topic/{topic}"));
                    let [before, after] = [&set, &without].map(|set| is_allowed(set, &resource, &context));
                    prop_assert_eq!(before, after, "{} {:?} {:?} {:?}", topic, context, dead, statements);
                }
            }
        }
    }
}
