//! Variables of the Serverless Framework (`${self:custom.x}`, `${opt:stage, 'dev'}`): those that the file and what was given
//! answer.

use std::rc::Rc;

use thingwarden_engine::policy::Position;

use super::intrinsics::{Known, Template};
use super::node::{Node, Value};

/// Where variables come from. What else stands in `${...}` is a policy variable or CloudFormation's.
const SOURCES: &[&str] = &[
    "self",
    "opt",
    "param",
    "env",
    "sls",
    "aws",
    "file",
    "cf",
    "s3",
    "ssm",
    "git",
    "strToBool",
    "secretsmanager",
];

/// The text with its variables replaced. A text that is one variable is what that variable is, be it a list.
pub(super) fn substituted(
    template: &Template<'_>,
    text: &str,
    place: Position,
    steps: usize,
) -> Known<Rc<Node>> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some(end) = closing(after) else { break };
        let (inner, after) = after.split_at_checked(end).unwrap_or((after, ""));
        let after = after.strip_prefix('}').unwrap_or_default();
        out.push_str(before);
        if is_variable(inner) {
            let value = variable(template, inner, place, steps)?;
            if out.is_empty() && after.is_empty() {
                return Ok(value);
            }
            let text = value.scalar().ok_or_else(|| format!("`${{{inner}}}` is no text"))?;
            out.push_str(&text);
        } else {
            out.push_str("${");
            out.push_str(inner);
            out.push('}');
        }
        rest = after;
    }
    out.push_str(rest);
    template.made_text(place, out)
}

/// Where the brace is that closes what was opened before the text.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn is_variable(inner: &str) -> bool {
    let source = inner.split([':', '(']).next().unwrap_or_default();
    inner.contains(':') && SOURCES.contains(&source)
}

/// `SOURCE:ADDRESS, FALLBACK`.
fn variable(template: &Template<'_>, inner: &str, place: Position, steps: usize) -> Known<Rc<Node>> {
    let steps = steps.checked_sub(1).ok_or_else(|| format!("`${{{inner}}}` goes round in circles"))?;
    let (first, fallback) = match inner.split_once(',') {
        Some((first, fallback)) => (first.trim(), Some(fallback.trim())),
        None => (inner.trim(), None),
    };
    if let Some(value) = looked_up(template, first, place, steps) {
        return value;
    }
    let Some(fallback) = fallback else {
        let name = first.split_once(':').map_or(first, |(_, name)| name);
        return Err(format!("`${{{first}}}` is not known; give it with --parameter {name}=VALUE"));
    };
    if let Some(inner) = fallback.strip_prefix("${").and_then(|text| text.strip_suffix('}')) {
        return variable(template, inner, place, steps);
    }
    if is_variable(fallback) {
        return variable(template, fallback, place, steps);
    }
    template.made_text(place, fallback.trim_matches(['\'', '"']).to_owned())
}

/// What the file or the command line says of it; nothing when they say nothing.
fn looked_up(
    template: &Template<'_>,
    address: &str,
    place: Position,
    steps: usize,
) -> Option<Known<Rc<Node>>> {
    let (source, address) = address.split_once(':')?;
    let text = |text: &str| Some(template.made_text(place, text.to_owned()));
    match (source, address) {
        ("aws", "accountId") => text(template.account),
        ("aws", "region") => text(template.region),
        ("self", path) => match in_file(template.serverless.as_ref()?, path) {
            Some(node) => Some(template.within(node, steps)),
            None => text(template.given.get(path)?),
        },
        (_, name) => text(template.given.get(name)?),
    }
}

fn in_file<'a>(root: &'a Rc<Node>, path: &str) -> Option<&'a Rc<Node>> {
    let names = path.split('.').filter(|name| !name.is_empty());
    let mut node = root;
    for name in names {
        node = match &node.value {
            Value::List(nodes) => nodes.get(name.parse::<usize>().ok()?)?,
            _ => node.get(name)?,
        };
    }
    Some(node)
}
