//! What is beyond a quota of an account and region: counted always, and told once a minute.

use std::sync::atomic::{AtomicI64, Ordering};

use prometheus_client::metrics::counter::Counter;
use thingwarden_store::Scope;

use super::metrics::Metrics;
use crate::clock::Steady;

/// How long nothing more is said of the same.
const PAUSE_MS: i64 = 60_000;
const NEVER: i64 = i64::MIN;

/// Of one setting, in one account and region.
#[derive(Debug)]
pub(super) struct Excess {
    setting: &'static str,
    scope: Scope,
    count: Counter,
    told_ms: AtomicI64,
}

impl Excess {
    pub(super) fn new(setting: &'static str, scope: &Scope, metrics: &Metrics) -> Self {
        let count = metrics.over_quota(setting);
        Self { setting, scope: scope.clone(), count, told_ms: AtomicI64::new(NEVER) }
    }

    /// The setting, as errors name it.
    pub(super) fn setting(&self) -> &'static str {
        self.setting
    }

    /// Something is refused or dropped.
    pub(super) fn happens(&self, now: Steady) {
        self.count.inc();
        if self.is_to_be_told(now.millis()) {
            let (account, region) = (&*self.scope.account, &*self.scope.region);
            let setting = self.setting;
            tracing::warn!(
                account,
                region,
                setting,
                "what is beyond a quota of an account is refused or dropped"
            );
        }
    }

    fn is_to_be_told(&self, now_ms: i64) -> bool {
        let told_ms = self.told_ms.load(Ordering::Relaxed);
        let is_time = told_ms == NEVER || now_ms.saturating_sub(told_ms) >= PAUSE_MS;
        let swap = || self.told_ms.compare_exchange(told_ms, now_ms, Ordering::Relaxed, Ordering::Relaxed);
        is_time && swap().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_once_a_minute_and_counted_each_time() {
        let excess = Excess::new("limits.x", &Scope::new("123456789012", "a"), &Metrics::default());
        let told = [0, 1, 59_999, 60_000, 60_001, 200_000].map(|ms| excess.is_to_be_told(ms));
        assert_eq!(told, [true, false, false, true, false, true]);
        (0..3).for_each(|ms| excess.happens(Steady::from_millis(ms)));
        assert_eq!(excess.count.get(), 3);
    }
}
