//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateRoleAlias: `POST /role-aliases/{roleAlias}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRoleAliasInput {
    /// `credentialDurationSeconds`: 900 to 43200.
    pub credential_duration_seconds: Option<i32>,
    /// `roleAlias`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub role_alias: String,
    /// `roleArn`: required, 20 to 2048 characters.
    pub role_arn: String,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
}

call!(CreateRoleAlias, CreateRoleAliasInput, CreateRoleAliasOutput);

/// Output of CreateRoleAlias.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateRoleAliasOutput {
    /// `roleAlias`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias: Option<String>,
    /// `roleAliasArn`: 1 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias_arn: Option<String>,
}

/// Input of DeleteRoleAlias: `DELETE /role-aliases/{roleAlias}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteRoleAliasInput {
    /// `roleAlias`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub role_alias: String,
}

call!(DeleteRoleAlias, DeleteRoleAliasInput, Empty);

/// Input of DescribeRoleAlias: `GET /role-aliases/{roleAlias}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeRoleAliasInput {
    /// `roleAlias`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub role_alias: String,
}

call!(DescribeRoleAlias, DescribeRoleAliasInput, DescribeRoleAliasOutput);

/// Output of DescribeRoleAlias.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeRoleAliasOutput {
    /// `roleAliasDescription`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias_description: Option<RoleAliasDescription>,
}

/// Input of ListRoleAliases: `GET /role-aliases`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRoleAliasesInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `marker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    pub marker: Option<String>,
    /// `pageSize`: 1 to 250.
    pub page_size: Option<i32>,
}

call!(ListRoleAliases, ListRoleAliasesInput, ListRoleAliasesOutput);

/// Output of ListRoleAliases.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListRoleAliasesOutput {
    /// `nextMarker`: at most 1024 characters, `[A-Za-z0-9+/]+={0,2}`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_marker: Option<String>,
    /// `roleAliases`.
    pub role_aliases: Vec<String>,
}

/// Input of UpdateRoleAlias: `PUT /role-aliases/{roleAlias}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRoleAliasInput {
    /// `credentialDurationSeconds`: 900 to 43200.
    pub credential_duration_seconds: Option<i32>,
    /// `roleAlias`: required, 1 to 128 characters, `[\w=,@-]+`.
    pub role_alias: String,
    /// `roleArn`: 20 to 2048 characters.
    pub role_arn: Option<String>,
}

call!(UpdateRoleAlias, UpdateRoleAliasInput, UpdateRoleAliasOutput);

/// Output of UpdateRoleAlias.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateRoleAliasOutput {
    /// `roleAlias`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias: Option<String>,
    /// `roleAliasArn`: 1 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias_arn: Option<String>,
}

/// Structure `RoleAliasDescription` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RoleAliasDescription {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `credentialDurationSeconds`: 900 to 43200.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub credential_duration_seconds: Option<i32>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
    /// `owner`: exactly 12 characters, `[0-9]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `roleAlias`: 1 to 128 characters, `[\w=,@-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias: Option<String>,
    /// `roleAliasArn`: 1 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_alias_arn: Option<String>,
    /// `roleArn`: 20 to 2048 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}
