//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of AddThingToBillingGroup: `PUT /billing-groups/addThingToBillingGroup`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddThingToBillingGroupInput {
    /// `billingGroupArn`.
    pub billing_group_arn: Option<String>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: Option<String>,
    /// `thingArn`.
    pub thing_arn: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(AddThingToBillingGroup, AddThingToBillingGroupInput, Empty);

/// Input of CreateBillingGroup: `POST /billing-groups/{billingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateBillingGroupInput {
    /// `billingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: String,
    /// `billingGroupProperties`.
    pub billing_group_properties: Option<BillingGroupProperties>,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
}

call!(CreateBillingGroup, CreateBillingGroupInput, CreateBillingGroupOutput);

/// Output of CreateBillingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateBillingGroupOutput {
    /// `billingGroupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_arn: Option<String>,
    /// `billingGroupId`: 1 to 128 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_id: Option<String>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_name: Option<String>,
}

/// Input of DeleteBillingGroup: `DELETE /billing-groups/{billingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteBillingGroupInput {
    /// `billingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: String,
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
}

call!(DeleteBillingGroup, DeleteBillingGroupInput, Empty);

/// Input of DescribeBillingGroup: `GET /billing-groups/{billingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeBillingGroupInput {
    /// `billingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: String,
}

call!(DescribeBillingGroup, DescribeBillingGroupInput, DescribeBillingGroupOutput);

/// Output of DescribeBillingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeBillingGroupOutput {
    /// `billingGroupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_arn: Option<String>,
    /// `billingGroupId`: 1 to 128 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_id: Option<String>,
    /// `billingGroupMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_metadata: Option<BillingGroupMetadata>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_name: Option<String>,
    /// `billingGroupProperties`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_properties: Option<BillingGroupProperties>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Input of ListBillingGroups: `GET /billing-groups`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListBillingGroupsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `namePrefixFilter`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub name_prefix_filter: Option<String>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(ListBillingGroups, ListBillingGroupsInput, ListBillingGroupsOutput);

/// Output of ListBillingGroups.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListBillingGroupsOutput {
    /// `billingGroups`.
    pub billing_groups: Vec<GroupNameAndArn>,
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Input of ListThingsInBillingGroup: `GET /billing-groups/{billingGroupName}/things`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsInBillingGroupInput {
    /// `billingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: String,
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
}

call!(ListThingsInBillingGroup, ListThingsInBillingGroupInput, ListThingsInBillingGroupOutput);

/// Output of ListThingsInBillingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsInBillingGroupOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `things`.
    pub things: Vec<String>,
}

/// Input of RemoveThingFromBillingGroup: `PUT /billing-groups/removeThingFromBillingGroup`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveThingFromBillingGroupInput {
    /// `billingGroupArn`.
    pub billing_group_arn: Option<String>,
    /// `billingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: Option<String>,
    /// `thingArn`.
    pub thing_arn: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(RemoveThingFromBillingGroup, RemoveThingFromBillingGroupInput, Empty);

/// Input of UpdateBillingGroup: `PATCH /billing-groups/{billingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateBillingGroupInput {
    /// `billingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub billing_group_name: String,
    /// `billingGroupProperties`: required.
    pub billing_group_properties: BillingGroupProperties,
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
}

call!(UpdateBillingGroup, UpdateBillingGroupInput, UpdateBillingGroupOutput);

/// Output of UpdateBillingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UpdateBillingGroupOutput {
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Structure `BillingGroupMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingGroupMetadata {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
}

/// Structure `BillingGroupProperties` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BillingGroupProperties {
    /// `billingGroupDescription`: at most 2028 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_group_description: Option<String>,
}
