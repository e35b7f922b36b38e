//! Logging options and levels.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// Logging options of the first generation (SetLoggingOptions). One record per account and region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingOptions {
    /// The role that may write logs.
    pub role_arn: String,
    /// `DEBUG`, `INFO`, `ERROR`, `WARN` or `DISABLED`.
    pub log_level: String,
}

/// Logging options of the second generation (SetV2LoggingOptions). One record per account and region.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingOptionsV2 {
    /// The role that may write logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// `DEBUG`, `INFO`, `ERROR`, `WARN` or `DISABLED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_level: Option<String>,
    /// Nothing is logged, whatever the levels.
    pub disabled: bool,
    /// Event types with a level of their own, as the API gives and takes them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_configurations: Option<serde_json::Value>,
}

/// The level of one target (SetV2LoggingLevel).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggingLevel {
    /// `DEFAULT`, `THING_GROUP`, `CLIENT_ID`, `SOURCE_IP` or `PRINCIPAL_ID`.
    pub target_type: String,
    /// Which group, client ...; none for `DEFAULT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_name: Option<String>,
    /// `DEBUG`, `INFO`, `ERROR`, `WARN` or `DISABLED`.
    pub log_level: String,
}

impl LoggingOptions {
    /// The id of the only record.
    pub const ID: &'static str = "v1";
}

impl LoggingOptionsV2 {
    /// The id of the only record.
    pub const ID: &'static str = "v2";
}

impl Record for LoggingOptions {
    const KIND: Kind = Kind { table: "logging_options", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

impl Record for LoggingOptionsV2 {
    const KIND: Kind = Kind { table: "logging_options_v2", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

impl LoggingLevel {
    /// The id of a target's level.
    pub fn id_of(target_type: &str, target_name: Option<&str>) -> String {
        link_id(&[target_type, target_name.unwrap_or_default()])
    }
}

impl Record for LoggingLevel {
    const KIND: Kind = Kind {
        table: "logging_level",
        columns: &[Column::text("target_type")],
        indexes: &[Index::on(&["target_type"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.target_type, self.target_name.as_deref()))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.target_type.as_str().into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[LoggingOptions::KIND, LoggingOptionsV2::KIND, LoggingLevel::KIND];
