//! From the parts of a request to one JSON object of its input.
//!
//! A member is taken from where the model puts it and from nowhere else: a `thingName` in a body never replaces the
//! one in the path. Types are checked here, constraints in [`validate`](mod@crate::validate). Members that the model
//! does not know are left out, and so is what is `null`.

use serde_json::{Map, Number, Value};

use crate::error::{Code, WireError};
use crate::json;
use crate::limits::{BODY_BYTES_MAX, QUERY_BYTES_MAX, QUERY_PAIRS_MAX};
use crate::operation::{Call, Operation, OperationInfo};
use crate::path::Path;
use crate::percent;
use crate::route::Labels;
use crate::scalar::{Blob, Timestamp};
use crate::shape::{Location, Member, Shape};
use crate::time;
use crate::validate;

/// The parts of a request that carry members, besides the path.
#[derive(Clone, Copy, Debug, Default)]
pub struct Request<'a> {
    /// What follows the `?`, as it came; empty if there is none.
    pub query: &'a str,
    /// The headers. Names in any case.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body. Callers bound it while they read; it is refused here past [`BODY_BYTES_MAX`].
    pub body: &'a [u8],
}

/// Decodes, validates and parses.
///
/// # Errors
/// As [`decode`] and [`validate`](validate::validate).
pub fn read<I: Call>(labels: &Labels, request: &Request<'_>) -> Result<I, WireError> {
    let input = decode(I::OPERATION, labels, request)?;
    validate::validate(I::OPERATION, &input)?;
    I::parse(input)
}

/// Merges labels, query, headers and body into an object with the model's member names. Every value in it has the type
/// that the model asks for.
///
/// # Errors
/// `SerializationException` for what cannot be read, `InvalidRequestException` for a query that the operation does
/// not have, `RequestEntityTooLargeException` for a body past [`BODY_BYTES_MAX`].
pub fn decode(operation: Operation, labels: &Labels, request: &Request<'_>) -> Result<Value, WireError> {
    let info = operation.info();
    let query = read_query(info, request.query)?;
    let mut body = read_body(info, request.body)?;
    let mut input = Map::new();
    for member in info.members() {
        let path = Path::Member(&Path::Root, member.name);
        let value = match member.location {
            Location::Uri(label) => {
                labels.get(label).map(|text| from_text(member.shape, text, &path)).transpose()?
            }
            Location::Query(key) => {
                let pair = query.iter().find(|(known, _)| *known == key);
                pair.map(|(_, text)| from_text(member.shape, text, &path)).transpose()?
            }
            Location::Header(name) => from_header(member, name, request.headers)?,
            Location::Body => match &mut body {
                Some(Value::Object(members)) => {
                    conform_present(member.shape, members.remove(member.name), &path)?
                }
                _ => None,
            },
            Location::Payload => conform_present(member.shape, body.take(), &path)?,
        };
        if let Some(value) = value {
            input.insert(member.name.to_owned(), value);
        }
    }
    Ok(Value::Object(input))
}

fn read_body(info: &OperationInfo, body: &[u8]) -> Result<Option<Value>, WireError> {
    if body.len() > BODY_BYTES_MAX {
        let message = format!("the body is longer than {BODY_BYTES_MAX} bytes");
        return Err(WireError::new(Code::RequestEntityTooLargeException, message));
    }
    // Clients send an empty body where `{}` is meant, and bodies of operations that have none mean nothing.
    if body.is_empty() || !info.has_body() {
        return Ok(None);
    }
    let text = std::str::from_utf8(body).map_err(|error| {
        WireError::serialization(format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    let value = json::parse(text).map_err(|message| {
        WireError::serialization(format!("the body is not JSON as expected: {message}"))
    })?;
    if !value.is_object() {
        let message = format!("the body must be a JSON object, not {}", json::kind(&value));
        return Err(WireError::serialization(message));
    }
    Ok(Some(value))
}

/// The pairs that the operation knows. Any other key is an error, for it is most likely a misspelled one and the
/// answer would not be what was asked for; those of a presigned request are let through.
fn read_query(info: &OperationInfo, query: &str) -> Result<Vec<(&'static str, String)>, WireError> {
    if query.is_empty() {
        return Ok(vec![]);
    }
    if query.len() > QUERY_BYTES_MAX {
        return Err(WireError::invalid(info, format!("the query is longer than {QUERY_BYTES_MAX} bytes")));
    }
    let mut pairs: Vec<(&'static str, String)> = vec![];
    for (index, pair) in query.split('&').filter(|pair| !pair.is_empty()).enumerate() {
        if index == QUERY_PAIRS_MAX {
            let message = format!("the query has more than {QUERY_PAIRS_MAX} parameters");
            return Err(WireError::invalid(info, message));
        }
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let key = percent::decode(key)
            .map_err(|error| WireError::serialization(format!("a name in the query {}", error.what())))?;
        let known = info.members().iter().find_map(|member| match member.location {
            Location::Query(name) if name == key => Some(name),
            _ => None,
        });
        let Some(name) = known else {
            if key.starts_with("X-Amz-") {
                continue;
            }
            return Err(WireError::invalid(info, unknown_parameter(info, &key)));
        };
        let value = percent::decode(value)
            .map_err(|error| WireError::serialization(format!("`{name}` in the query {}", error.what())))?;
        if pairs.iter().any(|(given, _)| *given == name) {
            return Err(WireError::invalid(info, format!("`{name}` is in the query twice")));
        }
        pairs.push((name, value.into_owned()));
    }
    Ok(pairs)
}

fn unknown_parameter(info: &OperationInfo, key: &str) -> String {
    let mut echoed = String::new();
    let _ = validate::echo_text(key, &mut |part| {
        echoed.push_str(part);
        Ok(())
    });
    let known: Vec<&str> = info
        .members()
        .iter()
        .filter_map(|member| if let Location::Query(name) = member.location { Some(name) } else { None })
        .collect();
    match known.as_slice() {
        [] => format!("`{echoed}` is in the query, but {} has no parameters there", info.name),
        known => {
            format!("{} has no parameter `{echoed}` in the query; it has {}", info.name, known.join(", "))
        }
    }
}

fn from_header(member: &Member, name: &str, headers: &[(&str, &[u8])]) -> Result<Option<Value>, WireError> {
    let mut values =
        headers.iter().filter(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(WireError::serialization(format!("the header `{name}` is there twice")));
    }
    let text = std::str::from_utf8(value)
        .map_err(|_| WireError::serialization(format!("the header `{name}` is not UTF-8")))?;
    from_text(member.shape, text, &Path::Member(&Path::Root, member.name)).map(Some)
}

/// A value that came as text: in the path, the query or a header.
fn from_text(shape: &Shape, text: &str, path: &Path<'_>) -> Result<Value, WireError> {
    let value = match shape {
        Shape::String(_) => Some(Value::from(text)),
        Shape::Boolean => text.parse::<bool>().ok().map(Value::from),
        Shape::Integer(_) => whole(text).and_then(|number| i32::try_from(number).ok()).map(Value::from),
        Shape::Long(_) => whole(text).map(Value::from),
        Shape::Double(_) => text.parse().ok().and_then(Number::from_f64).map(Value::Number),
        Shape::Timestamp => time::parse_iso8601(text).map(Timestamp::to_json),
        Shape::Blob(_) => Blob::from_base64(text).map(|_| Value::from(text)),
        Shape::List(_) | Shape::Map(_) | Shape::Structure(_) => None,
    };
    value.ok_or_else(|| must_be(path, expected(shape, true), "another text"))
}

/// Decimal digits with an optional minus, and nothing else.
fn whole(text: &str) -> Option<i64> {
    if text.starts_with('+') { None } else { text.parse().ok() }
}

fn conform_present(shape: &Shape, value: Option<Value>, path: &Path<'_>) -> Result<Option<Value>, WireError> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => conform(shape, value, path).map(Some),
    }
}

/// Checks types and takes out what the model does not know. Null stays where it is an element or a map's value: there
/// it is not absence but a violation.
fn conform(shape: &Shape, value: Value, path: &Path<'_>) -> Result<Value, WireError> {
    let conformed = match (shape, value) {
        (Shape::Boolean, value @ Value::Bool(_)) | (Shape::String(_), value @ Value::String(_)) => Ok(value),
        (Shape::Double(_), value @ Value::Number(_)) => Ok(value),
        (Shape::Long(_), Value::Number(number)) => match integral(&number) {
            Some(whole) => Ok(whole.into()),
            None => Err(Value::Number(number)),
        },
        (Shape::Integer(_), Value::Number(number)) => {
            match integral(&number).and_then(|whole| i32::try_from(whole).ok()) {
                Some(whole) => Ok(whole.into()),
                None => Err(Value::Number(number)),
            }
        }
        (Shape::Timestamp, Value::Number(number)) => {
            match number.as_f64().and_then(Timestamp::from_epoch_seconds) {
                Some(time) => Ok(time.to_json()),
                None => Err(Value::Number(number)),
            }
        }
        (Shape::Blob(_), Value::String(text)) => match Blob::from_base64(&text) {
            Some(_) => Ok(text.into()),
            None => Err(text.into()),
        },
        (Shape::List(list), Value::Array(mut values)) => {
            for (index, value) in values.iter_mut().enumerate() {
                conform_element(list.member, value, &Path::Element(path, index))?;
            }
            Ok(Value::Array(values))
        }
        (Shape::Map(map), Value::Object(mut values)) => {
            for (key, value) in &mut values {
                conform_element(map.value, value, &Path::Entry(path, key))?;
            }
            Ok(Value::Object(values))
        }
        (Shape::Structure(structure), Value::Object(mut given)) => {
            let mut members = Map::new();
            for member in structure.members {
                let path = Path::Member(path, member.name);
                if let Some(value) = conform_present(member.shape, given.remove(member.name), &path)? {
                    members.insert(member.name.to_owned(), value);
                }
            }
            Ok(Value::Object(members))
        }
        (_, value) => Err(value),
    };
    conformed.map_err(|value| {
        let found = match &value {
            Value::Number(_) if is_number(shape) => "another number",
            Value::String(_) if matches!(shape, Shape::Blob(_)) => "another text",
            value => json::kind(value),
        };
        must_be(path, expected(shape, false), found)
    })
}

fn conform_element(shape: &Shape, value: &mut Value, path: &Path<'_>) -> Result<(), WireError> {
    if !value.is_null() {
        *value = conform(shape, value.take(), path)?;
    }
    Ok(())
}

/// A whole number, also if it is written as `1.0` or `1e3`.
fn integral(number: &Number) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    number.as_i64().or_else(|| {
        let float = number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() <= EXACT_MAX)?;
        #[allow(clippy::cast_possible_truncation, reason = "whole and within the exact range")]
        Some(float as i64)
    })
}

fn is_number(shape: &Shape) -> bool {
    matches!(shape, Shape::Integer(_) | Shape::Long(_) | Shape::Double(_) | Shape::Timestamp)
}

fn expected(shape: &Shape, as_text: bool) -> &'static str {
    match shape {
        Shape::Boolean if as_text => "`true` or `false`",
        Shape::Boolean => "a boolean",
        Shape::Integer(_) => "a whole number of 32 bits",
        Shape::Long(_) => "a whole number of 64 bits",
        Shape::Double(_) => "a number",
        Shape::Timestamp if as_text => "a time like `2024-01-01T00:00:00Z`",
        Shape::Timestamp => "a time as a number of seconds since 1970",
        Shape::Blob(_) => "base64 text",
        Shape::String(_) => "a string",
        Shape::List(_) => "a list",
        Shape::Map(_) | Shape::Structure(_) => "an object",
    }
}

fn must_be(path: &Path<'_>, expected: &str, found: &str) -> WireError {
    WireError::serialization(format!("`{path}` must be {expected}, not {found}"))
}

#[cfg(test)]
mod tests;
