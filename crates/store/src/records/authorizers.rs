//! Custom authorizers.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// A function that says who a client without certificate is, and what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authorizer {
    /// The name.
    pub name: String,
    /// The function's ARN.
    pub function_arn: String,
    /// Whether clients may use it.
    pub is_active: bool,
    /// Whether it is asked about clients that name no authorizer. At most one of an account and region.
    pub is_default: bool,
    /// What clients call the token that they show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_key_name: Option<String>,
    /// Public keys in PEM by name: a token is signed with one of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub signing_keys: BTreeMap<String, String>,
    /// Whether tokens need no signature.
    pub is_signing_disabled: bool,
    /// Whether what the function said is good for all requests of one HTTP connection, for a time.
    pub is_cached_for_http: bool,
    /// When it was made, in milliseconds since 1970.
    pub created_ms: i64,
    /// When it was last changed, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Record for Authorizer {
    const KIND: Kind = Kind {
        table: "authorizer",
        columns: &[Column::integer("active"), Column::integer("is_default")],
        indexes: &[Index::on(&["active"]), Index::on(&["is_default"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.is_active.into(), self.is_default.into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[Authorizer::KIND];
