//! One policy, and the codes that it gets with the text that each points at.

use super::super::parse::parse;
use super::*;

const ARN: &str = "arn:aws:iot:eu-west-1:111122223333:";

fn linted(text: &str, dialect: Dialect) -> Vec<(&'static str, String)> {
    let document = parse(text, dialect).unwrap();
    let found = lint(&document, text);
    let raw = |span: Span| text.get(span.start as usize..span.end as usize).unwrap().replace(ARN, "~");
    found.iter().map(|lint| (lint.code, raw(lint.span))).collect()
}

/// Members of one statement, `~` for the ARN up to the resource.
fn check(effect: &str, members: &str, expected: &[(&str, &str)]) {
    let members = members.replace('~', ARN);
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}",{members}}}]}}"#);
    let found = linted(&text, Dialect::Iot);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, raw)| (*code, raw.as_str())).collect();
    assert_eq!(found, expected, "{text}");
}

fn check_condition(effect: &str, condition: &str, expected: &[(&str, &str)]) {
    check(effect, &format!(r#""Action":"iot:Publish","Resource":"*","Condition":{{{condition}}}"#), expected);
}

#[test]
fn sound_policies_are_left_alone() {
    for members in [
        r#""Action":["iot:Publish","iot:Receive"],"Resource":["~topic/a/*","~topic/$aws/things/${iot:Connection.Thing.ThingName}/*"]"#,
        r#""Action":["iot:Subscribe","iot:Receive"],"Resource":["~topicfilter/a/+/#","~topic/a/*"]"#,
        r#""Action":"iot:*","Resource":"*""#,
        r#""Action":"*","Resource":"arn:*""#,
        r#""Action":"iot:Connect","Resource":"arn:aws:iot:*:*:client/${iot:ClientId}""#,
        r#""Action":"iot:ListRetainedMessages","Resource":"*""#,
        r#""Action":["greengrass:Discover","iot:Publish"],"Resource":"a*""#,
        r#""NotAction":"iot:Connect","NotResource":"~topic/a/${aws:SourceIp}""#,
        r#""Action":"iot:Connect","Resource":"~client/${iot:Certificate.Subject.CommonName.1, 'none'}""#,
    ] {
        check("Allow", members, &[]);
    }
}

#[test]
fn mqtt_wildcards() {
    check(
        "Deny",
        r##""Action":"iot:Subscribe","Resource":["~topicfilter/a/#","~topicfilter/a/*","~topicfilter/a#"]"##,
        &[("mqtt-wildcard-in-deny", r##""~topicfilter/a/#""##)],
    );
    check(
        "Allow",
        r#""Action":"iot:Publish","Resource":"~topic/+/a""#,
        &[("mqtt-wildcard-in-topic", r#""~topic/+/a""#)],
    );
}

#[test]
fn actions_and_resources_that_do_not_meet() {
    check(
        "Allow",
        r#""Action":"iot:Receive","Resource":"~topicfilter/a""#,
        &[
            ("action-without-resource", r#""iot:Receive""#),
            ("resource-without-action", r#""~topicfilter/a""#),
        ],
    );
    check(
        "Allow",
        r#""Action":["iot:Subscribe","iot:Pub*"],"Resource":"~topic/a""#,
        &[("action-without-resource", r#""iot:Subscribe""#)],
    );
    check(
        "Allow",
        r#""Action":"iot:Connect","Resource":["~client/a","~topic/a"]"#,
        &[("resource-without-action", r#""~topic/a""#)],
    );
    check(
        "Allow",
        r#""Action":"iot:ListRetainedMessages","Resource":"~topic/a""#,
        &[
            ("action-without-resource", r#""iot:ListRetainedMessages""#),
            ("resource-without-action", r#""~topic/a""#),
        ],
    );
}

#[test]
fn unknown_names() {
    check(
        "Allow",
        r#""Action":["iot:PublishRetain","iot:Publsh","iot:Q*"],"Resource":"*""#,
        &[
            ("unknown-action", r#""iot:PublishRetain""#),
            ("unknown-action", r#""iot:Publsh""#),
            ("unknown-action", r#""iot:Q*""#),
        ],
    );
    check(
        "Allow",
        r#""Action":"iot:Publish","Resource":["~topic/${ThingName}","~topic/${iot:ThingName}","~topic/${AWS::Region}","~topic/${iot:ClientId, x}"]"#,
        &[
            ("unknown-variable", r#""~topic/${ThingName}""#),
            ("unknown-variable", r#""~topic/${iot:ThingName}""#),
            ("unknown-variable", r#""~topic/${AWS::Region}""#),
            ("unknown-variable", r#""~topic/${iot:ClientId, x}""#),
        ],
    );
    check_condition(
        "Deny",
        r#""StringEquals":{"iot:ClientID":"a","iot:ClientIdentity":"b","aws:Whatever":"c"}"#,
        &[("unknown-condition-key", r#""iot:ClientIdentity":"b""#)],
    );
}

#[test]
fn senseless_values() {
    check_condition(
        "Allow",
        r#""NumericLessThan":{"aws:x":[1,"ten"]},"DateLessThan":{"aws:x":"soon"},"Bool":{"aws:x":["true","yes"]},
           "NotIpAddress":{"aws:x":["10.0.0.0/8","10.0.0.0/40"]},"ArnLike":{"aws:x":"*"},"Null":{"aws:x":"no"},
           "BinaryEquals":{"aws:x":"QUJ"},"NumericEquals":{"aws:x":"${aws:y}"}"#,
        &[
            ("invalid-value", r#""ten""#),
            ("invalid-value", r#""soon""#),
            ("invalid-value", r#""yes""#),
            ("invalid-value", r#""10.0.0.0/40""#),
            ("invalid-value", r#""*""#),
            ("invalid-value", r#""no""#),
            ("invalid-value", r#""QUJ""#),
            ("invalid-value", r#""${aws:y}""#),
        ],
    );
    check_condition("Allow", r#""Bool":{"aws:x":"${aws:y}"}"#, &[]);
}

#[test]
fn resources_that_match_nothing() {
    check(
        "Allow",
        r#""Action":"iot:Publish","Resource":["","topic/a","arn:aws:iot:topic/a","arn:aws:iot:topic/*","~x"]"#,
        &[
            ("empty-resource", r#""""#),
            ("not-an-arn", r#""topic/a""#),
            ("incomplete-arn", r#""arn:aws:iot:topic/a""#),
        ],
    );
}

#[test]
fn notation() {
    check(
        "Allow",
        r#""Action":"iot:Publish","Resource":["~topic/$(*)","~topic/${}","~topic/${iot:ClientId","~topic/${$}{a}"]"#,
        &[
            ("escape-in-parentheses", r#""~topic/$(*)""#),
            ("unclosed-variable", r#""~topic/${}""#),
            ("unclosed-variable", r#""~topic/${iot:ClientId""#),
        ],
    );
    let text = r#"{"Version":"2008-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":"arn:aws:iot:a:b:topic/${iot:ClientId}"}}"#;
    let expected = ("variable-without-version", r#""arn:aws:iot:a:b:topic/${iot:ClientId}""#.to_owned());
    assert_eq!(linted(text, Dialect::Iot), std::slice::from_ref(&expected));
    assert_eq!(linted(&text.replace(r#""Version":"2008-10-17","#, ""), Dialect::Identity), [expected]);
}

#[test]
fn documents_and_set_operators() {
    assert_eq!(linted(r#"{"Statement":[]}"#, Dialect::Iot), [("no-statement", String::new())]);
    let statement = r#"{"Sid":"a","Effect":"Deny","Action":"*","Resource":"*"}"#;
    let text = format!(r#"{{"Statement":[{statement},{statement}]}}"#);
    assert_eq!(linted(&text, Dialect::Iot), [("duplicate-sid", statement.to_owned())]);
    let condition = r#""ForAllValues:StringEquals":{"aws:TagKeys":"a","iot:ConnectAttributes":"LastWill"}"#;
    check_condition("Allow", condition, &[("for-all-values-without-null", r#""aws:TagKeys":"a""#)]);
    check_condition("Deny", condition, &[]);
}

#[test]
fn messages_say_what_to_write() {
    let text = r#"{"Statement":[{"Effect":"Deny","Action":"iot:Publsh","Resource":"*","Condition":{"NumericLessThan":{"iot:ClientIds":"x"}}}]}"#;
    let found = lint(&parse(text, Dialect::Iot).unwrap(), text);
    let messages: Vec<String> =
        found.iter().map(|l| format!("{}: {}", l.severity.as_str(), l.message)).collect();
    let expected = [
        "warning: `iot:Publsh` is no action that IoT policies know, did you mean `iot:Publish`?",
        "error: `iot:ClientIds` is no condition key that IoT policies know, did you mean `iot:ClientId`?",
        "error: `NumericLessThan` expects a number, found `x`; in a `Deny` that counts as true",
    ];
    assert_eq!(messages, expected);
}
