//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of AddThingToThingGroup: `PUT /thing-groups/addThingToThingGroup`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddThingToThingGroupInput {
    /// `overrideDynamicGroups`.
    pub override_dynamic_groups: Option<bool>,
    /// `thingArn`.
    pub thing_arn: Option<String>,
    /// `thingGroupArn`.
    pub thing_group_arn: Option<String>,
    /// `thingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(AddThingToThingGroup, AddThingToThingGroupInput, Empty);

/// Input of CreateThingGroup: `POST /thing-groups/{thingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingGroupInput {
    /// `parentGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub parent_group_name: Option<String>,
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `thingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: String,
    /// `thingGroupProperties`.
    pub thing_group_properties: Option<ThingGroupProperties>,
}

call!(CreateThingGroup, CreateThingGroupInput, CreateThingGroupOutput);

/// Output of CreateThingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingGroupOutput {
    /// `thingGroupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_arn: Option<String>,
    /// `thingGroupId`: 1 to 128 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_id: Option<String>,
    /// `thingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_name: Option<String>,
}

/// Input of DeleteThingGroup: `DELETE /thing-groups/{thingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteThingGroupInput {
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
    /// `thingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: String,
}

call!(DeleteThingGroup, DeleteThingGroupInput, Empty);

/// Input of DescribeThingGroup: `GET /thing-groups/{thingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingGroupInput {
    /// `thingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: String,
}

call!(DescribeThingGroup, DescribeThingGroupInput, DescribeThingGroupOutput);

/// Output of DescribeThingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingGroupOutput {
    /// `indexName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index_name: Option<String>,
    /// `queryString`: at least 1 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_string: Option<String>,
    /// `queryVersion`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query_version: Option<String>,
    /// `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<DynamicGroupStatus>,
    /// `thingGroupArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_arn: Option<String>,
    /// `thingGroupId`: 1 to 128 characters, `[a-zA-Z0-9\-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_id: Option<String>,
    /// `thingGroupMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_metadata: Option<ThingGroupMetadata>,
    /// `thingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_name: Option<String>,
    /// `thingGroupProperties`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_properties: Option<ThingGroupProperties>,
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Input of ListThingGroups: `GET /thing-groups`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingGroupsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `namePrefixFilter`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub name_prefix_filter: Option<String>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `parentGroup`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub parent_group: Option<String>,
    /// `recursive`.
    pub recursive: Option<bool>,
}

call!(ListThingGroups, ListThingGroupsInput, ListThingGroupsOutput);

/// Output of ListThingGroups.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingGroupsOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `thingGroups`.
    pub thing_groups: Vec<GroupNameAndArn>,
}

/// Input of ListThingGroupsForThing: `GET /things/{thingName}/thing-groups`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingGroupsForThingInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `thingName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: String,
}

call!(ListThingGroupsForThing, ListThingGroupsForThingInput, ListThingGroupsForThingOutput);

/// Output of ListThingGroupsForThing.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingGroupsForThingOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `thingGroups`.
    pub thing_groups: Vec<GroupNameAndArn>,
}

/// Input of ListThingsInThingGroup: `GET /thing-groups/{thingGroupName}/things`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsInThingGroupInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `recursive`.
    pub recursive: Option<bool>,
    /// `thingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: String,
}

call!(ListThingsInThingGroup, ListThingsInThingGroupInput, ListThingsInThingGroupOutput);

/// Output of ListThingsInThingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingsInThingGroupOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `things`.
    pub things: Vec<String>,
}

/// Input of RemoveThingFromThingGroup: `PUT /thing-groups/removeThingFromThingGroup`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemoveThingFromThingGroupInput {
    /// `thingArn`.
    pub thing_arn: Option<String>,
    /// `thingGroupArn`.
    pub thing_group_arn: Option<String>,
    /// `thingGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: Option<String>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(RemoveThingFromThingGroup, RemoveThingFromThingGroupInput, Empty);

/// Input of UpdateThingGroup: `PATCH /thing-groups/{thingGroupName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateThingGroupInput {
    /// `expectedVersion`.
    pub expected_version: Option<i64>,
    /// `thingGroupName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_group_name: String,
    /// `thingGroupProperties`: required.
    pub thing_group_properties: ThingGroupProperties,
}

call!(UpdateThingGroup, UpdateThingGroupInput, UpdateThingGroupOutput);

/// Output of UpdateThingGroup.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct UpdateThingGroupOutput {
    /// `version`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// Input of UpdateThingGroupsForThing: `PUT /thing-groups/updateThingGroupsForThing`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateThingGroupsForThingInput {
    /// `overrideDynamicGroups`.
    pub override_dynamic_groups: Option<bool>,
    /// `thingGroupsToAdd`.
    pub thing_groups_to_add: Option<Vec<String>>,
    /// `thingGroupsToRemove`.
    pub thing_groups_to_remove: Option<Vec<String>>,
    /// `thingName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_name: Option<String>,
}

call!(UpdateThingGroupsForThing, UpdateThingGroupsForThingInput, Empty);

/// Structure `ThingGroupMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingGroupMetadata {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `parentGroupName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_group_name: Option<String>,
    /// `rootToParentThingGroups`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_to_parent_thing_groups: Option<Vec<GroupNameAndArn>>,
}

/// Structure `ThingGroupProperties` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingGroupProperties {
    /// `attributePayload`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attribute_payload: Option<AttributePayload>,
    /// `thingGroupDescription`: at most 2028 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_description: Option<String>,
}
