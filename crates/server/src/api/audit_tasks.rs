//! Audit tasks.

use std::collections::BTreeMap;

use thingwarden_store::records::{AuditCheckRun, AuditTask};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    AuditCheckDetails, AuditCheckRunStatus, AuditTaskMetadata, AuditTaskStatus, AuditTaskType,
    CancelAuditTaskInput, DescribeAuditTaskInput, DescribeAuditTaskOutput, ListAuditTasksInput,
    ListAuditTasksOutput, StartOnDemandAuditTaskInput, StartOnDemandAuditTaskOutput, TaskStatistics,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::audit_checks::enabled;
use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use crate::audits::{BegunBy, add_task, audit_ended, check_runs, new_task, statistics};

/// The word for a task in messages.
const KIND: &str = "audit task";
/// Results on a page if nobody says (the API reference of the audit listings).
pub(super) const PAGE: usize = 25;

/// Writes the task down; the thread of audits hears of it.
pub(super) fn start(
    cx: &Cx,
    store: &Writer<'_>,
    input: StartOnDemandAuditTaskInput,
) -> Result<StartOnDemandAuditTaskOutput, ApiError> {
    let id = add_on_demand(store, &input.target_check_names, cx.app.quotas.on_demand_audits, cx.now_ms)?;
    Ok(StartOnDemandAuditTaskOutput { task_id: Some(id) })
}

/// Writes a new task down and gives its id.
///
/// # Errors
/// A check is not enabled, or `limit` tasks are in progress.
pub(crate) fn add_on_demand(
    store: &Writer<'_>,
    names: &[String],
    limit: u64,
    now_ms: i64,
) -> Result<String, ApiError> {
    let checks = enabled(store, names)?;
    let running =
        [Filter::NotZero("in_progress"), Filter::eq("task_type", AuditTaskType::OnDemandAuditTask.as_str())];
    let running = store.count::<AuditTask>(&running)?;
    if running >= limit {
        return Err(ApiError::limit(format!(
            "{running} on-demand audits are in progress, of at most {limit}"
        )));
    }
    let task = new_task(BegunBy::Request, checks, now_ms)
        .ok_or_else(|| ApiError::new(Code::InternalFailureException, "the system gives no random numbers"))?;
    add_task(store, &task)?;
    Ok(task.id)
}

/// Checks that have ended keep their results, the others will not run.
pub(super) fn cancel(cx: &Cx, store: &Writer<'_>, input: CancelAuditTaskInput) -> Result<Empty, ApiError> {
    let mut task = require(store, &input.task_id)?;
    if !task.in_progress() {
        let message = format!("audit task `{}` is not in progress: it is {}", task.id, task.status);
        return Err(ApiError::invalid(message));
    }
    let mut runs = check_runs(store, &task.id)?;
    for run in runs.iter_mut().filter(|run| run.in_progress()) {
        run.status = AuditCheckRunStatus::Canceled.as_str().to_owned();
        store.update(run)?;
    }
    task.status = AuditTaskStatus::Canceled.as_str().to_owned();
    task.ended_ms = Some(cx.now_ms);
    store.update(&task)?;
    audit_ended(&cx.app, store, &task, &runs, cx.now_ms)?;
    Ok(Empty {})
}

pub(super) fn describe(
    _: &Cx,
    store: &Reader<'_>,
    input: DescribeAuditTaskInput,
) -> Result<DescribeAuditTaskOutput, ApiError> {
    let task = require(store, &input.task_id)?;
    let runs = check_runs(store, &task.id)?;
    let statistics = task_statistics(&runs);
    let details = runs.into_iter().map(|run| (run.check.clone(), details(run))).collect();
    Ok(DescribeAuditTaskOutput {
        audit_details: Some(details),
        scheduled_audit_name: task.schedule,
        task_start_time: Some(Timestamp::from_epoch_ms(task.started_ms)),
        task_statistics: Some(statistics),
        task_status: AuditTaskStatus::parse(&task.status),
        task_type: AuditTaskType::parse(&task.task_type),
    })
}

fn details(run: AuditCheckRun) -> AuditCheckDetails {
    let count = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
    let status = AuditCheckRunStatus::parse(&run.status);
    let has_result = matches!(
        status,
        Some(AuditCheckRunStatus::CompletedCompliant | AuditCheckRunStatus::CompletedNonCompliant)
    );
    let counted = has_result || run.examined > 0;
    AuditCheckDetails {
        check_compliant: Some(status == Some(AuditCheckRunStatus::CompletedCompliant)),
        check_run_status: status,
        error_code: run.error_code,
        message: run.message,
        non_compliant_resources_count: counted.then(|| count(run.non_compliant)).flatten(),
        suppressed_non_compliant_resources_count: counted.then(|| count(run.suppressed)).flatten(),
        total_resources_count: counted.then(|| count(run.examined)).flatten(),
    }
}

fn task_statistics(runs: &[AuditCheckRun]) -> TaskStatistics {
    let counts: BTreeMap<&str, i32> = statistics(runs);
    let count = |status: AuditCheckRunStatus| Some(counts.get(status.as_str()).copied().unwrap_or(0));
    TaskStatistics {
        canceled_checks: count(AuditCheckRunStatus::Canceled),
        compliant_checks: count(AuditCheckRunStatus::CompletedCompliant),
        failed_checks: count(AuditCheckRunStatus::Failed),
        in_progress_checks: count(AuditCheckRunStatus::InProgress),
        non_compliant_checks: count(AuditCheckRunStatus::CompletedNonCompliant),
        total_checks: Some(counts.values().sum()),
        waiting_for_data_collection_checks: count(AuditCheckRunStatus::WaitingForDataCollection),
    }
}

/// Newest first. AWS refuses a time from which nothing is kept any more.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuditTasksInput,
) -> Result<ListAuditTasksOutput, ApiError> {
    let (start, end) = (input.start_time.epoch_ms, input.end_time.epoch_ms);
    if start > end {
        return Err(ApiError::invalid("`startTime` is after `endTime`"));
    }
    if start < cx.now_ms.saturating_sub(cx.app.audit_retention_ms()) {
        let days = cx.app.audit.findings_retention_days;
        return Err(ApiError::invalid(format!("`startTime`: audits are kept for {days} days")));
    }
    let mut filters = vec![Filter::at_least("started_ms", start), Filter::at_most("started_ms", end)];
    filters.extend(input.task_type.map(|kind| Filter::eq("task_type", kind.as_str())));
    filters.extend(input.task_status.map(|status| Filter::eq("status", status.as_str())));
    let query = Query { order: Order::By("started_ms"), descending: true, ..Query::all(&filters) };
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::list::<AuditTask>(cx, store, asked, &query)?;
    let tasks = page.items.into_iter().map(|task| AuditTaskMetadata {
        task_id: Some(task.id),
        task_status: AuditTaskStatus::parse(&task.status),
        task_type: AuditTaskType::parse(&task.task_type),
    });
    Ok(ListAuditTasksOutput { next_token: page.next_token, tasks: tasks.collect() })
}

fn require(store: &Reader<'_>, id: &str) -> Result<AuditTask, ApiError> {
    store.get(id)?.ok_or_else(|| ApiError::not_found(KIND, id))
}

#[cfg(test)]
mod tests;
