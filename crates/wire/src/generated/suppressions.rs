//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateAuditSuppression: `POST /audit/suppressions/create`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAuditSuppressionInput {
    /// `checkName`: required.
    pub check_name: String,
    /// `clientRequestToken`: required, 1 to 64 characters, `^[a-zA-Z0-9-_]+$`.
    pub client_request_token: String,
    /// `description`: at most 1000 characters, `[\p{Graph}\x20]*`.
    pub description: Option<String>,
    /// `expirationDate`.
    pub expiration_date: Option<Timestamp>,
    /// `resourceIdentifier`: required.
    pub resource_identifier: ResourceIdentifier,
    /// `suppressIndefinitely`.
    pub suppress_indefinitely: Option<bool>,
}

call!(CreateAuditSuppression, CreateAuditSuppressionInput, Empty);

/// Input of DeleteAuditSuppression: `POST /audit/suppressions/delete`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteAuditSuppressionInput {
    /// `checkName`: required.
    pub check_name: String,
    /// `resourceIdentifier`: required.
    pub resource_identifier: ResourceIdentifier,
}

call!(DeleteAuditSuppression, DeleteAuditSuppressionInput, Empty);

/// Input of DescribeAuditSuppression: `POST /audit/suppressions/describe`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditSuppressionInput {
    /// `checkName`: required.
    pub check_name: String,
    /// `resourceIdentifier`: required.
    pub resource_identifier: ResourceIdentifier,
}

call!(DescribeAuditSuppression, DescribeAuditSuppressionInput, DescribeAuditSuppressionOutput);

/// Output of DescribeAuditSuppression.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeAuditSuppressionOutput {
    /// `checkName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_name: Option<String>,
    /// `description`: at most 1000 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `expirationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// `resourceIdentifier`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_identifier: Option<ResourceIdentifier>,
    /// `suppressIndefinitely`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_indefinitely: Option<bool>,
}

/// Input of ListAuditSuppressions: `POST /audit/suppressions/list`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditSuppressionsInput {
    /// `ascendingOrder`.
    pub ascending_order: Option<bool>,
    /// `checkName`.
    pub check_name: Option<String>,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `resourceIdentifier`.
    pub resource_identifier: Option<ResourceIdentifier>,
}

call!(ListAuditSuppressions, ListAuditSuppressionsInput, ListAuditSuppressionsOutput);

/// Output of ListAuditSuppressions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListAuditSuppressionsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `suppressions`.
    pub suppressions: Vec<AuditSuppression>,
}

/// Input of UpdateAuditSuppression: `PATCH /audit/suppressions/update`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateAuditSuppressionInput {
    /// `checkName`: required.
    pub check_name: String,
    /// `description`: at most 1000 characters, `[\p{Graph}\x20]*`.
    pub description: Option<String>,
    /// `expirationDate`.
    pub expiration_date: Option<Timestamp>,
    /// `resourceIdentifier`: required.
    pub resource_identifier: ResourceIdentifier,
    /// `suppressIndefinitely`.
    pub suppress_indefinitely: Option<bool>,
}

call!(UpdateAuditSuppression, UpdateAuditSuppressionInput, Empty);

/// Structure `AuditSuppression` of the service model.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditSuppression {
    /// `checkName`.
    pub check_name: String,
    /// `description`: at most 1000 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `expirationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expiration_date: Option<Timestamp>,
    /// `resourceIdentifier`.
    pub resource_identifier: ResourceIdentifier,
    /// `suppressIndefinitely`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppress_indefinitely: Option<bool>,
}
