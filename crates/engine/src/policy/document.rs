//! The policy language after parsing: what a document says, before anybody asks what it means.

use std::fmt;

/// Where something stands in the policy text, in bytes from its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    pub start: u32,
    pub end: u32,
}

/// Which of the dialects a document is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// An AWS IoT policy: `Action` and `Resource`, no `Principal`; at most 2,048 characters.
    Iot,
    /// An IAM identity policy, inline or managed: as above, at most 10,240 characters.
    Identity,
    /// An IAM role's trust policy: `Principal`, no `Resource`.
    Trust,
    /// A policy on a resource, such as a topic's: `Principal` and `Resource`; at most 30,720 characters (quotas of SNS).
    Resource,
}

/// The language version. Policy variables are variables in `2012-10-17` only; in IAM's older version, which is also the
/// meaning of no version at all, `${` is plain text. IoT policies know only the new version, so without one they have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    V2008,
    V2012,
}

/// A parsed policy document. It is immutable and keeps positions, so that a verdict can point at the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub dialect: Dialect,
    pub version: Version,
    pub id: Option<String>,
    pub statements: Vec<Statement>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    pub actions: Actions,
    /// `None` only in a trust policy.
    pub resources: Option<Resources>,
    /// The text of `Principal` / `NotPrincipal`, in trust policies and those on resources only.
    pub principals: Option<Principals>,
    pub conditions: Vec<Condition>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    Allow,
    Deny,
}

/// `Action` or `NotAction`. Action patterns compare without regard to ASCII case and hold no variables.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    /// True for `NotAction`.
    pub negated: bool,
    pub patterns: Vec<Spanned<Pattern>>,
}

/// `Resource` or `NotResource`. Comparison is by character, whole string, case-sensitive.
#[derive(Clone, Debug, PartialEq)]
pub struct Resources {
    /// True for `NotResource`.
    pub negated: bool,
    pub patterns: Vec<Spanned<Pattern>>,
}

/// `Principal` or `NotPrincipal`: (`AWS` | `Service` | `Federated` | `CanonicalUser` | `*`, value) pairs.
#[derive(Clone, Debug, PartialEq)]
pub struct Principals {
    pub negated: bool,
    pub entries: Vec<(String, String)>,
}

/// One operator with one key and its values: `"StringEquals": {"iot:ClientId": ["a", "b"]}`.
/// All conditions of a statement must hold; of the values, one suffices (for negated operators: none may match).
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    pub operator: Operator,
    pub key: String,
    /// Wildcards are [`Piece::AnyString`] and [`Piece::AnyChar`] only under `StringLike`, `StringNotLike` and the ARN
    /// operators; under every other operator `*` and `?` are literal text.
    pub values: Vec<Spanned<Pattern>>,
    pub span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operator {
    pub comparison: Comparison,
    /// `ForAllValues:` or `ForAnyValue:`.
    pub set: Option<SetOperator>,
    /// `...IfExists`: true when the key is absent.
    pub if_exists: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetOperator {
    ForAllValues,
    ForAnyValue,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Comparison {
    StringEquals,
    StringNotEquals,
    StringEqualsIgnoreCase,
    StringNotEqualsIgnoreCase,
    StringLike,
    StringNotLike,
    NumericEquals,
    NumericNotEquals,
    NumericLessThan,
    NumericLessThanEquals,
    NumericGreaterThan,
    NumericGreaterThanEquals,
    DateEquals,
    DateNotEquals,
    DateLessThan,
    DateLessThanEquals,
    DateGreaterThan,
    DateGreaterThanEquals,
    Bool,
    BinaryEquals,
    IpAddress,
    NotIpAddress,
    ArnEquals,
    ArnLike,
    ArnNotEquals,
    ArnNotLike,
    Null,
}

/// A string with wildcards and variables, as pieces in order. Two literals never stand next to each other, and neither do
/// two [`Piece::AnyString`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub struct Pattern {
    pub pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// Compared character by character. `${*}`, `${?}` and `${$}` are already plain `*`, `?`, `$` here.
    Literal(String),
    /// `?`: exactly one character.
    AnyChar,
    /// `*`: any number of characters, `/` included.
    AnyString,
    /// `${key}` or `${key, 'default'}`.
    Variable(Variable),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Variable {
    /// As written, for example `iot:Connection.Thing.ThingName`.
    pub key: String,
    pub default: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Spanned<T> {
    pub node: T,
    pub span: Span,
}

impl Pattern {
    /// The single literal that this pattern is, when it has neither wildcard nor variable.
    pub fn as_literal(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [] => Some(""),
            [Piece::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// `*` and nothing else.
    pub fn is_any(&self) -> bool {
        matches!(self.pieces.as_slice(), [Piece::AnyString])
    }
}

impl Comparison {
    /// All of them, in the order of IAM's manual.
    pub const ALL: &[Self] = &[
        Self::StringEquals,
        Self::StringNotEquals,
        Self::StringEqualsIgnoreCase,
        Self::StringNotEqualsIgnoreCase,
        Self::StringLike,
        Self::StringNotLike,
        Self::NumericEquals,
        Self::NumericNotEquals,
        Self::NumericLessThan,
        Self::NumericLessThanEquals,
        Self::NumericGreaterThan,
        Self::NumericGreaterThanEquals,
        Self::DateEquals,
        Self::DateNotEquals,
        Self::DateLessThan,
        Self::DateLessThanEquals,
        Self::DateGreaterThan,
        Self::DateGreaterThanEquals,
        Self::Bool,
        Self::BinaryEquals,
        Self::IpAddress,
        Self::NotIpAddress,
        Self::ArnEquals,
        Self::ArnLike,
        Self::ArnNotEquals,
        Self::ArnNotLike,
        Self::Null,
    ];

    /// As policies write it, without set operator and `IfExists`.
    pub fn name(self) -> &'static str {
        match self {
            Self::StringEquals => "StringEquals",
            Self::StringNotEquals => "StringNotEquals",
            Self::StringEqualsIgnoreCase => "StringEqualsIgnoreCase",
            Self::StringNotEqualsIgnoreCase => "StringNotEqualsIgnoreCase",
            Self::StringLike => "StringLike",
            Self::StringNotLike => "StringNotLike",
            Self::NumericEquals => "NumericEquals",
            Self::NumericNotEquals => "NumericNotEquals",
            Self::NumericLessThan => "NumericLessThan",
            Self::NumericLessThanEquals => "NumericLessThanEquals",
            Self::NumericGreaterThan => "NumericGreaterThan",
            Self::NumericGreaterThanEquals => "NumericGreaterThanEquals",
            Self::DateEquals => "DateEquals",
            Self::DateNotEquals => "DateNotEquals",
            Self::DateLessThan => "DateLessThan",
            Self::DateLessThanEquals => "DateLessThanEquals",
            Self::DateGreaterThan => "DateGreaterThan",
            Self::DateGreaterThanEquals => "DateGreaterThanEquals",
            Self::Bool => "Bool",
            Self::BinaryEquals => "BinaryEquals",
            Self::IpAddress => "IpAddress",
            Self::NotIpAddress => "NotIpAddress",
            Self::ArnEquals => "ArnEquals",
            Self::ArnLike => "ArnLike",
            Self::ArnNotEquals => "ArnNotEquals",
            Self::ArnNotLike => "ArnNotLike",
            Self::Null => "Null",
        }
    }

    /// True for the operators that compare text, whatever its case.
    pub fn is_textual(self) -> bool {
        matches!(
            self,
            Self::StringEquals
                | Self::StringNotEquals
                | Self::StringEqualsIgnoreCase
                | Self::StringNotEqualsIgnoreCase
                | Self::StringLike
                | Self::StringNotLike
        )
    }

    /// True for the operators to which ASCII case makes no difference.
    pub fn ignores_case(self) -> bool {
        matches!(self, Self::StringEqualsIgnoreCase | Self::StringNotEqualsIgnoreCase)
    }

    /// True for the operators that hold when the values do *not* match.
    pub fn is_negated(self) -> bool {
        matches!(
            self,
            Self::StringNotEquals
                | Self::StringNotEqualsIgnoreCase
                | Self::StringNotLike
                | Self::NumericNotEquals
                | Self::DateNotEquals
                | Self::NotIpAddress
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }

    /// True for the operators whose values have wildcards.
    pub fn has_wildcards(self) -> bool {
        matches!(
            self,
            Self::StringLike
                | Self::StringNotLike
                | Self::ArnEquals
                | Self::ArnLike
                | Self::ArnNotEquals
                | Self::ArnNotLike
        )
    }
}

impl fmt::Display for Operator {
    /// As policies write it: `ForAnyValue:StringLikeIfExists`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.set {
            None => "",
            Some(SetOperator::ForAllValues) => "ForAllValues:",
            Some(SetOperator::ForAnyValue) => "ForAnyValue:",
        })?;
        f.write_str(self.comparison.name())?;
        f.write_str(if self.if_exists { "IfExists" } else { "" })
    }
}

impl fmt::Display for Condition {
    /// Operator and key: `StringLike on iot:ClientId`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.operator, self.key)
    }
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        })
    }
}

impl fmt::Display for Pattern {
    /// Writes the pattern back in policy syntax; literal `*` and `?` come out escaped, and so does a `$` that would
    /// otherwise begin a variable.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::AnyChar => f.write_str("?")?,
                Piece::AnyString => f.write_str("*")?,
                Piece::Variable(Variable { key, default: None }) => write!(f, "${{{key}}}")?,
                Piece::Variable(Variable { key, default: Some(default) }) => {
                    write!(f, "${{{key}, '{default}'}}")?;
                }
                Piece::Literal(text) => {
                    let mut characters = text.chars().peekable();
                    while let Some(character) = characters.next() {
                        match character {
                            '*' | '?' => write!(f, "${{{character}}}")?,
                            '$' if characters.peek() == Some(&'{') => f.write_str("${$}")?,
                            _ => write!(f, "{character}")?,
                        }
                    }
                }
            }
        }
        Ok(())
    }
}
