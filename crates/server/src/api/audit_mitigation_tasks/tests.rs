//! Tests of mitigation tasks as requests see them. What tasks do is tested where it is done.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;
use crate::mitigation::tests::{CERTIFICATES, Fleet, LOGGING, POLICIES};

fn start(api: &Api, task: &str, target: &Value, mapping: &Value) -> Value {
    api.call("StartAuditMitigationActionsTask", request(task, target, mapping))
}

fn request(task: &str, target: &Value, mapping: &Value) -> Value {
    json!({"taskId": task, "target": target, "auditCheckToActionsMapping": mapping, "clientRequestToken": format!("token-{task}")})
}

fn refused(api: &Api, target: Value, mapping: Value) -> String {
    let refused = api.try_call("StartAuditMitigationActionsTask", request("refused", &target, &mapping));
    let told = refused.unwrap_err().told;
    assert_eq!(told.code, Code::InvalidRequestException, "{told}");
    told.message
}

#[test]
fn a_task_says_what_it_is_about() {
    let fleet = Fleet::new();
    let (api, audit) = (&fleet.api, &fleet.audit);
    let target = json!({"auditTaskId": audit});
    let mapping = json!({POLICIES: ["blank"], LOGGING: ["log"]});
    assert_eq!(start(api, "t", &target, &mapping), json!({"taskId": "t"}));
    let described = api.call("DescribeAuditMitigationActionsTask", json!({"taskId": "t"}));
    assert_eq!(described["taskStatus"], "IN_PROGRESS");
    assert_eq!((&described["target"], &described["auditCheckToActionsMapping"]), (&target, &mapping));
    assert_eq!(described["startTime"], api.now_ms() / 1000);
    assert_eq!(described.get("endTime"), None);
    let names: Vec<&Value> =
        described["actionsDefinition"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["blank", "log"]);
    assert_eq!(
        described["actionsDefinition"][0]["actionParams"],
        json!({"replaceDefaultPolicyVersionParams": {"templateName": "BLANK_POLICY"}})
    );
    assert_eq!(
        api.error("DescribeAuditMitigationActionsTask", json!({"taskId": "no-such"})),
        Code::ResourceNotFoundException
    );
}

#[test]
fn the_same_request_again_starts_nothing_and_another_is_refused() {
    let fleet = Fleet::new();
    let (api, target) = (&fleet.api, json!({"auditTaskId": fleet.audit}));
    let mapping = json!({POLICIES: ["blank"]});
    for _ in 0..2 {
        start(api, "t", &target, &mapping);
    }
    let tasks = json!({"startTime": 0, "endTime": api.now_ms() / 1000});
    assert_eq!(api.call("ListAuditMitigationActionsTasks", tasks)["tasks"].as_array().unwrap().len(), 1);
    let other_mapping = json!({LOGGING: ["log"]});
    let other_id = json!({"taskId": "u", "target": target, "auditCheckToActionsMapping": mapping, "clientRequestToken": "token-t"});
    for again in [request("t", &target, &other_mapping), other_id] {
        assert_eq!(api.error("StartAuditMitigationActionsTask", again), Code::TaskAlreadyExistsException);
    }
}

#[test]
fn a_task_needs_a_target_and_a_mapping_that_fit() {
    let fleet = Fleet::new();
    let (api, audit) = (&fleet.api, json!({"auditTaskId": fleet.audit}));
    let mapping = json!({POLICIES: ["blank"]});
    let policy = fleet.finding(POLICIES);
    for (target, mapping, expected) in [
        (json!({}), mapping.clone(), "has to name either"),
        (json!({"auditTaskId": fleet.audit, "findingIds": [policy]}), mapping.clone(), "has to name either"),
        (json!({"auditCheckToReasonCodeFilter": {POLICIES: ["X"]}}), mapping.clone(), "has to name either"),
        (json!({"auditTaskId": "0".repeat(32)}), mapping.clone(), "does not exist"),
        (json!({"findingIds": ["no-such"]}), mapping.clone(), "does not exist"),
        (json!({"findingIds": [policy]}), json!({LOGGING: ["log"]}), "not mapped to any action"),
        (audit.clone(), json!({}), "is empty"),
        (audit.clone(), json!({"NO_SUCH_CHECK": ["blank"]}), "no audit check"),
        (audit.clone(), json!({POLICIES: ["no-such"]}), "does not exist"),
        (audit.clone(), json!({POLICIES: []}), "length greater than or equal to 1"),
        (audit.clone(), json!({POLICIES: ["blank", "blank"]}), "more than once"),
        (audit.clone(), json!({POLICIES: ["deactivate"]}), "does not apply"),
        (audit.clone(), json!({CERTIFICATES: ["blank"]}), "does not apply"),
        (audit.clone(), json!({LOGGING: ["log", "join"]}), "does not apply"),
        (
            json!({"auditTaskId": fleet.audit, "auditCheckToReasonCodeFilter": {POLICIES: ["NO_SUCH"]}}),
            mapping.clone(),
            "no reason code",
        ),
        (
            json!({"auditTaskId": fleet.audit, "auditCheckToReasonCodeFilter": {LOGGING: ["LOGGING_DISABLED"]}}),
            mapping.clone(),
            "not mapped to any action",
        ),
    ] {
        let message = refused(api, target.clone(), mapping.clone());
        assert!(message.contains(expected), "{target} {mapping}: {message}");
    }
    let running = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": [POLICIES]}));
    let message = refused(api, json!({"auditTaskId": running["taskId"]}), mapping);
    assert!(message.contains("in progress"), "{message}");
}

#[test]
fn ten_tasks_are_in_progress_at_most() {
    let fleet = Fleet::new();
    let (api, target) = (&fleet.api, json!({"auditTaskId": fleet.audit}));
    let mapping = json!({LOGGING: ["log"]});
    for number in 0..10 {
        start(api, &format!("t{number}"), &target, &mapping);
    }
    let one_more = request("t10", &target, &mapping);
    assert_eq!(api.error("StartAuditMitigationActionsTask", one_more.clone()), Code::LimitExceededException);
    api.call("CancelAuditMitigationActionsTask", json!({"taskId": "t3"}));
    api.call("StartAuditMitigationActionsTask", one_more);
}

#[test]
fn tasks_are_listed_by_time_status_audit_and_finding() {
    let mut fleet = Fleet::new();
    let (policy, mapping) = (fleet.finding(POLICIES), json!({POLICIES: ["blank"]}));
    let began = fleet.api.now_ms() / 1000;
    start(&fleet.api, "of-audit", &json!({"auditTaskId": fleet.audit}), &json!({LOGGING: ["log"]}));
    fleet.api.run_mitigation();
    fleet.api.advance_seconds(60);
    for name in ["of-finding", "again"] {
        start(&fleet.api, name, &json!({"findingIds": [policy]}), &mapping);
        fleet.api.advance_seconds(60);
    }
    fleet.api.call("CancelAuditMitigationActionsTask", json!({"taskId": "again"}));
    let api = &fleet.api;
    let names = |more: Value| -> Vec<String> {
        let mut input = json!({"startTime": began, "endTime": began + 3600, "maxResults": 1});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let pages = api.pages("ListAuditMitigationActionsTasks", input);
        pages.iter().flatten().map(|one| one["taskId"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(json!({})), ["again", "of-finding", "of-audit"]);
    assert_eq!(names(json!({"endTime": began + 30})), ["of-audit"]);
    assert_eq!(names(json!({"taskStatus": "COMPLETED"})), ["of-audit"]);
    assert_eq!(names(json!({"taskStatus": "CANCELED"})), ["again"]);
    assert_eq!(names(json!({"findingId": policy})), ["again", "of-finding"]);
    assert_eq!(names(json!({"findingId": policy, "taskStatus": "IN_PROGRESS"})), ["of-finding"]);
    assert_eq!(names(json!({"auditTaskId": fleet.audit})).len(), 3);
    assert!(names(json!({"auditTaskId": "0".repeat(32)})).is_empty());
    let wrong = json!({"startTime": 2, "endTime": 1});
    assert_eq!(api.error("ListAuditMitigationActionsTasks", wrong), Code::InvalidRequestException);
}

#[test]
fn only_what_is_in_progress_is_canceled() {
    let fleet = Fleet::new();
    let api = &fleet.api;
    let cancel = json!({"taskId": "t"});
    assert_eq!(
        api.error("CancelAuditMitigationActionsTask", cancel.clone()),
        Code::ResourceNotFoundException
    );
    start(api, "t", &json!({"auditTaskId": fleet.audit}), &json!({LOGGING: ["log"]}));
    api.run_mitigation();
    assert_eq!(api.error("CancelAuditMitigationActionsTask", cancel), Code::InvalidRequestException);
}
