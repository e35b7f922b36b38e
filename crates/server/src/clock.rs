//! The only place that asks what time it is. Everything else is told.

use std::time::{SystemTime, UNIX_EPOCH};

use thingwarden_engine::time::Timestamp;

/// The machine's time in whole seconds, which is how reports and `--now` are written; a clock before 1970 counts as 1970.
#[allow(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}
