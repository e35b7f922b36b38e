//! Tests of schedules.

use serde_json::{Value, json};
use thingwarden_wire::Code;

use crate::api::testing::Api;
use crate::http::Stop;

const LOGGING: &str = "LOGGING_DISABLED_CHECK";
const DAY: i64 = 86_400;

fn configured() -> Api {
    let api = Api::new();
    api.call(
        "UpdateAccountAuditConfiguration",
        json!({"roleArn": "arn:aws:iam::123456789012:role/audit", "auditCheckConfigurations": {LOGGING: {"enabled": true}}}),
    );
    api
}

fn daily(name: &str) -> Value {
    json!({"scheduledAuditName": name, "frequency": "DAILY", "targetCheckNames": [LOGGING]})
}

fn tasks(api: &Api) -> Vec<Value> {
    let now = api.now_ms() / 1000;
    api.pages("ListAuditTasks", json!({"startTime": now - 80 * DAY, "endTime": now})).concat()
}

#[test]
fn a_schedule_is_made_shown_changed_and_removed() {
    let api = configured();
    let arn = "arn:aws:iot:us-east-1:123456789012:scheduledaudit/s";
    let mut input = daily("s");
    input["tags"] = json!([{"Key": "team", "Value": "a"}]);
    assert_eq!(api.call("CreateScheduledAudit", input)["scheduledAuditArn"], arn);
    assert_eq!(api.error("CreateScheduledAudit", daily("s")), Code::ResourceAlreadyExistsException);
    assert_eq!(api.call("ListTagsForResource", json!({"resourceArn": arn}))["tags"][0]["Key"], "team");
    let name = json!({"scheduledAuditName": "s"});
    let expected = json!({"frequency": "DAILY", "scheduledAuditArn": arn, "scheduledAuditName": "s", "targetCheckNames": [LOGGING]});
    assert_eq!(api.call("DescribeScheduledAudit", name.clone()), expected);
    let change = |change: Value| {
        let mut input = name.clone();
        input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        api.call("UpdateScheduledAudit", input);
        api.call("DescribeScheduledAudit", name.clone())
    };
    let weekly = change(json!({"frequency": "WEEKLY", "dayOfWeek": "MON"}));
    assert_eq!((&weekly["frequency"], &weekly["dayOfWeek"]), (&json!("WEEKLY"), &json!("MON")));
    assert_eq!(change(json!({"frequency": "BIWEEKLY"}))["dayOfWeek"], "MON");
    let monthly = change(json!({"frequency": "MONTHLY", "dayOfMonth": "LAST"}));
    assert_eq!((monthly.get("dayOfWeek"), &monthly["dayOfMonth"]), (None, &json!("LAST")));
    assert_eq!(api.call("ListScheduledAudits", json!({}))["scheduledAudits"][0]["dayOfMonth"], "LAST");
    api.call("DeleteScheduledAudit", name.clone());
    for operation in ["DescribeScheduledAudit", "DeleteScheduledAudit", "UpdateScheduledAudit"] {
        assert_eq!(api.error(operation, name.clone()), Code::ResourceNotFoundException);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let api = configured();
    let bad = [
        json!({"frequency": "WEEKLY", "targetCheckNames": [LOGGING]}),
        json!({"frequency": "MONTHLY", "dayOfWeek": "MON", "targetCheckNames": [LOGGING]}),
        json!({"frequency": "DAILY", "dayOfMonth": "1", "targetCheckNames": [LOGGING]}),
        json!({"frequency": "DAILY", "targetCheckNames": []}),
        json!({"frequency": "DAILY", "targetCheckNames": ["DEVICE_CERTIFICATE_AGE_CHECK"]}),
        json!({"frequency": "DAILY", "targetCheckNames": ["NO_SUCH_CHECK"]}),
    ];
    for mut input in bad {
        input["scheduledAuditName"] = json!("s");
        assert_eq!(api.error("CreateScheduledAudit", input), Code::InvalidRequestException);
    }
    (0..5).for_each(|number| drop(api.call("CreateScheduledAudit", daily(&format!("s{number}")))));
    assert_eq!(api.error("CreateScheduledAudit", daily("s5")), Code::LimitExceededException);
    let weekly = json!({"scheduledAuditName": "s0", "frequency": "WEEKLY"});
    assert_eq!(api.error("UpdateScheduledAudit", weekly), Code::InvalidRequestException);
}

#[test]
fn a_due_audit_runs_and_a_missed_one_is_made_up_once() {
    let mut api = configured();
    api.call("CreateScheduledAudit", daily("s"));
    api.run_audits();
    assert_eq!(tasks(&api).len(), 0);
    api.advance_seconds(DAY);
    api.run_audits();
    let found = tasks(&api);
    assert_eq!(found.len(), 1);
    let task = api.call("DescribeAuditTask", json!({"taskId": found[0]["taskId"]}));
    assert_eq!(
        (&task["taskType"], &task["taskStatus"]),
        (&json!("SCHEDULED_AUDIT_TASK"), &json!("COMPLETED"))
    );
    assert_eq!(task["scheduledAuditName"], "s");
    api.run_audits();
    assert_eq!(tasks(&api).len(), 1, "not before the next day");
    api.advance_seconds(9 * DAY);
    api.run_audits();
    assert_eq!(tasks(&api).len(), 2, "once for all days that were missed");
    api.advance_seconds(DAY);
    api.run_audits();
    assert_eq!(tasks(&api).len(), 3);
}

#[test]
fn an_audit_of_a_schedule_waits_for_none_of_the_same_schedule() {
    let mut api = configured();
    api.call("CreateScheduledAudit", daily("s"));
    api.advance_seconds(DAY);
    // Starts what is due, and is stopped before it runs.
    let (trigger, stop) = Stop::new();
    trigger.stop();
    let stopped = api.auditor_until(stop);
    stopped.work(&|| api.now_ms()).unwrap();
    assert_eq!(tasks(&api)[0]["taskStatus"], "IN_PROGRESS");
    api.advance_seconds(DAY);
    stopped.work(&|| api.now_ms()).unwrap();
    assert_eq!(tasks(&api).len(), 1);
}
