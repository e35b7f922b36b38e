//! Times as text: ISO 8601 as clients write it into a query, e.g. `2024-01-01T01:02:03.456000Z`.

use crate::scalar::Timestamp;

/// Reads date, time and offset (`Z` or `+01:00`). Fractions below a millisecond are cut.
pub(crate) fn parse_iso8601(text: &str) -> Option<Timestamp> {
    let mut rest = Rest(text.as_bytes());
    let (year, month, day) = (rest.number(4)?, rest.after(b"-")?.number(2)?, rest.after(b"-")?.number(2)?);
    let (hour, minute) = (rest.after(b"Tt")?.number(2)?, rest.after(b":")?.number(2)?);
    let second = rest.after(b":")?.number(2)?;
    let fraction_ms = if rest.after(b".").is_some() { rest.fraction_ms()? } else { 0 };
    let offset_minutes = rest.offset_minutes()?;
    let in_range = rest.0.is_empty()
        && (1..=9999).contains(&year)
        && (1..=12).contains(&month)
        && (1..=days_in_month(year, month)).contains(&day)
        && hour <= 23
        && minute <= 59
        && second <= 59;
    if !in_range {
        return None;
    }
    let minutes = (days_since_1970(year, month, day) * 24 + hour) * 60 + minute - offset_minutes;
    Some(Timestamp::from_epoch_ms((minutes * 60 + second) * 1000 + fraction_ms))
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i64> {
        let (number, rest) = self.0.split_at_checked(digits)?;
        self.0 = rest;
        number
            .iter()
            .try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    }

    /// What follows one of these bytes; None, and nothing taken, if another one comes.
    fn after(&mut self, any: &[u8]) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        any.contains(first).then(|| self.0 = rest)?;
        Some(self)
    }

    /// One to nine digits behind the point.
    fn fraction_ms(&mut self) -> Option<i64> {
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&digits) {
            return None;
        }
        let value = self.number(digits)?;
        let mut nanoseconds = value;
        for _ in digits..9 {
            nanoseconds *= 10;
        }
        Some(nanoseconds / 1_000_000)
    }

    fn offset_minutes(&mut self) -> Option<i64> {
        if self.after(b"Zz").is_some() {
            return Some(0);
        }
        let sign = if self.after(b"-").is_some() { -1 } else { self.after(b"+").map(|_| 1)? };
        let (hours, minutes) = (self.number(2)?, self.after(b":")?.number(2)?);
        (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes))
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days of the proleptic Gregorian calendar. The year is taken to begin in March, so that the leap day is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    year * 365 + leap_days + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse_iso8601;

    fn check(text: &str, epoch_ms: Option<i64>) {
        assert_eq!(parse_iso8601(text).map(|time| time.epoch_ms), epoch_ms, "{text}");
    }

    #[test]
    fn reads_what_clients_write() {
        check("1970-01-01T00:00:00Z", Some(0));
        check("2024-01-01T00:00:00Z", Some(1_704_067_200_000));
        check("2024-01-01T01:02:03.456000Z", Some(1_704_070_923_456));
        check("2024-02-29T23:59:59.9Z", Some(1_709_251_199_900));
        check("2024-01-01T01:00:00+01:00", Some(1_704_067_200_000));
        check("2023-12-31T23:30:00-00:30", Some(1_704_067_200_000));
        check("1969-12-31T23:59:59.999999Z", Some(-1));
        check("0001-01-01T00:00:00Z", Some(-62_135_596_800_000));
        check("9999-12-31T23:59:59Z", Some(253_402_300_799_000));
        check("2000-03-01T00:00:00Z", Some(951_868_800_000));
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "1704067200",
            "2024-01-01",
            "2024-01-01T00:00:00",
            "2023-02-29T00:00:00Z",
            "1900-02-29T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-00-01T00:00:00Z",
            "2024-01-00T00:00:00Z",
            "2024-04-31T00:00:00Z",
            "2024-01-01T24:00:00Z",
            "2024-01-01T00:60:00Z",
            "2024-01-01T00:00:60Z",
            "2024-01-01T00:00:00.Z",
            "2024-01-01T00:00:00.1234567890Z",
            "2024-01-01T00:00:00Z ",
            "2024-01-01T00:00:00+0100",
            "2024-01-01T00:00:00+24:00",
            "0000-01-01T00:00:00Z",
            "-024-01-01T00:00:00Z",
            "2024-01-01 00:00:00Z",
            "２024-01-01T00:00:00Z",
        ] {
            check(text, None);
        }
    }
}
