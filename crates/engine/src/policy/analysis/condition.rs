//! Conditions in a scenario: what is surely true, surely false, or up to the caller.

use super::automaton::{Token, VariableKey};
use crate::policy::document::{Comparison, Condition, Effect, Pattern, Piece, SetOperator, Variable};

/// Who acts, and what is therefore known about the condition keys and policy variables of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scenario {
    /// A client connects under the name in question, and no thing of that name is attached to its principal:
    /// `iot:Connection.Thing.IsAttached` is `false`, every other thing key is absent, `iot:ClientId` is the name, and
    /// the attributes of the client's certificate are present and are not the name.
    Connecting,
    /// A connected client acts on another device; its thing is attached. Its own names are opaque values.
    Attached,
    /// A connected client acts on another device; no thing is attached: thing keys are absent.
    Detached,
    /// Nothing is known: the caller chooses every key.
    Unknown,
}

/// What a scenario says about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Absent,
    /// The name in question.
    Name,
    Known(&'static str),
    /// Present, with a value of the caller's own.
    Opaque,
    /// The caller may arrange for any value, or for none.
    Free,
}

impl Scenario {
    fn key(self, key: &str) -> Key {
        let key = key.to_ascii_lowercase();
        let of_thing = key.starts_with("iot:connection.thing.");
        let is_attached = key == "iot:connection.thing.isattached";
        let of_certificate = key.starts_with("iot:certificate.") || key == "iot:certificateid";
        match self {
            Self::Unknown => Key::Free,
            Self::Connecting | Self::Detached if is_attached => Key::Known("false"),
            Self::Attached if is_attached => Key::Known("true"),
            Self::Connecting | Self::Detached if of_thing => Key::Absent,
            Self::Connecting if key == "iot:clientid" => Key::Name,
            _ if of_thing || of_certificate || key == "iot:clientid" => Key::Opaque,
            _ => Key::Free,
        }
    }

    /// The tokens of a pattern, with variables replaced by what is known about them; `None` when one has no value.
    pub fn tokens(self, pattern: &Pattern) -> Option<Vec<Token>> {
        self.tokens_or(pattern, |_| None)
    }

    /// As [`Scenario::tokens`]; a variable without a value matches anything.
    pub fn tokens_or_any(self, pattern: &Pattern) -> Vec<Token> {
        self.tokens_or(pattern, |_| Some(Token::AnyString)).unwrap_or_else(|| vec![Token::AnyString])
    }

    fn tokens_or(
        self,
        pattern: &Pattern,
        missing: impl Fn(&Variable) -> Option<Token>,
    ) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        for piece in &pattern.pieces {
            match piece {
                Piece::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
                Piece::AnyChar => tokens.push(Token::AnyChar),
                Piece::AnyString => tokens.push(Token::AnyString),
                Piece::Variable(variable) => match (self.key(&variable.key), &variable.default) {
                    (Key::Name, _) => tokens.push(Token::Name),
                    (Key::Known(value), _) => tokens.extend(value.chars().map(Token::Char)),
                    (Key::Opaque | Key::Free, _) => {
                        tokens.push(Token::Variable(VariableKey(variable.key.clone())));
                    }
                    (Key::Absent, Some(default)) => tokens.extend(default.chars().map(Token::Char)),
                    (Key::Absent, None) => tokens.push(missing(variable)?),
                },
            }
        }
        Some(tokens)
    }
}

/// What a condition comes to in a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    True,
    False,
    /// The caller decides.
    Free,
    /// It depends on the name in question.
    OnName(NameTest),
}

/// A condition on the name: one of these patterns must match it, or none if negated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NameTest {
    pub(super) negated: bool,
    pub(super) ignore_case: bool,
    pub(super) patterns: Vec<Vec<Token>>,
}

impl Verdict {
    fn of(truth: bool) -> Self {
        if truth { Self::True } else { Self::False }
    }
}

/// Whether the key's value matches one value of the condition.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Yes,
    No,
    Maybe,
}

/// Judges one condition of a statement with this effect.
///
/// A value that cannot be resolved never opens anything: under Allow it makes the condition fail, under Deny hold.
pub(super) fn judge(condition: &Condition, scenario: Scenario, effect: Effect) -> Verdict {
    let operator = condition.operator;
    let key = scenario.key(&condition.key);
    if operator.comparison == Comparison::Null {
        return judge_null(condition, key);
    }
    let negated = operator.comparison.is_negated();
    if key == Key::Absent {
        return Verdict::of(match operator.set {
            _ if operator.if_exists => true,
            Some(SetOperator::ForAllValues) => true,
            Some(SetOperator::ForAnyValue) => false,
            None => negated,
        });
    }
    // How a value that has no value of its own counts, so that the condition comes out as said above.
    let unresolved_matches = (effect == Effect::Deny) != negated;
    if key == Key::Name && is_arn(operator.comparison) && !condition.values.is_empty() {
        // A name is no ARN: an error, which opens nothing either.
        return Verdict::of(effect == Effect::Deny);
    }
    if key == Key::Name && operator.comparison.is_textual() {
        let resolve = |pattern| match scenario.tokens(pattern) {
            None if unresolved_matches => Some(vec![Token::AnyString]),
            tokens => tokens.and_then(against_name),
        };
        let patterns: Vec<_> = condition.values.iter().filter_map(|value| resolve(&value.node)).collect();
        if patterns.is_empty() {
            return Verdict::of(negated);
        }
        return Verdict::OnName(NameTest {
            negated,
            ignore_case: operator.comparison.ignores_case(),
            patterns,
        });
    }
    let mut any = Match::No;
    for value in &condition.values {
        match compare(condition, key, &value.node, scenario, unresolved_matches) {
            Match::Yes => any = Match::Yes,
            Match::Maybe if any == Match::No => any = Match::Maybe,
            Match::No | Match::Maybe => {}
        }
    }
    // With a free key the caller may also leave the key out, which some operators accept.
    let absent_holds = operator.if_exists
        || operator.set == Some(SetOperator::ForAllValues)
        || (negated && operator.set.is_none());
    match (any, key) {
        (Match::No, Key::Free) if !negated && absent_holds => Verdict::Free,
        (Match::No, Key::Free) if negated && !absent_holds => Verdict::Free,
        (Match::No, _) => Verdict::of(negated),
        (Match::Yes, Key::Free) | (Match::Maybe, _) => Verdict::Free,
        (Match::Yes, _) => Verdict::of(!negated),
    }
}

/// `Null`: `true` asks for a key that is absent, `false` for one that is present.
fn judge_null(condition: &Condition, key: Key) -> Verdict {
    let wants = |wanted: &str| {
        condition
            .values
            .iter()
            .any(|value| value.node.as_literal().is_some_and(|text| text.eq_ignore_ascii_case(wanted)))
    };
    match (wants("true"), wants("false")) {
        (false, false) => Verdict::False,
        (true, true) => Verdict::True,
        _ if key == Key::Free => Verdict::Free,
        (absent, _) => Verdict::of(absent == (key == Key::Absent)),
    }
}

/// A pattern that the name is compared with, so that it no longer speaks of the name itself; `None` when no name can
/// match it. The name equals itself, so with nothing but `*` around it the pattern takes every name; with anything that
/// takes a character (`?`, a literal, a variable, the name again) it is longer than the name.
fn against_name(tokens: Vec<Token>) -> Option<Vec<Token>> {
    let names = tokens.iter().filter(|token| **token == Token::Name).count();
    let others_may_be_empty = tokens.iter().all(|token| matches!(token, Token::Name | Token::AnyString));
    match names {
        0 => Some(tokens),
        1 if others_may_be_empty => Some(vec![Token::AnyString]),
        _ => None,
    }
}

fn is_arn(comparison: Comparison) -> bool {
    use Comparison as C;
    matches!(comparison, C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike)
}

fn compare(
    condition: &Condition,
    key: Key,
    value: &Pattern,
    scenario: Scenario,
    unresolved_matches: bool,
) -> Match {
    let comparison = condition.operator.comparison;
    let Some(tokens) = scenario.tokens(value) else {
        return if unresolved_matches { Match::Yes } else { Match::No };
    };
    match key {
        Key::Known(known) if comparison.is_textual() || comparison == Comparison::Bool => {
            if tokens.iter().any(|token| matches!(token, Token::Variable(_) | Token::Name)) {
                return Match::Maybe;
            }
            match super::action::matches_text(value, known, comparison.ignores_case()) {
                true => Match::Yes,
                false => Match::No,
            }
        }
        // `true` and `false` are no number, date or address: an error, which opens nothing either.
        Key::Known(_) if unresolved_matches => Match::Yes,
        Key::Known(_) => Match::No,
        Key::Opaque if comparison.is_textual() => {
            // `*` around the value leaves it as it is.
            let mut fixed = tokens.iter().filter(|token| **token != Token::AnyString);
            match (fixed.next(), fixed.next()) {
                (None, _) if !tokens.is_empty() => Match::Yes,
                (Some(Token::Variable(own)), None) if own.0.eq_ignore_ascii_case(&condition.key) => {
                    Match::Yes
                }
                (Some(Token::Name), None) if tokens.len() == 1 => Match::No,
                _ => Match::Maybe,
            }
        }
        Key::Opaque | Key::Free | Key::Name | Key::Absent => Match::Maybe,
    }
}
