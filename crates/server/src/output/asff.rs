//! AWS Security Finding Format: a JSON array, ready for Security Hub's `BatchImportFindings` in slices of 100. The mapping is the one
//! of AWS's sample integration of Device Defender with Security Hub
//! (github.com/aws-samples/iot-device-defender-integration-with-securityhub), so that findings imported by either meet.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, Write};

use ring::digest::{SHA256, digest};
use serde::Serialize;
use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{AuditReport, Check, Resource, ResourceType};
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;

use super::Audit;
use super::text::clip;
use super::wire::{self, Lazy};

/// Field lengths of the format's schema.
const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 1024;
const ID_CHARS_MAX: usize = 512;

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let report = audit.report;
    let partition = partition_of(&report.region);
    let mapping = Mapping {
        report,
        time: microseconds(report.started),
        partition,
        product: format!(
            "arn:{partition}:securityhub:{0}:{1}:product/{1}/default",
            report.region, report.account
        ),
        generator: format!(
            "arn:{partition}:iot:{}:{}:scheduledaudit/OnDemand",
            report.region, report.account
        ),
    };
    let taken = RefCell::new(Taken::default());
    let findings = Lazy(|| {
        report.findings().map(|(check, found)| mapping.finding(check, found, &mut taken.borrow_mut()))
    });
    wire::document(&findings, out)
}

/// What all findings of a report share.
struct Mapping<'a> {
    report: &'a AuditReport,
    time: String,
    partition: &'static str,
    product: String,
    generator: String,
}

/// The partition that a region belongs to, as the AWS SDKs tell it: by the region's beginning.
fn partition_of(region: &str) -> &'static str {
    const BEGINNINGS: [(&str, &str); 5] = [
        ("cn-", "aws-cn"),
        ("us-gov-", "aws-us-gov"),
        ("us-iso-", "aws-iso"),
        ("us-isob-", "aws-iso-b"),
        ("eusc-", "aws-eusc"),
    ];
    let known = BEGINNINGS.into_iter().find(|(beginning, _)| region.starts_with(beginning));
    known.map_or("aws", |(_, partition)| partition)
}

/// The id given last. Findings come sorted by check and resource, so those that would share an id are neighbors.
#[derive(Default)]
struct Taken {
    last: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AsffFinding<'a> {
    schema_version: &'static str,
    id: String,
    product_arn: &'a str,
    generator_id: &'a str,
    aws_account_id: &'a str,
    types: [String; 1],
    severity: Label,
    title: String,
    description: Cow<'a, str>,
    compliance: Status,
    workflow: Status,
    record_state: &'static str,
    created_at: &'a str,
    updated_at: &'a str,
    remediation: Remediation,
    product_fields: BTreeMap<&'static str, &'static str>,
    resources: [AsffResource<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Label {
    label: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    status: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    recommendation: Recommendation,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: &'static str,
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct AsffResource<'a> {
    id: String,
    r#type: &'static str,
    partition: &'static str,
    region: &'a str,
}

impl Mapping<'_> {
    fn finding<'a>(
        &'a self,
        check: &'static Check,
        found: &'a ReportedFinding,
        taken: &mut Taken,
    ) -> AsffFinding<'a> {
        let AuditReport { region, account, task_id, .. } = self.report;
        let partition = self.partition;
        let resource = &found.finding.resource;
        let name = resource_id(resource);
        let base = format!(
            "arn:{partition}:iot-device-defender:{region}:{account}:audits/finding/{}-{name}",
            check.name
        );
        // Two versions of a policy, or two reasons for one resource, map to the same id, and an import would keep only one of
        // them: what comes second says more.
        let id = if base == taken.last {
            let version = match resource {
                Resource::IotPolicy { version, .. } => format!(":{version}"),
                _ => String::new(),
            };
            format!("{base}{version}/{}", found.finding.reason.code)
        } else {
            base.clone()
        };
        taken.last = base;
        AsffFinding {
            schema_version: "2018-10-08",
            id: bounded(&id),
            product_arn: &self.product,
            generator_id: &self.generator,
            aws_account_id: account,
            types: [format!("Software and Configuration Checks/AWS IoT Device Defender/{}", check.name)],
            severity: Label { label: check.severity.as_str() },
            title: clip(
                &format!("IoT Device Defender: resource {name} non compliant to {}", check.name),
                TITLE_CHARS_MAX,
            )
            .into_owned(),
            description: clip(found.finding.sentence(), DESCRIPTION_CHARS_MAX),
            compliance: Status { status: "FAILED" },
            workflow: Status { status: if found.suppressed { "SUPPRESSED" } else { "NEW" } },
            record_state: "ACTIVE",
            created_at: &self.time,
            updated_at: &self.time,
            remediation: Remediation {
                recommendation: Recommendation {
                    text: "For directions on how to fix this issue, start mitigation action in AWS IoT Device Defender \
                           console",
                    url: format!(
                        "https://console.aws.amazon.com/iot/home?region={region}#/dd/audit/{task_id}/{}",
                        check.name
                    ),
                },
            },
            product_fields: [("ProviderName", "IoTDeviceDefender"), ("ProviderVersion", "1.0")].into(),
            resources: [AsffResource {
                id: bounded(&name),
                r#type: if resource.resource_type() == ResourceType::IamRole {
                    "AwsIamRole"
                } else {
                    "Other"
                },
                partition,
                region,
            }],
        }
    }
}

/// The identifier's value; for a policy its name, without the version; for an issuer its certificate id.
fn resource_id(resource: &Resource) -> Cow<'_, str> {
    match resource {
        Resource::IotPolicy { name, .. } => Cow::Borrowed(name),
        other => Cow::Owned(other.to_string()),
    }
}

/// An id of at most 512 characters; of a longer one the end becomes a hash, because a mere cut would make two of one.
fn bounded(id: &str) -> String {
    if id.chars().count() <= ID_CHARS_MAX {
        return id.to_owned();
    }
    let hash = encode_hex(digest(&SHA256, id.as_bytes()).as_ref().get(..16).unwrap_or_default());
    let mut short: String = id.chars().take(ID_CHARS_MAX - hash.len() - 1).collect();
    short.push('~');
    short + &hash
}

/// ISO 8601 with microseconds and `Z`.
fn microseconds(time: Timestamp) -> String {
    let whole = Timestamp::from_seconds(time.millis().div_euclid(1000)).to_string();
    format!("{}.{:03}000Z", whole.trim_end_matches('Z'), time.millis().rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};
    use super::*;

    #[test]
    fn findings_are_mapped_as_aws_maps_them() {
        let text = rendered(Format::Asff, &sample());
        let findings: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(findings.len(), 5);
        let hex = "a1".repeat(32);
        let task = sample().report.task_id;
        let expected = serde_json::json!({
            "SchemaVersion": "2018-10-08",
            "Id": format!("arn:aws:iot-device-defender:eu-west-1:123456789012:audits/finding/DEVICE_CERTIFICATE_EXPIRING_CHECK-{hex}"),
            "ProductArn": "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
            "GeneratorId": "arn:aws:iot:eu-west-1:123456789012:scheduledaudit/OnDemand",
            "AwsAccountId": "123456789012",
            "Types": ["Software and Configuration Checks/AWS IoT Device Defender/DEVICE_CERTIFICATE_EXPIRING_CHECK"],
            "Severity": {"Label": "MEDIUM"},
            "Title": format!("IoT Device Defender: resource {hex} non compliant to DEVICE_CERTIFICATE_EXPIRING_CHECK"),
            "Description": "Certificate is past its expiration.",
            "Compliance": {"Status": "FAILED"},
            "Workflow": {"Status": "NEW"},
            "RecordState": "ACTIVE",
            "CreatedAt": "2026-03-01T00:00:00.000000Z",
            "UpdatedAt": "2026-03-01T00:00:00.000000Z",
            "Remediation": {"Recommendation": {
                "Text": "For directions on how to fix this issue, start mitigation action in AWS IoT Device Defender console",
                "Url": format!("https://console.aws.amazon.com/iot/home?region=eu-west-1#/dd/audit/{task}/DEVICE_CERTIFICATE_EXPIRING_CHECK"),
            }},
            "ProductFields": {"ProviderName": "IoTDeviceDefender", "ProviderVersion": "1.0"},
            "Resources": [{"Id": hex, "Type": "Other", "Partition": "aws", "Region": "eu-west-1"}],
        });
        assert_eq!(findings[0], expected);
        assert_eq!(findings[1]["Workflow"]["Status"], "SUPPRESSED");
    }

    #[test]
    fn ids_differ_although_a_policy_has_two_versions() {
        let text = rendered(Format::Asff, &sample());
        let findings: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        let ids: std::collections::BTreeSet<&str> =
            findings.iter().filter_map(|one| one["Id"].as_str()).collect();
        assert_eq!(ids.len(), findings.len());
        assert!(findings[3]["Id"].as_str().unwrap().ends_with("CHECK-Evil\u{202e}policy, \"x\""));
        assert!(
            findings[4]["Id"].as_str().unwrap().ends_with(":2/ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS")
        );
    }

    #[test]
    fn lengths_keep_to_the_schema() {
        let long = "ä".repeat(2000);
        assert_eq!(bounded(&long).chars().count(), 512);
        assert_ne!(bounded(&long), bounded(&format!("{long}x")));
        assert_eq!(bounded("a"), "a");
    }

    #[test]
    fn times_have_microseconds() {
        assert_eq!(microseconds(Timestamp::from_millis(1_560_161_017_172)), "2019-06-10T10:03:37.172000Z");
        assert_eq!(microseconds(Timestamp::from_millis(-1)), "1969-12-31T23:59:59.999000Z");
    }
}
