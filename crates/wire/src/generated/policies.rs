//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreatePolicy: `POST /policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePolicyInput {
    /// `policyDocument`: required, 0 to 404600 characters, `[\s\S]*`.
    pub policy_document: String,
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
}

call!(CreatePolicy, CreatePolicyInput, CreatePolicyOutput);

/// Output of CreatePolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePolicyOutput {
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyDocument`: 0 to 404600 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// `policyVersionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_id: Option<String>,
}

/// Input of CreatePolicyVersion: `POST /policies/{policyName}/version`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePolicyVersionInput {
    /// `policyDocument`: required, 0 to 404600 characters, `[\s\S]*`.
    pub policy_document: String,
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `setAsDefault`.
    pub set_as_default: Option<bool>,
}

call!(CreatePolicyVersion, CreatePolicyVersionInput, CreatePolicyVersionOutput);

/// Output of CreatePolicyVersion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreatePolicyVersionOutput {
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyDocument`: 0 to 404600 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `policyVersionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_id: Option<String>,
}

/// Input of DeletePolicy: `DELETE /policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletePolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
}

call!(DeletePolicy, DeletePolicyInput, Empty);

/// Input of DeletePolicyVersion: `DELETE /policies/{policyName}/version/{policyVersionId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeletePolicyVersionInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `policyVersionId`: required, `[0-9]+`.
    pub policy_version_id: String,
}

call!(DeletePolicyVersion, DeletePolicyVersionInput, Empty);

/// Input of GetPolicy: `GET /policies/{policyName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPolicyInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
}

call!(GetPolicy, GetPolicyInput, GetPolicyOutput);

/// Output of GetPolicy.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPolicyOutput {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `defaultVersionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_version_id: Option<String>,
    /// `generationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<String>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyDocument`: 0 to 404600 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
}

/// Input of GetPolicyVersion: `GET /policies/{policyName}/version/{policyVersionId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPolicyVersionInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `policyVersionId`: required, `[0-9]+`.
    pub policy_version_id: String,
}

call!(GetPolicyVersion, GetPolicyVersionInput, GetPolicyVersionOutput);

/// Output of GetPolicyVersion.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetPolicyVersionOutput {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `generationId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_id: Option<String>,
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `policyArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_arn: Option<String>,
    /// `policyDocument`: 0 to 404600 characters, `[\s\S]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_document: Option<String>,
    /// `policyName`: 1 to 128 characters, `[\w+=,.@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_name: Option<String>,
    /// `policyVersionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy_version_id: Option<String>,
}

/// Input of ListPolicies: `GET /policies`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPoliciesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
}

call!(ListPolicies, ListPoliciesInput, ListPoliciesOutput);

/// Output of ListPolicies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPoliciesOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `policies`.
    pub policies: Vec<Policy>,
}

/// Input of ListPolicyVersions: `GET /policies/{policyName}/version`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPolicyVersionsInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
}

call!(ListPolicyVersions, ListPolicyVersionsInput, ListPolicyVersionsOutput);

/// Output of ListPolicyVersions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPolicyVersionsOutput {
    /// `policyVersions`.
    pub policy_versions: Vec<PolicyVersion>,
}

/// Input of SetDefaultPolicyVersion: `PATCH /policies/{policyName}/version/{policyVersionId}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetDefaultPolicyVersionInput {
    /// `policyName`: required, 1 to 128 characters, `[\w+=,.@-]+`.
    pub policy_name: String,
    /// `policyVersionId`: required, `[0-9]+`.
    pub policy_version_id: String,
}

call!(SetDefaultPolicyVersion, SetDefaultPolicyVersionInput, Empty);

/// Structure `PolicyVersion` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PolicyVersion {
    /// `createDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub create_date: Option<Timestamp>,
    /// `isDefaultVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_default_version: Option<bool>,
    /// `versionId`: `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version_id: Option<String>,
}
