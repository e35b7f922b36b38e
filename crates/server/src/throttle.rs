//! How many requests an access key may make in a second.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use thingwarden_engine::time::Timestamp;

/// Access keys that are remembered. When there are more, those that have been quiet for a second are forgotten, which
/// changes nothing for them.
const KEYS_MAX: usize = 100_000;

/// A bucket of tokens for each access key: a request takes one, each second brings `per_second` of them, and no more than
/// that many are kept.
#[derive(Debug)]
pub(crate) struct Throttle {
    per_second: i64,
    buckets: Mutex<HashMap<String, Bucket>>,
}

/// Tokens are counted in thousandths, so that a millisecond brings `per_second` of them.
#[derive(Clone, Copy, Debug)]
struct Bucket {
    thousandths: i64,
    at_ms: i64,
}

impl Throttle {
    /// 0 is no limit.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: per_second.into(), buckets: Mutex::default() }
    }

    /// Whether an access key may make one more request.
    pub(crate) fn admits(&self, access_key: &str, now: Timestamp) -> bool {
        if self.per_second == 0 {
            return true;
        }
        let (full, now) = (self.per_second * 1000, now.millis());
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= KEYS_MAX {
            buckets.retain(|_, bucket| now - bucket.at_ms < 1000);
        }
        let bucket = buckets.entry(access_key.to_owned()).or_insert(Bucket { thousandths: full, at_ms: now });
        let passed = (now - bucket.at_ms).clamp(0, 1000);
        bucket.thousandths = (bucket.thousandths + passed * self.per_second).min(full);
        bucket.at_ms = bucket.at_ms.max(now);
        let admitted = bucket.thousandths >= 1000;
        if admitted {
            bucket.thousandths -= 1000;
        }
        admitted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(throttle: &Throttle, key: &str, at_ms: i64, tries: usize) -> usize {
        (0..tries).filter(|_| throttle.admits(key, Timestamp::from_millis(at_ms))).count()
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
        // A clock that goes back gives nothing.
        assert_eq!(admitted(&throttle, "a", 0, 50), 0);
        assert_eq!(admitted(&throttle, "a", 60_100, 50), 1);
    }

    #[test]
    fn no_limit_is_no_limit() {
        assert_eq!(admitted(&Throttle::new(0), "a", 0, 1000), 1000);
    }
}
