//! Connection events, of the broker and imported ones.

use thingwarden_engine::fleet::{ConnectionEvent, ConnectionEventKind, Principal};
use thingwarden_engine::time::{Duration, Timestamp};
use thingwarden_store::records::{ConnectionKind, StoredConnection};
use thingwarden_store::{Filter, Order, Query};

use super::StoreView;

/// No check looks further back (AWS's guide: 31 days).
const LOOKED_BACK: Duration = Duration::days(32);

impl StoreView<'_> {
    pub(super) fn visit_connections(&self, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        let from_ms = (self.around.now - LOOKED_BACK).millis();
        let since =
            [Filter::at_least("place", StoredConnection::place(from_ms, ConnectionKind::Disconnected))];
        let query = Query { order: Order::By("place"), ..Query::all(&since) };
        self.stream(&query, &mut |event: StoredConnection| {
            visit(&ConnectionEvent {
                time: Timestamp::from_millis(event.at_ms),
                kind: match event.kind {
                    ConnectionKind::Connected => ConnectionEventKind::Connected,
                    ConnectionKind::Disconnected => ConnectionEventKind::Disconnected,
                    ConnectionKind::Displaced => ConnectionEventKind::Displaced,
                },
                client_id: &event.client_id,
                principal: Principal::parse(&event.principal),
                source_ip: event.source_ip.as_deref().and_then(|address| address.parse().ok()),
                source: None,
            });
        });
    }
}
