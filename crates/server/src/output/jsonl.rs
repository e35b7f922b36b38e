//! One AWS `AuditFinding` a line.

use std::io::{self, Write};

use super::finding::AuditFinding;
use super::{Audit, wire};

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    for (check, found) in audit.report.findings() {
        wire::line(&AuditFinding::new(audit.report, check, found), out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};

    #[test]
    fn each_line_is_one_finding_in_aws_words() {
        let text = rendered(Format::Jsonl, &sample());
        let findings: Vec<serde_json::Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(findings.len(), 5);
        let expiring = &findings[0];
        let mut members: Vec<&str> = expiring.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(
            members,
            [
                "checkName",
                "findingId",
                "findingTime",
                "isSuppressed",
                "nonCompliantResource",
                "reasonForNonCompliance",
                "reasonForNonComplianceCode",
                "relatedResources",
                "severity",
                "taskId",
                "taskStartTime",
            ]
        );
        assert_eq!(expiring["checkName"], "DEVICE_CERTIFICATE_EXPIRING_CHECK");
        assert_eq!(expiring["taskStartTime"].to_string(), "1772323200");
        assert_eq!(expiring["nonCompliantResource"]["additionalInfo"]["EXPIRATION_TIME"], "1582862626000");
        let conflict =
            findings.iter().find(|one| one["checkName"] == "CONFLICTING_CLIENT_IDS_CHECK").unwrap();
        assert_eq!(
            conflict["nonCompliantResource"]["resourceIdentifier"]["clientId"],
            "=cmd|'/c'!A1\u{1b}[31m"
        );
        assert_eq!(conflict["relatedResources"][0]["resourceType"], "DEVICE_CERTIFICATE");
        assert!(!text.contains('\u{1b}') && !text.contains('\u{202e}'));
    }
}
