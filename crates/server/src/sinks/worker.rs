//! Carries out the runs of one sink, one after another.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::{AuditTask, SinkPlace, SinkPosition, SinkRun, SinkRunState};
use thingwarden_store::{Actor, Filter, Order, Query, Scope, Store, StoreError, Writer};

use super::finding::About;
use super::pages::{Page, Wanted, fixed_from_ms};
use super::summary::Summary;
use super::{Configured, Part, Taken, Trouble, What};
use crate::api::App;
use crate::audits::check_runs;
use crate::delivery::SINKS;
use crate::http::Stop;
use crate::output::text::clip;
use crate::random;

/// What the store calls the work of sinks.
const PRINCIPAL: &str = "thingwarden:sinks";
/// Between failed attempts, at most; a clock that was set back makes nobody wait longer.
const PAUSE_MAX_MS: i64 = 375_000;
/// How long a sink may refuse everything before a run is given up.
const GIVE_UP_MS: i64 = 24 * 3_600_000;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// Ended runs that are removed at the end of another.
const OLD_RUNS: usize = 100;
const ERROR_CHARS_MAX: usize = 1024;

/// Works for a sink until it is time to stop.
pub(super) async fn work(app: Arc<App>, sink: Arc<Configured>, stop: Stop) {
    let worker = Worker { app, sink, now_ms: || crate::clock::now_precise().millis() };
    let mut runs = worker.app.store.changes::<SinkRun>();
    while !stop.is_stopping() {
        runs.borrow_and_update();
        let pause = match worker.next_run() {
            Ok(Some((scope, run))) => tokio::select! {
                done = worker.carry_out(&scope, run) => done.err(),
                () = stop.clone().wait() => return,
            },
            Ok(None) => {
                tokio::select! {
                    _ = runs.changed() => {}
                    () = stop.clone().wait() => return,
                }
                None
            }
            Err(error) => Some(error),
        };
        if let Some(error) = pause {
            tracing::error!(sink = worker.sink.name, %error, "a sink cannot go on: the store failed");
            tokio::select! {
                () = tokio::time::sleep(PAUSE_AFTER_FAILURE) => {}
                () = stop.clone().wait() => return,
            }
        }
    }
}

pub(super) struct Worker<N> {
    pub(super) app: Arc<App>,
    pub(super) sink: Arc<Configured>,
    pub(super) now_ms: N,
}

impl<N: Fn() -> i64 + Send + Sync> Worker<N> {
    /// The run that waits longest, with the account and region that it is of.
    pub(super) fn next_run(&self) -> Result<Option<(Scope, SinkRun)>, StoreError> {
        let filters = [Filter::NotZero("waiting"), Filter::eq("sink", self.sink.name.as_str())];
        let scopes = self.store().read(&Scope::new("", ""), |store| store.scopes())?;
        let mut first: Option<(Scope, SinkRun)> = None;
        for scope in scopes {
            let query = Query { limit: 1, order: Order::Inserted, ..Query::all(&filters) };
            let found = self.store().read(&scope, |store| store.list::<SinkRun>(&query))?.items.pop();
            if let Some(run) = found
                && first.as_ref().is_none_or(|(_, other)| run.created_ms < other.created_ms)
            {
                first = Some((scope, run));
            }
        }
        Ok(first)
    }

    /// Sends what a run is about, to its end.
    ///
    /// # Errors
    /// When the store fails; the run then goes on from the place that was noted last.
    pub(super) async fn carry_out(&self, scope: &Scope, mut run: SinkRun) -> Result<(), StoreError> {
        let Some(task) = self.store().read(scope, |store| store.get::<AuditTask>(&run.task))? else {
            // It was too old before the sink was reached.
            run.retries.last_error = Some("the audit is not kept any more".to_owned());
            return self.end(scope, run, SinkRunState::Failed, None).await;
        };
        let about = About::new(scope, &task);
        let position = self.store().read(scope, |store| store.get::<SinkPosition>(&self.sink.name))?;
        let fixed_from_ms = fixed_from_ms(position.as_ref(), self.sink.sink.catches_up(), &task);
        let wanted = Wanted {
            task: &task,
            about: &about,
            min_severity: self.sink.min_severity,
            joins: self.sink.sink.joins(),
            fixed_from_ms,
        };
        let mut summary: Summary = serde_json::from_value(run.summary.clone()).unwrap_or_default();
        loop {
            self.wait_until(run.retries.next_ms).await;
            let place = run.place.clone();
            let page = self.store().read(scope, |store| wanted.page(store, &place))?;
            let sent = self.send(scope, &about, &place, &page, &summary).await?;
            match sent {
                Ok(taken) => {
                    page.findings.iter().for_each(|finding| summary.count(finding));
                    self.took(&mut run, taken);
                    run.summary = serde_json::to_value(&summary).unwrap_or_default();
                    if place == SinkPlace::End {
                        return self.end(scope, run, SinkRunState::Done, Some(task.started_ms)).await;
                    }
                    run.place = page.next;
                }
                Err(trouble) => {
                    self.failed(&mut run, &trouble);
                    let since = run.retries.failing_since_ms.unwrap_or(run.retries.next_ms);
                    if (self.now_ms)().saturating_sub(since) > GIVE_UP_MS {
                        return self.end(scope, run, SinkRunState::Failed, None).await;
                    }
                }
            }
            let noted = run.clone();
            self.write(scope, move |store| store.put(&noted)).await?;
        }
    }

    async fn send(
        &self,
        scope: &Scope,
        about: &About,
        place: &SinkPlace,
        page: &Page,
        summary: &Summary,
    ) -> Result<Result<Taken, Trouble>, StoreError> {
        let id = format!("{}/{}", about.task, place_name(place));
        let sink = &self.sink.sink;
        if *place == SinkPlace::End {
            let runs = self.store().read(scope, |store| check_runs(store, &about.task))?;
            return Ok(sink.send(Part { about, id: &id, what: What::End { summary, runs: &runs } }).await);
        }
        if page.findings.is_empty() || !sink.takes_findings() {
            return Ok(Ok(Taken::default()));
        }
        Ok(sink.send(Part { about, id: &id, what: What::Findings(&page.findings) }).await)
    }

    fn took(&self, run: &mut SinkRun, taken: Taken) {
        self.sink.counters.sent.inc_by(taken.sent);
        self.sink.counters.refused.inc_by(taken.refused);
        run.sent = run.sent.saturating_add(taken.sent);
        run.refused = run.refused.saturating_add(taken.refused);
        (run.retries.attempts, run.retries.failing_since_ms) = (0, None);
        if let Some(error) = taken.error {
            tracing::warn!(
                sink = run.sink,
                task = run.task,
                refused = taken.refused,
                error,
                "a sink refuses findings"
            );
            run.retries.last_error = Some(clip(&error, ERROR_CHARS_MAX).into_owned());
        } else if run.refused == 0 {
            run.retries.last_error = None;
        }
    }

    fn failed(&self, run: &mut SinkRun, trouble: &Trouble) {
        self.sink.counters.failures.inc();
        let now_ms = (self.now_ms)();
        run.retries.attempts = run.retries.attempts.saturating_add(1);
        run.retries.failing_since_ms.get_or_insert(now_ms);
        let asked =
            trouble.retry_after.map_or(0, |asked| i64::try_from(asked.as_millis()).unwrap_or(i64::MAX));
        let pause_ms = SINKS
            .delay_ms(run.retries.attempts, random::chance())
            .unwrap_or(PAUSE_MAX_MS)
            .max(asked.min(PAUSE_MAX_MS));
        run.retries.next_ms = now_ms.saturating_add(pause_ms);
        run.retries.last_error = Some(clip(&trouble.message, ERROR_CHARS_MAX).into_owned());
        let (sink, task) = (run.sink.as_str(), run.task.as_str());
        tracing::warn!(
            sink,
            task,
            attempts = run.retries.attempts,
            pause_ms,
            error = trouble.message,
            "a sink takes nothing"
        );
    }

    /// Ends a run; `through_ms` when the sink knows everything up to then.
    async fn end(
        &self,
        scope: &Scope,
        mut run: SinkRun,
        state: SinkRunState,
        through_ms: Option<i64>,
    ) -> Result<(), StoreError> {
        let now_ms = (self.now_ms)();
        (run.state, run.ended_ms) = (state, Some(now_ms));
        let (sink, task) = (run.sink.as_str(), run.task.as_str());
        if state == SinkRunState::Done {
            tracing::info!(sink, task, sent = run.sent, refused = run.refused, "a sink knows an audit");
        } else {
            let error = run.retries.last_error.as_deref().unwrap_or_default();
            tracing::error!(sink, task, error, "a sink never took an audit, which is given up");
        }
        let old_ms = now_ms.saturating_sub(self.app.audit_retention_ms());
        self.write(scope, move |store| {
            store.put(&run)?;
            if let Some(through_ms) = through_ms {
                store.put(&SinkPosition { sink: run.sink.clone(), through_ms })?;
            }
            let old = [Filter::eq("waiting", false), Filter::at_most("created_ms", old_ms)];
            crate::audits::delete_some::<SinkRun>(store, &old, OLD_RUNS).map(drop)
        })
        .await
    }

    /// Waits for a moment, but never longer than the longest pause: clocks jump.
    async fn wait_until(&self, at_ms: i64) {
        let left = at_ms.saturating_sub((self.now_ms)()).clamp(0, PAUSE_MAX_MS);
        if left > 0 {
            tokio::time::sleep(Duration::from_millis(left.unsigned_abs())).await;
        }
    }

    async fn write(
        &self,
        scope: &Scope,
        work: impl FnOnce(&Writer<'_>) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), StoreError> {
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: "sinks:Note".to_owned(),
            request_id: self.sink.name.clone(),
            source_ip: None,
            at_ms: (self.now_ms)(),
        };
        self.store().write(scope, actor, work).await
    }

    fn store(&self) -> &Store {
        &self.app.store
    }
}

fn place_name(place: &SinkPlace) -> String {
    match place {
        SinkPlace::Start => "start".to_owned(),
        SinkPlace::Findings { check, after } => {
            format!("{check}/{}", after.as_ref().map_or(0, |place| place.seq))
        }
        SinkPlace::Fixed { fixed_ms, seq } => format!("fixed/{fixed_ms}/{seq}"),
        SinkPlace::End => "end".to_owned(),
    }
}

#[cfg(test)]
mod tests;
