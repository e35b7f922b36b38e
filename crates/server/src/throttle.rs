//! How many requests an access key may make in a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::clock::Steady;

/// Access keys that are remembered. When there are more, those that have been quiet for a second are forgotten, which
/// changes nothing for them.
const KEYS_MAX: usize = 100_000;

/// A bucket of tokens for each access key.
#[derive(Debug)]
pub(crate) struct Throttle {
    per_second: u32,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Tokens: an event takes one, each second brings `per_second` of them, and no more than that many are kept. They are counted
/// in thousandths, so that a millisecond brings `per_second` of them. It is full at first.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Bucket {
    thousandths: i64,
    /// None before the first event.
    at_ms: Option<i64>,
}

impl Bucket {
    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, per_second: u32, now: Steady) -> bool {
        let (per_second, now_ms) = (i64::from(per_second), now.millis());
        let full = per_second * 1000;
        self.thousandths = self.at_ms.map_or(full, |at_ms| {
            let passed = now_ms.saturating_sub(at_ms).clamp(0, 1000);
            full.min(self.thousandths + passed * per_second)
        });
        // Several ask at once, and the last one to be heard need not be the last to have looked at the clock.
        self.at_ms = self.at_ms.max(Some(now_ms));
        let is_taken = self.thousandths >= 1000;
        if is_taken {
            self.thousandths -= 1000;
        }
        is_taken
    }
}

impl Throttle {
    /// 0 is no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second, buckets: Mutex::default() }
    }

    /// Whether an access key may make one more request.
    pub(crate) fn admits(&self, access_key: &str, now: Steady) -> bool {
        if self.per_second == 0 {
            return true;
        }
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX {
            let quiet_ms = now.millis().saturating_sub(1000);
            buckets.retain(|_, bucket| bucket.at_ms > Some(quiet_ms));
        }
        buckets.entry(access_key.to_owned()).or_default().take(self.per_second, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &Throttle, key: &str, at_ms: i64, tries: usize) -> usize {
        (0..tries).filter(|_| throttle.admits(key, Steady::from_millis(at_ms))).count()
    }

    #[test]
    fn a_key_has_its_share_each_second_and_no_more() {
        let throttle = Throttle::new(10);
        assert_eq!(admitted(&throttle, "a", 0, 50), 10);
        assert_eq!(admitted(&throttle, "b", 0, 50), 10);
        assert_eq!(admitted(&throttle, "a", 99, 50), 0);
        assert_eq!(admitted(&throttle, "a", 100, 50), 1);
        assert_eq!(admitted(&throttle, "a", 600, 50), 5);
        assert_eq!(admitted(&throttle, "a", 60_000, 50), 10);
        // Who is late gives nothing back.
        assert_eq!(admitted(&throttle, "a", 0, 50), 0);
        assert_eq!(admitted(&throttle, "a", 60_100, 50), 1);
    }

    #[test]
    fn no_limit_is_no_limit() {
        assert_eq!(admitted(&Throttle::new(0), "a", 0, 1000), 1000);
    }
}
