//! Places for connections of MQTT, whichever way they came.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

#[derive(Debug)]
pub(super) struct Places {
    free: Arc<Semaphore>,
    all: u32,
}

/// The place of one connection, which ends with this.
#[derive(Debug)]
pub(super) struct Place {
    _slot: OwnedSemaphorePermit,
}

impl Places {
    pub(super) fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), all: u32::try_from(count).unwrap_or(u32::MAX) }
    }

    /// A place that is free.
    pub(super) fn try_take(&self) -> Option<Place> {
        let slot = Arc::clone(&self.free).try_acquire_owned().ok()?;
        Some(Place { _slot: slot })
    }

    /// Waits until all connections have ended, or `time` is over, which gives false.
    pub(super) async fn all_left(&self, time: Duration) -> bool {
        timeout(time, self.free.acquire_many(self.all)).await.is_ok()
    }
}
