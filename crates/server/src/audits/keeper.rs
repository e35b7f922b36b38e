//! Writes what the checks of a task come to, while others still look.

use std::sync::mpsc::Receiver;

use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{Check, CheckOutcome};
use thingwarden_store::records::{
    AuditCheckHistory, AuditCheckRun, AuditFindingRecord, AuditTask, TrackedFinding,
};
use thingwarden_store::{Scope, StoreError, Writer};
use thingwarden_wire::types::AuditCheckRunStatus;

use super::Auditor;
use super::resources::{audited, key, related};
use super::runner::{Ended, Left};

/// Records in one transaction: other writers wait for no more than that.
pub(super) const BATCH: usize = 2000;
/// AWS's code for a check that the account has disabled since it was asked for.
const DISABLED: &str = "AUDIT_CHECK_DISABLED";

/// Writes for one task.
pub(super) struct Keeper<'a> {
    auditor: &'a Auditor,
    scope: &'a Scope,
    task: &'a AuditTask,
    at_ms: i64,
    /// What comes next, in order: a run after what it has found.
    records: Vec<Kept>,
    /// Checks that are not reported yet, though some of their findings may be written.
    unreported: Vec<&'static str>,
}

/// What a check leaves.
enum Kept {
    Finding(AuditFindingRecord),
    Tracked(TrackedFinding),
    History(AuditCheckHistory),
    Run(AuditCheckRun),
}

impl<'a> Keeper<'a> {
    pub(super) fn new(auditor: &'a Auditor, scope: &'a Scope, task: &'a AuditTask, at_ms: i64) -> Self {
        Self { auditor, scope, task, at_ms, records: vec![], unreported: vec![] }
    }

    /// Writes until no more checks end. What has come while the disk was busy is one transaction.
    pub(super) fn keep_all(mut self, ended: &Receiver<Ended>) -> Result<(), Left> {
        while let Ok(first) = ended.recv() {
            self.add(first)?;
            while let Ok(next) = ended.try_recv() {
                self.add(next)?;
            }
            self.write()?;
        }
        Ok(())
    }

    fn add(&mut self, ended: Ended) -> Result<(), Left> {
        match ended {
            Ended::Disabled(check) => {
                let mut run = AuditCheckRun::waiting(&self.task.id, check.name);
                run.status = AuditCheckRunStatus::Failed.as_str().to_owned();
                run.error_code = Some(DISABLED.to_owned());
                self.push(Kept::Run(run))
            }
            Ended::Judged(outcome) => {
                self.unreported.push(outcome.check.name);
                for found in &outcome.findings {
                    self.push(Kept::Finding(record(self.task, outcome.check, found, self.at_ms)))?;
                }
                let (tracked, history) = self.auditor.track(self.scope, self.task, &outcome)?;
                tracked.into_iter().try_for_each(|tracked| self.push(Kept::Tracked(tracked)))?;
                history.map_or(Ok(()), |history| self.push(Kept::History(history)))?;
                self.push(Kept::Run(run_of(&self.task.id, &outcome)))
            }
        }
    }

    fn push(&mut self, kept: Kept) -> Result<(), Left> {
        self.records.push(kept);
        if self.records.len() < BATCH { Ok(()) } else { self.write() }
    }

    /// Writes what has come, unless the task was canceled before.
    fn write(&mut self) -> Result<(), Left> {
        let records = std::mem::take(&mut self.records);
        let reported: Vec<String> = records.iter().filter_map(Kept::reported).collect();
        let task = self.task.id.clone();
        let wanted = self.auditor.write(self.scope, "Report", &self.task.id, self.at_ms, move |store| {
            let wanted = store.get::<AuditTask>(&task)?.is_some_and(|task| task.in_progress());
            if wanted {
                records.iter().try_for_each(|kept| kept.put(store))?;
            }
            Ok(wanted)
        })?;
        if wanted {
            self.unreported.retain(|check| !reported.iter().any(|reported| reported == check));
            return Ok(());
        }
        for check in &self.unreported {
            self.auditor.forget_findings(self.scope, &self.task.id, check, self.at_ms)?;
        }
        Err(Left::Aside)
    }
}

impl Kept {
    /// The check of a run.
    fn reported(&self) -> Option<String> {
        if let Self::Run(run) = self { Some(run.check.clone()) } else { None }
    }

    fn put(&self, store: &Writer<'_>) -> Result<(), StoreError> {
        match self {
            Self::Finding(finding) => store.put(finding),
            Self::Tracked(tracked) => store.put(tracked),
            Self::History(history) => store.put(history),
            Self::Run(run) => store.put(run),
        }
    }
}

fn record(
    task: &AuditTask,
    check: &'static Check,
    found: &ReportedFinding,
    found_ms: i64,
) -> AuditFindingRecord {
    let finding = &found.finding;
    AuditFindingRecord {
        id: found.id.clone(),
        task: task.id.clone(),
        check: check.name.to_owned(),
        task_started_ms: task.started_ms,
        found_ms,
        severity: check.severity.as_str().to_owned(),
        resource_key: key(&finding.resource),
        resource: audited(&finding.resource, &finding.additional),
        related: related(finding),
        reason_code: finding.reason.code.to_owned(),
        reason: finding.sentence().to_owned(),
        suppressed: found.suppressed,
    }
}

fn run_of(task: &str, outcome: &CheckOutcome) -> AuditCheckRun {
    AuditCheckRun {
        task: task.to_owned(),
        check: outcome.check.name.to_owned(),
        status: outcome.status.as_str().to_owned(),
        examined: outcome.examined,
        non_compliant: outcome.non_compliant,
        suppressed: outcome.suppressed,
        error_code: outcome.error_code.map(str::to_owned),
        message: outcome.message.clone(),
    }
}
