//! The two time formats of X.509 (RFC 5280 section 4.1.2.5).

use crate::time::Timestamp;

/// Reads `UTCTime` (`YYMMDDHHMM[SS]`, years 1950 to 2049) or `GeneralizedTime` (`YYYYMMDDHH[MM[SS[.fff]]]`), each with
/// `Z` or an offset such as `+0100`. RFC 5280 allows the forms with seconds and `Z` only; the others are from before it.
pub(super) fn parse_time(text: &[u8], utc: bool) -> Option<Timestamp> {
    let mut digits = Digits(text);
    let year = if utc {
        match digits.number(2)? {
            year @ 0..50 => 2000 + year,
            year => 1900 + year,
        }
    } else {
        digits.number(4)?
    };
    let month = digits.number(2)?;
    let day = digits.number(2)?;
    let hour = digits.number(2)?;
    let minute = if utc { digits.number(2)? } else { digits.optional()? };
    let second = digits.optional()?;
    let millis = if utc { 0 } else { digits.fraction()? };
    let offset = digits.zone()?;
    // A leap second counts as the second after it.
    if !(1..=12).contains(&month)
        || day < 1
        || day > days_in(year, month)
        || hour > 23
        || minute > 59
        || second > 60
    {
        return None;
    }
    let minutes = (days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset;
    Some(Timestamp::from_millis((minutes * 60 + second) * 1000 + millis))
}

struct Digits<'a>(&'a [u8]);

impl Digits<'_> {
    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    }

    /// Two digits, or 0 where the zone already begins.
    fn optional(&mut self) -> Option<i64> {
        if self.0.first().is_some_and(u8::is_ascii_digit) { self.number(2) } else { Some(0) }
    }

    /// Milliseconds; further digits are cut off.
    fn fraction(&mut self) -> Option<i64> {
        let [b'.' | b',', rest @ ..] = self.0 else { return Some(0) };
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = rest.split_at_checked(count)?;
        self.0 = rest;
        let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(3);
        (count > 0).then(|| padded.fold(0, |millis, digit| millis * 10 + i64::from(digit - b'0')))
    }

    /// Minutes to the east of UTC.
    fn zone(&mut self) -> Option<i64> {
        match self.0 {
            b"Z" => Some(0),
            [sign @ (b'+' | b'-'), rest @ ..] => {
                let mut rest = Digits(rest);
                let minutes = rest.number(2)? * 60 + rest.number(2)?;
                rest.0.is_empty().then_some(if *sign == b'+' { minutes } else { -minutes })
            }
            _ => None,
        }
    }
}

const fn is_leap(year: i64) -> bool {
    (year % 4 == 0 && year % 100 != 0) || year % 400 == 0
}

const fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar, also before its introduction.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    let years = year - 1;
    let before_year = years * 365 + years.div_euclid(4) - years.div_euclid(100) + years.div_euclid(400);
    let before_month: i64 = (1..month).map(|month| days_in(year, month)).sum();
    before_year + before_month + day - 1 - 719_162
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, utc: bool, expected: Option<&str>) {
        let shown = parse_time(text.as_bytes(), utc).map(|time| time.to_string());
        assert_eq!(shown.as_deref(), expected, "{text}");
    }

    #[test]
    fn reads_both_formats() {
        check("260301000000Z", true, Some("2026-03-01T00:00:00Z"));
        check("491231235959Z", true, Some("2049-12-31T23:59:59Z"));
        check("500101000000Z", true, Some("1950-01-01T00:00:00Z"));
        check("99991231235959Z", false, Some("9999-12-31T23:59:59Z"));
        check("00010101000000Z", false, Some("0001-01-01T00:00:00Z"));
        check("20000229120000.2599Z", false, Some("2000-02-29T12:00:00.259Z"));
    }

    #[test]
    fn reads_forms_that_were_allowed_once() {
        check("9603010102Z", true, Some("1996-03-01T01:02:00Z"));
        check("960301010203+0100", true, Some("1996-03-01T00:02:03Z"));
        check("2026030101Z", false, Some("2026-03-01T01:00:00Z"));
        check("161231235960Z", true, Some("2017-01-01T00:00:00Z"));
    }

    #[test]
    fn refuses_what_is_no_time() {
        for text in [
            "",
            "Z",
            "260301000000",
            "261301000000Z",
            "260230000000Z",
            "260301240000Z",
            "26030100000aZ",
            "260301000000ZZ",
            "2603010000+01",
            "260301000000.5Z",
        ] {
            check(text, true, None);
        }
        for text in ["20250229000000Z", "20260301000000.Z", "-0260301000000Z", "20260301000000"] {
            check(text, false, None);
        }
    }
}
