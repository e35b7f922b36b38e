//! Tags, of whatever has an ARN.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;

/// The tags of one resource. A resource without tags has no record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tags {
    /// The resource's ARN.
    pub arn: String,
    /// Keys and values.
    pub tags: BTreeMap<String, String>,
}

impl Record for Tags {
    const KIND: Kind = Kind { table: "tags", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.arn)
    }
}

pub(crate) const KINDS: &[Kind] = &[Tags::KIND];
