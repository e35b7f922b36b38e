//! ListTrail: the audit trail of the caller's account and region, newest first, for those who may read it and not the
//! server's folder.

use serde::{Deserialize, Serialize};
use thingwarden_store::{Cursor, Reader, TrailEntry, TrailQuery};

use super::paging;
use crate::api::ApiError;
use crate::iam::Cx;

/// Entries of one answer: each may hold a policy twice, 16 KiB each at most.
const ENTRIES_MAX: usize = 250;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ListTrailInput {
    /// Only of this kind of record.
    kind: Option<String>,
    /// Only of the record with this id.
    id: Option<String>,
    /// Only by this principal.
    principal: Option<String>,
    /// Only of this request.
    request_id: Option<String>,
    /// Not before, in milliseconds since 1970.
    from_ms: Option<i64>,
    /// Before, in milliseconds since 1970.
    to_ms: Option<i64>,
    /// From 1 to 250; without it, 250.
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListTrailOutput {
    entries: Vec<TrailEntry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn list(cx: &Cx, store: &Reader<'_>, input: ListTrailInput) -> Result<ListTrailOutput, ApiError> {
    let limit = input.max_results.unwrap_or(ENTRIES_MAX);
    if !(1..=ENTRIES_MAX).contains(&limit) {
        return Err(ApiError::invalid(format!("`maxResults` is `{limit}`, expected 1 to {ENTRIES_MAX}")));
    }
    let listing = ["ListTrail", &store.scope().account, &store.scope().region];
    let after = paging::place(cx, &listing, input.next_token.as_deref())?;
    let mut entries = store.trail(&TrailQuery {
        kind: input.kind.as_deref(),
        id: input.id.as_deref(),
        principal: input.principal.as_deref(),
        request_id: input.request_id.as_deref(),
        from_ms: input.from_ms,
        to_ms: input.to_ms,
        before_seq: after.map(|cursor| cursor.seq),
        // One more tells whether there is another page.
        limit: limit + 1,
    })?;
    let is_last = entries.len() <= limit;
    entries.truncate(limit);
    let last = entries.last().filter(|_| !is_last);
    let next_token = last.map(|last| cx.app.paging.seal(&listing, &Cursor { value: None, seq: last.seq }));
    Ok(ListTrailOutput { entries, next_token })
}
