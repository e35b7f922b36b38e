//! AWS Security Finding Format: a JSON array, ready for Security Hub's `BatchImportFindings` in slices of 100. The mapping is that of
//! the sinks of a server.

use std::io::{self, Write};

use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{AuditReport, Check};

use super::Audit;
use super::wire::{self, Lazy};
use crate::audits::resources::{audited, key};
use crate::sinks::asff::{Mapping, together};
use crate::sinks::finding::{About, Change, SinkFinding};

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = audit.report;
    let mapping = Mapping::default();
    let about = About {
        account: report.account.clone(),
        region: report.region.clone(),
        task: report.task_id.clone(),
        task_type: "ON_DEMAND_AUDIT_TASK".to_owned(),
        schedule: None,
        started_ms: report.started.millis(),
        ended_ms: report.started.millis(),
    };
    let findings = Lazy(|| {
        let all = report.findings().map(|(check, found)| finding(report, check, found));
        together(&mapping, &about, all).filter_map(|same| mapping.finding(&about, &same))
    });
    wire::document(&findings, out)
}

fn finding(report: &AuditReport, check: &'static Check, found: &ReportedFinding) -> SinkFinding {
    let one = &found.finding;
    SinkFinding {
        id: Some(found.id.clone()),
        check: check.name.to_owned(),
        severity: check.severity.as_str().to_owned(),
        resource: audited(&one.resource, &one.additional),
        resource_key: key(&one.resource),
        reason_code: one.reason.code.to_owned(),
        reason: one.sentence().to_owned(),
        change: if found.suppressed { Change::Suppressed } else { Change::New },
        first_seen_ms: report.started.millis(),
        seen_ms: report.started.millis(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};

    #[test]
    fn findings_are_those_of_the_sinks_once_for_each_resource() {
        let text = rendered(Format::Asff, &sample());
        let findings: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let said: Vec<_> = findings
            .iter()
            .map(|one| {
                let id = one["Id"].as_str().unwrap().rsplit_once("finding/").unwrap().1.to_owned();
                (id, one["RecordState"].as_str().unwrap())
            })
            .collect();
        let certificate = |byte: &str| format!("DEVICE_CERTIFICATE_EXPIRING_CHECK-{}", byte.repeat(32));
        let expected = [
            (certificate("a1"), "ACTIVE"),
            (certificate("b2"), "ARCHIVED"),
            ("CONFLICTING_CLIENT_IDS_CHECK-=cmd|'/c'!A1\u{1b}[31m".to_owned(), "ACTIVE"),
            ("IOT_POLICY_OVERLY_PERMISSIVE_CHECK-Evil\u{202e}policy, \"x\"".to_owned(), "ACTIVE"),
        ];
        assert_eq!(said, expected);
        assert_eq!(findings[0]["CreatedAt"], "2026-03-01T00:00:00.000000Z");
        assert_eq!(findings[0]["GeneratorId"], "arn:aws:iot:eu-west-1:123456789012:scheduledaudit/OnDemand");
    }
}
