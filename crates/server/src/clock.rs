//! The only place that asks what time it is. Everything else is told.
//!
//! The machine's clock may be set by hours while the server runs. So what is to last as long as somebody said (how long a message
//! waits, how much may be done in a second, how long an authorizer's word is good) is reckoned with [`Steady`], which nobody
//! sets; and the machine's clock says when something happened, and whether a date that somebody else wrote has come.

use std::sync::OnceLock;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use thingwarden_engine::time::{Duration, Timestamp};

/// A moment on a clock that nobody sets. It agrees with the machine's until that is set, and begins anew with the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Steady(i64);

impl Steady {
    #[cfg(test)]
    pub(crate) fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub(crate) fn millis(self) -> i64 {
        self.0
    }
}

impl std::ops::Add<Duration> for Steady {
    type Output = Self;

    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.millis()))
    }
}

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clocks {
    /// The machine's.
    pub(crate) now: Timestamp,
    pub(crate) steady: Steady,
}

impl Clocks {
    /// By how much the machine's clock was set since the process began, in milliseconds.
    pub(crate) fn set_by_ms(self) -> i64 {
        self.now.millis().saturating_sub(self.steady.millis())
    }
}

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

/// Both clocks.
pub(crate) fn both() -> Clocks {
    Clocks { steady: steady(), now: now_precise() }
}

/// The clock that nobody sets.
pub(crate) fn steady() -> Steady {
    static BEGIN: OnceLock<(Instant, Timestamp)> = OnceLock::new();
    let (begin, at) = BEGIN.get_or_init(|| (stopwatch(), now_precise()));
    let passed = i64::try_from(begin.elapsed().as_millis()).unwrap_or(i64::MAX);
    Steady(at.millis().saturating_add(passed))
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
