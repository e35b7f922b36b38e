//! What would have to change for a decision to come out the other way?

use std::sync::Arc;

use crate::policy::document::{Document, Effect, Pattern, Piece, Resources, Span, Spanned, Statement};
use crate::policy::resolve::{about, normal, variables};
use crate::policy::{
    Context, Decision, Mismatch, PolicySet, PolicySource, Request, StatementRef, decide, explain, mismatches,
};

use super::values::{Letters, values_of, word};

/// A change after which the decision is another. Each was tried: the changed policies or the changed context were asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flip {
    /// Other values of keys of the request: the key, and its values then; none means that the key is absent.
    Context(Vec<(String, Vec<String>)>),
    /// The resource added to an `Allow` that has all but the resource.
    AddResource(StatementRef),
    /// A condition taken out of an `Allow` that has all but that; as the policy writes it.
    DropCondition(StatementRef, String),
    /// A new statement that allows the action on the resource.
    AddAllow,
    /// These statements taken out, all of them.
    Remove(Vec<StatementRef>),
    /// These `Deny` statements taken out, and the action allowed on the resource, which no statement does.
    RemoveAndAllow(Vec<StatementRef>),
}

/// How a decision came about and how it would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flips {
    pub decision: Decision,
    /// Statements about the action that do not apply, and why not.
    pub mismatches: Vec<Mismatch>,
    /// Single changes, the smaller ones first: context, then statements.
    pub flips: Vec<Flip>,
}

/// Explains a decision by the nearest changes that flip it: from allowed to not allowed, or the other way.
pub fn flips(set: &PolicySet, request: &Request<'_>) -> Flips {
    let explanation = explain(set, request);
    let mismatches = mismatches(set, request);
    let decision = explanation.decision;
    let mut changes = in_context(set, request, decision == Decision::Allowed);
    let is_flipped = |set: &PolicySet, request: &Request<'_>| {
        (decide(set, request) == Decision::Allowed) != (decision == Decision::Allowed)
    };
    let mut offer = |change: Flip, edit: &mut dyn FnMut(&mut Vec<PolicySource>)| {
        let mut sources = set.sources().to_vec();
        edit(&mut sources);
        if is_flipped(&PolicySet::compile(sources), request) {
            changes.push(change);
            return true;
        }
        false
    };
    let decisive: Vec<StatementRef> = explanation.decisive().cloned().collect();
    match decision {
        Decision::Allowed => {
            offer(Flip::Remove(decisive.clone()), &mut |sources| remove(sources, &decisive));
        }
        Decision::ExplicitDeny => {
            if !offer(Flip::Remove(decisive.clone()), &mut |sources| remove(sources, &decisive)) {
                offer(Flip::RemoveAndAllow(decisive.clone()), &mut |sources| {
                    remove(sources, &decisive);
                    allow(sources, request);
                });
            }
        }
        Decision::ImplicitDeny => {
            for mismatch in mismatches.iter().filter(|mismatch| mismatch.statement.effect == Effect::Allow) {
                let named = &mismatch.statement;
                if mismatch.resource {
                    offer(Flip::AddResource(named.clone()), &mut |sources| {
                        edit(sources, named, &mut |statement| add_resource(statement, request.resource));
                    });
                }
                for condition in &mismatch.conditions {
                    let change = Flip::DropCondition(named.clone(), condition.clone());
                    offer(change, &mut |sources| {
                        edit(sources, named, &mut |statement| {
                            statement.conditions.retain(|one| one.to_string() != *condition);
                        });
                    });
                }
            }
            offer(Flip::AddAllow, &mut |sources| allow(sources, request));
        }
    }
    Flips { decision, mismatches, flips: changes }
}

/// Changes of one key, or of two if no single one helps.
fn in_context(set: &PolicySet, request: &Request<'_>, allowed: bool) -> Vec<Flip> {
    let choices = choices(set, request);
    let flips = |context: &Context| {
        let changed = Request { context, ..*request };
        (decide(set, &changed) == Decision::Allowed) != allowed
    };
    let change =
        |pairs: &[&(String, Vec<String>)]| Flip::Context(pairs.iter().map(|pair| (*pair).clone()).collect());
    let with = |pairs: &[&(String, Vec<String>)]| {
        pairs.iter().fold(request.context.clone(), |context, (key, values)| context.with(key, values.clone()))
    };
    let single: Vec<Flip> =
        choices.iter().filter(|choice| flips(&with(&[choice]))).map(|choice| change(&[choice])).collect();
    if !single.is_empty() {
        return one_per_key(single);
    }
    for (index, first) in choices.iter().take(CHOICES_MAX).enumerate() {
        for second in choices.iter().take(CHOICES_MAX).skip(index + 1).filter(|second| second.0 != first.0) {
            if flips(&with(&[first, second])) {
                return vec![change(&[first, second])];
            }
        }
    }
    Vec::new()
}

/// Pairs of key and values that are tried together.
const CHOICES_MAX: usize = 64;

fn one_per_key(changes: Vec<Flip>) -> Vec<Flip> {
    let mut seen: Vec<String> = Vec::new();
    let mut kept = Vec::new();
    for change in changes {
        let Flip::Context(pairs) = &change else { continue };
        let key = pairs.first().map(|(key, _)| key.clone()).unwrap_or_default();
        if !seen.contains(&key) {
            seen.push(key);
            kept.push(change);
        }
    }
    kept
}

/// For each key that statements about the action speak of, values that conditions tell apart, other than the request's.
fn choices(set: &PolicySet, request: &Request<'_>) -> Vec<(String, Vec<String>)> {
    let actions = [request.action];
    let statements: Vec<&Statement> = about(set, &actions).collect();
    let mut keys: Vec<String> = Vec::new();
    for statement in &statements {
        let in_conditions = statement.conditions.iter().flat_map(|condition| {
            let in_values = condition.values.iter().flat_map(|value| variables(&value.node));
            std::iter::once(&condition.key).chain(in_values.map(|variable| &variable.key))
        });
        let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
        let in_resources = resources.flat_map(|pattern| variables(&pattern.node)).map(|v| &v.key);
        for key in in_conditions.chain(in_resources) {
            if !keys.iter().any(|known| normal(known) == normal(key)) {
                keys.push(key.clone());
            }
        }
    }
    let mut found = Vec::new();
    for key in keys {
        let conditions: Vec<_> = statements
            .iter()
            .flat_map(|statement| &statement.conditions)
            .filter(|condition| normal(&condition.key) == normal(&key))
            .collect();
        let own = request.context.get(&key);
        for choice in
            values_of(&key, &word(&key), &conditions, request.context, &mut Letters::by(&[set])).choices
        {
            if choice != own {
                found.push((key.clone(), choice));
            }
        }
        // What a variable would have to be for the resource to match: the levels of the resource.
        let levels = request.resource.splitn(6, ':').nth(5).unwrap_or_default().split('/').skip(1);
        let levels = levels.filter(|level| !level.is_empty() && !matches!(*level, "+" | "#"));
        found.extend(
            levels.map(|level| (key.clone(), vec![level.to_owned()])).filter(|(_, choice)| *choice != own),
        );
    }
    found
}

fn remove(sources: &mut [PolicySource], named: &[StatementRef]) {
    for source in sources {
        let mut document = Document::clone(&source.document);
        let mut index = 0;
        document.statements.retain(|_| {
            let is_named = named.iter().any(|named| {
                named.policy == source.name && named.version == source.version && named.statement == index
            });
            index += 1;
            !is_named
        });
        source.document = Arc::new(document);
    }
}

fn edit(sources: &mut [PolicySource], named: &StatementRef, change: &mut dyn FnMut(&mut Statement)) {
    for source in sources.iter_mut().filter(|s| s.name == named.policy && s.version == named.version) {
        let mut document = Document::clone(&source.document);
        if let Some(statement) = document.statements.get_mut(named.statement) {
            change(statement);
        }
        source.document = Arc::new(document);
    }
}

fn literal(text: &str) -> Spanned<Pattern> {
    Spanned { node: Pattern { pieces: vec![Piece::Literal(text.to_owned())] }, span: Span::default() }
}

fn add_resource(statement: &mut Statement, resource: &str) {
    match &mut statement.resources {
        Some(resources) if !resources.negated => resources.patterns.push(literal(resource)),
        other => *other = Some(Resources { negated: false, patterns: vec![literal(resource)] }),
    }
}

fn allow(sources: &mut Vec<PolicySource>, request: &Request<'_>) {
    let statement = Statement {
        sid: None,
        effect: Effect::Allow,
        actions: crate::policy::document::Actions { negated: false, patterns: vec![literal(request.action)] },
        resources: Some(Resources { negated: false, patterns: vec![literal(request.resource)] }),
        principals: None,
        conditions: Vec::new(),
        span: Span::default(),
    };
    let document = Document {
        dialect: crate::policy::Dialect::Iot,
        version: crate::policy::Version::V2012,
        id: None,
        statements: vec![statement],
    };
    sources.push(PolicySource { name: "new".into(), version: String::new(), document: Arc::new(document) });
}
