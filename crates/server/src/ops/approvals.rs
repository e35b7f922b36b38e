//! ListApprovals, DescribeApproval, ApproveMitigation, DenyMitigation: what waits for a decision, and deciding.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use thingwarden_store::records::{Approval, ApprovalMessage, ApprovalState};
use thingwarden_store::{Filter, Order, Query, Reader, Writer};

use super::paging;
use crate::api::{ApiError, shown};
use crate::approvals::{Verdict, decide, told};
use crate::iam::Cx;

/// Approvals of one answer.
const LISTED_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListInput {
    /// Only in this state.
    state: Option<ApprovalState>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListOutput {
    /// Newest first.
    approvals: Vec<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DescribeInput {
    approval_id: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct DecideInput {
    approval_id: String,
    reason: Option<String>,
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, input: ListInput) -> Result<ListOutput, ApiError> {
    let state = input.state.map(ApprovalState::as_str);
    let filters: Vec<Filter<'_>> = state.map(|state| Filter::eq("state", state)).into_iter().collect();
    let scope = store.scope();
    let listing = ["ListApprovals", &scope.account, &scope.region, state.unwrap_or_default()];
    let after = paging::place(cx, &listing, input.next_token.as_deref())?;
    let order = Order::By("created_ms");
    let query = Query { order, descending: true, after, limit: LISTED_MAX, ..Query::all(&filters) };
    let page = store.list::<Approval>(&query)?;
    let next_token = page.next.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(ListOutput { approvals: page.items.iter().map(told).collect(), next_token })
}

/// One, with what its approvers were told.
pub(super) fn describe(_: &Cx, store: &Reader<'_>, input: DescribeInput) -> Result<Value, ApiError> {
    let id = &input.approval_id;
    let found = store.get::<Approval>(id)?.ok_or_else(|| ApiError::not_found("approval", &shown(id)))?;
    let messages = store.all::<ApprovalMessage>(&[Filter::eq("approval", id.as_str())])?;
    let messages = messages.into_iter().map(|message| {
        json!({
            "approver": message.approver,
            "told": message.told.as_str(),
            "isWaiting": message.is_waiting(),
            "attempts": message.retries.attempts,
            "lastError": message.retries.last_error,
        })
    });
    let mut told = told(&found);
    if let Some(members) = told.as_object_mut() {
        members.insert("messages".to_owned(), messages.collect());
    }
    Ok(told)
}

pub(super) fn approve(_: &Cx, store: &Writer<'_>, input: DecideInput) -> Result<Value, ApiError> {
    decided(store, input, true)
}

pub(super) fn deny(_: &Cx, store: &Writer<'_>, input: DecideInput) -> Result<Value, ApiError> {
    decided(store, input, false)
}

fn decided(store: &Writer<'_>, input: DecideInput, approves: bool) -> Result<Value, ApiError> {
    let verdict = Verdict { approves, name: None, reason: input.reason };
    Ok(told(&decide(store, &input.approval_id, verdict)?))
}
