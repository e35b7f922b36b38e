//! Deny statements that do not deny what they were written for.

use super::super::*;
use super::document;

/// `expected`: "A statement" or "B statement filter topic", joined by "; ".
fn check(statements: &str, expected: &str) {
    let found: Vec<String> = misconfigurations(&document(statements))
        .into_iter()
        .map(|found| match found {
            Misconfiguration::MqttWildcardInDeny { statement, .. } => format!("A {statement}"),
            Misconfiguration::DeniedFilterReachable { statement, filter, topic } => {
                format!("B {statement} {filter} {topic}")
            }
            Misconfiguration::Undecided { statement } => format!("? {statement}"),
        })
        .collect();
    assert_eq!(found.join("; "), expected, "{statements}");
}

fn subscribe(effect: &str, filter: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": "iot:Subscribe", "Resource": "@topicfilter/{filter}"}}"#)
}

fn receive(effect: &str, topic: &str) -> String {
    format!(r#"{{"Effect": "{effect}", "Action": "iot:Receive", "Resource": "@topic/{topic}"}}"#)
}

#[test]
fn mqtt_wildcards_in_a_denied_topic_or_filter() {
    let allow = subscribe("Allow", "a/*");
    check(&format!("{allow}, {}", subscribe("Deny", "a/b/#")), "A 1");
    check(&format!("{}, {allow}", subscribe("Deny", "a/+/b")), "A 0");
    check(&format!("{allow}, {}", receive("Deny", "a/b/#")), "A 1");
    check(r#"{"Effect": "Deny", "Action": "iot:*", "Resource": ["*/#", "@topic/+"]}"#, "A 0; A 0");
    check(r#"{"Effect": "Deny", "Action": "iot:*", "Resource": "topicfilter/a/#"}"#, "A 0");
    check(r#"{"Effect": "Deny", "Action": "iot:Connect", "Resource": "@client/a+b"}"#, "");
    check(r#"{"Effect": "Deny", "Action": "iot:*", "NotResource": "@topicfilter/a/#"}"#, "");
    check(&subscribe("Allow", "a/#"), "");
}

#[test]
fn a_denied_filter_is_reached_through_a_wider_one() {
    let all = subscribe("Allow", "*");
    check(&format!("{all}, {}", subscribe("Deny", "secret/*")), "B 1 # secret/x");
    check(&format!("{}, {all}", subscribe("Deny", "secret/*")), "B 0 # secret/x");
    check(&format!("{all}, {}", subscribe("Deny", "secret")), "B 1 # secret");
    check(&format!("{}, {}", subscribe("Allow", "a/*"), subscribe("Deny", "a/b/*")), "B 1 a/# a/b/x");
    check(&format!("{}, {}", subscribe("Allow", "a/+/c"), subscribe("Deny", "a/b/c")), "B 1 a/+/c a/b/c");
    check(&format!("{}, {}", subscribe("Allow", "a/b/*"), subscribe("Deny", "*/c")), "B 1 a/b/# a/b/c");
    check(&format!("{}, {}", subscribe("Allow", "?/b"), subscribe("Deny", "a/b")), "B 1 +/b a/b");
    // Empty levels are levels.
    check(&format!("{}, {}", subscribe("Allow", "+/?"), subscribe("Deny", "a//")), "B 1 +// a//");
    // A wildcard in the first level does not reach reserved topics, one below does.
    check(&format!("{all}, {}", subscribe("Deny", "$aws/*")), "");
    check(&format!("{all}, {}", subscribe("Deny", "$aws/events/*")), "B 1 $aws/# $aws/events/x");
    // Denied filters do not help to reach, and `#` does not match the level above it.
    check(&format!("{}, {}", subscribe("Allow", "a/#"), subscribe("Deny", "a")), "");
    check(
        &format!(
            r#"{all}, {{"Effect": "Deny", "Action": "iot:Subscribe", "NotResource": "@topicfilter/a/*"}}"#
        ),
        "",
    );
    check(&format!("{}, {}", subscribe("Allow", "a/b"), subscribe("Deny", "a/b/*")), "");
    check(&subscribe("Deny", "a/*"), "");
}

#[test]
fn evidence_spells_variables_as_the_policy_does() {
    let allow = subscribe("Allow", "a/+");
    check(&format!("{allow}, {}", subscribe("Deny", "a/${iot:ClientId}")), "B 1 a/+ a/${iot:ClientId}");
    // Keys are compared without regard to case; the first spelling is shown.
    let both = [subscribe("Allow", "${iot:Clientid}/+"), subscribe("Deny", "${IOT:ClientId}/b")];
    check(&both.join(", "), "B 1 ${iot:Clientid}/+ ${iot:Clientid}/b");
}

#[test]
fn denied_delivery_heals_it() {
    let wide = format!("{}, {}", subscribe("Allow", "a/*"), subscribe("Deny", "a/b/*"));
    check(&format!("{wide}, {}", receive("Deny", "a/b/*")), "");
    check(&format!("{wide}, {}", receive("Deny", "a/b/c")), "B 1 a/# a/b/x");
    check(&format!("{wide}, {}", receive("Allow", "other/*")), "");
    check(&format!("{wide}, {}", receive("Allow", "a/*")), "B 1 a/# a/b/x");
    check(
        &format!("{wide}, {}", r#"{"Effect": "Deny", "NotAction": "iot:Connect", "Resource": "@topic/*"}"#),
        "",
    );
    check(&format!("{wide}, {}", r#"{"Effect": "Deny", "Action": "iot:*", "Resource": "*"}"#), "");
}

#[test]
fn a_conditional_deny_is_judged_where_it_applies() {
    let conditional = |action: &str, resource: &str, value: &str| {
        format!(
            r#"{{"Effect": "Deny", "Action": "iot:{action}", "Resource": "{resource}",
                "Condition": {{"Bool": {{"iot:Connection.Thing.IsAttached": "{value}"}}}}}}"#
        )
    };
    let wide =
        format!("{}, {}", subscribe("Allow", "a/*"), conditional("Subscribe", "@topicfilter/a/b/*", "false"));
    check(&wide, "B 1 a/# a/b/x");
    check(&format!("{wide}, {}", conditional("Receive", "@topic/a/b/*", "false")), "");
    check(&format!("{wide}, {}", conditional("Receive", "@topic/a/b/*", "true")), "B 1 a/# a/b/x");
}

#[test]
fn both_kinds_in_one_policy() {
    let statements =
        [subscribe("Allow", "a/*"), subscribe("Deny", "a/b/#"), subscribe("Deny", "a/c/*")].join(", ");
    check(&statements, "A 1; B 2 a/# a/c/x");
}

#[test]
fn receiving_what_is_no_topic_is_receiving_nothing() {
    let (allow, deny) = (subscribe("Allow", "a/*"), subscribe("Deny", "a/secret"));
    let reached = "B 1 a/# a/secret";
    check(&format!("{allow}, {deny}"), reached);
    // Another policy may allow to receive, as if this one said nothing of it.
    let on_filters = r#"{"Effect": "Allow", "Action": "iot:Receive", "Resource": "@topicfilter/a/*"}"#;
    check(&format!("{allow}, {deny}, {on_filters}"), reached);
    check(&format!("{allow}, {deny}, {}", receive("Allow", "a/#")), reached);
    check(&format!("{allow}, {deny}, {}", receive("Allow", "b")), "");
}
