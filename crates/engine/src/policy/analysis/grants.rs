//! Whether a policy grants an action on anything that the action is about.

use super::action::covers;
use super::automaton::{Alphabet, Options, PatternSetBuilder, Token};
use super::condition::Scenario;
use super::rules::arn_prefixes;
use crate::policy::document::{Document, Effect, Pattern};

/// Whether an `Allow` for the action is about a resource of this kind (`topic/`). One on `topicfilter/...` grants nothing for
/// `iot:Receive`, nor does a topic that has `+` or `#`, which no topic has. A `*` in place of an account is an account here, though
/// it also takes the beginning of a topic such as `a:topicfilter/b`.
pub(crate) fn grants_some(document: &Document, action: &str, kind: &str) -> bool {
    document.statements.iter().any(|statement| {
        statement.effect == Effect::Allow
            && covers(&statement.actions, action)
            && statement.resources.as_ref().is_none_or(|resources| {
                resources.negated
                    || resources.patterns.iter().any(|pattern| {
                        is_of_kind(&pattern.node, kind)
                            && !(kind == "topic/" && has_mqtt_wildcard(&pattern.node))
                    })
            })
    })
}

fn is_of_kind(pattern: &Pattern, kind: &str) -> bool {
    const FIELDS: usize = 6;
    let tokens = Scenario::Unknown.tokens_or_any(pattern);
    match tokens.splitn(FIELDS, |token| *token == Token::Char(':')).nth(FIELDS - 1) {
        Some(resource) => begins(resource.to_vec(), &[Vec::new()], &[kind]),
        None => may_be(pattern, &[kind]),
    }
}

/// Whether the pattern spells `+` or `#`.
pub(super) fn has_mqtt_wildcard(pattern: &Pattern) -> bool {
    Scenario::Unknown.tokens_or_any(pattern).iter().any(|token| matches!(token, Token::Char('+' | '#')))
}

/// Whether the pattern can be a resource of one of these kinds, as an ARN or abbreviated.
pub(super) fn may_be(pattern: &Pattern, kinds: &[&str]) -> bool {
    let tokens = Scenario::Unknown.tokens_or_any(pattern);
    let mut prefixes = arn_prefixes(std::slice::from_ref(&tokens));
    prefixes.push(Vec::new());
    begins(tokens, &prefixes, kinds)
}

/// Whether something that matches begins with one of the prefixes and one of the kinds.
fn begins(tokens: Vec<Token>, prefixes: &[Vec<Token>], kinds: &[&str]) -> bool {
    let mut builder = PatternSetBuilder::default();
    let id = builder.add(tokens, Options::default());
    let mut alphabet = Alphabet::default();
    builder.announce(&mut alphabet);
    let set = builder.build(&alphabet);
    let places = set.mask([id]);
    prefixes.iter().any(|prefix| {
        let start = set.read_tokens(&alphabet, &set.start(), prefix);
        kinds.iter().any(|kind| set.read(&alphabet, &start, kind).meets(&places))
    })
}
