//! Client ids in conflict and certificates that are shared, told when they are seen and not only when the next audit comes.
//!
//! Whoever records a connection says what it makes suspicious ([`Suspects`]). The audits' thread then lets the check itself
//! look, at the suspects alone; what it finds and nobody knows of yet becomes an audit of that check, in which connections are
//! judged up to now. So there is one decision, and a finding of this moment is told, listed, approved and mitigated as all
//! others are. While it stands, its resource is no suspect any more: it is told once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thingwarden_engine::audit::Resource;
use thingwarden_engine::audit::checks::find;
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{AuditConfiguration, AuditTask};
use thingwarden_store::{Scope, StoreError};
use thingwarden_wire::types::{AuditTaskStatus, AuditTaskType};
use tokio::sync::Notify;

use super::resources::audited;
use super::runner::{Context, Ended, Left, judge_one};
use super::view::{Narrowed, StoreView, Surroundings};
use super::{Auditor, add_task, tracking};

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

/// When suspects may be looked at, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct NextLook(i64);

impl Auditor {
    /// Looks at the suspects, and starts an audit where one of them is found out. Says when to look again: never while nobody is
    /// suspect.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn look(&self, now_ms: &dyn Fn() -> i64, next: &mut NextLook) -> Result<i64, StoreError> {
        let begun_ms = now_ms();
        // A clock that was set back makes nobody wait.
        if begun_ms < next.0 && next.0.saturating_sub(begun_ms) <= super::CLEANING_MS {
            return Ok(if self.app.suspects.is_empty() { i64::MAX } else { next.0 });
        }
        for (scope, suspects) in self.app.suspects.take() {
            self.look_at(&scope, &suspects, begun_ms)?;
        }
        let took_ms = now_ms().saturating_sub(begun_ms).max(0);
        next.0 = begun_ms.saturating_add(took_ms.saturating_mul(PAUSE_PER_LOOK.saturating_add(1)));
        Ok(i64::MAX)
    }

    fn look_at(&self, scope: &Scope, suspects: &BTreeSet<Suspect>, now_ms: i64) -> Result<(), StoreError> {
        let configuration = self.app.store.read(scope, |store| store.get(AuditConfiguration::ID))?;
        let configuration: AuditConfiguration = configuration.unwrap_or_default();
        let Some(random) = crate::random::bytes::<16>() else { return Err(StoreError::Stopped) };
        let mut task = AuditTask {
            id: encode_hex(&random),
            status: AuditTaskStatus::InProgress.as_str().to_owned(),
            task_type: AuditTaskType::OnDemandAuditTask.as_str().to_owned(),
            schedule: None,
            started_ms: now_ms,
            ended_ms: None,
            checks: BTreeMap::new(),
            is_live: true,
        };
        for check in [Suspect::CONFLICTING, Suspect::SHARED] {
            let Some(settings) = configuration.checks.get(check).filter(|settings| settings.enabled) else {
                continue;
            };
            task.checks.insert(check.to_owned(), settings.thresholds.clone());
            let of_check = suspects.iter().filter(|suspect| suspect.check == check);
            let resources: Vec<&Resource> = of_check.map(|suspect| &suspect.resource).collect();
            if !self.finds_new(scope, &task, check, &resources)? {
                task.checks.remove(check);
            }
        }
        if task.checks.is_empty() {
            return Ok(());
        }
        tracing::info!(task = task.id, checks = ?task.checks.keys(), "connections have become findings");
        let id = task.id.clone();
        self.write(scope, "StartLiveAudit", &id, now_ms, move |store| add_task(store, &task))
    }

    /// Whether a check finds something about these resources that is neither known nor suppressed.
    fn finds_new(
        &self,
        scope: &Scope,
        task: &AuditTask,
        check: &str,
        resources: &[&Resource],
    ) -> Result<bool, StoreError> {
        let Some(check) = find(check) else { return Ok(false) };
        self.app.store.read(scope, |store| {
            let mut unknown = vec![];
            for resource in resources {
                if !tracking::is_known(store, check, resource)? {
                    unknown.push(audited(resource, &[]));
                }
            }
            if unknown.is_empty() {
                return Ok(false);
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
                Ok(Ended::Judged(outcome)) => Ok(outcome.findings.iter().any(|found| !found.suppressed)),
                Ok(Ended::Disabled(_)) | Err(Left::Aside) => Ok(false),
                Err(Left::Failed(error)) => Err(error),
            }
        })
    }
}
