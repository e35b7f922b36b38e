//! AWS's `AuditFinding` and the shapes in it, for the forms that speak JSON.

use std::collections::BTreeMap;

use serde::Serialize;
use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{AuditReport, Check, Resource};

use super::text::clip;
use super::wire::Seconds;

/// One member of `ListAuditFindings`' answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditFinding<'a> {
    finding_id: &'a str,
    task_id: &'a str,
    check_name: &'a str,
    task_start_time: Seconds,
    finding_time: Seconds,
    severity: &'a str,
    non_compliant_resource: NamedResource<'a>,
    related_resources: Vec<NamedResource<'a>>,
    reason_for_non_compliance: &'a str,
    reason_for_non_compliance_code: &'a str,
    is_suppressed: bool,
}

/// `NonCompliantResource` and `RelatedResource`, which have the same members.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NamedResource<'a> {
    resource_type: &'static str,
    resource_identifier: ResourceIdentifier<'a>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    additional_info: BTreeMap<&'a str, &'a str>,
}

/// `ResourceIdentifier`: of its members exactly one is there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum ResourceIdentifier<'a> {
    DeviceCertificateId(String),
    CaCertificateId(String),
    CognitoIdentityPoolId(&'a str),
    ClientId(&'a str),
    PolicyVersionIdentifier {
        policy_name: &'a str,
        policy_version_id: &'a str,
    },
    Account(&'a str),
    IamRoleArn(&'a str),
    RoleAliasArn(&'a str),
    IssuerCertificateIdentifier {
        /// At most 1,000 characters in the model.
        issuer_certificate_subject: String,
        issuer_id: String,
        /// At most 20 characters in the model, which is shorter than serial numbers may be (RFC 5280 allows 20 octets); a
        /// longer one is left out instead of cut, because half a serial number names another certificate.
        #[serde(skip_serializing_if = "Option::is_none")]
        issuer_certificate_serial_number: Option<&'a str>,
    },
}

impl<'a> AuditFinding<'a> {
    pub(super) fn new(report: &'a AuditReport, check: &'static Check, found: &'a ReportedFinding) -> Self {
        let finding = &found.finding;
        let related = finding.related.iter();
        Self {
            finding_id: &found.id,
            task_id: &report.task_id,
            check_name: check.name,
            task_start_time: Seconds(report.started),
            finding_time: Seconds(report.started),
            severity: check.severity.as_str(),
            non_compliant_resource: NamedResource::new(&finding.resource, &finding.additional),
            related_resources: related
                .map(|one| NamedResource::new(&one.resource, &one.additional))
                .collect(),
            reason_for_non_compliance: finding.sentence(),
            reason_for_non_compliance_code: finding.reason.code,
            is_suppressed: found.suppressed,
        }
    }
}

impl<'a> NamedResource<'a> {
    fn new(resource: &'a Resource, additional: &'a [(&'static str, String)]) -> Self {
        Self {
            resource_type: resource.resource_type().as_str(),
            resource_identifier: ResourceIdentifier::of(resource),
            additional_info: additional.iter().map(|(key, value)| (*key, value.as_str())).collect(),
        }
    }
}

impl<'a> ResourceIdentifier<'a> {
    pub(crate) fn of(resource: &'a Resource) -> Self {
        match resource {
            Resource::AccountSettings { account } => Self::Account(account),
            Resource::CaCertificate(id) => Self::CaCertificateId(id.to_string()),
            Resource::ClientId(id) => Self::ClientId(id),
            Resource::CognitoIdentityPool(id) => Self::CognitoIdentityPoolId(id),
            Resource::DeviceCertificate(id) => Self::DeviceCertificateId(id.to_string()),
            Resource::IamRole { arn } => Self::IamRoleArn(arn),
            Resource::IotPolicy { name, version } => {
                Self::PolicyVersionIdentifier { policy_name: name, policy_version_id: version }
            }
            Resource::IssuerCertificate { id, subject, serial } => Self::IssuerCertificateIdentifier {
                issuer_certificate_subject: clip(subject, 1000).into_owned(),
                issuer_id: id.to_string(),
                issuer_certificate_serial_number: (serial.len() <= 20).then_some(serial.as_str()),
            },
            Resource::RoleAlias { arn } => Self::RoleAliasArn(arn),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use thingwarden_engine::ids::CertificateId;

    fn check(resource: &Resource, expected: &str) {
        let named = NamedResource::new(resource, &[]);
        assert_eq!(serde_json::to_string(&named).unwrap(), expected);
    }

    #[test]
    fn every_resource_has_exactly_one_identifier() {
        let id = CertificateId::new([0xab; 32]);
        let hex = "ab".repeat(32);
        check(
            &Resource::DeviceCertificate(id),
            &format!(
                r#"{{"resourceType":"DEVICE_CERTIFICATE","resourceIdentifier":{{"deviceCertificateId":"{hex}"}}}}"#
            ),
        );
        check(
            &Resource::CaCertificate(id),
            &format!(
                r#"{{"resourceType":"CA_CERTIFICATE","resourceIdentifier":{{"caCertificateId":"{hex}"}}}}"#
            ),
        );
        check(
            &Resource::IotPolicy { name: "P".into(), version: "3".into() },
            r#"{"resourceType":"IOT_POLICY","resourceIdentifier":{"policyVersionIdentifier":{"policyName":"P","policyVersionId":"3"}}}"#,
        );
        check(
            &Resource::AccountSettings { account: "123456789012".into() },
            r#"{"resourceType":"ACCOUNT_SETTINGS","resourceIdentifier":{"account":"123456789012"}}"#,
        );
        check(
            &Resource::ClientId("a\"b".into()),
            r#"{"resourceType":"CLIENT_ID","resourceIdentifier":{"clientId":"a\"b"}}"#,
        );
        check(
            &Resource::RoleAlias { arn: "arn:r".into() },
            r#"{"resourceType":"ROLE_ALIAS","resourceIdentifier":{"roleAliasArn":"arn:r"}}"#,
        );
        check(
            &Resource::IamRole { arn: "arn:r".into() },
            r#"{"resourceType":"IAM_ROLE","resourceIdentifier":{"iamRoleArn":"arn:r"}}"#,
        );
        check(
            &Resource::CognitoIdentityPool("eu:1".into()),
            r#"{"resourceType":"COGNITO_IDENTITY_POOL","resourceIdentifier":{"cognitoIdentityPoolId":"eu:1"}}"#,
        );
    }

    #[test]
    fn a_serial_number_too_long_for_the_model_is_left_out() {
        let id = CertificateId::new([1; 32]);
        let issuer =
            |serial: &str| Resource::IssuerCertificate { id, subject: "CN=a".into(), serial: serial.into() };
        let hex = "01".repeat(32);
        check(
            &issuer("0a:0b"),
            &format!(
                r#"{{"resourceType":"ISSUER_CERTIFICATE","resourceIdentifier":{{"issuerCertificateIdentifier":{{"issuerCertificateSubject":"CN=a","issuerId":"{hex}","issuerCertificateSerialNumber":"0a:0b"}}}}}}"#
            ),
        );
        check(
            &issuer(&"1".repeat(21)),
            &format!(
                r#"{{"resourceType":"ISSUER_CERTIFICATE","resourceIdentifier":{{"issuerCertificateIdentifier":{{"issuerCertificateSubject":"CN=a","issuerId":"{hex}"}}}}}}"#
            ),
        );
    }
}
