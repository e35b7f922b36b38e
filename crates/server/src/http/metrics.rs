//! Numbers about the process, in the text format of Prometheus (OpenMetrics 1.0).

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Stands for an operation where there is none.
const NO_OPERATION: &str = "none";

/// Upper bounds in seconds: from a read in memory to a write behind a slow disk.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    operation: &'static str,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Operation {
    operation: &'static str,
}

/// What the listener counts. Other parts of the process register their own numbers in the same registry.
#[derive(Clone, Debug)]
pub(crate) struct Metrics {
    registry: Arc<Registry>,
    requests: Family<Answered, Counter>,
    durations: Family<Operation, Histogram>,
    pub(super) in_flight: Gauge,
    pub(super) connections: Gauge,
    pub(super) connections_refused: Counter,
    pub(super) handshakes_failed: Counter,
}

impl Metrics {
    /// Takes the registry over: whatever else is to be counted has to be in it.
    pub(crate) fn new(mut registry: Registry) -> Self {
        let requests = Family::default();
        let durations = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> Histogram);
        let (in_flight, connections) = (Gauge::default(), Gauge::default());
        let (connections_refused, handshakes_failed) = (Counter::default(), Counter::default());
        let http = registry.sub_registry_with_prefix("thingwarden_http");
        http.register("requests", "Answered requests, by operation and HTTP status", requests.clone());
        http.register(
            "request_duration_seconds",
            "Time from the head of a request to its answer",
            durations.clone(),
        );
        http.register("requests_in_flight", "Requests that are being answered", in_flight.clone());
        http.register("connections", "Open connections", connections.clone());
        http.register(
            "connections_refused",
            "Connections beyond the limit on connections",
            connections_refused.clone(),
        );
        http.register(
            "tls_handshakes_failed",
            "TLS handshakes that came to nothing",
            handshakes_failed.clone(),
        );
        let registry = Arc::new(registry);
        Self { registry, requests, durations, in_flight, connections, connections_refused, handshakes_failed }
    }

    /// Counts one answer. The operation may be empty.
    pub(super) fn answered(&self, operation: &'static str, status: u16, duration: Duration) {
        let operation = if operation.is_empty() { NO_OPERATION } else { operation };
        self.requests.get_or_create(&Answered { operation, status }).inc();
        self.durations.get_or_create(&Operation { operation }).observe(duration.as_secs_f64());
    }

    /// Counts the answer to something that was no request and took no time.
    pub(super) fn refused(&self, status: u16) {
        self.requests.get_or_create(&Answered { operation: NO_OPERATION, status }).inc();
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = prometheus_client::encoding::text::encode(&mut text, &self.registry);
        text
    }
}

/// Counts for as long as it lives.
pub(crate) struct Counted(Gauge);

impl Counted {
    pub(crate) fn new(gauge: &Gauge) -> Self {
        gauge.inc();
        Self(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_counted_by_operation_and_status() {
        let metrics = Metrics::new(Registry::default());
        metrics.answered("CreateThing", 200, Duration::from_millis(2));
        metrics.answered("CreateThing", 200, Duration::from_millis(3));
        metrics.answered("", 403, Duration::ZERO);
        let in_flight = Counted::new(&metrics.in_flight);
        let text = metrics.text();
        for line in [
            r#"thingwarden_http_requests_total{operation="CreateThing",status="200"} 2"#,
            r#"thingwarden_http_requests_total{operation="none",status="403"} 1"#,
            r#"thingwarden_http_request_duration_seconds_bucket{le="0.0025",operation="CreateThing"} 1"#,
            "thingwarden_http_requests_in_flight 1",
        ] {
            assert!(text.contains(line), "{line} is not in {text}");
        }
        drop(in_flight);
        assert!(metrics.text().contains("thingwarden_http_requests_in_flight 0"));
    }
}
