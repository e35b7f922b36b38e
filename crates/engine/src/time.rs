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

    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    pub const fn minutes(minutes: i64) -> Self {
        Self(minutes.saturating_mul(60_000))
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
    /// (UTC). A text of digits only, with an optional fraction, is epoch seconds. A second 60 is read as the last
    /// moment of second 59, where a leap second can be (RFC 3339, section 5.7).
    ///
    /// # Errors
    /// When the text has none of these forms, or a field that is out of range: hour 24, offset +24:00.
    pub fn parse(text: &str) -> Result<Self, TimeParseError> {
        Self::read(text).ok_or_else(|| TimeParseError(text.chars().take(64).collect()))
    }

    /// As [`Timestamp::parse`] for callers that need no message; allocates nothing.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() > 4 && text.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
            let is_number = !text.starts_with('.') && !text.ends_with('.');
            return is_number.then(|| text.parse().ok()).flatten().and_then(Self::from_seconds_f64);
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
        // `Rfc3339` takes any character in place of the `T`, a digit too.
        let is_separated = joined.as_bytes().get(10).is_some_and(|byte| byte.eq_ignore_ascii_case(&b'T'));
        if is_separated && let Ok(instant) = OffsetDateTime::parse(joined, &Rfc3339) {
            return Self::of_sound(instant);
        }
        if let Ok(instant) = OffsetDateTime::parse(joined, &Iso8601::PARSING) {
            return Self::of_sound(instant);
        }
        let local = PrimitiveDateTime::parse(joined, &Iso8601::PARSING).ok()?;
        Some(Self::of(local.assume_offset(UtcOffset::UTC)))
    }

    /// Epoch seconds with a fraction, as AWS's JSON has them; `None` when out of range or not a number.
    pub fn from_seconds_f64(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        (millis.is_finite() && millis.abs() < 9.0e15).then_some(Self(millis as i64))
    }

    /// `None` for an offset that no clock has; `OffsetDateTime` has offsets up to 25:59:59.
    fn of_sound(instant: OffsetDateTime) -> Option<Self> {
        (instant.offset().whole_hours().unsigned_abs() < 24).then(|| Self::of(instant))
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
    use ::time::{Month, Time};
    use proptest::prelude::*;

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
    fn reads_other_spellings_of_iso_8601() {
        check("2026-03-01t00:00:00z", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("20260301T000000Z", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-03-01T00:00Z", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-03-01T23:59:00+23:59", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2026-02-28T00:01:00-23:59", 1_772_323_200_000, "2026-03-01T00:00:00Z");
        check("2016-12-31T23:59:60Z", 1_483_228_799_999, "2016-12-31T23:59:59.999Z");
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "tomorrow",
            "12",
            ".12345",
            "12345.",
            "12.3.45",
            "2026-13-01",
            "2026-02-29",
            "2026-03-01T24:00:00Z",
            "2026-03-01T25:00:00Z",
            "2026-03-01T00:60:00Z",
            "2026-03-01T00:00:60Z",
            "2026-12-31T23:59:61Z",
            "2026-03-01900:00:00Z",
            "2026-03-01_00:00:00Z",
            "2026-03-01T00:00:00+24:00",
            "2026-03-01T00:00:00-24:00",
            "2026-03-01T00:00:00+25:00",
            "2026-03-01T00:00:00+25:59",
            "2026-03-01T00:00:00+00:60",
            "20260301T000000+2500",
            "2026-03-01T00+25",
            "2026-03-01T00:00:00Z2026",
        ] {
            assert_eq!(Timestamp::parse(text).ok(), None, "{text}");
        }
    }

    /// What the fields of a text mean by the calendar of the `time` crate.
    fn by_fields(date: [u16; 3], time: [u8; 3], millis: u16, offset: (bool, u8, u8)) -> Option<i64> {
        let [year, month, day] = date;
        let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
        let date = Date::from_calendar_date(i32::from(year), month, u8::try_from(day).ok()?).ok()?;
        let [hour, minute, second] = time;
        let time = Time::from_hms_milli(hour, minute, second, millis).ok()?;
        let (west, hours, minutes) = offset;
        if hours > 23 || minutes > 59 {
            return None;
        }
        let ahead = (i64::from(hours) * 60 + i64::from(minutes)) * if west { -60_000 } else { 60_000 };
        let local =
            i64::try_from(date.with_time(time).assume_utc().unix_timestamp_nanos() / 1_000_000).ok()?;
        Some(local - ahead)
    }

    /// A number that is in range most of the time.
    fn field(limit: u8) -> impl Strategy<Value = u8> {
        prop_oneof![6 => 0..limit, 1 => limit..=limit + 3, 1 => 0_u8..100]
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2_000) })]

        #[test]
        fn fields_are_read_as_the_calendar_has_them(
            (year, month, day) in (0_u16..=9999, field(13), field(32)),
            (hour, minute, second) in (field(24), field(60), field(60)),
            millis in 0_u16..1000,
            (west, hours, minutes) in (any::<bool>(), field(24), field(60)),
            separator in proptest::sample::select(&["T", "t", " "][..]),
        ) {
            // A second 60 depends on the place in the month; it has cases of its own.
            prop_assume!(second != 60);
            let sign = if west { '-' } else { '+' };
            let text = format!(
                "{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}.{millis:03}{sign}{hours:02}:{minutes:02}"
            );
            let date = [year, u16::from(month), u16::from(day)];
            let expected = by_fields(date, [hour, minute, second], millis, (west, hours, minutes));
            prop_assert_eq!(Timestamp::parse(&text).ok().map(Timestamp::millis), expected, "{}", text);
        }

        #[test]
        fn what_is_read_can_be_written_and_read_again(text in "[-+:. TZW0-9]{0,30}|[0-9]{4}-[01][0-9]-[0-3][0-9].[0-9:.]{2,9}[-+Z][0-9:]{0,5}|.{0,80}") {
            if let Ok(time) = Timestamp::parse(&text) {
                let shown = time.to_string();
                // Years past 9999 have no form in RFC 3339.
                if !shown.ends_with("ms") {
                    prop_assert_eq!(Timestamp::parse(&shown), Ok(time), "{}", text);
                }
            }
        }
    }
}
