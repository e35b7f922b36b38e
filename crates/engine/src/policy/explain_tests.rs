//! Decisions of whole policies with their evidence; that `decide` says the same is checked along the way.

use super::super::document::Dialect;
use super::super::set::PolicySource;
use super::super::{decide, parse};
use super::*;

const TOPIC: &str = "arn:aws:iot:eu-west-1:1:topic/";

fn set(statements: &[&str]) -> PolicySet {
    PolicySet::compile(statements.iter().enumerate().map(|(index, statements)| {
        PolicySource {
            name: format!("p{index}").into(),
            version: "3".to_owned(),
            document: parse(
                &format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#),
                Dialect::Iot,
            )
            .unwrap()
            .into(),
        }
    }))
}

fn explained(policies: &[&str], context: &Context, topic: &str) -> Explanation {
    let set = set(policies);
    let resource = format!("{TOPIC}{topic}");
    let request = Request { action: "iot:publish", resource: &resource, context };
    let explanation = explain(&set, &request);
    assert_eq!(decide(&set, &request), explanation.decision, "{policies:?} {topic}");
    explanation
}

fn check(policies: &[&str], topic: &str, expected: Decision) {
    let context = Context::new().with("iot:ClientId", ["c*1"]).with("aws:SourceIp", ["203.0.113.9"]);
    assert_eq!(explained(policies, &context, topic).decision, expected, "{policies:?} {topic}");
}

/// One statement on `iot:Publish`; `~` is the topic prefix.
fn statement(effect: &str, rest: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"iot:Publish",{}}}"#, rest.replace('~', TOPIC))
}

#[test]
fn deny_beats_allow_beats_nothing_in_any_order() {
    let allow = statement("Allow", r#""Resource":"~a*""#);
    let deny = statement("Deny", r#""Resource":"~ab""#);
    for policies in [[&*allow, &*deny], [&*deny, &*allow]] {
        check(&policies, "a", Decision::Allowed);
        check(&policies, "ab", Decision::ExplicitDeny);
        check(&policies, "b", Decision::ImplicitDeny);
    }
    check(&[], "a", Decision::ImplicitDeny);
}

#[test]
fn actions_ignore_case_and_may_be_negated() {
    for (actions, expected) in [
        (r#""Action":"IOT:PUBLISH""#, Decision::Allowed),
        (r#""Action":["iot:Receive","iot:Pub*"]"#, Decision::Allowed),
        (r#""Action":"iot:Publis""#, Decision::ImplicitDeny),
        (r#""Action":"*""#, Decision::Allowed),
        (r#""NotAction":"iot:Receive""#, Decision::Allowed),
        (r#""NotAction":["iot:Receive","iot:P*"]"#, Decision::ImplicitDeny),
    ] {
        check(&[&format!(r#"{{"Effect":"Allow",{actions},"Resource":"*"}}"#)], "a", expected);
    }
}

#[test]
fn values_of_variables_are_no_wildcards() {
    let allow = statement("Allow", r#""Resource":"~${iot:ClientId}""#);
    check(&[&allow], "c*1", Decision::Allowed);
    check(&[&allow], "cx1", Decision::ImplicitDeny);
}

#[test]
fn a_variable_without_value_never_widens_access() {
    let everything = statement("Allow", r#""Resource":"*""#);
    for (rest, topic, allow, deny) in [
        (r#""Resource":"~${none}""#, "a", Decision::ImplicitDeny, Decision::ExplicitDeny),
        (r#""Resource":"~x/${none}""#, "y/a", Decision::ImplicitDeny, Decision::Allowed),
        (r#""Resource":["~${none}","~a"]"#, "a", Decision::Allowed, Decision::ExplicitDeny),
        (r#""NotResource":"~${none}""#, "a", Decision::ImplicitDeny, Decision::ExplicitDeny),
        (r#""NotResource":["~b","~${none}"]"#, "b", Decision::ImplicitDeny, Decision::Allowed),
        (r#""NotResource":"~${none, 'b'}""#, "a", Decision::Allowed, Decision::ExplicitDeny),
        (
            r#""Resource":"*","Condition":{"StringNotEquals":{"iot:ClientId":"${none}"}}"#,
            "a",
            Decision::ImplicitDeny,
            Decision::ExplicitDeny,
        ),
        (
            r#""Resource":"*","Condition":{"NumericLessThan":{"iot:ClientId":"5"}}"#,
            "a",
            Decision::ImplicitDeny,
            Decision::ExplicitDeny,
        ),
        (
            r#""Resource":"*","Condition":{"IpAddress":{"aws:SourceIp":"203.0.113"}}"#,
            "a",
            Decision::ImplicitDeny,
            Decision::ExplicitDeny,
        ),
    ] {
        check(&[&statement("Allow", rest)], topic, allow);
        check(&[&everything, &statement("Deny", rest)], topic, deny);
    }
}

#[test]
fn trust_statements_grant_nothing_and_deny_everybody() {
    let decision = |effect: &str| {
        let text = format!(r#"{{"Statement":{{"Effect":"{effect}","Principal":"*","Action":"*"}}}}"#);
        let document = parse(&text, Dialect::Trust).unwrap().into();
        let set = PolicySet::compile([PolicySource { name: "t".into(), version: String::new(), document }]);
        let request = Request { action: "sts:AssumeRole", resource: "r", context: &Context::new() };
        assert_eq!(decide(&set, &request), explain(&set, &request).decision);
        decide(&set, &request)
    };
    assert_eq!((decision("Allow"), decision("Deny")), (Decision::ImplicitDeny, Decision::ExplicitDeny));
}

#[test]
fn evidence_names_policies_versions_and_statements() {
    let deny = r#"{"Sid":"no","Effect":"Deny","Action":"iot:*","Resource":"*"}"#;
    let other = r#"{"Effect":"Deny","Action":"iot:Receive","Resource":"*"}"#;
    let explanation = explained(
        &[&statement("Allow", r#""Resource":"~a""#), &format!("{other},{deny}")],
        &Context::new(),
        "a",
    );
    let shown = |statements: Vec<&StatementRef>| -> Vec<String> {
        statements
            .iter()
            .map(|s| format!("{}@{}#{} {:?} {}", s.policy, s.version, s.statement, s.sid, s.effect))
            .collect()
    };
    let denied = "p1@3#1 Some(\"no\") Deny";
    assert_eq!(shown(explanation.matched.iter().collect()), ["p0@3#0 None Allow", denied]);
    assert_eq!(shown(explanation.decisive().collect()), [denied]);
}

#[test]
fn missing_context_is_sorted_unique_and_only_of_statements_about_the_action() {
    let policy = [
        statement("Allow", r#""Resource":["~${iot:ThingName}","~${IOT:thingname}","~${d, 'x'}"]"#),
        statement(
            "Allow",
            r#""Resource":"~zzz","Condition":{"StringLike":{"b":"${a}*"},"Null":{"n":"true"},
                "BoolIfExists":{"e":"true"},"StringEquals":{"iot:ClientId":"c"}}"#,
        ),
        r#"{"Effect":"Allow","Action":"iot:Connect","Resource":"${other}"}"#.to_owned(),
    ];
    let context = Context::new().with("iot:ClientId", ["c"]);
    let explanation = explained(&[&policy.join(",")], &context, "q");
    assert_eq!(explanation.missing_context, ["a", "b", "e", "iot:ThingName"]);
    assert_eq!(explanation.errors, []);
}

#[test]
fn errors_say_what_cannot_be_compared() {
    let policy = statement(
        "Deny",
        r#""Resource":"~${iot:Certificate.Subject.CommonName}",
           "Condition":{"NumericLessThan":{"n":["ten","5"]},"IpAddress":{"ip":"1.2.3.0/24"}}"#,
    );
    let context = Context::new()
        .with("iot:Certificate.Subject.CommonName", ["*"])
        .with("n", ["x"])
        .with("ip", ["1.2.3.4"]);
    let explanation = explained(&[&policy], &context, "q");
    assert_eq!(explanation.decision, Decision::ExplicitDeny);
    let errors: Vec<String> = explanation.errors.iter().map(ToString::to_string).collect();
    let expected = [
        "statement 1 of policy `p0`: the request's `iot:Certificate.Subject.CommonName` cannot be substituted for a \
         variable",
        "statement 1 of policy `p0`: the condition on `n` compares with `ten`, expected a number",
        "statement 1 of policy `p0`: the request's `n` is `x`, expected a number",
    ];
    assert_eq!(errors, expected);
    assert_eq!(explanation.missing_context, ["iot:Certificate.Subject.CommonName"]);
}
