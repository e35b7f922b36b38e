//! Findings for tests, without an audit.

use serde_json::json;
use thingwarden_store::Writer;
use thingwarden_store::records::{FindingContent, RunMark};

use super::*;
use crate::audits::tracking::history;

/// One that every run since the first has found.
pub(crate) fn span(check: &str, name: &str) -> FindingSpan {
    FindingSpan {
        id: link_id(&[check, "1", name]),
        check: check.to_owned(),
        content: FindingContent {
            severity: "LOW".to_owned(),
            resource_key: link_id(&["CLIENT_ID", name]),
            resource: AuditedResource {
                resource_type: "CLIENT_ID".to_owned(),
                identifier: json!({"clientId": name}),
                additional: [].into(),
            },
            related: vec![],
            reason_code: "R".to_owned(),
            reason: "R".to_owned(),
            suppressed: false,
        },
        first_run: 1,
        until: None,
        replaced: None,
        fixed: None,
        first_seen_ms: 1,
        regressed_ms: None,
        last_seen_ms: None,
        live_ms: None,
        old_task: None,
    }
}

/// One of a task.
pub(crate) fn finding(task: &str, started_ms: i64, check: &str, name: &str) -> RunFinding {
    let FindingContent { severity, resource_key, resource, related, reason_code, reason, suppressed } =
        span(check, name).content;
    RunFinding {
        id: format!("{task}-{check}-{name}"),
        task: task.to_owned(),
        check: check.to_owned(),
        task_started_ms: started_ms,
        found_ms: started_ms,
        severity,
        resource_key,
        resource,
        related,
        reason_code,
        reason,
        suppressed,
        first_seen_ms: started_ms,
        regressed_ms: None,
    }
}

/// Lets the run of a check find something more, under the finding's own id. The task and its run are made when they are not
/// there.
pub(crate) fn put(store: &Writer<'_>, finding: &RunFinding) -> Result<(), StoreError> {
    let RunFinding { task, check, .. } = finding;
    if !store.exists::<AuditTask>(task)? {
        store.insert(&AuditTask {
            id: task.clone(),
            status: "COMPLETED".to_owned(),
            task_type: "ON_DEMAND_AUDIT_TASK".to_owned(),
            schedule: None,
            started_ms: finding.task_started_ms,
            ended_ms: Some(finding.task_started_ms),
            checks: [(check.clone(), [].into())].into(),
            is_live: false,
        })?;
    }
    let run = store.get::<AuditCheckRun>(&link_id(&[task, check]))?;
    let mut run = run.unwrap_or_else(|| AuditCheckRun::waiting(task, check));
    let mut history = history(store, check)?;
    let number = run.number.unwrap_or(history.runs + 1);
    history.runs = history.runs.max(number);
    store.put(&history)?;
    (run.number, run.found_ms) = (Some(number), Some(finding.found_ms));
    store.put(&run)?;
    let after = RunMark { run: number + 1, ms: finding.task_started_ms };
    let RunFinding { severity, resource_key, resource, related, reason_code, reason, suppressed, .. } =
        finding.clone();
    store.insert(&FindingSpan {
        id: finding.id.clone(),
        check: check.clone(),
        content: FindingContent {
            severity,
            resource_key,
            resource,
            related,
            reason_code,
            reason,
            suppressed,
        },
        first_run: number,
        until: Some(after),
        replaced: Some(after),
        fixed: None,
        first_seen_ms: finding.first_seen_ms,
        regressed_ms: finding.regressed_ms,
        last_seen_ms: Some(finding.task_started_ms),
        live_ms: None,
        old_task: Some(task.clone()),
    })
}
