//! The way of AWS's own integration of Device Defender with Security Hub (AWS IoT Device Defender developer guide, "Integration with AWS
//! Security Hub"): one finding for each check, resource, policy version and reason, and a summary of each check.

use std::collections::BTreeMap;

use serde_json::json;
use thingwarden_store::records::AuditCheckRun;

use super::super::finding::{About, SinkFinding, how_to_fix};
use super::{
    AsffFinding, DESCRIPTION_CHARS_MAX, FIELD_CHARS_MAX, Mapping, ProviderFields, ProviderSeverity,
    Recommendation, Remediation, Resource, Severity, Status, TITLE_CHARS_MAX, bounded, microseconds,
    record_state,
};
use crate::output::text::clip;

/// Longest text of a recommendation.
const ADVICE_CHARS_MAX: usize = 512;

pub(super) fn id(about: &About, finding: &SinkFinding) -> String {
    let mut parts = vec![about.account.as_str(), &finding.resource.resource_type, finding.resource_id()];
    parts.extend(finding.policy_version());
    parts.extend([finding.check.as_str(), &finding.reason_code]);
    parts.join("/")
}

pub(super) fn finding(mapping: &Mapping, about: &About, same: &[SinkFinding]) -> Option<AsffFinding> {
    let one = same.first()?;
    let name = match one.policy_version() {
        Some(version) => format!("{}:{version}", one.resource_id()),
        None => one.resource_id().to_owned(),
    };
    let description = format!(
        "{} {name} is reported as non-compliant for {} by Audit task {}. The non-compliant reason is {}",
        one.resource.resource_type, one.check, about.task, one.reason
    );
    let mut fields: BTreeMap<&'static str, String> = [
        ("CheckName", one.check.clone()),
        ("TaskId", about.task.clone()),
        ("TaskType", about.task_type.clone()),
        ("IsSuppressed", (one.change == super::Change::Suppressed).to_string()),
        ("ReasonForNonComplianceCode", one.reason_code.clone()),
        ("ResourceType", one.resource.resource_type.clone()),
        ("ReportType", "AuditFinding".to_owned()),
        ("TaskStartTime", about.started_ms.to_string()),
    ]
    .into();
    fields.extend(one.id.clone().map(|id| ("FindingId", id)));
    if let Some(version) = one.policy_version() {
        fields
            .extend([("PolicyName", one.resource_id().to_owned()), ("PolicyVersionId", version.to_owned())]);
    }
    let resource_type = match one.resource.resource_type.as_str() {
        "IOT_POLICY" => "AwsIotPolicy",
        "IAM_ROLE" => "AwsIamRole",
        _ => "Other",
    };
    let mut details: BTreeMap<&str, &str> =
        one.resource.additional.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    details.extend(one.policy_version().map(|version| ("PolicyVersionId", version)));
    let details: BTreeMap<&str, _> =
        details.into_iter().map(|(key, value)| (key, clip(value, FIELD_CHARS_MAX))).collect();
    let finding_type = match one.check.as_str() {
        "CONFLICTING_CLIENT_IDS_CHECK" | "DEVICE_CERTIFICATE_SHARED_CHECK" => "Unusual Behaviors",
        _ => "Software and Configuration Check/Vulnerabilities",
    };
    let made = Made {
        id: mapping.id(about, one),
        generator: one.id.clone().unwrap_or_else(|| about.task.clone()),
        check: &one.check,
        title: format!("{}: {}", one.check, one.reason_code),
        description,
        finding_type: finding_type.to_owned(),
        severity: one.severity.clone(),
        compliance: "FAILED",
        record_state: record_state(same),
        created_ms: one.first_seen_ms,
        fields,
        resource: (bounded(one.resource_id()), resource_type),
        details: (!details.is_empty()).then(|| json!({"Other": details})),
    };
    Some(made.finish(mapping, about))
}

/// What a check of the audit came to. One that has nothing to complain of is archived.
pub(super) fn summary(mapping: &Mapping, about: &About, run: &AuditCheckRun) -> AsffFinding {
    let check = run.check.as_str();
    let task_name = match &about.schedule {
        Some(name) => format!("SCHEDULED_AUDIT_TASK/{name}"),
        None => "ON_DEMAND_AUDIT_TASK".to_owned(),
    };
    let is_over = run.status == "COMPLETED_COMPLIANT";
    let severity =
        thingwarden_engine::audit::checks::find(check).map_or("LOW", |check| check.severity.as_str());
    let mut fields: BTreeMap<&'static str, String> = [
        ("CheckName", check.to_owned()),
        ("TaskId", about.task.clone()),
        ("TaskType", about.task_type.clone()),
        ("CheckRunStatus", run.status.clone()),
        // The spelling is AWS's.
        ("NonComopliantResourcesCount", run.non_compliant.to_string()),
        ("SuppressedNonCompliantResourcesCount", run.suppressed.to_string()),
        ("TotalResourcesCount", run.examined.to_string()),
        ("ReportType", "CheckSummary".to_owned()),
        ("TaskStartTime", about.started_ms.to_string()),
    ]
    .into();
    fields.extend(about.schedule.clone().map(|name| ("ScheduledAuditName", name)));
    let outcome = match run.status.as_str() {
        "COMPLETED_NON_COMPLIANT" | "COMPLETED_COMPLIANT" => {
            format!("Completed with {} non-compliant resources", run.non_compliant)
        }
        "CANCELED" => "Canceled".to_owned(),
        _ => "Failed".to_owned(),
    };
    let made = Made {
        id: bounded(&format!("{}/{task_name}/{check}", about.account)),
        generator: about.task.clone(),
        check,
        title: format!("{check} Summary: {outcome}"),
        description: format!(
            "{check} of Audit task {} looked at {} resources: {} are non-compliant, {} more are suppressed.",
            about.task, run.examined, run.non_compliant, run.suppressed
        ),
        finding_type: "Software and Configuration Check/Vulnerabilities".to_owned(),
        severity: severity.to_owned(),
        compliance: if is_over { "PASSED" } else { "FAILED" },
        record_state: if is_over { "ARCHIVED" } else { "ACTIVE" },
        created_ms: about.started_ms,
        fields,
        resource: (about.task.clone(), "AwsIotAuditTask"),
        details: None,
    };
    made.finish(mapping, about)
}

/// What findings and summaries differ in.
struct Made<'a> {
    id: String,
    generator: String,
    check: &'a str,
    title: String,
    description: String,
    finding_type: String,
    severity: String,
    compliance: &'static str,
    record_state: &'static str,
    created_ms: i64,
    fields: BTreeMap<&'static str, String>,
    resource: (String, &'static str),
    details: Option<serde_json::Value>,
}

impl Made<'_> {
    fn finish(self, mapping: &Mapping, about: &About) -> AsffFinding {
        let (resource, resource_type) = self.resource;
        let advice = how_to_fix(self.check);
        AsffFinding {
            schema_version: "2018-10-08",
            id: self.id,
            product_arn: mapping.product(about),
            generator_id: self.generator,
            aws_account_id: about.account.clone(),
            types: [self.finding_type.clone()],
            severity: Severity { normalized: Some(normalized(&self.severity)), label: self.severity.clone() },
            title: clip(&self.title, TITLE_CHARS_MAX).into_owned(),
            description: clip(&self.description, DESCRIPTION_CHARS_MAX).into_owned(),
            compliance: Status { status: self.compliance },
            workflow: Status { status: "NEW" },
            record_state: self.record_state,
            created_at: microseconds(self.created_ms),
            updated_at: microseconds(about.ended_ms),
            remediation: (!advice.is_empty()).then(|| Remediation {
                recommendation: Recommendation {
                    text: clip(&advice, ADVICE_CHARS_MAX).into_owned(),
                    url: mapping.link(about, self.check),
                },
            }),
            product_fields: self
                .fields
                .into_iter()
                .map(|(key, value)| (key, clip(&value, FIELD_CHARS_MAX).into_owned()))
                .collect(),
            resources: [Resource {
                id: resource,
                r#type: resource_type,
                partition: about.partition(),
                region: about.region.clone(),
                details: self.details,
            }],
            finding_provider_fields: Some(ProviderFields {
                severity: ProviderSeverity { label: self.severity },
                types: [self.finding_type],
            }),
        }
    }
}

/// The least number that Security Hub takes for a label ("Severity", ASFF).
fn normalized(label: &str) -> u8 {
    match label {
        "CRITICAL" => 90,
        "HIGH" => 70,
        "MEDIUM" => 40,
        "LOW" => 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Change;
    use super::super::super::finding::samples::{about, certificate, policy};
    use super::super::Style;
    use super::*;

    fn mapping() -> Mapping {
        Mapping { style: Style::Integrated, ..Mapping::default() }
    }

    #[test]
    fn a_finding_is_mapped_as_aws_maps_it() {
        let found = finding(&mapping(), &about(), &[policy("1")]).unwrap();
        let mut found = serde_json::to_value(found).unwrap();
        found.as_object_mut().unwrap().remove("Remediation");
        let check = "IOT_POLICY_OVERLY_PERMISSIVE_CHECK";
        let reason = "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS";
        let task = "787e0000000000000000000000000001";
        let expected = json!({
            "SchemaVersion": "2018-10-08",
            "Id": format!("123456789012/IOT_POLICY/open/1/{check}/{reason}"),
            "ProductArn": "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
            "GeneratorId": "11111111-2222-3333-4444-555555555555",
            "AwsAccountId": "123456789012",
            "Types": ["Software and Configuration Check/Vulnerabilities"],
            "Severity": {"Label": "CRITICAL", "Normalized": 90},
            "Title": format!("{check}: {reason}"),
            "Description": format!("IOT_POLICY open:1 is reported as non-compliant for {check} by Audit task {task}. The \
                non-compliant reason is Policy allows broad access to IoT data plane actions: [iot:Connect]."),
            "Compliance": {"Status": "FAILED"},
            "Workflow": {"Status": "NEW"},
            "RecordState": "ACTIVE",
            "CreatedAt": "2020-07-31T04:01:36.157000Z",
            "UpdatedAt": "2020-07-31T04:01:39.000000Z",
            "ProductFields": {"CheckName": check, "TaskId": task, "TaskType": "SCHEDULED_AUDIT_TASK", "PolicyName": "open",
                "PolicyVersionId": "1", "IsSuppressed": "false", "ReasonForNonComplianceCode": reason, "ResourceType": "IOT_POLICY",
                "FindingId": "11111111-2222-3333-4444-555555555555", "ReportType": "AuditFinding", "TaskStartTime": "1596168096157"},
            "Resources": [{"Id": "open", "Type": "AwsIotPolicy", "Partition": "aws", "Region": "eu-west-1",
                "Details": {"Other": {"PolicyVersionId": "1", "ALLOWED_FOR_EXAMPLE": "iot:Connect"}}}],
            "FindingProviderFields": {"Severity": {"Label": "CRITICAL"}, "Types": ["Software and Configuration Check/Vulnerabilities"]},
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn each_version_is_a_finding_of_its_own() {
        assert_ne!(id(&about(), &policy("1")), id(&about(), &policy("2")));
        let fixed = finding(&mapping(), &about(), &[certificate(Change::Fixed)]).unwrap();
        assert_eq!(fixed.record_state, "ARCHIVED");
    }

    #[test]
    fn a_check_has_a_summary_until_it_is_compliant() {
        let mut run = AuditCheckRun::waiting("t", "IOT_POLICY_OVERLY_PERMISSIVE_CHECK");
        (run.status, run.non_compliant, run.examined) = ("COMPLETED_NON_COMPLIANT".to_owned(), 2, 5);
        let open = summary(&mapping(), &about(), &run);
        assert_eq!(open.id, "123456789012/SCHEDULED_AUDIT_TASK/nightly/IOT_POLICY_OVERLY_PERMISSIVE_CHECK");
        assert_eq!(
            open.title,
            "IOT_POLICY_OVERLY_PERMISSIVE_CHECK Summary: Completed with 2 non-compliant resources"
        );
        assert_eq!(open.product_fields["NonComopliantResourcesCount"], "2");
        assert_eq!(open.record_state, "ACTIVE");
        (run.status, run.non_compliant) = ("COMPLETED_COMPLIANT".to_owned(), 0);
        assert_eq!(summary(&mapping(), &about(), &run).record_state, "ARCHIVED");
    }
}
