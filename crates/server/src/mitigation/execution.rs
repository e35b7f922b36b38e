//! One execution: the change, its journal and its status in one transaction, so that nothing is ever done twice or left
//! without being known.

use std::sync::Arc;

use thingwarden_store::records::{
    AuditSuppression, MitigationCounts, MitigationExecution, MitigationProgress, MitigationTask,
};
use thingwarden_store::{Filter, Reader, Scope, StoreError, Writer};

use super::actions::{Done, Work, carry_out};
use super::failure::Failure;
use crate::api::App;
use crate::audits::findings::{self, RunFinding};

/// Whether the finding's next execution may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    Goes,
    Stops,
}

/// Carries one execution out, unless it waits no more.
///
/// # Errors
/// When the store fails: then nothing has happened.
pub(super) async fn execute(
    app: Arc<App>,
    scope: Scope,
    execution: MitigationExecution,
    now_ms: i64,
) -> Result<Next, StoreError> {
    let actor = super::actor("CarryOut", &execution.task, now_ms);
    let store = app.store.clone();
    let (of_work, in_scope) = (execution.clone(), scope.clone());
    let attempt = move |writer: &Writer<'_>| attempt(&app, &in_scope, writer, &of_work, now_ms);
    match store.write(&scope, actor.clone(), attempt).await {
        Ok(next) => Ok(next),
        Err(Failure::Store(error)) => Err(error),
        Err(Failure::Refused { code, message }) => {
            tracing::warn!(
                task = execution.task,
                finding = execution.finding,
                code,
                message,
                "an execution fails"
            );
            let note = move |writer: &Writer<'_>| fail(writer, &execution, &code, &message, now_ms);
            store.write(&scope, actor, note).await
        }
    }
}

fn attempt(
    app: &Arc<App>,
    scope: &Scope,
    writer: &Writer<'_>,
    execution: &MitigationExecution,
    now_ms: i64,
) -> Result<Next, Failure> {
    let Some((task, mut execution)) = waiting(writer, execution)? else { return Ok(Next::Stops) };
    let finding = findings::get(writer, &execution.finding)?.ok_or_else(|| {
        let message = format!("finding `{}` is not kept any more", execution.finding);
        Failure::refused("ResourceNotFoundException", message)
    })?;
    if is_suppressed(writer, &finding, now_ms)? {
        skip(writer, &execution, "the finding is suppressed", now_ms)?;
        count(writer, &execution, |counts| counts.skipped += 1)?;
        return Ok(Next::Stops);
    }
    let action =
        task.actions.iter().find(|action| action.name == execution.action).ok_or_else(|| {
            Failure::refused("InternalFailureException", "the task does not know the action")
        })?;
    let work = Work { app, scope, action, finding: &finding, now_ms };
    let Done { note, changes } = carry_out(&work, writer)?;
    "COMPLETED".clone_into(&mut execution.status);
    execution.started_ms = Some(now_ms);
    execution.ended_ms = Some(now_ms);
    execution.message = note;
    execution.changes = changes;
    writer.update(&execution)?;
    if of_finding(writer, &execution)?.iter().any(MitigationExecution::is_pending) {
        return Ok(Next::Goes);
    }
    count(writer, &execution, |counts| counts.succeeded += 1)?;
    Ok(Next::Stops)
}

/// The execution as it is, with its task, if both still wait for it.
fn waiting(
    store: &Reader<'_>,
    execution: &MitigationExecution,
) -> Result<Option<(MitigationTask, MitigationExecution)>, StoreError> {
    let task = store.get::<MitigationTask>(&execution.task)?.filter(MitigationTask::in_progress);
    let id = MitigationExecution::id_of(&execution.task, &execution.finding, &execution.action);
    let execution = store.get::<MitigationExecution>(&id)?.filter(MitigationExecution::is_pending);
    Ok(task.zip(execution))
}

/// Suppressed when it was found, or since.
pub(crate) fn is_suppressed(
    store: &Reader<'_>,
    finding: &RunFinding,
    now_ms: i64,
) -> Result<bool, StoreError> {
    let id = AuditSuppression::id_of(&finding.check, &finding.resource_key);
    let in_force = |one: AuditSuppression| one.expires_ms.is_none_or(|expires_ms| now_ms < expires_ms);
    Ok(finding.suppressed || store.get::<AuditSuppression>(&id)?.is_some_and(in_force))
}

/// The execution fails; what would follow on the finding is skipped.
fn fail(
    writer: &Writer<'_>,
    execution: &MitigationExecution,
    code: &str,
    message: &str,
    now_ms: i64,
) -> Result<Next, StoreError> {
    let Some((_, mut execution)) = waiting(writer, execution)? else { return Ok(Next::Stops) };
    "FAILED".clone_into(&mut execution.status);
    execution.started_ms = Some(now_ms);
    execution.ended_ms = Some(now_ms);
    execution.error_code = Some(code.to_owned());
    execution.message = Some(message.to_owned());
    writer.update(&execution)?;
    let why = format!("mitigation action `{}`, which comes before, failed", execution.action);
    skip(writer, &execution, &why, now_ms)?;
    count(writer, &execution, |counts| counts.failed += 1)?;
    Ok(Next::Stops)
}

/// What waits on the finding will not run.
fn skip(
    writer: &Writer<'_>,
    execution: &MitigationExecution,
    why: &str,
    now_ms: i64,
) -> Result<(), StoreError> {
    for mut one in of_finding(writer, execution)? {
        if one.is_pending() {
            "SKIPPED".clone_into(&mut one.status);
            one.ended_ms = Some(now_ms);
            one.message = Some(why.to_owned());
            writer.update(&one)?;
        }
    }
    Ok(())
}

/// The executions of a task on a finding.
fn of_finding(
    store: &Reader<'_>,
    execution: &MitigationExecution,
) -> Result<Vec<MitigationExecution>, StoreError> {
    store.all(&[
        Filter::eq("finding", execution.finding.as_str()),
        Filter::eq("task", execution.task.as_str()),
    ])
}

fn count(
    writer: &Writer<'_>,
    execution: &MitigationExecution,
    up: impl FnOnce(&mut MitigationCounts),
) -> Result<(), StoreError> {
    let mut progress = writer.require::<MitigationProgress>(&execution.task)?;
    up(progress.counts.entry(execution.check.clone()).or_default());
    writer.update(&progress)
}
