//! Values whose form on the wire is not that of a plain Rust type, and the macro for enumerations.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Error, Unexpected};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time, to the millisecond. On the wire: seconds since 1970 as a number, with a fraction if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub epoch_ms: i64,
}

impl Timestamp {
    /// From milliseconds since 1970.
    pub const fn from_epoch_ms(epoch_ms: i64) -> Self {
        Self { epoch_ms }
    }

    /// From seconds since 1970; fractions below a millisecond are cut. None outside of the years 1 to 9999, which is
    /// what clients can hold.
    pub(crate) fn from_epoch_seconds(seconds: f64) -> Option<Self> {
        const YEAR_1: f64 = -62_135_596_800.0;
        const YEAR_10000: f64 = 253_402_300_800.0;
        if !(YEAR_1..YEAR_10000).contains(&seconds) {
            return None;
        }
        // A double holds these seconds to better than 0.1 ms: rounding to 0.1 ms first keeps .123 from becoming .122.
        let epoch_ms = ((seconds * 10_000.0).round() / 10.0).floor();
        #[allow(clippy::cast_possible_truncation, reason = "the range was checked")]
        Some(Self { epoch_ms: epoch_ms as i64 })
    }

    /// The form that it has in JSON.
    pub(crate) fn to_json(self) -> serde_json::Value {
        match (self.epoch_ms % 1000, self.epoch_ms / 1000) {
            (0, seconds) => seconds.into(),
            _ => self.seconds().into(),
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "2^53 milliseconds are 285,000 years")]
    fn seconds(self) -> f64 {
        self.epoch_ms as f64 / 1000.0
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.epoch_ms % 1000 {
            0 => serializer.serialize_i64(self.epoch_ms / 1000),
            _ => serializer.serialize_f64(self.seconds()),
        }
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        Self::from_epoch_seconds(seconds)
            .ok_or_else(|| D::Error::invalid_value(Unexpected::Float(seconds), &"seconds since 1970"))
    }
}

/// Bytes; base64 on the wire (RFC 4648 section 4, with padding).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blob(pub Vec<u8>);

impl Blob {
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        STANDARD.decode(text).ok().map(Self)
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::from_base64(&text).ok_or_else(|| D::Error::custom("not base64"))
    }
}

/// Text that the model marks as sensitive: its `Debug` form does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Reads an enumeration's value.
pub(crate) fn one_of<'de, D: Deserializer<'de>, T>(
    deserializer: D,
    parse: fn(&str) -> Option<T>,
    values: &'static [&'static str],
) -> Result<T, D::Error> {
    let text = Cow::<str>::deserialize(deserializer)?;
    parse(&text).ok_or_else(|| D::Error::unknown_variant(&text, values))
}

/// Makes an enumeration of the model: each variant with its text on the wire.
macro_rules! string_enum {
    ($(#[$attribute:meta])* $name:ident { $($variant:ident = $text:literal,)+ }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = concat!("`", $text, "`")] $variant,)+
        }

        impl $name {
            /// All values, in the model's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            pub(crate) const TEXTS: &'static [&'static str] = &[$($text),+];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            /// The value with this text on the wire.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::scalar::one_of(deserializer, Self::parse, Self::TEXTS)
            }
        }
    };
}
pub(crate) use string_enum;

#[cfg(test)]
mod tests {
    use super::{Blob, Secret, Timestamp};

    fn check(epoch_ms: i64, json: &str) {
        let time = Timestamp { epoch_ms };
        assert_eq!(serde_json::to_string(&time).unwrap(), json);
        assert_eq!(time.to_json().to_string(), json);
        assert_eq!(serde_json::from_str::<Timestamp>(json).unwrap(), time);
    }

    #[test]
    fn times_are_seconds_with_a_fraction_if_there_is_one() {
        check(0, "0");
        check(1_893_456_000_000, "1893456000");
        check(1_700_000_000_123, "1700000000.123");
        check(1_700_000_000_120, "1700000000.12");
        check(-1500, "-1.5");
        check(253_402_300_799_999, "253402300799.999");
    }

    #[test]
    fn every_millisecond_of_a_second_survives() {
        for epoch_ms in 1_999_999_999_000..2_000_000_000_000 {
            let json = serde_json::to_string(&Timestamp { epoch_ms }).unwrap();
            assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap().epoch_ms, epoch_ms);
        }
    }

    #[test]
    fn finer_fractions_are_cut() {
        let time: Timestamp = serde_json::from_str("1.0019").unwrap();
        assert_eq!(time.epoch_ms, 1001);
    }

    #[test]
    fn times_outside_of_the_calendar_are_refused() {
        for json in ["253402300800", "-62135596801", "1e300", "1700000000123", "\"2024\"", "null"] {
            assert!(serde_json::from_str::<Timestamp>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn blobs_are_base64() {
        assert_eq!(serde_json::to_string(&Blob(vec![0, 255])).unwrap(), "\"AP8=\"");
        assert_eq!(serde_json::from_str::<Blob>("\"AP8=\"").unwrap(), Blob(vec![0, 255]));
        assert!(serde_json::from_str::<Blob>("\"AP8\"").is_err());
    }

    #[test]
    fn secrets_do_not_show_in_debug() {
        assert!(!format!("{:?}", Some(Secret("hidden".to_owned()))).contains("hidden"));
    }
}
