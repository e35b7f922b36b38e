//! UndoMitigation: what a mitigation task changed becomes what it was.

use serde::{Deserialize, Serialize};
use thingwarden_store::Writer;
use thingwarden_store::records::MitigationTask;

use crate::api::ApiError;
use crate::iam::Cx;
use crate::mitigation::undo::{self, Undone, Wanted};

/// Executions of one answer: as many as are undone without keeping other changes waiting.
const EXECUTIONS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct UndoMitigationInput {
    task_id: String,
    /// Only what was done about this finding.
    finding_id: Option<String>,
    /// Goes on where another answer ended.
    next_token: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UndoMitigationOutput {
    /// The last execution first, as they are undone.
    executions: Vec<Undone>,
    /// There is more to undo.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

pub(super) fn undo(
    cx: &Cx,
    store: &Writer<'_>,
    input: UndoMitigationInput,
) -> Result<UndoMitigationOutput, ApiError> {
    let UndoMitigationInput { task_id, finding_id, next_token } = input;
    let task = store.get::<MitigationTask>(&task_id)?;
    let task = task.ok_or_else(|| ApiError::not_found("mitigation task", &crate::api::shown(&task_id)))?;
    if task.in_progress() {
        let message = format!("task `{task_id}` is in progress: cancel it, or wait for its end");
        return Err(ApiError::invalid(message));
    }
    let scope = store.scope();
    let finding = finding_id.as_deref();
    let listing = ["UndoMitigation", &scope.account, &scope.region, &task_id, finding.unwrap_or_default()];
    let after = super::paging::place(cx, &listing, next_token.as_deref())?;
    let wanted = Wanted { task: &task_id, finding, after, limit: EXECUTIONS_MAX };
    let page = undo::undo(store, &wanted, cx.now_ms())?;
    if page.items.is_empty() && finding.is_some() && next_token.is_none() {
        let message = format!(
            "task `{task_id}` did nothing about finding `{}`",
            crate::api::shown(&finding_id.unwrap_or_default())
        );
        return Err(ApiError::new(thingwarden_wire::Code::ResourceNotFoundException, message));
    }
    let next_token = page.next.map(|cursor| cx.app.paging.seal(&listing, &cursor));
    Ok(UndoMitigationOutput { executions: page.items, next_token })
}
