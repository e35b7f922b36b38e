//! One JSON document: the task as `DescribeAuditTask` tells it, all findings, and what was read.

use std::io::{self, Write};

use serde::Serialize;
use thingwarden_engine::audit::report::CheckOutcome;
use thingwarden_engine::audit::{AuditReport, CheckRunStatus};

use super::finding::AuditFinding;
use super::wire::{self, Lazy, LazyMap, Seconds};
use super::{Audit, Input};
use crate::snapshot::{Position, Skipped};

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = audit.report;
    let document = Document {
        tool: Tool { name: "thingwarden", version: env!("CARGO_PKG_VERSION") },
        task: Task {
            task_id: &report.task_id,
            task_status: "COMPLETED",
            task_type: "ON_DEMAND_AUDIT_TASK",
            task_start_time: Seconds(report.started),
            task_statistics: statistics(report),
            audit_details: LazyMap(|| {
                report.outcomes.iter().map(|outcome| (outcome.check.name, Details::of(outcome)))
            }),
        },
        findings: Lazy(|| report.findings().map(|(check, found)| AuditFinding::new(report, check, found))),
        input: InputSummary::of(&audit.input),
    };
    wire::document(&document, out)
}

#[derive(Serialize)]
struct Document<'a, D: Serialize, F: Serialize> {
    tool: Tool,
    task: Task<'a, D>,
    findings: F,
    input: InputSummary<'a>,
}

#[derive(Serialize)]
struct Tool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Task<'a, D: Serialize> {
    task_id: &'a str,
    task_status: &'static str,
    task_type: &'static str,
    task_start_time: Seconds,
    task_statistics: Statistics,
    audit_details: D,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Statistics {
    total_checks: usize,
    in_progress_checks: usize,
    waiting_for_data_collection_checks: usize,
    compliant_checks: usize,
    non_compliant_checks: usize,
    failed_checks: usize,
    canceled_checks: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    check_run_status: &'static str,
    check_compliant: bool,
    total_resources_count: u64,
    non_compliant_resources_count: u64,
    suppressed_non_compliant_resources_count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InputSummary<'a> {
    files: u64,
    bytes: u64,
    skipped: Vec<SkippedInput<'a>>,
    /// How many more there are.
    skipped_more: u64,
    ignored: Vec<IgnoredInput<'a>>,
    ignored_more: u64,
    notes: &'a [String],
}

#[derive(Serialize)]
struct SkippedInput<'a> {
    path: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte: Option<u64>,
    what: &'a str,
}

#[derive(Serialize)]
struct IgnoredInput<'a> {
    path: &'a str,
    what: &'a str,
}

fn statistics(report: &AuditReport) -> Statistics {
    Statistics {
        total_checks: report.outcomes.len(),
        in_progress_checks: 0,
        waiting_for_data_collection_checks: 0,
        compliant_checks: report.count(CheckRunStatus::CompletedCompliant),
        non_compliant_checks: report.count(CheckRunStatus::CompletedNonCompliant),
        failed_checks: report.count(CheckRunStatus::Failed),
        canceled_checks: report.count(CheckRunStatus::Canceled),
    }
}

impl<'a> Details<'a> {
    fn of(outcome: &'a CheckOutcome) -> Self {
        Self {
            check_run_status: outcome.status.as_str(),
            check_compliant: outcome.status == CheckRunStatus::CompletedCompliant,
            total_resources_count: outcome.examined,
            non_compliant_resources_count: outcome.non_compliant,
            suppressed_non_compliant_resources_count: outcome.suppressed,
            error_code: outcome.error_code,
            message: outcome.message.as_deref(),
        }
    }
}

impl<'a> InputSummary<'a> {
    fn of(input: &Input<'a>) -> Self {
        Self {
            files: input.files,
            bytes: input.bytes,
            skipped: input.skipped.iter().map(SkippedInput::of).collect(),
            skipped_more: input.skipped_more,
            ignored: input
                .ignored
                .iter()
                .map(|one| IgnoredInput { path: &one.path, what: &one.what })
                .collect(),
            ignored_more: input.ignored_more,
            notes: input.notes,
        }
    }
}

impl<'a> SkippedInput<'a> {
    fn of(skipped: &'a Skipped) -> Self {
        let (line, byte) = match skipped.at {
            Some(Position::Line(line) | Position::Character { line, .. }) => (Some(line), None),
            Some(Position::Byte(byte)) => (None, Some(byte)),
            None => (None, None),
        };
        Self { path: &skipped.path, line, byte, what: &skipped.what }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};

    #[test]
    fn the_document_holds_task_findings_and_input() {
        let text = rendered(Format::Json, &sample());
        let document: serde_json::Value = serde_json::from_str(&text).unwrap();
        let task = &document["task"];
        assert_eq!(task["taskStatus"], "COMPLETED");
        assert_eq!(task["taskType"], "ON_DEMAND_AUDIT_TASK");
        assert_eq!(task["taskStatistics"]["totalChecks"], 5);
        assert_eq!(task["taskStatistics"]["nonCompliantChecks"], 3);
        assert_eq!(task["taskStatistics"]["failedChecks"], 2);
        let details = &task["auditDetails"];
        assert_eq!(details["DEVICE_CERTIFICATE_EXPIRING_CHECK"]["checkRunStatus"], "COMPLETED_NON_COMPLIANT");
        assert_eq!(details["DEVICE_CERTIFICATE_EXPIRING_CHECK"]["nonCompliantResourcesCount"], 1);
        assert_eq!(details["DEVICE_CERTIFICATE_EXPIRING_CHECK"]["suppressedNonCompliantResourcesCount"], 1);
        assert_eq!(details["LOGGING_DISABLED_CHECK"]["checkRunStatus"], "FAILED");
        assert_eq!(details["LOGGING_DISABLED_CHECK"]["errorCode"], "NO_DATA");
        assert_eq!(details["LOGGING_DISABLED_CHECK"]["checkCompliant"], false);
        assert_eq!(document["findings"].as_array().unwrap().len(), 5);
        assert_eq!(document["input"]["files"], 3);
        assert_eq!(document["input"]["skipped"][0]["line"], 7);
        assert_eq!(document["input"]["skipped"][1]["byte"], 12);
        assert_eq!(document["input"]["skippedMore"], 3);
        assert_eq!(document["input"]["ignored"][0]["path"], "notes.txt");
        assert_eq!(document["tool"]["name"], "thingwarden");
    }
}
