//! What connections show is found at once, told once, and what audits find afterwards.

use serde_json::{Value, json};
use thingwarden_store::Filter;
use thingwarden_store::records::{AuditTask, ConnectionKind, FindingSpan, FindingState, StoredConnection};

use super::super::live::{NextLook, Suspect};
use crate::api::testing::Api;
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

/// Something happens to a connection, as the broker records it.
fn happens(api: &Api, kind: ConnectionKind, client: &str, certificate: char) {
    let event = StoredConnection {
        client_id: client.to_owned(),
        principal: certificate.to_string().repeat(64),
        at_ms: api.now_ms(),
        kind,
        source_ip: None,
        is_live: true,
    };
    let (app, scope) = (api.app(), api.scope());
    api.write(move |store| {
        let suspect = connections::put(store, &event)?;
        app.suspects.add(&scope, suspect.into_iter().collect());
        Ok(())
    });
}

/// Lets the audits' thread do what it does when it is told; says how many live audits there were until now.
fn look(api: &Api) -> usize {
    api.auditor().look(&|| api.now_ms(), &mut NextLook::default()).unwrap();
    api.run_audits();
    api.read(|store| store.all::<AuditTask>(&[])).iter().filter(|task| task.is_live).count()
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
    let slow = || now.replace(now.get() + 50);
    happens(&api, ConnectionKind::Displaced, "p1", 'a');
    auditor.look(&slow, &mut next).unwrap();
    happens(&api, ConnectionKind::Displaced, "p2", 'a');
    let wait_ms = auditor.look(&|| now.get(), &mut next).unwrap();
    assert_eq!(wait_ms, api.now_ms() + 500);
    now.set(wait_ms);
    assert_eq!(auditor.look(&|| now.get(), &mut next).unwrap(), i64::MAX);
    assert_eq!(api.read(|store| store.all::<AuditTask>(&[])).len(), 2);
}
