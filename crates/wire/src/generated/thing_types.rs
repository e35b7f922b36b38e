//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of CreateThingType: `POST /thing-types/{thingTypeName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingTypeInput {
    /// `tags`.
    pub tags: Option<Vec<Tag>>,
    /// `thingTypeName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: String,
    /// `thingTypeProperties`.
    pub thing_type_properties: Option<ThingTypeProperties>,
}

call!(CreateThingType, CreateThingTypeInput, CreateThingTypeOutput);

/// Output of CreateThingType.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateThingTypeOutput {
    /// `thingTypeArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_arn: Option<String>,
    /// `thingTypeId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_id: Option<String>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_name: Option<String>,
}

/// Input of DeleteThingType: `DELETE /thing-types/{thingTypeName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteThingTypeInput {
    /// `thingTypeName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: String,
}

call!(DeleteThingType, DeleteThingTypeInput, Empty);

/// Input of DeprecateThingType: `POST /thing-types/{thingTypeName}/deprecate`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeprecateThingTypeInput {
    /// `thingTypeName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: String,
    /// `undoDeprecate`.
    pub undo_deprecate: Option<bool>,
}

call!(DeprecateThingType, DeprecateThingTypeInput, Empty);

/// Input of DescribeThingType: `GET /thing-types/{thingTypeName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingTypeInput {
    /// `thingTypeName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: String,
}

call!(DescribeThingType, DescribeThingTypeInput, DescribeThingTypeOutput);

/// Output of DescribeThingType.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeThingTypeOutput {
    /// `thingTypeArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_arn: Option<String>,
    /// `thingTypeId`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_id: Option<String>,
    /// `thingTypeMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_metadata: Option<ThingTypeMetadata>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_name: Option<String>,
    /// `thingTypeProperties`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_properties: Option<ThingTypeProperties>,
}

/// Input of ListThingTypes: `GET /thing-types`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingTypesInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: Option<String>,
}

call!(ListThingTypes, ListThingTypesInput, ListThingTypesOutput);

/// Output of ListThingTypes.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListThingTypesOutput {
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// `thingTypes`.
    pub thing_types: Vec<ThingTypeDefinition>,
}

/// Input of UpdateThingType: `PATCH /thing-types/{thingTypeName}`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateThingTypeInput {
    /// `thingTypeName`: required, 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    pub thing_type_name: String,
    /// `thingTypeProperties`.
    pub thing_type_properties: Option<ThingTypeProperties>,
}

call!(UpdateThingType, UpdateThingTypeInput, Empty);

/// Structure `Mqtt5Configuration` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Mqtt5Configuration {
    /// `propagatingAttributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub propagating_attributes: Option<Vec<PropagatingAttribute>>,
}

/// Structure `PropagatingAttribute` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PropagatingAttribute {
    /// `connectionAttribute`: at most 128 characters, `[a-zA-Z0-9:.]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection_attribute: Option<String>,
    /// `thingAttribute`: at most 128 characters, `[a-zA-Z0-9_.,@/:#-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_attribute: Option<String>,
    /// `userPropertyKey`: at most 128 characters, `[a-zA-Z0-9:$.]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_property_key: Option<String>,
}

/// Structure `ThingTypeDefinition` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingTypeDefinition {
    /// `thingTypeArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_arn: Option<String>,
    /// `thingTypeMetadata`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_metadata: Option<ThingTypeMetadata>,
    /// `thingTypeName`: 1 to 128 characters, `[a-zA-Z0-9:_-]+`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_name: Option<String>,
    /// `thingTypeProperties`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_properties: Option<ThingTypeProperties>,
}

/// Structure `ThingTypeMetadata` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingTypeMetadata {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `deprecated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<bool>,
    /// `deprecationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deprecation_date: Option<Timestamp>,
}

/// Structure `ThingTypeProperties` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingTypeProperties {
    /// `mqtt5Configuration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mqtt5_configuration: Option<Mqtt5Configuration>,
    /// `searchableAttributes`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub searchable_attributes: Option<Vec<String>>,
    /// `thingTypeDescription`: at most 2028 characters, `[\p{Graph}\x20]*`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_type_description: Option<String>,
}
