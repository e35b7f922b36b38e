//! Numbers about deliveries.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::attempt::Failure;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Attempt {
    protocol: &'static str,
    outcome: &'static str,
}

/// What the worker counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Metrics {
    attempts: Family<Attempt, Counter>,
    waiting: Gauge,
    dead: Gauge,
}

impl Metrics {
    pub(crate) fn register(&self, registry: &mut Registry) {
        let deliveries = registry.sub_registry_with_prefix("thingwarden_deliveries");
        deliveries.register("waiting", "Deliveries that are still to be made", self.waiting.clone());
        deliveries.register("dead", "Deliveries that were given up and are kept", self.dead.clone());
        let about = "Attempts to deliver, by protocol and by what came of it: delivered, failed or given_up";
        deliveries.register("attempts", about, self.attempts.clone());
    }

    pub(super) fn attempted(&self, protocol: &'static str, outcome: &Result<(), Failure>) {
        let outcome = match outcome {
            Ok(()) => "delivered",
            Err(failure) if failure.is_permanent => "given_up",
            Err(_) => "failed",
        };
        self.attempts.get_or_create(&Attempt { protocol, outcome }).inc();
    }

    pub(super) fn queued(&self, waiting: u64, dead: u64) {
        self.waiting.set(i64::try_from(waiting).unwrap_or(i64::MAX));
        self.dead.set(i64::try_from(dead).unwrap_or(i64::MAX));
    }
}
