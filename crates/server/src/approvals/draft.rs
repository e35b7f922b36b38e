//! Which findings of an audit an approval is about: those that nobody was asked about for the same actions, or that came back since.

use std::collections::HashMap;

use thingwarden_store::records::{Approval, ApprovalDraft, ApprovalMark, ApprovalResource, ApprovalState};
use thingwarden_store::{Reader, StoreError, Writer};

use crate::audits::findings::{self, RunFinding};
use crate::mitigation::is_suppressed;
use crate::output::text::clip;
use crate::sinks::finding::SinkFinding;

/// Findings that are looked at in one transaction: other writers wait for no more than that.
const BATCH: usize = 200;
/// Findings that are named.
const NAMED_MAX: usize = 10;
const NAME_CHARS_MAX: usize = 200;

/// Looks at some more findings; gives the draft as it is then, if it is still there.
///
/// # Errors
/// When the store fails.
pub(super) fn collect_some(store: &Writer<'_>, id: &str) -> Result<Option<ApprovalDraft>, StoreError> {
    let Some(mut draft) = store.get::<ApprovalDraft>(id)? else { return Ok(None) };
    if draft.complete {
        return Ok(Some(draft));
    }
    let Approval { audit_task, check, .. } = &draft.approval;
    let page = findings::page(store, audit_task, check, draft.after.as_ref(), BATCH)?;
    let mut known = HashMap::new();
    for finding in page.items {
        if !is_new(store, &draft.approval, &finding, &mut known)? {
            continue;
        }
        let approval = &mut draft.approval;
        approval.findings += 1;
        // What cannot be done now is tried again with the next audit.
        if approval.error.is_none() {
            store.put(&mark(approval, &finding))?;
        }
        if approval.resources.len() < NAMED_MAX {
            let (finding_id, name) = (finding.id.clone(), name(finding));
            approval.resources.push(ApprovalResource { finding: finding_id, name, planned: vec![] });
        }
    }
    draft.after = page.next;
    draft.complete = draft.after.is_none();
    store.update(&draft)?;
    Ok(Some(draft))
}

fn mark(approval: &Approval, finding: &RunFinding) -> ApprovalMark {
    ApprovalMark {
        check: finding.check.clone(),
        resource_key: finding.resource_key.clone(),
        reason_code: finding.reason_code.clone(),
        actions: approval.actions.clone(),
        approval: approval.id.clone(),
        audit_started_ms: approval.audit_started_ms,
    }
}

/// `known` remembers which approvals came to nothing.
fn is_new(
    store: &Reader<'_>,
    approval: &Approval,
    finding: &RunFinding,
    known: &mut HashMap<String, bool>,
) -> Result<bool, StoreError> {
    if is_suppressed(store, finding, approval.created_ms)? {
        return Ok(false);
    }
    let RunFinding { check, resource_key, reason_code, .. } = finding;
    let id = ApprovalMark::id_of(check, resource_key, reason_code, &approval.actions);
    let Some(mark) = store.get::<ApprovalMark>(&id)? else { return Ok(true) };
    if mark.approval == approval.id {
        return Ok(false);
    }
    if finding.regressed_ms.is_some_and(|at_ms| at_ms > mark.audit_started_ms) {
        return Ok(true);
    }
    if let Some(came_to_nothing) = known.get(&mark.approval) {
        return Ok(*came_to_nothing);
    }
    let earlier = store.get::<Approval>(&mark.approval)?;
    let came_to_nothing = earlier
        .is_some_and(|earlier| matches!(earlier.state, ApprovalState::Expired | ApprovalState::Failed));
    known.insert(mark.approval, came_to_nothing);
    Ok(came_to_nothing)
}

/// What people know the resource by.
fn name(finding: RunFinding) -> String {
    let found = SinkFinding::found(finding);
    let name = match found.policy_version() {
        Some(version) => format!("{}:{version}", found.resource_id()),
        None => found.resource_id().to_owned(),
    };
    clip(&name, NAME_CHARS_MAX).into_owned()
}
