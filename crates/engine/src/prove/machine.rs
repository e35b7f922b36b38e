//! Policies of one action as an automaton: several sides (an old policy and a new one, the filters of a subscription and
//! the topics it delivers) over one alphabet, so that one search can compare them.

use super::shape::Lengths;
use crate::policy::analysis::automaton::{
    Alphabet, FRESH, Mask, Options, PatternId, PatternSet, PatternSetBuilder, State, Symbol, Token,
};
use crate::policy::document::Effect;
use crate::policy::resolve::{Applicable, ClientTest};

/// Which of the sides that were added, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Side(usize);

/// Collects the patterns of all sides.
#[derive(Debug)]
pub(super) struct MachineBuilder {
    lengths: Lengths,
    patterns: PatternSetBuilder,
    sides: Vec<Statements>,
    excluded: Vec<PatternId>,
}

#[derive(Debug, Default)]
struct Statements {
    allows: Vec<Rule>,
    denies: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    /// Index of the statement in its policy set.
    index: usize,
    negated: bool,
    resources: Vec<PatternId>,
    tests: Vec<(bool, Vec<PatternId>)>,
}

impl MachineBuilder {
    /// For resources whose names may be so long.
    pub(super) fn new(lengths: Lengths) -> Self {
        Self { lengths, patterns: PatternSetBuilder::default(), sides: Vec::new(), excluded: Vec::new() }
    }

    pub(super) fn side(&mut self, statements: Vec<Applicable>) -> Side {
        let mut side = Statements::default();
        for statement in statements {
            let Applicable { index, effect, negated, patterns, tests } = statement;
            let mut add = |patterns: Vec<Vec<Token>>, options: Options| -> Vec<PatternId> {
                patterns.into_iter().map(|tokens| self.patterns.add(tokens, options)).collect()
            };
            let resources = add(patterns, Options::default());
            let tests = tests.into_iter().map(|ClientTest { negated, ignore_case, patterns }| {
                (negated, add(patterns, Options { ignore_case, name_only: true, spells: false }))
            });
            let rule = Rule { index, negated, resources, tests: tests.collect() };
            match effect {
                Effect::Allow => side.allows.push(rule),
                Effect::Deny => side.denies.push(rule),
            }
        }
        self.sides.push(side);
        Side(self.sides.len() - 1)
    }

    /// Names that the name in question must not be.
    pub(super) fn exclude<'n>(&mut self, names: impl IntoIterator<Item = &'n str>) {
        let options = Options { name_only: true, ..Options::default() };
        for name in names {
            self.excluded.push(self.patterns.add(name.chars().map(Token::Char).collect(), options));
        }
    }

    pub(super) fn build(self) -> Machine {
        let mut alphabet = Alphabet::default();
        self.patterns.announce(&mut alphabet);
        let set = self.patterns.build(&alphabet);
        let side = |statements: Statements| {
            let granting = statements.allows.iter().filter(|rule| !rule.negated);
            Compiled {
                grantable: set.mask(granting.flat_map(|rule| rule.resources.iter().copied())),
                has_negated_allow: statements.allows.iter().any(|rule| rule.negated),
                statements,
            }
        };
        let sides = self.sides.into_iter().map(side).collect();
        let characters = alphabet.characters().collect();
        let excluded_places = set.mask(self.excluded.iter().copied());
        Machine {
            lengths: self.lengths,
            alphabet,
            characters,
            set,
            sides,
            excluded: self.excluded,
            excluded_places,
        }
    }
}

#[derive(Debug)]
struct Compiled {
    statements: Statements,
    grantable: Mask,
    has_negated_allow: bool,
}

#[derive(Debug)]
pub(super) struct Machine {
    pub(super) lengths: Lengths,
    alphabet: Alphabet,
    characters: Vec<(Symbol, char)>,
    set: PatternSet,
    sides: Vec<Compiled>,
    excluded: Vec<PatternId>,
    excluded_places: Mask,
}

impl Machine {
    pub(super) fn start(&self) -> State {
        self.set.settled(self.set.start())
    }

    pub(super) fn read(&self, state: &State, text: &str) -> State {
        text.chars().fold(state.clone(), |state, character| self.step(&state, self.alphabet.char(character)))
    }

    pub(super) fn step(&self, state: &State, symbol: Symbol) -> State {
        self.set.settled(self.set.step(state, symbol))
    }

    /// The name in question begins here.
    pub(super) fn enter_name(&self, state: &State) -> State {
        self.set.settled(self.set.enter_name(state))
    }

    /// Whether the name in question, which ends here, is one that must not be.
    pub(super) fn is_excluded(&self, state: &State) -> bool {
        self.excluded.iter().any(|pattern| self.set.matches(state, *pattern))
    }

    /// The name in question has ended, and how it began does not matter any more: what follows is looked at once for all names.
    pub(super) fn after_name(&self, state: &State) -> State {
        state.without(&self.excluded_places)
    }

    /// A character that no pattern spells.
    pub(super) fn fresh(&self) -> String {
        self.alphabet.render([FRESH])
    }

    pub(super) fn symbol(&self, character: char) -> Symbol {
        self.alphabet.char(character)
    }

    /// The symbols to try after these states, each with its character. Of those that `plain` says are alike and that no pattern
    /// tells apart here, one is enough.
    pub(super) fn moves<'m>(
        &'m self,
        states: &'m [&'m State],
        plain: impl Fn(char) -> bool + 'm,
    ) -> impl Iterator<Item = (Symbol, char)> + 'm {
        let mut idle = false;
        self.characters.iter().copied().filter(move |(symbol, character)| {
            let is_told_apart =
                || *symbol != FRESH && states.iter().any(|state| self.set.spells(state, *symbol));
            !plain(*character) || is_told_apart() || !std::mem::replace(&mut idle, true)
        })
    }

    /// The statement that allows the text read so far, when none denies it.
    pub(super) fn granted(&self, side: Side, state: &State) -> Option<usize> {
        let statements = &self.sides.get(side.0)?.statements;
        let allow = statements.allows.iter().find(|rule| self.applies(rule, state))?;
        let denied = statements.denies.iter().any(|rule| self.applies(rule, state));
        (!denied).then_some(allow.index)
    }

    /// True when no longer text can be allowed.
    pub(super) fn is_dead(&self, side: Side, state: &State) -> bool {
        self.sides.get(side.0).is_none_or(|side| !side.has_negated_allow && !state.meets(&side.grantable))
    }

    /// True when there is no `Allow` that could apply.
    pub(super) fn is_empty(&self, side: Side) -> bool {
        self.sides.get(side.0).is_none_or(|side| side.statements.allows.is_empty())
    }

    fn applies(&self, rule: &Rule, state: &State) -> bool {
        let any = |patterns: &[PatternId]| patterns.iter().any(|pattern| self.set.matches(state, *pattern));
        any(&rule.resources) != rule.negated
            && rule.tests.iter().all(|(negated, patterns)| any(patterns) != *negated)
    }
}
