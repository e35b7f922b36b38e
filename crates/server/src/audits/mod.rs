//! Device Defender Audit over the store: tasks are run one after another on a thread of their own, schedules become tasks
//! when they are due, what connections show is told at once, what is too old goes.
//!
//! Handlers only write records. The thread hears of them after the commit, runs each task over one moment of the store and
//! writes what it finds. Whatever happens to the process, a task ends: one that had not reported anything is begun again at
//! the next start, one that had is failed with what it found.

mod cleaning;
mod due;
mod ended;
pub(crate) mod findings;
mod judging;
mod keeper;
mod live;
mod online;
mod recheck;
pub(crate) mod resources;
mod runner;
pub(crate) mod schedule;
mod tasks;
#[cfg(test)]
mod tests;
mod tracking;
mod view;

pub(crate) use due::next_due_ms;
pub(crate) use ended::audit_ended;
pub(crate) use live::{Suspect, Suspects};
pub(crate) use recheck::Recheck;
pub(crate) use runner::{check_runs, statistics};
pub(crate) use tasks::{BegunBy, add_task, new_task};
pub(crate) use tracking::history;
pub(crate) use view::KnownRevocations;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use live::NextLook;
use thingwarden_store::records::{AuditTask, ScheduledAudit};
use thingwarden_store::{Actor, Filter, Order, Query, Record, Scope, StoreError, Writer};

use crate::api::App;
use crate::clock::{self, Clocks};
use crate::http::Stop;
use crate::workers::Workers;

/// What the trail calls the server's own work on audits.
const PRINCIPAL: &str = "thingwarden:audits";
/// How often old findings are looked for.
const CLEANING_MS: i64 = 3_600_000;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The clock may be set meanwhile: nobody sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Does the work of audits.
#[derive(Debug)]
pub(crate) struct Auditor {
    app: Arc<App>,
    stop: Stop,
}

/// Begins. When it is time to stop, a task that is under way is left as a kill would leave it.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let app = Arc::clone(app);
    workers.thread("audits", |stop, runtime| Auditor::new(app, stop).run_until_stopped(&runtime))
}

impl Auditor {
    pub(crate) fn new(app: Arc<App>, stop: Stop) -> Self {
        Self { app, stop }
    }

    fn run_until_stopped(&self, runtime: &tokio::runtime::Handle) {
        let now_ms = || clock::now_precise().millis();
        let mut tasks = self.app.store.changes::<AuditTask>();
        let mut schedules = self.app.store.changes::<ScheduledAudit>();
        let mut begun = false;
        let mut clean_at_ms = i64::MIN;
        let mut next_look = NextLook::default();
        while !self.is_stopping() {
            tasks.borrow_and_update();
            schedules.borrow_and_update();
            let done = self.step(&clock::both, &mut begun, &mut next_look, &mut clean_at_ms);
            let pause = match done {
                Ok(wake_ms) => {
                    let wait = wake_ms.min(clean_at_ms).saturating_sub(now_ms());
                    Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(SLEEP_MAX)
                }
                Err(error) => {
                    tracing::error!(%error, "audits cannot go on: the store failed");
                    PAUSE_AFTER_FAILURE
                }
            };
            runtime.block_on(async {
                tokio::select! {
                    _ = tasks.changed() => {}
                    _ = schedules.changed() => {}
                    () = self.app.suspects.came() => {}
                    () = self.stop.clone().wait() => {}
                    () = tokio::time::sleep(pause) => {}
                }
            });
        }
    }

    /// Everything that there is to do now; says when there is more.
    fn step(
        &self,
        clocks: &dyn Fn() -> Clocks,
        begun: &mut bool,
        next_look: &mut NextLook,
        clean_at_ms: &mut i64,
    ) -> Result<i64, StoreError> {
        let now_ms = || clocks().now.millis();
        if !*begun {
            self.begin(now_ms())?;
            *begun = true;
        }
        let look_ms = self.look(clocks, next_look)?;
        let due_ms = self.work(&now_ms)?.min(look_ms);
        if now_ms() >= *clean_at_ms && !self.is_stopping() {
            self.clean(now_ms())?;
            *clean_at_ms = now_ms().saturating_add(CLEANING_MS);
        }
        Ok(due_ms)
    }

    /// What comes first after a start.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn begin(&self, now_ms: i64) -> Result<(), StoreError> {
        self.recover(now_ms)?;
        self.scopes()?.iter().try_for_each(|scope| self.judge_policies(scope, now_ms))?;
        self.recall(now_ms)
    }

    /// Starts what is due and runs what waits, until nothing is left; says when the next schedule is due.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn work(&self, now_ms: &dyn Fn() -> i64) -> Result<i64, StoreError> {
        loop {
            let mut next_due_ms = i64::MAX;
            let mut waiting = vec![];
            for scope in self.scopes()? {
                next_due_ms = next_due_ms.min(self.start_due(&scope, now_ms())?);
                waiting.extend(self.waiting(&scope)?);
            }
            waiting.sort_by(|(_, a), (_, b)| (a.started_ms, &a.id).cmp(&(b.started_ms, &b.id)));
            let Some((scope, task)) = waiting.into_iter().next() else { return Ok(next_due_ms) };
            if self.is_stopping() {
                return Ok(next_due_ms);
            }
            self.run(&scope, &task, now_ms)?;
        }
    }

    /// Tasks that are in progress, as they came.
    fn waiting(&self, scope: &Scope) -> Result<Vec<(Scope, AuditTask)>, StoreError> {
        let filters = [Filter::NotZero("in_progress")];
        let tasks = self.app.store.read(scope, |store| store.all::<AuditTask>(&filters))?;
        Ok(tasks.into_iter().map(|task| (scope.clone(), task)).collect())
    }

    fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        self.app.store.read(&Scope::new("", ""), |store| store.scopes())
    }

    fn is_stopping(&self) -> bool {
        self.stop.is_stopping()
    }

    fn write<R: Send + 'static>(
        &self,
        scope: &Scope,
        operation: &str,
        request_id: &str,
        at_ms: i64,
        work: impl FnOnce(&Writer<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> Result<R, StoreError> {
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: format!("audits:{operation}"),
            request_id: request_id.to_owned(),
            source_ip: None,
            at_ms,
        };
        self.app.store.write_waiting(scope, actor, work)
    }
}

/// Removes the records that match, at most `limit`; says how many there were.
pub(crate) fn delete_some<T: Record>(
    store: &Writer<'_>,
    filters: &[Filter<'_>],
    limit: usize,
) -> Result<usize, StoreError> {
    let query = Query { limit, order: Order::Inserted, ..Query::all(filters) };
    let mut ids = vec![];
    store.each(&query, &mut |record: T| {
        ids.push(record.id().into_owned());
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    for id in &ids {
        store.delete::<T>(id)?;
    }
    Ok(ids.len())
}
