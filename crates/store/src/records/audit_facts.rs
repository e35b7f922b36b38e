//! Facts that audits judge by and that no API call of the registry writes: imported ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

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

/// A connect or disconnect, of the server's own broker or from an imported log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredConnection {
    pub client_id: String,
    /// A certificate id, or the credential string of another principal.
    pub principal: String,
    /// In milliseconds since 1970.
    pub at_ms: i64,
    pub kind: ConnectionKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_ip: Option<String>,
    /// Whether the server's own broker saw it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_live: bool,
}

/// What happened to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConnectionKind {
    Connected,
    Disconnected,
    /// Disconnected because another connection took the client id.
    Displaced,
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

impl StoredConnection {
    /// Grows with time; at the same time what ends comes before what begins.
    pub fn place(at_ms: i64, kind: ConnectionKind) -> i64 {
        let rank = match kind {
            ConnectionKind::Disconnected => 0,
            ConnectionKind::Displaced => 1,
            ConnectionKind::Connected => 2,
        };
        at_ms.saturating_mul(4).saturating_add(rank)
    }
}

impl Record for StoredConnection {
    const KIND: Kind = Kind {
        table: "connection_event",
        columns: &[Column::integer("place")],
        indexes: &[Index::on(&["place"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        let kind = match self.kind {
            ConnectionKind::Connected => "C",
            ConnectionKind::Disconnected => "D",
            ConnectionKind::Displaced => "X",
        };
        Cow::Owned(link_id(&[&self.at_ms.to_string(), kind, &self.client_id, &self.principal]))
    }

    fn columns(&self) -> Vec<Value> {
        vec![Self::place(self.at_ms, self.kind).into()]
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
