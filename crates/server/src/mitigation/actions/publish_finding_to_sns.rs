//! `PUBLISH_FINDING_TO_SNS`: the finding as a message, in the form that AWS publishes it.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{AuditFindingRecord, AuditedResource};

use super::Acting;
use crate::auth::authorize::{Access, LookupError, Refusal, RequestFacts, Resources, authorize_access};
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

pub(super) fn carry_out(acting: &Acting<'_>, topic_arn: &str) -> Result<Option<String>, Failure> {
    may_publish(acting, topic_arn)?;
    let message = serde_json::to_string(&finding(acting.work.finding))
        .map_err(|error| Failure::refused("InternalFailureException", error.to_string()))?;
    let published = sns::publish(acting.writer, acting.work.now_ms, topic_arn, &NewMessage::text(message));
    published.map(|id| Some(format!("published as message {id}"))).map_err(|error| match error {
        PublishError::Store(error) => error.into(),
        error => Failure::refused("InvalidRequestException", error.to_string()),
    })
}

fn finding(record: &AuditFindingRecord) -> Finding<'_> {
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

/// Whether the role may.
fn may_publish(acting: &Acting<'_>, topic_arn: &str) -> Result<(), Failure> {
    let resources = [topic_arn.to_owned()];
    let access = Access {
        action: "sns:Publish",
        resources: &resources,
        shown: None,
        request_tags: &[],
        keys: &[],
        granted: false,
    };
    let facts = RequestFacts {
        source_ip: None,
        secure: true,
        user_agent: None,
        region: &acting.work.scope.region,
        now: Timestamp::from_millis(acting.work.now_ms),
    };
    let permitted = authorize_access(&acting.caller, &access, &facts, &NoTags);
    permitted.map(drop).map_err(|refusal| match refusal {
        Refusal::Lookup(error) => Failure::refused("InternalFailureException", error.to_string()),
        refusal => {
            let told = thingwarden_wire::WireError::from(refusal);
            Failure::refused(told.code.as_str(), told.message)
        }
    })
}

/// Topics of others have tags that nobody here knows.
struct NoTags;

impl Resources for NoTags {
    fn tags(&self, _: &str) -> Result<Vec<(String, String)>, LookupError> {
        Ok(vec![])
    }

    fn domain_configuration_id(&self, _: &str) -> Result<Option<String>, LookupError> {
        Ok(None)
    }
}
