//! The verdicts that AWS documents, all of them.

use serde_json::Value;

use super::super::*;
use crate::policy::{Dialect, parse};

const CASES: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/policy_verdicts.json"));

const BROAD: &str = "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS";

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn codes(check: &str, document: &Document, used: &[&str]) -> Vec<&'static str> {
    let access = iot_api_access(&[document]);
    let services = services(&[document]);
    let broad = !broad_data_plane_actions(document).is_empty();
    let write = !access.thing_write.is_empty();
    let read_broad = !access.thing_read_broad.is_empty();
    let other = !access.other.is_empty();
    let rules: Vec<(bool, &'static str)> = match check {
        "IOT_POLICY_OVERLY_PERMISSIVE_CHECK" => vec![(broad, BROAD)],
        "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK" => misconfigurations(document)
            .iter()
            .map(|found| match found {
                Misconfiguration::MqttWildcardInDeny { .. } => {
                    (true, "POLICY_CONTAINS_MQTT_WILDCARDS_IN_DENY_STATEMENT")
                }
                Misconfiguration::DeniedFilterReachable { .. } => {
                    (true, "TOPIC_FILTERS_INTENDED_TO_DENY_ALLOWED_USING_WILDCARDS")
                }
                Misconfiguration::Undecided { .. } => (true, "undecided"),
            })
            .collect(),
        "UNAUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK" => {
            vec![
                (broad, BROAD),
                (write || other || !access.thing_read.is_empty(), "ALLOWS_ACCESS_TO_IOT_ADMIN_ACTIONS"),
            ]
        }
        "IOT_ROLE_ALIAS_ALLOWS_ACCESS_TO_UNUSED_SERVICES_CHECK" => {
            let unused = |grant: &ServiceGrant| !used.contains(&grant.namespace());
            let any = services.all.is_some() || services.services.iter().any(unused);
            vec![(any, "ALLOWS_ACCESS_TO_UNUSED_SERVICES")]
        }
        _ => {
            let administered =
                used.iter().filter_map(|service| services.of(service)).any(|g| g.administrative);
            vec![
                (broad, BROAD),
                (write, "ALLOWS_ACCESS_TO_IOT_THING_ADMIN_WRITE_ACTIONS"),
                (read_broad, "ALLOWS_BROAD_ACCESS_TO_IOT_THING_ADMIN_READ_ACTIONS"),
                (other, "ALLOWS_ACCESS_TO_IOT_NON_THING_ADMIN_ACTIONS"),
                (administered, "ALLOWS_BROAD_ACCESS_TO_USED_SERVICES"),
                (!services.security_auditing().is_empty(), "ALLOWS_ACCESS_TO_SECURITY_AUDITING_SERVICES"),
            ]
        }
    };
    rules.into_iter().filter_map(|(holds, code)| holds.then_some(code)).collect()
}

fn check(case: &Value) {
    let (name, check) = (&case["name"], case["check"].as_str().unwrap());
    let dialect = if check.starts_with("IOT_POLICY") { Dialect::Iot } else { Dialect::Identity };
    let document = parse(&case["policy"].to_string(), dialect).unwrap();
    let mut found = codes(check, &document, &strings(&case["used"]));
    assert_eq!(found.is_empty(), case["compliant"], "{check}: {name}: {found:?}");
    if !case["codes"].is_null() {
        let mut expected = strings(&case["codes"]);
        expected.sort_unstable();
        found.sort_unstable();
        assert_eq!(found, expected, "{check}: {name}");
    }
    if !case["actions"].is_null() {
        let actions: Vec<&str> =
            broad_data_plane_actions(&document).iter().map(|grant| grant.action).collect();
        assert_eq!(actions, strings(&case["actions"]), "{check}: {name}");
    }
}

#[test]
fn documented_verdicts_come_out_exactly() {
    let cases: Value = serde_json::from_str(CASES).unwrap();
    let cases = cases["cases"].as_array().unwrap();
    assert!(cases.len() > 100);
    cases.iter().for_each(check);
}
