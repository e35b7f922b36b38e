//! Device shadows.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// A shadow of a thing; the thing needs not be registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingShadow {
    /// The thing's name.
    pub thing: String,
    /// The shadow's name; none for the classic one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Of the last change. Of a deleted shadow it is kept, for the next one goes on from there.
    pub version: u64,
    #[serde(default)]
    pub is_deleted: bool,
    #[serde(default)]
    pub desired: StoredSection,
    #[serde(default)]
    pub reported: StoredSection,
}

/// One half of a shadow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSection {
    pub state: Map<String, Json>,
    /// When each attribute was set.
    pub metadata: Map<String, Json>,
}

impl ThingShadow {
    /// The id of a thing's shadow.
    pub fn id_of(thing: &str, name: Option<&str>) -> String {
        match name {
            None => link_id(&[thing]),
            Some(name) => link_id(&[thing, name]),
        }
    }
}

impl Record for ThingShadow {
    const KIND: Kind = Kind {
        table: "thing_shadow",
        columns: &[Column::text("thing"), Column::text("name"), Column::integer("listed")],
        indexes: &[Index::on(&["thing", "listed", "name"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.thing, self.name.as_deref()))
    }

    fn columns(&self) -> Vec<Value> {
        let is_listed = !self.is_deleted && self.name.is_some();
        vec![self.thing.as_str().into(), self.name.as_deref().unwrap_or_default().into(), is_listed.into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[ThingShadow::KIND];
