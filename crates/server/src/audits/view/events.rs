//! Connection events, of the broker and imported ones.

use thingwarden_engine::fleet::{ConnectionEvent, ConnectionEventKind, Principal};
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    CertificateConnections, ClientConnections, ConnectionKind, StoredConnection,
};
use thingwarden_store::{Filter, Order, Query};

use super::StoreView;

impl StoreView<'_> {
    pub(super) fn visit_connections_of(
        &self,
        certificate: &CertificateId,
        since: Timestamp,
        visit: &mut dyn FnMut(&ConnectionEvent<'_>),
    ) {
        let number = StoredConnection::number(certificate);
        let of_certificate =
            [Filter::NotZero("certificate"), Filter::eq("certificate", number), not_before(since)];
        self.stream_connections(&of_certificate, &mut |event| {
            if event.principal == Principal::Certificate(*certificate) {
                visit(event);
            }
        });
    }

    pub(super) fn visit_displaced(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        let displaced = [Filter::NotZero("displaced"), Filter::eq("displaced", true), not_before(since)];
        self.stream_connections(&displaced, visit);
    }

    pub(super) fn visit_shared(&self, since: Timestamp, visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        let mut shared = vec![];
        let several = [Filter::NotZero("several_ms"), Filter::at_least("several_ms", since.millis())];
        self.stream_values::<CertificateConnections>("several_ms", &several, &mut |id, _| {
            shared.extend(CertificateId::parse(id));
        });
        shared.iter().for_each(|certificate| self.visit_connections_of(certificate, since, visit));
    }

    pub(super) fn clients_since(&self, since: Timestamp) -> u64 {
        self.attempt(self.reader.count::<ClientConnections>(&[Filter::at_least("last_ms", since.millis())]))
    }

    pub(super) fn connected_since(&self, since: Timestamp) -> u64 {
        let connected = [Filter::at_least("connected_ms", since.millis())];
        self.attempt(self.reader.count::<CertificateConnections>(&connected))
    }

    pub(super) fn any_connection(&self, from: Timestamp, to: Timestamp) -> bool {
        let until = Filter::at_most("place", StoredConnection::place(to.millis(), ConnectionKind::Connected));
        let between = [not_before(from), until];
        let query = Query { order: Order::By("place"), limit: 1, ..Query::all(&between) };
        let found = self.reader.list::<StoredConnection>(&query);
        self.attempt(found.map(|page| !page.items.is_empty()))
    }

    /// By time.
    fn stream_connections(&self, filters: &[Filter<'_>], visit: &mut dyn FnMut(&ConnectionEvent<'_>)) {
        let query = Query { order: Order::By("place"), ..Query::all(filters) };
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

fn not_before(moment: Timestamp) -> Filter<'static> {
    Filter::at_least("place", StoredConnection::place(moment.millis(), ConnectionKind::Disconnected))
}
