//! How long things took, and how that is told.

use std::time::Duration;

/// Times in microseconds, in no order.
#[derive(Debug, Default)]
pub struct Times(pub Vec<u32>);

impl Times {
    pub fn add(&mut self, time: Duration) {
        self.0.push(u32::try_from(time.as_micros()).unwrap_or(u32::MAX));
    }

    /// The time that a share of all did not exceed, in milliseconds.
    fn quantile(&self, share: f64) -> f64 {
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an index below the length"
        )]
        let index = (self.0.len() as f64 * share) as usize;
        self.0.get(index).or(self.0.last()).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
    }

    /// Number, rates and quantiles of what happened in `wall`, for which the broker needed `cpu`.
    pub fn tell(mut self, wall: Duration, cpu: Duration) -> serde_json::Value {
        self.0.sort_unstable();
        let count = self.0.len() as f64;
        serde_json::json!({
            "count": self.0.len(),
            "per_second": count / wall.as_secs_f64(),
            "cpu_us": cpu.as_secs_f64() * 1e6 / count.max(1.0),
            "p50_ms": self.quantile(0.5),
            "p99_ms": self.quantile(0.99),
        })
    }
}
