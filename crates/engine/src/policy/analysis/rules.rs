//! The statements that decide about one action in one scenario, compiled into one automaton.

use std::collections::BTreeSet;

use super::StatementRef;
use super::arn::{ArnField, Spelled, arn_fields};
use super::arrangement::{Atoms, Literal, is_possible};
use super::automaton::{Alphabet, Mask, Options, PatternId, PatternSet, PatternSetBuilder, State, Token};
use super::condition::{NameTest, Scenario, Verdict, judge};
use crate::policy::document::{Condition, Document, Effect, Statement};

/// What "union of Allow minus union of Deny" is about: statements and their patterns as one automaton.
#[derive(Clone, Debug)]
pub struct Rules {
    pub alphabet: Alphabet,
    pub set: PatternSet,
    allows: Vec<Rule>,
    denies: Vec<Rule>,
    /// Places of Allow resources; a state outside them is granted by `NotResource` only.
    grantable: Mask,
    has_negated_allow: bool,
    prefixes: Vec<Vec<Token>>,
}

#[derive(Clone, Debug)]
struct Rule {
    source: StatementRef,
    negated: bool,
    resources: Vec<PatternId>,
    /// (negated, patterns)
    names: Vec<(bool, Vec<PatternId>)>,
    /// Conditions that are for the caller to arrange.
    arranged: Vec<Literal>,
}

/// Tests on the name, and conditions that are for the caller to arrange.
type Tests = (Vec<(bool, Vec<PatternId>)>, Vec<Literal>);

impl Rule {
    fn applies(&self, set: &PatternSet, state: &State) -> bool {
        let any = |patterns: &[PatternId]| patterns.iter().any(|pattern| set.matches(state, *pattern));
        any(&self.resources) != self.negated
            && self.names.iter().all(|(negated, patterns)| any(patterns) != *negated)
    }
}

/// Rules whose alphabet is still open, so that several can share one.
#[derive(Clone, Debug, Default)]
pub struct RulesBuilder {
    builder: PatternSetBuilder,
    allows: Vec<Rule>,
    denies: Vec<Rule>,
    allowed_patterns: Vec<Vec<Token>>,
    atoms: Atoms,
}

impl RulesBuilder {
    /// Takes in the statements that `covers` selects. Conditions equal to one in `assumed` are taken to hold.
    pub fn new(
        documents: &[&Document],
        scenario: Scenario,
        assumed: &[Condition],
        covers: impl Fn(&Statement) -> bool,
    ) -> Self {
        let mut this = Self::default();
        for (document, policy) in documents.iter().enumerate() {
            for (index, statement) in policy.statements.iter().enumerate() {
                if covers(statement) {
                    this.add(statement, StatementRef { document, statement: index }, scenario, assumed);
                }
            }
        }
        this
    }

    fn add(
        &mut self,
        statement: &Statement,
        source: StatementRef,
        scenario: Scenario,
        assumed: &[Condition],
    ) {
        let Some((names, arranged)) = self.tests(statement, scenario, assumed) else { return };
        let Some(resources) = &statement.resources else { return };
        let effect = statement.effect;
        let mut readable = Vec::new();
        for pattern in &resources.patterns {
            match (effect, resources.negated, scenario.tokens(&pattern.node)) {
                (_, _, Some(tokens)) => readable.push(tokens),
                // A variable without a value never widens access: an Allow that excepts it grants nothing.
                (Effect::Allow, true, None) => return,
                (Effect::Deny, false, None) => readable.push(scenario.tokens_or_any(&pattern.node)),
                (Effect::Allow, false, None) | (Effect::Deny, true, None) => {}
            }
        }
        let spells = effect == Effect::Allow && !resources.negated;
        if spells && readable.is_empty() {
            return;
        }
        if effect == Effect::Allow {
            self.allowed_patterns.extend(readable.iter().cloned());
        }
        let options = Options { spells, ..Options::default() };
        let resource_ids = readable.into_iter().map(|tokens| self.builder.add(tokens, options)).collect();
        let rule = Rule { source, negated: resources.negated, resources: resource_ids, names, arranged };
        match effect {
            Effect::Allow => self.allows.push(rule),
            Effect::Deny => self.denies.push(rule),
        }
    }

    /// What the statement's conditions ask; `None` when the statement does not apply.
    fn tests(&mut self, statement: &Statement, scenario: Scenario, assumed: &[Condition]) -> Option<Tests> {
        let (mut tests, mut arranged) = (Vec::new(), Vec::new());
        for condition in &statement.conditions {
            if assumed.iter().any(|known| same_condition(known, condition)) {
                continue;
            }
            match judge(condition, scenario, statement.effect) {
                Verdict::True => {}
                Verdict::Free => arranged.push(self.atoms.literal(condition)),
                Verdict::False => return None,
                Verdict::OnName(test) => tests.push(test),
            }
        }
        let compiled = tests.into_iter().map(|NameTest { negated, ignore_case, patterns }| {
            let options = Options { ignore_case, name_only: true, spells: false };
            (negated, patterns.into_iter().map(|tokens| self.builder.add(tokens, options)).collect())
        });
        Some((compiled.collect(), arranged))
    }

    /// False when nothing can be granted.
    pub fn has_allow(&self) -> bool {
        !self.allows.is_empty()
    }

    /// Announces all patterns to an alphabet.
    pub fn announce(&self, alphabet: &mut Alphabet) {
        self.builder.announce(alphabet);
    }

    /// The rules over an alphabet that knows all patterns.
    pub fn build(self, alphabet: &Alphabet) -> Rules {
        let Self { builder, allows, denies, allowed_patterns, .. } = self;
        let set = builder.build(alphabet);
        let positive =
            allows.iter().filter(|rule| !rule.negated).flat_map(|rule| rule.resources.iter().copied());
        let grantable = set.mask(positive);
        let has_negated_allow = allows.iter().any(|rule| rule.negated);
        let prefixes = arn_prefixes(&allowed_patterns);
        Rules { alphabet: alphabet.clone(), set, allows, denies, grantable, has_negated_allow, prefixes }
    }
}

/// Whether two conditions say the same, wherever they stand.
pub(super) fn same_condition(one: &Condition, other: &Condition) -> bool {
    one.operator == other.operator
        && one.key.eq_ignore_ascii_case(&other.key)
        && one.values.iter().map(|value| &value.node).eq(other.values.iter().map(|value| &value.node))
}

impl Rules {
    /// The rules of the statements that `covers` selects; `None` when no Allow among them can apply.
    pub fn compile(
        documents: &[&Document],
        scenario: Scenario,
        covers: impl Fn(&Statement) -> bool,
    ) -> Option<Self> {
        let builder = RulesBuilder::new(documents, scenario, &[], covers);
        if !builder.has_allow() {
            return None;
        }
        let mut alphabet = Alphabet::default();
        builder.announce(&mut alphabet);
        Some(builder.build(&alphabet))
    }

    /// The Allow that grants the text read so far, when no Deny takes it away.
    pub fn granted(&self, state: &State) -> Option<StatementRef> {
        self.granted_by(state, |_| true)
    }

    /// As [`Rules::granted`], counting only Allow statements with `Resource`: those whose words were read by
    /// [`PatternSet::step_spelled`].
    pub fn granted_spelled(&self, state: &State) -> Option<StatementRef> {
        self.granted_by(state, |rule| !rule.negated)
    }

    fn granted_by(&self, state: &State, counts: impl Fn(&Rule) -> bool) -> Option<StatementRef> {
        let applying = self.denies.iter().filter(|rule| rule.applies(&self.set, state));
        let denies: Vec<&[Literal]> = applying.map(|rule| rule.arranged.as_slice()).collect();
        let stands = |allow: &&Rule| {
            counts(allow) && allow.applies(&self.set, state) && is_possible(&allow.arranged, &denies)
        };
        self.allows.iter().find(stands).map(|allow| allow.source)
    }

    /// Whether a Deny takes the text read so far away, whatever the caller arranges.
    pub fn is_denied(&self, state: &State) -> bool {
        self.denies.iter().any(|rule| rule.arranged.is_empty() && rule.applies(&self.set, state))
    }

    /// The Allow statements, in order.
    pub fn allow_sources(&self) -> impl Iterator<Item = StatementRef> + '_ {
        self.allows.iter().map(|rule| rule.source)
    }

    /// True when no longer text can be granted.
    pub fn is_dead(&self, state: &State) -> bool {
        !self.has_negated_allow && self.is_dead_spelled(state)
    }

    /// As [`Rules::is_dead`], for [`Rules::granted_spelled`].
    pub fn is_dead_spelled(&self, state: &State) -> bool {
        !state.meets(&self.grantable)
    }

    /// The first five fields of the ARNs to try, ending in `:`: every combination of partition, region and account that
    /// Allow statements spell, and one that stands for all others.
    pub fn prefixes(&self) -> &[Vec<Token>] {
        &self.prefixes
    }

    /// Steps over the first fields of an ARN.
    pub fn read_prefix(&self, state: &State, prefix: &[Token]) -> State {
        self.set.read_tokens(&self.alphabet, state, prefix)
    }

    /// Steps over a text.
    pub fn read(&self, state: &State, text: &str) -> State {
        self.set.read(&self.alphabet, state, text)
    }

    /// Steps over a text that Allow resources must have spelled.
    pub fn read_spelled(&self, state: &State, text: &str) -> State {
        self.set.read_spelled(&self.alphabet, state, text)
    }
}

/// Stands for every partition, region and account that no Allow spells; the region and account of AWS's own examples.
const DEFAULT_FIELDS: [&str; 3] = ["aws", "us-east-1", "123456789012"];

/// More combinations than this are not multiplied out: only those that one pattern spells together are tried.
const PREFIX_COMBINATIONS_MAX: usize = 64;

pub(super) fn arn_prefixes(patterns: &[Vec<Token>]) -> Vec<Vec<Token>> {
    let chars = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
    let mut together: Vec<[Vec<Token>; 3]> = Vec::new();
    let mut push = |fields: [Vec<Token>; 3]| {
        if !together.contains(&fields) {
            together.push(fields);
        }
    };
    for fields in patterns.iter().filter_map(|tokens| arn_fields(tokens)) {
        let mut places = [ArnField::Partition, ArnField::Region, ArnField::Account].into_iter();
        let mut defaults = DEFAULT_FIELDS.into_iter().map(chars);
        push(fields.map(|field| {
            let (place, default) = (places.next(), defaults.next().unwrap_or_default());
            match (field, place) {
                (Spelled::Whole(tokens), _) => tokens,
                (Spelled::Partly(tokens), Some(place)) => {
                    place.samples(&tokens).first().map_or(default, |sample| chars(sample))
                }
                (Spelled::Nothing | Spelled::Partly(_), _) => default,
            }
        }));
    }
    push(DEFAULT_FIELDS.map(chars));
    let mut distinct: [Vec<Vec<Token>>; 3] = Default::default();
    for fields in &together {
        for (known, field) in distinct.iter_mut().zip(fields) {
            if !known.contains(field) {
                known.push(field.clone());
            }
        }
    }
    let [partitions, regions, accounts] = &distinct;
    if partitions.len() * regions.len() * accounts.len() <= PREFIX_COMBINATIONS_MAX {
        for partition in partitions {
            for region in regions {
                for account in accounts {
                    let fields = [partition.clone(), region.clone(), account.clone()];
                    if !together.contains(&fields) {
                        together.push(fields);
                    }
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    let mut prefixes = Vec::new();
    for [partition, region, account] in together {
        let mut tokens = chars("arn:");
        for (field, end) in [(partition, ":iot:"), (region, ":"), (account, ":")] {
            tokens.extend(field);
            tokens.extend(chars(end));
        }
        if seen.insert(render(&tokens)) {
            prefixes.push(tokens);
        }
    }
    prefixes
}

/// Tokens as text, variables as `${key}`.
pub(super) fn render(tokens: &[Token]) -> String {
    let mut text = String::new();
    for token in tokens {
        match token {
            Token::Char(character) => text.push(*character),
            Token::AnyChar => text.push('?'),
            Token::AnyString => text.push('*'),
            Token::Variable(key) => {
                text.push_str("${");
                text.push_str(&key.0);
                text.push('}');
            }
            Token::Name => {}
        }
    }
    text
}
