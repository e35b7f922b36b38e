//! What happens to approvals by itself: drafts become approvals, what nobody decides expires, what is approved becomes a task, and
//! what the task came to is noted. Each step is a transaction that says how far it is.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::{
    Approval, ApprovalDraft, ApprovalMode, ApprovalOutcome, ApprovalState, MitigationCounts,
    MitigationExecution, MitigationProgress, MitigationStage, MitigationTask, Verified,
};
use thingwarden_store::{Actor, Filter, Query, Reader, Scope, StoreError, Writer};
use thingwarden_wire::Code;
use thingwarden_wire::types::{AuditMitigationActionsTaskTarget, StartAuditMitigationActionsTaskInput};
use tokio::runtime::Handle;

use super::{PRINCIPAL, draft, save};
use crate::api::{ApiError, App, audit_mitigation_tasks as tasks_api};
use crate::audits::findings;
use crate::http::Stop;
use crate::mitigation::plan;
use crate::random;

/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The clock may be set meanwhile: nobody sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_secs(60);

pub(super) fn run_until_stopped(app: Arc<App>, stop: Stop, runtime: Handle) {
    let store = app.store.clone();
    let worker = Worker { app, stop: stop.clone(), runtime, now_ms: || crate::clock::now_precise().millis() };
    let mut drafts = store.changes::<ApprovalDraft>();
    let mut approvals = store.changes::<Approval>();
    let mut progress = store.changes::<MitigationProgress>();
    while !stop.is_stopping() {
        drafts.borrow_and_update();
        approvals.borrow_and_update();
        progress.borrow_and_update();
        let worked = worker.work();
        let pause = match &worked {
            Ok(next_ms) => {
                let wait = next_ms.saturating_sub((worker.now_ms)());
                Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(SLEEP_MAX)
            }
            Err(error) => {
                let cause = error.cause.as_ref().map(ToString::to_string);
                tracing::error!(error = %error.told, cause, "approvals cannot go on");
                PAUSE_AFTER_FAILURE
            }
        };
        let works = worked.is_ok();
        worker.runtime.block_on(async {
            tokio::select! {
                _ = drafts.changed(), if works => {}
                _ = approvals.changed(), if works => {}
                _ = progress.changed(), if works => {}
                () = stop.clone().wait() => {}
                () = tokio::time::sleep(pause) => {}
            }
        });
    }
}

pub(super) struct Worker<N> {
    pub(super) app: Arc<App>,
    pub(super) stop: Stop,
    pub(super) runtime: Handle,
    pub(super) now_ms: N,
}

impl<N: Fn() -> i64> Worker<N> {
    /// Everything that there is to do; says when there is more.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn work(&self) -> Result<i64, ApiError> {
        let mut next_ms = i64::MAX;
        let store = &self.app.store;
        for scope in store.read(&Scope::new("", ""), |store| store.scopes())? {
            for draft in store.read(&scope, |store| store.all::<ApprovalDraft>(&[]))? {
                self.finish(&scope, &draft.approval.id)?;
            }
            let open = [Filter::NotZero("open")];
            for approval in store.read(&scope, |store| store.all::<Approval>(&open))? {
                if self.stop.is_stopping() {
                    return Ok(next_ms);
                }
                match approval.state {
                    ApprovalState::Pending if approval.expires_ms <= (self.now_ms)() => {
                        self.write(&scope, "Expire", &approval.id, expire)?;
                    }
                    ApprovalState::Pending => next_ms = next_ms.min(approval.expires_ms),
                    ApprovalState::Approved => self.follow(&scope, &approval.id)?,
                    _ => {}
                }
            }
        }
        Ok(next_ms)
    }

    /// Makes an approval of a draft, or nothing when nothing is new.
    fn finish(&self, scope: &Scope, id: &str) -> Result<(), ApiError> {
        let mut approval = loop {
            if self.stop.is_stopping() {
                return Ok(());
            }
            match self.write(scope, "Collect", id, |store, id| Ok(draft::collect_some(store, id)?))? {
                None => return Ok(()),
                Some(draft) if draft.complete => break draft.approval,
                Some(_) => {}
            }
        };
        if approval.findings > 0 && approval.error.is_none() && approval.mode == ApprovalMode::Review {
            self.plan(scope, &mut approval)?;
        }
        approval.token = random::uuid().ok_or_else(|| ApiError::failed(NoRandomness))?;
        if approval.error.is_some() {
            (approval.state, approval.decided) = (ApprovalState::Failed, None);
        }
        self.write(scope, "Ask", id, move |store, id| {
            if store.delete::<ApprovalDraft>(id)? && approval.findings > 0 {
                let (approval, check, findings) = (&approval, &approval.check, approval.findings);
                tracing::info!(
                    approval = id,
                    check,
                    findings,
                    state = approval.state.as_str(),
                    "new findings"
                );
                save(store, approval)?;
            }
            Ok(())
        })
    }

    /// Tries out what would be done about the findings that are named.
    fn plan(&self, scope: &Scope, approval: &mut Approval) -> Result<(), ApiError> {
        let mapping = mapping(approval);
        for resource in &mut approval.resources {
            let found = self.app.store.read(scope, |store| {
                let finding = findings::get(store, &resource.finding)?;
                // Whoever removed an action meanwhile is told when the task is to be started.
                Ok::<_, ApiError>(finding.zip(tasks_api::actions(store, &mapping).ok()))
            })?;
            let Some((finding, actions)) = found else { continue };
            // In the order in which they run.
            let ordered = approval.actions.iter();
            let ordered = ordered.filter_map(|name| actions.iter().find(|action| action.name == *name));
            let (app, actions) = (Arc::clone(&self.app), ordered.cloned().collect());
            let planned = plan::plan(app, scope.clone(), finding, actions, (self.now_ms)());
            resource.planned = self.runtime.block_on(planned)?.in_short();
        }
        Ok(())
    }

    /// Starts the task of what is approved, or notes what came of it.
    fn follow(&self, scope: &Scope, id: &str) -> Result<(), ApiError> {
        let (task, running) = self.app.store.read(scope, |store| {
            let running = store.count::<MitigationTask>(&[Filter::NotZero("in_progress")])?;
            Ok::<_, StoreError>((store.get::<MitigationTask>(id)?, running))
        })?;
        let Some(task) = task else {
            // As soon as another task has ended.
            if running >= self.app.quotas.mitigation_tasks {
                return Ok(());
            }
            let (app, now_ms) = (Arc::clone(&self.app), (self.now_ms)());
            return self.write(scope, "Start", id, move |store, id| start(&app, store, id, now_ms));
        };
        let outcome = self.app.store.read(scope, |store| outcome(store, &task, (self.now_ms)()))?;
        let Some(outcome) = outcome else { return Ok(()) };
        self.write(scope, "End", id, move |store, id| {
            if let Some(mut approval) = in_state(store, id, ApprovalState::Approved)? {
                (approval.state, approval.outcome) = (ApprovalState::Done, Some(outcome));
                save(store, &approval)?;
            }
            Ok(())
        })
    }

    fn write<R: Send + 'static>(
        &self,
        scope: &Scope,
        operation: &str,
        id: &str,
        work: impl FnOnce(&Writer<'_>, &str) -> Result<R, ApiError> + Send + 'static,
    ) -> Result<R, ApiError> {
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: format!("approvals:{operation}"),
            request_id: id.to_owned(),
            source_ip: None,
            at_ms: (self.now_ms)(),
        };
        let id = id.to_owned();
        self.app.store.write_waiting(scope, actor, move |store| work(store, &id))
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the system gives no random numbers")]
struct NoRandomness;

fn mapping(approval: &Approval) -> BTreeMap<String, Vec<String>> {
    BTreeMap::from([(approval.check.clone(), approval.actions.clone())])
}

/// The approval, if it is still in a state.
fn in_state(store: &Reader<'_>, id: &str, state: ApprovalState) -> Result<Option<Approval>, StoreError> {
    Ok(store.get::<Approval>(id)?.filter(|approval| approval.state == state))
}

fn expire(store: &Writer<'_>, id: &str) -> Result<(), ApiError> {
    if let Some(approval) = in_state(store, id, ApprovalState::Pending)? {
        tracing::warn!(approval = id, "nobody decided an approval in time");
        save(store, &Approval { state: ApprovalState::Expired, ..approval })?;
    }
    Ok(())
}

/// Once: the task has the approval's id, and is written in this transaction.
fn start(app: &App, store: &Writer<'_>, id: &str, now_ms: i64) -> Result<(), ApiError> {
    let Some(mut approval) = in_state(store, id, ApprovalState::Approved)? else { return Ok(()) };
    let input = StartAuditMitigationActionsTaskInput {
        task_id: id.to_owned(),
        target: AuditMitigationActionsTaskTarget {
            audit_task_id: Some(approval.audit_task.clone()),
            finding_ids: None,
            audit_check_to_reason_code_filter: None,
        },
        audit_check_to_actions_mapping: mapping(&approval),
        client_request_token: id.to_owned(),
    };
    let terms = tasks_api::Terms { undo_at_ms: None, approval: Some(id.to_owned()) };
    match tasks_api::add(app, store, input, terms, now_ms) {
        Ok(task) => {
            tracing::info!(approval = id, task, "what is approved is begun");
            Ok(())
        }
        // Somebody was quicker.
        Err(error) if error.told.code == Code::LimitExceededException => Ok(()),
        Err(error) if error.cause.is_some() => Err(error),
        Err(error) => {
            tracing::warn!(approval = id, error = %error.told, "what is approved cannot be begun");
            (approval.state, approval.error) = (ApprovalState::Failed, Some(error.told.message));
            Ok(save(store, &approval)?)
        }
    }
}

/// What a task came to, when the checks have looked again.
fn outcome(
    store: &Reader<'_>,
    task: &MitigationTask,
    now_ms: i64,
) -> Result<Option<ApprovalOutcome>, StoreError> {
    let Some(progress) = store.get::<MitigationProgress>(&task.id)? else { return Ok(None) };
    if progress.stage != MitigationStage::Done {
        return Ok(None);
    }
    let sum = |count: fn(&MitigationCounts) -> u64| progress.counts.values().map(count).sum();
    let mut outcome = ApprovalOutcome {
        status: task.status.clone(),
        succeeded: sum(|counts| counts.succeeded),
        failed: sum(|counts| counts.failed),
        skipped: sum(|counts| counts.skipped),
        fixed: 0,
        not_fixed: 0,
        ended_ms: now_ms,
    };
    let of_task = [Filter::eq("task", task.id.as_str())];
    store.each(&Query::all(&of_task), &mut |execution: MitigationExecution| {
        outcome.fixed += u64::from(execution.verified == Some(Verified::Fixed));
        outcome.not_fixed += u64::from(execution.verified == Some(Verified::NotFixed));
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    Ok(Some(outcome))
}
