//! Places for connections of MQTT, whichever way they came. Whoever is not let in yet stands on the doorstep, and takes nothing
//! from those who are.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, timeout};

use crate::http;

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
    pub(super) fn enter(&self) -> Option<Place> {
        let slot = Arc::clone(&self.inside).try_acquire_owned().ok()?;
        Some(Place { _slot: slot })
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

    #[tokio::test]
    async fn those_inside_and_those_on_the_doorstep_take_nothing_from_each_other() {
        let places = Places::new(1, 2);
        let (first, second) = (places.knock().await, places.knock().await);
        assert!(places.try_knock().is_none());
        let inside = places.enter().expect("the doorstep is full, not the house");
        assert!(places.enter().is_none());
        drop(first);
        let third = places.try_knock().expect("somebody has left the doorstep");
        assert!(!places.all_left(Duration::ZERO).await);
        drop((second, third, inside));
        assert!(places.all_left(Duration::ZERO).await);
    }
}
