//! Reading of JSON records: borrowed text, times in every form that AWS writes, and objects as lists of raw members.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use thingwarden_engine::time::Timestamp;

/// Text that borrows from the record where it has no escapes, also behind an `Option`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
        }
        deserializer.deserialize_str(Texts)
    }
}

/// A time: a number of seconds since 1970 with a fraction (milliseconds when it is too large for seconds), or ISO 8601.
/// `None` inside when the value is neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Option<Timestamp>);

impl Time {
    fn of_number(number: f64) -> Self {
        // The year 5138 in seconds; presence events and CloudWatch write milliseconds.
        let seconds = if number.abs() >= 1e11 { number / 1000.0 } else { number };
        Self(Timestamp::from_seconds_f64(seconds))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Times;
        impl Visitor<'_> for Times {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a time in seconds or in ISO 8601")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Time, E> {
                Ok(Time::of_number(number as f64))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Time, E> {
                Ok(Time::of_number(number as f64))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Time, E> {
                Ok(Time::of_number(number))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                Ok(match text.parse::<f64>() {
                    Ok(number) if text.len() > 4 => Time::of_number(number),
                    _ => Time(Timestamp::parse(text).ok()),
                })
            }

            fn visit_unit<E: de::Error>(self) -> Result<Time, E> {
                Ok(Time(None))
            }
        }
        deserializer.deserialize_any(Times)
    }
}

/// Members that lead to the next page of a list. `GetLogEvents` has others, which are there on the last page, too.
pub(super) const PAGE_TOKENS: [&str; 5] = ["nextToken", "nextMarker", "NextToken", "Marker", "NextMarker"];

/// An object whose members have not been looked into.
#[derive(Debug, Default)]
pub(super) struct Members<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Members<'a> {
    /// # Errors
    /// The text is not a JSON object.
    pub(super) fn parse(text: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(text)
    }

    /// The raw text of a member that is there and not null.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, raw)| raw.get()).filter(|raw| *raw != "null")
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.raw(name).is_some()
    }

    /// A member that is a string.
    pub(super) fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        let text: Text<'a> = serde_json::from_str(self.raw(name)?).ok()?;
        Some(text.0)
    }

    /// An answer that says that there is more: a token for the next page, under any of the names that AWS and its CLI
    /// have for it, or IAM's flag.
    pub(super) fn is_unfinished(&self) -> bool {
        match self.raw("IsTruncated") {
            Some(stated) => stated == "true",
            None => PAGE_TOKENS.iter().any(|name| self.raw(name).is_some_and(|token| token != "\"\"")),
        }
    }

    /// Names and raw text, in the order of the text.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a str)> {
        self.0.iter().map(|(name, raw)| (&**name, raw.get()))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Objects;
        impl<'de> Visitor<'de> for Objects {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(8);
                while let Some((name, value)) = map.next_entry::<Text<'de>, &'de RawValue>()? {
                    members.push((name.0, value));
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Objects)
    }
}

/// Counts lines up to parts of a record, which are asked for in order.
#[derive(Debug)]
pub(super) struct Lines<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
    first: u64,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a [u8], first: u64) -> Self {
        Self { text, at: 0, line: first, first }
    }

    /// The record.
    pub(super) fn text(&self) -> &'a str {
        std::str::from_utf8(self.text).unwrap_or_default()
    }

    /// The line on which the record begins.
    pub(super) fn first(&self) -> u32 {
        narrow(self.first)
    }

    /// The line on which `part`, a part of the record's text, begins.
    pub(super) fn of(&mut self, part: &str) -> u32 {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if offset > self.text.len() {
            return narrow(self.first);
        }
        if offset < self.at {
            (self.at, self.line) = (0, self.first);
        }
        let between = self.text.get(self.at..offset).unwrap_or_default();
        self.line += memchr::memchr_iter(b'\n', between).count() as u64;
        self.at = offset;
        narrow(self.line)
    }
}

/// A line number as records keep it.
pub(super) fn narrow(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// What serde says, without the place, which is counted from somewhere else.
pub(super) fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let check = |text: &str, millis: Option<i64>| {
            let time: Time = serde_json::from_str(text).unwrap();
            assert_eq!(time.0.map(Timestamp::millis), millis, "{text}");
        };
        check("1560161017.172", Some(1_560_161_017_172));
        check("1560161017", Some(1_560_161_017_000));
        check("1560161017172", Some(1_560_161_017_172));
        check("\"2026-03-01T01:00:00+01:00\"", Some(1_772_323_200_000));
        check("\"1560161017172\"", Some(1_560_161_017_172));
        check("null", None);
        check("\"soon\"", None);
    }

    #[test]
    fn members_keep_their_text() {
        let members = Members::parse(b"{\"a\": {\"x\" : 1}, \"b\":\"c\\nd\", \"n\": null}").unwrap();
        assert_eq!(members.raw("a"), Some("{\"x\" : 1}"));
        assert_eq!(members.text("b").as_deref(), Some("c\nd"));
        assert_eq!(members.text("a"), None);
        assert!(!members.has("n"));
        assert!(Members::parse(b"[1]").is_err());
    }

    #[test]
    fn lines_are_counted_from_the_record() {
        let text = "{\n\"a\":1,\n\"b\":[\n2]}".to_owned();
        let members = Members::parse(text.as_bytes()).unwrap();
        let mut lines = Lines::new(text.as_bytes(), 10);
        assert_eq!(lines.of(members.raw("b").unwrap()), 12);
        assert_eq!(lines.of(members.raw("a").unwrap()), 11);
        assert_eq!(lines.first(), 10);
    }
}
