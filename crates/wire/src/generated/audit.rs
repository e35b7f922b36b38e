//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CancelAuditTask: `PUT /audit/tasks/{taskId}/cancel`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAuditTaskInput {
    /// `taskId`: required, 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    pub task_id: String,
}

call!(CancelAuditTask, CancelAuditTaskInput, Empty);

/// Input of DeleteAccountAuditConfiguration: `DELETE /audit/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAccountAuditConfigurationInput {
    /// `deleteScheduledAudits`.
    pub delete_scheduled_audits: Option<bool>,
}

call!(DeleteAccountAuditConfiguration, DeleteAccountAuditConfigurationInput, Empty);

/// Input of DescribeAccountAuditConfiguration: `GET /audit/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DescribeAccountAuditConfigurationInput {}

call!(
    DescribeAccountAuditConfiguration,
    DescribeAccountAuditConfigurationInput,
    DescribeAccountAuditConfigurationOutput
);

/// Output of DescribeAccountAuditConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAccountAuditConfigurationOutput {
    /// `auditCheckConfigurations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_check_configurations: Option<BTreeMap<String, AuditCheckConfiguration>>,
    /// `auditNotificationTargetConfigurations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_notification_target_configurations:
        Option<BTreeMap<AuditNotificationType, AuditNotificationTarget>>,
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// Input of DescribeAuditFinding: `GET /audit/findings/{findingId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditFindingInput {
    /// `findingId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub finding_id: String,
}

call!(DescribeAuditFinding, DescribeAuditFindingInput, DescribeAuditFindingOutput);

/// Output of DescribeAuditFinding.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct DescribeAuditFindingOutput {
    /// `finding`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding: Option<AuditFinding>,
}

/// Input of DescribeAuditTask: `GET /audit/tasks/{taskId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditTaskInput {
    /// `taskId`: required, 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    pub task_id: String,
}

call!(DescribeAuditTask, DescribeAuditTaskInput, DescribeAuditTaskOutput);

/// Output of DescribeAuditTask.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditTaskOutput {
    /// `auditDetails`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_details: Option<BTreeMap<String, AuditCheckDetails>>,
    /// `scheduledAuditName`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled_audit_name: Option<String>,
    /// `taskStartTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_start_time: Option<Timestamp>,
    /// `taskStatistics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_statistics: Option<TaskStatistics>,
    /// `taskStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_status: Option<AuditTaskStatus>,
    /// `taskType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_type: Option<AuditTaskType>,
}

/// Input of ListAuditFindings: `POST /audit/findings`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditFindingsInput {
    /// `checkName`.
    pub check_name: Option<String>,
    /// `endTime`.
    pub end_time: Option<Timestamp>,
    /// `listSuppressedFindings`.
    pub list_suppressed_findings: Option<bool>,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `resourceIdentifier`.
    pub resource_identifier: Option<ResourceIdentifier>,
    /// `startTime`.
    pub start_time: Option<Timestamp>,
    /// `taskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    pub task_id: Option<String>,
}

call!(ListAuditFindings, ListAuditFindingsInput, ListAuditFindingsOutput);

/// Output of ListAuditFindings.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditFindingsOutput {
    /// `findings`.
    pub findings: Vec<AuditFinding>,
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Input of ListAuditTasks: `GET /audit/tasks`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditTasksInput {
    /// `endTime`: required.
    pub end_time: Timestamp,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `startTime`: required.
    pub start_time: Timestamp,
    /// `taskStatus`.
    pub task_status: Option<AuditTaskStatus>,
    /// `taskType`.
    pub task_type: Option<AuditTaskType>,
}

call!(ListAuditTasks, ListAuditTasksInput, ListAuditTasksOutput);

/// Output of ListAuditTasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditTasksOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `tasks`.
    pub tasks: Vec<AuditTaskMetadata>,
}

/// Input of ListRelatedResourcesForAuditFinding: `GET /audit/relatedResources`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRelatedResourcesForAuditFindingInput {
    /// `findingId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub finding_id: String,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(
    ListRelatedResourcesForAuditFinding,
    ListRelatedResourcesForAuditFindingInput,
    ListRelatedResourcesForAuditFindingOutput
);

/// Output of ListRelatedResourcesForAuditFinding.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRelatedResourcesForAuditFindingOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `relatedResources`.
    pub related_resources: Vec<RelatedResource>,
}

/// Input of StartOnDemandAuditTask: `POST /audit/tasks`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartOnDemandAuditTaskInput {
    /// `targetCheckNames`: required.
    pub target_check_names: Vec<String>,
}

call!(StartOnDemandAuditTask, StartOnDemandAuditTaskInput, StartOnDemandAuditTaskOutput);

/// Output of StartOnDemandAuditTask.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartOnDemandAuditTaskOutput {
    /// `taskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
}

/// Input of UpdateAccountAuditConfiguration: `PATCH /audit/configuration`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAccountAuditConfigurationInput {
    /// `auditCheckConfigurations`.
    pub audit_check_configurations: Option<BTreeMap<String, AuditCheckConfiguration>>,
    /// `auditNotificationTargetConfigurations`.
    pub audit_notification_target_configurations:
        Option<BTreeMap<AuditNotificationType, AuditNotificationTarget>>,
    /// `roleArn`: 20 to 2048 characters.
    pub role_arn: Option<String>,
}

call!(UpdateAccountAuditConfiguration, UpdateAccountAuditConfigurationInput, Empty);

/// Structure `AuditCheckConfiguration` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct AuditCheckConfiguration {
    /// `configuration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub configuration: Option<BTreeMap<ConfigName, String>>,
    /// `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// Structure `AuditCheckDetails` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditCheckDetails {
    /// `checkCompliant`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_compliant: Option<bool>,
    /// `checkRunStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_run_status: Option<AuditCheckRunStatus>,
    /// `errorCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// `message`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `nonCompliantResourcesCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_compliant_resources_count: Option<i64>,
    /// `suppressedNonCompliantResourcesCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppressed_non_compliant_resources_count: Option<i64>,
    /// `totalResourcesCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_resources_count: Option<i64>,
}

/// Structure `AuditFinding` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditFinding {
    /// `checkName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_name: Option<String>,
    /// `findingId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<String>,
    /// `findingTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_time: Option<Timestamp>,
    /// `isSuppressed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_suppressed: Option<bool>,
    /// `nonCompliantResource`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_compliant_resource: Option<NonCompliantResource>,
    /// `reasonForNonCompliance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_for_non_compliance: Option<String>,
    /// `reasonForNonComplianceCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_for_non_compliance_code: Option<String>,
    /// `relatedResources`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_resources: Option<Vec<RelatedResource>>,
    /// `severity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<AuditFindingSeverity>,
    /// `taskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// `taskStartTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_start_time: Option<Timestamp>,
}

/// Structure `AuditNotificationTarget` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditNotificationTarget {
    /// `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// `targetArn`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_arn: Option<String>,
}

/// Structure `AuditTaskMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditTaskMetadata {
    /// `taskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// `taskStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_status: Option<AuditTaskStatus>,
    /// `taskType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_type: Option<AuditTaskType>,
}

/// Structure `NonCompliantResource` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NonCompliantResource {
    /// `additionalInfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<BTreeMap<String, String>>,
    /// `resourceIdentifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_identifier: Option<ResourceIdentifier>,
    /// `resourceType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<ResourceType>,
}

/// Structure `RelatedResource` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RelatedResource {
    /// `additionalInfo`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<BTreeMap<String, String>>,
    /// `resourceIdentifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_identifier: Option<ResourceIdentifier>,
    /// `resourceType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_type: Option<ResourceType>,
}

/// Structure `TaskStatistics` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStatistics {
    /// `canceledChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_checks: Option<i32>,
    /// `compliantChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compliant_checks: Option<i32>,
    /// `failedChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_checks: Option<i32>,
    /// `inProgressChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_progress_checks: Option<i32>,
    /// `nonCompliantChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_compliant_checks: Option<i32>,
    /// `totalChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_checks: Option<i32>,
    /// `waitingForDataCollectionChecks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting_for_data_collection_checks: Option<i32>,
}
