//! The least that devices need: a policy made of requests that they were seen to make.
//!
//! [`Synthesis`] collects the requests of devices that have the same policies, with what is the device's own in them written as
//! policy variables (`template.rs`). [`Synthesis::propose`] makes a document of them that AWS takes (`document.rs`) and proves
//! that it is inside the policies in force: it lists what was seen, one by one, and puts `*` only where ids would be listed or the
//! document would be too long, and only as far as it stays inside (`narrow.rs`). What cannot be proved is not proposed.

mod document;
mod narrow;
mod template;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::policy::document::Effect;
use crate::policy::{Context, Decision, PolicySet, Request, decide, explain};
use crate::prove::{Device, Diff, Scope, Thing};

use self::document::Rules;
use self::template::Template;

/// Kinds of requests that are told apart before ids in them are taken together.
const TEMPLATES_MAX: usize = 2_000;

/// Who makes a request, as far as policy variables tell.
#[derive(Clone, Copy, Debug, Default)]
pub struct Owner<'a> {
    /// The thing that it is connected as.
    pub thing: Option<&'a Thing>,
    /// `None` over HTTP.
    pub client_id: Option<&'a str>,
    /// The common name of its certificate's subject.
    pub common_name: Option<&'a str>,
}

/// Requests of devices that have the same policies.
#[derive(Clone, Debug)]
pub struct Synthesis {
    current: Arc<PolicySet>,
    scope: Scope,
    seen: BTreeMap<Grant, Seen>,
    /// Statements of the policies in force that allowed something that was seen.
    used: BTreeSet<(Arc<str>, usize)>,
}

/// What a statement of the new policy is about: an action, under conditions of a policy in force, written as in a document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Grant {
    action: &'static str,
    conditions: String,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    templates: BTreeSet<Template>,
    /// Ids were taken together because there were too many.
    collapsed: bool,
}

/// A policy for the devices, and what is known of it.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// The document, indented.
    pub document: String,
    /// The document in one line.
    pub compact: String,
    /// As AWS counts them: without white space.
    pub characters: usize,
    /// Resources with a `*` that stands for what differs between requests, each with its action.
    pub generalized: Vec<(&'static str, String)>,
    /// `Deny` statements of the policies in force had to be taken over.
    pub keeps_denies: bool,
    /// The policies in force against the proposal: narrower, or equal.
    pub diff: Diff,
    /// `Allow` statements that nothing was seen to need: policy, and statement from 0.
    pub unused: Vec<(Arc<str>, usize)>,
    /// The proposal, for decisions.
    pub set: Arc<PolicySet>,
}

/// Why there is no proposal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoProposal {
    #[error("nothing was seen that the policies in force allow")]
    NothingSeen,
    #[error("it takes {characters} characters without going beyond the policies in force; AWS takes {max}")]
    TooLong { characters: usize, max: usize },
    #[error("it is not proved that what was seen is inside the policies in force: {0}")]
    NotProved(String),
}

impl Synthesis {
    /// For devices that have these policies in this account and region.
    pub fn new(current: Arc<PolicySet>, scope: Scope) -> Self {
        Self { current, scope, seen: BTreeMap::new(), used: BTreeSet::new() }
    }

    /// Takes a request that was made: an action of IoT on a resource (`topic/a/b`, without the first five fields of its ARN, or `*`).
    /// Gives what the policies in force say; what they do not allow is not counted.
    pub fn observe(
        &mut self,
        owner: Owner<'_>,
        action: &'static str,
        name: &str,
        context: &Context,
    ) -> Decision {
        let resource = if name == "*" { name.to_owned() } else { self.scope.arn(name) };
        let explanation = explain(&self.current, &Request { action, resource: &resource, context });
        if explanation.decision != Decision::Allowed {
            return explanation.decision;
        }
        // Any of the statements would do: the one that asks for least keeps the new policy simple.
        let statements = explanation.decisive().filter_map(|by| {
            let source = self.current.sources().iter().find(|source| source.name == by.policy)?;
            Some((by, source.document.statements.get(by.statement)?))
        });
        let Some((by, statement)) = statements.min_by_key(|(_, statement)| statement.conditions.len()) else {
            return explanation.decision;
        };
        self.used.insert((Arc::clone(&by.policy), by.statement));
        let grant = Grant { action, conditions: document::conditions(&statement.conditions) };
        let seen = self.seen.entry(grant).or_default();
        let template = Template::of(owner, name);
        let is_known = seen.templates.contains(&template)
            || (seen.collapsed && seen.templates.iter().any(|known| known.covers(&template)));
        if !is_known {
            seen.templates.insert(template);
        }
        if seen.templates.len() > TEMPLATES_MAX {
            seen.collapsed = true;
            narrow::collapse(&mut seen.templates, TEMPLATES_MAX / 2);
        }
        explanation.decision
    }

    /// The narrowest policy that allows all that was seen and is inside the policies in force, proved for devices that they do
    /// not name, of thing type `type_name` if it is given, and for those of `named`, which is asked for the devices that a text
    /// spells.
    ///
    /// # Errors
    /// There is none that AWS takes, or none that could be proved.
    pub fn propose(
        &self,
        type_name: Option<&str>,
        named: &dyn Fn(&str) -> Vec<Device>,
    ) -> Result<Proposal, NoProposal> {
        if self.seen.is_empty() {
            return Err(NoProposal::NothingSeen);
        }
        let ground = narrow::Ground { current: &self.current, scope: &self.scope, type_name, named };
        let seen: BTreeMap<Grant, BTreeSet<Template>> = self
            .seen
            .iter()
            .map(|(grant, seen)| (grant.clone(), template::settled(&seen.templates)))
            .collect();
        let narrowed = narrow::narrow(&ground, seen)?;
        let rules = Rules::of(&narrowed.grants, &self.scope, &narrowed.denies);
        let is_unused = |source: &crate::policy::PolicySource, index: usize| {
            !self.used.contains(&(Arc::clone(&source.name), index))
        };
        let allows = self.current.sources().iter().flat_map(|source| {
            let all = source.document.statements.iter().enumerate();
            let allows = all.filter(|(_, statement)| statement.effect == Effect::Allow);
            allows
                .filter(|(index, _)| is_unused(source, *index))
                .map(|(index, _)| (Arc::clone(&source.name), index))
        });
        Ok(Proposal {
            document: rules.indented(),
            compact: rules.compact(),
            characters: rules.characters(),
            generalized: narrowed.generalized(),
            keeps_denies: !narrowed.denies.is_empty(),
            diff: ground.diff(&narrowed.set),
            unused: allows.collect(),
            set: narrowed.set,
        })
    }
}

impl Proposal {
    /// Whether the proposal allows a request.
    pub fn allows(&self, request: &Request<'_>) -> bool {
        decide(&self.set, request) == Decision::Allowed
    }
}

#[cfg(test)]
mod tests;
