//! Tests of audit tasks.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::{Api, NOW_MS};

const POLICIES: &str = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
const DENIES: &str = "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK";
const LOGGING: &str = "LOGGING_DISABLED_CHECK";
const CONFLICTS: &str = "CONFLICTING_CLIENT_IDS_CHECK";

fn configured() -> Api {
    let api = Api::new();
    let on = json!({"enabled": true});
    let checks = json!({POLICIES: on, DENIES: on, LOGGING: on, CONFLICTS: on});
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": checks}),
    );
    let policy = |name: &str, resource: &str| {
        let document = json!({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iot:Connect", "Resource": resource}]});
        api.call("CreatePolicy", json!({"policyName": name, "policyDocument": document.to_string()}));
    };
    policy("broad", "*");
    policy("narrow", "arn:aws:iot:us-east-1:123456789012:client/one");
    api
}

fn start(api: &Api, checks: &[&str]) -> String {
    let answer = api.call("StartOnDemandAuditTask", json!({"targetCheckNames": checks}));
    answer["taskId"].as_str().unwrap().to_owned()
}

fn task(api: &Api, id: &str) -> Value {
    api.call("DescribeAuditTask", json!({"taskId": id}))
}

#[test]
fn a_task_goes_from_progress_to_its_results() {
    let api = configured();
    let id = start(&api, &[POLICIES, LOGGING, CONFLICTS, POLICIES]);
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    let running = task(&api, &id);
    assert_eq!(
        (&running["taskStatus"], &running["taskType"]),
        (&json!("IN_PROGRESS"), &json!("ON_DEMAND_AUDIT_TASK"))
    );
    assert_eq!(running["taskStatistics"]["inProgressChecks"], 3);
    assert_eq!(running["auditDetails"][POLICIES]["checkRunStatus"], "IN_PROGRESS");
    assert_eq!(running["taskStartTime"], NOW_MS / 1000);
    api.run_audits();
    let done = task(&api, &id);
    assert_eq!(done["taskStatus"], "COMPLETED");
    let expected = json!({"totalChecks": 3, "inProgressChecks": 0, "waitingForDataCollectionChecks": 0,
        "compliantChecks": 0, "nonCompliantChecks": 2, "failedChecks": 1, "canceledChecks": 0});
    assert_eq!(done["taskStatistics"], expected);
    let expected = json!({"checkRunStatus": "COMPLETED_NON_COMPLIANT", "checkCompliant": false, "totalResourcesCount": 2,
        "nonCompliantResourcesCount": 1, "suppressedNonCompliantResourcesCount": 0});
    assert_eq!(done["auditDetails"][POLICIES], expected);
    let conflicts = &done["auditDetails"][CONFLICTS];
    assert_eq!(
        (&conflicts["checkRunStatus"], &conflicts["errorCode"]),
        (&json!("FAILED"), &json!("NO_DATA"))
    );
    assert!(conflicts["message"].as_str().unwrap().contains("connection history"), "{conflicts}");
}

#[test]
fn only_known_and_enabled_checks_are_started() {
    let api = configured();
    for checks in
        [json!([]), json!(["NO_SUCH_CHECK"]), json!(["DEVICE_CERTIFICATE_AGE_CHECK"]), json!([POLICIES, "x"])]
    {
        let code = api.error("StartOnDemandAuditTask", json!({"targetCheckNames": checks}));
        assert_eq!(code, Code::InvalidRequestException, "{checks}");
    }
    assert_eq!(
        Api::new().error("StartOnDemandAuditTask", json!({"targetCheckNames": [POLICIES]})),
        Code::InvalidRequestException
    );
}

#[test]
fn ten_on_demand_audits_are_in_progress_at_most() {
    let api = configured();
    let first = start(&api, &[LOGGING]);
    (1..10).for_each(|_| drop(start(&api, &[LOGGING])));
    let input = json!({"targetCheckNames": [LOGGING]});
    assert_eq!(api.error("StartOnDemandAuditTask", input.clone()), Code::LimitExceededException);
    api.call("CancelAuditTask", json!({"taskId": first}));
    api.call("StartOnDemandAuditTask", input.clone());
    api.run_audits();
    api.call("StartOnDemandAuditTask", input);
}

#[test]
fn a_canceled_task_does_not_run() {
    let api = configured();
    let id = start(&api, &[POLICIES, LOGGING]);
    api.call("CancelAuditTask", json!({"taskId": id}));
    api.run_audits();
    let canceled = task(&api, &id);
    assert_eq!(canceled["taskStatus"], "CANCELED");
    assert_eq!(canceled["taskStatistics"]["canceledChecks"], 2);
    assert_eq!(api.call("ListAuditFindings", json!({"taskId": id}))["findings"], json!([]));
    assert_eq!(api.error("CancelAuditTask", json!({"taskId": id})), Code::InvalidRequestException);
    assert_eq!(api.error("CancelAuditTask", json!({"taskId": "none"})), Code::ResourceNotFoundException);
    assert_eq!(api.error("DescribeAuditTask", json!({"taskId": "none"})), Code::ResourceNotFoundException);
}

#[test]
fn tasks_are_listed_by_time_kind_and_status() {
    let mut api = configured();
    let first = start(&api, &[LOGGING]);
    api.run_audits();
    api.advance_seconds(60);
    let second = start(&api, &[LOGGING]);
    let now = NOW_MS / 1000;
    let ids = |input: Value| -> Vec<String> {
        let mut all = json!({"startTime": now - 10, "endTime": now + 1000});
        all.as_object_mut().unwrap().extend(input.as_object().unwrap().clone());
        let pages = api.pages("ListAuditTasks", all);
        pages.concat().iter().map(|task| task["taskId"].as_str().unwrap().to_owned()).collect()
    };
    let both = [second.clone(), first.clone()];
    assert_eq!(ids(json!({})), both);
    assert_eq!(ids(json!({"maxResults": 1})), both);
    assert_eq!(ids(json!({"taskStatus": "COMPLETED"})), [first.as_str()]);
    assert_eq!(ids(json!({"taskType": "SCHEDULED_AUDIT_TASK"})), Vec::<String>::new());
    assert_eq!(ids(json!({"startTime": now + 1})), [second.as_str()]);
    assert_eq!(ids(json!({"endTime": now})), [first.as_str()]);
    for (start, end) in [(now, now - 1), (now - 91 * 86_400, now)] {
        let code = api.error("ListAuditTasks", json!({"startTime": start, "endTime": end}));
        assert_eq!(code, Code::InvalidRequestException);
    }
}
