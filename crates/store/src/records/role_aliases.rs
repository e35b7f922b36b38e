//! Role aliases.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// A name under which devices assume an IAM role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleAlias {
    /// The name.
    pub name: String,
    /// The role's ARN.
    pub role_arn: String,
    /// How long credentials are good for.
    pub credential_duration_seconds: i64,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Record for RoleAlias {
    const KIND: Kind = Kind {
        table: "role_alias",
        columns: &[Column::text("role_arn")],
        indexes: &[Index::on(&["role_arn"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.role_arn.as_str().into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[RoleAlias::KIND];
