//! Mitigation for a time: when it is over, what the task changed is undone.
//!
//! The end is a moment in the task's record, so it comes whatever happens to the process. A clock that jumps ahead makes it
//! come at once.

use std::sync::Arc;
use std::time::Duration;

use thingwarden_store::records::MitigationTask;
use thingwarden_store::{Actor, Cursor, Filter, Scope, StoreError, Writer};

use super::undo::{self, Outcome, Wanted};
use crate::api::App;
use crate::http::Stop;
use crate::workers::Workers;

/// What the trail calls it.
const PRINCIPAL: &str = "thingwarden:mitigation";
/// Executions that are undone in one transaction, which keeps others waiting.
const EXECUTIONS_AT_ONCE: usize = 100;
/// How long nothing is tried after the store failed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// The clock may be set meanwhile: nobody sleeps longer than this.
const SLEEP_MAX: Duration = Duration::from_secs(60);

/// Begins.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let app = Arc::clone(app);
    workers.thread("time-boxes", move |stop, runtime| run_until_stopped(&app, &stop, &runtime))
}

fn run_until_stopped(app: &App, stop: &Stop, runtime: &tokio::runtime::Handle) {
    let now_ms = || crate::clock::now_precise().millis();
    let mut changes = app.store.changes::<MitigationTask>();
    while !stop.is_stopping() {
        changes.borrow_and_update();
        let pause = match work(app, &now_ms) {
            Ok(due_ms) => {
                let wait = due_ms.saturating_sub(now_ms());
                Duration::from_millis(u64::try_from(wait).unwrap_or(0)).min(SLEEP_MAX)
            }
            Err(error) => {
                tracing::error!(%error, "mitigations for a time cannot be ended: the store failed");
                PAUSE_AFTER_FAILURE
            }
        };
        runtime.block_on(async {
            tokio::select! {
                _ = changes.changed() => {}
                () = stop.clone().wait() => {}
                () = tokio::time::sleep(pause) => {}
            }
        });
    }
}

/// Ends what is due; says when the next one is.
///
/// # Errors
/// When the store fails.
pub(crate) fn work(app: &App, now_ms: &dyn Fn() -> i64) -> Result<i64, StoreError> {
    let mut next_ms = i64::MAX;
    for scope in app.store.read(&Scope::new("", ""), |store| store.scopes())? {
        let boxed =
            app.store.read(&scope, |store| store.all::<MitigationTask>(&[Filter::NotZero("undo_at_ms")]))?;
        for task in boxed {
            match task.undo_at_ms {
                Some(at_ms) if at_ms <= now_ms() => end(app, &scope, &task.id, now_ms)?,
                Some(at_ms) => next_ms = next_ms.min(at_ms),
                None => {}
            }
        }
    }
    Ok(next_ms)
}

/// Each step by itself may be the last one before a kill: the next start goes on, since what is undone stays undone.
fn end(app: &App, scope: &Scope, task: &str, now_ms: &dyn Fn() -> i64) -> Result<(), StoreError> {
    let write = |work: Step| {
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: "mitigation:EndTimeBox".to_owned(),
            request_id: task.to_owned(),
            source_ip: None,
            at_ms: now_ms(),
        };
        app.store.write_waiting(scope, actor, work)
    };
    let id = task.to_owned();
    write(Box::new(move |store| cancel(store, &id)))?;
    let (mut after, mut moved_on) = (None, 0_usize);
    loop {
        let (id, place) = (task.to_owned(), after.take());
        let (refused, next) = write(Box::new(move |store| step(store, &id, place)))?;
        moved_on += refused;
        match next {
            Some(next) => after = Some(next),
            None => break,
        }
    }
    let id = task.to_owned();
    write(Box::new(move |store| {
        let task = store.require::<MitigationTask>(&id)?;
        store.update(&MitigationTask { undo_at_ms: None, ..task })?;
        Ok((0, None))
    }))?;
    tracing::info!(task, moved_on, "the time of a mitigation is over: it is undone");
    if moved_on > 0 {
        tracing::warn!(
            task,
            moved_on,
            "somebody changed what a mitigation had changed, which stays so: `thingwarden undo` shows it"
        );
    }
    Ok(())
}

/// How many executions were left alone, and where the next step begins.
type Step = Box<dyn FnOnce(&Writer<'_>) -> Result<(usize, Option<Cursor>), StoreError> + Send>;

/// A task that is still at work stops first, or it would do again what is undone.
fn cancel(store: &Writer<'_>, id: &str) -> Result<(usize, Option<Cursor>), StoreError> {
    let task = store.require::<MitigationTask>(id)?;
    if task.in_progress() {
        let ended_ms = Some(store.actor().at_ms);
        store.update(&MitigationTask { status: "CANCELED".to_owned(), ended_ms, ..task })?;
    }
    Ok((0, None))
}

fn step(
    store: &Writer<'_>,
    task: &str,
    after: Option<Cursor>,
) -> Result<(usize, Option<Cursor>), StoreError> {
    let wanted = Wanted { task, finding: None, after, limit: EXECUTIONS_AT_ONCE };
    let page = undo::undo(store, &wanted, store.actor().at_ms)?;
    let refused = page.items.iter().filter(|undone| undone.outcome == Outcome::MovedOn).count();
    Ok((refused, page.next))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::super::undo::tests::{api, execute, picture, replace};
    use super::*;
    use crate::api::testing::Api;

    fn boxed(api: &Api, id: &'static str, status: &'static str, undo_at_ms: i64) {
        api.write(move |store| {
            store.insert(&MitigationTask {
                id: id.to_owned(),
                status: status.to_owned(),
                token: id.to_owned(),
                target: json!({}),
                audit_task: None,
                mapping: BTreeMap::new(),
                actions: vec![],
                started_ms: 0,
                ended_ms: None,
                undo_at_ms: Some(undo_at_ms),
                approval: None,
            })
        });
    }

    fn task(api: &Api, id: &str) -> MitigationTask {
        api.read(|store| store.require(id))
    }

    #[test]
    fn what_is_over_is_undone_and_the_rest_waits() {
        let api = api();
        let before = picture(&api);
        boxed(&api, "fix", "IN_PROGRESS", 1000);
        boxed(&api, "later", "COMPLETED", 9000);
        let findings = (0..EXECUTIONS_AT_ONCE + 5).map(|number| &*format!("f{number}").leak());
        findings.for_each(|finding| execute(&api, finding, replace));
        assert_eq!(work(&api.app(), &|| 999).unwrap(), 1000);
        assert_ne!(picture(&api), before);
        assert_eq!(work(&api.app(), &|| 1000).unwrap(), 9000);
        assert_eq!(picture(&api), before);
        let ended = task(&api, "fix");
        assert_eq!((ended.status.as_str(), ended.ended_ms, ended.undo_at_ms), ("CANCELED", Some(1000), None));
        assert_eq!(work(&api.app(), &|| 1001).unwrap(), 9000);
        assert_eq!(work(&api.app(), &|| i64::MAX).unwrap(), i64::MAX);
        assert_eq!(task(&api, "later").status, "COMPLETED");
    }

    #[test]
    fn what_moved_on_does_not_keep_it_from_ending() {
        let api = api();
        boxed(&api, "fix", "COMPLETED", 1000);
        execute(&api, "a", replace);
        api.call("SetDefaultPolicyVersion", json!({"policyName": "p", "policyVersionId": "1"}));
        let moved = picture(&api);
        assert_eq!(work(&api.app(), &|| 1000).unwrap(), i64::MAX);
        assert_eq!((picture(&api), task(&api, "fix").undo_at_ms), (moved, None));
    }
}
