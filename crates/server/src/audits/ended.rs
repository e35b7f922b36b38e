//! What the end of an audit brings with it, in the transaction that ends it: so it happens once, whatever becomes of the
//! process. An audit neither waits for it nor fails by it.

use serde::Serialize;
use thingwarden_store::records::{AuditCheckRun, AuditConfiguration, AuditNotification, AuditTask};
use thingwarden_store::{StoreError, Writer};

use crate::api::{App, iot_arn};
use crate::sns::{self, NewMessage, PublishError};
use crate::{approvals, sinks};

/// The kind of target that there is (`AuditNotificationType`).
const SNS: &str = "SNS";

/// The message, in the members of AWS's schema `arn:aws:iot:::schema:auditnotification/1.0`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification<'a> {
    account_id: &'a str,
    task_id: &'a str,
    task_status: &'a str,
    task_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheduled_audit_name: Option<&'a str>,
    failed_checks_count: usize,
    canceled_checks_count: usize,
    non_compliant_checks_count: usize,
    compliant_checks_count: usize,
    total_checks_count: usize,
    /// In milliseconds since 1970.
    task_start_time: i64,
    audit_details: Vec<Details<'a>>,
}

/// How a check ended.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    check_name: &'a str,
    check_run_status: &'a str,
    /// Without those that are suppressed.
    non_compliant_resources_count: u64,
    total_resources_count: u64,
    #[serde(skip_serializing_if = "is_zero")]
    suppressed_non_compliant_resources_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'a str>,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Tells whoever wants to know that a task has ended, well or not. `runs` are all of its checks.
///
/// # Errors
/// When the store fails.
pub(crate) fn audit_ended(
    app: &App,
    store: &Writer<'_>,
    task: &AuditTask,
    runs: &[AuditCheckRun],
    now_ms: i64,
) -> Result<(), StoreError> {
    let configuration = store.get::<AuditConfiguration>(AuditConfiguration::ID)?.unwrap_or_default();
    if let Some(target) = configuration.notification_targets.get(SNS).filter(|target| target.enabled) {
        notify(store, target, task, runs, now_ms)?;
    }
    sinks::audit_ended(app, store, task, runs)?;
    approvals::audit_ended(app, store, task, runs, now_ms)
}

/// Publishes the notification with the rights of the target's role. When that cannot be, the message is kept among the
/// deliveries that failed.
fn notify(
    store: &Writer<'_>,
    target: &AuditNotification,
    task: &AuditTask,
    runs: &[AuditCheckRun],
    now_ms: i64,
) -> Result<(), StoreError> {
    let (Some(topic), Some(role)) = (&target.target_arn, &target.role_arn) else {
        tracing::warn!(task = task.id, "the end of an audit is not told: the target has no topic or no role");
        return Ok(());
    };
    let scope = store.scope();
    let text = serde_json::to_string(&notification(&scope.account, task, runs)).unwrap_or_default();
    let message = NewMessage::text(text);
    let source = iot_arn(scope, &format!("audittask/{}", task.id));
    let published = sns::publish_as(store, now_ms, role, &source, topic, &message).or_else(|error| {
        if let PublishError::Store(_) = error {
            return Err(error);
        }
        tracing::warn!(task = task.id, topic, %error, "the end of an audit is not told");
        sns::put_aside(store, now_ms, topic, &message, &error.to_string()).map(|()| String::new())
    });
    match published {
        Ok(_) => Ok(()),
        Err(PublishError::Store(error)) => Err(error),
        Err(error) => {
            tracing::warn!(task = task.id, topic, %error, "the end of an audit is not told");
            Ok(())
        }
    }
}

fn notification<'a>(account: &'a str, task: &'a AuditTask, runs: &'a [AuditCheckRun]) -> Notification<'a> {
    let with = |status: &str| runs.iter().filter(|run| run.status == status).count();
    let details = runs.iter().map(|run| Details {
        check_name: &run.check,
        check_run_status: &run.status,
        non_compliant_resources_count: run.non_compliant,
        total_resources_count: run.examined,
        suppressed_non_compliant_resources_count: run.suppressed,
        message: run.message.as_deref(),
        error_code: run.error_code.as_deref(),
    });
    Notification {
        account_id: account,
        task_id: &task.id,
        task_status: &task.status,
        task_type: &task.task_type,
        scheduled_audit_name: task.schedule.as_deref(),
        failed_checks_count: with("FAILED"),
        canceled_checks_count: with("CANCELED"),
        non_compliant_checks_count: with("COMPLETED_NON_COMPLIANT"),
        compliant_checks_count: with("COMPLETED_COMPLIANT"),
        total_checks_count: runs.len(),
        task_start_time: task.started_ms,
        audit_details: details.collect(),
    }
}
