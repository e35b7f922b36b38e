//! Imports into a store.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use thingwarden_store::records::{Certificate, PolicyVerdict, Thing, ThingPrincipal, ThingType};
use thingwarden_store::{Filter, Options, StoreError, TrailQuery};

use super::*;
use crate::api::policy_verdicts::tests::check_verdicts;

/// Nobody looks.
struct Quiet;

impl Progress for Quiet {
    fn total(&self, _: u64) {}
    fn advance(&self, _: u64) {}
    fn say(&self, _: &str) {}
}

fn run(folder: &Path, records: &[Value], replace: bool) -> (Store, Imported) {
    let snapshot = folder.join("snapshot.jsonl");
    let lines: Vec<String> = records.iter().map(ToString::to_string).collect();
    fs::write(&snapshot, lines.join("\n")).unwrap();
    let options = ImportOptions {
        account: None,
        region: None,
        fallback: ("000000000000".to_owned(), "us-east-1".to_owned()),
        replace,
        jobs: 2,
        now_ms: 7,
    };
    let store = Store::open(&Options { folder: folder.to_owned() }).unwrap();
    let imported = import(&store, &[snapshot], &options, &KeyChecker::builtin(), &Quiet).unwrap();
    (store, imported)
}

fn thing(name: &str, more: Value) -> Value {
    let mut thing = json!({"thingName": name});
    thing.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    thing
}

fn stored(store: &Store, scope: &Scope, name: &str) -> Option<Thing> {
    store
        .read(scope, |reader| reader.get::<Thing>(name))
        .unwrap_or_else(|error: StoreError| panic!("{error}"))
}

#[test]
fn records_of_one_snapshot_complete_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let records = [
        json!({"things": ["t"]}),
        thing("t", json!({"thingTypeName": "k", "attributes": {"a": "1"}})),
        thing(
            "t",
            json!({"thingTypeName": "k", "attributes": {"a": "1"}, "version": 5, "billingGroupName": "b"}),
        ),
    ];
    let (store, imported) = run(folder.path(), &records, false);
    let found = stored(&store, &imported.scope, "t").unwrap();
    assert_eq!((found.version, found.billing_group.as_deref()), (5, Some("b")));
    assert_eq!(imported.tally.counts[&Kind::Thing], Counts { added: 1, ..Counts::default() });
    assert!(
        store.read(&imported.scope, |reader| reader.exists::<ThingType>("k")).is_ok_and(|found: bool| found)
    );
    drop(store);
    let (_, again) = run(folder.path(), &records, false);
    assert_eq!(again.tally.counts[&Kind::Thing], Counts { unchanged: 1, ..Counts::default() });
}

#[test]
fn what_differs_is_kept_or_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (thing("t", json!({"version": 1})), thing("t", json!({"version": 2})));
    drop(run(folder.path(), &[first], false));
    let (store, kept) = run(folder.path(), std::slice::from_ref(&second), false);
    assert_eq!(kept.tally.total(), Counts { kept: 1, ..Counts::default() });
    assert!(kept.tally.kept.lines[0].ends_with("snapshot.jsonl:1: of the things, `t` differs"));
    assert_eq!(stored(&store, &kept.scope, "t").unwrap().version, 1);
    drop(store);
    let (store, replaced) = run(folder.path(), &[second], true);
    assert_eq!(replaced.tally.total(), Counts { replaced: 1, ..Counts::default() });
    assert_eq!(stored(&store, &replaced.scope, "t").unwrap().version, 2);
    let entries =
        store.read(&replaced.scope, |reader| reader.trail(&TrailQuery { limit: 9, ..TrailQuery::default() }));
    let entries: Vec<_> = entries.unwrap_or_else(|error: StoreError| panic!("{error}"));
    assert_eq!(entries.len(), 2);
    assert!(entries.iter().all(|entry| entry.principal == PRINCIPAL && entry.at_ms == 7));
}

#[test]
fn more_than_one_transaction_is_no_matter() {
    let folder = tempfile::tempdir().unwrap();
    let count = TRANSACTION_RECORDS * 2 + 1;
    let records: Vec<Value> = (0..count).map(|number| thing(&format!("t{number}"), json!({}))).collect();
    let (store, imported) = run(folder.path(), &records, false);
    assert_eq!(imported.tally.total().added, count as u64);
    let counted = store.read(&imported.scope, |reader| reader.count::<Thing>(&[]));
    assert_eq!(counted.unwrap_or_else(|error: StoreError| panic!("{error}")), count as u64);
}

#[test]
fn ties_to_nothing_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let arn = format!("arn:aws:iot:us-east-1:123456789012:cert/{}", "ab".repeat(32));
    let records = [
        json!({"thingName": "t", "principals": [arn]}),
        json!({"thingName": "u", "principals": ["us-east-1:00000000-0000-4000-8000-000000000000"]}),
        json!({"policyName": "p", "targets": [arn]}),
    ];
    let (store, imported) = run(folder.path(), &records, false);
    assert_eq!(*imported.scope.account, *"123456789012");
    assert_eq!(imported.tally.refused.lines.len(), 3, "{:?}", imported.tally.refused);
    let read = |reader: &thingwarden_store::Reader<'_>| {
        Ok::<_, StoreError>((reader.count::<Certificate>(&[])?, reader.all::<ThingPrincipal>(&[])?))
    };
    let (certificates, attached) = store.read(&imported.scope, read).unwrap();
    // An identity lives elsewhere, so nobody knows better.
    assert_eq!((certificates, attached.len(), attached[0].thing.as_str()), (0, 1, "u"));
}

#[test]
fn policies_get_their_verdicts_and_keep_them_right() {
    let folder = tempfile::tempdir().unwrap();
    let version = |number: u8, is_default: bool, action: &str| {
        let statement = json!([{"Effect": "Allow", "Action": action, "Resource": "*"}]);
        let document = json!({"Version": "2012-10-17", "Statement": statement}).to_string();
        json!({"policyName": "p", "policyVersionId": number.to_string(), "isDefaultVersion": is_default,
            "policyDocument": document})
    };
    let check = |records: &[Value], replace, broad: &[(i64, bool)]| {
        let (store, imported) = run(folder.path(), records, replace);
        let flawed = store.read(&imported.scope, |reader| {
            check_verdicts(reader)?;
            reader.all::<PolicyVerdict>(&[Filter::NotZero("flaws"), Filter::eq("in_force", true)])
        });
        let flawed: Vec<_> = flawed.unwrap().iter().map(|one| (one.version, one.in_force)).collect();
        assert_eq!(flawed, broad, "{:?}", imported.tally);
    };
    let first = [version(1, true, "iot:*"), version(2, false, "iot:Receive")];
    check(&first, false, &[(1, true)]);
    // Kept: it differs.
    check(&[version(1, false, "iot:*"), version(2, true, "iot:Receive")], false, &[(1, true)]);
    check(&[version(1, false, "iot:*"), version(2, true, "iot:Receive")], true, &[]);
    check(&[version(2, true, "iot:Publish")], true, &[(2, true)]);
    check(&[version(2, true, "iot:Publish"), version(3, false, "iot:*")], true, &[(2, true)]);
}
