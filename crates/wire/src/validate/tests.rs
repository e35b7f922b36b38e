//! Tests of the constraints: wording, places, all at once.

use serde_json::{Value, json};

use super::{validate, violations};
use crate::error::Code;
use crate::operation::Operation;
use crate::shape::{Shape, make};

/// `expected` is what follows the `N validation errors detected: `; none for a valid input.
fn check(operation: Operation, input: &Value, expected: &[&str]) {
    let message = match (expected, validate(operation, input)) {
        ([], result) => return assert_eq!(result, Ok(())),
        (_, result) => result.unwrap_err().message,
    };
    let plural = if expected.len() == 1 { "" } else { "s" };
    let wanted = format!("{} validation error{plural} detected: {}", expected.len(), expected.join("; "));
    assert_eq!(message, wanted);
}

#[test]
fn a_text_breaks_its_pattern() {
    check(
        Operation::CreateThing,
        &json!({"thingName": "bad name!"}),
        &["Value 'bad name!' at 'thingName' failed to satisfy constraint: \
           Member must satisfy regular expression pattern: [a-zA-Z0-9:_-]+"],
    );
    check(Operation::CreateThing, &json!({"thingName": "a:b_c-1"}), &[]);
    // The whole value counts, also behind a line break.
    let violated = violations(Operation::CreateThing, &json!({"thingName": "a\n"}));
    assert_eq!(violated.shown[0].value.as_deref(), Some("a\\u{a}"));
}

#[test]
fn everything_is_reported_at_once() {
    check(
        Operation::CreateScheduledAudit,
        &json!({"scheduledAuditName": "a b", "frequency": "HOURLY", "dayOfMonth": "32"}),
        &[
            "Value '32' at 'dayOfMonth' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: ^([1-9]|[12][0-9]|3[01])$|^LAST$",
            "Value 'HOURLY' at 'frequency' failed to satisfy constraint: \
             Member must satisfy enum value set: [DAILY, WEEKLY, BIWEEKLY, MONTHLY]",
            "Value 'a b' at 'scheduledAuditName' failed to satisfy constraint: \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
            "Value null at 'targetCheckNames' failed to satisfy constraint: Member must not be null",
        ],
    );
}

#[test]
fn lengths_count_code_points() {
    let input = |value: &str| json!({"resourceArn": "a", "tags": [{"Key": "k", "Value": value}]});
    check(Operation::TagResource, &input(&"é".repeat(256)), &[]);
    check(Operation::TagResource, &input(&"\u{10400}".repeat(256)), &[]);
    let long = "é".repeat(257);
    let shown = violations(Operation::TagResource, &input(&long)).shown;
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].path, "tags.1.member.Value");
    assert_eq!(shown[0].constraint, "Member must have length less than or equal to 256");
    assert_eq!(shown[0].value, Some(format!("{}...", "é".repeat(200))));
}

#[test]
fn numbers_have_a_range() {
    for (size, constraint) in [(0, "greater than or equal to 1"), (251, "less than or equal to 250")] {
        check(
            Operation::ListThings,
            &json!({"maxResults": size}),
            &[&format!(
                "Value '{size}' at 'maxResults' failed to satisfy constraint: Member must have value {constraint}"
            )],
        );
    }
    check(Operation::ListThings, &json!({"maxResults": 250}), &[]);
}

#[test]
fn elements_are_reported_once_at_their_list() {
    check(
        Operation::UntagResource,
        &json!({"resourceArn": "a", "tagKeys": ["ok", "", "a#"]}),
        &["Value '[ok, , a#]' at 'tagKeys' failed to satisfy constraint: Member must satisfy constraint: \
           [Member must have length less than or equal to 128, \
           Member must have length greater than or equal to 1, \
           Member must satisfy regular expression pattern: ^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$]"],
    );
}

#[test]
fn members_of_elements_are_reported_at_their_own_place() {
    check(
        Operation::TagResource,
        &json!({"resourceArn": "a", "tags": [{"Key": "a"}, {"Value": "v"}, null]}),
        &[
            "Value '[{Key=a}, {Value=v}, null]' at 'tags' failed to satisfy constraint: \
             Member must satisfy constraint: [Member must not be null]",
            "Value null at 'tags.2.member.Key' failed to satisfy constraint: Member must not be null",
        ],
    );
}

#[test]
fn keys_and_values_of_maps_are_reported_at_the_map() {
    check(
        Operation::CreateThing,
        &json!({"thingName": "t", "attributePayload": {"attributes": {"a b": "c d"}}}),
        &[
            "Value '{a b=c d}' at 'attributePayload.attributes' failed to satisfy constraint: \
             Map keys must satisfy constraint: [Member must have length less than or equal to 128, \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_.,@/:#-]+]",
            "Value '{a b=c d}' at 'attributePayload.attributes' failed to satisfy constraint: \
             Map value must satisfy constraint: [Member must have length less than or equal to 800, \
             Member must satisfy regular expression pattern: [a-zA-Z0-9_.,@/:#=\\[\\]-]*]",
        ],
    );
}

#[test]
fn collections_have_a_length() {
    let infos: Vec<Value> = (0..11).map(|_| json!({"resources": ["a"]})).collect();
    let shown = violations(Operation::TestAuthorization, &json!({"authInfos": infos})).shown;
    assert_eq!(shown[0].constraint, "Member must have length less than or equal to 10");
    let none = violations(Operation::TestAuthorization, &json!({"authInfos": []})).shown;
    assert_eq!(
        none[0].to_string(),
        "Value '[]' at 'authInfos' failed to satisfy constraint: Member must have length greater than or equal to 1"
    );
}

#[test]
fn an_answer_stays_short() {
    let tags: Vec<Value> = (0..1000).map(|_| json!({"Key": "x".repeat(1000)})).collect();
    let error = validate(Operation::TagResource, &json!({"resourceArn": "a", "tags": tags})).unwrap_err();
    assert_eq!(error.code, Code::InvalidRequestException);
    assert!(error.message.starts_with("1000 validation errors detected: Value 'xxx"));
    assert!(error.message.ends_with("; and 968 more"));
    assert!(error.message.len() < 20_000, "{}", error.message.len());
    let keys = json!({"thingName": "t", "attributePayload": {"attributes": {"\u{202e}".repeat(100_000): 1}}});
    assert!(validate(Operation::CreateThing, &keys).unwrap_err().message.len() < 4_000);
}

#[test]
fn values_cannot_disturb_a_terminal() {
    let shown = violations(Operation::CreateThing, &json!({"thingName": "\u{1b}[31m\u{202e}a\r\n"})).shown;
    assert_eq!(shown[0].value.as_deref(), Some("\\u{1b}[31m\\u{202e}a\\u{d}\\u{a}"));
}

#[test]
fn secrets_are_not_repeated() {
    static SECRET: Shape = make::secret(make::range(Some(100), None), None);
    static INPUT: Shape = make::structure(&[make::member("key", &SECRET)]);
    let mut found = super::Violations::default();
    super::inspect(&INPUT, &json!({"key": "hidden"}), &crate::path::Path::Root, &mut found);
    assert_eq!(found.shown[0].value.as_deref(), Some("***"));
}

#[test]
fn lengths_of_blobs_count_bytes() {
    static BLOB: Shape = Shape::Blob(make::range(Some(2), Some(3)));
    static INPUT: Shape = make::structure(&[make::member("blob", &BLOB)]);
    for (text, count) in [("AA==", 1), ("AAA=", 0), ("AAAA", 0), ("AAAAAA==", 1)] {
        let mut found = super::Violations::default();
        super::inspect(&INPUT, &json!({ "blob": text }), &crate::path::Path::Root, &mut found);
        assert_eq!(found.count, count, "{text}");
    }
}

/// Each pattern with what Java's matcher says of each text: `tests/conformance/WirePatterns.java` writes the file.
#[test]
fn patterns_accept_what_javas_matcher_accepts() {
    let file = include_str!("../../../../tests/conformance/wire_patterns.json");
    let vectors: Value = serde_json::from_str(file).unwrap();
    let texts = vectors["texts"].as_array().unwrap();
    let mut patterns = std::collections::BTreeMap::new();
    Operation::ALL.iter().for_each(|operation| collect_patterns(operation.info().input, &mut patterns));
    assert_eq!(patterns.len(), vectors["accepted"].as_object().unwrap().len());
    for (java, pattern) in patterns {
        assert!(pattern.compiled().is_some(), "{java}");
        let accepted: Vec<&Value> = vectors["accepted"][java].as_array().unwrap().iter().collect();
        for (index, text) in texts.iter().enumerate() {
            let expected = accepted.contains(&&json!(index));
            assert_eq!(pattern.matches(text.as_str().unwrap()), expected, "{java} on {text}");
        }
    }
}

fn collect_patterns(
    shape: &'static Shape,
    into: &mut std::collections::BTreeMap<&'static str, &'static crate::shape::Pattern>,
) {
    match shape {
        Shape::String(text) => into.extend(text.pattern.map(|pattern| (pattern.java, pattern))),
        Shape::List(list) => collect_patterns(list.member, into),
        Shape::Map(map) => {
            collect_patterns(map.key, into);
            collect_patterns(map.value, into);
        }
        Shape::Structure(structure) => {
            structure.members.iter().for_each(|member| collect_patterns(member.shape, into));
        }
        _ => {}
    }
}
