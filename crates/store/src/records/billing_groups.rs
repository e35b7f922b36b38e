//! Billing groups. Which things are in one is said by the things.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;

/// A billing group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BillingGroup {
    /// Its name.
    pub name: String,
    /// Its id, a UUID.
    pub group_id: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// From 1, one more with each change.
    pub version: i64,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
}

impl Record for BillingGroup {
    const KIND: Kind = Kind { table: "billing_group", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

pub(crate) const KINDS: &[Kind] = &[BillingGroup::KIND];
