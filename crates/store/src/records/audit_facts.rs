//! Facts that audits judge by and that no API call of the registry writes: imported ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// A certificate revocation list that was imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredCrl {
    /// SHA-256 of the DER, in hex.
    pub id: String,
    /// Stands for the issuer's name, in hex.
    pub issuer: String,
    /// The DER in base64.
    pub der: String,
}

/// A Cognito identity pool that was imported, with the ARNs of its roles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIdentityPool {
    pub id: String,
    #[serde(default)]
    pub authenticated_roles: Vec<String>,
    #[serde(default)]
    pub unauthenticated_roles: Vec<String>,
}

/// IAM's service-last-accessed details of a role that were imported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredServiceUse {
    pub role_arn: String,
    /// Service prefix to the last use in milliseconds since 1970; none is never.
    pub last_used_ms: BTreeMap<String, Option<i64>>,
}

impl Record for StoredCrl {
    const KIND: Kind = Kind {
        table: "crl",
        columns: &[Column::text("issuer")],
        indexes: &[Index::on(&["issuer"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.issuer.as_str().into()]
    }
}

impl Record for StoredIdentityPool {
    const KIND: Kind = Kind { table: "identity_pool", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }
}

impl Record for StoredServiceUse {
    const KIND: Kind = Kind { table: "service_use", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.role_arn)
    }
}
