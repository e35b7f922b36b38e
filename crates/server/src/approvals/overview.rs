//! How far approvers are told, for whoever looks.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use thingwarden_store::records::ApprovalMessage;
use thingwarden_store::{Query, Reader, StoreError};

use crate::delivery::Queue;

/// What approvers are told apart by among other deliveries.
const PREFIX: &str = "approver:";

/// The approvers that were told something, by name: what waits, and what was given up.
///
/// # Errors
/// When the store fails.
pub(crate) fn queues(store: &Reader<'_>) -> Result<Vec<Queue>, StoreError> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    store.each(&Query::default(), &mut |message: ApprovalMessage| {
        let is_waiting = message.is_waiting();
        let target = format!("{PREFIX}{}", message.approver);
        let queue = queues.entry(message.approver).or_insert_with(|| Queue { target, ..Queue::default() });
        let is_first = is_waiting && queue.next_ms.is_none_or(|next_ms| message.retries.next_ms < next_ms);
        if is_first {
            queue.next_ms = Some(message.retries.next_ms);
        }
        queue.waiting += u64::from(is_waiting);
        // What was taken has no error.
        queue.dead += u64::from(!is_waiting && message.retries.last_error.is_some());
        if is_first || queue.waiting == 0 {
            (queue.attempts, queue.last_error) = (message.retries.attempts, message.retries.last_error);
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    Ok(queues.into_values().collect())
}
