//! A decision with its evidence: which statements made it, which values were missing, what could not be compared.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::condition::{Problem, Test};
use super::context::{Context, Key, Resolved};
use super::decide::{Decision, Request};
use super::document::{Condition, Effect, Span};
use super::set::{Compiled, PolicySet};
use super::text::Quoted;

/// A statement by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementRef {
    /// The policy's name.
    pub policy: Arc<str>,
    /// The policy's version id.
    pub version: String,
    /// Its place in the policy, from 0.
    pub statement: usize,
    pub sid: Option<String>,
    pub effect: Effect,
    /// Where it stands in the policy's text.
    pub span: Span,
}

/// A decision and why it came out so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The same that [`decide`](super::decide::decide) says.
    pub decision: Decision,
    /// The statements that apply, in the order of the policies: after an explicit deny the `Allow` statements too, which
    /// would otherwise have granted the request. See [`Explanation::decisive`].
    pub matched: Vec<StatementRef>,
    /// Condition keys that had no value, though a statement about the action asked for one: in a variable without
    /// default, or in a condition other than `Null`. Sorted, as the policies write them, each once.
    pub missing_context: Vec<String>,
    /// What could not be compared or substituted, in statements about the action.
    pub errors: Vec<EvaluationError>,
}

/// Something in a policy or a request that makes no sense. In an `Allow` it grants nothing, in a `Deny` it saves nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("statement {} of policy {}: {kind}", statement.statement + 1, Quoted(&statement.policy))]
pub struct EvaluationError {
    pub statement: StatementRef,
    pub kind: EvaluationErrorKind,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluationErrorKind {
    /// A value in the policy that its operator cannot compare; `span` is in the policy's text.
    #[error("the condition on {} compares with {}, expected {expected}", Quoted(.key), Quoted(.value))]
    PolicyValue { key: String, value: String, expected: &'static str, span: Span },
    /// A value of the request that the operator cannot compare.
    #[error("the request's {} is {}, expected {expected}", Quoted(.key), Quoted(.value))]
    RequestValue { key: String, value: String, expected: &'static str },
    /// A variable whose value must not be substituted: several values, or a certificate attribute that is too long or has
    /// one of the characters `*`, `$`, `+`, `?` and `#`.
    #[error("the request's {} cannot be substituted for a variable", Quoted(.key))]
    NotSubstituted { key: String },
}

impl Explanation {
    /// The statements that made the decision: the `Deny` ones after an explicit deny, the `Allow` ones after an allow.
    pub fn decisive(&self) -> impl Iterator<Item = &StatementRef> {
        let effect = match self.decision {
            Decision::ExplicitDeny => Effect::Deny,
            Decision::Allowed | Decision::ImplicitDeny => Effect::Allow,
        };
        self.matched.iter().filter(move |statement| statement.effect == effect)
    }
}

/// Decides on a request as [`decide`](super::decide::decide) does, with evidence. Looks at every statement, so it takes
/// longer.
pub fn explain(set: &PolicySet, request: &Request<'_>) -> Explanation {
    let mut evidence = Evidence::default();
    let mut matched = Vec::new();
    for statement in set.statements().iter().filter(|statement| statement.actions.accepts(request.action)) {
        let Some(reference) = reference(set, statement) else { continue };
        evidence.gather(set, statement, &reference, request.context);
        if statement.covers(request.resource, request.context) && statement.conditions_hold(request.context) {
            matched.push(reference);
        }
    }
    let any = |effect: Effect| matched.iter().any(|statement| statement.effect == effect);
    let decision = match (any(Effect::Deny), any(Effect::Allow)) {
        (true, _) => Decision::ExplicitDeny,
        (false, true) => Decision::Allowed,
        (false, false) => Decision::ImplicitDeny,
    };
    let mut missing_context: Vec<String> = evidence.missing.into_values().collect();
    missing_context.sort();
    Explanation { decision, matched, missing_context, errors: evidence.errors }
}

/// A statement about the action that does not apply to a request, and what of it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub statement: StatementRef,
    /// Its resources do not match.
    pub resource: bool,
    /// Its conditions that do not hold, for example `StringEquals on iot:ClientId`.
    pub conditions: Vec<String>,
}

/// The statements about the request's action that do not apply to it, in the order of the policies.
pub fn mismatches(set: &PolicySet, request: &Request<'_>) -> Vec<Mismatch> {
    let mut found = Vec::new();
    for statement in set.statements().iter().filter(|statement| statement.actions.accepts(request.action)) {
        let Some(named) = reference(set, statement) else { continue };
        let holds = |test: &&Test| !test.evaluate(request.context).holds(statement.effect);
        let conditions = statement.conditions.iter().zip(parsed(set, statement));
        let failing = conditions.filter(|(test, _)| holds(test)).map(|(_, condition)| condition.to_string());
        let conditions: Vec<String> = failing.collect();
        let resource = !statement.covers(request.resource, request.context);
        if resource || !conditions.is_empty() {
            found.push(Mismatch { statement: named, resource, conditions });
        }
    }
    found
}

/// The conditions of a compiled statement as they were parsed.
fn parsed<'s>(set: &'s PolicySet, compiled: &Compiled) -> &'s [Condition] {
    let source = set.sources().get(compiled.source);
    let statement = source.and_then(|source| source.document.statements.get(compiled.statement));
    statement.map(|statement| statement.conditions.as_slice()).unwrap_or_default()
}

pub(super) fn reference(set: &PolicySet, compiled: &Compiled) -> Option<StatementRef> {
    let source = set.sources().get(compiled.source)?;
    let statement = source.document.statements.get(compiled.statement)?;
    Some(StatementRef {
        policy: Arc::clone(&source.name),
        version: source.version.clone(),
        statement: compiled.statement,
        sid: statement.sid.clone(),
        effect: compiled.effect,
        span: statement.span,
    })
}

#[derive(Default)]
struct Evidence {
    /// By the form under which keys are looked up.
    missing: BTreeMap<String, String>,
    errors: Vec<EvaluationError>,
}

impl Evidence {
    fn gather(&mut self, set: &PolicySet, compiled: &Compiled, reference: &StatementRef, context: &Context) {
        let in_conditions = compiled.conditions.iter().flat_map(|condition| condition.matchers());
        for pattern in compiled.resource_matchers().iter().chain(in_conditions) {
            for (key, why) in pattern.unresolved(context) {
                self.missing(key);
                if why == Resolved::Refused {
                    let kind = EvaluationErrorKind::NotSubstituted { key: key.written().to_owned() };
                    self.error(reference, kind);
                }
            }
        }
        for (condition, parsed) in compiled.conditions.iter().zip(parsed(set, compiled)) {
            if context.values(condition.key()).is_empty() && !condition.asks_for_presence() {
                self.missing(condition.key());
            }
            let key = condition.key().written();
            condition.problems(context, &mut |problem| {
                let kind = match problem {
                    Problem::Policy { index, expected } => {
                        let Some(value) = parsed.values.get(index) else { return };
                        let (value, span) = (value.node.to_string(), value.span);
                        EvaluationErrorKind::PolicyValue { key: key.to_owned(), value, expected, span }
                    }
                    Problem::Request { value, expected } => {
                        let (key, value) = (key.to_owned(), value.to_owned());
                        EvaluationErrorKind::RequestValue { key, value, expected }
                    }
                };
                self.error(reference, kind);
            });
        }
    }

    fn missing(&mut self, key: &Key) {
        self.missing.entry(key.normal().to_owned()).or_insert_with(|| key.written().to_owned());
    }

    fn error(&mut self, statement: &StatementRef, kind: EvaluationErrorKind) {
        let error = EvaluationError { statement: statement.clone(), kind };
        if !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
