//! Looks for targets with waiting deliveries, and gives each a lane of its own.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thingwarden_store::records::{Delivery, DeliveryState};
use thingwarden_store::{Scope, StoreError};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

use super::lane::{self, End, Key, Report};
use super::{outbox, overview};
use crate::api::App;
use crate::clock;
use crate::http::Stop;
use crate::workers::Workers;

/// Targets that are served at the same time: those that are known to be slow have places of their own, so that they keep
/// nobody else waiting.
const PLACES: usize = 128;
const SLOW_PLACES: usize = 128;
/// Slow targets that are remembered. When there are more, all are thought to be quick again.
const SLOW_MAX: usize = 10_000;
/// Between two looks at what is there: every delivery that is made is a change.
const GAP: Duration = Duration::from_millis(20);
/// How long nothing is looked for when nothing changes. Also bounds what a clock that was set can do.
const LOOK_MAX_MS: i64 = 60_000;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(10);
/// How often old dead deliveries are looked for.
const CLEANING_MS: i64 = 3_600_000;
/// What is under way when the server stops gets so long to end.
const STOP_TIME_MAX: Duration = Duration::from_millis(1500);

struct Worker {
    app: Arc<App>,
    stop: Stop,
    lanes: Mutex<Lanes>,
    places: Arc<Semaphore>,
    slow_places: Arc<Semaphore>,
    /// A lane ended.
    ended: Notify,
}

/// What is known of targets with waiting deliveries.
#[derive(Default)]
struct Lanes {
    running: HashSet<Key>,
    sleeping: BTreeMap<Key, Sleep>,
    slow: HashSet<Key>,
    /// The last that began: the next turn is of those behind it.
    last: Option<Key>,
}

/// A target whose first delivery is not due.
#[derive(Clone, Copy, Debug)]
struct Sleep {
    until_ms: i64,
    /// How many waited when it fell asleep. Another number means that the first may be another.
    waiting: u64,
}

/// Begins. Call it in a runtime.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) {
    let app = Arc::clone(app);
    workers.task("deliveries", |stop| async move {
        let worker = Arc::new(Worker {
            app,
            stop,
            lanes: Mutex::default(),
            places: Arc::new(Semaphore::new(PLACES)),
            slow_places: Arc::new(Semaphore::new(SLOW_PLACES)),
            ended: Notify::new(),
        });
        worker.run().await;
    });
}

impl Worker {
    async fn run(self: Arc<Self>) {
        let mut changes = self.app.store.changes::<Delivery>();
        let mut clean_at_ms = i64::MIN;
        while !self.stop.is_stopping() {
            changes.borrow_and_update();
            let pause = match self.look(&mut clean_at_ms).await {
                Ok(wake_ms) => {
                    let wait_ms = wake_ms.saturating_sub(now_ms()).clamp(0, LOOK_MAX_MS);
                    Duration::from_millis(u64::try_from(wait_ms).unwrap_or(0))
                }
                Err(error) => {
                    tracing::error!(%error, "deliveries cannot go on: the store failed");
                    PAUSE_AFTER_FAILURE
                }
            };
            tokio::select! {
                _ = changes.changed() => {}
                () = self.ended.notified() => {}
                () = tokio::time::sleep(pause) => {}
                () = self.stop.clone().wait() => {}
            }
            tokio::time::sleep(GAP).await;
        }
        // Lanes end after what they are at. What is abandoned is sent again after the next start.
        let _ = tokio::time::timeout(STOP_TIME_MAX, async {
            while !self.lanes().running.is_empty() {
                self.ended.notified().await;
            }
        })
        .await;
    }

    /// Begins what is due; says when the next is.
    async fn look(self: &Arc<Self>, clean_at_ms: &mut i64) -> Result<i64, StoreError> {
        let scopes = self.app.store.read(&Scope::new("", ""), |store| store.scopes())?;
        if now_ms() >= *clean_at_ms {
            self.clean(&scopes).await?;
            *clean_at_ms = now_ms().saturating_add(CLEANING_MS);
        }
        let (mut waiting, mut dead) = (BTreeMap::new(), 0);
        for scope in &scopes {
            for (state, target, count) in self.app.store.read(scope, overview::counts)? {
                match state {
                    DeliveryState::Dead => dead += count,
                    DeliveryState::Waiting => {
                        let (account, region) = (Arc::clone(&scope.account), Arc::clone(&scope.region));
                        waiting.insert(Key { account, region, target }, count);
                    }
                }
            }
        }
        self.app.deliveries.queued(waiting.values().sum(), dead);
        let next_ms = self.begin(&waiting);
        Ok(next_ms.min(*clean_at_ms))
    }

    fn begin(self: &Arc<Self>, waiting: &BTreeMap<Key, u64>) -> i64 {
        let now_ms = now_ms();
        let mut next_ms = i64::MAX;
        let mut lanes = self.lanes();
        lanes.sleeping.retain(|key, _| waiting.contains_key(key));
        let last = lanes.last.clone();
        let behind = waiting.iter().filter(|(key, _)| last.as_ref().is_none_or(|last| *key > last));
        let before = waiting.iter().filter(|(key, _)| last.as_ref().is_some_and(|last| *key <= last));
        for (key, count) in behind.chain(before) {
            if lanes.running.contains(key) {
                continue;
            }
            if let Some(sleep) = lanes.sleeping.get(key)
                && sleep.until_ms > now_ms
                && sleep.waiting == *count
            {
                next_ms = next_ms.min(sleep.until_ms);
                continue;
            }
            let places = if lanes.slow.contains(key) { &self.slow_places } else { &self.places };
            // Without a place, it is looked at again when somebody leaves one.
            let Ok(place) = Arc::clone(places).try_acquire_owned() else { continue };
            lanes.sleeping.remove(key);
            lanes.running.insert(key.clone());
            lanes.last = Some(key.clone());
            tokio::spawn(Arc::clone(self).lane(key.clone(), *count, place));
        }
        next_ms
    }

    async fn lane(self: Arc<Self>, key: Key, waiting: u64, place: OwnedSemaphorePermit) {
        // A panic in a lane must not keep its target from ever being served again.
        let run = {
            let (worker, key) = (Arc::clone(&self), key.clone());
            tokio::spawn(async move { lane::run(&worker.app, &key, &worker.stop).await })
        };
        let report = run.await.unwrap_or_else(|_| Report {
            end: End::Until(now_ms().saturating_add(LOOK_MAX_MS)),
            is_slow: true,
        });
        drop(place);
        let mut lanes = self.lanes();
        lanes.running.remove(&key);
        if report.is_slow {
            if lanes.slow.len() >= SLOW_MAX {
                lanes.slow.clear();
            }
            lanes.slow.insert(key.clone());
        } else {
            lanes.slow.remove(&key);
        }
        if let End::Until(until_ms) = report.end {
            lanes.sleeping.insert(key, Sleep { until_ms, waiting });
        }
        drop(lanes);
        self.ended.notify_one();
    }

    /// Throws away what has been dead for too long.
    async fn clean(&self, scopes: &[Scope]) -> Result<(), StoreError> {
        let days = self.app.notifications.dead_letter_retention_days;
        let before_ms = now_ms().saturating_sub(i64::from(days).saturating_mul(86_400_000));
        for scope in scopes {
            while outbox::write(&self.app, scope, move |store| outbox::forget_dead(store, before_ms)).await?
                > 0
            {}
        }
        Ok(())
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now_ms() -> i64 {
    clock::now_precise().millis()
}
