//! `PUBLISH_FINDING_TO_SNS`: the finding as a message, in the form that AWS publishes it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use thingwarden_store::Writer;
use thingwarden_store::records::AuditedResource;

use super::Work;
use crate::audits::findings::RunFinding;
use crate::mitigation::failure::Failure;
use crate::sns::{self, NewMessage, PublishError};

/// Related resources that a message has: as many as a finding itself shows (DescribeAuditFinding).
const RELATED_MAX: usize = 10;

/// The members of a finding with times in milliseconds since 1970.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Finding<'a> {
    finding_id: &'a str,
    finding_time: i64,
    severity: &'a str,
    task_start_time: i64,
    non_compliant_resource: Resource<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_resources: Vec<Resource<'a>>,
    task_id: &'a str,
    check_name: &'a str,
    reason_for_non_compliance_code: &'a str,
    reason_for_non_compliance: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Resource<'a> {
    resource_type: &'a str,
    resource_identifier: &'a Value,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    additional_info: &'a BTreeMap<String, String>,
}

/// Publishes with the rights of the action's role. `source_arn` is the action.
pub(super) fn carry_out(
    work: &Work<'_>,
    writer: &Writer<'_>,
    source_arn: &str,
    topic_arn: &str,
) -> Result<Option<String>, Failure> {
    let message = serde_json::to_string(&finding(work.finding))
        .map_err(|error| Failure::refused("InternalFailureException", error.to_string()))?;
    let (role, message) = (&work.action.role_arn, NewMessage::text(message));
    let published = sns::publish_as(writer, work.now_ms, role, source_arn, topic_arn, &message);
    published.map(|id| Some(format!("published as message {id}"))).map_err(|error| match error {
        PublishError::Store(error) => error.into(),
        PublishError::Role(error) => error.into(),
        PublishError::Denied(message) => Failure::refused("AccessDeniedException", message),
        error => Failure::refused("InvalidRequestException", error.to_string()),
    })
}

fn finding(record: &RunFinding) -> Finding<'_> {
    Finding {
        finding_id: &record.id,
        finding_time: record.found_ms,
        severity: &record.severity,
        task_start_time: record.task_started_ms,
        non_compliant_resource: resource(&record.resource),
        related_resources: record.related.iter().take(RELATED_MAX).map(resource).collect(),
        task_id: &record.task,
        check_name: &record.check,
        reason_for_non_compliance_code: &record.reason_code,
        reason_for_non_compliance: &record.reason,
    }
}

fn resource(resource: &AuditedResource) -> Resource<'_> {
    Resource {
        resource_type: &resource.resource_type,
        resource_identifier: &resource.identifier,
        additional_info: &resource.additional,
    }
}
