//! Connection history: who was connected when, from where, and who was displaced by whom. Audits judge by it.
//!
//! Connections do not wait for it: a task writes what has come together. Of a server that was killed, the connections that
//! were open are closed in the history at the next start, so that nobody seems to have stayed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{ConnectionKind, StoredConnection};
use thingwarden_store::{Actor, Scope, Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::session::Owner;
use crate::api::App;
use crate::connections;

/// Events that wait to be written. A flood of connections beyond that costs evidence and not memory; it is counted.
const WAITING_MAX: usize = 8192;
/// Events in one transaction.
const BATCH: usize = 512;
/// How long a server that stops waits for the last of them.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(1);

/// Where events go.
#[derive(Debug)]
pub(super) struct History {
    sender: mpsc::Sender<Entry>,
    lost: Counter,
}

/// What waits to be written.
#[derive(Debug)]
pub(super) enum Entry {
    Event(Scope, StoredConnection),
    /// Everything before was written.
    Flush(oneshot::Sender<()>),
}

impl History {
    /// With the end that [`write_all`] reads.
    pub(super) fn new(lost: Counter) -> (Self, mpsc::Receiver<Entry>) {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        (Self { sender, lost }, receiver)
    }

    /// Something happened to the connection of a client.
    pub(super) fn record(&self, owner: &Owner, client_id: &str, kind: ConnectionKind, at: Timestamp) {
        let event = StoredConnection {
            client_id: client_id.to_owned(),
            principal: owner.principal.id.to_string(),
            at_ms: at.millis(),
            kind,
            source_ip: Some(owner.peer.address.to_string()),
            is_live: true,
        };
        if self.sender.try_send(Entry::Event(owner.principal.scope.clone(), event)).is_err() {
            self.lost.inc();
        }
    }

    /// Waits until what was recorded is written, for a while.
    pub(super) async fn flush(&self) {
        let (done, written) = oneshot::channel();
        let wait = async {
            if self.sender.send(Entry::Flush(done)).await.is_ok() {
                let _ = written.await;
            }
        };
        if timeout(FLUSH_TIME_MAX, wait).await.is_err() {
            tracing::warn!("stopping before the last connections are in the history");
        }
    }
}

/// Writes what comes, until nothing can come any more.
pub(super) async fn write_all(app: Arc<App>, mut entries: mpsc::Receiver<Entry>) {
    let mut batch = vec![];
    while entries.recv_many(&mut batch, BATCH).await > 0 {
        let mut events: BTreeMap<Scope, Vec<StoredConnection>> = BTreeMap::new();
        let mut done = vec![];
        for entry in batch.drain(..) {
            match entry {
                Entry::Event(scope, event) => events.entry(scope).or_default().push(event),
                Entry::Flush(sender) => done.push(sender),
            }
        }
        for (scope, events) in events {
            let count = events.len();
            let at_ms = events.last().map_or(0, |event| event.at_ms);
            let written = app
                .store
                .write_behind(&scope, actor("RecordConnections", at_ms), move |store| {
                    let suspects = events.iter().map(|event| connections::put(store, event));
                    suspects.filter_map(Result::transpose).collect::<Result<Vec<_>, StoreError>>()
                })
                .await;
            match written {
                Ok(suspects) => app.suspects.add(&scope, suspects),
                Err(error) => {
                    tracing::error!(%error, count, "connections are missing in the history: the store failed");
                }
            }
        }
        for sender in done {
            let _ = sender.send(());
        }
    }
}

/// Closes the connections that a server which was killed left open. Nothing else writes live events meanwhile.
pub(super) fn close_open(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    for scope in store.read(&Scope::new("", ""), |reader| reader.scopes())? {
        let open = store.read(&scope, connections::open)?;
        let closed = |event: StoredConnection| StoredConnection {
            kind: ConnectionKind::Disconnected,
            at_ms: now.millis(),
            ..event
        };
        let closed: Vec<StoredConnection> = open.into_iter().map(closed).collect();
        for part in closed.chunks(BATCH) {
            let part = part.to_vec();
            store.write_waiting(&scope, actor("CloseConnections", now.millis()), move |store| {
                part.iter().try_for_each(|event| connections::put(store, event).map(drop))
            })?;
        }
    }
    Ok(())
}

fn actor(operation: &str, at_ms: i64) -> Actor {
    Actor {
        principal: "thingwarden:broker".to_owned(),
        operation: format!("broker:{operation}"),
        request_id: String::new(),
        source_ip: None,
        at_ms,
    }
}
