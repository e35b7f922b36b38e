//! From text to [`Document`]: what AWS refuses when a policy is created is refused here, with line and column.
//!
//! Names of members, operators and effects are case-sensitive, as the
//! [grammar of IAM policies](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html) has them.
//! An empty list of statements parses and grants nothing; so does `{}` as an IoT policy, which tools put where a policy has to be. An empty list of actions or resources is refused: with
//! `NotAction` or `NotResource` it would silently mean everything.

use super::document::{
    Actions, Comparison, Condition, Dialect, Document, Effect, Operator, Principals, Resources, SetOperator,
    Span, Spanned, Statement, Version,
};
use super::json::{self, JsonErrorKind, Member, Node, Value};
use super::pattern_text::{Syntax, parse_pattern};
use super::text::{OneOf, Quoted, closest, line_column};
use crate::limits::{
    IAM_POLICY_CHARS_MAX, IOT_POLICY_CHARS_MAX, POLICY_TEXT_BYTES_MAX, RESOURCE_POLICY_CHARS_MAX,
};

/// A policy document that was refused: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {kind}")]
pub struct PolicyParseError {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    pub kind: PolicyParseErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyParseErrorKind {
    #[error(transparent)]
    Json(#[from] JsonErrorKind),
    #[error("the text is not valid UTF-8 from here on")]
    InvalidUtf8,
    /// The place is the first character too many.
    #[error("the document is longer than {max} {unit}")]
    TooLong { max: usize, unit: &'static str },
    #[error("{what} must be {expected}, found {found}")]
    WrongType { what: String, expected: &'static str, found: &'static str },
    #[error("unknown member {}, expected one of {}", Quoted(.name), OneOf(.expected))]
    UnknownMember { name: String, expected: &'static [&'static str] },
    #[error("{what} has no {}", OneOf(.names))]
    MissingMember { what: &'static str, names: &'static [&'static str] },
    #[error("`{second}` cannot stand beside `{first}` in one statement")]
    Both { first: &'static str, second: &'static str },
    #[error("`{member}` is empty, expected at least one value")]
    Empty { member: &'static str },
    #[error("{} is no `{member}`, expected {}", Quoted(.value), OneOf(.expected))]
    UnknownValue { member: &'static str, value: String, expected: &'static [&'static str] },
    #[error("unknown condition operator {}{}", Quoted(.name), Suggestion(.suggestion))]
    UnknownOperator { name: String, suggestion: Option<&'static str> },
    #[error("the condition operator {} does not exist: `Null` takes neither `IfExists` nor a set operator", Quoted(.name))]
    NullTakesNothing { name: String },
}

struct Suggestion<'a>(&'a Option<&'static str>);

impl std::fmt::Display for Suggestion<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(name) => write!(f, ", did you mean `{name}`?"),
            None => f.write_str(", expected one such as `StringEquals`, `Bool` or `IpAddress`"),
        }
    }
}

/// Parses a policy document.
///
/// # Errors
/// The first thing that is wrong with it, as [`PolicyParseError`].
pub fn parse(text: &str, dialect: Dialect) -> Result<Document, PolicyParseError> {
    read(text, dialect).map_err(|Failure { offset, kind }| error_at(text, offset, kind))
}

/// As [`parse`], for bytes that may not even be UTF-8.
///
/// # Errors
/// As [`parse`]; invalid UTF-8 is reported at its first bad byte.
pub fn parse_bytes(bytes: &[u8], dialect: Dialect) -> Result<Document, PolicyParseError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(text, dialect),
        Err(error) => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            let valid = std::str::from_utf8(valid).unwrap_or_default();
            Err(error_at(valid, valid.len(), PolicyParseErrorKind::InvalidUtf8))
        }
    }
}

/// An error at a byte of the text.
struct Failure {
    offset: usize,
    kind: PolicyParseErrorKind,
}

fn error_at(text: &str, offset: usize, kind: PolicyParseErrorKind) -> PolicyParseError {
    let position = line_column(text, u32::try_from(offset).unwrap_or(u32::MAX));
    PolicyParseError { line: position.line, column: position.column, kind }
}

fn fail<T>(span: Span, kind: PolicyParseErrorKind) -> Result<T, Failure> {
    Err(Failure { offset: usize::try_from(span.start).unwrap_or(usize::MAX), kind })
}

fn wrong_type<T>(node: &Node, what: impl Into<String>, expected: &'static str) -> Result<T, Failure> {
    fail(
        node.span,
        PolicyParseErrorKind::WrongType { what: what.into(), expected, found: node.value.describe() },
    )
}

fn read(text: &str, dialect: Dialect) -> Result<Document, Failure> {
    check_size(text, dialect)?;
    let root = json::read(text).map_err(|error| Failure { offset: error.offset, kind: error.kind.into() })?;
    document(root, dialect)
}

/// Bytes bound the work; the character limits are AWS's, which do not count whitespace.
fn check_size(text: &str, dialect: Dialect) -> Result<(), Failure> {
    if text.len() > POLICY_TEXT_BYTES_MAX {
        let kind = PolicyParseErrorKind::TooLong { max: POLICY_TEXT_BYTES_MAX, unit: "bytes" };
        return Err(Failure { offset: POLICY_TEXT_BYTES_MAX, kind });
    }
    let max = match dialect {
        Dialect::Iot => IOT_POLICY_CHARS_MAX,
        Dialect::Identity | Dialect::Trust => IAM_POLICY_CHARS_MAX,
        Dialect::Resource => RESOURCE_POLICY_CHARS_MAX,
    };
    let counted = |c: char| !matches!(c, ' ' | '\t' | '\n' | '\r');
    match text.char_indices().filter(|(_, c)| counted(*c)).nth(max) {
        None => Ok(()),
        Some((offset, _)) => {
            let unit = "characters, whitespace not counted";
            Err(Failure { offset, kind: PolicyParseErrorKind::TooLong { max, unit } })
        }
    }
}

fn document(root: Node, dialect: Dialect) -> Result<Document, Failure> {
    const MEMBERS: &[&str] = &["Version", "Id", "Statement"];
    let span = root.span;
    let Value::Object(members) = root.value else {
        return wrong_type(&root, "a policy document", "an object");
    };
    let is_blank = members.is_empty() && dialect == Dialect::Iot;
    let (mut version, mut id, mut statement) = (None, None, None);
    for Member { name, name_span, node } in members {
        match name.as_str() {
            "Version" => version = Some(version_of(node)?),
            "Id" => id = Some(string(node, "Id")?),
            "Statement" => statement = Some(node),
            _ => return fail(name_span, PolicyParseErrorKind::UnknownMember { name, expected: MEMBERS }),
        }
    }
    let version = version.unwrap_or(match dialect {
        Dialect::Iot => Version::V2012,
        Dialect::Identity | Dialect::Trust | Dialect::Resource => Version::V2008,
    });
    let Some(node) = statement else {
        if is_blank {
            return Ok(Document { dialect, version, id, statements: vec![] });
        }
        let what = "the policy document";
        return fail(span, PolicyParseErrorKind::MissingMember { what, names: &["Statement"] });
    };
    let context = Grammar { dialect, variables: version == Version::V2012 };
    let statements = match node.value {
        Value::Array(nodes) => {
            nodes.into_iter().map(|node| context.statement(node)).collect::<Result<_, _>>()?
        }
        Value::Object(_) => vec![context.statement(node)?],
        _ => return wrong_type(&node, "`Statement`", "an object or a list of objects"),
    };
    Ok(Document { dialect, version, id, statements })
}

fn version_of(node: Node) -> Result<Version, Failure> {
    let span = node.span;
    let value = string(node, "Version")?;
    match value.as_str() {
        "2012-10-17" => Ok(Version::V2012),
        "2008-10-17" => Ok(Version::V2008),
        _ => {
            let expected = &["2012-10-17", "2008-10-17"];
            fail(span, PolicyParseErrorKind::UnknownValue { member: "Version", value, expected })
        }
    }
}

fn string(node: Node, member: &'static str) -> Result<String, Failure> {
    match node.value {
        Value::String(string) => Ok(string),
        _ => wrong_type(&node, format!("`{member}`"), "a string"),
    }
}

/// What the members of a statement may be.
#[derive(Clone, Copy)]
struct Grammar {
    dialect: Dialect,
    variables: bool,
}

impl Grammar {
    fn members(self) -> &'static [&'static str] {
        match self.dialect {
            Dialect::Iot | Dialect::Identity => {
                &["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"]
            }
            Dialect::Trust => {
                &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Condition"]
            }
            Dialect::Resource => &[
                "Sid",
                "Effect",
                "Principal",
                "NotPrincipal",
                "Action",
                "NotAction",
                "Resource",
                "NotResource",
                "Condition",
            ],
        }
    }

    fn statement(self, node: Node) -> Result<Statement, Failure> {
        let span = node.span;
        let Value::Object(members) = node.value else {
            return wrong_type(&node, "a statement", "an object");
        };
        let has_resources = self.dialect != Dialect::Trust;
        let has_principals = matches!(self.dialect, Dialect::Trust | Dialect::Resource);
        let (mut sid, mut effect, mut conditions) = (None, None, Vec::new());
        let (mut actions, mut resources, mut principals) = (None, None, None);
        for Member { name, name_span, node } in members {
            match name.as_str() {
                "Sid" => sid = Some(string(node, "Sid")?),
                "Effect" => effect = Some(effect_of(node)?),
                "Condition" => conditions = self.conditions(node)?,
                "Action" | "NotAction" => {
                    let (member, negated) = negatable(&name, "Action", "NotAction");
                    only_one(actions.is_some(), name_span, member, "Action", "NotAction")?;
                    let patterns = patterns(node, member, Syntax { wildcards: true, variables: false })?;
                    actions = Some(Actions { negated, patterns });
                }
                "Resource" | "NotResource" if has_resources => {
                    let (member, negated) = negatable(&name, "Resource", "NotResource");
                    only_one(resources.is_some(), name_span, member, "Resource", "NotResource")?;
                    let patterns =
                        patterns(node, member, Syntax { wildcards: true, variables: self.variables })?;
                    resources = Some(Resources { negated, patterns });
                }
                "Principal" | "NotPrincipal" if has_principals => {
                    let (member, negated) = negatable(&name, "Principal", "NotPrincipal");
                    only_one(principals.is_some(), name_span, member, "Principal", "NotPrincipal")?;
                    principals = Some(Principals { negated, entries: principal_entries(node, member)? });
                }
                _ => {
                    let kind = PolicyParseErrorKind::UnknownMember { name, expected: self.members() };
                    return fail(name_span, kind);
                }
            }
        }
        let missing = |names| PolicyParseErrorKind::MissingMember { what: "the statement", names };
        let Some(effect) = effect else { return fail(span, missing(&["Effect"])) };
        let Some(actions) = actions else { return fail(span, missing(&["Action", "NotAction"])) };
        if has_resources && resources.is_none() {
            return fail(span, missing(&["Resource", "NotResource"]));
        }
        if has_principals && principals.is_none() {
            return fail(span, missing(&["Principal", "NotPrincipal"]));
        }
        Ok(Statement { sid, effect, actions, resources, principals, conditions, span })
    }

    /// `{"Operator": {"key": value or [values]}}`, one [`Condition`] for each key.
    fn conditions(self, node: Node) -> Result<Vec<Condition>, Failure> {
        let Value::Object(operators) = node.value else {
            return wrong_type(&node, "`Condition`", "an object from operator to keys");
        };
        let mut conditions = Vec::new();
        for Member { name, name_span, node } in operators {
            let operator = operator(&name).or_else(|kind| fail(name_span, kind))?;
            let Value::Object(keys) = node.value else {
                return wrong_type(&node, format!("`{operator}`"), "an object from condition key to values");
            };
            for Member { name, name_span, node } in keys {
                let span = Span { start: name_span.start, end: node.span.end };
                let values = self.condition_values(node, operator, &name)?;
                conditions.push(Condition { operator, key: name, values, span });
            }
        }
        Ok(conditions)
    }

    fn condition_values(
        self,
        node: Node,
        operator: Operator,
        key: &str,
    ) -> Result<Vec<Spanned<super::Pattern>>, Failure> {
        let syntax = Syntax { wildcards: operator.comparison.has_wildcards(), variables: self.variables };
        let nodes = match node.value {
            Value::Array(nodes) => nodes,
            _ => vec![node],
        };
        nodes
            .into_iter()
            .map(|node| {
                let text = match node.value {
                    Value::String(text) | Value::Number(text) => text,
                    Value::Bool(value) => value.to_string(),
                    _ => {
                        let expected = "a string, number or boolean, or a list of them";
                        return wrong_type(&node, format!("a value of {}", Quoted(key)), expected);
                    }
                };
                Ok(Spanned { node: parse_pattern(&text, syntax), span: node.span })
            })
            .collect()
    }
}

fn effect_of(node: Node) -> Result<Effect, Failure> {
    let span = node.span;
    let value = string(node, "Effect")?;
    match value.as_str() {
        "Allow" => Ok(Effect::Allow),
        "Deny" => Ok(Effect::Deny),
        _ => {
            let expected = &["Allow", "Deny"];
            fail(span, PolicyParseErrorKind::UnknownValue { member: "Effect", value, expected })
        }
    }
}

fn negatable(name: &str, plain: &'static str, negated: &'static str) -> (&'static str, bool) {
    if name == negated { (negated, true) } else { (plain, false) }
}

fn only_one(
    taken: bool,
    span: Span,
    member: &'static str,
    plain: &'static str,
    negated: &'static str,
) -> Result<(), Failure> {
    if !taken {
        return Ok(());
    }
    let first = if member == negated { plain } else { negated };
    fail(span, PolicyParseErrorKind::Both { first, second: member })
}

/// A string or a list of strings; at least one.
fn strings(node: Node, member: &'static str) -> Result<Vec<Spanned<String>>, Failure> {
    let list_span = node.span;
    let nodes = match node.value {
        Value::Array(nodes) => nodes,
        Value::String(_) => vec![node],
        _ => return wrong_type(&node, format!("`{member}`"), "a string or a list of strings"),
    };
    if nodes.is_empty() {
        return fail(list_span, PolicyParseErrorKind::Empty { member });
    }
    nodes
        .into_iter()
        .map(|node| {
            let span = node.span;
            match node.value {
                Value::String(text) => Ok(Spanned { node: text, span }),
                _ => wrong_type(&node, format!("a value of `{member}`"), "a string"),
            }
        })
        .collect()
}

fn patterns(
    node: Node,
    member: &'static str,
    syntax: Syntax,
) -> Result<Vec<Spanned<super::Pattern>>, Failure> {
    let spanned =
        |text: Spanned<String>| Spanned { node: parse_pattern(&text.node, syntax), span: text.span };
    Ok(strings(node, member)?.into_iter().map(spanned).collect())
}

/// `"*"`, or an object from kind to one or many values.
fn principal_entries(node: Node, member: &'static str) -> Result<Vec<(String, String)>, Failure> {
    const KINDS: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];
    let span = node.span;
    let expected = "`\"*\"` or an object from kind of principal to values";
    let members = match node.value {
        Value::String(text) if text == "*" => return Ok(vec![("*".to_owned(), text)]),
        Value::Object(members) => members,
        _ => return wrong_type(&node, format!("`{member}`"), expected),
    };
    if members.is_empty() {
        return fail(span, PolicyParseErrorKind::Empty { member });
    }
    let mut entries = Vec::new();
    for Member { name, name_span, node } in members {
        let Some(kind) = KINDS.iter().copied().find(|kind| *kind == name) else {
            return fail(name_span, PolicyParseErrorKind::UnknownMember { name, expected: KINDS });
        };
        entries.extend(strings(node, kind)?.into_iter().map(|value| (name.clone(), value.node)));
    }
    Ok(entries)
}

/// `[ForAllValues:|ForAnyValue:]Comparison[IfExists]`.
fn operator(name: &str) -> Result<Operator, PolicyParseErrorKind> {
    let (set, rest) = match name.split_once(':') {
        Some(("ForAllValues", rest)) => (Some(SetOperator::ForAllValues), rest),
        Some(("ForAnyValue", rest)) => (Some(SetOperator::ForAnyValue), rest),
        _ => (None, name),
    };
    let (base, if_exists) = match rest.strip_suffix("IfExists") {
        Some(base) => (base, true),
        None => (rest, false),
    };
    let Some(comparison) = Comparison::ALL.iter().copied().find(|comparison| comparison.name() == base)
    else {
        let suggestion = closest(base, Comparison::ALL.iter().map(|comparison| comparison.name()));
        return Err(PolicyParseErrorKind::UnknownOperator { name: name.to_owned(), suggestion });
    };
    if comparison == Comparison::Null && (set.is_some() || if_exists) {
        return Err(PolicyParseErrorKind::NullTakesNothing { name: name.to_owned() });
    }
    Ok(Operator { comparison, set, if_exists })
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
