//! Pages of an audit's findings.

use std::collections::BTreeMap;

use serde_json::json;
use thingwarden_store::records::{AuditedResource, RunMark};

use super::super::finding::Change;
use super::*;
use crate::api::testing::Api;
use crate::audits::findings::samples;

const STARTED: i64 = 1_000_000;

pub(super) fn task(id: &str, started_ms: i64, checks: &[&str]) -> AuditTask {
    AuditTask {
        id: id.to_owned(),
        status: "COMPLETED".to_owned(),
        task_type: "ON_DEMAND_AUDIT_TASK".to_owned(),
        schedule: None,
        started_ms,
        ended_ms: Some(started_ms + 500),
        checks: checks.iter().map(|check| ((*check).to_owned(), BTreeMap::new())).collect(),
        is_live: false,
    }
}

fn identifier(name: &str, version: Option<&str>) -> serde_json::Value {
    match version {
        Some(version) => json!({"policyVersionIdentifier": {"policyName": name, "policyVersionId": version}}),
        None => json!({"clientId": name}),
    }
}

fn key(name: &str, version: Option<&str>) -> String {
    match version {
        Some(version) => link_id(&["IOT_POLICY", name, version]),
        None => link_id(&["CLIENT_ID", name]),
    }
}

fn found(check: &str, name: &str, version: Option<&str>, reason: &str, severity: &str) -> RunFinding {
    let one = samples::finding("t", STARTED, check, name);
    RunFinding {
        id: format!("{check}-{name}-{version:?}-{reason}"),
        found_ms: STARTED + 1,
        severity: severity.to_owned(),
        resource_key: key(name, version),
        resource: AuditedResource {
            resource_type: if version.is_some() { "IOT_POLICY" } else { "CLIENT_ID" }.to_owned(),
            identifier: identifier(name, version),
            additional: BTreeMap::new(),
        },
        reason_code: reason.to_owned(),
        reason: reason.to_owned(),
        ..one
    }
}

/// What is known last about a finding that no audit shows any more.
fn tracked(record: &RunFinding, first_seen_ms: i64, fixed_ms: Option<i64>) -> FindingSpan {
    let mut span = samples::span(&record.check, &record.id);
    span.content.resource_key.clone_from(&record.resource_key);
    span.content.resource.clone_from(&record.resource);
    span.content.reason_code.clone_from(&record.reason_code);
    span.content.severity.clone_from(&record.severity);
    let before = |ms: i64| RunMark { run: 0, ms };
    FindingSpan {
        first_run: 0,
        until: Some(before(first_seen_ms)),
        fixed: fixed_ms.map(before),
        first_seen_ms,
        ..span
    }
}

/// All pages, from the first on.
fn pages(api: &Api, task: &AuditTask, joins: bool, min_severity: Severity, fixed_from_ms: i64) -> Vec<Page> {
    api.read(|store| {
        let about = About::new(store.scope(), task);
        let mapping = Mapping::default();
        let joins = joins.then_some(&mapping);
        let wanted = Wanted { task, about: &about, min_severity, joins, fixed_from_ms };
        let (mut pages, mut place) = (vec![], SinkPlace::Start);
        while place != SinkPlace::End {
            let page = wanted.page(store, &place)?;
            place = page.next.clone();
            pages.push(page);
        }
        Ok(pages)
    })
}

fn told(pages: &[Page]) -> Vec<(String, Change)> {
    let findings = pages.iter().flat_map(|page| &page.findings);
    findings.map(|one| (format!("{} {}", one.resource_id(), one.reason_code), one.change)).collect()
}

#[test]
fn findings_come_check_by_check_and_fixed_ones_last() {
    let api = Api::new();
    api.write(|store| {
        for number in 0..250 {
            samples::put(store, &found("B", &format!("{number:03}"), None, "R", "LOW"))?;
        }
        samples::put(store, &RunFinding { first_seen_ms: 5, ..found("A", "x", None, "R", "HIGH") })?;
        samples::put(store, &found("C", "of another task's check", None, "R", "HIGH"))?;
        store.put(&tracked(&found("A", "old", None, "R", "HIGH"), 5, Some(STARTED - 1)))?;
        store.put(&tracked(&found("A", "now", None, "R", "HIGH"), 5, Some(STARTED)))?;
        store.put(&tracked(&found("A", "later", None, "R", "HIGH"), 5, Some(STARTED + 1)))
    });
    let task = task("t", STARTED, &["B", "A"]);
    let all = pages(&api, &task, false, Severity::Low, STARTED);
    assert_eq!(all.iter().map(|page| page.findings.len()).collect::<Vec<_>>(), [1, 100, 100, 50, 1]);
    let said = told(&all);
    assert_eq!(said[0], ("x R".to_owned(), Change::Open));
    assert_eq!(said[1], ("000 R".to_owned(), Change::New));
    assert_eq!(said[251], ("now R".to_owned(), Change::Fixed));
    let severe = told(&pages(&api, &task, false, Severity::High, i64::MIN));
    let names: Vec<&str> = severe.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["x R", "old R", "now R"]);
}

#[test]
fn what_has_one_id_stays_on_one_page() {
    let api = Api::new();
    api.write(|store| {
        for number in 0..99 {
            samples::put(store, &found("A", &format!("{number:03}"), None, "R", "LOW"))?;
        }
        for reason in ["R1", "R2", "R3"] {
            samples::put(store, &found("A", "twice", None, reason, "LOW"))?;
        }
        samples::put(store, &found("A", "z", None, "R", "LOW"))
    });
    let task = task("t", STARTED, &["A"]);
    let sizes = |joins| {
        let pages = pages(&api, &task, joins, Severity::Low, STARTED);
        pages.iter().map(|page| page.findings.len()).collect::<Vec<_>>()
    };
    assert_eq!(sizes(true), [102, 1, 0]);
    assert_eq!(sizes(false), [100, 3, 0]);
}

#[test]
fn what_goes_on_under_the_same_id_is_not_told_as_fixed() {
    let api = Api::new();
    api.write(|store| {
        // A policy whose next version is as bad, one that is good now, a resource with another reason left, a policy with a similar name.
        store.put(&tracked(&found("A", "p", Some("1"), "R", "LOW"), 5, Some(STARTED)))?;
        store.put(&tracked(&found("A", "p", Some("2"), "R", "LOW"), STARTED, None))?;
        store.put(&tracked(&found("A", "q", Some("1"), "R", "LOW"), 5, Some(STARTED)))?;
        store.put(&tracked(&found("A", "q1", Some("1"), "R", "LOW"), 5, None))?;
        store.put(&tracked(&found("A", "c", None, "R1", "LOW"), 5, Some(STARTED)))?;
        store.put(&tracked(&found("A", "c", None, "R2", "LOW"), 5, None))?;
        let mut suppressed = tracked(&found("A", "d", None, "R2", "LOW"), 5, None);
        suppressed.content.suppressed = true;
        store.put(&suppressed)?;
        store.put(&tracked(&found("A", "d", None, "R1", "LOW"), 5, Some(STARTED)))
    });
    let task = task("t", STARTED, &["A"]);
    let names = |joins| {
        let said = told(&pages(&api, &task, joins, Severity::Low, STARTED));
        said.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names(true), ["q R", "d R1"]);
    assert_eq!(names(false), ["p R", "q R", "c R1", "d R1"]);
}

#[test]
fn a_sink_hears_of_what_was_fixed_since_it_last_heard() {
    let task = task("t", 100, &[]);
    let position = |through_ms| Some(SinkPosition { sink: "s".to_owned(), through_ms });
    assert_eq!(fixed_from_ms(None, false, &task), 100);
    assert_eq!(fixed_from_ms(None, true, &task), i64::MIN);
    assert_eq!(fixed_from_ms(position(40).as_ref(), true, &task), 41);
    assert_eq!(fixed_from_ms(position(400).as_ref(), true, &task), 100, "the clock was set back");
}
