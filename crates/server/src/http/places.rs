//! Places for connections. When all are taken, clients that keep the server waiting make room for new ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::limits::{FAREWELL_TIME_MAX, WAITED_TIME_MIN};
use super::watched::Watch;

/// All places, and who has them.
#[derive(Clone, Debug)]
pub(crate) struct Places {
    free: Arc<Semaphore>,
    all: u32,
    taken: Arc<Mutex<Taken>>,
}

#[derive(Debug, Default)]
struct Taken {
    next: u64,
    by: BTreeMap<u64, Arc<Watch>>,
}

/// The place of one connection, which ends with this.
#[derive(Debug)]
pub(crate) struct Place {
    number: u64,
    watch: Arc<Watch>,
    places: Places,
    _slot: OwnedSemaphorePermit,
}

impl Places {
    pub(crate) fn new(count: usize) -> Self {
        let all = u32::try_from(count).unwrap_or(u32::MAX);
        Self { free: Arc::new(Semaphore::new(count)), all, taken: Arc::default() }
    }

    /// A place that is free.
    pub(crate) fn try_take(&self) -> Option<Place> {
        let slot = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(self.place(slot))
    }

    /// Ends the connection that the server has waited for longest, if that is long. True when there was one: its place is free
    /// in a moment.
    pub(crate) fn make_room(&self, now: Instant) -> bool {
        let mut taken = self.taken();
        let waiting = taken.by.iter().filter_map(|(number, watch)| Some((watch.waits_since()?, *number)));
        let Some((since, number)) = waiting.min() else { return false };
        if now.duration_since(since) < WAITED_TIME_MIN {
            return false;
        }
        // Out of the list at once, so that nobody counts on the same place.
        let Some(watch) = taken.by.remove(&number) else { return false };
        watch.give_up();
        true
    }

    /// A place that is about to be free.
    pub(crate) async fn take(&self) -> Option<Place> {
        let slot = timeout(FAREWELL_TIME_MAX, Arc::clone(&self.free).acquire_owned()).await.ok()?.ok()?;
        Some(self.place(slot))
    }

    /// Waits until all connections have ended, or `time` is over, which gives false.
    pub(crate) async fn all_left(&self, time: Duration) -> bool {
        timeout(time, self.free.acquire_many(self.all)).await.is_ok()
    }

    fn place(&self, slot: OwnedSemaphorePermit) -> Place {
        let watch = Watch::new();
        let mut taken = self.taken();
        let number = taken.next;
        taken.next += 1;
        taken.by.insert(number, Arc::clone(&watch));
        drop(taken);
        Place { number, watch, places: self.clone(), _slot: slot }
    }

    /// Held for moments.
    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    pub(crate) fn watch(&self) -> &Arc<Watch> {
        &self.watch
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.taken().by.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_is_waited_for_longest_makes_room_and_who_waits_does_not() {
        let places = Places::new(2);
        let (first, second) = (places.try_take().unwrap(), places.try_take().unwrap());
        let later = || Instant::now() + WAITED_TIME_MIN;
        assert!(places.try_take().is_none() && !places.make_room(Instant::now()), "they have just come");
        first.watch().begin();
        first.watch().serve();
        assert!(places.make_room(later()));
        second.watch().is_given_up().await;
        assert!(!places.make_room(later()), "a place is given away once, and a request is not given up");
        drop(second);
        let third = places.take().await.unwrap();
        first.watch().answer();
        third.watch().begin();
        assert!(places.make_room(later()), "an answer that is not taken");
        first.watch().is_given_up().await;
        drop((first, third));
        assert!(places.all_left(Duration::ZERO).await);
    }
}
