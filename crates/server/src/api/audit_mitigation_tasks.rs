//! Tasks that mitigate findings of audits. Handlers write them down; `mitigation/runner.rs` carries them out.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::audit::Check;
use thingwarden_store::records::{
    AuditTask, MitigationAction, MitigationCounts, MitigationExecution, MitigationProgress, MitigationTask,
    TaskAction,
};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};
use thingwarden_wire::types::{
    self, AuditMitigationActionExecutionMetadata, AuditMitigationActionsExecutionStatus,
    AuditMitigationActionsTaskMetadata, AuditMitigationActionsTaskStatus, AuditMitigationActionsTaskTarget,
    CancelAuditMitigationActionsTaskInput, DescribeAuditMitigationActionsTaskInput,
    DescribeAuditMitigationActionsTaskOutput, ListAuditMitigationActionsExecutionsInput,
    ListAuditMitigationActionsExecutionsOutput, ListAuditMitigationActionsTasksInput,
    ListAuditMitigationActionsTasksOutput, StartAuditMitigationActionsTaskInput,
    StartAuditMitigationActionsTaskOutput, TaskStatisticsForAuditCheck,
};
use thingwarden_wire::{Code, Empty, Timestamp};

use super::audit_checks::known;
use super::audit_tasks::PAGE;
use super::cx::{App, Cx};
use super::error::ApiError;
use super::paging::{self, Asked, Listing};
use super::{shown, storable, stored};
use crate::audits::findings::{self, RunFinding};
use crate::mitigation::{kinds, tasks};

/// The word for a task in messages.
const KIND: &str = "mitigation task";
/// The same request again, known by its token, succeeds and starts nothing.
pub(super) fn start(
    cx: &Cx,
    store: &Writer<'_>,
    input: StartAuditMitigationActionsTaskInput,
) -> Result<StartAuditMitigationActionsTaskOutput, ApiError> {
    let task_id = add(&cx.app, store, input, Terms::default(), cx.now_ms)?;
    Ok(StartAuditMitigationActionsTaskOutput { task_id: Some(task_id) })
}

/// What a task has beyond what AWS's operation says.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    /// When it undoes itself, in milliseconds since 1970.
    pub(crate) undo_at_ms: Option<i64>,
    /// The approval that says which findings of the audit are meant.
    pub(crate) approval: Option<String>,
}

/// Writes a new task down; gives its id.
///
/// # Errors
/// `TaskAlreadyExistsException` when the id or the token is another task's, `InvalidRequestException` when the target or the
/// mapping makes no sense, `LimitExceededException` when as many tasks are in progress as may be.
pub(crate) fn add(
    app: &App,
    store: &Writer<'_>,
    input: StartAuditMitigationActionsTaskInput,
    terms: Terms,
    now_ms: i64,
) -> Result<String, ApiError> {
    let StartAuditMitigationActionsTaskInput {
        task_id,
        target,
        client_request_token: token,
        audit_check_to_actions_mapping: mapping,
    } = input;
    let stored_target = storable(&target)?;
    if let Some(found) = store.get::<MitigationTask>(&task_id)? {
        if found.token == token && found.target == stored_target && found.mapping == mapping {
            return Ok(task_id);
        }
        return Err(exists(format!("{KIND} `{task_id}` exists already")));
    }
    if store.count::<MitigationTask>(&[Filter::eq("token", token.as_str())])? > 0 {
        return Err(exists(format!("another {KIND} was started with this `clientRequestToken`")));
    }
    let actions = actions(store, &mapping)?;
    let (audit_task, findings) = meant(store, &target, &mapping)?;
    let limit = app.quotas.mitigation_tasks;
    let running = store.count::<MitigationTask>(&[Filter::NotZero("in_progress")])?;
    if running >= limit {
        return Err(ApiError::limit(format!(
            "{running} mitigation tasks are in progress, of at most {limit}"
        )));
    }
    let task = MitigationTask {
        id: task_id,
        status: AuditMitigationActionsTaskStatus::InProgress.as_str().to_owned(),
        token,
        target: stored_target,
        audit_task,
        mapping,
        actions,
        started_ms: now_ms,
        ended_ms: None,
        undo_at_ms: terms.undo_at_ms,
        approval: terms.approval,
    };
    tasks::add(store, &task, findings.as_deref())?;
    Ok(task.id)
}

fn exists(message: String) -> ApiError {
    ApiError::new(Code::TaskAlreadyExistsException, message)
}

/// The actions of a mapping as they are now, each once; each fits the checks that it is for.
pub(crate) fn actions(
    store: &Reader<'_>,
    mapping: &BTreeMap<String, Vec<String>>,
) -> Result<Vec<TaskAction>, ApiError> {
    if mapping.is_empty() {
        return Err(ApiError::invalid("`auditCheckToActionsMapping` is empty: map a check to actions"));
    }
    let mut found: BTreeMap<String, TaskAction> = BTreeMap::new();
    for (name, actions) in mapping {
        let check = known(name)?;
        if actions.iter().collect::<BTreeSet<_>>().len() < actions.len() {
            return Err(ApiError::invalid(format!("`{name}` is mapped to the same action more than once")));
        }
        for action in actions {
            if !found.contains_key(action) {
                found.insert(action.clone(), task_action(store, action)?);
            }
            if let Some(action) = found.get(action) {
                must_fit(action, check)?;
            }
        }
    }
    Ok(found.into_values().collect())
}

fn task_action(store: &Reader<'_>, name: &str) -> Result<TaskAction, ApiError> {
    let found = store.get::<MitigationAction>(name)?;
    let found = found
        .ok_or_else(|| ApiError::invalid(format!("mitigation action `{}` does not exist", shown(name))))?;
    Ok(TaskAction {
        name: found.name,
        action_id: found.action_id,
        role_arn: found.role_arn,
        params: found.params,
    })
}

fn must_fit(action: &TaskAction, check: &Check) -> Result<(), ApiError> {
    match kinds::of(&stored(action.params.clone())?) {
        Some(kind) if kinds::fits(kind, check) => Ok(()),
        kind => {
            let kind = kind.map_or("unknown", |kind| kind.as_str());
            let (action, check) = (&action.name, check.name);
            let message = format!(
                "mitigation action `{action}` of type {kind} does not apply to findings of `{check}`"
            );
            Err(ApiError::invalid(message))
        }
    }
}

/// The audit and the findings that a target names; no findings when they are all of the audit's, or those with some reasons.
pub(crate) fn meant(
    store: &Reader<'_>,
    target: &AuditMitigationActionsTaskTarget,
    mapping: &BTreeMap<String, Vec<String>>,
) -> Result<(Option<String>, Option<Vec<RunFinding>>), ApiError> {
    let filter = target.audit_check_to_reason_code_filter.as_ref();
    match (&target.audit_task_id, &target.finding_ids, filter) {
        (Some(id), None, filter) => {
            let audit = store.get::<AuditTask>(id)?;
            let audit = audit
                .ok_or_else(|| ApiError::invalid(format!("audit task `{}` does not exist", shown(id))))?;
            if audit.in_progress() {
                let message =
                    format!("audit task `{id}` is in progress: wait until its findings are complete");
                return Err(ApiError::invalid(message));
            }
            filter.map_or(Ok(()), |filter| check_filter(filter, mapping))?;
            Ok((Some(audit.id), None))
        }
        (None, Some(ids), None) => {
            let mut findings = vec![];
            for id in ids.iter().collect::<BTreeSet<_>>() {
                findings.push(finding(store, id, mapping)?);
            }
            let audits: BTreeSet<&String> = findings.iter().map(|finding| &finding.task).collect();
            let only = audits.first().filter(|_| audits.len() == 1).map(|audit| (*audit).clone());
            Ok((only, Some(findings)))
        }
        _ => {
            let message = "`target` has to name either `auditTaskId`, alone or with `auditCheckToReasonCodeFilter`, or `findingIds`";
            Err(ApiError::invalid(message))
        }
    }
}

fn finding(
    store: &Reader<'_>,
    id: &str,
    mapping: &BTreeMap<String, Vec<String>>,
) -> Result<RunFinding, ApiError> {
    let found = findings::get(store, id)?;
    let found =
        found.ok_or_else(|| ApiError::invalid(format!("audit finding `{}` does not exist", shown(id))))?;
    if mapping.contains_key(&found.check) {
        return Ok(found);
    }
    let check = &found.check;
    Err(ApiError::invalid(format!("finding `{id}` is of `{check}`, which is not mapped to any action")))
}

fn check_filter(
    filter: &BTreeMap<String, Vec<String>>,
    mapping: &BTreeMap<String, Vec<String>>,
) -> Result<(), ApiError> {
    for (name, codes) in filter {
        let check = known(name)?;
        if !mapping.contains_key(name) {
            let message =
                format!("`auditCheckToReasonCodeFilter` names `{name}`, which is not mapped to any action");
            return Err(ApiError::invalid(message));
        }
        if let Some(code) = codes.iter().find(|code| check.reasons.iter().all(|reason| reason.code != **code))
        {
            return Err(ApiError::invalid(format!("`{name}` has no reason code `{}`", shown(code))));
        }
    }
    Ok(())
}

/// What has been done stays done; what waits will not run.
pub(super) fn cancel(
    cx: &Cx,
    store: &Writer<'_>,
    input: CancelAuditMitigationActionsTaskInput,
) -> Result<Empty, ApiError> {
    let mut task = require(store, &input.task_id)?;
    if !task.in_progress() {
        let message = format!("{KIND} `{}` is not in progress: it is {}", task.id, task.status);
        return Err(ApiError::invalid(message));
    }
    task.status = AuditMitigationActionsTaskStatus::Canceled.as_str().to_owned();
    task.ended_ms = Some(cx.now_ms);
    store.update(&task)?;
    Ok(Empty {})
}

pub(super) fn describe(
    _: &Cx,
    store: &Reader<'_>,
    input: DescribeAuditMitigationActionsTaskInput,
) -> Result<DescribeAuditMitigationActionsTaskOutput, ApiError> {
    let task = require(store, &input.task_id)?;
    let counts = store.get::<MitigationProgress>(&task.id)?.unwrap_or_default().counts;
    let canceled = task.is_canceled();
    let statistics = counts.into_iter().map(|(check, counts)| (check, statistics(counts, canceled)));
    let action = |action: TaskAction| {
        Ok(types::MitigationAction {
            action_params: Some(stored(action.params)?),
            id: Some(action.action_id),
            name: Some(action.name),
            role_arn: Some(action.role_arn),
        })
    };
    Ok(DescribeAuditMitigationActionsTaskOutput {
        task_statistics: Some(statistics.collect()),
        actions_definition: Some(task.actions.into_iter().map(action).collect::<Result<_, ApiError>>()?),
        audit_check_to_actions_mapping: Some(task.mapping),
        end_time: task.ended_ms.map(Timestamp::from_epoch_ms),
        start_time: Some(Timestamp::from_epoch_ms(task.started_ms)),
        target: Some(stored(task.target)?),
        task_status: AuditMitigationActionsTaskStatus::parse(&task.status),
    })
}

/// Of a task that was canceled, findings that did not come to their end count as canceled.
fn statistics(counts: MitigationCounts, canceled: bool) -> TaskStatisticsForAuditCheck {
    let count = |number: u64| Some(i64::try_from(number).unwrap_or(i64::MAX));
    let left = if canceled { counts.waiting() } else { 0 };
    TaskStatisticsForAuditCheck {
        canceled_findings_count: count(left),
        failed_findings_count: count(counts.failed),
        skipped_findings_count: count(counts.skipped),
        succeeded_findings_count: count(counts.succeeded),
        total_findings_count: count(counts.total),
    }
}

/// Newest first.
pub(super) fn list(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuditMitigationActionsTasksInput,
) -> Result<ListAuditMitigationActionsTasksOutput, ApiError> {
    let (start, end) = (input.start_time.epoch_ms, input.end_time.epoch_ms);
    if start > end {
        return Err(ApiError::invalid("`startTime` is after `endTime`"));
    }
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let mut filters = vec![Filter::at_least("started_ms", start), Filter::at_most("started_ms", end)];
    filters.extend(input.task_status.map(|status| Filter::eq("status", status.as_str())));
    filters.extend(input.audit_task_id.as_deref().map(|audit| Filter::eq("audit_task", audit)));
    let query = Query { order: Order::By("started_ms"), descending: true, ..Query::all(&filters) };
    let page = match &input.finding_id {
        None => paging::list::<MitigationTask>(cx, store, asked, &query)?,
        Some(finding) => of_finding(cx, store, asked, &query, finding)?,
    };
    let tasks = page.items.into_iter().map(|task| AuditMitigationActionsTaskMetadata {
        start_time: Some(Timestamp::from_epoch_ms(task.started_ms)),
        task_status: AuditMitigationActionsTaskStatus::parse(&task.status),
        task_id: Some(task.id),
    });
    Ok(ListAuditMitigationActionsTasksOutput { tasks: tasks.collect(), next_token: page.next_token })
}

/// The tasks that a finding is in: few, so they are put together in memory.
fn of_finding(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    query: &Query<'_>,
    finding: &str,
) -> Result<Listing<MitigationTask>, ApiError> {
    let executions = store.all::<MitigationExecution>(&[Filter::eq("finding", finding)])?;
    let mut tasks = BTreeMap::new();
    for id in executions.into_iter().map(|execution| execution.task).collect::<BTreeSet<_>>() {
        let filters: Vec<Filter<'_>> =
            query.filters.iter().cloned().chain([Filter::eq("id", id.as_str())]).collect();
        for task in store.all::<MitigationTask>(&filters)? {
            // Newest first, in a form that sorts.
            tasks.insert(format!("{:020} {}", i64::MAX.saturating_sub(task.started_ms), task.id), task);
        }
    }
    let listing = format!("{finding} {:?}", query.filters);
    let page = paging::slice(cx, asked, &listing, tasks.keys().cloned().collect())?;
    let items = page.items.iter().filter_map(|key| tasks.remove(key)).collect();
    Ok(Listing { items, next_token: page.next_token })
}

/// Of one finding in one task, in the order in which they run.
pub(super) fn list_executions(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListAuditMitigationActionsExecutionsInput,
) -> Result<ListAuditMitigationActionsExecutionsOutput, ApiError> {
    let task = store.get::<MitigationTask>(&input.task_id)?;
    let task = task.ok_or_else(|| ApiError::invalid(format!("{KIND} `{}` does not exist", input.task_id)))?;
    let filters = [Filter::eq("finding", input.finding_id.as_str()), Filter::eq("task", task.id.as_str())];
    let mut executions = BTreeMap::new();
    for execution in store.all::<MitigationExecution>(&filters)? {
        let status = AuditMitigationActionsExecutionStatus::parse(execution.status_in(&task));
        if input.action_status.is_none_or(|wanted| Some(wanted) == status) {
            executions.insert(format!("{:08}", execution.order), (execution, status));
        }
    }
    let listing = format!("{} {} {:?}", task.id, input.finding_id, input.action_status);
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let page = paging::slice(cx, asked, &listing, executions.keys().cloned().collect())?;
    let actions_executions = page.items.iter().filter_map(|key| executions.remove(key)).map(metadata);
    Ok(ListAuditMitigationActionsExecutionsOutput {
        actions_executions: actions_executions.collect(),
        next_token: page.next_token,
    })
}

fn metadata(
    (execution, status): (MitigationExecution, Option<AuditMitigationActionsExecutionStatus>),
) -> AuditMitigationActionExecutionMetadata {
    AuditMitigationActionExecutionMetadata {
        action_id: Some(execution.action_id),
        action_name: Some(execution.action),
        end_time: execution.ended_ms.map(Timestamp::from_epoch_ms),
        error_code: execution.error_code,
        finding_id: Some(execution.finding),
        message: execution.message,
        start_time: execution.started_ms.map(Timestamp::from_epoch_ms),
        status,
        task_id: Some(execution.task),
    }
}

fn require(store: &Reader<'_>, id: &str) -> Result<MitigationTask, ApiError> {
    store.get(id)?.ok_or_else(|| ApiError::not_found(KIND, id))
}

#[cfg(test)]
mod tests;
