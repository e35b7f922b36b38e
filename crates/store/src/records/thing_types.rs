//! Thing types.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;

/// A thing type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingType {
    /// Its name.
    pub name: String,
    /// Its id, a UUID.
    pub type_id: String,
    /// What may be changed.
    pub properties: ThingTypeProperties,
    /// Since when no thing can be given this type, in milliseconds since 1970; none while things can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated_ms: Option<i64>,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
}

/// What describes a thing type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingTypeProperties {
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Names of attributes by which things are found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub searchable_attributes: Vec<String>,
    /// What is added to the MQTT 5 messages of its things; none when that was never configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub propagating_attributes: Option<Vec<PropagatingAttribute>>,
}

/// A user property of MQTT 5 messages and where its value comes from: exactly one of the two attributes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropagatingAttribute {
    /// The property's name.
    pub user_property_key: String,
    /// An attribute of the thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thing_attribute: Option<String>,
    /// An attribute of the connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection_attribute: Option<String>,
}

impl Record for ThingType {
    const KIND: Kind = Kind { table: "thing_type", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

pub(crate) const KINDS: &[Kind] = &[ThingType::KIND];
