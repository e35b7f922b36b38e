//! YAML as a tree: aliases are written out within limits, and CloudFormation's short tags become their long form, so that
//! `!Sub x` and `Fn::Sub: x` are the same.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, Tag};
use thingwarden_engine::policy::Position;

use super::super::json::narrow;
use super::super::limits::{TEMPLATE_DEPTH_MAX, TEMPLATE_NODES_MAX};
use super::node::{Node, Unreadable, Value};

/// A list or map that is being read.
struct Open {
    anchor: usize,
    tag: Option<String>,
    place: Position,
    content: Content,
}

enum Content {
    List(Vec<Rc<Node>>),
    Map {
        members: Vec<(String, Rc<Node>)>,
        /// What `<<` brings along, where the map does not say it itself.
        bases: Vec<Rc<Node>>,
        name: Option<String>,
    },
}

/// The first document of a text.
///
/// # Errors
/// It is no YAML, or no template could look like it.
pub(super) fn tree(text: &str) -> Result<Rc<Node>, Unreadable> {
    let mut parser = Parser::new_from_str(text);
    let mut open: Vec<Open> = Vec::new();
    let mut anchors: HashMap<usize, Rc<Node>> = HashMap::new();
    let mut count = 0_usize;
    let start = Position { line: 1, column: 1 };
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| Unreadable {
            place: position(error.marker().line(), error.marker().col()),
            what: format!("no YAML: {}", error.info()),
        })?;
        let place = place(span);
        let refuse = |what: String| Err(Unreadable { place, what });
        count += 1;
        if count > TEMPLATE_NODES_MAX {
            return refuse(format!("more than {TEMPLATE_NODES_MAX} values"));
        }
        let (node, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = local(tag);
                let value = scalar(text, style, tag.is_some());
                (with_tag(tag, Node::leaf(place, value))?, anchor)
            }
            Event::Alias(anchor) => match anchors.get(&anchor) {
                Some(node) => (Rc::clone(node), 0),
                None => return refuse("an alias inside of what it stands for".to_owned()),
            },
            Event::SequenceStart(anchor, tag) => {
                let content = Content::List(Vec::new());
                open.push(Open { anchor, tag: local(tag), place, content });
                if open.len() > TEMPLATE_DEPTH_MAX {
                    return refuse(format!("nested deeper than {TEMPLATE_DEPTH_MAX} levels"));
                }
                continue;
            }
            Event::MappingStart(anchor, tag) => {
                let content = Content::Map { members: Vec::new(), bases: Vec::new(), name: None };
                open.push(Open { anchor, tag: local(tag), place, content });
                if open.len() > TEMPLATE_DEPTH_MAX {
                    return refuse(format!("nested deeper than {TEMPLATE_DEPTH_MAX} levels"));
                }
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { anchor, tag, place, content }) = open.pop() else { continue };
                let value = match content {
                    Content::List(nodes) => Value::List(nodes),
                    Content::Map { members, bases, .. } => Value::Map(merged(members, &bases)),
                };
                (with_tag(tag, Node::new(place, value)?)?, anchor)
            }
            // One document is a template; others are of no meaning.
            Event::DocumentEnd | Event::StreamEnd => break,
            Event::Nothing | Event::StreamStart | Event::DocumentStart(_) => continue,
        };
        if anchor != 0 {
            anchors.insert(anchor, Rc::clone(&node));
        }
        match open.last_mut().map(|open| &mut open.content) {
            None => return Ok(node),
            Some(Content::List(nodes)) => nodes.push(node),
            Some(Content::Map { members, bases, name }) => match name.take() {
                Some(key) if key == "<<" => {
                    let brought = node.elements();
                    count += brought.iter().map(|base| 1 + base.members().len()).sum::<usize>();
                    if count > TEMPLATE_NODES_MAX {
                        return refuse(format!("more than {TEMPLATE_NODES_MAX} values"));
                    }
                    bases.extend_from_slice(brought);
                }
                Some(key) => members.push((key, node)),
                None => match node.scalar() {
                    Some(key) => *name = Some(key),
                    None => return refuse("a name that is no text".to_owned()),
                },
            },
        }
    }
    Err(Unreadable { place: start, what: "no document".to_owned() })
}

/// A map's own members, and those of its bases that it does not have: of the first base that has them.
fn merged(mut members: Vec<(String, Rc<Node>)>, bases: &[Rc<Node>]) -> Vec<(String, Rc<Node>)> {
    if bases.is_empty() {
        return members;
    }
    let mut known: HashSet<String> = members.iter().map(|(name, _)| name.clone()).collect();
    for (name, node) in bases.iter().flat_map(|base| base.members()) {
        if known.insert(name.clone()) {
            members.push((name.clone(), Rc::clone(node)));
        }
    }
    members
}

fn place(span: Span) -> Position {
    position(span.start.line(), span.start.col())
}

fn position(line: usize, column: usize) -> Position {
    Position { line: narrow(line as u64), column: narrow(column as u64).saturating_add(1) }
}

/// A tag such as `!Sub`, without its mark.
fn local(tag: Option<Cow<'_, Tag>>) -> Option<String> {
    tag.filter(|tag| tag.handle == "!" && !tag.suffix.is_empty()).map(|tag| tag.suffix.clone())
}

/// `!Sub x` as `Fn::Sub: x`.
fn with_tag(tag: Option<String>, node: Rc<Node>) -> Result<Rc<Node>, Unreadable> {
    let Some(tag) = tag else { return Ok(node) };
    let place = node.place;
    let name = match tag.as_str() {
        "Ref" | "Condition" => tag,
        _ => format!("Fn::{tag}"),
    };
    let node = match (name.as_str(), node.text().and_then(|text| text.split_once('.'))) {
        // The short form joins what the long form lists.
        ("Fn::GetAtt", Some((resource, attribute))) => {
            let part = |text: &str| Node::text_at(place, text.to_owned());
            Node::new(place, Value::List(vec![part(resource), part(attribute)]))?
        }
        _ => node,
    };
    Node::new(place, Value::Map(vec![(name, node)]))
}

/// YAML 1.2's core schema, as far as templates make use of it.
fn scalar(text: Cow<'_, str>, style: ScalarStyle, tagged: bool) -> Value {
    if style != ScalarStyle::Plain || tagged {
        return Value::Text(text.into_owned());
    }
    match &*text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        number if serde_json::from_str::<serde_json::Number>(number).is_ok() => {
            Value::Number(text.into_owned())
        }
        _ => Value::Text(text.into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_become_functions_and_values_know_their_place() {
        let node = tree("a:\n  - !Sub 'x${y}'\n  - !GetAtt R.Arn.x\nb: 2012-10-17\nc: !Ref d\n").unwrap();
        let json = node.to_json();
        assert_eq!(json["a"][0]["Fn::Sub"], "x${y}");
        assert_eq!(json["a"][1]["Fn::GetAtt"], serde_json::json!(["R", "Arn.x"]));
        assert_eq!((json["b"].as_str(), json["c"]["Ref"].as_str()), (Some("2012-10-17"), Some("d")));
        let place = node.get("a").unwrap().elements()[1].place;
        assert_eq!((place.line, place.column), (3, 5));
    }

    #[test]
    fn merge_keys_do_not_win_over_own_members() {
        let node = tree("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n").unwrap();
        assert_eq!(node.to_json()["y"], serde_json::json!({"a": 1, "b": 3}));
    }

    #[test]
    fn merge_keys_take_no_longer_than_what_they_bring() {
        let members =
            |value: u8| (0..20_000).map(|number| format!("k{number}: {value}, ")).collect::<String>();
        let node = tree(&format!("x: &x {{{}}}\ny: {{<<: *x, {}}}\n", members(1), members(2))).unwrap();
        assert_eq!(node.get("y").unwrap().text_of("k7"), None);
        assert_eq!(node.get("y").unwrap().get("k7").unwrap().scalar().as_deref(), Some("2"));
        let many = format!("x: &x {{{}}}\ny: {{{}}}\n", members(1), "<<: *x, ".repeat(1_000));
        assert!(tree(&many).unwrap_err().what.contains("values"));
        let bases = format!("x: &x [{}]\ny: {{{}}}\n", "1, ".repeat(20_000), "<<: *x, ".repeat(1_000));
        assert!(tree(&bases).unwrap_err().what.contains("values"));
    }

    #[test]
    fn bombs_and_loops_are_refused() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            let before = format!("*a{}, ", level - 1).repeat(10);
            bomb += &format!("a{level}: &a{level} [{}]\n", before.trim_end_matches(", "));
        }
        assert!(tree(&bomb).unwrap_err().what.contains("aliases written out"));
        assert!(tree("a: &a [*a]\n").is_err());
        assert!(tree(&"[".repeat(100_000)).is_err());
        let deep: String = (0..200).map(|level| format!("{}- \n", "  ".repeat(level))).collect();
        assert!(tree(&deep).is_err());
    }

    #[test]
    fn what_is_wrong_has_a_place() {
        let error = tree("a: 1\nb: [1, 2\nc: }\n").unwrap_err();
        assert!(error.place.line >= 2, "{error:?}");
        assert_eq!(tree("a: 1\na: 2\n").unwrap_err().what, "`a` comes twice");
    }
}
