//! Points in time as milliseconds since 1970-01-01T00:00:00Z, parsed from and written as ISO 8601.

use std::fmt;

use ::time::format_description::well_known::{Iso8601, Rfc3339};
use ::time::macros::format_description;
use ::time::{Date, OffsetDateTime, PrimitiveDateTime, UtcOffset};

/// Milliseconds since the Unix epoch, UTC. The engine never asks what time it is; callers say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

/// A span of whole milliseconds; may be negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

/// Text that is not a date or time in ISO 8601.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an ISO 8601 time such as 2026-03-01T00:00:00Z")]
pub struct TimeParseError(String);

impl Duration {
    pub const fn days(days: i64) -> Self {
        Self(days.saturating_mul(86_400_000))
    }

    pub const fn hours(hours: i64) -> Self {
        Self(hours.saturating_mul(3_600_000))
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Whole days, rounded towards zero.
    pub const fn whole_days(self) -> i64 {
        self.0 / 86_400_000
    }
}

impl Timestamp {
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Epoch seconds as AWS writes them in JSON bodies; milliseconds become the fraction.
    pub fn seconds_f64(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Reads `2026-03-01`, `2026-03-01T00:00:00Z`, with fraction or offset, and the log form `2026-03-01 00:00:00.123`
    /// (UTC). A text of digits only, with an optional fraction, is epoch seconds.
    pub fn parse(text: &str) -> Result<Self, TimeParseError> {
        Self::read(text).ok_or_else(|| TimeParseError(text.chars().take(64).collect()))
    }

    /// As [`Timestamp::parse`] for callers that need no message; allocates nothing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') && text.len() > 4 {
            return Self::from_seconds_f64(text.parse().ok()?);
        }
        if let Ok(date) = Date::parse(text, format_description!("[year]-[month]-[day]")) {
            return Some(Self::of(date.midnight().assume_utc()));
        }
        // No form is longer than this; the first blank, if any, stands for the `T`.
        let mut buffer = [0; 64];
        let joined = buffer.get_mut(..text.len())?;
        joined.copy_from_slice(text.as_bytes());
        if let Some(blank) = joined.iter_mut().find(|byte| **byte == b' ') {
            *blank = b'T';
        }
        let joined = std::str::from_utf8(joined).ok()?;
        if let Ok(instant) = OffsetDateTime::parse(joined, &Rfc3339) {
            return Some(Self::of(instant));
        }
        if let Ok(instant) = OffsetDateTime::parse(joined, &Iso8601::PARSING) {
            return Some(Self::of(instant));
        }
        let local = PrimitiveDateTime::parse(joined, &Iso8601::PARSING).ok()?;
        Some(Self::of(local.assume_offset(UtcOffset::UTC)))
    }

    /// Epoch seconds with a fraction, as AWS's JSON has them; `None` when out of range or not a number.
    pub fn from_seconds_f64(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        (millis.is_finite() && millis.abs() < 9.0e15).then_some(Self(millis as i64))
    }

    fn of(instant: OffsetDateTime) -> Self {
        Self(i64::try_from(instant.unix_timestamp_nanos().div_euclid(1_000_000)).unwrap_or(i64::MAX))
    }
}

impl std::ops::Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl std::ops::Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl std::ops::Sub for Timestamp {
    type Output = Duration;
    fn sub(self, other: Self) -> Duration {
        Duration(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Timestamp {
    /// `2026-03-01T00:00:00Z`; milliseconds only when there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = i128::from(self.0) * 1_000_000;
        match OffsetDateTime::from_unix_timestamp_nanos(nanos).ok().and_then(|t| t.format(&Rfc3339).ok()) {
            Some(text) => f.write_str(&text),
            None => write!(f, "{}ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, millis: i64, shown: &str) {
        let time = Timestamp::parse(text).unwrap();
        assert_eq!((time.millis(), time.to_string()), (millis, shown.to_owned()), "{text}");
    }

    #[test]
    fn reads_every_form_that_aws_writes() {
        check("2026-03-01", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-03-01T00:00:00Z", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-03-01T01:00:00+01:00", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-03-01T00:00:00.250000+00:00", 1_772_323_200_250, "2026-03-01T00:00:00.25Z");
        check("2019-04-28 22:05:30.105", 1_556_489_130_105, "2019-04-28T22:05:30.105Z");
        check("1560161017.172", 1_560_161_017_172, "2019-06-10T10:03:37.172Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in ["", "tomorrow", "2026-13-01", "2026-03-01T25:00:00Z", "12"] {
            assert!(Timestamp::parse(text).is_err(), "{text}");
        }
    }
}
