//! What the statements about one action say in one situation, as patterns without variables: the bridge from
//! [`decide`](super::decide()), which answers one request, to questions about all requests at once.
//!
//! Everything here is read off the compiled statements that [`decide`](super::decide()) runs, by the same rules. Where a
//! situation leaves a key open that a statement depends on, the statement is *loosened* in the direction that the caller
//! asks for, and the loosening is named; so a set of requests comes out exact, or as a bound that says why it is one.

use std::collections::BTreeSet;

use super::analysis::automaton::Token;
use super::condition::{Test, Truth};
use super::context::{Context, Key, Resolved};
use super::document::{Comparison, Condition, Effect, Pattern, Piece, Statement, Variable};
use super::explain::{StatementRef, reference};
use super::pattern::{Matcher, NoValue};
use super::set::{Compiled, PolicySet, ResourceTest};

/// Which way a statement is read that cannot be read exactly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lean {
    /// So that no less is allowed than really is.
    More,
    /// So that no more is allowed than really is.
    Less,
}

/// What is known about the requests in question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Situation<'a> {
    /// Keys with their values; every key that is neither here nor open is absent.
    pub(crate) context: &'a Context,
    /// Keys, by normal name, that may have any value or none.
    pub(crate) open: &'a BTreeSet<String>,
    /// Set for requests to connect whose client id is what the question looks for: the resource up to the client id. The
    /// client id is then no part of `context`.
    pub(crate) client_after: Option<&'a str>,
    pub(crate) lean: Lean,
}

/// A statement that applies to requests on some resources.
#[derive(Clone, Debug)]
pub(crate) struct Applicable {
    /// Its index among all statements of the set.
    pub(crate) index: usize,
    pub(crate) effect: Effect,
    /// The patterns are those of `NotResource`.
    pub(crate) negated: bool,
    pub(crate) patterns: Vec<Vec<Token>>,
    /// What its conditions ask of the client id that the question looks for.
    pub(crate) tests: Vec<ClientTest>,
}

/// One of the patterns must match the client id, or none if negated.
#[derive(Clone, Debug)]
pub(crate) struct ClientTest {
    pub(crate) negated: bool,
    pub(crate) ignore_case: bool,
    pub(crate) patterns: Vec<Vec<Token>>,
}

/// Something that was not read exactly, for people.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Loosened {
    /// The statement, from 0, and its policy.
    pub policy: String,
    pub statement: usize,
    /// For example "condition `NumericLessThan` on `iot:ClientId`".
    pub what: String,
}

/// The normal name of `iot:ClientId`.
pub(crate) const CLIENT_ID: &str = "iot:clientid";

/// The statements about `action` that may apply in the situation, in order, and what was not read exactly.
pub(crate) fn applicable(
    set: &PolicySet,
    action: &str,
    situation: &Situation<'_>,
) -> (Vec<Applicable>, Vec<Loosened>) {
    let mut found = Vec::new();
    let mut loosened = Vec::new();
    for (index, compiled) in covering(set, action) {
        let mut reader = Reader { situation, compiled, loosened: Vec::new() };
        found.extend(reader.read(set, index));
        if reader.loosened.is_empty() {
            continue;
        }
        let named = reference(set, compiled);
        loosened.extend(reader.loosened.into_iter().map(|what| Loosened {
            policy: named.as_ref().map_or_else(String::new, |named| named.policy.to_string()),
            statement: compiled.statement,
            what,
        }));
    }
    (found, loosened)
}

/// The compiled statements about `action` with their indices, whatever their resources and conditions.
fn covering<'s>(set: &'s PolicySet, action: &'s str) -> impl Iterator<Item = (usize, &'s Compiled)> {
    let all = set.statements().iter().enumerate();
    all.filter(move |(_, statement)| statement.actions.accepts(action))
}

/// The statements about any of these actions.
pub(crate) fn about<'s>(set: &'s PolicySet, actions: &[&str]) -> impl Iterator<Item = &'s Statement> {
    let covers = move |compiled: &&Compiled| actions.iter().any(|action| compiled.actions.accepts(action));
    set.statements().iter().filter(covers).filter_map(|compiled| parsed(set, compiled))
}

/// The name of the statement of this index, for evidence.
pub(crate) fn named(set: &PolicySet, index: usize) -> Option<StatementRef> {
    reference(set, set.statement(index)?)
}

/// The statement of this index.
pub(crate) fn parsed_at(set: &PolicySet, index: usize) -> Option<&Statement> {
    parsed(set, set.statement(index)?)
}

/// Whether the statement of this index is about the action.
pub(crate) fn covers(set: &PolicySet, index: usize, action: &str) -> bool {
    set.statement(index).is_some_and(|statement| statement.actions.accepts(action))
}

/// How a condition comes out; `None` where something cannot be compared.
pub(crate) fn evaluate(condition: &Condition, context: &Context) -> Option<bool> {
    match Test::new(condition).evaluate(context) {
        Truth::True => Some(true),
        Truth::False => Some(false),
        Truth::Unknown => None,
    }
}

/// The parsed statement behind a compiled one.
fn parsed<'s>(set: &'s PolicySet, compiled: &Compiled) -> Option<&'s Statement> {
    set.sources().get(compiled.source)?.document.statements.get(compiled.statement)
}

/// The variables of a pattern.
pub(crate) fn variables(pattern: &Pattern) -> impl Iterator<Item = &Variable> {
    pattern.pieces.iter().filter_map(|piece| match piece {
        Piece::Variable(variable) => Some(variable),
        _ => None,
    })
}

/// The form of a key under which it is compared with other keys.
pub(crate) fn normal(key: &str) -> String {
    Key::new(key).normal().to_owned()
}

/// The text of a value after its variables are filled in; `None` when one has no value. Wildcards stay wildcards.
pub(crate) fn filled(pattern: &Pattern, context: &Context) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
            Piece::AnyChar => tokens.push(Token::AnyChar),
            Piece::AnyString => tokens.push(Token::AnyString),
            Piece::Variable(variable) => {
                tokens.extend(value(variable, context)?.chars().map(Token::Char));
            }
        }
    }
    Some(tokens)
}

fn value<'a>(variable: &'a Variable, context: &'a Context) -> Option<&'a str> {
    match context.variable(&Key::new(&variable.key)) {
        Resolved::Value(value) => Some(value),
        Resolved::Absent | Resolved::Refused => variable.default.as_deref(),
    }
}

/// One statement in the situation.
struct Reader<'a> {
    situation: &'a Situation<'a>,
    compiled: &'a Compiled,
    loosened: Vec<String>,
}

/// A resource pattern in the situation.
enum Read {
    Exact(Vec<Token>),
    /// A variable of it has no value.
    NoValue,
    /// A variable of it is open; the pattern with that variable as `*`.
    Open(Vec<Token>),
}

impl Reader<'_> {
    /// Whether the statement, where it cannot be read exactly, is to apply to more requests rather than to fewer.
    fn widens(&self) -> bool {
        (self.compiled.effect == Effect::Allow) == (self.situation.lean == Lean::More)
    }

    /// The statement, unless it does not apply. What was not read exactly is kept if it made a difference, also where the statement
    /// is left out for it.
    fn read(&mut self, set: &PolicySet, index: usize) -> Option<Applicable> {
        let statement = parsed(set, self.compiled)?;
        let mut tests = Vec::new();
        let mut is_left_out = false;
        for (test, condition) in self.compiled.conditions.iter().zip(&statement.conditions) {
            match self.condition(test, condition) {
                Verdict::Holds(true) => {}
                Verdict::Holds(false) => return self.does_not_apply(),
                Verdict::Client(test) => tests.push(test),
                Verdict::Open(what) => {
                    self.loosened.push(what);
                    is_left_out |= !self.widens();
                }
            }
        }
        let effect = self.compiled.effect;
        let applicable = |negated, patterns| Applicable { index, effect, negated, patterns, tests };
        let Some(resources) = &statement.resources else {
            // A trust policy's statement: its `Deny` counts for everything, its `Allow` for nothing.
            let denies = effect == Effect::Deny && matches!(self.compiled.resources, ResourceTest::Trust);
            if !denies {
                return self.does_not_apply();
            }
            return (!is_left_out).then(|| applicable(false, vec![vec![Token::AnyString]]));
        };
        let mut patterns = Vec::new();
        let mut some_are_open = false;
        for pattern in &resources.patterns {
            let read = self.resource(&pattern.node, resources.negated);
            match (read, resources.negated, effect) {
                (Read::Exact(tokens), ..) => patterns.push(tokens),
                (Read::NoValue, false, Effect::Allow) => {}
                (Read::NoValue, false, Effect::Deny) => {
                    patterns.push(wildcards(&pattern.node, self.situation.context))
                }
                // An exception without value: nobody knows what it excepts.
                (Read::NoValue, true, Effect::Allow) => return self.does_not_apply(),
                (Read::NoValue, true, Effect::Deny) => {}
                (Read::Open(tokens), negated, _) => {
                    some_are_open = true;
                    if self.widens() != negated {
                        patterns.push(tokens);
                    }
                }
            }
        }
        let is_about_nothing = !resources.negated && patterns.is_empty();
        if is_about_nothing && !some_are_open {
            return self.does_not_apply();
        }
        (!is_left_out && !is_about_nothing).then(|| applicable(resources.negated, patterns))
    }

    /// Whatever was not read exactly.
    fn does_not_apply(&mut self) -> Option<Applicable> {
        self.loosened.clear();
        None
    }

    fn is_open(&self, key: &str) -> bool {
        self.situation.open.contains(Key::new(key).normal())
    }

    fn is_client(&self, key: &str) -> bool {
        self.situation.client_after.is_some() && Key::new(key).normal() == CLIENT_ID
    }

    fn condition(&self, test: &Test, condition: &Condition) -> Verdict {
        let in_values = || condition.values.iter().flat_map(|value| variables(&value.node));
        let open = self.is_open(&condition.key) || in_values().any(|variable| self.is_open(&variable.key));
        if open {
            return Verdict::open(condition);
        }
        if self.is_client(&condition.key) {
            return self.on_client(condition);
        }
        if in_values().any(|variable| self.is_client(&variable.key)) {
            return self.with_client_in_values(test, condition);
        }
        Verdict::Holds(test.evaluate(self.situation.context).holds(self.compiled.effect))
    }

    /// A condition on the client id that is looked for. It is present and has one value, so set operators and `IfExists`
    /// make no difference.
    fn on_client(&self, condition: &Condition) -> Verdict {
        let comparison = condition.operator.comparison;
        let deny = self.compiled.effect == Effect::Deny;
        if comparison == Comparison::Null {
            let present = Context::new().with(CLIENT_ID, ["x"]);
            return Verdict::Holds(Test::new(condition).evaluate(&present).holds(self.compiled.effect));
        }
        if !comparison.is_textual() {
            return Verdict::open(condition);
        }
        let ignore_case = comparison.ignores_case();
        let negated = comparison.is_negated();
        // A value that cannot be filled in makes the condition fail in an `Allow` and hold in a `Deny`.
        let unknown_matches = deny != negated;
        let mut patterns = Vec::new();
        for value in &condition.values {
            let has_client = variables(&value.node).any(|variable| self.is_client(&variable.key));
            let known = self.fill_around_client(&value.node);
            match known {
                None if unknown_matches => patterns.push(vec![Token::AnyString]),
                None => {}
                Some(tokens) if has_client => patterns.extend(against_itself(tokens)),
                Some(tokens) => patterns.push(tokens),
            }
        }
        let is_ascii = |token: &Token| !matches!(token, Token::Char(character) if !character.is_ascii());
        if ignore_case && !patterns.iter().flatten().all(is_ascii) {
            return Verdict::open(condition);
        }
        Verdict::Client(ClientTest { negated, ignore_case, patterns })
    }

    /// A condition on another key whose values speak of the client id that is looked for.
    fn with_client_in_values(&self, test: &Test, condition: &Condition) -> Verdict {
        let context = self.situation.context;
        let values = context.get(&condition.key);
        let comparison = condition.operator.comparison;
        let value = match values {
            // Without the key it does not matter what it would be compared with.
            [] => return Verdict::Holds(test.evaluate(context).holds(self.compiled.effect)),
            [value] if comparison.is_textual() && !comparison.ignores_case() => value,
            _ => return Verdict::open(condition),
        };
        let negated = comparison.is_negated();
        let unknown_matches = (self.compiled.effect == Effect::Deny) != negated;
        let mut patterns = Vec::new();
        for pattern in condition.values.iter().map(|value| &value.node) {
            let has_client = variables(pattern).any(|variable| self.is_client(&variable.key));
            let matches = match (has_client, filled(pattern, context)) {
                (true, _) if matches!(pattern.pieces.as_slice(), [Piece::Variable(_)]) => {
                    patterns.push(value.chars().map(Token::Char).collect());
                    continue;
                }
                (true, _) => return Verdict::open(condition),
                (false, None) => unknown_matches,
                (false, Some(_)) => Matcher::new(pattern).matches(value, context, NoValue::MatchesNothing),
            };
            if matches {
                patterns.push(vec![Token::AnyString]);
            }
        }
        Verdict::Client(ClientTest { negated, ignore_case: false, patterns })
    }

    /// The value with the client id as [`Token::Name`].
    fn fill_around_client(&self, pattern: &Pattern) -> Option<Vec<Token>> {
        let mut tokens = Vec::new();
        for piece in &pattern.pieces {
            match piece {
                Piece::Variable(variable) if self.is_client(&variable.key) => tokens.push(Token::Name),
                piece => {
                    let one = Pattern { pieces: vec![piece.clone()] };
                    tokens.extend(filled(&one, self.situation.context)?);
                }
            }
        }
        Some(tokens)
    }

    /// The same, with `*` for variables without value, as a `Deny` reads them.
    fn wildcards_around_client(&self, pattern: &Pattern) -> Vec<Token> {
        let token = |piece: &Piece| match piece {
            Piece::Variable(variable) if self.is_client(&variable.key) => vec![Token::Name],
            piece => wildcards(&Pattern { pieces: vec![piece.clone()] }, self.situation.context),
        };
        pattern.pieces.iter().flat_map(token).collect()
    }

    fn resource(&mut self, pattern: &Pattern, negated: bool) -> Read {
        let mut open = variables(pattern).filter(|variable| self.is_open(&variable.key));
        if let Some(variable) = open.next() {
            self.loosened.push(format!("variable `${{{}}}` in a resource", variable.key));
            // Variables without value count beside open ones too, when the statement may not be widened by that.
            return Read::Open(wildcards(pattern, self.situation.context));
        }
        let tokens = match self.fill_around_client(pattern) {
            Some(tokens) => tokens,
            None if negated
                || self.compiled.effect == Effect::Allow
                || !variables(pattern).any(|v| self.is_client(&v.key)) =>
            {
                return Read::NoValue;
            }
            None => self.wildcards_around_client(pattern),
        };
        if !tokens.contains(&Token::Name) {
            return Read::Exact(tokens);
        }
        match self.situation.client_after.map(|before| client_pattern(&tokens, before)) {
            Some(Client::Exact(tokens)) => Read::Exact(tokens),
            Some(Client::Elsewhere) | None => {
                self.loosened.push("`${iot:ClientId}` in the middle of a resource".to_owned());
                let widen = |token| if token == Token::Name { Token::AnyString } else { token };
                Read::Open(tokens.into_iter().map(widen).collect())
            }
        }
    }
}

/// How a condition comes out in a situation.
enum Verdict {
    Holds(bool),
    Client(ClientTest),
    Open(String),
}

impl Verdict {
    fn open(condition: &Condition) -> Self {
        Self::Open(format!("condition `{}` on `{}`", condition.operator, condition.key))
    }
}

/// The pattern with every variable that has no value, or may have any, as `*`.
fn wildcards(pattern: &Pattern, context: &Context) -> Vec<Token> {
    let token = |piece: &Piece| {
        filled(&Pattern { pieces: vec![piece.clone()] }, context).unwrap_or_else(|| vec![Token::AnyString])
    };
    pattern.pieces.iter().flat_map(token).collect()
}

enum Client {
    /// The same set of resources without the client id in the pattern.
    Exact(Vec<Token>),
    Elsewhere,
}

/// A resource pattern with the client id in it, on resources that are `before` and the client id: what is behind the
/// client id decides. Nothing or `*`: the client id may stand where it does in the resource, if what is before it in the
/// pattern takes `before`. Otherwise the client id would have to occur in the resource a second time, which the caller
/// has to look at request by request.
fn client_pattern(tokens: &[Token], before: &str) -> Client {
    let Some(place) = tokens.iter().position(|token| *token == Token::Name) else {
        return Client::Elsewhere;
    };
    let (head, tail) = tokens.split_at(place);
    let tail = tail.get(1..).unwrap_or_default();
    if !tail.iter().all(|token| *token == Token::AnyString) {
        return Client::Elsewhere;
    }
    if glob(head, before) {
        let exact = before.chars().map(Token::Char).chain([Token::AnyString]);
        return Client::Exact(exact.collect());
    }
    // The end of the resource is the client id: there is one place where it can stand.
    if tail.is_empty() { Client::Exact(vec![]) } else { Client::Elsewhere }
}

/// Whether a pattern without variables matches a text.
pub(crate) fn glob(tokens: &[Token], text: &str) -> bool {
    let piece = |token: &Token| match token {
        Token::Char(character) => Some(Piece::Literal(character.to_string())),
        Token::AnyChar => Some(Piece::AnyChar),
        Token::AnyString => Some(Piece::AnyString),
        Token::Variable(_) | Token::Name => None,
    };
    let pieces: Option<Vec<Piece>> = tokens.iter().map(piece).collect();
    pieces.is_some_and(|pieces| {
        Matcher::from_pieces(&pieces).matches(text, &Context::EMPTY, NoValue::MatchesNothing)
    })
}

/// A pattern that speaks of the client id and is compared with the client id: with nothing but `*` around it, it matches
/// always; with anything that takes a character, never.
fn against_itself(tokens: Vec<Token>) -> Option<Vec<Token>> {
    let names = tokens.iter().filter(|token| **token == Token::Name).count();
    let rest_may_be_empty = tokens.iter().all(|token| matches!(token, Token::Name | Token::AnyString));
    (names == 1 && rest_may_be_empty).then(|| vec![Token::AnyString])
}
