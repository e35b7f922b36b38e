//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): inputs and outputs. Do not edit.

use serde::{Deserialize, Serialize};

use crate::error::WireError;
use crate::operation::Empty;
use crate::operation::{Call, Operation, call};
#[allow(unused_imports, reason = "one list of imports for all generated files")]
use crate::types::*;

/// Input of DeleteV2LoggingLevel: `DELETE /v2LoggingLevel`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeleteV2LoggingLevelInput {
    /// `targetName`: required.
    pub target_name: String,
    /// `targetType`: required.
    pub target_type: LogTargetType,
}

call!(DeleteV2LoggingLevel, DeleteV2LoggingLevelInput, Empty);

/// Input of GetLoggingOptions: `GET /loggingOptions`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct GetLoggingOptionsInput {}

call!(GetLoggingOptions, GetLoggingOptionsInput, GetLoggingOptionsOutput);

/// Output of GetLoggingOptions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetLoggingOptionsOutput {
    /// `logLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
    /// `roleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// Input of GetV2LoggingOptions: `GET /v2LoggingOptions`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub struct GetV2LoggingOptionsInput {
    /// `verbose`.
    pub verbose: Option<bool>,
}

call!(GetV2LoggingOptions, GetV2LoggingOptionsInput, GetV2LoggingOptionsOutput);

/// Output of GetV2LoggingOptions.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GetV2LoggingOptionsOutput {
    /// `defaultLogLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_log_level: Option<LogLevel>,
    /// `disableAllLogs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disable_all_logs: Option<bool>,
    /// `eventConfigurations`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_configurations: Option<Vec<LogEventConfiguration>>,
    /// `roleArn`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
}

/// Input of ListV2LoggingLevels: `GET /v2LoggingLevel`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListV2LoggingLevelsInput {
    /// `maxResults`: 1 to 250.
    pub max_results: Option<i32>,
    /// `nextToken`.
    pub next_token: Option<String>,
    /// `targetType`.
    pub target_type: Option<LogTargetType>,
}

call!(ListV2LoggingLevels, ListV2LoggingLevelsInput, ListV2LoggingLevelsOutput);

/// Output of ListV2LoggingLevels.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ListV2LoggingLevelsOutput {
    /// `logTargetConfigurations`.
    pub log_target_configurations: Vec<LogTargetConfiguration>,
    /// `nextToken`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Input of SetLoggingOptions: `POST /loggingOptions`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetLoggingOptionsInput {
    /// `loggingOptionsPayload`: required.
    pub logging_options_payload: LoggingOptionsPayload,
}

call!(SetLoggingOptions, SetLoggingOptionsInput, Empty);

/// Input of SetV2LoggingLevel: `POST /v2LoggingLevel`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetV2LoggingLevelInput {
    /// `logLevel`: required.
    pub log_level: LogLevel,
    /// `logTarget`: required.
    pub log_target: LogTarget,
}

call!(SetV2LoggingLevel, SetV2LoggingLevelInput, Empty);

/// Input of SetV2LoggingOptions: `POST /v2LoggingOptions`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SetV2LoggingOptionsInput {
    /// `defaultLogLevel`.
    pub default_log_level: Option<LogLevel>,
    /// `disableAllLogs`.
    pub disable_all_logs: Option<bool>,
    /// `eventConfigurations`.
    pub event_configurations: Option<Vec<LogEventConfiguration>>,
    /// `roleArn`.
    pub role_arn: Option<String>,
}

call!(SetV2LoggingOptions, SetV2LoggingOptionsInput, Empty);

/// Structure `LogEventConfiguration` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogEventConfiguration {
    /// `eventType`: required, 1 to 512 characters.
    pub event_type: String,
    /// `logDestination`: 1 to 512 characters, `^[.\-_/#A-Za-z0-9]+$`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_destination: Option<String>,
    /// `logLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
}

/// Structure `LogTarget` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogTarget {
    /// `targetName`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// `targetType`: required.
    pub target_type: LogTargetType,
}

/// Structure `LogTargetConfiguration` of the service model.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LogTargetConfiguration {
    /// `logLevel`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_level: Option<LogLevel>,
    /// `logTarget`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log_target: Option<LogTarget>,
}

/// Structure `LoggingOptionsPayload` of the service model.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggingOptionsPayload {
    /// `logLevel`.
    pub log_level: Option<LogLevel>,
    /// `roleArn`: required.
    pub role_arn: String,
}
