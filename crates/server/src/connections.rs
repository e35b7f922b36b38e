//! The history of connections: what happened, and what audits count of it. Whoever writes or removes events does so here.

use thingwarden_engine::audit::Resource;
use thingwarden_store::records::{
    CertificateConnections, ClientConnections, ConnectionKind, StoredConnection,
};
use thingwarden_store::{Filter, Reader, StoreError, Writer};

use crate::audits::{Suspect, delete_some};

/// Adds an event, or what is known of it; says what it makes suspicious. A connection of ours ends after it began, also when the
/// clock was set back meanwhile: else it would seem to last.
pub(crate) fn put(store: &Writer<'_>, event: &StoredConnection) -> Result<Option<Suspect>, StoreError> {
    let mut event = event.clone();
    if event.is_live && event.kind != ConnectionKind::Connected {
        let open = store.get::<ClientConnections>(&event.client_id)?.and_then(|client| client.open);
        let began = open.filter(|open| open.principal == event.principal).map(|open| open.at_ms);
        event.at_ms = began.map_or(event.at_ms, |began_ms| event.at_ms.max(began_ms.saturating_add(1)));
    }
    store.put(&event)?;
    count(store, &event)
}

/// Counts an event that is in the store. To count it twice is as good as once.
pub(crate) fn count(store: &Writer<'_>, event: &StoredConnection) -> Result<Option<Suspect>, StoreError> {
    let client = store.get::<ClientConnections>(&event.client_id)?;
    store.put(&ClientConnections::after(client, event))?;
    match event.certificate() {
        Some(certificate) if event.kind == ConnectionKind::Connected => {
            let connections = store.get::<CertificateConnections>(&certificate.to_string())?;
            let is_other = connections.as_ref().is_some_and(|known| known.client_id != event.client_id);
            store.put(&CertificateConnections::after(connections, certificate, event))?;
            let resource = Resource::DeviceCertificate(certificate);
            Ok(is_other.then_some(Suspect { check: Suspect::SHARED, resource }))
        }
        _ if event.kind == ConnectionKind::Displaced => {
            let resource = Resource::ClientId(event.client_id.clone());
            Ok(Some(Suspect { check: Suspect::CONFLICTING, resource }))
        }
        _ => Ok(None),
    }
}

/// The connections that the server's own broker has or, after a restart, had.
pub(crate) fn open(store: &Reader<'_>) -> Result<Vec<StoredConnection>, StoreError> {
    let clients = store.all::<ClientConnections>(&[Filter::NotZero("open")])?;
    Ok(clients.into_iter().filter_map(|client| client.open).collect())
}

/// Removes some of what is not younger than a moment, in milliseconds since 1970; 0 when there is no more.
pub(crate) fn forget(store: &Writer<'_>, until_ms: i64, max: usize) -> Result<usize, StoreError> {
    let place = StoredConnection::place(until_ms, ConnectionKind::Connected);
    let gone = delete_some::<StoredConnection>(store, &[Filter::at_most("place", place)], max)?;
    let silent = [Filter::at_most("last_ms", until_ms), Filter::eq("open", false)];
    let clients = delete_some::<ClientConnections>(store, &silent, max)?;
    let unused = [Filter::at_most("connected_ms", until_ms)];
    Ok(gone + clients + delete_some::<CertificateConnections>(store, &unused, max)?)
}
