//! Single questions with known answers; `properties.rs` compares with brute force.

use std::sync::Arc;

use super::*;
use crate::policy::{Dialect, PolicySet, PolicySource, parse};

fn scope() -> Scope {
    Scope { partition: "aws".into(), region: "us-east-1".into(), account: "123456789012".into() }
}

/// Policies of statements, each `EFFECT ACTION RESOURCE [CONDITION]`, the resource without the start of its ARN.
pub(super) fn policies(statements: &[&str]) -> PolicySet {
    let json: Vec<String> = statements
        .iter()
        .map(|statement| {
            let mut words = statement.splitn(4, ' ');
            let mut next = || words.next();
            let (effect, action, resource) = (next().unwrap(), next().unwrap(), next().unwrap());
            let condition = next().map(|text| format!(r#","Condition":{text}"#)).unwrap_or_default();
            let (key, resource) = match resource.strip_prefix('!') {
                Some(resource) => ("NotResource", resource),
                None => ("Resource", resource),
            };
            let resource = if resource == "*" { resource.to_owned() } else { scope().arn(resource) };
            format!(r#"{{"Effect":"{effect}","Action":"iot:{action}","{key}":"{resource}"{condition}}}"#)
        })
        .collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, json.join(","));
    let document = Arc::new(parse(&text, Dialect::Iot).unwrap());
    PolicySet::compile([PolicySource { name: "p".into(), version: String::new(), document }])
}

fn lamp() -> Device {
    let thing = Thing { name: "lamp".into(), ..Thing::default() };
    Device { certificate: Some(Default::default()), things: vec![thing], anything_goes: false }
}

fn check_quarantined(statements: &[&str], expected: Option<&str>) {
    let set = policies(statements);
    let answer = quarantined(&set, &[lamp()], &scope());
    match expected {
        None => assert_eq!(answer, Answer::Proof, "{statements:?}"),
        Some(expected) => assert_eq!(answer.witness().unwrap().to_string(), expected, "{statements:?}"),
    }
}

#[test]
fn quarantine() {
    check_quarantined(&[], None);
    check_quarantined(&["Allow Connect client/lamp"], Some("iot:Connect on client/lamp"));
    check_quarantined(&["Allow Connect client/*"], Some("iot:Connect on client/lamp"));
    check_quarantined(&["Allow * *", "Deny * *"], None);
    check_quarantined(&["Allow Connect client/x?y"], Some("iot:Connect on client/xzy"));
    check_quarantined(&["Allow Connect client/lamp", "Deny Connect client/lamp"], None);
    // Without a connection subscriptions are no use; publishing is possible over HTTP.
    check_quarantined(&["Allow Subscribe topicfilter/*", "Allow Receive *"], None);
    check_quarantined(&["Allow Publish topic/a"], Some("iot:Publish on topic/a"));
    check_quarantined(&["Allow Publish topic/a", "Deny * !topic/b"], None);
    // No topic has a `+`.
    check_quarantined(&["Allow Publish topic/a/+"], None);
    check_quarantined(&["Allow Publish topic/1/2/3/4/5/6/7/8/9"], None);
    let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    check_quarantined(
        &[
            &format!("Allow Connect client/${{iot:Connection.Thing.ThingName}} {attached}"),
            &format!("Deny Connect client/lamp {attached}"),
        ],
        None,
    );
    check_quarantined(&["Allow Connect client/a${iot:ClientId}"], None);
    check_quarantined(
        &["Allow Connect client/${iot:ClientId}", "Deny Connect client/lamp"],
        Some("iot:Connect on client/x"),
    );
    let elsewhere = r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
    let not_there = r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/9"}}"#;
    check_quarantined(
        &[&format!("Allow Connect client/* {elsewhere}"), "Deny Connect client/lamp"],
        Some("iot:Connect on client/x"),
    );
    check_quarantined(
        &[
            &format!("Allow GetThingShadow thing/lamp {elsewhere}"),
            &format!("Deny GetThingShadow * {not_there}"),
            r#"Deny GetThingShadow * {"IpAddress":{"aws:SourceIp":["10.0.0.0/10","10.64.0.0/10"]}}"#,
        ],
        None,
    );
    check_quarantined(
        &[
            r#"Allow Connect client/* {"StringLike":{"iot:ClientId":"a*"},"StringNotEquals":{"iot:ClientId":["a","ax"]}}"#,
        ],
        Some("iot:Connect on client/ay"),
    );
}

fn check_diff(old: &[&str], new: &[&str], expected: Relation, added: &[&str], removed: &[&str]) {
    let (old, new) = (policies(old), policies(new));
    let found = diff(&old, &new, &Device::generic(&[&old, &new]), &scope());
    let shown = |changes: &[Change]| -> Vec<String> {
        changes.iter().map(|change| change.answer.witness().map_or("?".into(), ToString::to_string)).collect()
    };
    assert_eq!((shown(&found.added), shown(&found.removed)), (strings(added), strings(removed)));
    assert_eq!(found.relation(), expected);
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn differences() {
    check_diff(&["Allow Publish topic/*"], &["Allow Publish topic/*"], Relation::Equal, &[], &[]);
    check_diff(
        &["Allow Publish topic/*"],
        &["Allow Publish topic/a/*"],
        Relation::Narrower,
        &[],
        &["iot:Publish on topic/x"],
    );
    check_diff(
        &["Allow Publish topic/a*", "Allow Publish topic/b*"],
        &["Allow Publish topic/*"],
        Relation::Wider,
        &["iot:Publish on topic/x"],
        &[],
    );
    check_diff(
        &["Allow Publish topic/a?"],
        &["Allow Publish topic/?b"],
        Relation::Incomparable,
        &["iot:Publish on topic/xb"],
        &["iot:Publish on topic/ax"],
    );
    // The same in other words: topics have no `+`, and a thing's name is its own.
    check_diff(
        &["Allow Publish topic/a"],
        &["Allow Publish topic/a", "Allow Publish topic/+"],
        Relation::Equal,
        &[],
        &[],
    );
    check_diff(
        &["Allow Publish topic/${iot:ClientId}/a"],
        &["Allow Publish topic/${iot:Connection.Thing.ThingName}/a"],
        Relation::Narrower,
        &[],
        &["iot:Publish on topic/own-client/a"],
    );
    let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    check_diff(
        &["Allow Connect client/${iot:ClientId}"],
        &[&format!("Allow Connect client/${{iot:Connection.Thing.ThingName}} {attached}")],
        Relation::Narrower,
        &[],
        &["iot:Connect on client/x"],
    );
}
