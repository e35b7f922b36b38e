//! The decisions that AWS's documentation gives or implies, each with its page: `tests/conformance/policy_decisions.json`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;

use super::*;

const CASES: &str = include_str!("../../../../tests/conformance/policy_decisions.json");
const CASES_MIN: usize = 70;

#[derive(Deserialize)]
struct Group {
    name: String,
    policies: Vec<Value>,
    /// The policies of an IAM role; when present, they must allow the request too.
    role: Option<Vec<Value>>,
    requests: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    action: String,
    resource: String,
    context: BTreeMap<String, OneOrMany>,
    expected: String,
    because: String,
    page: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn compile(policies: &[Value], dialect: Dialect) -> PolicySet {
    PolicySet::compile(policies.iter().enumerate().map(|(index, policy)| PolicySource {
        name: format!("policy-{index}").into(),
        version: "1".to_owned(),
        document: Arc::new(parse(&policy.to_string(), dialect).unwrap()),
    }))
}

#[test]
fn documented_decisions_come_out() {
    let groups: Vec<Group> = serde_json::from_str(CASES).unwrap();
    let mut cases = 0;
    for Group { name, policies, role, requests } in groups {
        let attached = compile(&policies, Dialect::Iot);
        let role = role.map(|policies| compile(&policies, Dialect::Identity));
        for case in requests {
            let context: Context = case
                .context
                .into_iter()
                .map(|(key, values)| match values {
                    OneOrMany::One(value) => (key, vec![value]),
                    OneOrMany::Many(values) => (key, values),
                })
                .collect();
            let request = Request { action: &case.action, resource: &case.resource, context: &context };
            let sets = [Some(&attached), role.as_ref()].into_iter().flatten();
            let refused = sets.clone().map(|set| decide(set, &request)).find(|d| *d != Decision::Allowed);
            let decision = refused.unwrap_or(Decision::Allowed);
            let Case { expected, because, page, .. } = case;
            assert_eq!(decision.as_str(), expected, "{name}: {because} ({page})");
            for set in sets {
                assert_eq!(explain(set, &request).decision, decide(set, &request), "{name}: {because}");
            }
            cases += 1;
        }
    }
    assert!(cases >= CASES_MIN, "{cases}");
}
