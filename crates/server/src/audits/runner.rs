//! Runs one task.

use std::cell::Cell;
use std::collections::{BTreeMap, HashSet};
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};

use thingwarden_engine::audit::checks::{ALL, find};
use thingwarden_engine::audit::runner::conclude;
use thingwarden_engine::audit::{Check, CheckOutcome, Settings, run_check};
use thingwarden_engine::fleet::FleetView;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    AuditCheckRun, AuditConfiguration, AuditSuppression, AuditTask, AuditedResource,
};
use thingwarden_store::{Filter, Reader, Scope, StoreError, link_id};
use thingwarden_wire::types::{AuditCheckRunStatus, AuditTaskStatus};

use super::Auditor;
use super::ended::audit_ended;
use super::keeper::Keeper;
use super::resources::key;
use super::view::{Narrowed, StoreView, Surroundings, Trouble};

/// Ours for what is nobody's data's fault.
const INTERNAL_FAILURE: &str = "INTERNAL_FAILURE";

/// Checks that are done and wait to be written, with what they have found.
const OUTCOMES_WAITING: usize = 4;

/// A check that is done.
pub(super) enum Ended {
    /// The account has disabled it since it was asked for.
    Disabled(&'static Check),
    Judged(CheckOutcome),
}

/// Why a task is left as it is.
pub(super) enum Left {
    /// Somebody canceled it, or the server stops.
    Aside,
    Failed(StoreError),
}

impl From<StoreError> for Left {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

impl Auditor {
    /// Deals with the tasks that the process before this one left in progress: one that had reported nothing waits again, one
    /// that had reported everything is complete, any other fails with the results that it has.
    pub(super) fn recover(&self, now_ms: i64) -> Result<(), StoreError> {
        for scope in self.scopes()? {
            for (scope, task) in self.waiting(&scope)? {
                let runs = self.app.store.read(&scope, |store| check_runs(store, &task.id))?;
                for run in runs.iter().filter(|run| run.in_progress()) {
                    self.forget_run(&scope, &task.id, &run.check, now_ms)?;
                }
                if runs.iter().all(AuditCheckRun::in_progress) {
                    tracing::info!(task = task.id, "an interrupted audit begins again");
                    continue;
                }
                let status = if runs.iter().any(AuditCheckRun::in_progress) {
                    tracing::warn!(task = task.id, "an interrupted audit fails with what it has found");
                    AuditTaskStatus::Failed
                } else {
                    tracing::info!(task = task.id, "an interrupted audit had only its end to write");
                    AuditTaskStatus::Completed
                };
                let message = "the server stopped while the audit ran; start it again";
                let end = move |run: &mut AuditCheckRun| {
                    run.status = AuditCheckRunStatus::Failed.as_str().to_owned();
                    run.error_code = Some(INTERNAL_FAILURE.to_owned());
                    run.message = Some(message.to_owned());
                };
                self.end(&scope, &task.id, status, now_ms, end)?;
            }
        }
        Ok(())
    }

    pub(super) fn run(
        &self,
        scope: &Scope,
        task: &AuditTask,
        now_ms: &dyn Fn() -> i64,
    ) -> Result<(), StoreError> {
        tracing::info!(task = task.id, checks = task.checks.len(), "an audit begins");
        let fetched = self.fetch(scope, &task.checks)?;
        let canceled = self.cancellation(scope, task);
        let stop = || self.is_stopping() || canceled();
        let now = Timestamp::from_millis(now_ms());
        // What a check has found is written while the next one looks.
        let left = std::thread::scope(|threads| {
            let (ended, waiting) = sync_channel(OUTCOMES_WAITING);
            let keeper = Keeper::new(self, scope, task, now.millis());
            let keeper = threads.spawn(move || keeper.keep_all(&waiting));
            let judged = self.judge(scope, task, now, (&fetched.lists, &fetched.failures), &stop, &ended);
            drop(ended);
            let kept = keeper.join().unwrap_or_else(|panic| resume_unwind(panic));
            kept.and(judged)
        });
        match left {
            Ok(()) => {
                // No check that the API let in is unknown; a newer server may have written one.
                let unknown = |run: &mut AuditCheckRun| {
                    run.status = AuditCheckRunStatus::Failed.as_str().to_owned();
                    run.error_code = Some(INTERNAL_FAILURE.to_owned());
                    run.message = Some(format!("this server knows no check `{}`", run.check));
                };
                self.end(scope, &task.id, AuditTaskStatus::Completed, now_ms(), unknown)?;
                tracing::info!(task = task.id, "an audit is done");
                Ok(())
            }
            Err(Left::Aside) => Ok(()),
            Err(Left::Failed(error)) => Err(error),
        }
    }

    /// Lets the checks of a task that have not ended look at one moment of the store.
    fn judge(
        &self,
        scope: &Scope,
        task: &AuditTask,
        now: Timestamp,
        (fetched, not_fetched): (&[Vec<u8>], &[String]),
        stop: &dyn Fn() -> bool,
        to: &SyncSender<Ended>,
    ) -> Result<(), Left> {
        self.app.store.read(scope, |reader| {
            let around = Surroundings {
                now,
                key_checker: &self.app.key_checker,
                own_ca: Some(self.app.issuing.certificate()),
                fetched,
                not_fetched,
                is_live: task.is_live,
                stop,
            };
            let view = StoreView::new(reader, around);
            let context = Context::read(reader, task, now)?;
            // After a failure of the store, what has ended stays as it is.
            let ended = |check: &Check| context.ended.contains(check.name);
            let ours = ALL.iter().filter(|check| task.checks.contains_key(check.name) && !ended(check));
            for check in ours {
                let outcome = match context.suspects.get(check.name) {
                    Some(suspects) => {
                        judge_one(task, check, &Narrowed::new(&view, suspects), &view, &context)?
                    }
                    None => judge_one(task, check, &view, &view, &context)?,
                };
                // Nobody takes it when the task is canceled, or cannot be written; that one says so.
                if to.send(outcome).is_err() {
                    break;
                }
            }
            Ok(())
        })
    }

    /// Ends a task that is in progress; `end` ends the runs that are.
    fn end(
        &self,
        scope: &Scope,
        task: &str,
        status: AuditTaskStatus,
        at_ms: i64,
        end: impl Fn(&mut AuditCheckRun) + Send + 'static,
    ) -> Result<(), StoreError> {
        let (id, app) = (task.to_owned(), Arc::clone(&self.app));
        self.write(scope, "EndAudit", task, at_ms, move |store| {
            let Some(mut task) = store.get::<AuditTask>(&id)? else { return Ok(()) };
            if !task.in_progress() {
                return Ok(());
            }
            let mut runs = check_runs(store, &id)?;
            for run in runs.iter_mut().filter(|run| run.in_progress()) {
                end(run);
                store.update(run)?;
            }
            task.status = status.as_str().to_owned();
            task.ended_ms = Some(at_ms);
            store.update(&task)?;
            audit_ended(&app, store, &task, &runs, at_ms)
        })
    }

    /// Looks up whether the task was canceled, but only after some task changed.
    fn cancellation<'a>(&'a self, scope: &'a Scope, task: &'a AuditTask) -> impl Fn() -> bool + 'a {
        let seen = Cell::new(self.app.store.generation::<AuditTask>());
        move || {
            let generation = self.app.store.generation::<AuditTask>();
            if seen.replace(generation) == generation {
                return false;
            }
            let found = self.app.store.read(scope, |store| store.get::<AuditTask>(&task.id));
            found.is_ok_and(|found| !found.is_some_and(|task| task.in_progress()))
        }
    }
}

/// The runs of a task's checks, by name.
pub(crate) fn check_runs(store: &Reader<'_>, task: &str) -> Result<Vec<AuditCheckRun>, StoreError> {
    let mut runs = store.all::<AuditCheckRun>(&[Filter::eq("task", task)])?;
    runs.sort_by(|a, b| a.check.cmp(&b.check));
    Ok(runs)
}

/// What all checks of a task need to know.
pub(super) struct Context {
    settings: Settings,
    /// Checks with resources.
    suppressed: HashSet<String>,
    configuration: AuditConfiguration,
    /// Checks that have ended.
    ended: HashSet<String>,
    /// The resources that checks which have not ended are to look at, if not at all.
    suspects: BTreeMap<String, Vec<AuditedResource>>,
}

impl Context {
    pub(super) fn read(store: &Reader<'_>, task: &AuditTask, now: Timestamp) -> Result<Self, StoreError> {
        let settings = settings(&task.checks);
        let in_force = [Filter::at_least("expires_ms", now.millis().saturating_add(1))];
        let suppressions = store.all::<AuditSuppression>(&in_force)?;
        let suppressed = suppressions.iter().map(|one| link_id(&[&one.check, &one.resource_key])).collect();
        let configuration = store.get(AuditConfiguration::ID)?.unwrap_or_default();
        let (mut ended, mut suspects) = (HashSet::new(), BTreeMap::new());
        for run in check_runs(store, &task.id)? {
            if !run.in_progress() {
                ended.insert(run.check);
            } else if let Some(of_check) = run.suspects {
                suspects.insert(run.check, of_check);
            }
        }
        Ok(Self { settings, suppressed, configuration, ended, suspects })
    }

    fn is_disabled(&self, check: &Check) -> bool {
        !self.configuration.checks.get(check.name).is_some_and(|settings| settings.enabled)
    }
}

/// The thresholds of checks, as tasks keep them.
pub(super) fn settings(checks: &BTreeMap<String, BTreeMap<String, String>>) -> Settings {
    let mut settings = Settings::default();
    for (name, thresholds) in checks {
        let Some(check) = find(name) else { continue };
        for (key, value) in thresholds {
            if let Err(error) = settings.set(check, key, value) {
                tracing::warn!(check = name, %error, "a stored threshold is left out");
            }
        }
    }
    settings
}

/// Runs a check over a fleet, unless the account has disabled it. `view` is what the fleet is seen through.
pub(super) fn judge_one(
    task: &AuditTask,
    check: &'static Check,
    fleet: &dyn FleetView,
    view: &StoreView<'_>,
    context: &Context,
) -> Result<Ended, Left> {
    if context.is_disabled(check) {
        return Ok(Ended::Disabled(check));
    }
    let run = run_check(check, fleet, &context.settings);
    match view.take_trouble() {
        Some(Trouble::Stopped) => return Err(Left::Aside),
        Some(Trouble::Store(error)) => return Err(Left::Failed(error)),
        None => {}
    }
    let suppressed = &context.suppressed;
    let is_suppressed =
        |resource: &_| !suppressed.is_empty() && suppressed.contains(&link_id(&[check.name, &key(resource)]));
    Ok(Ended::Judged(conclude(run, &task.id, &is_suppressed)))
}

/// How many runs there are of each status.
pub(crate) fn statistics(runs: &[AuditCheckRun]) -> BTreeMap<&str, i32> {
    let mut counts = BTreeMap::new();
    for run in runs {
        *counts.entry(run.status.as_str()).or_insert(0) += 1;
    }
    counts
}
