//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
use crate::scalar::Timestamp;
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of DescribeEventConfigurations: `GET /event-configurations`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct DescribeEventConfigurationsInput {}

call!(DescribeEventConfigurations, DescribeEventConfigurationsInput, DescribeEventConfigurationsOutput);

/// Output of DescribeEventConfigurations.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DescribeEventConfigurationsOutput {
    /// `creationDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date: Option<Timestamp>,
    /// `eventConfigurations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_configurations: Option<BTreeMap<EventType, Configuration>>,
    /// `lastModifiedDate`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_modified_date: Option<Timestamp>,
}

/// Input of UpdateEventConfigurations: `PATCH /event-configurations`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateEventConfigurationsInput {
    /// `eventConfigurations`.
    pub event_configurations: Option<BTreeMap<EventType, Configuration>>,
}

call!(UpdateEventConfigurations, UpdateEventConfigurationsInput, Empty);

/// Structure `Configuration` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Configuration {
    /// `Enabled`.
    #[serde(rename = "Enabled", skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}
