//! A decision allocates nothing, whatever it looks at: indexes, wildcards, variables, every kind of condition.
#![allow(clippy::unwrap_used, reason = "a test helper that fails should fail the test")]

use std::sync::Arc;

use thingwarden_engine::policy::{
    Context, Decision, Dialect, PolicySet, PolicySource, Request, decide, parse,
};

const TOPIC: &str = "arn:aws:iot:eu-central-1:111122223333:topic/";

fn set(statements: &str) -> PolicySet {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.replace('~', TOPIC));
    let document = Arc::new(parse(&text, Dialect::Identity).unwrap());
    PolicySet::compile([PolicySource { name: "p".into(), version: "1".to_owned(), document }])
}

fn check(statements: &str, topic: &str, expected: Decision) {
    let context = Context::new()
        .with("iot:ClientId", ["press-1"])
        .with("iot:Certificate.Subject.CommonName", ["Press, No. 1", "second"])
        .with("many", ["a", "b"])
        .with("number", ["12.50"])
        .with("date", ["2026-03-01 00:00:00.123"])
        .with(
            "garbage",
            ["neither number nor date nor address nor anything else that a policy could compare with"],
        )
        .with("aws:SourceIp", ["::ffff:203.0.113.9"])
        .with("binary", ["QUJD"])
        .with("arn", ["arn:aws:iot:eu-central-1:111122223333:topic/a"]);
    let set = set(statements);
    let resource = format!("{TOPIC}{topic}");
    let request = Request { action: "iot:Publish", resource: &resource, context: &context };
    let mut decision = None;
    let counted = allocation_counter::measure(|| decision = Some(decide(&set, &request)));
    assert_eq!(decision, Some(expected), "{statements}");
    assert_eq!(counted.count_total, 0, "{statements}");
}

fn allow_if(conditions: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":"iot:*","Resource":"*","Condition":{{{conditions}}}}}"#)
}

#[test]
fn the_counter_counts() {
    assert_ne!(allocation_counter::measure(|| drop(std::hint::black_box(vec![1_u8]))).count_total, 0);
}

#[test]
fn actions_and_resources() {
    check(r#"{"Effect":"Allow","Action":"IOT:publish","Resource":"~a*c"}"#, "abc", Decision::Allowed);
    check(r#"{"Effect":"Allow","NotAction":"iot:Connect","NotResource":["~b*"]}"#, "abc", Decision::Allowed);
    check(r#"{"Effect":"Deny","Action":"iot:P*","Resource":"~${none}?"}"#, "abc", Decision::ExplicitDeny);
    let own = r#"{"Effect":"Allow","Action":"iot:Publish","Resource":["~${iot:ClientId}","~${none, 'é'}*"]}"#;
    check(own, "press-1", Decision::Allowed);
    check(own, "éa", Decision::Allowed);
    check(own, "press-2", Decision::ImplicitDeny);
    let subject = r#"{"Effect":"Allow","Action":"*","Resource":"~${iot:Certificate.Subject.CommonName}"}"#;
    check(subject, "Press\\, No. 1", Decision::Allowed);
}

#[test]
fn conditions() {
    for conditions in [
        r#""StringEqualsIgnoreCase":{"iot:clientID":"PRESS-1"}"#,
        r#""StringLike":{"iot:ClientId":["x","*-${none, '1'}"]}"#,
        r#""NumericLessThan":{"number":"12.6"}"#,
        r#""DateGreaterThan":{"date":"2026-03-01T01:00:00+01:00"}"#,
        r#""Bool":{"missing":"true"},"Null":{"missing":"true"}"#,
        r#""IpAddress":{"aws:SourceIp":"203.0.113.0/24"}"#,
        r#""BinaryEquals":{"binary":"QUJD"}"#,
        r#""ArnLike":{"arn":"arn:aws:iot:*:*:topic/?"}"#,
        r#""ForAllValues:StringEquals":{"many":["b","a"]},"ForAnyValue:StringNotEquals":{"many":"a"}"#,
        r#""StringEquals":{"iot:Certificate.Subject.CommonName.1":"second"}"#,
    ] {
        let expected = if conditions.contains("Bool") { Decision::ImplicitDeny } else { Decision::Allowed };
        check(&allow_if(conditions), "a", expected);
    }
}

#[test]
fn what_cannot_be_compared() {
    for operator in ["NumericEquals", "DateEquals", "Bool", "IpAddress", "BinaryEquals", "ArnEquals"] {
        for value in ["12.5", "2026-03-01", "true", "203.0.113.9", "QUJD", "arn:a:b:c:d:e"] {
            let conditions = format!(r#""{operator}":{{"garbage":"{value}"}}"#);
            check(&allow_if(&conditions), "a", Decision::ImplicitDeny);
        }
    }
}
