//! A finding and its audit as sinks tell them, whatever form they give it.

use serde_json::Value as Json;
use thingwarden_engine::audit::checks::find;
use thingwarden_store::Scope;
use thingwarden_store::records::{AuditTask, AuditedResource, FindingSpan};

use crate::audits::findings::RunFinding;
use crate::output::page;

/// The audit that findings belong to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct About {
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) task: String,
    /// `ON_DEMAND_AUDIT_TASK` or `SCHEDULED_AUDIT_TASK`.
    pub(crate) task_type: String,
    /// The schedule that the task is a run of.
    pub(crate) schedule: Option<String>,
    /// In milliseconds since 1970.
    pub(crate) started_ms: i64,
    /// In milliseconds since 1970.
    pub(crate) ended_ms: i64,
}

/// What became of a finding in an audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Found for the first time.
    New,
    /// Found, as before.
    Open,
    /// Found, and suppressed.
    Suppressed,
    /// Not found any more.
    Fixed,
}

/// One resource with one reason.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SinkFinding {
    /// The id under which the API shows it; none of one that is fixed.
    pub(crate) id: Option<String>,
    pub(crate) check: String,
    pub(crate) severity: String,
    pub(crate) resource: AuditedResource,
    /// What findings of the resource are found by.
    pub(crate) resource_key: String,
    pub(crate) reason_code: String,
    pub(crate) reason: String,
    pub(crate) change: Change,
    /// When an audit first found it, in milliseconds since 1970.
    pub(crate) first_seen_ms: i64,
    /// When this audit found it, or found it gone, in milliseconds since 1970.
    pub(crate) seen_ms: i64,
}

impl About {
    pub(crate) fn new(scope: &Scope, task: &AuditTask) -> Self {
        Self {
            account: scope.account.to_string(),
            region: scope.region.to_string(),
            task: task.id.clone(),
            task_type: task.task_type.clone(),
            schedule: task.schedule.clone(),
            started_ms: task.started_ms,
            ended_ms: task.ended_ms.unwrap_or(task.started_ms),
        }
    }

    /// The name of the schedule, or what AWS says in place of one.
    pub(crate) fn schedule_name(&self) -> &str {
        self.schedule.as_deref().unwrap_or(ON_DEMAND)
    }

    /// The partition that the region belongs to, as the AWS SDKs tell it: by the region's beginning.
    pub(crate) fn partition(&self) -> &'static str {
        const BEGINNINGS: [(&str, &str); 5] = [
            ("cn-", "aws-cn"),
            ("us-gov-", "aws-us-gov"),
            ("us-iso-", "aws-iso"),
            ("us-isob-", "aws-iso-b"),
            ("eusc-", "aws-eusc"),
        ];
        let known = BEGINNINGS.into_iter().find(|(beginning, _)| self.region.starts_with(beginning));
        known.map_or("aws", |(_, partition)| partition)
    }
}

/// What AWS calls the schedule of an audit that has none.
pub(crate) const ON_DEMAND: &str = "OnDemand";

impl SinkFinding {
    /// One that an audit found.
    pub(crate) fn found(record: RunFinding) -> Self {
        let change = match (record.suppressed, record.first_seen_ms >= record.task_started_ms) {
            (true, _) => Change::Suppressed,
            (false, true) => Change::New,
            (false, false) => Change::Open,
        };
        Self {
            id: Some(record.id),
            check: record.check,
            severity: record.severity,
            resource: record.resource,
            resource_key: record.resource_key,
            reason_code: record.reason_code,
            reason: record.reason,
            change,
            // Of an audit from before, as a clock that was set back has it, no later than that.
            first_seen_ms: record.first_seen_ms.min(record.task_started_ms),
            seen_ms: record.found_ms,
        }
    }

    /// One that an audit did not find any more. The sentence of its reason is the check's general one.
    pub(crate) fn fixed(span: FindingSpan) -> Self {
        let seen_ms = span.fixed_ms().unwrap_or(span.first_seen_ms);
        let FindingSpan { check, content, first_seen_ms, .. } = span;
        let reasons = find(&check).map_or(&[][..], |check| check.reasons);
        let known = reasons.iter().find(|one| one.code == content.reason_code);
        Self {
            id: None,
            reason: known.map_or_else(|| content.reason_code.clone(), |reason| reason.text.to_owned()),
            check,
            severity: content.severity,
            resource: AuditedResource { additional: [].into(), ..content.resource },
            resource_key: content.resource_key,
            reason_code: content.reason_code,
            change: Change::Fixed,
            first_seen_ms,
            seen_ms,
        }
    }

    /// The value of the resource's identifier; of a policy its name, of an issuing certificate its id.
    pub(crate) fn resource_id(&self) -> &str {
        let member = |object: &'_ Json, name: &str| object.get(name).is_some();
        let value = self.resource.identifier.as_object().and_then(|members| members.values().next());
        let text = match value {
            Some(policy) if member(policy, "policyName") => policy.get("policyName"),
            Some(issuer) if member(issuer, "issuerId") => issuer.get("issuerId"),
            other => other,
        };
        text.and_then(Json::as_str).unwrap_or_default()
    }

    /// Of a policy, the version.
    pub(crate) fn policy_version(&self) -> Option<&str> {
        self.resource.identifier.get("policyVersionIdentifier")?.get("policyVersionId")?.as_str()
    }
}

impl Change {
    /// In the words of messages to programs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Open => "OPEN",
            Self::Suppressed => "SUPPRESSED",
            Self::Fixed => "FIXED",
        }
    }
}

/// How to fix what a check finds, on one line; empty for a check that is not known.
pub(crate) fn how_to_fix(check: &str) -> String {
    find(check).map_or_else(String::new, |check| page::plain(&page::paragraph(check.manual, "How to fix")))
}

#[cfg(test)]
pub(crate) mod samples {
    //! Findings for the tests of all forms.

    use super::*;
    use serde_json::json;

    pub(crate) fn about() -> About {
        About {
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            task: "787e0000000000000000000000000001".to_owned(),
            task_type: "SCHEDULED_AUDIT_TASK".to_owned(),
            schedule: Some("nightly".to_owned()),
            started_ms: 1_596_168_096_157,
            ended_ms: 1_596_168_099_000,
        }
    }

    pub(crate) fn policy(version: &str) -> SinkFinding {
        SinkFinding {
            id: Some("11111111-2222-3333-4444-555555555555".to_owned()),
            check: "IOT_POLICY_OVERLY_PERMISSIVE_CHECK".to_owned(),
            severity: "CRITICAL".to_owned(),
            resource: AuditedResource {
                resource_type: "IOT_POLICY".to_owned(),
                identifier: json!({"policyVersionIdentifier": {"policyName": "open", "policyVersionId": version}}),
                additional: [("ALLOWED_FOR_EXAMPLE".to_owned(), "iot:Connect".to_owned())].into(),
            },
            resource_key: format!("IOT_POLICY\u{1f}open\u{1f}{version}"),
            reason_code: "ALLOWS_BROAD_ACCESS_TO_IOT_DATA_PLANE_ACTIONS".to_owned(),
            reason: "Policy allows broad access to IoT data plane actions: [iot:Connect].".to_owned(),
            change: Change::New,
            first_seen_ms: 1_596_168_096_157,
            seen_ms: 1_596_168_096_651,
        }
    }

    pub(crate) fn certificate(change: Change) -> SinkFinding {
        SinkFinding {
            id: (change != Change::Fixed).then(|| "22222222-2222-3333-4444-555555555555".to_owned()),
            check: "DEVICE_CERTIFICATE_EXPIRING_CHECK".to_owned(),
            severity: "MEDIUM".to_owned(),
            resource: AuditedResource {
                resource_type: "DEVICE_CERTIFICATE".to_owned(),
                identifier: json!({"deviceCertificateId": "b4".repeat(32)}),
                additional: [("EXPIRATION_TIME".to_owned(), "1582862626000".to_owned())].into(),
            },
            resource_key: format!("DEVICE_CERTIFICATE\u{1f}{}", "b4".repeat(32)),
            reason_code: "CERTIFICATE_PAST_EXPIRATION".to_owned(),
            reason: "Certificate is past its expiration.".to_owned(),
            change,
            first_seen_ms: 1_590_000_000_000,
            seen_ms: 1_596_168_096_651,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{certificate, policy};
    use super::*;
    use serde_json::json;

    #[test]
    fn a_resource_is_named_by_the_value_of_its_identifier() {
        assert_eq!(policy("2").resource_id(), "open");
        assert_eq!(policy("2").policy_version(), Some("2"));
        assert_eq!(certificate(Change::Open).resource_id(), "b4".repeat(32));
        assert_eq!(certificate(Change::Open).policy_version(), None);
        let mut issuer = certificate(Change::Open);
        issuer.resource.identifier = json!({"issuerCertificateIdentifier":
            {"issuerCertificateSerialNumber": "0a", "issuerCertificateSubject": "CN=a", "issuerId": "c5"}});
        assert_eq!(issuer.resource_id(), "c5");
        issuer.resource.identifier = Json::Null;
        assert_eq!(issuer.resource_id(), "");
    }

    #[test]
    fn a_check_says_how_to_fix_what_it_finds() {
        assert!(how_to_fix("DEVICE_CERTIFICATE_EXPIRING_CHECK").starts_with("Issue a new certificate"));
        assert_eq!(how_to_fix("NO_SUCH_CHECK"), "");
    }
}
