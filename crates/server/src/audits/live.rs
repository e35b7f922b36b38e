//! Client ids in conflict and certificates that are shared, told when they are seen and not only when the next audit comes.
//!
//! Whoever records a connection says what it makes suspicious ([`Suspects`]). The audits' thread then lets the check itself
//! look, at the suspects alone; those that it finds something about and nobody knows of yet become an audit of that check, which
//! looks at them and at connections up to now. So there is one decision, and a finding of this moment is told, listed, approved
//! and mitigated as all others are. While it stands, its resource is no suspect any more: it is told once. Suspects are kept in
//! memory; a start finds those again that nobody had looked at ([`recall`]).

mod recall;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thingwarden_engine::audit::Resource;
use thingwarden_engine::audit::checks::find;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{AuditCheckRun, AuditConfiguration, AuditTask, AuditedResource};
use thingwarden_store::{Scope, StoreError};
use tokio::sync::Notify;

use super::resources::audited;
use super::runner::{Context, Ended, Left, judge_one};
use super::view::{Narrowed, StoreView, Surroundings};
use super::{Auditor, BegunBy, new_task, tracking};
use crate::clock::Clocks;

#[cfg(test)]
pub(super) use recall::recalled;

/// Suspects that wait to be looked at, in all accounts. Beyond that they are left to the next audit.
const SUSPECTS_MAX: usize = 10_000;
/// For each millisecond that a look took, so many pass before the next: devices that take turns with a certificate are suspects
/// at each connect, and are to cost no more than a tenth of a processor.
const PAUSE_PER_LOOK: i64 = 9;

/// A resource that a check may find something about, since a connection was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Suspect {
    /// The name of the check.
    pub(crate) check: &'static str,
    pub(crate) resource: Resource,
}

impl Suspect {
    pub(crate) const CONFLICTING: &'static str = "CONFLICTING_CLIENT_IDS_CHECK";
    pub(crate) const SHARED: &'static str = "DEVICE_CERTIFICATE_SHARED_CHECK";
}

/// Suspects that wait to be looked at.
#[derive(Debug, Default)]
pub(crate) struct Suspects {
    waiting: Mutex<BTreeMap<Scope, BTreeSet<Suspect>>>,
    came: Notify,
}

impl Suspects {
    /// Adds some, whose connections are in the store.
    pub(crate) fn add(&self, scope: &Scope, suspects: Vec<Suspect>) {
        if suspects.is_empty() {
            return;
        }
        let mut waiting = self.waiting();
        let room = SUSPECTS_MAX.saturating_sub(waiting.values().map(BTreeSet::len).sum());
        waiting.entry(scope.clone()).or_default().extend(suspects.into_iter().take(room));
        drop(waiting);
        self.came.notify_one();
    }

    /// Waits for some.
    pub(super) async fn came(&self) {
        self.came.notified().await;
    }

    fn take(&self) -> BTreeMap<Scope, BTreeSet<Suspect>> {
        std::mem::take(&mut self.waiting())
    }

    fn is_empty(&self) -> bool {
        self.waiting().is_empty()
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<Scope, BTreeSet<Suspect>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When suspects may be looked at, in milliseconds of the clock that nobody sets.
#[derive(Debug, Default)]
pub(super) struct NextLook(i64);

impl Auditor {
    /// Looks at the suspects, and starts an audit where one of them is found out. Says when to look again: never while nobody is
    /// suspect.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn look(&self, clocks: &dyn Fn() -> Clocks, next: &mut NextLook) -> Result<i64, StoreError> {
        let begun = clocks();
        let (begun_ms, now_ms) = (begun.steady.millis(), begun.now.millis());
        let wait_ms = next.0.saturating_sub(begun_ms);
        if wait_ms > 0 {
            return Ok(if self.app.suspects.is_empty() { i64::MAX } else { now_ms.saturating_add(wait_ms) });
        }
        for (scope, suspects) in self.app.suspects.take() {
            self.look_at(&scope, &suspects, now_ms)?;
        }
        let took_ms = clocks().steady.millis().saturating_sub(begun_ms);
        next.0 = begun_ms.saturating_add(took_ms.saturating_mul(PAUSE_PER_LOOK.saturating_add(1)));
        Ok(i64::MAX)
    }

    fn look_at(&self, scope: &Scope, suspects: &BTreeSet<Suspect>, now_ms: i64) -> Result<(), StoreError> {
        let configuration = self.app.store.read(scope, |store| store.get(AuditConfiguration::ID))?;
        let configuration: AuditConfiguration = configuration.unwrap_or_default();
        let task = new_task(BegunBy::Connections, [].into(), now_ms);
        let Some(mut task) = task else { return Err(StoreError::Stopped) };
        let mut runs = vec![];
        for check in [Suspect::CONFLICTING, Suspect::SHARED] {
            let Some(settings) = configuration.checks.get(check).filter(|settings| settings.enabled) else {
                continue;
            };
            task.checks.insert(check.to_owned(), settings.thresholds.clone());
            let of_check = suspects.iter().filter(|suspect| suspect.check == check);
            let resources: Vec<&Resource> = of_check.map(|suspect| &suspect.resource).collect();
            let found = self.finds_new(scope, &task, check, &resources)?;
            if found.is_empty() {
                task.checks.remove(check);
            } else {
                runs.push(AuditCheckRun { suspects: Some(found), ..AuditCheckRun::waiting(&task.id, check) });
            }
        }
        if task.checks.is_empty() {
            return Ok(());
        }
        tracing::info!(task = task.id, checks = ?task.checks.keys(), "connections have become findings");
        let id = task.id.clone();
        self.write(scope, "StartLiveAudit", &id, now_ms, move |store| {
            store.insert(&task)?;
            runs.iter().try_for_each(|run| store.insert(run))
        })
    }

    /// The resources among these that a check finds something about that is neither known nor suppressed.
    fn finds_new(
        &self,
        scope: &Scope,
        task: &AuditTask,
        check: &str,
        resources: &[&Resource],
    ) -> Result<Vec<AuditedResource>, StoreError> {
        let Some(check) = find(check) else { return Ok(vec![]) };
        self.app.store.read(scope, |store| {
            let mut unknown = vec![];
            for resource in resources {
                if !tracking::is_known(store, check, resource)? {
                    unknown.push(audited(resource, &[]));
                }
            }
            if unknown.is_empty() {
                return Ok(vec![]);
            }
            let now = Timestamp::from_millis(task.started_ms);
            let around = Surroundings {
                now,
                key_checker: &self.app.key_checker,
                own_ca: None,
                fetched: &[],
                not_fetched: &[],
                is_live: true,
                stop: &|| self.is_stopping(),
            };
            let view = StoreView::new(store, around);
            let context = Context::read(store, task, now)?;
            match judge_one(task, check, &Narrowed::new(&view, &unknown), &view, &context) {
                Ok(Ended::Judged(outcome)) => {
                    let found = outcome.findings.iter().filter(|found| !found.suppressed);
                    let found: BTreeSet<&Resource> = found.map(|found| &found.finding.resource).collect();
                    Ok(found.into_iter().map(|resource| audited(resource, &[])).collect())
                }
                Ok(Ended::Disabled(_)) | Err(Left::Aside) => Ok(vec![]),
                Err(Left::Failed(error)) => Err(error),
            }
        })
    }
}
