//! PlanMitigation, StartMitigation, DescribeMitigation, UndoMitigation: what AWS's mitigation tasks lack.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use thingwarden_store::records::{
    FindingPlace, MitigationExecution, MitigationProgress, MitigationStage, MitigationTask, Verified,
};
use thingwarden_store::{Cursor, Filter, Query, Reader, Value, Writer, link_id, link_parts};
use thingwarden_wire::types::{AuditMitigationActionsTaskTarget, StartAuditMitigationActionsTaskInput};
use thingwarden_wire::{Call, Operation};

use crate::api::{ApiError, audit_mitigation_tasks as tasks_api};
use crate::audits::findings::{self, RunFinding};
use crate::iam::Cx;
use crate::mitigation::plan::{self, PlannedFinding};
use crate::mitigation::undo::{self, Undone, Wanted};

/// Executions of one answer: as many as are undone without keeping other changes waiting.
const EXECUTIONS_MAX: usize = 100;
/// Findings of one plan: as many as a target can name, each a transaction and some searches.
const FINDINGS_MAX: usize = 25;
/// How long a mitigation for a time may last: tasks are kept for 90 days.
const UNDO_AFTER_SECONDS: RangeInclusive<u32> = 1..=90 * 86_400;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UndoMitigationInput {
    task_id: String,
    /// Only what was done about this finding.
    finding_id: Option<String>,
    /// Goes on where another answer ended.
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UndoMitigationOutput {
    /// The last execution first, as they are undone.
    executions: Vec<Undone>,
    /// There is more to undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn undo(
    cx: &Cx,
    store: &Writer<'_>,
    input: UndoMitigationInput,
) -> Result<UndoMitigationOutput, ApiError> {
    let UndoMitigationInput { task_id, finding_id, next_token } = input;
    let task = require(store, &task_id)?;
    if task.in_progress() {
        let message = format!("task `{task_id}` is in progress: cancel it, or wait for its end");
        return Err(ApiError::invalid(message));
    }
    let scope = store.scope();
    let finding = finding_id.as_deref();
    let listing = ["UndoMitigation", &scope.account, &scope.region, &task_id, finding.unwrap_or_default()];
    let after = super::paging::place(cx, &listing, next_token.as_deref())?;
    let wanted = Wanted { task: &task_id, finding, after, limit: EXECUTIONS_MAX };
    let page = undo::undo(store, &wanted, cx.now_ms())?;
    if page.items.is_empty() && finding.is_some() && next_token.is_none() {
        let message = format!(
            "task `{task_id}` did nothing about finding `{}`",
            crate::api::shown(&finding_id.unwrap_or_default())
        );
        return Err(ApiError::new(thingwarden_wire::Code::ResourceNotFoundException, message));
    }
    let next_token = page.next.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(UndoMitigationOutput { executions: page.items, next_token })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PlanMitigationInput {
    /// As StartAuditMitigationActionsTask takes it.
    target: AuditMitigationActionsTaskTarget,
    /// As StartAuditMitigationActionsTask takes it.
    audit_check_to_actions_mapping: BTreeMap<String, Vec<String>>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PlanMitigationOutput {
    findings: Vec<PlannedFinding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// Tries the actions out, finding by finding, and keeps nothing.
pub(super) async fn plan(cx: Cx, input: PlanMitigationInput) -> Result<PlanMitigationOutput, ApiError> {
    let PlanMitigationInput { target, audit_check_to_actions_mapping: mapping, next_token } = input;
    let scope = cx.regional_scope();
    let key = serde_json::json!([target, mapping]).to_string();
    let listing = ["PlanMitigation", &scope.account, &scope.region, &key];
    let after = super::paging::place(&cx, &listing, next_token.as_deref())?;
    let (findings, actions, next) = cx.app.store.read(&scope, |store| {
        let actions = tasks_api::actions(store, &mapping)?;
        let (audit, named) = tasks_api::meant(store, &target, &mapping)?;
        let (findings, next) = match (audit, named) {
            (_, Some(named)) => (named, None),
            (Some(audit), None) => some_findings(store, &audit, &target, &mapping, after)?,
            (None, None) => (vec![], None),
        };
        Ok::<_, ApiError>((findings, actions, next))
    })?;
    let mut planned = vec![];
    for finding in findings {
        let names = mapping.get(&finding.check).map(Vec::as_slice).unwrap_or_default();
        let of_check = names.iter().filter_map(|name| actions.iter().find(|action| action.name == *name));
        let of_check = of_check.cloned().collect();
        let app = std::sync::Arc::clone(&cx.app);
        planned.push(plan::plan(app, scope.clone(), finding, of_check, cx.now_ms()).await?);
    }
    let next_token = next.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(PlanMitigationOutput { findings: planned, next_token })
}

/// The next findings of an audit that a target means, in the order in which a task takes them.
fn some_findings(
    store: &Reader<'_>,
    audit: &str,
    target: &AuditMitigationActionsTaskTarget,
    mapping: &BTreeMap<String, Vec<String>>,
    after: Option<Cursor>,
) -> Result<(Vec<RunFinding>, Option<Cursor>), ApiError> {
    let begin = after.and_then(place_of);
    let (begin, mut place) = begin.map_or((None, None), |(check, place)| (Some(check), Some(place)));
    let wanted = target.audit_check_to_reason_code_filter.as_ref();
    let mut found: Vec<RunFinding> = vec![];
    for check in mapping.keys().filter(|check| begin.as_ref().is_none_or(|begin| *check >= begin)) {
        loop {
            // A token may come from the end of a check, or from its middle.
            let page = findings::page(store, audit, check, place.take().as_ref(), FINDINGS_MAX)?;
            let is_wanted = |finding: &RunFinding| {
                wanted.is_none_or(|codes| {
                    codes.get(check).is_some_and(|codes| codes.contains(&finding.reason_code))
                })
            };
            found.extend(page.items.into_iter().filter(is_wanted));
            let Some(next) = page.next else { break };
            if !found.is_empty() {
                return Ok((found, Some(cursor_of(check, &next))));
            }
            place = Some(next);
        }
    }
    Ok((found, None))
}

/// A place among the findings of several checks, as a token keeps it.
fn cursor_of(check: &str, place: &FindingPlace) -> Cursor {
    Cursor { value: Some(link_id(&[check, &place.resource_key]).into()), seq: place.seq }
}

fn place_of(cursor: Cursor) -> Option<(String, FindingPlace)> {
    let Some(Value::Text(text)) = cursor.value else { return None };
    let [check, resource_key] = <[String; 2]>::try_from(link_parts(&text)).ok()?;
    Some((check, FindingPlace { resource_key, seq: cursor.seq }))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct StartMitigationInput {
    task_id: String,
    target: AuditMitigationActionsTaskTarget,
    audit_check_to_actions_mapping: BTreeMap<String, Vec<String>>,
    client_request_token: String,
    /// Up to 90 days.
    undo_after_seconds: u32,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartMitigationOutput {
    task_id: String,
    /// When everything is undone, in milliseconds since 1970.
    undo_at_ms: Option<i64>,
}

/// StartAuditMitigationActionsTask for a time: what is begun has its end from the beginning.
pub(super) fn start(
    cx: &Cx,
    store: &Writer<'_>,
    input: StartMitigationInput,
) -> Result<StartMitigationOutput, ApiError> {
    let seconds = input.undo_after_seconds;
    if !UNDO_AFTER_SECONDS.contains(&seconds) {
        let (least, most) = (UNDO_AFTER_SECONDS.start(), UNDO_AFTER_SECONDS.end());
        let message = format!("`undoAfterSeconds` is `{seconds}`, expected {least} to {most}");
        return Err(ApiError::invalid(message));
    }
    let start = serde_json::json!({
        "taskId": input.task_id,
        "target": input.target,
        "auditCheckToActionsMapping": input.audit_check_to_actions_mapping,
        "clientRequestToken": input.client_request_token,
    });
    thingwarden_wire::validate::validate(Operation::StartAuditMitigationActionsTask, &start)?;
    let start = StartAuditMitigationActionsTaskInput::parse(start)?;
    let undo_at_ms = cx.now_ms().saturating_add(i64::from(seconds) * 1000);
    let terms = tasks_api::Terms { undo_at_ms: Some(undo_at_ms), approval: None };
    let task_id = tasks_api::add(&cx.app, store, start, terms, cx.now_ms())?;
    let task: MitigationTask = store.require(&task_id)?;
    Ok(StartMitigationOutput { task_id, undo_at_ms: task.undo_at_ms })
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DescribeMitigationInput {
    task_id: String,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DescribeMitigationOutput {
    task_id: String,
    task_status: String,
    /// Whether everything is done: also what follows the task's end, looking at the resources again.
    is_settled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    undo_at_ms: Option<i64>,
    executions: Vec<DescribedExecution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// An execution with what AWS's operations do not tell.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedExecution {
    finding_id: String,
    check_name: String,
    action_name: String,
    status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What it changed.
    records: Vec<undo::RecordName>,
    /// Whether the check still finds the resource: FIXED, NOT_FIXED or NO_DATA.
    #[serde(skip_serializing_if = "Option::is_none")]
    verified: Option<Verified>,
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_ms: Option<i64>,
}

/// What a task did, what the checks said about it afterwards, what was undone.
pub(super) fn describe(
    cx: &Cx,
    store: &Reader<'_>,
    input: DescribeMitigationInput,
) -> Result<DescribeMitigationOutput, ApiError> {
    let task = require(store, &input.task_id)?;
    let scope = store.scope();
    let listing = ["DescribeMitigation", &scope.account, &scope.region, &task.id];
    let after = super::paging::place(cx, &listing, input.next_token.as_deref())?;
    let filters = [Filter::eq("task", task.id.as_str())];
    let query = Query { after, limit: EXECUTIONS_MAX, ..Query::all(&filters) };
    let page = store.list::<MitigationExecution>(&query)?;
    let progress = store.get::<MitigationProgress>(&task.id)?;
    let described = page.items.into_iter().map(|one| DescribedExecution {
        status: one.status_in(&task).to_owned(),
        records: undo::named(&one.changes),
        finding_id: one.finding,
        check_name: one.check,
        action_name: one.action,
        error_code: one.error_code,
        message: one.message,
        verified: one.verified,
        undone_ms: one.undone_ms,
    });
    Ok(DescribeMitigationOutput {
        executions: described.collect(),
        next_token: page.next.map(|cursor| cx.app.paging.seal(&listing, &cursor)),
        is_settled: progress.is_none_or(|progress| progress.stage == MitigationStage::Done),
        task_status: task.status,
        undo_at_ms: task.undo_at_ms,
        task_id: task.id,
    })
}

fn require(store: &Reader<'_>, id: &str) -> Result<MitigationTask, ApiError> {
    let task = store.get::<MitigationTask>(id)?;
    task.ok_or_else(|| ApiError::not_found("mitigation task", &crate::api::shown(id)))
}
