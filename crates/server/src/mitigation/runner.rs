//! Carries tasks out, a batch of each in turn, so that a long task keeps no short one waiting.
//!
//! Where a task is stands in the store, and moves on in the transaction that does the work: whatever happens to the process,
//! the next one goes on there.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::{MitigationExecution, MitigationProgress, MitigationStage, MitigationTask};
use thingwarden_store::{Filter, Query, Scope, StoreError, Writer};
use thingwarden_wire::types::AuditMitigationActionsTaskStatus as Status;
use tokio::runtime::Handle;
use tokio::task::JoinSet;

use super::execution::{Next, execute};
use super::{tasks, verify};
use crate::api::App;
use crate::http::Stop;
use crate::workers::Workers;

/// Executions that are read at once; their findings are worked on at the same time, so that their transactions share commits.
const BATCH: usize = 64;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Does the work of mitigation tasks.
#[derive(Debug)]
pub(crate) struct Runner {
    app: Arc<App>,
    stop: Stop,
}

/// Begins.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let app = Arc::clone(app);
    workers.thread("mitigation", |stop, runtime| Runner::new(app, stop).run_until_stopped(&runtime))
}

impl Runner {
    pub(crate) fn new(app: Arc<App>, stop: Stop) -> Self {
        Self { app, stop }
    }

    fn run_until_stopped(&self, runtime: &Handle) {
        let now_ms = || crate::clock::now_precise().millis();
        let mut tasks = self.app.store.changes::<MitigationTask>();
        while !self.stop.is_stopping() {
            tasks.borrow_and_update();
            let done = self.work(runtime, &now_ms);
            if let Err(error) = &done {
                tracing::error!(%error, "mitigation cannot go on: the store failed");
            }
            runtime.block_on(async {
                tokio::select! {
                    _ = tasks.changed(), if done.is_ok() => {}
                    () = self.stop.clone().wait() => {}
                    () = tokio::time::sleep(PAUSE_AFTER_FAILURE), if done.is_err() => {}
                }
            });
        }
    }

    /// Everything that there is to do.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn work(&self, runtime: &Handle, now_ms: &dyn Fn() -> i64) -> Result<(), StoreError> {
        loop {
            let mut found = false;
            for scope in self.app.store.read(&Scope::new("", ""), |store| store.scopes())? {
                let open = [Filter::NotZero("open")];
                let open = self.app.store.read(&scope, |store| store.all::<MitigationProgress>(&open))?;
                for progress in open {
                    if self.stop.is_stopping() {
                        return Ok(());
                    }
                    found = true;
                    self.advance(runtime, &scope, &progress, now_ms)?;
                }
            }
            if !found {
                return Ok(());
            }
        }
    }

    /// The next batch of a task.
    fn advance(
        &self,
        runtime: &Handle,
        scope: &Scope,
        progress: &MitigationProgress,
        now_ms: &dyn Fn() -> i64,
    ) -> Result<(), StoreError> {
        match progress.stage {
            MitigationStage::Planning => {
                self.write(scope, "Plan", &progress.task, now_ms(), |store, task, progress| {
                    if task.in_progress() {
                        return tasks::plan_some(store, task, progress);
                    }
                    progress.stage = MitigationStage::Executing;
                    Ok(())
                })
            }
            MitigationStage::Executing => self.execute_some(runtime, scope, &progress.task, now_ms),
            MitigationStage::Verifying => {
                verify::verify_some(&self.app, &self.stop, scope, progress, now_ms())
            }
            MitigationStage::Done => Ok(()),
        }
    }

    fn execute_some(
        &self,
        runtime: &Handle,
        scope: &Scope,
        task: &str,
        now_ms: &dyn Fn() -> i64,
    ) -> Result<(), StoreError> {
        let (going, waiting) = self.app.store.read(scope, |store| {
            let going = store.get::<MitigationTask>(task)?.is_some_and(|task| task.in_progress());
            let filters = [Filter::eq("task", task), Filter::eq("status", "PENDING")];
            let waiting =
                store.list::<MitigationExecution>(&Query { limit: BATCH, ..Query::all(&filters) })?;
            Ok::<_, StoreError>((going, waiting.items))
        })?;
        if !going || waiting.is_empty() {
            return self.write(scope, "EndTask", task, now_ms(), end);
        }
        let mut findings: BTreeMap<String, Vec<MitigationExecution>> = BTreeMap::new();
        for execution in waiting {
            findings.entry(execution.finding.clone()).or_default().push(execution);
        }
        let at_ms = now_ms();
        runtime.block_on(async {
            let mut running = JoinSet::new();
            for executions in findings.into_values() {
                running.spawn(on_finding(Arc::clone(&self.app), scope.clone(), executions, at_ms));
            }
            while let Some(ended) = running.join_next().await {
                ended.map_err(|_| StoreError::Stopped)??;
            }
            Ok(())
        })
    }

    /// Moves a task on.
    fn write(
        &self,
        scope: &Scope,
        operation: &str,
        task: &str,
        at_ms: i64,
        work: impl FnOnce(&Writer<'_>, &MitigationTask, &mut MitigationProgress) -> Result<(), StoreError>
        + Send
        + 'static,
    ) -> Result<(), StoreError> {
        let (actor, id) = (super::actor(operation, task, at_ms), task.to_owned());
        self.app.store.write_waiting(scope, actor, move |store| {
            let mut progress = store.require::<MitigationProgress>(&id)?;
            work(store, &store.require::<MitigationTask>(&id)?, &mut progress)?;
            store.update(&progress)
        })
    }
}

/// The actions on one finding, in their order.
async fn on_finding(
    app: Arc<App>,
    scope: Scope,
    executions: Vec<MitigationExecution>,
    now_ms: i64,
) -> Result<(), StoreError> {
    for execution in executions {
        if execute(Arc::clone(&app), scope.clone(), execution, now_ms).await? == Next::Stops {
            break;
        }
    }
    Ok(())
}

/// Nothing waits any more: the task has failed if anything has.
fn end(
    store: &Writer<'_>,
    task: &MitigationTask,
    progress: &mut MitigationProgress,
) -> Result<(), StoreError> {
    progress.stage = MitigationStage::Verifying;
    progress.after = None;
    if !task.in_progress() {
        return Ok(());
    }
    let failed = progress.counts.values().any(|counts| counts.failed > 0);
    let status = if failed { Status::Failed } else { Status::Completed };
    tracing::info!(task = task.id, status = status.as_str(), "a mitigation task is done");
    store.update(&MitigationTask {
        status: status.as_str().to_owned(),
        ended_ms: Some(store.actor().at_ms),
        ..task.clone()
    })
}
