//! Things.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// A thing of the registry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thing {
    /// Its name.
    pub name: String,
    /// Its id, a UUID.
    pub thing_id: String,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The name of its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// The name of its billing group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_group: Option<String>,
    /// From 1, one more with each change.
    pub version: i64,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
}

impl Record for Thing {
    const KIND: Kind = Kind {
        table: "thing",
        columns: &[Column::text("type_name"), Column::text("billing_group")],
        indexes: &[Index::on(&["type_name"]), Index::on(&["billing_group"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.type_name.as_deref().into(), self.billing_group.as_deref().into()]
    }
}

/// A principal that is attached to a thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingPrincipal {
    /// The thing's name.
    pub thing: String,
    /// The principal: the ARN of a certificate, or a Cognito identity.
    pub principal: String,
    /// Whether the principal is this thing's alone (`EXCLUSIVE_THING`).
    #[serde(default)]
    pub exclusive: bool,
}

impl ThingPrincipal {
    /// The id of an attachment.
    pub fn id_of(thing: &str, principal: &str) -> String {
        link_id(&[thing, principal])
    }
}

impl Record for ThingPrincipal {
    const KIND: Kind = Kind {
        table: "thing_principal",
        columns: &[Column::text("thing"), Column::text("principal"), Column::integer("exclusive")],
        indexes: &[Index::on(&["thing"]), Index::on(&["principal"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.thing, &self.principal))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.thing.as_str().into(), self.principal.as_str().into(), self.exclusive.into()]
    }
}

/// An attribute of a thing, to find the thing by. Made from the [`Thing`], and changed with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingAttribute {
    /// The thing's name.
    pub thing: String,
    /// The attribute's name.
    pub name: String,
    /// The attribute's value.
    pub value: String,
    /// The name of the thing's type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
}

impl ThingAttribute {
    /// The id of a thing's attribute.
    pub fn id_of(thing: &str, name: &str) -> String {
        link_id(&[thing, name])
    }
}

impl Record for ThingAttribute {
    const KIND: Kind = Kind {
        table: "thing_attribute",
        columns: &[Column::text("name"), Column::text("value"), Column::text("type_name")],
        indexes: &[Index::on(&["name", "value"]), Index::on(&["type_name", "name", "value"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.thing, &self.name))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.name.as_str().into(), self.value.as_str().into(), self.type_name.as_deref().into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[Thing::KIND, ThingPrincipal::KIND, ThingAttribute::KIND];
