//! Conditions of statements, made ready for evaluation.
//!
//! A condition comes out true, false or unknown. Unknown means that a variable has no value, or that a text is not what
//! the operator compares: a number, a date, a boolean, base64, an address or an ARN. An `Allow` takes unknown for
//! false and a `Deny` takes it for true. One value that settles the question is enough, though: `StringEquals` on
//! `["a", "${x}"]` is true for `a`, and `StringNotEquals` on the same is false for `a`, whatever `${x}` may be.
//!
//! The rules follow IAM's manual on
//! [operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html) and
//! [set operators](https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html).
//! Variables work in the string and ARN operators and in `Bool`; elsewhere a `${...}` is a text that is no number, no
//! date and so on.

use std::cmp::Ordering;
use std::net::IpAddr;
use std::ops::Not;

use super::context::{Context, Key};
use super::document::{Comparison, Condition, Effect, Pattern, Piece, SetOperator};
use super::pattern::{Matcher, NoValue};
use super::value::{Cidr, Decimal, is_base64, parse_bool};
use crate::time::Timestamp;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Unknown,
    True,
}

impl Truth {
    /// What a statement of this effect makes of it: an unknown condition never grants and never saves from a `Deny`.
    pub(super) fn holds(self, effect: Effect) -> bool {
        match self {
            Self::True => true,
            Self::False => false,
            Self::Unknown => effect == Effect::Deny,
        }
    }

    fn any(truths: impl Iterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for truth in truths {
            match truth {
                Self::True => return Self::True,
                Self::Unknown => result = Self::Unknown,
                Self::False => {}
            }
        }
        result
    }

    fn all(truths: impl Iterator<Item = Self>) -> Self {
        !Self::any(truths.map(Not::not))
    }

    fn known(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, Self::from)
    }
}

impl Not for Truth {
    type Output = Self;
    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

/// A [`Condition`] made ready for evaluation.
#[derive(Clone, Debug)]
pub(super) struct Test {
    key: Key,
    set: Option<SetOperator>,
    if_exists: bool,
    negated: bool,
    /// The comparison with the values of the policy; those that make no sense are `None`.
    against: Against,
}

#[derive(Clone, Debug)]
enum Against {
    Text(Box<[Matcher]>),
    TextIgnoringCase(Box<[Matcher]>),
    Number(Order, Box<[Option<Decimal>]>),
    Date(Order, Box<[Option<Timestamp>]>),
    Bool(Box<[Matcher]>),
    Base64(Box<[Option<Box<str>>]>),
    Address(Box<[Option<Cidr>]>),
    Arn(Box<[ArnPattern]>),
    Null(Box<[Option<bool>]>),
}

/// How the request's value must stand to the policy's.
#[derive(Clone, Copy, Debug)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn of(comparison: Comparison) -> Self {
        use Comparison as C;
        match comparison {
            C::NumericLessThan | C::DateLessThan => Self::Less,
            C::NumericLessThanEquals | C::DateLessThanEquals => Self::LessOrEqual,
            C::NumericGreaterThan | C::DateGreaterThan => Self::Greater,
            C::NumericGreaterThanEquals | C::DateGreaterThanEquals => Self::GreaterOrEqual,
            _ => Self::Equal,
        }
    }

    fn accepts(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

impl Test {
    pub(super) fn new(condition: &Condition) -> Self {
        let comparison = condition.operator.comparison;
        Self {
            key: Key::new(&condition.key),
            set: condition.operator.set,
            if_exists: condition.operator.if_exists,
            negated: comparison.is_negated(),
            against: Against::new(condition),
        }
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    /// True when the condition asks for the presence of the key and not for its value.
    pub(super) fn asks_for_presence(&self) -> bool {
        matches!(self.against, Against::Null(_))
    }

    pub(super) fn evaluate(&self, context: &Context) -> Truth {
        let values = context.values(&self.key);
        if let Against::Null(expected) = &self.against {
            let absent = values.is_empty();
            return Truth::any(expected.iter().map(|expected| Truth::known(expected.map(|e| e == absent))));
        }
        if values.is_empty() {
            let absent_is_true = match self.set {
                Some(SetOperator::ForAllValues) => true,
                Some(SetOperator::ForAnyValue) => false,
                None => self.negated,
            };
            return Truth::from(self.if_exists || absent_is_true);
        }
        let compare = |value: &String| {
            let equal = self.against.accepts(value, context);
            if self.negated { !equal } else { equal }
        };
        match self.set {
            Some(SetOperator::ForAllValues) => Truth::all(values.iter().map(compare)),
            Some(SetOperator::ForAnyValue) => Truth::any(values.iter().map(compare)),
            // A plain negated operator is the opposite of the positive one: none of the values may match.
            None if self.negated => Truth::all(values.iter().map(compare)),
            None => Truth::any(values.iter().map(compare)),
        }
    }

    /// The patterns of this condition that may hold variables.
    pub(super) fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        let (plain, arns): (&[Matcher], &[ArnPattern]) = match &self.against {
            Against::Text(values) | Against::TextIgnoringCase(values) | Against::Bool(values) => {
                (values, &[])
            }
            Against::Arn(values) => (&[], values),
            _ => (&[], &[]),
        };
        plain.iter().chain(arns.iter().flat_map(ArnPattern::matchers))
    }

    /// Reports what makes no sense: by index, values of the policy that can never be compared, and values of the
    /// request that are not what this operator compares.
    pub(super) fn problems(&self, context: &Context, report: &mut dyn FnMut(Problem<'_>)) {
        let expected = self.against.expects();
        for index in self.senseless_values(context) {
            report(Problem::Policy { index, expected });
        }
        for value in context.values(&self.key) {
            if !self.against.can_read(value) {
                report(Problem::Request { value, expected });
            }
        }
    }

    fn senseless_values(&self, context: &Context) -> Vec<usize> {
        fn indices(senseless: impl Iterator<Item = bool>) -> Vec<usize> {
            senseless.enumerate().filter(|(_, senseless)| *senseless).map(|(index, _)| index).collect()
        }
        match &self.against {
            Against::Text(_) | Against::TextIgnoringCase(_) => Vec::new(),
            Against::Number(_, values) => indices(values.iter().map(Option::is_none)),
            Against::Date(_, values) => indices(values.iter().map(Option::is_none)),
            Against::Base64(values) => indices(values.iter().map(Option::is_none)),
            Against::Address(values) => indices(values.iter().map(Option::is_none)),
            Against::Null(values) => indices(values.iter().map(Option::is_none)),
            Against::Arn(values) => indices(values.iter().map(|value| matches!(value, ArnPattern::Invalid))),
            Against::Bool(values) => {
                let senseless =
                    |value: &Matcher| value.is_resolved(context) && bool_of(value, context).is_none();
                indices(values.iter().map(senseless))
            }
        }
    }
}

/// Why a condition came out unknown, variables aside.
pub(super) enum Problem<'v> {
    Policy { index: usize, expected: &'static str },
    Request { value: &'v str, expected: &'static str },
}

impl Against {
    fn new(condition: &Condition) -> Self {
        use Comparison as C;
        let patterns = || condition.values.iter().map(|value| &value.node);
        let literals = || patterns().map(Pattern::as_literal);
        let comparison = condition.operator.comparison;
        match comparison {
            C::StringEquals | C::StringNotEquals | C::StringLike | C::StringNotLike => {
                Self::Text(patterns().map(Matcher::new).collect())
            }
            C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
                Self::TextIgnoringCase(patterns().map(Matcher::new).collect())
            }
            C::NumericEquals
            | C::NumericNotEquals
            | C::NumericLessThan
            | C::NumericLessThanEquals
            | C::NumericGreaterThan
            | C::NumericGreaterThanEquals => {
                let values = literals().map(|text| text.and_then(Decimal::parse));
                Self::Number(Order::of(comparison), values.collect())
            }
            C::DateEquals
            | C::DateNotEquals
            | C::DateLessThan
            | C::DateLessThanEquals
            | C::DateGreaterThan
            | C::DateGreaterThanEquals => {
                let values = literals().map(|text| text.and_then(Timestamp::read));
                Self::Date(Order::of(comparison), values.collect())
            }
            C::Bool => Self::Bool(patterns().map(Matcher::new).collect()),
            C::BinaryEquals => {
                let values = literals().map(|text| text.filter(|text| is_base64(text)).map(Into::into));
                Self::Base64(values.collect())
            }
            C::IpAddress | C::NotIpAddress => {
                Self::Address(literals().map(|text| text.and_then(Cidr::parse)).collect())
            }
            C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => {
                Self::Arn(patterns().map(ArnPattern::new).collect())
            }
            C::Null => Self::Null(literals().map(|text| text.and_then(parse_bool)).collect()),
        }
    }

    /// Whether the request's `value` equals, is like, is less than ... one of the policy's values; negation is not
    /// considered here.
    fn accepts(&self, value: &str, context: &Context) -> Truth {
        match self {
            Self::Text(patterns) => Truth::any(patterns.iter().map(|pattern| {
                Truth::known(pattern.is_resolved(context).then(|| pattern.matches(value, context, NO_VALUE)))
            })),
            Self::TextIgnoringCase(patterns) => Truth::any(patterns.iter().map(|pattern| {
                Truth::known(
                    pattern.is_resolved(context).then(|| pattern.equals_ignoring_case(value, context)),
                )
            })),
            Self::Number(order, values) => {
                let value = Decimal::parse(value);
                Truth::any(values.iter().map(|other| compare(*order, value.as_ref(), other.as_ref())))
            }
            Self::Date(order, values) => {
                let value = Timestamp::read(value);
                Truth::any(values.iter().map(|other| compare(*order, value.as_ref(), other.as_ref())))
            }
            Self::Bool(values) => {
                let value = parse_bool(value);
                Truth::any(values.iter().map(|other| {
                    Truth::known(value.zip(bool_of(other, context)).map(|(value, other)| value == other))
                }))
            }
            Self::Base64(values) => {
                let value = is_base64(value).then_some(value);
                Truth::any(values.iter().map(|other| {
                    Truth::known(value.zip(other.as_deref()).map(|(value, other)| value == other))
                }))
            }
            Self::Address(ranges) => {
                let address = value.parse::<IpAddr>().ok();
                Truth::any(ranges.iter().map(|range| {
                    Truth::known(range.zip(address).map(|(range, address)| range.contains(address)))
                }))
            }
            Self::Arn(patterns) => {
                let parts = ArnParts::new(value);
                Truth::any(patterns.iter().map(|pattern| match &parts {
                    Some(parts) => pattern.accepts(value, parts, context),
                    None => Truth::Unknown,
                }))
            }
            Self::Null(_) => Truth::Unknown,
        }
    }

    /// Whether the request's value is something that this comparison can compare.
    fn can_read(&self, value: &str) -> bool {
        match self {
            Self::Text(_) | Self::TextIgnoringCase(_) | Self::Null(_) => true,
            Self::Number(..) => Decimal::parse(value).is_some(),
            Self::Date(..) => Timestamp::read(value).is_some(),
            Self::Bool(_) => parse_bool(value).is_some(),
            Self::Base64(_) => is_base64(value),
            Self::Address(_) => value.parse::<IpAddr>().is_ok(),
            Self::Arn(_) => ArnParts::new(value).is_some(),
        }
    }

    fn expects(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::TextIgnoringCase(_) => "a string",
            Self::Number(..) => "a number",
            Self::Date(..) => "a date in ISO 8601 or epoch seconds",
            Self::Bool(_) | Self::Null(_) => "`true` or `false`",
            Self::Base64(_) => "base64",
            Self::Address(_) => "an IP address or range",
            Self::Arn(_) => "an ARN of six parts",
        }
    }
}

/// In conditions a variable without value was sorted out before.
const NO_VALUE: NoValue = NoValue::MatchesNothing;

fn compare<T: Ord>(order: Order, value: Option<&T>, other: Option<&T>) -> Truth {
    Truth::known(value.zip(other).map(|(value, other)| order.accepts(value.cmp(other))))
}

/// `None` when a variable has no value, or the text is no boolean.
fn bool_of(pattern: &Matcher, context: &Context) -> Option<bool> {
    [true, false].into_iter().find(|value| {
        let name = if *value { "true" } else { "false" };
        pattern.is_resolved(context) && pattern.equals_ignoring_case(name, context)
    })
}

const ARN_PARTS: usize = 6;

/// A text split at its first five colons.
struct ArnParts<'v>([&'v str; ARN_PARTS]);

impl<'v> ArnParts<'v> {
    fn new(text: &'v str) -> Option<Self> {
        let mut parts = [""; ARN_PARTS];
        let mut split = text.splitn(ARN_PARTS, ':');
        for part in &mut parts {
            *part = split.next()?;
        }
        Some(Self(parts))
    }
}

/// A value of an ARN operator. Each of the six parts is compared by itself, so a `*` does not reach across a colon;
/// only the last part may hold colons.
#[derive(Clone, Debug)]
enum ArnPattern {
    Parts([Matcher; ARN_PARTS]),
    /// Text and variables that make an ARN only together, such as `${aws:PrincipalArn}`: compared as a whole.
    Whole(Matcher),
    Invalid,
}

impl ArnPattern {
    fn new(pattern: &Pattern) -> Self {
        let mut parts: Vec<Vec<Piece>> = vec![Vec::new()];
        let mut add = |piece: Piece, new_part: bool| {
            if new_part {
                parts.push(Vec::new());
            }
            if let Some(part) = parts.last_mut() {
                part.push(piece);
            }
            ARN_PARTS - parts.len()
        };
        let mut colons_left = ARN_PARTS - 1;
        for piece in &pattern.pieces {
            match piece {
                Piece::Literal(text) => {
                    for (index, text) in text.splitn(colons_left + 1, ':').enumerate() {
                        colons_left = add(Piece::Literal(text.to_owned()), index > 0);
                    }
                }
                other => colons_left = add(other.clone(), false),
            }
        }
        let matchers: Vec<Matcher> = parts.iter().map(|pieces| Matcher::from_pieces(pieces)).collect();
        let has = |wanted: fn(&Piece) -> bool| pattern.pieces.iter().any(wanted);
        match <[Matcher; ARN_PARTS]>::try_from(matchers) {
            Ok(parts) => Self::Parts(parts),
            Err(_)
                if has(|piece| matches!(piece, Piece::Variable(_)))
                    && !has(|piece| matches!(piece, Piece::AnyString | Piece::AnyChar)) =>
            {
                Self::Whole(Matcher::new(pattern))
            }
            Err(_) => Self::Invalid,
        }
    }

    fn accepts(&self, value: &str, value_parts: &ArnParts<'_>, context: &Context) -> Truth {
        if matches!(self, Self::Invalid) || !self.matchers().all(|part| part.is_resolved(context)) {
            return Truth::Unknown;
        }
        let accepts = match self {
            Self::Parts(parts) => {
                parts.iter().zip(value_parts.0).all(|(part, value)| part.matches(value, context, NO_VALUE))
            }
            Self::Whole(pattern) => pattern.matches(value, context, NO_VALUE),
            Self::Invalid => false,
        };
        Truth::from(accepts)
    }

    fn matchers(&self) -> impl Iterator<Item = &Matcher> {
        let matchers: &[Matcher] = match self {
            Self::Parts(parts) => parts,
            Self::Whole(pattern) => std::slice::from_ref(pattern),
            Self::Invalid => &[],
        };
        matchers.iter()
    }
}

#[cfg(test)]
#[path = "condition_tests.rs"]
mod tests;
