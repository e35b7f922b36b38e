//! Whoever writes policies leaves verdicts that a new analysis agrees with.

use proptest::prelude::*;
use serde_json::json;
use thingwarden_engine::policy::analysis::REVISION;
use thingwarden_store::records::{Policy, PolicyFlaws, PolicyVerdict, PolicyVersion, place_of};
use thingwarden_store::{Reader, Record, StoreError};

use crate::api::testing::Api;

/// Each version has the verdict that its document gets now, and nothing else has one.
pub(crate) fn check_verdicts(store: &Reader<'_>) -> Result<(), StoreError> {
    let versions = store.all::<PolicyVersion>(&[])?;
    assert_eq!(store.count::<PolicyVerdict>(&[])?, versions.len() as u64);
    for version in versions {
        let policy = store.require::<Policy>(&version.policy)?;
        let expected = PolicyVerdict {
            in_force: version.version == policy.default_version,
            flaws: PolicyFlaws::of_text(&version.document, &place_of(store).unwrap()),
            policy: version.policy,
            version: version.version,
        };
        assert_eq!(store.require::<PolicyVerdict>(&expected.id())?, expected);
    }
    Ok(())
}

const DOCUMENTS: [&str; 4] = [
    r#"{"Version":"2012-10-17","Statement":[]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Publish","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:Subscribe",
        "Resource":"arn:aws:iot:us-east-1:123456789012:topicfilter/a/#"}]}"#,
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn every_operation_keeps_the_verdicts(
        steps in proptest::collection::vec((0_usize..5, 0_usize..3, 0_usize..4, 1_u8..7), 1..25),
    ) {
        let api = Api::new();
        for (operation, policy, document, version) in steps {
            let name = ["a", "b", "c"][policy];
            let document = DOCUMENTS[document];
            // Refusals are part of it.
            let _ = match operation {
                0 => api.try_call("CreatePolicy", json!({"policyName": name, "policyDocument": document})),
                1 => {
                    let is_default = version % 2 == 0;
                    let input = json!({"policyName": name, "policyDocument": document, "setAsDefault": is_default});
                    api.try_call("CreatePolicyVersion", input)
                }
                2 => {
                    let input = json!({"policyName": name, "policyVersionId": version.to_string()});
                    api.try_call("SetDefaultPolicyVersion", input)
                }
                3 => {
                    let input = json!({"policyName": name, "policyVersionId": version.to_string()});
                    api.try_call("DeletePolicyVersion", input)
                }
                _ => api.try_call("DeletePolicy", json!({"policyName": name})),
            };
        }
        api.read(check_verdicts);
    }
}

#[test]
fn verdicts_of_another_revision_are_brought_up_to_date_before_the_first_audit() {
    let api = Api::new();
    api.write(|store| {
        let revisions = [0, REVISION, REVISION + 1].into_iter().cycle();
        for (number, (revision, document)) in (1..=1100).zip(revisions.zip(DOCUMENTS.iter().cycle())) {
            let policy = format!("p{number}");
            let made = json!({"name": policy, "default_version": 1, "last_version": 1, "generation_id": "",
                "created_ms": 0, "modified_ms": 0});
            store.insert(&serde_json::from_value::<Policy>(made).unwrap())?;
            let document = (*document).to_owned();
            let version = PolicyVersion { policy, version: 1, document, created_ms: 0, comparison: None };
            store.insert(&version)?;
            let mut flaws = PolicyFlaws::default();
            flaws.revision = revision;
            if revision == REVISION {
                flaws = PolicyFlaws::of_text(&version.document, &place_of(store).unwrap());
            }
            super::put(store, &version, flaws)?;
            super::put_in_force(store, &version.policy, 1)?;
        }
        Ok(())
    });
    api.auditor().begin(api.now_ms()).unwrap();
    api.read(check_verdicts);
}
