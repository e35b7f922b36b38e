//! The constraints of the model, all of them at once, in the words that AWS uses.
//!
//! The words are those of the framework behind AWS's services: a bad text is reported at its own place, bad elements
//! of a list and bad keys or values of a map once at the place of the whole, with all constraints in brackets.

use std::fmt;

use serde_json::Value;

use crate::error::WireError;
use crate::limits::{ECHO_CHARS_MAX, VIOLATIONS_SHOWN_MAX};
use crate::operation::Operation;
use crate::path::Path;
use crate::scalar::Blob;
use crate::shape::{Bounds, Range, Shape, Text};

/// One broken constraint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The value, escaped and shortened; None for one that is missing.
    pub value: Option<String>,
    /// Where it is, e.g. `tags.1.member.Key`.
    pub path: String,
    /// What it breaks.
    pub constraint: String,
}

/// All broken constraints of one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Violations {
    /// How many there are.
    pub count: usize,
    /// The first of them, at most [`VIOLATIONS_SHOWN_MAX`].
    pub shown: Vec<Violation>,
}

/// Checks a decoded input.
///
/// # Errors
/// One `InvalidRequestException` with all violations (`ValidationException` where the operation has that instead).
pub fn validate(operation: Operation, input: &Value) -> Result<(), WireError> {
    let violations = violations(operation, input);
    if violations.count == 0 {
        return Ok(());
    }
    Err(WireError::invalid(operation.info(), violations.to_string()))
}

/// All broken constraints of a decoded input.
pub fn violations(operation: Operation, input: &Value) -> Violations {
    let mut found = Violations::default();
    inspect(operation.info().input, input, &Path::Root, &mut found);
    found
}

impl Violations {
    fn push(
        &mut self,
        path: &Path<'_>,
        value: Option<(&Shape, &Value)>,
        constraint: impl FnOnce() -> String,
    ) {
        self.count += 1;
        if self.shown.len() < VIOLATIONS_SHOWN_MAX {
            let value = value.map(|(shape, value)| echo(shape, value));
            self.shown.push(Violation { value, path: path.to_string(), constraint: constraint() });
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.value {
            Some(value) => write!(f, "Value '{value}'")?,
            None => f.write_str("Value null")?,
        }
        write!(f, " at '{}' failed to satisfy constraint: {}", self.path, self.constraint)
    }
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.count == 1 { "" } else { "s" };
        write!(f, "{} validation error{plural} detected: ", self.count)?;
        for (index, violation) in self.shown.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{violation}")?;
        }
        match self.count - self.shown.len() {
            0 => Ok(()),
            more => write!(f, "; and {more} more"),
        }
    }
}

const NOT_NULL: &str = "Member must not be null";

/// Looks at what is inside of `value`; its own constraints are the caller's.
fn inspect(shape: &Shape, value: &Value, path: &Path<'_>, found: &mut Violations) {
    match (shape, value) {
        (Shape::Structure(structure), Value::Object(members)) => {
            for member in structure.members {
                let path = Path::Member(path, member.name);
                match members.get(member.name).filter(|value| !value.is_null()) {
                    None if member.required => found.push(&path, None, || NOT_NULL.to_owned()),
                    None => {}
                    Some(value) => {
                        for broken in constraints(member.shape).filter(|constraint| !constraint.holds(value))
                        {
                            found.push(&path, Some((member.shape, value)), || broken.to_string());
                        }
                        inspect(member.shape, value, &path, found);
                    }
                }
            }
        }
        (Shape::List(list), Value::Array(elements)) => {
            inspect_all(shape, value, "Member", list.member, elements.iter(), path, found);
            for (index, element) in elements.iter().enumerate() {
                inspect(list.member, element, &Path::Element(path, index), found);
            }
        }
        (Shape::Map(map), Value::Object(entries)) => {
            if entries.keys().any(|key| !text_holds(map.key, key)) {
                found.push(path, Some((shape, value)), || all_constraints("Map keys", map.key, false));
            }
            inspect_all(shape, value, "Map value", map.value, entries.values(), path, found);
            for (key, entry) in entries {
                inspect(map.value, entry, &Path::Entry(path, key), found);
            }
        }
        _ => {}
    }
}

/// One violation for all elements of a collection, at the place of the collection.
fn inspect_all<'a>(
    shape: &Shape,
    value: &Value,
    what: &str,
    element: &'static Shape,
    elements: impl Iterator<Item = &'a Value> + Clone,
    path: &Path<'_>,
    found: &mut Violations,
) {
    let has_null = elements.clone().any(Value::is_null);
    let mut present = elements.filter(|value| !value.is_null());
    if has_null || present.any(|value| !constraints(element).all(|constraint| constraint.holds(value))) {
        found.push(path, Some((shape, value)), || all_constraints(what, element, has_null));
    }
}

fn all_constraints(what: &str, shape: &'static Shape, has_null: bool) -> String {
    let mut texts: Vec<String> = constraints(shape).map(|constraint| constraint.to_string()).collect();
    if has_null {
        texts.push(NOT_NULL.to_owned());
    }
    format!("{what} must satisfy constraint: [{}]", texts.join(", "))
}

/// One constraint on a value as a whole.
#[derive(Clone, Copy)]
enum Constraint {
    LengthMax(i64, Unit),
    LengthMin(i64, Unit),
    ValueMax(Limit),
    ValueMin(Limit),
    Pattern(&'static Text),
    OneOf(&'static [&'static str]),
}

/// What a length counts.
#[derive(Clone, Copy)]
enum Unit {
    /// Bytes behind base64.
    Bytes,
    /// Unicode code points.
    Characters,
    /// Elements of a list, entries of a map.
    Entries,
}

#[derive(Clone, Copy)]
enum Limit {
    Whole(i64),
    Real(f64),
}

/// The constraints of a shape, greatest before least, as AWS lists them.
fn constraints(shape: &'static Shape) -> impl Iterator<Item = Constraint> {
    let lengths = |range: &Range, unit| {
        let (max, min) = (range.max, range.min);
        (max.map(|max| Constraint::LengthMax(max, unit)), min.map(|min| Constraint::LengthMin(min, unit)))
    };
    let whole = |range: &Range| {
        let limit = |number| Limit::Whole(number);
        (range.max.map(limit).map(Constraint::ValueMax), range.min.map(limit).map(Constraint::ValueMin))
    };
    let (first, second) = match shape {
        Shape::String(text) => lengths(&text.length, Unit::Characters),
        Shape::List(list) => lengths(&list.length, Unit::Entries),
        Shape::Map(map) => lengths(&map.length, Unit::Entries),
        Shape::Blob(range) => lengths(range, Unit::Bytes),
        Shape::Integer(range) | Shape::Long(range) => whole(range),
        Shape::Double(Bounds { min, max }) => {
            let limit = |number| Limit::Real(number);
            (max.map(limit).map(Constraint::ValueMax), min.map(limit).map(Constraint::ValueMin))
        }
        Shape::Boolean | Shape::Timestamp | Shape::Structure(_) => (None, None),
    };
    let (third, fourth) = match shape {
        Shape::String(text) => (
            text.pattern.map(|_| Constraint::Pattern(text)),
            (!text.values.is_empty()).then_some(Constraint::OneOf(text.values)),
        ),
        _ => (None, None),
    };
    [first, second, third, fourth].into_iter().flatten()
}

impl Constraint {
    fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (_, Value::String(text)) => self.holds_for(text),
            (Self::LengthMax(max, _), value) => entries(value) <= max,
            (Self::LengthMin(min, _), value) => entries(value) >= min,
            (Self::ValueMax(Limit::Whole(max)), value) => value.as_i64().is_none_or(|number| number <= max),
            (Self::ValueMin(Limit::Whole(min)), value) => value.as_i64().is_none_or(|number| number >= min),
            (Self::ValueMax(Limit::Real(max)), value) => value.as_f64().is_none_or(|number| number <= max),
            (Self::ValueMin(Limit::Real(min)), value) => value.as_f64().is_none_or(|number| number >= min),
            (Self::Pattern(_) | Self::OneOf(_), _) => true,
        }
    }

    fn holds_for(self, text: &str) -> bool {
        match self {
            Self::LengthMax(max, unit) => unit.length(text) <= max,
            Self::LengthMin(min, unit) => unit.length(text) >= min,
            Self::Pattern(rules) => rules.pattern.is_none_or(|pattern| pattern.matches(text)),
            Self::OneOf(values) => values.contains(&text),
            Self::ValueMax(_) | Self::ValueMin(_) => true,
        }
    }
}

fn text_holds(shape: &'static Shape, text: &str) -> bool {
    constraints(shape).all(|constraint| constraint.holds_for(text))
}

impl Unit {
    fn length(self, text: &str) -> i64 {
        let length = match self {
            Self::Bytes => Blob::from_base64(text).map_or(0, |blob| blob.0.len()),
            Self::Characters | Self::Entries => text.chars().count(),
        };
        i64::try_from(length).unwrap_or(i64::MAX)
    }
}

fn entries(value: &Value) -> i64 {
    let length = match value {
        Value::Array(values) => values.len(),
        Value::Object(values) => values.len(),
        _ => 0,
    };
    i64::try_from(length).unwrap_or(i64::MAX)
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LengthMax(max, _) => write!(f, "Member must have length less than or equal to {max}"),
            Self::LengthMin(min, _) => write!(f, "Member must have length greater than or equal to {min}"),
            Self::ValueMax(max) => write!(f, "Member must have value less than or equal to {max}"),
            Self::ValueMin(min) => write!(f, "Member must have value greater than or equal to {min}"),
            Self::Pattern(text) => {
                let java = text.pattern.map_or("", |pattern| pattern.java);
                write!(f, "Member must satisfy regular expression pattern: {java}")
            }
            Self::OneOf(values) => write!(f, "Member must satisfy enum value set: [{}]", values.join(", ")),
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "{number:?}"),
        }
    }
}

/// A value as messages repeat it: lists as `[a, b]`, maps and structures as `{k=v}`; shortened to
/// [`ECHO_CHARS_MAX`], without what the model calls sensitive.
fn echo(shape: &Shape, value: &Value) -> String {
    let mut echo = Echo { text: String::new(), left: ECHO_CHARS_MAX };
    // Err says that the space is used up.
    if echo.value(shape, value).is_err() {
        echo.text.push_str("...");
    }
    echo.text
}

/// Gives a text in parts, escaped and shortened.
pub(crate) fn echo_text(text: &str, write: &mut dyn FnMut(&str) -> fmt::Result) -> fmt::Result {
    let mut echo = Echo { text: String::new(), left: ECHO_CHARS_MAX };
    let whole = echo.push(text);
    write(&echo.text)?;
    if whole.is_err() { write("...") } else { Ok(()) }
}

struct Echo {
    text: String,
    left: usize,
}

impl Echo {
    fn push(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            self.left = self.left.checked_sub(1).ok_or(fmt::Error)?;
            if hides(character) {
                self.text.extend(character.escape_unicode());
            } else {
                self.text.push(character);
            }
        }
        Ok(())
    }

    fn value(&mut self, shape: &Shape, value: &Value) -> fmt::Result {
        match (shape, value) {
            (Shape::String(Text { sensitive: true, .. }), _) => self.push("***"),
            (_, Value::String(text)) => self.push(text),
            (Shape::List(list), Value::Array(elements)) => {
                self.push("[")?;
                for (index, element) in elements.iter().enumerate() {
                    self.push(if index == 0 { "" } else { ", " })?;
                    self.value(list.member, element)?;
                }
                self.push("]")
            }
            (Shape::Map(map), Value::Object(entries)) => {
                let entries = entries.iter().map(|(key, value)| (key.as_str(), map.value, value));
                self.entries(entries)
            }
            (Shape::Structure(structure), Value::Object(given)) => {
                let members = structure.members.iter();
                let given =
                    members.filter_map(|member| Some((member.name, member.shape, given.get(member.name)?)));
                self.entries(given)
            }
            (_, value) => self.push(&value.to_string()),
        }
    }

    fn entries<'a>(&mut self, entries: impl Iterator<Item = (&'a str, &'a Shape, &'a Value)>) -> fmt::Result {
        self.push("{")?;
        for (index, (key, shape, value)) in entries.enumerate() {
            self.push(if index == 0 { "" } else { ", " })?;
            self.push(key)?;
            self.push("=")?;
            self.value(shape, value)?;
        }
        self.push("}")
    }
}

/// Characters that would disturb the terminal or log that shows the message: controls, line separators, and those that
/// turn the direction of writing (Unicode bidirectional algorithm, UAX 9, explicit formatting characters).
fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests;
