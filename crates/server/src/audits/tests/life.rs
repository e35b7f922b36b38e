//! Tasks from their start to their end, over restarts; findings over time; what is too old goes.

use serde_json::{Value, json};
use thingwarden_store::records::{
    AuditCheckRun, AuditTask, ConnectionKind, FindingSpan, FindingState, MitigationExecution,
    MitigationProgress, MitigationTask, PolicyVerdict, StoredConnection,
};
use thingwarden_store::{Filter, Query};

use crate::api::testing::Api;
use crate::audits::findings::samples;
use crate::audits::history;
use crate::connections;
use crate::mitigation::tests::Fleet;

const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const LOGGING: &str = "LOGGING_DISABLED_CHECK";
const BROAD: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"}]}"#;
const NARROW: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

fn configured() -> Api {
    let api = Api::new();
    let checks = json!({POLICIES: {"enabled": true}, LOGGING: {"enabled": true}});
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": checks}),
    );
    api.call("CreatePolicy", json!({"policyName": "p", "policyDocument": BROAD}));
    api
}

fn start(api: &Api) -> String {
    let answer = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [POLICIES, LOGGING]}));
    answer["taskId"].as_str().unwrap().to_owned()
}

fn task(api: &Api, id: &str) -> Value {
    api.call("DescribeAuditTask", json!({"taskId": id}))
}

fn findings(api: &Api, id: &str) -> usize {
    api.call("ListAuditFindings", json!({"taskId": id}))["findings"].as_array().unwrap().len()
}

/// What a killed server leaves: a finding of a check that had not ended.
fn half_written(api: &Api) {
    api.write(move |store| store.insert(&samples::span(LOGGING, "half")));
}

fn is_half_written(api: &Api) -> bool {
    api.read(|store| store.exists::<FindingSpan>(&samples::span(LOGGING, "half").id))
}

#[test]
fn a_task_that_had_reported_nothing_begins_again() {
    let api = configured();
    let id = start(&api);
    half_written(&api);
    api.auditor().recover(api.now_ms()).unwrap();
    assert!(!is_half_written(&api));
    assert_eq!((&task(&api, &id)["taskStatus"], findings(&api, &id)), (&json!("IN_PROGRESS"), 0));
    api.run_audits();
    assert_eq!((&task(&api, &id)["taskStatus"], findings(&api, &id)), (&json!("COMPLETED"), 2));
}

#[test]
fn a_task_that_had_reported_something_fails_with_it() {
    let api = configured();
    let id = start(&api);
    let done = AuditCheckRun {
        status: "COMPLETED_COMPLIANT".to_owned(),
        examined: 1,
        ..AuditCheckRun::waiting(&id, POLICIES)
    };
    api.write(move |store| store.put(&done));
    half_written(&api);
    api.auditor().recover(api.now_ms()).unwrap();
    assert!(!is_half_written(&api));
    api.run_audits();
    let failed = task(&api, &id);
    assert_eq!((&failed["taskStatus"], findings(&api, &id)), (&json!("FAILED"), 0));
    assert_eq!(failed["auditDetails"][POLICIES]["checkRunStatus"], "COMPLETED_COMPLIANT");
    let broken = &failed["auditDetails"][LOGGING];
    assert_eq!(
        (&broken["checkRunStatus"], &broken["errorCode"]),
        (&json!("FAILED"), &json!("INTERNAL_FAILURE"))
    );
    assert!(broken["message"].as_str().unwrap().contains("the server stopped"));
}

#[test]
fn a_task_that_had_reported_everything_is_complete() {
    let api = configured();
    let id = start(&api);
    for check in [POLICIES, LOGGING] {
        let status = "COMPLETED_COMPLIANT".to_owned();
        let done = AuditCheckRun { status, ..AuditCheckRun::waiting(&id, check) };
        api.write(move |store| store.put(&done));
    }
    api.auditor().recover(api.now_ms()).unwrap();
    let task = task(&api, &id);
    assert_eq!(
        (&task["taskStatus"], &task["taskStatistics"]["compliantChecks"]),
        (&json!("COMPLETED"), &json!(2))
    );
}

#[test]
fn a_task_that_goes_on_leaves_what_has_ended() {
    let api = configured();
    let id = start(&api);
    let done = AuditCheckRun { status: "FAILED".to_owned(), ..AuditCheckRun::waiting(&id, POLICIES) };
    api.write(move |store| store.put(&done));
    api.run_audits();
    let task = task(&api, &id);
    assert_eq!(task["taskStatus"], "COMPLETED");
    assert_eq!(task["auditDetails"][POLICIES]["checkRunStatus"], "FAILED");
    assert_eq!(task["auditDetails"][LOGGING]["checkRunStatus"], "COMPLETED_NON_COMPLIANT");
    assert_eq!(findings(&api, &id), 1);
}

#[test]
fn a_check_that_was_disabled_meanwhile_says_so() {
    let api = configured();
    let id = start(&api);
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"auditCheckConfigurations": {LOGGING: {"enabled": false}}}),
    );
    api.run_audits();
    let details = task(&api, &id)["auditDetails"][LOGGING].clone();
    assert_eq!(
        (&details["checkRunStatus"], &details["errorCode"]),
        (&json!("FAILED"), &json!("AUDIT_CHECK_DISABLED"))
    );
}

#[test]
fn a_finding_is_new_open_fixed_and_regressed() {
    let mut api = configured();
    let state = |api: &mut Api, document: Option<&str>| {
        if let Some(document) = document {
            let input = json!({"policyName": "p", "policyDocument": document, "setAsDefault": true});
            api.call("CreatePolicyVersion", input);
        }
        api.advance_seconds(60);
        start(api);
        api.run_audits();
        api.read(|store| {
            let history = history(store, POLICIES)?;
            let latest = [Filter::eq("check_name", POLICIES), Filter::eq("latest", true)];
            let latest = store.all::<FindingSpan>(&latest)?.into_iter();
            Ok(latest.map(|one| (one.state(&history), one.first_seen_ms, one.fixed_ms())).collect::<Vec<_>>())
        })
    };
    let first = api.now_ms() + 60_000;
    assert_eq!(state(&mut api, None), [(FindingState::New, first, None)]);
    assert_eq!(state(&mut api, None), [(FindingState::Open, first, None)]);
    assert_eq!(state(&mut api, None), [(FindingState::Open, first, None)]);
    let fixed = api.now_ms() + 60_000;
    assert_eq!(state(&mut api, Some(NARROW)), [(FindingState::Fixed, first, Some(fixed))]);
    api.call("SetDefaultPolicyVersion", json!({"policyName": "p", "policyVersionId": "1"}));
    assert_eq!(state(&mut api, None), [(FindingState::Regressed, first, None)]);
    assert_eq!(state(&mut api, None), [(FindingState::Open, first, None)]);
}

#[test]
fn what_is_older_than_the_retention_goes() {
    let mut api = configured();
    let old = start(&api);
    api.run_audits();
    api.call("DeletePolicy", json!({"policyName": "p"}));
    api.advance_seconds(91 * 86_400);
    let young = start(&api);
    api.run_audits();
    for days_ago in [63, 61] {
        let event = StoredConnection {
            client_id: format!("{days_ago} days ago"),
            principal: String::new(),
            at_ms: api.now_ms() - days_ago * 86_400_000,
            kind: ConnectionKind::Connected,
            source_ip: None,
            is_live: true,
        };
        api.write(move |store| connections::put(store, &event).map(drop));
    }
    api.auditor().clean(api.now_ms()).unwrap();
    let events = api.read(|store| store.all::<StoredConnection>(&[]));
    assert_eq!(events.iter().map(|event| &*event.client_id).collect::<Vec<_>>(), ["61 days ago"]);
    let tasks: Vec<String> =
        api.read(|store| store.all::<AuditTask>(&[])).into_iter().map(|task| task.id).collect();
    assert_eq!(tasks, [young.as_str()]);
    let of_old = |task: &str| task == old;
    assert!(!api.read(|store| store.all::<AuditCheckRun>(&[])).iter().any(|one| of_old(&one.task)));
    assert_eq!(api.read(|store| store.list::<PolicyVerdict>(&Query::default())).items, []);
    let fixed = |api: &Api| api.read(|store| store.count::<FindingSpan>(&[Filter::NotZero("fixed_ms")]));
    assert_eq!((fixed(&api), findings(&api, &young)), (1, 1));
    api.advance_seconds(91 * 86_400);
    api.auditor().clean(api.now_ms()).unwrap();
    assert_eq!(fixed(&api), 0);
}

#[test]
fn mitigation_tasks_go_with_the_findings() {
    let mut fleet = Fleet::new();
    fleet.run(LOGGING, &["log"]);
    let kept = |fleet: &Fleet| {
        fleet.api.read(|store| {
            let executions = store.count::<MitigationExecution>(&[])?;
            Ok((store.count::<MitigationTask>(&[])?, store.count::<MitigationProgress>(&[])?, executions))
        })
    };
    fleet.api.advance_seconds(89 * 86_400);
    fleet.api.auditor().clean(fleet.api.now_ms()).unwrap();
    assert_eq!(kept(&fleet), (1, 1, 1));
    fleet.api.advance_seconds(2 * 86_400);
    fleet.api.auditor().clean(fleet.api.now_ms()).unwrap();
    assert_eq!(kept(&fleet), (0, 0, 0));
}
