//! Round trips of changes, and what is in their way.

use serde_json::json;
use thingwarden_store::records::Thing;

use super::*;
use crate::api::testing::Api;

const LATER_MS: i64 = 1_800_000_000_000;

/// A policy, and a thing in no group.
pub(in crate::mitigation) fn api() -> Api {
    let api = Api::new();
    let document =
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"}]}"#;
    api.call("CreatePolicy", json!({"policyName": "p", "policyDocument": document}));
    api.call("CreateThing", json!({"thingName": "t"}));
    api.call("CreateThingGroup", json!({"thingGroupName": "g"}));
    api
}

/// Does some work as an execution of the task `fix` about a finding.
pub(in crate::mitigation) fn execute(
    api: &Api,
    finding: &'static str,
    work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static,
) {
    api.write(move |store| {
        let ((), changes) = store.journaled(work)?;
        store.insert(&MitigationExecution {
            task: "fix".to_owned(),
            finding: finding.to_owned(),
            check: "CHECK".to_owned(),
            action: "action".to_owned(),
            action_id: "id".to_owned(),
            order: 0,
            status: "COMPLETED".to_owned(),
            started_ms: None,
            ended_ms: None,
            error_code: None,
            message: None,
            changes,
            verified: None,
            undone_ms: None,
        })
    });
}

/// A new default version of the policy, as REPLACE_DEFAULT_POLICY_VERSION makes it.
pub(in crate::mitigation) fn replace(store: &Writer<'_>) -> Result<(), StoreError> {
    let mut policy = store.require::<Policy>("p")?;
    policy.last_version += 1;
    policy.default_version = policy.last_version;
    policy.generation_id.push('+');
    policy.modified_ms += 1;
    let blank = r#"{"Version":"2012-10-17","Statement":[]}"#.to_owned();
    store.insert(&PolicyVersion {
        policy: "p".to_owned(),
        version: policy.last_version,
        document: blank,
        created_ms: 5,
        comparison: None,
    })?;
    store.update(&policy)
}

fn join(store: &Writer<'_>) -> Result<(), StoreError> {
    store.insert(&ThingGroupMember { group: "g".to_owned(), thing: "t".to_owned(), path: "/g/".to_owned() })
}

fn undo_all(api: &Api, finding: Option<&'static str>) -> Vec<Undone> {
    let (send, receive) = std::sync::mpsc::channel();
    api.write(move |store| {
        let wanted = Wanted { task: "fix", finding, after: None, limit: 10 };
        send.send(undo(store, &wanted, LATER_MS)?.items).unwrap();
        Ok(())
    });
    receive.recv().unwrap()
}

fn outcomes(undone: &[Undone]) -> Vec<(&str, Outcome)> {
    undone.iter().map(|one| (one.finding_id.as_str(), one.outcome)).collect()
}

/// Everything that the executions of these tests may touch.
pub(in crate::mitigation) fn picture(
    api: &Api,
) -> (Vec<Policy>, Vec<PolicyVersion>, Vec<ThingGroupMember>, Vec<Thing>) {
    api.read(|store| Ok((store.all(&[])?, store.all(&[])?, store.all(&[])?, store.all(&[])?)))
}

#[test]
fn what_was_done_is_undone_last_first_and_once() {
    let api = api();
    let before = picture(&api);
    execute(&api, "a", replace);
    execute(&api, "b", |store| replace(store).and_then(|()| join(store)));
    execute(&api, "c", |_| Ok(()));
    assert_ne!(picture(&api), before);
    let undone = undo_all(&api, None);
    let expected = [("c", Outcome::NothingChanged), ("b", Outcome::Undone), ("a", Outcome::Undone)];
    assert_eq!(outcomes(&undone), expected);
    let names: Vec<&str> = undone[1].records.iter().map(|record| record.kind.as_str()).collect();
    assert_eq!(names, ["policy_version", "policy", "thing_group_member"]);
    assert_eq!(picture(&api), before);
    let again = undo_all(&api, None);
    let expected =
        [("c", Outcome::NothingChanged), ("b", Outcome::AlreadyUndone), ("a", Outcome::AlreadyUndone)];
    assert_eq!(outcomes(&again), expected);
    assert_eq!(picture(&api), before);
}

#[test]
fn what_somebody_changed_since_is_theirs() {
    let api = api();
    execute(&api, "a", |store| replace(store).and_then(|()| join(store)));
    execute(&api, "b", replace);
    // The second execution has changed what the first one left.
    let undone = undo_all(&api, Some("a"));
    assert_eq!(outcomes(&undone), [("a", Outcome::MovedOn)]);
    let member = undone[0].differences.iter().find(|one| one.member.as_deref() == Some("default_version"));
    assert_eq!((&member.unwrap().expected, &member.unwrap().found), (&json!(2), &json!(3)));
    api.call("SetDefaultPolicyVersion", json!({"policyName": "p", "policyVersionId": "1"}));
    let moved = picture(&api);
    assert_eq!(outcomes(&undo_all(&api, None)), [("b", Outcome::MovedOn), ("a", Outcome::MovedOn)]);
    assert_eq!(picture(&api), moved, "the membership of the same execution stays, too");
}

#[test]
fn what_is_gone_is_said_to_be_gone() {
    let api = api();
    execute(&api, "a", replace);
    api.write(|store| store.delete::<Policy>("p").map(drop));
    let undone = undo_all(&api, None);
    assert_eq!(outcomes(&undone), [("a", Outcome::MovedOn)]);
    let difference = &undone[0].differences[0];
    assert_eq!(
        (difference.kind.as_str(), &difference.member, &difference.found),
        ("policy", &None, &json!(null))
    );
}

#[test]
fn what_was_put_back_by_hand_is_no_obstacle() {
    let api = api();
    let before = picture(&api);
    execute(&api, "a", |store| replace(store).and_then(|()| join(store)));
    let leave = json!({"thingGroupName": "g", "thingName": "t"});
    api.call("RemoveThingFromThingGroup", leave);
    assert_eq!(outcomes(&undo_all(&api, None)), [("a", Outcome::Undone)]);
    assert_eq!(picture(&api), before);
}
