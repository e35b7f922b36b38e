//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateScheduledAudit: `POST /audit/scheduledaudits/{scheduledAuditName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateScheduledAuditInput {
    /// `dayOfMonth`: `^([1-9]|[12][0-9]|3[01])$|^LAST$`.
    pub day_of_month: Option<String>,
    /// `dayOfWeek`.
    pub day_of_week: Option<DayOfWeek>,
    /// `frequency`: required.
    pub frequency: AuditFrequency,
    /// `scheduledAuditName`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub scheduled_audit_name: String,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `targetCheckNames`: required.
    pub target_check_names: Vec<String>,
}

call!(CreateScheduledAudit, CreateScheduledAuditInput, CreateScheduledAuditOutput);

/// Output of CreateScheduledAudit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateScheduledAuditOutput {
    /// `scheduledAuditArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_arn: Option<String>,
}

/// Input of DeleteScheduledAudit: `DELETE /audit/scheduledaudits/{scheduledAuditName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteScheduledAuditInput {
    /// `scheduledAuditName`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub scheduled_audit_name: String,
}

call!(DeleteScheduledAudit, DeleteScheduledAuditInput, Empty);

/// Input of DescribeScheduledAudit: `GET /audit/scheduledaudits/{scheduledAuditName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeScheduledAuditInput {
    /// `scheduledAuditName`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub scheduled_audit_name: String,
}

call!(DescribeScheduledAudit, DescribeScheduledAuditInput, DescribeScheduledAuditOutput);

/// Output of DescribeScheduledAudit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeScheduledAuditOutput {
    /// `dayOfMonth`: `^([1-9]|[12][0-9]|3[01])$|^LAST$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_of_month: Option<String>,
    /// `dayOfWeek`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<DayOfWeek>,
    /// `frequency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<AuditFrequency>,
    /// `scheduledAuditArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_arn: Option<String>,
    /// `scheduledAuditName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_name: Option<String>,
    /// `targetCheckNames`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_check_names: Option<Vec<String>>,
}

/// Input of ListScheduledAudits: `GET /audit/scheduledaudits`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListScheduledAuditsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(ListScheduledAudits, ListScheduledAuditsInput, ListScheduledAuditsOutput);

/// Output of ListScheduledAudits.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListScheduledAuditsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `scheduledAudits`.
    pub scheduled_audits: Vec<ScheduledAuditMetadata>,
}

/// Input of UpdateScheduledAudit: `PATCH /audit/scheduledaudits/{scheduledAuditName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateScheduledAuditInput {
    /// `dayOfMonth`: `^([1-9]|[12][0-9]|3[01])$|^LAST$`.
    pub day_of_month: Option<String>,
    /// `dayOfWeek`.
    pub day_of_week: Option<DayOfWeek>,
    /// `frequency`.
    pub frequency: Option<AuditFrequency>,
    /// `scheduledAuditName`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub scheduled_audit_name: String,
    /// `targetCheckNames`.
    pub target_check_names: Option<Vec<String>>,
}

call!(UpdateScheduledAudit, UpdateScheduledAuditInput, UpdateScheduledAuditOutput);

/// Output of UpdateScheduledAudit.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateScheduledAuditOutput {
    /// `scheduledAuditArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_arn: Option<String>,
}

/// Structure `ScheduledAuditMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ScheduledAuditMetadata {
    /// `dayOfMonth`: `^([1-9]|[12][0-9]|3[01])$|^LAST$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_of_month: Option<String>,
    /// `dayOfWeek`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<DayOfWeek>,
    /// `frequency`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<AuditFrequency>,
    /// `scheduledAuditArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_arn: Option<String>,
    /// `scheduledAuditName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_name: Option<String>,
}
