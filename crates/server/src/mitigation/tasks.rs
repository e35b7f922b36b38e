//! A task as it begins: findings become executions.

use thingwarden_store::records::{
    ApprovalMark, MitigationCounts, MitigationExecution, MitigationProgress, MitigationStage, MitigationTask,
};
use thingwarden_store::{Reader, StoreError, Writer};
use thingwarden_wire::types::AuditMitigationActionsTaskTarget;

use crate::audits::findings::{self, RunFinding};

/// Findings that become executions in one transaction: other writers wait for no more than that.
const BATCH: usize = 200;

/// Writes a new task down. One on single findings is planned with it; the findings of an audit are planned by whoever does
/// the work, since they may be many.
///
/// # Errors
/// When the store fails.
pub(crate) fn add(
    store: &Writer<'_>,
    task: &MitigationTask,
    findings: Option<&[RunFinding]>,
) -> Result<(), StoreError> {
    store.insert(task)?;
    let mut progress = MitigationProgress {
        task: task.id.clone(),
        stage: if findings.is_some() { MitigationStage::Executing } else { MitigationStage::Planning },
        check: task.mapping.keys().next().cloned(),
        counts: task.mapping.keys().map(|check| (check.clone(), MitigationCounts::default())).collect(),
        ..MitigationProgress::default()
    };
    for finding in findings.unwrap_or_default() {
        plan(store, task, finding, &mut progress)?;
    }
    store.insert(&progress)
}

/// Plans some more findings of the task's audit.
///
/// # Errors
/// When the store fails.
pub(super) fn plan_some(
    store: &Writer<'_>,
    task: &MitigationTask,
    progress: &mut MitigationProgress,
) -> Result<(), StoreError> {
    let target: AuditMitigationActionsTaskTarget =
        serde_json::from_value(task.target.clone()).map_err(|error| StoreError::Corrupt {
            what: "the target of a mitigation task".to_owned(),
            why: error.to_string(),
        })?;
    let (Some(audit), Some(check)) = (&task.audit_task, progress.check.clone()) else {
        progress.stage = MitigationStage::Executing;
        return Ok(());
    };
    let page = findings::page(store, audit, &check, progress.after_finding.as_ref(), BATCH)?;
    for finding in page.items {
        let filter = target.audit_check_to_reason_code_filter.as_ref();
        let wanted = filter.is_none_or(|filter| {
            filter.get(&check).is_some_and(|codes| codes.contains(&finding.reason_code))
        });
        if wanted && is_approved(store, task, &finding)? {
            plan(store, task, &finding, progress)?;
        }
    }
    progress.after_finding = page.next;
    if progress.after_finding.is_none() {
        progress.check = task.mapping.keys().find(|next| **next > check).cloned();
    }
    if progress.check.is_none() {
        progress.stage = MitigationStage::Executing;
    }
    Ok(())
}

/// Whether a finding is one of those that the task's approval is about; of a task without an approval, all are.
fn is_approved(store: &Reader<'_>, task: &MitigationTask, finding: &RunFinding) -> Result<bool, StoreError> {
    let Some(approval) = &task.approval else { return Ok(true) };
    let actions = task.mapping.get(&finding.check).map(Vec::as_slice).unwrap_or_default();
    let id = ApprovalMark::id_of(&finding.check, &finding.resource_key, &finding.reason_code, actions);
    Ok(store.get::<ApprovalMark>(&id)?.is_some_and(|mark| mark.approval == *approval))
}

fn plan(
    store: &Writer<'_>,
    task: &MitigationTask,
    finding: &RunFinding,
    progress: &mut MitigationProgress,
) -> Result<(), StoreError> {
    let Some(names) = task.mapping.get(&finding.check) else { return Ok(()) };
    // Planned before the store was brought to another version, after which the check's findings are gone through again.
    let is_planned = |name: &String| {
        store.exists::<MitigationExecution>(&MitigationExecution::id_of(&task.id, &finding.id, name))
    };
    if names.first().map_or(Ok(true), is_planned)? {
        return Ok(());
    }
    for (order, name) in (0..).zip(names) {
        let action = task.actions.iter().find(|action| action.name == *name);
        store.insert(&MitigationExecution {
            task: task.id.clone(),
            finding: finding.id.clone(),
            check: finding.check.clone(),
            action: name.clone(),
            action_id: action.map(|action| action.action_id.clone()).unwrap_or_default(),
            order,
            status: "PENDING".to_owned(),
            started_ms: None,
            ended_ms: None,
            error_code: None,
            message: None,
            changes: vec![],
            verified: None,
            undone_ms: None,
        })?;
    }
    progress.counts.entry(finding.check.clone()).or_default().total += 1;
    Ok(())
}
