//! Writes what the checks of a task come to, while others still look.

use std::sync::mpsc::Receiver;

use thingwarden_engine::audit::CheckOutcome;
use thingwarden_store::records::{AuditCheckHistory, AuditCheckRun, AuditTask, FindingSpan};
use thingwarden_store::{Record, Scope, StoreError, Writer};
use thingwarden_wire::types::AuditCheckRunStatus;

use super::Auditor;
use super::runner::{Ended, Left};
use super::tracking::Tracked;

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
    /// What comes next, in order: a run after what it changes about findings.
    records: Vec<Kept>,
    /// Checks that are not reported yet, though some of their findings may be written.
    unreported: Vec<&'static str>,
}

/// What a check leaves.
enum Kept {
    Span(FindingSpan),
    /// The end of a run, which makes what it found known.
    Run(AuditCheckRun, Option<AuditCheckHistory>),
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
                self.push(Kept::Run(run, None))
            }
            Ended::Judged(outcome) => {
                self.unreported.push(outcome.check.name);
                let Tracked { spans, history } =
                    self.auditor.track(self.scope, self.task, &outcome, self.at_ms)?;
                spans.into_iter().try_for_each(|span| self.push(Kept::Span(span)))?;
                let mut run = run_of(self.task, &outcome);
                if let Some(history) = history.as_ref().filter(|_| !outcome.findings.is_empty()) {
                    (run.number, run.found_ms) = (Some(history.runs), Some(self.at_ms));
                }
                self.push(Kept::Run(run, history))
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
            self.auditor.forget_run(self.scope, &self.task.id, check, self.at_ms)?;
        }
        Err(Left::Aside)
    }
}

impl Kept {
    /// The check of a run.
    fn reported(&self) -> Option<String> {
        if let Self::Run(run, _) = self { Some(run.check.clone()) } else { None }
    }

    fn put(&self, store: &Writer<'_>) -> Result<(), StoreError> {
        match self {
            Self::Span(span) => store.put(span),
            Self::Run(run, history) => {
                // Anew, so that runs are in the order in which they ended: a listing of findings never meets one behind its place.
                store.delete::<AuditCheckRun>(&run.id())?;
                store.insert(run)?;
                history.as_ref().map_or(Ok(()), |history| store.put(history))
            }
        }
    }
}

fn run_of(task: &AuditTask, outcome: &CheckOutcome) -> AuditCheckRun {
    AuditCheckRun {
        task: task.id.clone(),
        check: outcome.check.name.to_owned(),
        status: outcome.status.as_str().to_owned(),
        examined: outcome.examined,
        non_compliant: outcome.non_compliant,
        suppressed: outcome.suppressed,
        error_code: outcome.error_code.map(str::to_owned),
        message: outcome.message.clone(),
        number: None,
        found_ms: None,
        suspects: task.is_live.then(Vec::new),
    }
}
