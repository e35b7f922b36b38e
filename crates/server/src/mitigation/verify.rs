//! After a task the checks look at its resources once more: each finding is fixed, or it is not.

use std::collections::BTreeMap;
use std::sync::Arc;

use thingwarden_store::records::{
    AuditTask, MitigationExecution, MitigationProgress, MitigationStage, Verified,
};
use thingwarden_store::{Cursor, Filter, Query, Scope, StoreError};

use crate::api::App;
use crate::audits::findings::{self, RunFinding};
use crate::audits::{Auditor, Recheck};
use crate::http::Stop;

/// Executions that are looked at together.
const BATCH: usize = 5000;
/// Executions that are written in one transaction.
const WRITTEN: usize = 500;

/// The next executions of a task that has ended. Nothing is written when it is time to stop.
///
/// # Errors
/// When the store fails.
pub(super) fn verify_some(
    app: &Arc<App>,
    stop: &Stop,
    scope: &Scope,
    progress: &MitigationProgress,
    now_ms: i64,
) -> Result<(), StoreError> {
    let auditor = Auditor::new(Arc::clone(app), stop.clone());
    let batch = app.store.read(scope, |store| {
        let filters = [Filter::eq("task", progress.task.as_str())];
        let after = progress.after.map(|seq| Cursor { value: None, seq });
        let page =
            store.list::<MitigationExecution>(&Query { after, limit: BATCH, ..Query::all(&filters) })?;
        let mut batch = Batch { next: page.next.map(|cursor| cursor.seq), ..Batch::default() };
        for execution in page.items {
            if matches!(execution.status.as_str(), "COMPLETED" | "FAILED")
                && let Some(finding) = findings::get(store, &execution.finding)?
            {
                batch.add(execution, finding, |audit| store.get::<AuditTask>(audit))?;
            }
        }
        Ok::<_, StoreError>(batch)
    })?;
    let mut verified = vec![];
    for ((_, check), Group { thresholds, members }) in batch.groups {
        let resources = members.iter().map(|(_, finding)| finding.resource.clone()).collect();
        let Some(said) = auditor.recheck(scope, &Recheck { check, thresholds, resources }, now_ms)? else {
            return Ok(());
        };
        for (execution, finding) in members {
            let found = said.found.contains(&(finding.resource_key, finding.reason_code));
            let verdict = match (found, said.complete) {
                (true, _) => Verified::NotFixed,
                (false, true) => Verified::Fixed,
                (false, false) => Verified::NoData,
            };
            verified.push((execution, verdict));
        }
    }
    for some in verified.chunks(WRITTEN) {
        let some = some.to_vec();
        let actor = super::actor("Verify", &progress.task, now_ms);
        app.store.write_waiting(scope, actor, move |store| {
            for (id, verdict) in &some {
                if let Some(execution) = store.get::<MitigationExecution>(id)? {
                    store.update(&MitigationExecution { verified: Some(*verdict), ..execution })?;
                }
            }
            Ok::<_, StoreError>(())
        })?;
    }
    let (task, next) = (progress.task.clone(), batch.next);
    app.store.write_waiting(scope, super::actor("Verify", &progress.task, now_ms), move |store| {
        let mut progress = store.require::<MitigationProgress>(&task)?;
        progress.after = next;
        if next.is_none() {
            progress.stage = MitigationStage::Done;
        }
        store.update(&progress)
    })
}

/// Executions by the audit and the check that found what they are about.
#[derive(Default)]
struct Batch {
    groups: BTreeMap<(String, String), Group>,
    /// Where the next batch begins.
    next: Option<i64>,
}

#[derive(Default)]
struct Group {
    /// As they were in the audit.
    thresholds: BTreeMap<String, String>,
    /// The ids of the executions with their findings.
    members: Vec<(String, RunFinding)>,
}

impl Batch {
    fn add(
        &mut self,
        execution: MitigationExecution,
        finding: RunFinding,
        audit: impl FnOnce(&str) -> Result<Option<AuditTask>, StoreError>,
    ) -> Result<(), StoreError> {
        let key = (finding.task.clone(), finding.check.clone());
        if !self.groups.contains_key(&key) {
            let audit = audit(&finding.task)?;
            let thresholds = audit.and_then(|mut audit| audit.checks.remove(&finding.check));
            let group = Group { thresholds: thresholds.unwrap_or_default(), members: vec![] };
            self.groups.insert(key.clone(), group);
        }
        let id = MitigationExecution::id_of(&execution.task, &execution.finding, &execution.action);
        self.groups.entry(key).or_default().members.push((id, finding));
        Ok(())
    }
}
