//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CancelAuditMitigationActionsTask: `PUT /audit/mitigationactions/tasks/{taskId}/cancel`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CancelAuditMitigationActionsTaskInput {
    /// `taskId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub task_id: String,
}

call!(CancelAuditMitigationActionsTask, CancelAuditMitigationActionsTaskInput, Empty);

/// Input of CreateMitigationAction: `POST /mitigationactions/actions/{actionName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMitigationActionInput {
    /// `actionName`: required, at most 128 characters, `[a-zA-Z0-9_-]+`.
    pub action_name: String,
    /// `actionParams`: required.
    pub action_params: MitigationActionParams,
    /// `roleArn`: required, 20 to 2048 characters.
    pub role_arn: String,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
}

call!(CreateMitigationAction, CreateMitigationActionInput, CreateMitigationActionOutput);

/// Output of CreateMitigationAction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateMitigationActionOutput {
    /// `actionArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_arn: Option<String>,
    /// `actionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
}

/// Input of DeleteMitigationAction: `DELETE /mitigationactions/actions/{actionName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteMitigationActionInput {
    /// `actionName`: required, at most 128 characters, `[a-zA-Z0-9_-]+`.
    pub action_name: String,
}

call!(DeleteMitigationAction, DeleteMitigationActionInput, Empty);

/// Input of DescribeAuditMitigationActionsTask: `GET /audit/mitigationactions/tasks/{taskId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditMitigationActionsTaskInput {
    /// `taskId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub task_id: String,
}

call!(
    DescribeAuditMitigationActionsTask,
    DescribeAuditMitigationActionsTaskInput,
    DescribeAuditMitigationActionsTaskOutput
);

/// Output of DescribeAuditMitigationActionsTask.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditMitigationActionsTaskOutput {
    /// `actionsDefinition`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actions_definition: Option<Vec<MitigationAction>>,
    /// `auditCheckToActionsMapping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_check_to_actions_mapping: Option<BTreeMap<String, Vec<String>>>,
    /// `endTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// `startTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `target`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<AuditMitigationActionsTaskTarget>,
    /// `taskStatistics`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_statistics: Option<BTreeMap<String, TaskStatisticsForAuditCheck>>,
    /// `taskStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_status: Option<AuditMitigationActionsTaskStatus>,
}

/// Input of DescribeMitigationAction: `GET /mitigationactions/actions/{actionName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMitigationActionInput {
    /// `actionName`: required, at most 128 characters, `[a-zA-Z0-9_-]+`.
    pub action_name: String,
}

call!(DescribeMitigationAction, DescribeMitigationActionInput, DescribeMitigationActionOutput);

/// Output of DescribeMitigationAction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeMitigationActionOutput {
    /// `actionArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_arn: Option<String>,
    /// `actionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
    /// `actionName`: at most 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_name: Option<String>,
    /// `actionParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_params: Option<MitigationActionParams>,
    /// `actionType`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_type: Option<MitigationActionType>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// Input of ListAuditMitigationActionsExecutions: `GET /audit/mitigationactions/executions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditMitigationActionsExecutionsInput {
    /// `actionStatus`.
    pub action_status: Option<AuditMitigationActionsExecutionStatus>,
    /// `findingId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub finding_id: String,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `taskId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub task_id: String,
}

call!(
    ListAuditMitigationActionsExecutions,
    ListAuditMitigationActionsExecutionsInput,
    ListAuditMitigationActionsExecutionsOutput
);

/// Output of ListAuditMitigationActionsExecutions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditMitigationActionsExecutionsOutput {
    /// `actionsExecutions`.
    pub actions_executions: Vec<AuditMitigationActionExecutionMetadata>,
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Input of ListAuditMitigationActionsTasks: `GET /audit/mitigationactions/tasks`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditMitigationActionsTasksInput {
    /// `auditTaskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    pub audit_task_id: Option<String>,
    /// `endTime`: required.
    pub end_time: Timestamp,
    /// `findingId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub finding_id: Option<String>,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `startTime`: required.
    pub start_time: Timestamp,
    /// `taskStatus`.
    pub task_status: Option<AuditMitigationActionsTaskStatus>,
}

call!(
    ListAuditMitigationActionsTasks,
    ListAuditMitigationActionsTasksInput,
    ListAuditMitigationActionsTasksOutput
);

/// Output of ListAuditMitigationActionsTasks.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditMitigationActionsTasksOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `tasks`.
    pub tasks: Vec<AuditMitigationActionsTaskMetadata>,
}

/// Input of ListMitigationActions: `GET /mitigationactions/actions`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMitigationActionsInput {
    /// `actionType`.
    pub action_type: Option<MitigationActionType>,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(ListMitigationActions, ListMitigationActionsInput, ListMitigationActionsOutput);

/// Output of ListMitigationActions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListMitigationActionsOutput {
    /// `actionIdentifiers`.
    pub action_identifiers: Vec<MitigationActionIdentifier>,
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Input of StartAuditMitigationActionsTask: `POST /audit/mitigationactions/tasks/{taskId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StartAuditMitigationActionsTaskInput {
    /// `auditCheckToActionsMapping`: required.
    pub audit_check_to_actions_mapping: BTreeMap<String, Vec<String>>,
    /// `clientRequestToken`: required, 1 to 64 characters, `^[a-zA-Z0-9-_]+$`.
    pub client_request_token: String,
    /// `target`: required.
    pub target: AuditMitigationActionsTaskTarget,
    /// `taskId`: required, 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    pub task_id: String,
}

call!(
    StartAuditMitigationActionsTask,
    StartAuditMitigationActionsTaskInput,
    StartAuditMitigationActionsTaskOutput
);

/// Output of StartAuditMitigationActionsTask.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StartAuditMitigationActionsTaskOutput {
    /// `taskId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
}

/// Input of UpdateMitigationAction: `PATCH /mitigationactions/actions/{actionName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMitigationActionInput {
    /// `actionName`: required, at most 128 characters, `[a-zA-Z0-9_-]+`.
    pub action_name: String,
    /// `actionParams`.
    pub action_params: Option<MitigationActionParams>,
    /// `roleArn`: 20 to 2048 characters.
    pub role_arn: Option<String>,
}

call!(UpdateMitigationAction, UpdateMitigationActionInput, UpdateMitigationActionOutput);

/// Output of UpdateMitigationAction.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateMitigationActionOutput {
    /// `actionArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_arn: Option<String>,
    /// `actionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
}

/// Structure `AddThingsToThingGroupParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AddThingsToThingGroupParams {
    /// `overrideDynamicGroups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub override_dynamic_groups: Option<bool>,
    /// `thingGroupNames`: required, 1 to 10 elements.
    pub thing_group_names: Vec<String>,
}

/// Structure `AuditMitigationActionExecutionMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditMitigationActionExecutionMetadata {
    /// `actionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_id: Option<String>,
    /// `actionName`: at most 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_name: Option<String>,
    /// `endTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_time: Option<Timestamp>,
    /// `errorCode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// `findingId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_id: Option<String>,
    /// `message`: at most 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `startTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<AuditMitigationActionsExecutionStatus>,
    /// `taskId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
}

/// Structure `AuditMitigationActionsTaskMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditMitigationActionsTaskMetadata {
    /// `startTime`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Timestamp>,
    /// `taskId`: 1 to 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_id: Option<String>,
    /// `taskStatus`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task_status: Option<AuditMitigationActionsTaskStatus>,
}

/// Structure `AuditMitigationActionsTaskTarget` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditMitigationActionsTaskTarget {
    /// `auditCheckToReasonCodeFilter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_check_to_reason_code_filter: Option<BTreeMap<String, Vec<String>>>,
    /// `auditTaskId`: 1 to 40 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit_task_id: Option<String>,
    /// `findingIds`: 1 to 25 elements.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finding_ids: Option<Vec<String>>,
}

/// Structure `EnableIoTLoggingParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EnableIoTLoggingParams {
    /// `logLevel`: required.
    pub log_level: LogLevel,
    /// `roleArnForLogging`: required, 20 to 2048 characters.
    pub role_arn_for_logging: String,
}

/// Structure `MitigationAction` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MitigationAction {
    /// `actionParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_params: Option<MitigationActionParams>,
    /// `id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `name`: at most 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// Structure `MitigationActionIdentifier` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MitigationActionIdentifier {
    /// `actionArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_arn: Option<String>,
    /// `actionName`: at most 128 characters, `[a-zA-Z0-9_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action_name: Option<String>,
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
}

/// Structure `MitigationActionParams` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MitigationActionParams {
    /// `addThingsToThingGroupParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub add_things_to_thing_group_params: Option<AddThingsToThingGroupParams>,
    /// `enableIoTLoggingParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enable_io_t_logging_params: Option<EnableIoTLoggingParams>,
    /// `publishFindingToSnsParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub publish_finding_to_sns_params: Option<PublishFindingToSnsParams>,
    /// `replaceDefaultPolicyVersionParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replace_default_policy_version_params: Option<ReplaceDefaultPolicyVersionParams>,
    /// `updateCACertificateParams`.
    #[serde(rename = "updateCACertificateParams", skip_serializing_if = "Option::is_none")]
    pub update_ca_certificate_params: Option<UpdateCACertificateParams>,
    /// `updateDeviceCertificateParams`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub update_device_certificate_params: Option<UpdateDeviceCertificateParams>,
}

/// Structure `PublishFindingToSnsParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PublishFindingToSnsParams {
    /// `topicArn`: required, at most 350 characters.
    pub topic_arn: String,
}

/// Structure `ReplaceDefaultPolicyVersionParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReplaceDefaultPolicyVersionParams {
    /// `templateName`: required.
    pub template_name: PolicyTemplateName,
}

/// Structure `TaskStatisticsForAuditCheck` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskStatisticsForAuditCheck {
    /// `canceledFindingsCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canceled_findings_count: Option<i64>,
    /// `failedFindingsCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_findings_count: Option<i64>,
    /// `skippedFindingsCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skipped_findings_count: Option<i64>,
    /// `succeededFindingsCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub succeeded_findings_count: Option<i64>,
    /// `totalFindingsCount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_findings_count: Option<i64>,
}

/// Structure `UpdateCACertificateParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct UpdateCACertificateParams {
    /// `action`: required.
    pub action: CACertificateUpdateAction,
}

/// Structure `UpdateDeviceCertificateParams` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct UpdateDeviceCertificateParams {
    /// `action`: required.
    pub action: DeviceCertificateUpdateAction,
}
