//! The queue of one target: its deliveries, one after the other.

use std::time::Duration;

use thingwarden_store::records::{Delivery, Message};
use thingwarden_store::{Scope, StoreError};

use super::attempt::{Endpoint, Failure};
use super::outbox;
use crate::api::App;
use crate::clock;
use crate::http::Stop;
use crate::random;

/// Messages that are read at a time, and their bytes: the next is not read any more beyond these.
const AHEAD_MAX: usize = 16;
const AHEAD_BYTES_MAX: usize = 256 << 10;
/// How long one target is served before others that wait for a place get their turn.
const TURN_MAX: Duration = Duration::from_secs(5);
/// Whoever takes longer for a message is slow.
const SLOW: Duration = Duration::from_secs(1);
/// No retry is later than this. A time further away was written by a clock that was wrong.
const NEXT_MS_MAX: i64 = 2 * 3_600_000;
/// How long a target is left alone after the store failed.
const PAUSE_AFTER_FAILURE_MS: i64 = 10_000;

/// Which queue: deliveries are kept in an account and region.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) account: std::sync::Arc<str>,
    pub(super) region: std::sync::Arc<str>,
    pub(super) target: String,
}

/// Why a lane ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing waits.
    Empty,
    /// The first waits until this time, in milliseconds since 1970.
    Until(i64),
    /// There is more, and others had to get their turn.
    More,
}

/// What a lane has to say at its end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report {
    pub(super) end: End,
    /// Whether it took long for a message.
    pub(super) is_slow: bool,
}

impl Key {
    fn scope(&self) -> Scope {
        Scope::new(&self.account, &self.region)
    }
}

/// Makes the deliveries to one target until nothing is left, one fails, or its turn is over.
pub(super) async fn run(app: &App, key: &Key, stop: &Stop) -> Report {
    let mut report = Report { end: End::Empty, is_slow: false };
    match work(app, key, stop, &mut report.is_slow).await {
        Ok(end) => report.end = end,
        Err(error) => {
            tracing::error!(%error, target = key.target, "a delivery cannot go on: the store failed");
            report.end = End::Until(now_ms().saturating_add(PAUSE_AFTER_FAILURE_MS));
        }
    }
    report
}

async fn work(app: &App, key: &Key, stop: &Stop, is_slow: &mut bool) -> Result<End, StoreError> {
    let since = clock::stopwatch();
    loop {
        let scope = key.scope();
        let head =
            app.store.read(&scope, |store| outbox::head(store, &key.target, AHEAD_MAX, AHEAD_BYTES_MAX))?;
        if head.is_empty() {
            return Ok(End::Empty);
        }
        for (delivery, message) in head {
            let now_ms = now_ms();
            if delivery.retries.next_ms > now_ms
                && delivery.retries.next_ms <= now_ms.saturating_add(NEXT_MS_MAX)
            {
                return Ok(End::Until(delivery.retries.next_ms));
            }
            if stop.is_stopping() || since.elapsed() > TURN_MAX {
                return Ok(End::More);
            }
            let began = clock::stopwatch();
            let next = deliver(app, &scope, delivery, message).await?;
            *is_slow |= began.elapsed() > SLOW;
            if let Some(next_ms) = next {
                return Ok(End::Until(next_ms));
            }
        }
    }
}

/// One delivery; says when to go on if it is to be tried again, or if the target wants a pause.
async fn deliver(
    app: &App,
    scope: &Scope,
    delivery: Delivery,
    message: Option<Message>,
) -> Result<Option<i64>, StoreError> {
    let endpoint = Endpoint::find(app, &delivery.target)?;
    let wanted = endpoint.zip(message).filter(|(endpoint, message)| endpoint.wants(message));
    let Some((endpoint, message)) = wanted else {
        tracing::info!(target = delivery.target, "a message is dropped: its target is gone");
        outbox::write(app, scope, move |store| outbox::done(store, &delivery)).await?;
        return Ok(None);
    };
    let outcome = endpoint.send(app, &message).await;
    app.deliveries.attempted(endpoint.protocol(), &outcome);
    let now_ms = now_ms();
    match outcome {
        Ok(()) => {
            outbox::write(app, scope, move |store| outbox::done(store, &delivery)).await?;
            let pause = endpoint.pause().map(|pause| i64::try_from(pause.as_millis()).unwrap_or(i64::MAX));
            Ok(pause.map(|pause| now_ms.saturating_add(pause)))
        }
        Err(failure) => failed(app, scope, delivery, &endpoint, failure, now_ms).await,
    }
}

async fn failed(
    app: &App,
    scope: &Scope,
    delivery: Delivery,
    endpoint: &Endpoint,
    failure: Failure,
    now_ms: i64,
) -> Result<Option<i64>, StoreError> {
    let attempts = delivery.retries.attempts.saturating_add(1);
    let delay_ms = endpoint.retries().delay_ms(attempts, random::chance()).filter(|_| !failure.is_permanent);
    let Failure { why, .. } = failure;
    let next_ms = delay_ms.map(|delay| now_ms.saturating_add(delay));
    let target = &delivery.target;
    match next_ms {
        Some(_) => tracing::info!(target, attempts, why, "a delivery failed"),
        None => tracing::warn!(target, attempts, why, "a delivery is given up"),
    }
    outbox::write(app, scope, move |store| match next_ms {
        Some(next_ms) => outbox::postponed(store, &delivery, next_ms, &why),
        None => outbox::died(store, &delivery, now_ms, &why),
    })
    .await?;
    Ok(next_ms)
}

fn now_ms() -> i64 {
    clock::now_precise().millis()
}
