//! Properties of parser and evaluator over generated policies, contexts and requests. The generators draw from small
//! pools, so that patterns and requests meet often.

use std::sync::Arc;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Map, Value, json};

use super::document::Comparison;
use super::json;
use super::pattern_text::{Syntax, parse_pattern};
use super::reference::{self, Values};
use super::*;

const SUBJECT: &str = "iot:certificate.subject.commonname";

fn action() -> impl Strategy<Value = &'static str> {
    select(vec!["iot:Publish", "iot:publish", "iot:Pub*", "*", "iot:?ublish", "iot:*", "iot:Connect", "${v}"])
}

fn resource() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "b",
        "/",
        ":",
        "é",
        "*",
        "*",
        "?",
        "${v}",
        "${V}",
        "${w}",
        "${none}",
        "${none, 'a'}",
        "${*}",
        "${$}",
        "+",
        "${",
        "iot:Certificate.Subject.CommonName.1}",
        "${iot:Certificate.Subject.CommonName}",
    ];
    vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat())
}

fn requested_resource() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "/", ":", "é", "*", "$", "+", "\\"]), 0..6).prop_map(|pieces| pieces.concat())
}

/// Keys that occur in conditions.
const KEYS: [&str; 6] =
    ["k", "K", "l", "m", "iot:Certificate.Subject.CommonName", "iot:Certificate.Subject.CommonName.List"];

fn policy_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        select(vec![
            "a",
            "b",
            "A",
            "a*",
            "?",
            "${v}",
            "${none}",
            "x${w}",
            "${none, 'a'}",
            "12",
            "12.0",
            "1.2e1",
            "-3",
            "2026-03-01",
            "2026-03-01T00:00:00Z",
            "203.0.113.0/24",
            "::/0",
            "203.0.113.9",
            "true",
            "FALSE",
            "QUJD",
            "QQ==",
            "arn:a:b:c:d:*",
            "arn:a:*",
            "arn:a:b:${v}:d:e",
            "",
            "*",
            "*:*:*:*:*:*",
        ])
        .prop_map(Value::from),
        (0..20).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ]
}

fn request_value() -> impl Strategy<Value = String> {
    select(vec![
        "a",
        "b",
        "A",
        "ab",
        "a*",
        "x",
        "xa",
        "12",
        "12.000",
        "13",
        "1772323200",
        "2026-03-01",
        "2026-04-01",
        "203.0.113.9",
        "::ffff:203.0.113.9",
        "2001:db8::1",
        "true",
        "False",
        "QUJD",
        "QQ==",
        "arn:a:b:c:d:e",
        "arn:a:b:a:d:e:f",
        "",
        "a,b",
        "a+b",
    ])
    .prop_map(str::to_owned)
}

fn operator() -> impl Strategy<Value = String> {
    let comparison = select(Comparison::ALL.to_vec());
    (comparison, select(vec!["", "", "ForAllValues:", "ForAnyValue:"]), select(vec!["", "", "IfExists"]))
        .prop_map(|(comparison, set, if_exists)| match comparison {
            Comparison::Null => "Null".to_owned(),
            _ => format!("{set}{}{if_exists}", comparison.name()),
        })
}

fn one_or_many<T: Into<Value>>(mut values: Vec<T>) -> Value {
    match values.len() {
        1 => values.remove(0).into(),
        _ => values.into_iter().map(Into::into).collect(),
    }
}

fn conditions() -> impl Strategy<Value = Value> {
    let one = (operator(), select(KEYS.to_vec()), vec(policy_value(), 0..3));
    vec(one, 0..3).prop_map(|all| {
        let mut operators = Map::new();
        for (operator, key, values) in all {
            let keys = operators.entry(operator).or_insert_with(|| json!({}));
            keys[key] = one_or_many(values);
        }
        Value::Object(operators)
    })
}

fn statement(effect: impl Strategy<Value = &'static str>) -> impl Strategy<Value = Value> {
    let negation = prop::bool::weighted(0.25);
    (effect, negation, negation, vec(action(), 1..3), vec(resource(), 1..3), conditions()).prop_map(
        |(effect, not_action, not_resource, actions, resources, conditions)| {
            let mut statement = Map::new();
            statement.insert("Effect".to_owned(), effect.into());
            let action = if not_action { "NotAction" } else { "Action" };
            statement.insert(action.to_owned(), one_or_many(actions));
            let resource = if not_resource { "NotResource" } else { "Resource" };
            statement.insert(resource.to_owned(), one_or_many(resources));
            statement.insert("Condition".to_owned(), conditions);
            Value::Object(statement)
        },
    )
}

fn statements() -> impl Strategy<Value = Vec<Value>> {
    vec(statement(select(vec!["Allow", "Allow", "Deny"])), 1..5)
}

/// Values for variables (`v`, `w`) and for conditions; the subject in one of its forms.
fn values() -> impl Strategy<Value = Values> {
    let some = || vec(request_value(), 0..3);
    let subject = (prop::bool::ANY, vec(request_value(), 0..7));
    let short = || vec(select(vec!["a", "b", "ab", "*"]).prop_map(str::to_owned), 0..2);
    (short(), short(), some(), some(), some(), subject).prop_map(|(v, w, k, l, m, (list, subject))| {
        let subject_key = if list { format!("{SUBJECT}.list") } else { SUBJECT.to_owned() };
        let pairs = [("v", v), ("w", w), ("k", k), ("l", l), ("m", m), (subject_key.as_str(), subject)];
        pairs.into_iter().map(|(key, values)| (key.to_owned(), values)).collect()
    })
}

fn requested_action() -> impl Strategy<Value = &'static str> {
    select(vec!["iot:Publish", "IOT:publish", "iot:Connect", "iot:Receive", "${v}"])
}

#[derive(Clone, Debug)]
struct Asked {
    action: &'static str,
    resource: String,
    values: Values,
}

fn asked() -> impl Strategy<Value = Asked> {
    (requested_action(), requested_resource(), values()).prop_map(|(action, resource, values)| Asked {
        action,
        resource,
        values,
    })
}

impl Asked {
    fn context(&self) -> Context {
        self.values.iter().map(|(key, values)| (key, values.iter().cloned())).collect()
    }

    fn of(&self, policies: &[Vec<Value>]) -> Decision {
        self.with(policies, decide)
    }

    fn with<T>(&self, policies: &[Vec<Value>], ask: impl Fn(&PolicySet, &Request<'_>) -> T) -> T {
        let sources = documents(policies).into_iter().enumerate().map(|(index, document)| PolicySource {
            name: index.to_string().into(),
            version: String::new(),
            document: Arc::new(document),
        });
        let context = self.context();
        let request = Request { action: self.action, resource: &self.resource, context: &context };
        ask(&PolicySet::compile(sources), &request)
    }
}

fn text_of(statements: &[Value]) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn documents(policies: &[Vec<Value>]) -> Vec<Document> {
    policies.iter().map(|statements| parse(&text_of(statements), Dialect::Identity).unwrap()).collect()
}

/// Text in which the notation of patterns is frequent.
fn notation() -> impl Strategy<Value = String> {
    let pieces = vec!["a", "*", "?", "$", "{", "}", "${", "'", ",", " ", "${a, '", "'}", "${*}", "é", "\\"];
    vec(select(pieces), 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn decisions_are_those_of_the_reference(policies in vec(statements(), 1..3), asked in asked()) {
        let expected = reference::decide(&documents(&policies), asked.action, &asked.resource, &asked.values);
        prop_assert_eq!(asked.of(&policies), expected);
        let explanation = asked.with(&policies, explain);
        prop_assert_eq!(explanation.decision, expected);
        prop_assert_eq!(explanation.decisive().count() == 0, expected == Decision::ImplicitDeny);
    }

    #[test]
    fn order_does_not_matter(statements in statements(), turn in 0_usize..5, asked in asked()) {
        let decision = asked.of(std::slice::from_ref(&statements));
        let mut turned = statements.clone();
        turned.rotate_left(turn % statements.len());
        let reversed: Vec<Value> = statements.iter().rev().cloned().collect();
        let apart: Vec<Vec<Value>> = reversed.iter().map(|statement| vec![statement.clone()]).collect();
        for other in [vec![turned], vec![reversed], apart] {
            prop_assert_eq!(asked.of(&other), decision);
        }
    }

    #[test]
    fn a_deny_more_never_allows_more(statements in statements(), deny in statement(Just("Deny")), asked in asked()) {
        let before = asked.of(std::slice::from_ref(&statements));
        let after = asked.of(&[statements, vec![deny]]);
        prop_assert!(after == before || after == Decision::ExplicitDeny, "{before} became {after}");
    }

    #[test]
    fn an_allow_more_never_lifts_a_deny(statements in statements(), allow in statement(Just("Allow")), asked in asked()) {
        let before = asked.of(std::slice::from_ref(&statements));
        let after = asked.of(&[statements, vec![allow]]);
        prop_assert!(after == before || (before, after) == (Decision::ImplicitDeny, Decision::Allowed));
    }

    /// Of the keys, `v` and `w` occur in variables only. (A key in a condition may well forbid by being there.)
    #[test]
    fn losing_the_value_of_a_variable_never_widens_access(statements in statements(), asked in asked()) {
        // With a default, having no value is a value.
        let text = text_of(&statements).replace(", 'a'}", "}");
        let parsed: Value = serde_json::from_str(&text).unwrap();
        let policies = [parsed["Statement"].as_array().unwrap().clone()];
        let before = asked.of(&policies);
        for key in ["v", "w"] {
            let mut poorer = asked.clone();
            poorer.values.remove(key);
            let after = poorer.of(&policies);
            prop_assert!(after != Decision::Allowed || before == Decision::Allowed, "without {key}: {before}, {after}");
            prop_assert!(before != Decision::ExplicitDeny || after == Decision::ExplicitDeny, "without {key}");
        }
    }

    #[test]
    fn patterns_show_themselves_in_their_own_notation(text in notation(), variables: bool, wildcards: bool) {
        let full = Syntax { wildcards: true, variables: true };
        let pattern = parse_pattern(&text, Syntax { wildcards, variables });
        prop_assert_eq!(parse_pattern(&pattern.to_string(), full), pattern);
    }

    #[test]
    fn any_bytes_parse_or_fail_with_a_place(bytes in vec(any::<u8>(), 0..200)) {
        if let Err(error) = parse_bytes(&bytes, Dialect::Iot) {
            prop_assert!(error.line >= 1 && error.column >= 1);
        }
    }

    #[test]
    fn mutilated_documents_parse_or_fail_with_a_place(
        statements in statements(),
        edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..3), 1..4),
    ) {
        let mut bytes = text_of(&statements).into_bytes();
        for (place, byte, kind) in edits {
            let place = place.index(bytes.len());
            match kind {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => drop(bytes.remove(place)),
            }
        }
        for dialect in [Dialect::Iot, Dialect::Identity, Dialect::Trust, Dialect::Resource] {
            match parse_bytes(&bytes, dialect) {
                Ok(document) => {
                    let text = String::from_utf8(bytes.clone()).unwrap();
                    for found in lint(&document, &text) {
                        prop_assert!(text.get(found.span.start as usize..found.span.end as usize).is_some());
                    }
                }
                Err(error) => {
                    let lines = bytes.split(|byte| *byte == b'\n').count();
                    prop_assert!((1..=lines).contains(&(error.line as usize)) && error.column >= 1);
                }
            }
        }
    }

    /// Held against another JSON parser, which takes duplicate names and halves of characters.
    #[test]
    fn json_is_what_other_parsers_take_for_json(
        pieces in vec(
            select(vec![
                "{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\n\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"", "\"\\x\"", "1", "-", "0",
                ".5", "e+", "true", "null", " ", "\n", "\t", "\"", "\\", "\u{1}", "\u{a0}", "é",
            ]),
            0..9,
        )
    ) {
        let text = pieces.concat();
        let other = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        let ours = match json::read(&text) {
            Ok(_) => true,
            Err(error) => {
                let stricter = matches!(
                    error.kind,
                    JsonErrorKind::DuplicateMember { .. } | JsonErrorKind::LoneSurrogate(_)
                );
                stricter && other
            }
        };
        prop_assert_eq!(ours, other, "{:?}", text);
    }
}
