//! A decision, whichever way it comes: once, in time, and in the audit trail in the name of who made it.

use thingwarden_store::Writer;
use thingwarden_store::records::{Approval, ApprovalDecision, ApprovalState};
use thingwarden_wire::Code;

use super::save;
use crate::api::{ApiError, shown};

/// Characters of a reason.
const REASON_CHARS_MAX: usize = 512;

/// What somebody says about an approval. Who that is, is the writer's actor.
#[derive(Clone, Debug)]
pub(crate) struct Verdict {
    pub(crate) approves: bool,
    /// What people call whoever says it.
    pub(crate) name: Option<String>,
    pub(crate) reason: Option<String>,
}

impl Verdict {
    /// The operation that it is, as permissions and the audit trail call it.
    pub(crate) const fn operation(&self) -> &'static str {
        if self.approves { "thingwarden:ApproveMitigation" } else { "thingwarden:DenyMitigation" }
    }
}

/// Decides.
///
/// # Errors
/// `ResourceNotFoundException` when there is no such approval, `ConflictException` when it was decided, or its time is over;
/// `InvalidRequestException` when the reason is too long.
pub(crate) fn decide(store: &Writer<'_>, id: &str, verdict: Verdict) -> Result<Approval, ApiError> {
    let Verdict { approves, name, reason } = verdict;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > REASON_CHARS_MAX) {
        return Err(ApiError::invalid(format!("the reason has more than {REASON_CHARS_MAX} characters")));
    }
    let found = store.get::<Approval>(id)?;
    let mut approval = found.ok_or_else(|| ApiError::not_found("approval", &shown(id)))?;
    let now_ms = store.actor().at_ms;
    if approval.state != ApprovalState::Pending {
        let state = approval.state.as_str().to_lowercase();
        let by = approval.decided.map(|decided| format!(", by {}", decided.by)).unwrap_or_default();
        return Err(ApiError::new(
            Code::ConflictException,
            format!("approval `{id}` was decided already: it is {state}{by}"),
        ));
    }
    if now_ms >= approval.expires_ms {
        let message = format!("approval `{id}` has expired: the next audit asks again");
        return Err(ApiError::new(Code::ConflictException, message));
    }
    approval.state = if approves { ApprovalState::Approved } else { ApprovalState::Denied };
    let by = store.actor().principal.clone();
    tracing::info!(approval = id, by, approved = approves, "an approval is decided");
    approval.decided = Some(ApprovalDecision { by, name, reason, at_ms: now_ms });
    save(store, &approval)?;
    Ok(approval)
}
