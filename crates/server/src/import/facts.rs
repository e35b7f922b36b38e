//! Facts that audits judge by and that no call of the registry brings: revocation lists, connections, what IAM and Cognito know.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use thingwarden_engine::fleet::{ConnectionEventKind, IdentityPool, ServiceUse};
use thingwarden_engine::ids::{encode_hex, sha256};
use thingwarden_engine::pki::Crl;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    ConnectionKind, StoredConnection, StoredCrl, StoredIdentityPool, StoredServiceUse,
};

use super::ImportError;
use super::ledger::Ledger;
use super::tally::Kind;
use crate::connections;
use crate::snapshot::Connection;
use crate::snapshot::in_full::Source;

/// A list is verified by each audit, with the CA certificates of that moment.
pub(super) fn crl(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    der: &[u8],
) -> Result<(), ImportError> {
    match Crl::parse(der) {
        Ok(crl) => {
            let issuer = crl.issuer.digest().to_string();
            let new = StoredCrl { id: encode_hex(&sha256(der)), issuer, der: STANDARD.encode(der) };
            ledger.put(writer, Kind::Crl, source, |_| new.clone()).map(drop)
        }
        Err(error) => {
            ledger.tally.refuse(Kind::Crl, source, &format!("revocation list: {error}"));
            Ok(())
        }
    }
}

pub(super) fn connection(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    connection: &Connection,
) -> Result<(), ImportError> {
    let new = StoredConnection {
        client_id: connection.client_id.clone(),
        principal: connection.principal.clone(),
        at_ms: connection.time.millis(),
        kind: match connection.kind {
            ConnectionEventKind::Connected => ConnectionKind::Connected,
            ConnectionEventKind::Disconnected => ConnectionKind::Disconnected,
            ConnectionEventKind::Displaced => ConnectionKind::Displaced,
        },
        source_ip: connection.source_ip.map(|address| address.to_string()),
        is_live: false,
    };
    let made = |before: Option<&StoredConnection>| {
        let mut made = before.unwrap_or(&new).clone();
        // The same event comes from the log and as a presence event, which differ in what they know.
        made.source_ip = made.source_ip.or_else(|| new.source_ip.clone());
        made
    };
    ledger.put(writer, Kind::Connection, source, made)?;
    connections::count(writer, &new)?;
    Ok(())
}

pub(super) fn identity_pool(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    pool: &IdentityPool,
) -> Result<(), ImportError> {
    let new = StoredIdentityPool {
        id: pool.id.clone(),
        authenticated_roles: pool.authenticated_roles.clone(),
        unauthenticated_roles: pool.unauthenticated_roles.clone(),
    };
    ledger.put(writer, Kind::IdentityPool, source, |_| new.clone()).map(drop)
}

/// An answer may come in pages, each with some of the services.
pub(super) fn service_use(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    role_arn: &str,
    services: &ServiceUse,
) -> Result<(), ImportError> {
    let used = services.last_authenticated.iter();
    let last_used_ms = used.map(|(service, last)| (service.clone(), last.map(Timestamp::millis))).collect();
    let new = StoredServiceUse { role_arn: role_arn.to_owned(), last_used_ms };
    let made = |before: Option<&StoredServiceUse>| {
        let mut made = before.unwrap_or(&new).clone();
        made.last_used_ms.extend(new.last_used_ms.clone());
        made
    };
    ledger.put(writer, Kind::ServiceUse, source, made).map(drop)
}
