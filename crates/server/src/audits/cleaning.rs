//! What is older than the configuration's retention goes: tasks or their executions, findings that no task shows and that were fixed, approvals,
//! old entries of the audit trail, connections that no check looks at any more.

use thingwarden_store::records::{
    Approval, ApprovalMark, ApprovalMessage, AuditCheckRun, AuditTask, FindingContent, FindingSpan,
    MitigationExecution, MitigationProgress, MitigationTask,
};
use thingwarden_store::{Filter, Order, Query, Scope, StoreError, Writer, link_id};

use super::{Auditor, delete_some};
use crate::connections;

/// Records that go in one transaction.
const BATCH: usize = 500;

/// Entries of the audit trail that go in one transaction.
const TRAIL_BATCH: i64 = 5000;

impl Auditor {
    /// Removes what is too old, in every account and region.
    pub(crate) fn clean(&self, now_ms: i64) -> Result<(), StoreError> {
        let before_ms = now_ms.saturating_sub(self.app.audit_retention_ms());
        let trail_before_ms = self.app.trail_retention_ms().map(|kept| now_ms.saturating_sub(kept));
        for scope in self.scopes()? {
            self.repeat(&scope, now_ms, move |store| delete_tasks(store, before_ms))?;
            self.repeat(&scope, now_ms, move |store| delete_findings(store, before_ms))?;
            self.repeat(&scope, now_ms, move |store| delete_approvals(store, before_ms))?;
            let gone_ms = now_ms.saturating_sub(self.app.connections_retention_ms());
            self.repeat(&scope, now_ms, move |store| connections::forget(store, gone_ms, BATCH))?;
            self.repeat(&scope, now_ms, move |store| delete_mitigation(store, before_ms))?;
            if let Some(before_ms) = trail_before_ms {
                self.repeat(&scope, now_ms, move |store| store.forget_trail(before_ms, TRAIL_BATCH))?;
            }
        }
        Ok(())
    }

    fn repeat(
        &self,
        scope: &Scope,
        now_ms: i64,
        some: impl Fn(&Writer<'_>) -> Result<usize, StoreError> + Copy + Send + 'static,
    ) -> Result<(), StoreError> {
        while !self.is_stopping() && self.write(scope, "Clean", "cleaning", now_ms, some)? > 0 {}
        Ok(())
    }
}

/// Findings that no task shows any more: those that were found in another form since, and those that were fixed, with whether
/// somebody was asked about them.
fn delete_findings(store: &Writer<'_>, before_ms: i64) -> Result<usize, StoreError> {
    let old = [Filter::NotZero("gone_ms"), Filter::at_most("gone_ms", before_ms)];
    let query = Query { order: Order::By("gone_ms"), limit: BATCH, ..Query::all(&old) };
    let spans = store.list::<FindingSpan>(&query)?.items;
    for span in &spans {
        if span.is_latest() {
            let FindingContent { resource_key, reason_code, .. } = &span.content;
            let of_finding = link_id(&[&span.check, resource_key, reason_code, ""]);
            delete_some::<ApprovalMark>(store, &[Filter::Prefix("id", &of_finding)], usize::MAX)?;
        }
        store.delete::<FindingSpan>(&span.id)?;
    }
    Ok(spans.len())
}

/// Approvals that nothing is to happen with any more.
fn delete_approvals(store: &Writer<'_>, before_ms: i64) -> Result<usize, StoreError> {
    let old = [Filter::at_most("created_ms", before_ms), Filter::eq("open", false)];
    let approvals = store.list::<Approval>(&Query { limit: BATCH, ..Query::all(&old) })?.items;
    for approval in &approvals {
        delete_some::<ApprovalMessage>(store, &[Filter::eq("approval", approval.id.as_str())], usize::MAX)?;
        store.delete::<Approval>(&approval.id)?;
    }
    Ok(approvals.len())
}

/// Tasks that have ended, and with them what they show of findings.
fn delete_tasks(store: &Writer<'_>, before_ms: i64) -> Result<usize, StoreError> {
    let old = [Filter::at_most("started_ms", before_ms), Filter::eq("in_progress", false)];
    let tasks = store.list::<AuditTask>(&Query { limit: BATCH, ..Query::all(&old) })?.items;
    for task in &tasks {
        let of_task = [Filter::eq("task", task.id.as_str())];
        delete_some::<AuditCheckRun>(store, &of_task, usize::MAX)?;
        store.delete::<AuditTask>(&task.id)?;
    }
    Ok(tasks.len())
}

/// Some of a mitigation task that has ended: its executions first, then the task itself. Says how much there was.
fn delete_mitigation(store: &Writer<'_>, before_ms: i64) -> Result<usize, StoreError> {
    let old = [Filter::at_most("started_ms", before_ms), Filter::eq("in_progress", false)];
    let Some(task) = store.list::<MitigationTask>(&Query { limit: 1, ..Query::all(&old) })?.items.pop()
    else {
        return Ok(0);
    };
    let executions =
        delete_some::<MitigationExecution>(store, &[Filter::eq("task", task.id.as_str())], BATCH)?;
    if executions == 0 {
        store.delete::<MitigationProgress>(&task.id)?;
        store.delete::<MitigationTask>(&task.id)?;
    }
    Ok(executions.max(1))
}
