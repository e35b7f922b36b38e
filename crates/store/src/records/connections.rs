//! Connections of devices, and what audits count of them.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use thingwarden_engine::fleet::Principal;
use thingwarden_engine::ids::CertificateId;

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

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

/// What audits count of a client id's connections. It lasts as long as the newest of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientConnections {
    pub client_id: String,
    /// When it last connected or disconnected, in milliseconds since 1970.
    pub last_ms: i64,
    /// The connection that the server's own broker has with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<StoredConnection>,
}

/// What audits count of the connections with a certificate. It lasts as long as the newest of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CertificateConnections {
    /// 64 lower-case hex digits.
    pub certificate: String,
    /// Who connected with it in the connection that was recorded last.
    pub client_id: String,
    /// When somebody last connected with it, in milliseconds since 1970.
    pub connected_ms: i64,
    /// All who connected with it after this moment had one client id; 0 when all ever had. In milliseconds since 1970.
    #[serde(default)]
    pub several_ms: i64,
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

impl StoredConnection {
    /// The principal, if it is a certificate.
    pub fn certificate(&self) -> Option<CertificateId> {
        match Principal::parse(&self.principal) {
            Principal::Certificate(certificate) => Some(certificate),
            Principal::Other(_) => None,
        }
    }

    /// What connections of a certificate are found by: the beginning of its id, which few others have, and never 0.
    pub fn number(certificate: &CertificateId) -> i64 {
        let start = certificate.as_bytes().first_chunk().map_or(0, |start| i64::from_be_bytes(*start));
        start.saturating_abs().max(1)
    }
}

impl Record for StoredConnection {
    const KIND: Kind = Kind {
        table: "connection_event",
        columns: &[Column::integer("place"), Column::integer("certificate"), Column::integer("displaced")],
        indexes: &[
            Index::on(&["place"]),
            Index::where_not_zero("certificate", &["certificate", "place"]),
            Index::where_not_zero("displaced", &["displaced", "place"]),
        ],
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
        vec![
            Self::place(self.at_ms, self.kind).into(),
            self.certificate().map_or(0, |certificate| Self::number(&certificate)).into(),
            (self.kind == ConnectionKind::Displaced).into(),
        ]
    }
}

impl ClientConnections {
    /// What it is after one more event.
    #[must_use]
    pub fn after(before: Option<Self>, event: &StoredConnection) -> Self {
        let (last_ms, open) = before.map_or((event.at_ms, None), |before| (before.last_ms, before.open));
        let open = match event.kind {
            _ if !event.is_live => open,
            ConnectionKind::Connected => Some(event.clone()),
            ConnectionKind::Disconnected | ConnectionKind::Displaced => None,
        };
        Self { client_id: event.client_id.clone(), last_ms: last_ms.max(event.at_ms), open }
    }
}

impl CertificateConnections {
    /// What it is after one more connect.
    #[must_use]
    pub fn after(before: Option<Self>, certificate: CertificateId, connect: &StoredConnection) -> Self {
        let (certificate, client_id) = (certificate.to_string(), connect.client_id.clone());
        let Some(before) = before else {
            return Self { certificate, client_id, connected_ms: connect.at_ms, several_ms: 0 };
        };
        // Imported events come in any order: what came before this one may be as new as the newest.
        let connected_ms = before.connected_ms.max(connect.at_ms);
        let several_ms = if before.client_id == client_id { before.several_ms } else { connected_ms };
        Self { certificate, client_id, connected_ms, several_ms }
    }
}

impl Record for ClientConnections {
    const KIND: Kind = Kind {
        table: "client_connections",
        columns: &[Column::integer("last_ms"), Column::integer("open")],
        indexes: &[Index::on(&["last_ms"]), Index::where_not_zero("open", &["open"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.client_id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.last_ms.into(), self.open.is_some().into()]
    }
}

impl Record for CertificateConnections {
    const KIND: Kind = Kind {
        table: "certificate_connections",
        columns: &[Column::integer("connected_ms"), Column::integer("several_ms")],
        indexes: &[Index::on(&["connected_ms"]), Index::where_not_zero("several_ms", &["several_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.certificate)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.connected_ms.into(), self.several_ms.into()]
    }
}

pub(crate) const KINDS: &[Kind] =
    &[StoredConnection::KIND, ClientConnections::KIND, CertificateConnections::KIND];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the order in which they come: who has two clients since some moment is known.
        #[test]
        fn several_clients_are_never_missed(events in prop::collection::vec((0..20_i64, 0..3_u8), 1..12), since in 0..20_i64) {
            let id = CertificateId::new([7; 32]);
            let mut known = None;
            for (at_ms, client) in &events {
                let connect = StoredConnection {
                    client_id: client.to_string(),
                    principal: id.to_string(),
                    at_ms: *at_ms,
                    kind: ConnectionKind::Connected,
                    source_ip: None,
                    is_live: false,
                };
                known = Some(CertificateConnections::after(known, id, &connect));
            }
            let known = known.unwrap();
            let mut clients: Vec<u8> = events.iter().filter(|(at, _)| *at >= since).map(|(_, client)| *client).collect();
            prop_assert_eq!(known.connected_ms >= since, !clients.is_empty());
            clients.sort_unstable();
            clients.dedup();
            prop_assert!(clients.len() < 2 || known.several_ms >= since);
        }
    }
}
