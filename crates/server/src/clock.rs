//! The only place that asks what time it is. Everything else is told.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use thingwarden_engine::time::Timestamp;

/// The machine's time in whole seconds, which is how reports and `--now` are written; a clock before 1970 counts as 1970.
#[allow(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_seconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The machine's time in milliseconds; a clock before 1970 counts as 1970.
#[allow(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub(crate) fn now_precise() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// For measuring how long something takes.
#[allow(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

/// The machine's time as the `Date` header has it (RFC 9110 section 5.6.7).
#[allow(clippy::disallowed_methods, reason = "this is where the clock is read")]
pub(crate) fn http_date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}
