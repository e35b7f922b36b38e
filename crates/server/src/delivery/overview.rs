//! What waits and what is dead, for whoever looks: the command line and the server's own operations.

use std::collections::BTreeMap;

use thingwarden_store::records::{Delivery, DeliveryState, Message, Subscription};
use thingwarden_store::{Cursor, Filter, Page, Query, Reader, StoreError, Value};

use super::target::Target;

/// The deliveries to one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Queue {
    /// [`Delivery::target`].
    pub(crate) target: String,
    /// Protocol and endpoint, when it is a subscription that is still there.
    pub(crate) endpoint: Option<(String, String)>,
    pub(crate) waiting: u64,
    pub(crate) dead: u64,
    /// Of the first that waits, else of the last that is dead.
    pub(crate) attempts: u32,
    pub(crate) last_error: Option<String>,
    /// When the first that waits is tried next, in milliseconds since 1970.
    pub(crate) next_ms: Option<i64>,
    /// When the first that waits was published, in milliseconds since 1970.
    pub(crate) oldest_ms: Option<i64>,
}

/// Targets that have deliveries, by name: those after `after`, at most `limit` of them.
///
/// # Errors
/// When the store fails.
pub(crate) fn queues(
    store: &Reader<'_>,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Queue>, StoreError> {
    let mut queues: BTreeMap<String, Queue> = BTreeMap::new();
    for (state, target, count) in counts(store)? {
        let queue = queues.entry(target).or_default();
        match state {
            DeliveryState::Waiting => queue.waiting = count,
            DeliveryState::Dead => queue.dead = count,
        }
    }
    let wanted = queues.into_iter().filter(|(target, _)| after.is_none_or(|after| target.as_str() > after));
    wanted.take(limit).map(|(target, queue)| with_details(store, Queue { target, ..queue })).collect()
}

/// How many deliveries each target has in each state.
pub(super) fn counts(store: &Reader<'_>) -> Result<Vec<(DeliveryState, String, u64)>, StoreError> {
    let mut counts = vec![];
    for state in [DeliveryState::Waiting, DeliveryState::Dead] {
        let filters = [Filter::eq("state", state.as_str())];
        for (target, count) in store.groups::<Delivery>("target", &filters, 1)? {
            if let Value::Text(target) = target {
                counts.push((state, target, count));
            }
        }
    }
    Ok(counts)
}

fn with_details(store: &Reader<'_>, mut queue: Queue) -> Result<Queue, StoreError> {
    let is_waiting = queue.waiting > 0;
    let state = if is_waiting { DeliveryState::Waiting } else { DeliveryState::Dead };
    let filters = [Filter::eq("state", state.as_str()), Filter::eq("target", queue.target.as_str())];
    let one = Query { limit: 1, descending: !is_waiting, ..Query::all(&filters) };
    if let Some(delivery) = store.list::<Delivery>(&one)?.items.pop() {
        queue.attempts = delivery.retries.attempts;
        queue.last_error = delivery.retries.last_error;
        queue.next_ms = is_waiting.then_some(delivery.retries.next_ms);
        queue.oldest_ms = is_waiting.then_some(delivery.created_ms);
    }
    if let Some(Target::Subscription(arn) | Target::DeadLetterQueue(arn)) = Target::parse(&queue.target) {
        let subscription = store.get::<Subscription>(&Subscription::id_of(&arn.topic.name, &arn.uuid))?;
        queue.endpoint = subscription.map(|found| (found.protocol, without_secrets(&found.endpoint)));
    }
    Ok(queue)
}

/// An endpoint without the password and the query that its URL may have.
fn without_secrets(endpoint: &str) -> String {
    let shown = endpoint.split('?').next().unwrap_or_default();
    match shown.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}{path}")
        }
        None => shown.to_owned(),
    }
}

/// A page of the dead deliveries of one target or of all, oldest first, with their messages.
///
/// # Errors
/// When the store fails.
pub(crate) fn dead(
    store: &Reader<'_>,
    target: Option<&str>,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page<(Delivery, Option<Message>)>, StoreError> {
    let mut filters = vec![Filter::eq("state", DeliveryState::Dead.as_str())];
    filters.extend(target.map(|target| Filter::eq("target", target)));
    let page = store.list::<Delivery>(&Query { after, limit, ..Query::all(&filters) })?;
    let with_message = |delivery: Delivery| {
        let message = store.get::<Message>(&delivery.message_id)?;
        Ok((delivery, message))
    };
    let items: Result<Vec<_>, StoreError> = page.items.into_iter().map(with_message).collect();
    Ok(Page { items: items?, next: page.next })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_are_shown_without_what_may_be_secret() {
        for (endpoint, shown) in [
            ("https://u:p@example.com/a?key=secret", "https://example.com/a"),
            ("http://example.com:8080", "http://example.com:8080"),
            ("http://u@example.com", "http://example.com"),
            ("arn:aws:sqs:us-east-1:123456789012:q", "arn:aws:sqs:us-east-1:123456789012:q"),
            ("me@example.com", "me@example.com"),
        ] {
            assert_eq!(without_secrets(endpoint), shown);
        }
    }
}
