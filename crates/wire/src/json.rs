//! JSON from strangers: bounded depth, no key twice, valid UTF-8.

use std::fmt;

use serde::de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::limits::JSON_DEPTH_MAX;

/// Parses a whole document. The message of an error says where, and never how it is implemented.
///
/// # Errors
/// What is wrong with it, and where.
pub fn parse(text: &str) -> Result<Value, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let parsed = Seed { depth_left: JSON_DEPTH_MAX }.deserialize(&mut deserializer);
    let value = parsed.map_err(|error| error.to_string())?;
    deserializer.end().map_err(|error| error.to_string())?;
    Ok(value)
}

/// What kind of JSON value this is, with its article, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[derive(Clone, Copy)]
struct Seed {
    depth_left: usize,
}

impl Seed {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        let depth_left = self.depth_left.checked_sub(1);
        let depth_left = depth_left
            .ok_or_else(|| E::custom(format_args!("nested deeper than {JSON_DEPTH_MAX} levels")))?;
        Ok(Self { depth_left })
    }
}

impl<'de> DeserializeSeed<'de> for Seed {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = vec![];
        while let Some(value) = access.next_element_seed(inner)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut values = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if values.contains_key(&key) {
                return Err(A::Error::custom(format_args!(
                    "the key `{}` is there twice",
                    key.escape_debug()
                )));
            }
            values.insert(key, access.next_value_seed(inner)?);
        }
        Ok(Value::Object(values))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    fn refused(text: &str, part: &str) {
        let message = parse(text).unwrap_err();
        assert!(message.contains(part), "{text}: {message}");
    }

    #[test]
    fn gives_the_same_as_any_parser() {
        for value in [json!({"a": [1, -2, 1.5, true, null, "é\u{0}\"", {}], "b": {"c": []}}), json!(7)] {
            assert_eq!(parse(&value.to_string()).unwrap(), value);
        }
    }

    #[test]
    fn refuses_a_key_twice_at_any_level() {
        refused(r#"{"a":1,"a":1}"#, "the key `a` is there twice");
        refused(r#"{"b":[{"a":1,"\u0061":2}]}"#, "the key `a` is there twice");
    }

    #[test]
    fn refuses_depth() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(32)).is_ok());
        refused(&nested(33), "nested deeper than 32 levels");
        refused(&"[".repeat(100_000), "nested deeper than 32 levels");
        refused(&"{\"a\":".repeat(100_000), "nested deeper than 32 levels");
    }

    #[test]
    fn refuses_what_is_not_json() {
        for text in ["", " ", "{", "{}x", "{'a':1}", "[1,]", "1e999", "\"\\ud800\"", "NaN", "\u{feff}{}"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
