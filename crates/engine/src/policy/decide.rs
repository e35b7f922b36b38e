//! The hot path: one request against a compiled policy set. Allocates nothing.

use super::context::Context;
use super::document::Effect;
use super::set::{Candidate, Compiled, PolicySet};

/// What somebody wants to do.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// For example `iot:Publish`, in any ASCII case.
    pub action: &'a str,
    /// The whole ARN, for example `arn:aws:iot:us-east-1:123456789012:topic/a/b`.
    pub resource: &'a str,
    pub context: &'a Context,
}

/// The outcome. Everything but [`Decision::Allowed`] means no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// An `Allow` applies and no `Deny` does.
    Allowed,
    /// A `Deny` applies, whatever else does.
    ExplicitDeny,
    /// Nothing applies.
    ImplicitDeny,
}

impl Decision {
    /// `allowed`, `explicitDeny` or `implicitDeny`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
        }
    }
}

impl std::fmt::Display for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Decides on a request. The order of policies and statements does not matter.
pub fn decide(set: &PolicySet, request: &Request<'_>) -> Decision {
    let mut decision = Decision::ImplicitDeny;
    for (candidate, rest) in set.candidates(request.action, request.resource) {
        let Some(statement) = set.statement(candidate.statement) else { continue };
        let settled = statement.effect == Effect::Allow && decision == Decision::Allowed;
        if settled || !applies(statement, candidate, rest, request) {
            continue;
        }
        match statement.effect {
            Effect::Deny => return Decision::ExplicitDeny,
            Effect::Allow => decision = Decision::Allowed,
        }
    }
    decision
}

fn applies(statement: &Compiled, candidate: Candidate, rest: &str, request: &Request<'_>) -> bool {
    let covers = match candidate.pattern.and_then(|index| statement.resource_matchers().get(index)) {
        Some(pattern) => pattern.matches_after_prefix(rest, request.context, statement.no_value()),
        None => statement.covers(request.resource, request.context),
    };
    covers && statement.conditions_hold(request.context)
}
