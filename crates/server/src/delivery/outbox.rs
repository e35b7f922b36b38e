//! What becomes of deliveries in the store. Each of these is one transaction.

use std::ops::ControlFlow;

use thingwarden_store::records::{Delivery, DeliveryState, Message, RetryState, Subscription};
use thingwarden_store::{Actor, Filter, Query, Reader, Scope, StoreError, Writer};

use super::target::{Target, dead_letter_queue};
use crate::api::App;

/// Bytes of an error that are kept.
const ERROR_BYTES_MAX: usize = 1024;
/// Deliveries that one transaction throws away or brings back.
pub(crate) const MANY: usize = 1000;

/// The first deliveries that wait for a target, in order, with their messages: at most `most`, and no more once their
/// messages have `bytes` together.
pub(super) fn head(
    store: &Reader<'_>,
    target: &str,
    most: usize,
    bytes: usize,
) -> Result<Vec<(Delivery, Option<Message>)>, StoreError> {
    let filters = waiting(target);
    let mut found: Vec<(Delivery, Option<Message>)> = vec![];
    let mut size = 0;
    store.each(&Query { limit: most, ..Query::all(&filters) }, &mut |delivery: Delivery| {
        let message = store.get::<Message>(&delivery.message_id)?;
        size += message.as_ref().map_or(0, |message| message.message.len());
        found.push((delivery, message));
        Ok::<_, StoreError>(if size < bytes { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    Ok(found)
}

fn waiting(target: &str) -> [Filter<'_>; 2] {
    [Filter::eq("state", DeliveryState::Waiting.as_str()), Filter::eq("target", target)]
}

/// The delivery arrived, or there is nobody left whom it concerns.
pub(super) fn done(store: &Writer<'_>, delivery: &Delivery) -> Result<(), StoreError> {
    store.delete::<Delivery>(&delivery.id)?;
    forget_message(store, &delivery.message_id)
}

/// The message, unless another delivery needs it.
fn forget_message(store: &Writer<'_>, id: &str) -> Result<(), StoreError> {
    if store.count::<Delivery>(&[Filter::eq("message_id", id)])? == 0 {
        store.delete::<Message>(id)?;
    }
    Ok(())
}

/// It failed, and is tried again at `next_ms`.
pub(super) fn postponed(
    store: &Writer<'_>,
    delivery: &Delivery,
    next_ms: i64,
    why: &str,
) -> Result<(), StoreError> {
    let Some(mut kept) = store.get::<Delivery>(&delivery.id)? else { return Ok(()) };
    kept.retries.attempts = kept.retries.attempts.saturating_add(1);
    kept.retries.next_ms = next_ms;
    kept.retries.last_error = Some(shortened(why));
    store.update(&kept)
}

/// It failed for good. With a dead-letter queue it goes on to that; else it is kept where somebody can see it.
pub(super) fn died(
    store: &Writer<'_>,
    delivery: &Delivery,
    now_ms: i64,
    why: &str,
) -> Result<(), StoreError> {
    let Some(mut kept) = store.get::<Delivery>(&delivery.id)? else { return Ok(()) };
    kept.retries.attempts = kept.retries.attempts.saturating_add(1);
    kept.retries.last_error = Some(shortened(why));
    if has_dead_letter_queue(store, &kept.target)? {
        let moved = Delivery {
            id: crate::random::uuid().ok_or(StoreError::Stopped)?,
            target: dead_letter_queue(&kept.target),
            retries: RetryState { attempts: 0, next_ms: now_ms, ..kept.retries },
            ..kept
        };
        store.delete::<Delivery>(&delivery.id)?;
        return store.insert(&moved);
    }
    kept.state = DeliveryState::Dead;
    store.update(&kept)
}

fn has_dead_letter_queue(store: &Writer<'_>, target: &str) -> Result<bool, StoreError> {
    let Some(Target::Subscription(arn)) = Target::parse(target) else { return Ok(false) };
    let subscription = store.get::<Subscription>(&Subscription::id_of(&arn.topic.name, &arn.uuid))?;
    Ok(subscription.is_some_and(|subscription| subscription.redrive_policy.is_some()))
}

/// Brings dead deliveries back to the queues that they were in, at most a thousand, of one target or of all; says how many.
/// They are tried at once, before what came after them.
///
/// # Errors
/// When the store fails.
pub(crate) fn redrive(store: &Writer<'_>, target: Option<&str>, now_ms: i64) -> Result<usize, StoreError> {
    let dead = some(store, DeliveryState::Dead, target)?;
    for mut delivery in dead.iter().cloned() {
        delivery.state = DeliveryState::Waiting;
        delivery.retries.attempts = 0;
        delivery.retries.next_ms = now_ms;
        store.update(&delivery)?;
    }
    Ok(dead.len())
}

/// Throws deliveries in this state away, at most a thousand, of one target or of all; says how many.
///
/// # Errors
/// When the store fails.
pub(crate) fn purge(
    store: &Writer<'_>,
    state: DeliveryState,
    target: Option<&str>,
) -> Result<usize, StoreError> {
    let some = some(store, state, target)?;
    for delivery in &some {
        done(store, delivery)?;
    }
    Ok(some.len())
}

fn some(store: &Reader<'_>, state: DeliveryState, target: Option<&str>) -> Result<Vec<Delivery>, StoreError> {
    let mut filters = vec![Filter::eq("state", state.as_str())];
    filters.extend(target.map(|target| Filter::eq("target", target)));
    Ok(store.list(&Query { limit: MANY, ..Query::all(&filters) })?.items)
}

/// Throws away dead deliveries whose messages are from before a time, at most a thousand; says how many.
pub(super) fn forget_dead(store: &Writer<'_>, before_ms: i64) -> Result<usize, StoreError> {
    let filters = [Filter::eq("state", DeliveryState::Dead.as_str())];
    let mut old = vec![];
    store.each(&Query::all(&filters), &mut |delivery: Delivery| {
        if delivery.created_ms < before_ms {
            old.push(delivery);
        }
        Ok::<_, StoreError>(if old.len() < MANY { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
    })?;
    for delivery in &old {
        done(store, delivery)?;
    }
    Ok(old.len())
}

/// Runs a transaction of the server's own, and again while too much is being written.
///
/// # Errors
/// What `work` says, or the database.
pub(super) async fn write<R: Send + 'static>(
    app: &App,
    scope: &Scope,
    work: impl Fn(&Writer<'_>) -> Result<R, StoreError> + Clone + Send + 'static,
) -> Result<R, StoreError> {
    loop {
        let actor = Actor {
            principal: "thingwarden:deliveries".to_owned(),
            operation: "deliveries:Deliver".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: crate::clock::now_precise().millis(),
        };
        match app.store.write(scope, actor, work.clone()).await {
            Err(StoreError::Overloaded) => tokio::time::sleep(PAUSE_WHILE_OVERLOADED).await,
            answer => return answer,
        }
    }
}

const PAUSE_WHILE_OVERLOADED: std::time::Duration = std::time::Duration::from_millis(50);

fn shortened(text: &str) -> String {
    text.get(..text.floor_char_boundary(ERROR_BYTES_MAX)).unwrap_or_default().to_owned()
}
