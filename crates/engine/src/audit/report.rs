//! The result of an audit: per check what happened, and all findings in a fixed order.

use std::collections::BTreeMap;

use super::check::Check;
use super::finding::{Finding, Gap};
use crate::time::Timestamp;

/// AWS's `AuditCheckRunStatus`, as far as a finished run can have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckRunStatus {
    Canceled,
    CompletedCompliant,
    CompletedNonCompliant,
    Failed,
}

/// One check's part of an audit task.
#[derive(Clone, Debug)]
pub struct CheckOutcome {
    pub check: &'static Check,
    pub status: CheckRunStatus,
    /// Resources that were really judged.
    pub examined: u64,
    /// Non-compliant resources, suppressed ones not counted; a resource with two reasons counts once.
    pub non_compliant: u64,
    pub suppressed: u64,
    /// Why the run FAILED: `NO_DATA` (nothing to judge by), `PARTIAL_DATA` (something could not be judged),
    /// `INTERNAL_FAILURE`.
    pub error_code: Option<&'static str>,
    /// What was missing, in words; present for every run with gaps, also for one with findings.
    pub message: Option<String>,
    pub gaps: BTreeMap<String, Gap>,
    /// Up to which moment the check looked.
    pub judged_until: Timestamp,
    pub findings: Vec<ReportedFinding>,
}

/// A finding with what the runner adds.
#[derive(Clone, Debug)]
pub struct ReportedFinding {
    pub finding: Finding,
    /// UUID made from task, check, resource and reason: the same input gives the same id.
    pub id: String,
    pub suppressed: bool,
}

/// A finished audit task.
#[derive(Clone, Debug)]
pub struct AuditReport {
    /// 32 lower-case hex digits, made from everything that the report says.
    pub task_id: String,
    pub account: String,
    pub region: String,
    pub started: Timestamp,
    pub outcomes: Vec<CheckOutcome>,
}

impl CheckRunStatus {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Canceled => "CANCELED",
            Self::CompletedCompliant => "COMPLETED_COMPLIANT",
            Self::CompletedNonCompliant => "COMPLETED_NON_COMPLIANT",
            Self::Failed => "FAILED",
        }
    }
}

impl AuditReport {
    pub fn count(&self, status: CheckRunStatus) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.status == status).count()
    }

    /// All findings with their check, in report order.
    pub fn findings(&self) -> impl Iterator<Item = (&'static Check, &ReportedFinding)> {
        self.outcomes.iter().flat_map(|outcome| outcome.findings.iter().map(|found| (outcome.check, found)))
    }
}
