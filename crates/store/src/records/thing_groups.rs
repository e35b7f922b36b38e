//! Thing groups and who is in them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// A static thing group. Its place in the hierarchy never changes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingGroup {
    /// Its name.
    pub name: String,
    /// Its id, a UUID.
    pub group_id: String,
    /// The groups above it, from the root down, between slashes: `/` for a root, `/fleet/trucks/`. No name holds a slash.
    pub ancestors: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// From 1, one more with each change.
    pub version: i64,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
}

impl ThingGroup {
    /// What [`ThingGroup::ancestors`] of the groups below it begin with.
    pub fn path(&self) -> String {
        format!("{}{}/", self.ancestors, self.name)
    }

    /// The names of the groups above it, from the root down.
    pub fn ancestor_names(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.ancestors.split('/').filter(|name| !name.is_empty())
    }
}

impl Record for ThingGroup {
    const KIND: Kind = Kind {
        table: "thing_group",
        columns: &[Column::text("ancestors")],
        indexes: &[Index::on(&["ancestors"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.ancestors.as_str().into()]
    }
}

/// A thing in a thing group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThingGroupMember {
    /// The group's name.
    pub group: String,
    /// The thing's name.
    pub thing: String,
    /// [`ThingGroup::path`] of the group.
    pub path: String,
}

impl ThingGroupMember {
    /// The id of a membership.
    pub fn id_of(group: &str, thing: &str) -> String {
        link_id(&[group, thing])
    }
}

impl Record for ThingGroupMember {
    const KIND: Kind = Kind {
        table: "thing_group_member",
        columns: &[Column::text("thing"), Column::text("path")],
        indexes: &[Index::on(&["thing"]), Index::on(&["path"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.group, &self.thing))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.thing.as_str().into(), self.path.as_str().into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[ThingGroup::KIND, ThingGroupMember::KIND];
