//! Functions in templates: `Ref`, `Fn::FindInMap`, `Fn::Join`, `Fn::Select`, `Fn::Split`, `Fn::Sub` (guide, "Intrinsic
//! functions"). Depth is bounded by what the JSON reader takes, the size of what is made by a budget.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::plan::Unfit;
use super::template::{Template, TemplateError};

/// Bytes that the functions of one template may make: twice the longest message that could carry them (AWS IoT Core
/// message broker quotas, "Publish payload size").
const MADE_BYTES_MAX: usize = 256 << 10;

/// What means something in policies and topics, so that a device may not bring it into one.
const MEANINGFUL: &[char] = &['*', '?', '$', '{', '}', '"', '\\', '/', '#', '+'];

/// A parameter's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) text: String,
    /// Whether a device says it: then it is not trusted to be in a policy as it is.
    pub(crate) by_device: bool,
}

/// Values of parameters, by name.
pub(crate) type Parameters = BTreeMap<String, Given>;

/// Finds values.
pub(super) struct Resolver<'a> {
    template: &'a Template,
    parameters: &'a Parameters,
    left: Cell<usize>,
}

/// A function that is called somewhere.
struct Call<'a> {
    name: &'a str,
    argument: &'a Value,
}

/// The function that an object stands for; an error when it has further members.
fn call(members: &Map<String, Value>) -> Result<Option<Call<'_>>, String> {
    let function = members.iter().find(|(name, _)| *name == "Ref" || name.starts_with("Fn::"));
    match function {
        None => Ok(None),
        Some((name, argument)) if members.len() == 1 => Ok(Some(Call { name, argument })),
        // Something may be called `Ref` in a device's configuration.
        Some((name, _)) if name == "Ref" => Ok(None),
        Some((name, _)) => Err(format!("`{name}` has to be alone in its object")),
    }
}

/// Whether a function is called anywhere in a value.
pub(super) fn has_function(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_function),
        Value::Object(members) => !matches!(call(members), Ok(None)) || members.values().any(has_function),
        _ => false,
    }
}

/// Whether what comes out depends on what is inside of a value, and not only on where it stands.
pub(super) fn looks_into_values(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(looks_into_values),
        Value::Object(members) => {
            let splits = matches!(call(members), Ok(Some(Call { name: "Fn::Split", .. })));
            (splits && members.values().any(has_function)) || members.values().any(looks_into_values)
        }
        _ => false,
    }
}

/// That all functions in a value have their form, and that what they name is there.
///
/// # Errors
/// With what is not so.
pub(super) fn check(value: &Value, template: &Template, place: &str) -> Result<(), TemplateError> {
    check_in(value, template).map_err(|what| TemplateError::new(place, what))
}

fn check_in(value: &Value, template: &Template) -> Result<(), String> {
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check_in(item, template)),
        Value::Object(members) => match call(members)? {
            None => members.values().try_for_each(|member| check_in(member, template)),
            Some(call) => check_call(&call, template),
        },
        _ => Ok(()),
    }
}

fn check_call(call: &Call<'_>, template: &Template) -> Result<(), String> {
    let Call { name, argument } = call;
    let known = |reference: &str| match template.knows(reference) {
        true => Ok(()),
        false => Err(format!("`{reference}` is not declared in `Parameters`")),
    };
    let wrong = || Err(format!("`{name}` has arguments of another form"));
    match (*name, argument.as_array().map(Vec::as_slice).unwrap_or_default()) {
        ("Ref", _) => match argument.as_str() {
            Some(reference) => known(reference),
            None => wrong(),
        },
        ("Fn::Sub", arguments) => {
            let (text, values) = match (argument.as_str(), arguments) {
                (Some(text), _) => (text, None),
                (None, [Value::String(text), Value::Object(values)]) => (text.as_str(), Some(values)),
                _ => return wrong(),
            };
            for piece in pieces(text) {
                if let Piece::Variable(variable) = piece
                    && values.is_none_or(|values| !values.contains_key(variable))
                {
                    known(variable).map_err(|error| {
                        format!("{error}; a policy variable is written `${{!NAME}}` in `Fn::Sub`")
                    })?;
                }
            }
            let mut values = values.into_iter().flat_map(Map::values);
            values.try_for_each(|value| check_in(value, template))
        }
        ("Fn::Join" | "Fn::Select" | "Fn::Split", [one, other]) => {
            check_in(one, template)?;
            check_in(other, template)
        }
        ("Fn::FindInMap", [map, one, other]) => {
            if let Some(map) = map.as_str().filter(|map| !template.mappings.contains_key(*map)) {
                return Err(format!("`{map}` is not in `Mappings`"));
            }
            [map, one, other].into_iter().try_for_each(|argument| check_in(argument, template))
        }
        ("Fn::Join" | "Fn::Select" | "Fn::Split" | "Fn::FindInMap", _) => wrong(),
        _ => Err(format!("there is no function `{name}`")),
    }
}

impl<'a> Resolver<'a> {
    pub(super) fn new(template: &'a Template, parameters: &'a Parameters) -> Self {
        Self { template, parameters, left: Cell::new(MADE_BYTES_MAX) }
    }

    /// The value with all functions worked out.
    ///
    /// # Errors
    /// When a parameter has no value, or a function finds nothing.
    pub(super) fn value(&self, value: &Value) -> Result<Value, Unfit> {
        self.resolve(value, false)
    }

    /// As [`value`](Self::value), for a policy document.
    ///
    /// # Errors
    /// Also when a device has said something that would mean more in it than itself.
    pub(super) fn document(&self, value: &Value) -> Result<String, Unfit> {
        match self.resolve(value, true)? {
            Value::String(text) => Ok(text),
            document => Ok(document.to_string()),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// As [`value`](Self::value), and when it is none.
    pub(super) fn text(&self, value: &Value) -> Result<String, Unfit> {
        text(self.value(value)?)
    }

    fn resolve(&self, value: &Value, in_policy: bool) -> Result<Value, Unfit> {
        // What is empty takes time, too, and functions in functions multiply it.
        self.spend(1)?;
        match value {
            Value::Array(items) => {
                let items = items.iter().map(|item| self.resolve(item, in_policy));
                Ok(Value::Array(items.collect::<Result<_, _>>()?))
            }
            Value::Object(members) => match call(members).map_err(Unfit::Function)? {
                Some(call) => self.call(&call, in_policy),
                None => {
                    let members = members.iter();
                    let resolved =
                        members.map(|(name, value)| Ok((name.clone(), self.resolve(value, in_policy)?)));
                    Ok(Value::Object(resolved.collect::<Result<_, _>>()?))
                }
            },
            _ => Ok(value.clone()),
        }
    }

    fn call(&self, call: &Call<'_>, in_policy: bool) -> Result<Value, Unfit> {
        let Call { name, argument } = call;
        let resolve = |value: &Value| self.resolve(value, in_policy);
        let of_text = |value: &Value| text(resolve(value)?);
        let wrong = || Unfit::Function(format!("`{name}` has arguments of another form"));
        match (*name, argument.as_array().map(Vec::as_slice).unwrap_or_default()) {
            ("Ref", _) => self.parameter(argument.as_str().ok_or_else(wrong)?, in_policy).map(Value::String),
            ("Fn::Sub", arguments) => {
                let none = Map::new();
                let (text, values) = match (argument.as_str(), arguments) {
                    (Some(text), _) => (text, &none),
                    (None, [Value::String(text), Value::Object(values)]) => (text.as_str(), values),
                    _ => return Err(wrong()),
                };
                let mut made = String::new();
                for piece in pieces(text) {
                    let part = match piece {
                        Piece::Text(text) => text.to_owned(),
                        Piece::Literal(name) => format!("${{{name}}}"),
                        Piece::Variable(name) => match values.get(name) {
                            Some(value) => of_text(value)?,
                            None => self.parameter(name, in_policy)?,
                        },
                    };
                    self.spend(part.len())?;
                    made.push_str(&part);
                }
                Ok(Value::String(made))
            }
            ("Fn::Join", [delimiter, parts]) => {
                let delimiter = of_text(delimiter)?;
                let Value::Array(parts) = resolve(parts)? else { return Err(wrong()) };
                let mut made = String::new();
                for (index, part) in parts.into_iter().enumerate() {
                    let part = text(part)?;
                    self.spend(delimiter.len().saturating_add(part.len()))?;
                    if index > 0 {
                        made.push_str(&delimiter);
                    }
                    made.push_str(&part);
                }
                Ok(Value::String(made))
            }
            ("Fn::Split", [delimiter, whole]) => {
                let (delimiter, whole) = (of_text(delimiter)?, of_text(whole)?);
                if delimiter.is_empty() {
                    return Err(Unfit::Function("`Fn::Split` has an empty delimiter".to_owned()));
                }
                // Each part takes more memory than its bytes.
                let parts = whole.split(&delimiter).map(|part| {
                    self.spend(part.len().saturating_add(size_of::<Value>()))?;
                    Ok(Value::String(part.to_owned()))
                });
                Ok(Value::Array(parts.collect::<Result<_, Unfit>>()?))
            }
            ("Fn::Select", [index, list]) => {
                let index = of_text(index)?;
                let Value::Array(mut items) = resolve(list)? else { return Err(wrong()) };
                match index.parse().ok().filter(|index: &usize| *index < items.len()) {
                    Some(index) => Ok(items.swap_remove(index)),
                    None => Err(Unfit::Function(format!("`Fn::Select` finds no element `{index}`"))),
                }
            }
            ("Fn::FindInMap", [map, first, second]) => {
                let (map, first, second) = (of_text(map)?, of_text(first)?, of_text(second)?);
                let found = self.template.mappings.get(&map).and_then(|map| map.get(&first)?.get(&second));
                let found = found.ok_or_else(|| {
                    Unfit::Function(format!("`Fn::FindInMap` finds no `{first}`, `{second}` in `{map}`"))
                })?;
                // There are no functions in it, but it may be large.
                resolve(found)
            }
            _ => Err(wrong()),
        }
    }

    fn parameter(&self, name: &str, in_policy: bool) -> Result<String, Unfit> {
        let declared = self.template.parameters.get(name);
        let text = match self.parameters.get(name) {
            Some(given) => {
                if in_policy && given.by_device && given.text.contains(is_meaningful) {
                    return Err(Unfit::Meaningful { parameter: name.to_owned() });
                }
                &given.text
            }
            None => match declared {
                Some(Some(default)) => default,
                _ => return Err(Unfit::Missing { parameter: name.to_owned() }),
            },
        };
        self.spend(text.len())?;
        Ok(text.clone())
    }

    fn spend(&self, bytes: usize) -> Result<(), Unfit> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => Err(Unfit::Function(format!("functions make more than {MADE_BYTES_MAX} bytes"))),
        }
    }
}

fn is_meaningful(character: char) -> bool {
    MEANINGFUL.contains(&character) || character.is_control()
}

fn text(value: Value) -> Result<String, Unfit> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(Unfit::Function("a text is wanted where there is none".to_owned()))
        }
    }
}

/// A part of the text of `Fn::Sub`.
enum Piece<'a> {
    Text(&'a str),
    /// `${!X}`, which becomes `${X}`.
    Literal(&'a str),
    /// `${X}`.
    Variable(&'a str),
}

fn pieces(text: &str) -> impl Iterator<Item = Piece<'_>> {
    text.split_inclusive('}')
        .flat_map(|part| {
            let variable = part.strip_suffix('}').and_then(|part| part.rsplit_once("${"));
            match variable {
                None => [Some(Piece::Text(part)), None],
                Some((before, name)) => {
                    let piece = match name.strip_prefix('!') {
                        Some(literal) => Piece::Literal(literal),
                        None => Piece::Variable(name.trim()),
                    };
                    [Some(Piece::Text(before)), Some(piece)]
                }
            }
        })
        .flatten()
}
