//! What the broker counts.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// One word about what is counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Word {
    what: &'static str,
}

/// Numbers, in the registry of the whole process.
#[derive(Clone, Debug, Default)]
pub(super) struct Metrics {
    /// Open connections, also those that are not let in yet.
    pub(super) connections: Gauge,
    /// Connections beyond the limit.
    pub(super) connections_refused: Counter,
    pub(super) handshakes_failed: Counter,
    ends: Family<Word, Counter>,
    denials: Family<Word, Counter>,
    over_quota: Family<Word, Counter>,
    pub(super) messages_in: Counter,
    pub(super) messages_out: Counter,
    /// Messages that found a queue full.
    pub(super) messages_dropped: Counter,
    /// Transactions with what outlives the process.
    pub(super) commits: Counter,
    /// Messages beyond a rate of a connection or an account.
    pub(super) messages_throttled: Counter,
    /// Connections that are missing in the history.
    pub(super) history_lost: Counter,
}

impl Metrics {
    pub(super) fn new(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        let mqtt = registry.sub_registry_with_prefix("thingwarden_mqtt");
        mqtt.register("connections", "Open MQTT connections", metrics.connections.clone());
        mqtt.register(
            "connections_refused",
            "MQTT connections beyond the limit on connections",
            metrics.connections_refused.clone(),
        );
        mqtt.register(
            "tls_handshakes_failed",
            "TLS handshakes of devices that came to nothing",
            metrics.handshakes_failed.clone(),
        );
        mqtt.register("connection_ends", "Connections that ended, by why", metrics.ends.clone());
        mqtt.register("denials", "What policies did not allow, by action", metrics.denials.clone());
        mqtt.register(
            "over_quota",
            "What was refused or dropped since it was beyond a quota of its account, by the setting",
            metrics.over_quota.clone(),
        );
        mqtt.register("messages_in", "Messages that devices published", metrics.messages_in.clone());
        mqtt.register("messages_out", "Messages that were sent to devices", metrics.messages_out.clone());
        mqtt.register(
            "messages_dropped",
            "Messages that found the queue of a client full",
            metrics.messages_dropped.clone(),
        );
        mqtt.register(
            "commits",
            "Transactions with messages and sessions that outlive the process",
            metrics.commits.clone(),
        );
        mqtt.register(
            "messages_throttled",
            "Messages that were discarded since their connection or account publishes too many in a second",
            metrics.messages_throttled.clone(),
        );
        mqtt.register(
            "history_lost",
            "Connects and disconnects that are missing in the connection history",
            metrics.history_lost.clone(),
        );
        metrics
    }

    /// Counts the end of a connection.
    pub(super) fn ended(&self, why: &'static str) {
        self.ends.get_or_create(&Word { what: why }).inc();
    }

    /// Counts what is beyond a quota of an account.
    pub(super) fn over_quota(&self, setting: &'static str) -> Counter {
        self.over_quota.get_or_create(&Word { what: setting }).clone()
    }

    /// Counts something that was not allowed.
    pub(super) fn denied(&self, action: &'static str) {
        self.denials.get_or_create(&Word { what: action }).inc();
    }
}
