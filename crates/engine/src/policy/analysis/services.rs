//! Which AWS services a role may use, and which of them it may administer.

use std::collections::BTreeMap;

use super::StatementRef;
use super::access::some_resource;
use super::action::{covers, matches_text, service_of};
use super::automaton::Outcome;
use super::condition::Scenario;
use super::rules::{Rules, render};
use crate::policy::document::{Actions, Document, Effect, Pattern, Piece, Resources, Statement};

/// Services that watch an account, where a device has no business (AWS IoT Device Defender guide, "Role alias overly
/// permissive"). The guide says `inspector`; the present Amazon Inspector has the prefix `inspector2`.
pub const SECURITY_AUDITING: &[&str] =
    &["iam", "cloudtrail", "guardduty", "inspector", "inspector2", "trustedadvisor"];

/// One service that is granted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceGrant {
    /// The prefix of its actions, in lower case; with `*` or `?` when a policy writes it so.
    pub service: String,
    /// All its actions are granted, whatever they are called, on resources without bounds: on `*`, or on an ARN whose
    /// resource is `*`, or any of one type.
    pub administrative: bool,
    /// An Allow that grants an action of it; one that makes it administrative, if there is one.
    pub statement: StatementRef,
}

impl ServiceGrant {
    /// The service as AWS's last-accessed details name it: device-side job actions are part of `iot`.
    pub fn namespace(&self) -> &str {
        if self.service == "iotjobsdata" { "iot" } else { &self.service }
    }
}

/// The services that a role's policies grant.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct ServiceGrants {
    /// Those that the policies name and grant, sorted by name.
    pub services: Vec<ServiceGrant>,
    /// Set when services are granted that no policy names (`*`, `NotAction`); its name is `*`.
    pub all: Option<ServiceGrant>,
    /// Named, yet not granted; sorted.
    refused: Vec<String>,
    /// The members of `services` that have wildcards, as patterns.
    patterns: Vec<(Pattern, usize)>,
}

impl ServiceGrants {
    /// How a service is granted, named or not; `None` when it is not. `service` in lower case.
    pub fn of(&self, service: &str) -> Option<&ServiceGrant> {
        if let Some(named) = self.services.iter().find(|grant| grant.service == service) {
            return Some(named);
        }
        if self.refused.iter().any(|refused| refused == service) {
            return None;
        }
        let by_pattern = self.patterns.iter().find(|(pattern, _)| matches_text(pattern, service, true));
        by_pattern.and_then(|(_, index)| self.services.get(*index)).or(self.all.as_ref())
    }

    /// The services of [`SECURITY_AUDITING`] that are granted, with an Allow that does it.
    pub fn security_auditing(&self) -> Vec<(&'static str, StatementRef)> {
        let granted = |service: &&'static str| self.of(service).map(|grant| (*service, grant.statement));
        SECURITY_AUDITING.iter().filter_map(granted).collect()
    }
}

/// The services that the documents grant together. A grant counts as in [`super::iot_api_access`].
pub fn services(documents: &[&Document]) -> ServiceGrants {
    let statements: Vec<&Statement> = documents.iter().flat_map(|document| &document.statements).collect();
    let question = Question { documents, fresh: fresh_char(&statements), statements };
    let mut named: BTreeMap<String, Pattern> = BTreeMap::new();
    for pattern in question.action_patterns(|_| true) {
        let service = service_of(pattern);
        if !service.is_any() {
            named.insert(service.to_string().to_ascii_lowercase(), service);
        }
    }
    let mut grants =
        ServiceGrants { all: question.grant("*", &question.fresh.to_string()), ..Default::default() };
    for (name, pattern) in named {
        let is_literal = pattern.as_literal().is_some();
        let example = if is_literal { name.clone() } else { question.example(&pattern, true) };
        match question.grant(&name, &example) {
            None if is_literal => grants.refused.push(name),
            None => {}
            Some(grant) => {
                if !is_literal {
                    grants.patterns.push((pattern, grants.services.len()));
                }
                grants.services.push(grant);
            }
        }
    }
    grants
}

struct Question<'a> {
    documents: &'a [&'a Document],
    statements: Vec<&'a Statement>,
    /// No action pattern spells it.
    fresh: char,
}

impl<'a> Question<'a> {
    fn action_patterns(&self, of: impl Fn(&Statement) -> bool) -> impl Iterator<Item = &'a Pattern> {
        let actions: Vec<&'a Actions> = self
            .statements
            .iter()
            .filter(|statement| of(statement))
            .map(|statement| &statement.actions)
            .collect();
        actions.into_iter().flat_map(|actions| actions.patterns.iter().map(|pattern| &pattern.node))
    }

    /// A text that matches the pattern; its wildcards become fresh characters, or nothing where that is enough.
    fn example(&self, pattern: &Pattern, fill: bool) -> String {
        let mut text = String::new();
        for piece in &pattern.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::AnyString if !fill => {}
                Piece::AnyChar | Piece::AnyString | Piece::Variable(_) => text.push(self.fresh),
            }
        }
        text
    }

    fn grant(&self, name: &str, service: &str) -> Option<ServiceGrant> {
        let administrative = self.administrative(service);
        let statement = administrative.or_else(|| self.any_action(service))?;
        Some(ServiceGrant { service: name.to_owned(), administrative: administrative.is_some(), statement })
    }

    /// An Allow that grants every action of the service on resources without bounds.
    fn administrative(&self, service: &str) -> Option<StatementRef> {
        let action = format!("{service}:{}", self.fresh);
        let rules = self.rules(&action)?;
        let allows = self
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow && covers(&statement.actions, &action));
        for resources in allows.filter_map(|statement| statement.resources.as_ref()) {
            for example in unbounded_examples(resources) {
                if let Some(by) = rules.granted(&rules.read(&rules.set.start(), &example)) {
                    return Some(by);
                }
            }
        }
        None
    }

    /// An Allow that grants some action of the service on some resource.
    fn any_action(&self, service: &str) -> Option<StatementRef> {
        let mut actions = vec![format!("{service}:{}", self.fresh)];
        // Besides an action of any name: those that an Allow names, and those that a Deny with `NotAction` excepts.
        let naming = |statement: &Statement| (statement.effect == Effect::Allow) != statement.actions.negated;
        for pattern in self.action_patterns(naming) {
            if matches_text(&service_of(pattern), service, true) {
                for fill in [true, false] {
                    if let Some((_, name)) = self.example(pattern, fill).split_once(':') {
                        actions.push(format!("{service}:{name}"));
                    }
                }
            }
        }
        actions.iter().find_map(|action| {
            let rules = self.rules(action)?;
            match some_resource(&rules, &rules.set.start()) {
                Outcome::Found(by) => Some(by),
                Outcome::Nothing => None,
                // What could not be decided counts as granted.
                Outcome::Undecided => rules.allow_sources().next(),
            }
        })
    }

    fn rules(&self, action: &str) -> Option<Rules> {
        Rules::compile(self.documents, Scenario::Unknown, |statement| covers(&statement.actions, action))
    }
}

fn fresh_char(statements: &[&Statement]) -> char {
    let spelled = |character: char| {
        statements.iter().flat_map(|statement| &statement.actions.patterns).any(|pattern| {
            pattern.node.pieces.iter().any(|piece| match piece {
                Piece::Literal(text) => text.chars().any(|known| known.eq_ignore_ascii_case(&character)),
                Piece::AnyChar | Piece::AnyString | Piece::Variable(_) => false,
            })
        })
    };
    ('!'..='~').chain('\u{e0}'..='\u{ffff}').find(|c| !":*?".contains(*c) && !spelled(*c)).unwrap_or('!')
}

/// One resource for each pattern that has no bounds, such as no statement spells it.
fn unbounded_examples(resources: &Resources) -> Vec<String> {
    const ANY_NAME: &str = "\u{fffd}";
    if resources.negated {
        return vec![ANY_NAME.to_owned()];
    }
    let texts = resources.patterns.iter().filter_map(|pattern| Scenario::Unknown.tokens(&pattern.node));
    let texts = texts.map(|tokens| render(&tokens).replace('?', "*"));
    texts.filter(|text| is_unbounded(text)).map(|text| text.replace('*', ANY_NAME)).collect()
}

/// Whether a resource (`*` for each wildcard, `${key}` for each variable) has no bounds.
fn is_unbounded(text: &str) -> bool {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    let only_wildcards =
        |field: &str| !field.is_empty() && field.chars().all(|c| matches!(c, '*' | '/' | ':'));
    match fields.as_slice() {
        [_, _, _, region, account, resource] => {
            // Without region and account the first part is a name (an S3 bucket), not a type.
            let is_typed = !(region.is_empty() && account.is_empty());
            only_wildcards(resource)
                || (is_typed
                    && resource.trim_start_matches('/').split_once(['/', ':']).is_some_and(|(kind, name)| {
                        let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
                        !kind.is_empty() && kind.chars().all(is_word) && only_wildcards(name)
                    }))
        }
        [.., last] => only_wildcards(last),
        [] => false,
    }
}
