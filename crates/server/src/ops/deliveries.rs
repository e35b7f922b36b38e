//! ListDeliveries, RedriveDeliveries, PurgeDeliveries: what was published and has not arrived.

use serde::{Deserialize, Serialize};
use thingwarden_store::records::DeliveryState;
use thingwarden_store::{Cursor, Reader, Value, Writer};

use super::paging;
use crate::api::ApiError;
use crate::delivery::{self, Queue};
use crate::iam::Cx;

/// Queues of one answer.
const LISTED_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListInput {
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput {
    queues: Vec<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A queue as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    target: String,
    protocol: Option<String>,
    endpoint: Option<String>,
    waiting: u64,
    dead: u64,
    attempts: u32,
    last_error: Option<String>,
    next_ms: Option<i64>,
    oldest_ms: Option<i64>,
}

impl From<Queue> for Told {
    fn from(queue: Queue) -> Self {
        let Queue { target, endpoint, waiting, dead, attempts, last_error, next_ms, oldest_ms } = queue;
        let (protocol, endpoint) = endpoint.unzip();
        Self { target, protocol, endpoint, waiting, dead, attempts, last_error, next_ms, oldest_ms }
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct RedriveInput {
    /// Only those to this target.
    target: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedriveOutput {
    redriven: usize,
    /// Whether there may be others.
    more: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PurgeInput {
    /// Only those to this target.
    target: Option<String>,
    /// Without it, those that were given up.
    state: Option<DeliveryState>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PurgeOutput {
    purged: usize,
    /// Whether there may be others.
    more: bool,
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, input: ListInput) -> Result<ListOutput, ApiError> {
    let listing = ["ListDeliveries", &store.scope().account, &store.scope().region];
    let after = paging::place(cx, &listing, input.next_token.as_deref())?;
    let after = after.and_then(|cursor| match cursor.value {
        Some(Value::Text(target)) => Some(target),
        _ => None,
    });
    // One more tells whether there is another page.
    let mut queues = delivery::queues(store, after.as_deref(), LISTED_MAX + 1)?;
    let is_last = queues.len() <= LISTED_MAX;
    queues.truncate(LISTED_MAX);
    let last = queues.last().filter(|_| !is_last);
    let place = last.map(|last| Cursor { value: Some(last.target.as_str().into()), seq: 0 });
    let next_token = place.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(ListOutput { queues: queues.into_iter().map(Told::from).collect(), next_token })
}

pub(super) fn redrive(cx: &Cx, store: &Writer<'_>, input: RedriveInput) -> Result<RedriveOutput, ApiError> {
    let redriven = delivery::redrive(store, input.target.as_deref(), cx.now_ms())?;
    Ok(RedriveOutput { redriven, more: redriven == delivery::MANY })
}

pub(super) fn purge(_: &Cx, store: &Writer<'_>, input: PurgeInput) -> Result<PurgeOutput, ApiError> {
    let state = input.state.unwrap_or(DeliveryState::Dead);
    let purged = delivery::purge(store, state, input.target.as_deref())?;
    Ok(PurgeOutput { purged, more: purged == delivery::MANY })
}
