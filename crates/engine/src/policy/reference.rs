//! A second evaluator, slow and obvious, written from the rules and not from the fast one. Property tests hold the two
//! against each other.

use std::collections::BTreeMap;

use super::decide::Decision;
use super::document::{
    Comparison, Condition, Document, Effect, Pattern, Piece, SetOperator, Statement, Variable,
};
use crate::time::Timestamp;

/// Condition key, in lower case, to values.
pub(super) type Values = BTreeMap<String, Vec<String>>;

pub(super) fn decide(documents: &[Document], action: &str, resource: &str, values: &Values) -> Decision {
    let applying: Vec<Effect> = documents
        .iter()
        .flat_map(|document| &document.statements)
        .filter(|statement| applies(statement, action, resource, values))
        .map(|statement| statement.effect)
        .collect();
    if applying.contains(&Effect::Deny) {
        Decision::ExplicitDeny
    } else if applying.contains(&Effect::Allow) {
        Decision::Allowed
    } else {
        Decision::ImplicitDeny
    }
}

fn applies(statement: &Statement, action: &str, resource: &str, values: &Values) -> bool {
    let action = action.to_lowercase();
    let lower = |pattern: &Pattern| -> Vec<Token> {
        let tokens = tokens(pattern, values, true).unwrap();
        tokens
            .into_iter()
            .map(|t| if let Token::Is(c) = t { Token::Is(c.to_ascii_lowercase()) } else { t })
            .collect()
    };
    let listed =
        statement.actions.patterns.iter().any(|pattern| glob(&lower(&pattern.node), &chars(&action)));
    if listed == statement.actions.negated {
        return false;
    }
    let Some(resources) = &statement.resources else { return statement.effect == Effect::Deny };
    let allow = statement.effect == Effect::Allow;
    let as_star = !allow && !resources.negated;
    let expanded: Vec<Option<Vec<Token>>> =
        resources.patterns.iter().map(|pattern| tokens(&pattern.node, values, as_star)).collect();
    if allow && resources.negated && expanded.contains(&None) {
        return false;
    }
    let listed = expanded.iter().flatten().any(|pattern| glob(pattern, &chars(resource)));
    if listed == resources.negated {
        return false;
    }
    statement.conditions.iter().all(|condition| match holds(condition, values) {
        Some(result) => result,
        None => !allow,
    })
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token {
    Is(char),
    One,
    Any,
}

fn chars(text: &str) -> Vec<char> {
    text.chars().collect()
}

/// Pattern to tokens, variables filled in. A variable without value is a star, or spoils the whole.
fn tokens(pattern: &Pattern, values: &Values, no_value_is_star: bool) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(text) => tokens.extend(text.chars().map(Token::Is)),
            Piece::AnyChar => tokens.push(Token::One),
            Piece::AnyString => tokens.push(Token::Any),
            Piece::Variable(Variable { key, default }) => {
                match substitution(key, values).or_else(|| default.clone()) {
                    Some(value) => tokens.extend(value.chars().map(Token::Is)),
                    None if no_value_is_star => tokens.push(Token::Any),
                    None => return None,
                }
            }
        }
    }
    Some(tokens)
}

fn glob(pattern: &[Token], text: &[char]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([Token::Any, rest @ ..], _) => (0..=text.len()).any(|skip| glob(rest, &text[skip..])),
        ([Token::One, rest @ ..], [_, text @ ..]) => glob(rest, text),
        ([Token::Is(expected), rest @ ..], [found, text @ ..]) => expected == found && glob(rest, text),
        _ => false,
    }
}

/// The values of a key, certificate attributes in all their forms. Test contexts give attributes in one form only: bare
/// or `.list`.
fn values_of(key: &str, values: &Values) -> Vec<String> {
    let key = key.to_lowercase();
    let get = |key: &str| values.get(key).cloned().unwrap_or_default();
    if !key.starts_with("iot:certificate.subject.") {
        return get(&key);
    }
    let (base, index) = match key.rsplit_once('.').unwrap() {
        (base, "list") => (base.to_owned(), None),
        (base, digits) if digits.parse::<usize>().is_ok() => (base.to_owned(), digits.parse().ok()),
        _ => (key.clone(), Some(0)),
    };
    let mut all = get(&base);
    if all.is_empty() {
        all = get(&format!("{base}.list"));
    }
    all.truncate(5);
    match index {
        None => all,
        Some(index) => all.into_iter().skip(index).take(1).collect(),
    }
}

fn substitution(key: &str, values: &Values) -> Option<String> {
    let found = values_of(key, values);
    if found.len() != 1 {
        return None;
    }
    let value = &found[0];
    if !key.to_lowercase().starts_with("iot:certificate.") {
        return Some(value.clone());
    }
    if value.chars().count() > 1024 || value.chars().any(|c| "*$+?#".contains(c)) {
        return None;
    }
    let mut escaped = String::new();
    for character in value.chars() {
        if ",\"\\+=<>;".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    Some(escaped)
}

/// `None`: cannot be said.
fn holds(condition: &Condition, values: &Values) -> Option<bool> {
    let comparison = condition.operator.comparison;
    let request = values_of(&condition.key, values);
    if comparison == Comparison::Null {
        return any(condition.values.iter().map(|value| {
            let text = value.node.as_literal()?.to_lowercase();
            match text.as_str() {
                "true" => Some(request.is_empty()),
                "false" => Some(!request.is_empty()),
                _ => None,
            }
        }));
    }
    if request.is_empty() {
        return Some(match (condition.operator.if_exists, condition.operator.set) {
            (true, _) | (_, Some(SetOperator::ForAllValues)) => true,
            (_, Some(SetOperator::ForAnyValue)) => false,
            (_, None) => comparison.is_negated(),
        });
    }
    let matches_policy = |value: &String| {
        any(condition.values.iter().map(|policy| compare(comparison, &policy.node, value, values)))
    };
    match (condition.operator.set, comparison.is_negated()) {
        (None | Some(SetOperator::ForAnyValue), false) => any(request.iter().map(matches_policy)),
        (None, true) => not(any(request.iter().map(matches_policy))),
        (Some(SetOperator::ForAnyValue), true) => any(request.iter().map(|value| not(matches_policy(value)))),
        (Some(SetOperator::ForAllValues), false) => {
            not(any(request.iter().map(|value| not(matches_policy(value)))))
        }
        (Some(SetOperator::ForAllValues), true) => not(any(request.iter().map(matches_policy))),
    }
}

fn any(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let truths: Vec<Option<bool>> = truths.collect();
    if truths.contains(&Some(true)) {
        Some(true)
    } else if truths.contains(&None) {
        None
    } else {
        Some(false)
    }
}

fn not(truth: Option<bool>) -> Option<bool> {
    truth.map(|truth| !truth)
}

/// The positive form of each operator.
fn compare(comparison: Comparison, policy: &Pattern, value: &str, values: &Values) -> Option<bool> {
    use Comparison as C;
    let positive = comparison.name().replace("Not", "");
    let literal = || policy.as_literal();
    match comparison {
        C::StringEquals | C::StringNotEquals | C::StringLike | C::StringNotLike => {
            Some(glob(&tokens(policy, values, false)?, &chars(value)))
        }
        C::StringEqualsIgnoreCase | C::StringNotEqualsIgnoreCase => {
            let text: String = tokens(policy, values, false)?
                .into_iter()
                .map(|token| if let Token::Is(c) = token { c } else { panic!("wildcard") })
                .collect();
            Some(text.to_lowercase() == value.to_lowercase())
        }
        C::Bool => {
            let text: String = tokens(policy, values, false)?
                .into_iter()
                .map(|token| if let Token::Is(c) = token { c } else { panic!("wildcard") })
                .collect();
            Some(boolean(&text)? == boolean(value)?)
        }
        C::BinaryEquals => Some(decode(literal()?)? == decode(value)?),
        C::IpAddress | C::NotIpAddress => in_range(literal()?, value),
        C::ArnEquals | C::ArnLike | C::ArnNotEquals | C::ArnNotLike => arn_matches(policy, value, values),
        _ => {
            let time = |text: &str| Timestamp::parse(text).ok();
            match (positive.strip_prefix("Numeric"), positive.strip_prefix("Date")) {
                (Some(relation), _) => ordered(relation, number(value)?.partial_cmp(&number(literal()?)?)?),
                (_, Some(relation)) => ordered(relation, time(value)?.cmp(&time(literal()?)?)),
                _ => panic!("{positive}"),
            }
        }
    }
}

fn ordered(relation: &str, ordering: std::cmp::Ordering) -> Option<bool> {
    Some(match relation {
        "Equals" => ordering.is_eq(),
        "LessThan" => ordering.is_lt(),
        "LessThanEquals" => ordering.is_le(),
        "GreaterThan" => ordering.is_gt(),
        "GreaterThanEquals" => ordering.is_ge(),
        other => panic!("{other}"),
    })
}

/// Good enough for the small numbers of the tests.
fn number(text: &str) -> Option<f64> {
    let plain =
        text.chars().all(|c| "0123456789.+-eE".contains(c)) && !text.ends_with('.') && !text.starts_with('.');
    if plain { text.parse().ok() } else { None }
}

fn boolean(text: &str) -> Option<bool> {
    text.to_ascii_lowercase().parse().ok()
}

fn decode(text: &str) -> Option<Vec<bool>> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let data = text.trim_end_matches('=');
    if !text.len().is_multiple_of(4) || text.len() - data.len() > 2 {
        return None;
    }
    let mut bits = Vec::new();
    for character in data.chars() {
        let index = alphabet.find(character)?;
        bits.extend((0..6).rev().map(|bit| index >> bit & 1 == 1));
    }
    let rest = bits.split_off(bits.len() / 8 * 8);
    if rest.contains(&true) { None } else { Some(bits) }
}

/// Addresses as strings of bits, with the family in front.
fn address_bits(text: &str) -> Option<String> {
    match text.parse::<std::net::IpAddr>().ok()?.to_canonical() {
        std::net::IpAddr::V4(v4) => Some(format!("4{:032b}", v4.to_bits())),
        std::net::IpAddr::V6(v6) => Some(format!("6{:0128b}", v6.to_bits())),
    }
}

fn in_range(range: &str, address: &str) -> Option<bool> {
    let (start, length) = match range.split_once('/') {
        Some((start, length)) => (start, Some(length.parse::<usize>().ok()?)),
        None => (range, None),
    };
    let start = address_bits(start)?;
    let length = length.unwrap_or(start.len() - 1);
    let prefix = start.get(..=length)?;
    Some(address_bits(address)?.starts_with(prefix))
}

fn arn_matches(policy: &Pattern, value: &str, values: &Values) -> Option<bool> {
    let value_parts: Vec<&str> = value.splitn(6, ':').collect();
    if value_parts.len() < 6 {
        return None;
    }
    // Colons of literals separate parts; those in values of variables do not. So split before filling in.
    let mut parts = vec![Pattern::default()];
    let whole = tokens(policy, values, false);
    for piece in &policy.pieces {
        let Piece::Literal(text) = piece else {
            parts.last_mut().unwrap().pieces.push(piece.clone());
            continue;
        };
        for character in text.chars() {
            if character == ':' && parts.len() < 6 {
                parts.push(Pattern::default());
            } else {
                parts.last_mut().unwrap().pieces.push(Piece::Literal(character.to_string()));
            }
        }
    }
    if parts.len() < 6 {
        let has_variable = policy.pieces.iter().any(|piece| matches!(piece, Piece::Variable(_)));
        let has_wildcard =
            policy.pieces.iter().any(|piece| matches!(piece, Piece::AnyChar | Piece::AnyString));
        return if has_variable && !has_wildcard { Some(glob(&whole?, &chars(value))) } else { None };
    }
    whole?;
    Some(
        parts
            .iter()
            .zip(value_parts)
            .all(|(part, value)| glob(&tokens(part, values, false).unwrap(), &chars(value))),
    )
}
