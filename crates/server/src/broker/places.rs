//! Places for connections of MQTT, whichever way they came. Whoever is not let in yet stands on the doorstep, and takes nothing
//! from those who are.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use thingwarden_store::Scope;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use super::excess::Excess;
use super::metrics::Metrics;
use crate::config::Limits;
use crate::{clock, http};

/// How long to wait before looking again whether somebody makes room.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(super) struct Places {
    inside: Arc<Semaphore>,
    all: u32,
    doorstep: http::Places,
}

/// The place of a connection that was let in, which ends with this.
#[derive(Debug)]
pub(super) struct Place {
    _slot: OwnedSemaphorePermit,
    _of_account: Option<OwnedSemaphorePermit>,
}

/// How many there may be at the same time in an account and region
/// ([quotas](https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits): "Maximum concurrent client connections per account",
/// "Subscriptions per account", which counts those of active connections).
#[derive(Debug)]
pub(super) struct AccountPlaces {
    /// None without a limit.
    connections: Option<Arc<Semaphore>>,
    connections_excess: Excess,
    /// Of clients that are connected. It changes while the state of their session is held.
    subscriptions: AtomicUsize,
    /// 0 is no limit.
    subscriptions_max: usize,
    subscriptions_excess: Excess,
}

impl AccountPlaces {
    pub(super) fn new(limits: &Limits, scope: &Scope, metrics: &Metrics) -> Self {
        let connections = limits.mqtt_connections_per_account;
        let excess = |setting| Excess::new(setting, scope, metrics);
        Self {
            connections: (connections > 0).then(|| Arc::new(Semaphore::new(connections))),
            connections_excess: excess("limits.mqtt_connections_per_account"),
            subscriptions: AtomicUsize::new(0),
            subscriptions_max: limits.mqtt_subscriptions_per_account,
            subscriptions_excess: excess("limits.mqtt_subscriptions_per_account"),
        }
    }

    /// A client that is connected subscribes to one more filter; whether it may. One at a time is asked about.
    pub(super) fn subscribes(&self) -> bool {
        let is_free = self.subscriptions_max == 0
            || self.subscriptions.load(Ordering::Relaxed) < self.subscriptions_max;
        if is_free {
            self.subscriptions.fetch_add(1, Ordering::Relaxed);
        } else {
            self.subscriptions_excess.happens(clock::steady());
        }
        is_free
    }

    /// A client comes back to so many subscriptions. It keeps them, also where they are more than may be.
    pub(super) fn comes_back(&self, subscriptions: usize) {
        self.subscriptions.fetch_add(subscriptions, Ordering::Relaxed);
    }

    /// So many subscriptions of a client that is connected end, or it goes and leaves them.
    pub(super) fn gives_up(&self, subscriptions: usize) {
        self.subscriptions.fetch_sub(subscriptions, Ordering::Relaxed);
    }

    /// Subscriptions of clients that are connected.
    #[cfg(test)]
    pub(super) fn subscriptions(&self) -> usize {
        self.subscriptions.load(Ordering::Relaxed)
    }
}

impl Places {
    pub(super) fn new(inside: usize, doorstep: usize) -> Self {
        Self {
            inside: Arc::new(Semaphore::new(inside)),
            all: u32::try_from(inside).unwrap_or(u32::MAX),
            doorstep: http::Places::new(doorstep),
        }
    }

    /// A place on the doorstep. When all are taken, the connection that the server has waited for longest makes room; one that
    /// has just come is given a moment.
    pub(super) async fn knock(&self) -> http::Place {
        loop {
            if let Some(place) = self.doorstep.try_take() {
                return place;
            }
            if self.doorstep.make_room(Instant::now())
                && let Some(place) = self.doorstep.take().await
            {
                return place;
            }
            sleep(PAUSE).await;
        }
    }

    /// A place on the doorstep that is free.
    pub(super) fn try_knock(&self) -> Option<http::Place> {
        self.doorstep.try_take()
    }

    /// A place for who is let in.
    ///
    /// # Errors
    /// The setting that says that there is none.
    pub(super) fn enter(&self, of_account: &AccountPlaces) -> Result<Place, &'static str> {
        let slot = Arc::clone(&self.inside).try_acquire_owned().map_err(|_| "limits.mqtt_connections")?;
        let of_account = match &of_account.connections {
            None => None,
            Some(places) => Some(Arc::clone(places).try_acquire_owned().map_err(|_| {
                of_account.connections_excess.happens(clock::steady());
                of_account.connections_excess.setting()
            })?),
        };
        Ok(Place { _slot: slot, _of_account: of_account })
    }

    /// Waits until all connections have ended, or `time` is over, which gives false.
    pub(super) async fn all_left(&self, time: Duration) -> bool {
        let inside = timeout(time, self.inside.acquire_many(self.all));
        let (inside, doorstep) = tokio::join!(inside, self.doorstep.all_left(time));
        inside.is_ok() && doorstep
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    /// An account that may have so many connections and subscriptions.
    fn account(most: &str) -> AccountPlaces {
        let given = ["limits.mqtt_connections_per_account", "limits.mqtt_subscriptions_per_account"];
        let given = given.map(|key| config::Override { key, option: "test", text: most.to_owned() });
        let limits = config::load(None, &[], &given).unwrap().settings.limits;
        AccountPlaces::new(&limits, &Scope::new("123456789012", "a"), &Metrics::default())
    }

    #[tokio::test]
    async fn an_account_has_its_places_among_those_of_all() {
        let (places, here, there) = (Places::new(3, 1), account("2"), account("0"));
        let inside = [places.enter(&here).unwrap(), places.enter(&here).unwrap()];
        assert_eq!(places.enter(&here).err(), Some("limits.mqtt_connections_per_account"));
        let other = places.enter(&there).expect("who is refused takes no place");
        drop(inside);
        assert!(places.enter(&here).is_ok());
        drop(other);
    }

    #[test]
    fn subscriptions_of_those_who_come_back_count_and_stay() {
        let account = account("2");
        assert_eq!([account.subscribes(), account.subscribes(), account.subscribes()], [true, true, false]);
        account.comes_back(5);
        assert!(!account.subscribes());
        account.gives_up(6);
        assert!(account.subscribes() && !account.subscribes());
        assert_eq!(account.subscriptions_excess.setting(), "limits.mqtt_subscriptions_per_account");
    }

    #[tokio::test]
    async fn those_inside_and_those_on_the_doorstep_take_nothing_from_each_other() {
        let places = Places::new(1, 2);
        let (first, second) = (places.knock().await, places.knock().await);
        assert!(places.try_knock().is_none());
        let anybody = account("0");
        let inside = places.enter(&anybody).expect("the doorstep is full, not the house");
        assert_eq!(places.enter(&anybody).err(), Some("limits.mqtt_connections"));
        drop(first);
        let third = places.try_knock().expect("somebody has left the doorstep");
        assert!(!places.all_left(Duration::ZERO).await);
        drop((second, third, inside));
        assert!(places.all_left(Duration::ZERO).await);
    }
}
