//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of GetIndexingConfiguration: `GET /indexing/config`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct GetIndexingConfigurationInput {}

call!(GetIndexingConfiguration, GetIndexingConfigurationInput, GetIndexingConfigurationOutput);

/// Output of GetIndexingConfiguration.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetIndexingConfigurationOutput {
    /// `thingGroupIndexingConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_group_indexing_configuration: Option<ThingGroupIndexingConfiguration>,
    /// `thingIndexingConfiguration`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_indexing_configuration: Option<ThingIndexingConfiguration>,
}

/// Input of UpdateIndexingConfiguration: `POST /indexing/config`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateIndexingConfigurationInput {
    /// `thingGroupIndexingConfiguration`.
    pub thing_group_indexing_configuration: Option<ThingGroupIndexingConfiguration>,
    /// `thingIndexingConfiguration`.
    pub thing_indexing_configuration: Option<ThingIndexingConfiguration>,
}

call!(UpdateIndexingConfiguration, UpdateIndexingConfigurationInput, Empty);

/// Structure `Field` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Field {
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `type`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub r#type: Option<FieldType>,
}

/// Structure `GeoLocationTarget` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct GeoLocationTarget {
    /// `name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `order`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<TargetFieldOrder>,
}

/// Structure `IndexingFilter` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IndexingFilter {
    /// `geoLocations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo_locations: Option<Vec<GeoLocationTarget>>,
    /// `namedShadowNames`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_shadow_names: Option<Vec<String>>,
}

/// Structure `ThingGroupIndexingConfiguration` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingGroupIndexingConfiguration {
    /// `customFields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<Vec<Field>>,
    /// `managedFields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_fields: Option<Vec<Field>>,
    /// `thingGroupIndexingMode`: required.
    pub thing_group_indexing_mode: ThingGroupIndexingMode,
}

/// Structure `ThingIndexingConfiguration` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThingIndexingConfiguration {
    /// `customFields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub custom_fields: Option<Vec<Field>>,
    /// `deviceDefenderIndexingMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device_defender_indexing_mode: Option<DeviceDefenderIndexingMode>,
    /// `filter`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<IndexingFilter>,
    /// `managedFields`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_fields: Option<Vec<Field>>,
    /// `namedShadowIndexingMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub named_shadow_indexing_mode: Option<NamedShadowIndexingMode>,
    /// `thingConnectivityIndexingMode`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thing_connectivity_indexing_mode: Option<ThingConnectivityIndexingMode>,
    /// `thingIndexingMode`: required.
    pub thing_indexing_mode: ThingIndexingMode,
}
