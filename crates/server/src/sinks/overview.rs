//! How far sinks are, for whoever looks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use thingwarden_store::records::{SinkRun, SinkRunState};
use thingwarden_store::{Query, Reader, StoreError};

use crate::delivery::Queue;

/// What runs of sinks are told apart by among other deliveries.
const PREFIX: &str = "sink:";

/// The sinks that have runs, by name: audits that wait, and those that were given up.
///
/// # Errors
/// When the store fails.
pub(crate) fn queues(store: &Reader<'_>) -> Result<Vec<Queue>, StoreError> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    store.each(&Query::default(), &mut |run: SinkRun| {
        let target = format!("{PREFIX}{}", run.sink);
        let queue = queues.entry(run.sink).or_insert_with(|| Queue { target, ..Queue::default() });
        match run.state {
            SinkRunState::Waiting => {
                // The first of them is under way.
                if queue.waiting == 0 {
                    (queue.attempts, queue.last_error) = (run.retries.attempts, run.retries.last_error);
                    (queue.next_ms, queue.oldest_ms) = (Some(run.retries.next_ms), Some(run.created_ms));
                }
                queue.waiting += 1;
            }
            SinkRunState::Failed | SinkRunState::Done => {
                queue.dead += u64::from(run.state == SinkRunState::Failed);
                if queue.waiting == 0 {
                    (queue.attempts, queue.last_error) = (run.retries.attempts, run.retries.last_error);
                }
            }
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    Ok(queues.into_values().collect())
}
