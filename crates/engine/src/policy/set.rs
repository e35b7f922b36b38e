//! Policies made ready for decisions: parsed values, and an index from action and resource to statements.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::Test;
use super::context::Context;
use super::document::{Actions, Document, Effect, Resources, Statement};
use super::pattern::{Matcher, NoValue};

/// A policy document with the names under which evidence mentions it.
#[derive(Clone, Debug)]
pub struct PolicySource {
    /// The policy's name.
    pub name: Arc<str>,
    /// The version id, for example `1`; empty where policies have no versions.
    pub version: String,
    pub document: Arc<Document>,
}

/// The policies that apply to one principal, compiled once and asked often. Immutable; share it with an
/// [`Arc`] between threads.
#[derive(Clone, Debug, Default)]
pub struct PolicySet {
    sources: Vec<PolicySource>,
    /// In the order of sources and statements.
    statements: Vec<Compiled>,
    /// Statements by a literal action, lower case, sorted by it.
    by_action: Vec<(Box<str>, Bucket)>,
    /// Statements whose actions have wildcards or are `NotAction`.
    by_pattern: Vec<(ActionTest, Bucket)>,
}

/// A statement ready for evaluation.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    /// Which source, and which statement of it.
    pub(super) source: usize,
    pub(super) statement: usize,
    pub(super) effect: Effect,
    pub(super) actions: ActionTest,
    pub(super) resources: ResourceTest,
    pub(super) conditions: Box<[Test]>,
}

/// `Action` or `NotAction`.
#[derive(Clone, Debug)]
pub(super) enum ActionTest {
    AnyOf(Box<[Matcher]>),
    NoneOf(Box<[Matcher]>),
}

/// `Resource` or `NotResource`.
#[derive(Clone, Debug)]
pub(super) enum ResourceTest {
    AnyOf(Box<[Matcher]>),
    NoneOf(Box<[Matcher]>),
    /// A trust policy's statement. It is about principals, which a request does not bring, so it grants nothing; its
    /// `Deny` counts for every principal.
    Trust,
}

/// Statements of one action, found by the literal text with which their resources begin.
///
/// The prefixes are sorted, and each knows the longest other one that it begins with. Everything that a resource begins
/// with is then the greatest prefix not above the resource, or one of that prefix's ancestors.
#[derive(Clone, Debug, Default)]
struct Bucket {
    prefixes: Vec<Prefix>,
}

#[derive(Clone, Debug)]
struct Prefix {
    text: Box<str>,
    parent: Option<usize>,
    candidates: Vec<Candidate>,
}

/// A statement that may apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) statement: usize,
    /// The resource pattern that begins with the prefix; `None` when the resources must be looked at as a whole.
    pub(super) pattern: Option<usize>,
}

impl PolicySet {
    /// Compiles policies. Nothing can fail here: what makes no sense in a document, such as a condition on a number
    /// that is none, grants nothing in an `Allow` and holds in a `Deny`.
    pub fn compile(sources: impl IntoIterator<Item = PolicySource>) -> Self {
        let sources: Vec<PolicySource> = sources.into_iter().collect();
        let mut statements = Vec::new();
        let mut by_action: BTreeMap<String, BucketBuilder> = BTreeMap::new();
        let mut by_pattern: BTreeMap<(bool, Vec<String>), (ActionTest, BucketBuilder)> = BTreeMap::new();
        for (source_index, source) in sources.iter().enumerate() {
            for (statement_index, statement) in source.document.statements.iter().enumerate() {
                let compiled = Compiled::new(source_index, statement_index, statement);
                let place = statements.len();
                let Actions { negated, patterns } = &statement.actions;
                if *negated {
                    let names = patterns.iter().map(|p| p.node.to_string().to_ascii_lowercase()).collect();
                    let (_, bucket) = by_pattern
                        .entry((true, names))
                        .or_insert_with(|| (compiled.actions.clone(), BTreeMap::new()));
                    compiled.enter(bucket, place);
                }
                for pattern in patterns.iter().map(|pattern| &pattern.node).filter(|_| !negated) {
                    match pattern.as_literal() {
                        Some(action) => {
                            compiled.enter(by_action.entry(action.to_ascii_lowercase()).or_default(), place);
                        }
                        None => {
                            let name = pattern.to_string().to_ascii_lowercase();
                            let test = || ActionTest::AnyOf([Matcher::new(pattern)].into());
                            let (_, bucket) = by_pattern
                                .entry((false, vec![name]))
                                .or_insert_with(|| (test(), BTreeMap::new()));
                            compiled.enter(bucket, place);
                        }
                    }
                }
                statements.push(compiled);
            }
        }
        let by_action = by_action.into_iter().map(|(action, b)| (action.into(), Bucket::new(b))).collect();
        let by_pattern = by_pattern.into_values().map(|(test, b)| (test, Bucket::new(b))).collect();
        Self { sources, statements, by_action, by_pattern }
    }

    /// The policies, in the order in which they were given.
    pub fn sources(&self) -> &[PolicySource] {
        &self.sources
    }

    pub(super) fn statements(&self) -> &[Compiled] {
        &self.statements
    }

    pub(super) fn statement(&self, index: usize) -> Option<&Compiled> {
        self.statements.get(index)
    }

    /// The statements that may apply by action and by the beginning of the resource, some of them more than once. With
    /// each comes what follows the prefix in the resource.
    pub(super) fn candidates<'a>(
        &'a self,
        action: &'a str,
        resource: &'a str,
    ) -> impl Iterator<Item = (Candidate, &'a str)> {
        let lower = || action.bytes().map(|byte| byte.to_ascii_lowercase());
        let literal = self.by_action.binary_search_by(|(name, _)| name.bytes().cmp(lower()));
        let literal = literal.ok().and_then(|index| self.by_action.get(index)).map(|(_, bucket)| bucket);
        let patterns =
            self.by_pattern.iter().filter(|(test, _)| test.accepts(action)).map(|(_, bucket)| bucket);
        literal.into_iter().chain(patterns).flat_map(|bucket| bucket.candidates(resource))
    }
}

impl Compiled {
    fn new(source: usize, statement: usize, parsed: &Statement) -> Self {
        let matchers = |patterns: &[super::document::Spanned<super::Pattern>]| -> Box<[Matcher]> {
            patterns.iter().map(|pattern| Matcher::new(&pattern.node)).collect()
        };
        let actions = matchers(&parsed.actions.patterns);
        Self {
            source,
            statement,
            effect: parsed.effect,
            actions: if parsed.actions.negated {
                ActionTest::NoneOf(actions)
            } else {
                ActionTest::AnyOf(actions)
            },
            resources: match &parsed.resources {
                None => ResourceTest::Trust,
                Some(Resources { negated: false, patterns }) => ResourceTest::AnyOf(matchers(patterns)),
                Some(Resources { negated: true, patterns }) => ResourceTest::NoneOf(matchers(patterns)),
            },
            conditions: parsed.conditions.iter().map(Test::new).collect(),
        }
    }

    fn enter(&self, bucket: &mut BucketBuilder, statement: usize) {
        match &self.resources {
            ResourceTest::AnyOf(patterns) => {
                for (index, pattern) in patterns.iter().enumerate() {
                    let candidate = Candidate { statement, pattern: Some(index) };
                    bucket.entry(pattern.prefix().into()).or_default().push(candidate);
                }
            }
            ResourceTest::NoneOf(_) | ResourceTest::Trust => {
                bucket.entry("".into()).or_default().push(Candidate { statement, pattern: None });
            }
        }
    }

    /// How a variable without value is read in `Resource`. `NotResource` has its own rule.
    pub(super) fn no_value(&self) -> NoValue {
        match self.effect {
            Effect::Allow => NoValue::MatchesNothing,
            Effect::Deny => NoValue::MatchesAnything,
        }
    }

    /// Whether the statement is about this resource.
    pub(super) fn covers(&self, resource: &str, context: &Context) -> bool {
        match &self.resources {
            ResourceTest::AnyOf(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(resource, context, self.no_value()))
            }
            // What an exception without value excepts is not known. So an `Allow` does not apply at all, and a `Deny`
            // makes no such exception.
            ResourceTest::NoneOf(patterns) => {
                (self.effect == Effect::Deny || patterns.iter().all(|pattern| pattern.is_resolved(context)))
                    && !patterns.iter().any(|p| p.matches(resource, context, NoValue::MatchesNothing))
            }
            ResourceTest::Trust => self.effect == Effect::Deny,
        }
    }

    pub(super) fn conditions_hold(&self, context: &Context) -> bool {
        self.conditions.iter().all(|condition| condition.evaluate(context).holds(self.effect))
    }

    /// The patterns of `Resource` or `NotResource`.
    pub(super) fn resource_matchers(&self) -> &[Matcher] {
        match &self.resources {
            ResourceTest::AnyOf(patterns) | ResourceTest::NoneOf(patterns) => patterns,
            ResourceTest::Trust => &[],
        }
    }
}

impl ActionTest {
    pub(super) fn accepts(&self, action: &str) -> bool {
        let (Self::AnyOf(patterns) | Self::NoneOf(patterns)) = self;
        let listed = patterns.iter().any(|pattern| pattern.matches_ignoring_ascii_case(action));
        listed == matches!(self, Self::AnyOf(_))
    }
}

type BucketBuilder = BTreeMap<Box<str>, Vec<Candidate>>;

impl Bucket {
    fn new(builder: BucketBuilder) -> Self {
        let mut prefixes: Vec<Prefix> = Vec::with_capacity(builder.len());
        for (text, candidates) in builder {
            let mut parent = prefixes.len().checked_sub(1);
            while let Some(candidate) = parent.and_then(|index| prefixes.get(index)) {
                if text.starts_with(&*candidate.text) {
                    break;
                }
                parent = candidate.parent;
            }
            prefixes.push(Prefix { text, parent, candidates });
        }
        Self { prefixes }
    }

    fn candidates<'a>(&'a self, resource: &'a str) -> impl Iterator<Item = (Candidate, &'a str)> {
        let last = self.prefixes.partition_point(|prefix| *prefix.text <= *resource).checked_sub(1);
        let get = |index: usize| self.prefixes.get(index);
        let chain = std::iter::successors(last.and_then(get), move |prefix| prefix.parent.and_then(get));
        chain.flat_map(move |prefix| {
            let rest = resource.strip_prefix(&*prefix.text);
            let candidates = prefix.candidates.iter().copied();
            rest.into_iter().flat_map(move |rest| candidates.clone().map(move |candidate| (candidate, rest)))
        })
    }
}
