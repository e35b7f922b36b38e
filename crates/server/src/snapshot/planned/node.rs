//! A template as a tree in which every value knows its place, and how JSON becomes one.

use std::collections::HashSet;
use std::rc::Rc;

use serde_json::value::RawValue;
use thingwarden_engine::policy::Position;

use super::super::json::{Members, Text, without_place};
use super::super::limits::{TEMPLATE_DEPTH_MAX, TEMPLATE_NODES_MAX};

/// A value and where it begins.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) place: Position,
    pub(super) value: Value,
    /// Nodes in it, itself included; what is used twice counts twice.
    size: usize,
    /// Levels below it, its own included.
    height: usize,
    /// Of a large map, the places of its members, sorted by name.
    by_name: Box<[usize]>,
}

/// Maps with more members than this are not searched one by one.
const SEARCHED_MAX: usize = 16;

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written.
    Number(String),
    Text(String),
    List(Vec<Rc<Node>>),
    /// In the order of the text; no name comes twice.
    Map(Vec<(String, Rc<Node>)>),
    /// What `AWS::NoValue` stands for: the member or element is not there.
    Absent,
}

/// Why a text is no tree, and where.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) place: Position,
    pub(super) what: String,
}

impl Node {
    /// # Errors
    /// The tree gets too large or too deep, or a name comes twice.
    pub(super) fn new(place: Position, value: Value) -> Result<Rc<Self>, Unreadable> {
        let (mut size, mut height) = (1_usize, 0);
        let mut below = |node: &Self| {
            size = size.saturating_add(node.size);
            height = height.max(node.height);
        };
        match &value {
            Value::List(nodes) => nodes.iter().for_each(|node| below(node)),
            Value::Map(members) => members.iter().for_each(|(_, node)| below(node)),
            _ => {}
        }
        let refuse = |what: String| Err(Unreadable { place, what });
        let mut by_name = Box::default();
        if let Value::Map(members) = &value {
            let mut seen = HashSet::with_capacity(members.len());
            if let Some((name, _)) = members.iter().find(|(name, _)| !seen.insert(name)) {
                return refuse(format!("`{name}` comes twice"));
            }
            if members.len() > SEARCHED_MAX {
                by_name = (0..members.len()).collect();
                by_name.sort_unstable_by_key(|at| members.get(*at).map(|(name, _)| name));
            }
        }
        if size > TEMPLATE_NODES_MAX {
            return refuse(format!("more than {TEMPLATE_NODES_MAX} values, aliases written out"));
        }
        if height >= TEMPLATE_DEPTH_MAX {
            return refuse(format!("nested deeper than {TEMPLATE_DEPTH_MAX} levels"));
        }
        Ok(Rc::new(Self { place, value, size, height: height + 1, by_name }))
    }

    /// Text that stands where `place` says.
    pub(super) fn text_at(place: Position, text: String) -> Rc<Self> {
        Self::leaf(place, Value::Text(text))
    }

    /// A value without others in it.
    pub(super) fn leaf(place: Position, value: Value) -> Rc<Self> {
        Rc::new(Self { place, value, size: 1, height: 1, by_name: Box::default() })
    }

    /// A member that is there and not null.
    pub(super) fn get(&self, name: &str) -> Option<&Rc<Self>> {
        let Value::Map(members) = &self.value else { return None };
        let (_, node) = if self.by_name.is_empty() {
            members.iter().find(|(known, _)| known == name)?
        } else {
            let known = |at: &usize| members.get(*at).map(|(name, _)| name.as_str());
            let found = self.by_name.binary_search_by_key(&Some(name), known).ok()?;
            members.get(*self.by_name.get(found)?)?
        };
        (!matches!(node.value, Value::Null | Value::Absent)).then_some(node)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn text_of(&self, name: &str) -> Option<&str> {
        self.get(name)?.text()
    }

    /// A scalar as text, as templates put it into strings.
    pub(super) fn scalar(&self) -> Option<String> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(truth) => Some(truth.to_string()),
            Value::Null | Value::List(_) | Value::Map(_) | Value::Absent => None,
        }
    }

    /// The elements of a list; one value stands for a list of it.
    pub(super) fn elements(self: &Rc<Self>) -> &[Rc<Self>] {
        match &self.value {
            Value::List(nodes) => nodes,
            Value::Null | Value::Absent => &[],
            _ => std::slice::from_ref(self),
        }
    }

    pub(super) fn members(&self) -> &[(String, Rc<Self>)] {
        match &self.value {
            Value::Map(members) => members,
            _ => &[],
        }
    }

    /// The only member of a map that has one.
    pub(super) fn single(&self) -> Option<(&str, &Rc<Self>)> {
        match self.members() {
            [(name, node)] => Some((name, node)),
            _ => None,
        }
    }

    /// As JSON.
    pub(super) fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null | Value::Absent => Json::Null,
            Value::Bool(truth) => Json::Bool(*truth),
            Value::Number(number) => {
                serde_json::from_str(number).unwrap_or_else(|_| Json::String(number.clone()))
            }
            Value::Text(text) => Json::String(text.clone()),
            Value::List(nodes) => nodes.iter().map(|node| node.to_json()).collect(),
            Value::Map(members) => {
                members.iter().map(|(name, node)| (name.clone(), node.to_json())).collect()
            }
        }
    }
}

/// Finds the places of a text's parts, which are asked for mostly in order.
pub(super) struct Places<'a> {
    text: &'a str,
    done: usize,
    at: Position,
    start: Position,
}

impl<'a> Places<'a> {
    pub(super) fn new(text: &'a str, start: Position) -> Self {
        Self { text, done: 0, at: start, start }
    }

    /// Where `part`, a part of the text, begins.
    fn of(&mut self, part: &str) -> Position {
        let offset = (part.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        if offset > self.text.len() {
            return self.start;
        }
        if offset < self.done {
            (self.done, self.at) = (0, self.start);
        }
        for character in self.text.get(self.done..offset).unwrap_or_default().chars() {
            self.at = match character {
                '\n' => Position { line: self.at.line.saturating_add(1), column: 1 },
                _ => Position { column: self.at.column.saturating_add(1), ..self.at },
            };
        }
        self.done = offset;
        self.at
    }

    /// The tree that `raw`, a part of the text, is.
    ///
    /// # Errors
    /// It is no JSON, or too large or too deep.
    pub(super) fn tree(&mut self, raw: &str) -> Result<Rc<Node>, Unreadable> {
        self.value(raw, 0)
    }

    fn value(&mut self, raw: &str, depth: usize) -> Result<Rc<Node>, Unreadable> {
        let place = self.of(raw);
        if depth > TEMPLATE_DEPTH_MAX {
            return Err(Unreadable {
                place,
                what: format!("nested deeper than {TEMPLATE_DEPTH_MAX} levels"),
            });
        }
        let refuse = |error: serde_json::Error| Unreadable { place, what: without_place(&error) };
        let value = match raw.as_bytes().first() {
            Some(b'{') => {
                let members = Members::parse(raw.as_bytes()).map_err(refuse)?;
                let read = |(name, raw): (&str, &str)| Ok((name.to_owned(), self.value(raw, depth + 1)?));
                Value::Map(members.iter().map(read).collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let elements: Vec<&RawValue> = serde_json::from_str(raw).map_err(refuse)?;
                let read = |raw: &RawValue| self.value(raw.get(), depth + 1);
                Value::List(elements.into_iter().map(read).collect::<Result<_, _>>()?)
            }
            Some(b'"') => Value::Text(serde_json::from_str::<Text<'_>>(raw).map_err(refuse)?.into_string()),
            Some(b't') => Value::Bool(true),
            Some(b'f') => Value::Bool(false),
            Some(b'n') => Value::Null,
            _ => Value::Number(raw.to_owned()),
        };
        Node::new(place, value)
    }
}
