//! Quarantine, ReleaseQuarantine, DescribeQuarantine, ListQuarantines. The first two ask; the server does it at once, and
//! DescribeQuarantine tells what came of it.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use thingwarden_store::records::{Quarantine, QuarantineState, Thing};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::Code;

use super::paging;
use crate::api::{ApiError, shown};
use crate::iam::Cx;
use crate::quarantine;

/// Quarantines of one answer.
const LISTED_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ThingInput {
    thing_name: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListInput {
    /// Only in this state.
    state: Option<QuarantineState>,
    next_token: Option<String>,
}

/// A quarantine as it is told.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Told {
    thing_name: String,
    state: QuarantineState,
    /// Who asked for it.
    asked_by: String,
    asked_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_ms: Option<i64>,
    /// What was changed, as kinds and ids of the audit trail.
    changed: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Value>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput {
    quarantines: Vec<Told>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl From<Quarantine> for Told {
    fn from(one: Quarantine) -> Self {
        Self {
            thing_name: one.thing,
            state: one.state,
            asked_by: one.by,
            asked_ms: one.asked_ms,
            done_ms: one.done_ms,
            changed: one.changes.into_iter().map(|change| (change.kind, change.id)).collect(),
            error: one.error,
            proof: one.proof,
        }
    }
}

pub(super) fn ask(_: &Cx, store: &Writer<'_>, input: ThingInput) -> Result<Told, ApiError> {
    if !store.exists::<Thing>(&input.thing_name)? {
        return Err(ApiError::not_found("thing", &shown(&input.thing_name)));
    }
    Ok(quarantine::ask(store, &input.thing_name)?.into())
}

pub(super) fn release(_: &Cx, store: &Writer<'_>, input: ThingInput) -> Result<Told, ApiError> {
    let released = quarantine::ask_release(store, &input.thing_name)?;
    released.map(Told::from).ok_or_else(|| not_there(&input.thing_name))
}

pub(super) fn describe(_: &Cx, store: &Reader<'_>, input: ThingInput) -> Result<Told, ApiError> {
    let found = store.get::<Quarantine>(&input.thing_name)?;
    found.map(Told::from).ok_or_else(|| not_there(&input.thing_name))
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, input: ListInput) -> Result<ListOutput, ApiError> {
    let state = input.state.map(QuarantineState::as_str);
    let filters: Vec<Filter<'_>> = state.map(|state| Filter::eq("state", state)).into_iter().collect();
    let scope = store.scope();
    let listing = ["ListQuarantines", &scope.account, &scope.region, state.unwrap_or_default()];
    let after = paging::place(cx, &listing, input.next_token.as_deref())?;
    let page = store.list::<Quarantine>(&Query { after, limit: LISTED_MAX, ..Query::all(&filters) })?;
    let next_token = page.next.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(ListOutput { quarantines: page.items.into_iter().map(Told::from).collect(), next_token })
}

fn not_there(thing: &str) -> ApiError {
    ApiError::new(Code::ResourceNotFoundException, format!("thing `{}` is not in quarantine", shown(thing)))
}
