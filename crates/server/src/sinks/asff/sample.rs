//! The way of AWS's sample solution (github.com/aws-samples/iot-device-defender-integration-with-securityhub): one finding for each check and
//! resource, whatever the policy version and the reasons. Different from it, suppressed findings are archived, as its documentation promises.

use super::super::finding::{About, SinkFinding, how_to_fix};
use super::{
    AsffFinding, DESCRIPTION_CHARS_MAX, FIELD_CHARS_MAX, Mapping, Recommendation, Remediation, Resource,
    Severity, Status, TITLE_CHARS_MAX, bounded, microseconds, record_state,
};
use crate::output::text::clip;

const ADVICE: &str =
    "For directions on how to fix this issue, start mitigation action in AWS IoT Device Defender console";

pub(super) fn id(about: &About, finding: &SinkFinding) -> String {
    let About { account, region, .. } = about;
    format!(
        "arn:{}:iot-device-defender:{region}:{account}:audits/finding/{}-{}",
        about.partition(),
        finding.check,
        finding.resource_id()
    )
}

pub(super) fn finding(mapping: &Mapping, about: &About, same: &[SinkFinding]) -> Option<AsffFinding> {
    let first = same.first()?;
    let About { account, region, .. } = about;
    let (check, name) = (first.check.as_str(), first.resource_id());
    let mut reasons: Vec<&str> = same.iter().map(|one| one.reason.as_str()).collect();
    reasons.dedup();
    let title = format!("IoT Device Defender: resource {name} non compliant to {check}");
    let fix = how_to_fix(check);
    Some(AsffFinding {
        schema_version: "2018-10-08",
        id: mapping.id(about, first),
        product_arn: mapping.product(about),
        generator_id: format!(
            "arn:{}:iot:{region}:{account}:scheduledaudit/{}",
            about.partition(),
            about.schedule_name()
        ),
        aws_account_id: account.clone(),
        types: [format!("Software and Configuration Checks/AWS IoT Device Defender/{check}")],
        severity: Severity { label: first.severity.clone(), normalized: None },
        title: clip(&title, TITLE_CHARS_MAX).into_owned(),
        description: clip(&reasons.join(" "), DESCRIPTION_CHARS_MAX).into_owned(),
        compliance: Status { status: "FAILED" },
        workflow: Status { status: "NEW" },
        record_state: record_state(same),
        created_at: microseconds(same.iter().map(|one| one.first_seen_ms).min().unwrap_or(about.ended_ms)),
        updated_at: microseconds(about.ended_ms),
        remediation: Some(Remediation {
            recommendation: Recommendation { text: ADVICE.to_owned(), url: mapping.link(about, check) },
        }),
        product_fields: [
            ("ProviderName", "IoTDeviceDefender".to_owned()),
            ("ProviderVersion", "1.0".to_owned()),
            ("thingwarden/HowToFix", clip(&fix, FIELD_CHARS_MAX).into_owned()),
            ("thingwarden/Command", format!("thingwarden findings --check {check}")),
        ]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .collect(),
        resources: [Resource {
            id: bounded(name),
            r#type: if first.resource.resource_type == "IAM_ROLE" { "AwsIamRole" } else { "Other" },
            partition: about.partition(),
            region: region.clone(),
            details: None,
        }],
        finding_provider_fields: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Change;
    use super::super::super::finding::samples::{about, certificate, policy};
    use super::super::together;
    use super::*;
    use serde_json::json;

    fn mapped(same: &[SinkFinding]) -> serde_json::Value {
        serde_json::to_value(finding(&Mapping::default(), &about(), same).unwrap()).unwrap()
    }

    #[test]
    fn a_finding_is_mapped_as_aws_maps_it() {
        let mut found = mapped(&[certificate(Change::Open)]);
        let hex = "b4".repeat(32);
        let fields = found["ProductFields"].as_object_mut().unwrap();
        assert!(fields.remove("thingwarden/HowToFix").unwrap().as_str().unwrap().starts_with("Issue a new"));
        assert!(fields.remove("thingwarden/Command").is_some());
        let expected = json!({
            "SchemaVersion": "2018-10-08",
            "Id": format!("arn:aws:iot-device-defender:eu-west-1:123456789012:audits/finding/DEVICE_CERTIFICATE_EXPIRING_CHECK-{hex}"),
            "ProductArn": "arn:aws:securityhub:eu-west-1:123456789012:product/123456789012/default",
            "GeneratorId": "arn:aws:iot:eu-west-1:123456789012:scheduledaudit/nightly",
            "AwsAccountId": "123456789012",
            "Types": ["Software and Configuration Checks/AWS IoT Device Defender/DEVICE_CERTIFICATE_EXPIRING_CHECK"],
            "Severity": {"Label": "MEDIUM"},
            "Title": format!("IoT Device Defender: resource {hex} non compliant to DEVICE_CERTIFICATE_EXPIRING_CHECK"),
            "Description": "Certificate is past its expiration.",
            "Compliance": {"Status": "FAILED"},
            "Workflow": {"Status": "NEW"},
            "RecordState": "ACTIVE",
            "CreatedAt": "2020-05-20T18:40:00.000000Z",
            "UpdatedAt": "2020-07-31T04:01:39.000000Z",
            "Remediation": {"Recommendation": {
                "Text": "For directions on how to fix this issue, start mitigation action in AWS IoT Device Defender console",
                "Url": "https://console.aws.amazon.com/iot/home?region=eu-west-1#/dd/audit/787e0000000000000000000000000001/DEVICE_CERTIFICATE_EXPIRING_CHECK",
            }},
            "ProductFields": {"ProviderName": "IoTDeviceDefender", "ProviderVersion": "1.0"},
            "Resources": [{"Id": hex, "Type": "Other", "Partition": "aws", "Region": "eu-west-1"}],
        });
        assert_eq!(found, expected);
    }

    #[test]
    fn versions_and_reasons_of_one_resource_are_one_finding() {
        let mapping = Mapping::default();
        let about = about();
        let mut second = policy("2");
        second.reason = "Another reason.".to_owned();
        let all = vec![policy("1"), second, certificate(Change::Open)];
        let groups: Vec<_> = together(&mapping, &about, all.into_iter()).collect();
        assert_eq!(groups.iter().map(Vec::len).collect::<Vec<_>>(), [2, 1]);
        let one = mapped(&groups[0]);
        assert!(one["Id"].as_str().unwrap().ends_with("finding/IOT_POLICY_OVERLY_PERMISSIVE_CHECK-open"));
        let text = "Policy allows broad access to IoT data plane actions: [iot:Connect]. Another reason.";
        assert_eq!(one["Description"], text);
    }

    #[test]
    fn what_is_fixed_or_suppressed_is_archived_and_a_rest_is_not() {
        let state = |same: &[SinkFinding]| mapped(same)["RecordState"].clone();
        assert_eq!(state(&[certificate(Change::Fixed)]), "ARCHIVED");
        assert_eq!(state(&[certificate(Change::Suppressed)]), "ARCHIVED");
        assert_eq!(state(&[certificate(Change::Suppressed), certificate(Change::New)]), "ACTIVE");
        assert_eq!(mapped(&[certificate(Change::Suppressed)])["Workflow"]["Status"], "NEW");
    }

    #[test]
    fn a_role_has_its_own_type_and_other_partitions_their_names() {
        let mut role = certificate(Change::New);
        role.resource.resource_type = "IAM_ROLE".to_owned();
        assert_eq!(mapped(&[role])["Resources"][0]["Type"], "AwsIamRole");
        let mut china = about();
        china.region = "cn-north-1".to_owned();
        let found = finding(&Mapping::default(), &china, &[policy("1")]).unwrap();
        assert!(found.id.starts_with("arn:aws-cn:iot-device-defender:cn-north-1:"));
    }

    #[test]
    fn links_and_products_can_be_ones_own() {
        let mapping = Mapping {
            link: Some("https://warden.example/{account}/{region}/{task}#{check}".to_owned()),
            product_arn: Some("arn:aws:securityhub:eu-west-1:123456789012:product/acme/iot".to_owned()),
            ..Mapping::default()
        };
        let one = finding(&mapping, &about(), &[policy("1")]).unwrap();
        let url = one.remediation.unwrap().recommendation.url;
        assert_eq!(
            url,
            "https://warden.example/123456789012/eu-west-1/787e0000000000000000000000000001#IOT_POLICY_OVERLY_PERMISSIVE_CHECK"
        );
        assert!(one.product_arn.ends_with("product/acme/iot"));
    }
}
