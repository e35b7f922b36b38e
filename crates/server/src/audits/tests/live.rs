//! What connections show is found at once, told once, and what audits find afterwards.

use serde_json::{Value, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Filter;
use thingwarden_store::records::{AuditTask, ConnectionKind, FindingSpan, FindingState, StoredConnection};

use super::super::live::{NextLook, Suspect, recalled};
use crate::api::testing::Api;
use crate::clock::{Clocks, Steady};
use crate::connections;

const MINUTE: i64 = 60;

fn configured(checks: &[&str]) -> Api {
    let api = Api::new();
    let checks: Value = checks.iter().map(|check| ((*check).to_owned(), json!({"enabled": true}))).collect();
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": checks}),
    );
    api
}

fn event(api: &Api, kind: ConnectionKind, client: &str, certificate: char) -> StoredConnection {
    StoredConnection {
        client_id: client.to_owned(),
        principal: certificate.to_string().repeat(64),
        at_ms: api.now_ms(),
        kind,
        source_ip: None,
        is_live: true,
    }
}

/// Something happened to a connection, and the server was killed before anybody looked.
fn happened(api: &Api, kind: ConnectionKind, client: &str, certificate: char) {
    let event = event(api, kind, client, certificate);
    api.write(move |store| connections::put(store, &event).map(drop));
}

/// Something happens to a connection, as the broker records it.
fn happens(api: &Api, kind: ConnectionKind, client: &str, certificate: char) {
    let event = event(api, kind, client, certificate);
    let (app, scope) = (api.app(), api.scope());
    api.write(move |store| {
        let suspect = connections::put(store, &event)?;
        app.suspects.add(&scope, suspect.into_iter().collect());
        Ok(())
    });
}

fn clocks(now_ms: i64) -> Clocks {
    Clocks { now: Timestamp::from_millis(now_ms), steady: Steady::from_millis(now_ms) }
}

/// Lets the audits' thread do what it does when it is told; says how many live audits there were until now.
fn look(api: &Api) -> usize {
    api.auditor().look(&|| clocks(api.now_ms()), &mut NextLook::default()).unwrap();
    api.run_audits();
    api.read(|store| store.all::<AuditTask>(&[])).iter().filter(|task| task.is_live).count()
}

/// What each live audit found, as callers see it.
fn found_live(api: &Api) -> Vec<Vec<String>> {
    let tasks = api.read(|store| store.all::<AuditTask>(&[])).into_iter().filter(|task| task.is_live);
    let found = tasks.map(|task| {
        let details = api.call("DescribeAuditTask", json!({"taskId": task.id}))["auditDetails"].clone();
        let findings = api.call("ListAuditFindings", json!({"taskId": task.id}))["findings"].clone();
        let findings = findings.as_array().unwrap();
        for count in ["nonCompliantResourcesCount", "totalResourcesCount"] {
            let counts = details.as_object().unwrap().values().map(|check| check[count].as_u64().unwrap());
            assert_eq!(counts.sum::<u64>(), findings.len() as u64);
        }
        let resources = findings.iter().map(|one| &one["nonCompliantResource"]["resourceIdentifier"]);
        resources
            .map(|one| one.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned())
            .collect()
    });
    found.collect()
}

fn audit(api: &mut Api, check: &str) -> Value {
    api.advance_seconds(MINUTE);
    let task = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [check]}));
    api.run_audits();
    api.call("ListAuditFindings", json!({"taskId": task["taskId"]}))["findings"].clone()
}

/// What is known, in the order of the resources.
fn known(api: &Api) -> Vec<(String, FindingState)> {
    let mut known = api.read(|store| store.all::<FindingSpan>(&[Filter::eq("latest", true)]));
    known.sort_by(|a, b| a.content.resource_key.cmp(&b.content.resource_key));
    let identifier = |one: &FindingSpan| one.content.resource.identifier.as_object().unwrap().clone();
    let name = |one: &FindingSpan| identifier(one).values().next().unwrap().clone();
    let state = |one: &FindingSpan| one.state(&api.read(|store| crate::audits::history(store, &one.check)));
    known.iter().map(|one| (name(one).as_str().unwrap().chars().take(2).collect(), state(one))).collect()
}

#[test]
fn a_conflict_is_found_at_once_and_told_once() {
    use ConnectionKind::Displaced;
    let mut api = configured(&[Suspect::CONFLICTING]);
    happens(&api, Displaced, "p1", 'a');
    assert_eq!(look(&api), 1);
    assert_eq!(known(&api), [("p1".to_owned(), FindingState::New)]);
    let listed = api.call(
        "ListAuditFindings",
        json!({"startTime": 0, "endTime": api.now_ms() / 1000 + 1, "checkName": Suspect::CONFLICTING}),
    );
    assert_eq!(listed["findings"].as_array().unwrap().len(), 1);
    api.advance_seconds(MINUTE);
    happens(&api, Displaced, "p1", 'a');
    assert_eq!(look(&api), 1, "it is known");
    happens(&api, Displaced, "p2", 'b');
    assert_eq!(look(&api), 2);
    assert_eq!(found_live(&api), [vec!["p1"], vec!["p2"]], "each says what it looked at");
    assert!(known(&api).iter().all(|(_, state)| *state == FindingState::New), "nobody has looked at all");
    assert_eq!(audit(&mut api, Suspect::CONFLICTING).as_array().unwrap().len(), 2);
    assert!(known(&api).iter().all(|(_, state)| *state == FindingState::Open));
    api.advance_seconds(32 * 24 * 60 * MINUTE);
    happens(&api, ConnectionKind::Connected, "p3", 'c');
    audit(&mut api, Suspect::CONFLICTING);
    assert!(known(&api).iter().all(|(_, state)| *state == FindingState::Fixed));
    happens(&api, Displaced, "p2", 'b');
    assert_eq!(look(&api), 3, "it is there again");
    assert_eq!(known(&api)[1], ("p2".to_owned(), FindingState::Regressed));
}

#[test]
fn a_shared_certificate_is_found_at_once_though_audits_see_it_two_hours_later() {
    use ConnectionKind::{Connected, Disconnected};
    let mut api = configured(&[Suspect::SHARED]);
    for (kind, client) in [(Connected, "one"), (Disconnected, "one"), (Connected, "two")] {
        happens(&api, kind, client, 'a');
        api.advance_seconds(MINUTE);
    }
    assert_eq!(look(&api), 0, "one after the other");
    api.advance_seconds(3 * 60 * MINUTE);
    happens(&api, Connected, "three", 'a');
    assert_eq!(look(&api), 1);
    assert_eq!(known(&api), [("aa".to_owned(), FindingState::New)]);
    assert_eq!(audit(&mut api, Suspect::SHARED), json!([]), "within AWS's two hours");
    assert_ne!(known(&api)[0].1, FindingState::Fixed);
    api.advance_seconds(3 * 60 * MINUTE);
    assert_eq!(audit(&mut api, Suspect::SHARED).as_array().unwrap().len(), 1);
    assert_eq!(known(&api), [("aa".to_owned(), FindingState::Open)]);
}

#[test]
fn suppressions_and_disabled_checks_hold() {
    use ConnectionKind::Displaced;
    let api = configured(&[Suspect::CONFLICTING]);
    let suppression = json!({
        "checkName": Suspect::CONFLICTING, "resourceIdentifier": {"clientId": "p1"},
        "suppressIndefinitely": true, "clientRequestToken": "t".repeat(36),
    });
    api.call("CreateAuditSuppression", suppression);
    happens(&api, Displaced, "p1", 'a');
    assert_eq!(look(&api), 0);
    happens(&api, ConnectionKind::Connected, "x", 'a');
    happens(&api, ConnectionKind::Connected, "y", 'a');
    assert_eq!(look(&api), 0, "the other check is not enabled");
    assert_eq!(known(&api), []);
}

#[test]
fn looks_leave_time_for_others() {
    let api = configured(&[Suspect::CONFLICTING]);
    let (auditor, mut next) = (api.auditor(), NextLook::default());
    let now = std::cell::Cell::new(api.now_ms());
    // A look of 50 ms.
    let slow = || clocks(now.replace(now.get() + 50));
    happens(&api, ConnectionKind::Displaced, "p1", 'a');
    auditor.look(&slow, &mut next).unwrap();
    happens(&api, ConnectionKind::Displaced, "p2", 'a');
    let wait_ms = auditor.look(&|| clocks(now.get()), &mut next).unwrap();
    assert_eq!(wait_ms, api.now_ms() + 500);
    // The machine's clock is set back meanwhile: nobody waits longer for that.
    let set_back = |ms: i64| Clocks { now: Timestamp::from_millis(ms - 1_800_000), ..clocks(ms) };
    assert_eq!(auditor.look(&|| set_back(now.get()), &mut next).unwrap(), wait_ms - 1_800_000);
    now.set(wait_ms);
    assert_eq!(auditor.look(&|| clocks(now.get()), &mut next).unwrap(), i64::MAX);
    assert_eq!(api.read(|store| store.all::<AuditTask>(&[])).len(), 2);
}

#[test]
fn what_nobody_had_looked_at_is_suspect_again_after_a_start() {
    use ConnectionKind::{Connected, Disconnected, Displaced};
    let mut api = configured(&[Suspect::CONFLICTING, Suspect::SHARED]);
    happened(&api, Displaced, "p1", 'a');
    // In turns, which is no finding, and at the same time.
    for (kind, client) in
        [(Connected, "one"), (Disconnected, "one"), (Connected, "two"), (Disconnected, "two")]
    {
        happened(&api, kind, client, 'b');
        api.advance_seconds(MINUTE);
    }
    happened(&api, Connected, "three", 'c');
    happened(&api, Connected, "four", 'c');
    happened(&api, Connected, "five", 'd');
    let suspects = |api: &Api| {
        let found = api.read(|store| recalled(store, api.now_ms()));
        found.iter().map(|one| one.resource.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(suspects(&api).len(), 3, "{:?}", suspects(&api));
    api.auditor().begin(api.now_ms()).unwrap();
    assert_eq!(look(&api), 1);
    let mut found = found_live(&api).concat();
    found.sort();
    assert_eq!(found, ["c".repeat(64), "p1".to_owned()]);
    // At the next start they are known.
    api.auditor().begin(api.now_ms()).unwrap();
    assert_eq!(look(&api), 1);
    // A later audit has seen all of it; what is newer may be none of it.
    api.advance_seconds(3 * 60 * MINUTE);
    audit(&mut api, Suspect::CONFLICTING);
    audit(&mut api, Suspect::SHARED);
    assert_eq!(suspects(&api), Vec::<String>::new());
    happened(&api, Displaced, "p2", 'e');
    assert_eq!(suspects(&api).len(), 1);
}

#[test]
fn imported_connections_and_checks_that_are_not_enabled_make_nobody_suspect_at_a_start() {
    use ConnectionKind::{Connected, Displaced};
    let api = configured(&[Suspect::SHARED]);
    for (kind, client) in [(Connected, "one"), (Connected, "two"), (Displaced, "two")] {
        let imported = StoredConnection { is_live: false, ..event(&api, kind, client, 'a') };
        api.write(move |store| connections::put(store, &imported).map(drop));
    }
    happened(&api, Displaced, "p1", 'b');
    assert_eq!(api.read(|store| recalled(store, api.now_ms())), []);
    // With one of our own, the certificate is.
    happened(&api, Connected, "three", 'a');
    assert_eq!(api.read(|store| recalled(store, api.now_ms())).len(), 1);
}
