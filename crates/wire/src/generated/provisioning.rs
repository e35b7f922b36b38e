//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateProvisioningClaim: `POST /provisioning-templates/{templateName}/provisioning-claim`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningClaimInput {
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(CreateProvisioningClaim, CreateProvisioningClaimInput, CreateProvisioningClaimOutput);

/// Output of CreateProvisioningClaim.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningClaimOutput {
    /// `certificateId`: exactly 64 characters, `(0x)?[a-fA-F0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_id: Option<String>,
    /// `certificatePem`: 1 to 65536 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_pem: Option<String>,
    /// `expiration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration: Option<Timestamp>,
    /// `keyPair`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_pair: Option<KeyPair>,
}

/// Input of CreateProvisioningTemplate: `POST /provisioning-templates`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningTemplateInput {
    /// `description`: 0 to 500 characters, `[^\p{C}]*`.
    pub description: Option<String>,
    /// `enabled`.
    pub enabled: Option<bool>,
    /// `preProvisioningHook`.
    pub pre_provisioning_hook: Option<ProvisioningHook>,
    /// `provisioningRoleArn`: required, 20 to 2048 characters.
    pub provisioning_role_arn: String,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `templateBody`: required, 0 to 10240 characters, `[\s\S]*`.
    pub template_body: String,
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
    /// `type`.
    pub r#type: Option<TemplateType>,
}

call!(CreateProvisioningTemplate, CreateProvisioningTemplateInput, CreateProvisioningTemplateOutput);

/// Output of CreateProvisioningTemplate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningTemplateOutput {
    /// `defaultVersionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_version_id: Option<i32>,
    /// `templateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_arn: Option<String>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
}

/// Input of CreateProvisioningTemplateVersion: `POST /provisioning-templates/{templateName}/versions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningTemplateVersionInput {
    /// `setAsDefault`.
    pub set_as_default: Option<bool>,
    /// `templateBody`: required, 0 to 10240 characters, `[\s\S]*`.
    pub template_body: String,
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(
    CreateProvisioningTemplateVersion,
    CreateProvisioningTemplateVersionInput,
    CreateProvisioningTemplateVersionOutput
);

/// Output of CreateProvisioningTemplateVersion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateProvisioningTemplateVersionOutput {
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `templateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_arn: Option<String>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// `versionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<i32>,
}

/// Input of DeleteProvisioningTemplate: `DELETE /provisioning-templates/{templateName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteProvisioningTemplateInput {
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(DeleteProvisioningTemplate, DeleteProvisioningTemplateInput, Empty);

/// Input of DeleteProvisioningTemplateVersion: `DELETE /provisioning-templates/{templateName}/versions/{versionId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteProvisioningTemplateVersionInput {
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
    /// `versionId`: required.
    pub version_id: i32,
}

call!(DeleteProvisioningTemplateVersion, DeleteProvisioningTemplateVersionInput, Empty);

/// Input of DescribeProvisioningTemplate: `GET /provisioning-templates/{templateName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeProvisioningTemplateInput {
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(DescribeProvisioningTemplate, DescribeProvisioningTemplateInput, DescribeProvisioningTemplateOutput);

/// Output of DescribeProvisioningTemplate.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeProvisioningTemplateOutput {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `defaultVersionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_version_id: Option<i32>,
    /// `description`: 0 to 500 characters, `[^\p{C}]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `preProvisioningHook`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_provisioning_hook: Option<ProvisioningHook>,
    /// `provisioningRoleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provisioning_role_arn: Option<String>,
    /// `templateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_arn: Option<String>,
    /// `templateBody`: 0 to 10240 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_body: Option<String>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<TemplateType>,
}

/// Input of DescribeProvisioningTemplateVersion: `GET /provisioning-templates/{templateName}/versions/{versionId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeProvisioningTemplateVersionInput {
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
    /// `versionId`: required.
    pub version_id: i32,
}

call!(
    DescribeProvisioningTemplateVersion,
    DescribeProvisioningTemplateVersionInput,
    DescribeProvisioningTemplateVersionOutput
);

/// Output of DescribeProvisioningTemplateVersion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeProvisioningTemplateVersionOutput {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `templateBody`: 0 to 10240 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_body: Option<String>,
    /// `versionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<i32>,
}

/// Input of ListProvisioningTemplateVersions: `GET /provisioning-templates/{templateName}/versions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListProvisioningTemplateVersionsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(
    ListProvisioningTemplateVersions,
    ListProvisioningTemplateVersionsInput,
    ListProvisioningTemplateVersionsOutput
);

/// Output of ListProvisioningTemplateVersions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListProvisioningTemplateVersionsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `versions`.
    pub versions: Vec<ProvisioningTemplateVersionSummary>,
}

/// Input of ListProvisioningTemplates: `GET /provisioning-templates`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListProvisioningTemplatesInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(ListProvisioningTemplates, ListProvisioningTemplatesInput, ListProvisioningTemplatesOutput);

/// Output of ListProvisioningTemplates.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListProvisioningTemplatesOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `templates`.
    pub templates: Vec<ProvisioningTemplateSummary>,
}

/// Input of RegisterThing: `POST /things`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterThingInput {
    /// `parameters`.
    pub parameters: Option<BTreeMap<String, String>>,
    /// `templateBody`: required, 0 to 10240 characters, `[\s\S]*`.
    pub template_body: String,
}

call!(RegisterThing, RegisterThingInput, RegisterThingOutput);

/// Output of RegisterThing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterThingOutput {
    /// `certificatePem`: 1 to 65536 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_pem: Option<String>,
    /// `resourceArns`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_arns: Option<BTreeMap<String, String>>,
}

/// Input of UpdateProvisioningTemplate: `PATCH /provisioning-templates/{templateName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateProvisioningTemplateInput {
    /// `defaultVersionId`.
    pub default_version_id: Option<i32>,
    /// `description`: 0 to 500 characters, `[^\p{C}]*`.
    pub description: Option<String>,
    /// `enabled`.
    pub enabled: Option<bool>,
    /// `preProvisioningHook`.
    pub pre_provisioning_hook: Option<ProvisioningHook>,
    /// `provisioningRoleArn`: 20 to 2048 characters.
    pub provisioning_role_arn: Option<String>,
    /// `removePreProvisioningHook`.
    pub remove_pre_provisioning_hook: Option<bool>,
    /// `templateName`: required, 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    pub template_name: String,
}

call!(UpdateProvisioningTemplate, UpdateProvisioningTemplateInput, Empty);

/// Structure `ProvisioningHook` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningHook {
    /// `payloadVersion`: 10 to 32 characters, `^[0-9-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload_version: Option<String>,
    /// `targetArn`: required, at most 2048 characters.
    pub target_arn: String,
}

/// Structure `ProvisioningTemplateSummary` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningTemplateSummary {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `description`: 0 to 500 characters, `[^\p{C}]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `enabled`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `templateArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_arn: Option<String>,
    /// `templateName`: 1 to 36 characters, `^[0-9A-Za-z_-]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_name: Option<String>,
    /// `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<TemplateType>,
}

/// Structure `ProvisioningTemplateVersionSummary` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProvisioningTemplateVersionSummary {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `versionId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<i32>,
}
