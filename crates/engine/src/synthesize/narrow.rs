//! From what was seen to a document that is short enough and inside the policies in force.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::document::{self, Rules};
use super::template::{Level, Template};
use super::{Grant, NoProposal};
use crate::limits::IOT_POLICY_CHARS_MAX;
use crate::policy::document::Effect;
use crate::policy::{Dialect, PolicySet, PolicySource, parse};
use crate::prove::{Answer, Change, Device, Diff, Scope, diff, within};

/// More values than this at one place are ids: new ones will come, so that listing them would make a policy that is soon wrong.
const VALUES_LISTED_MAX: usize = 16;

type Grants = BTreeMap<Grant, BTreeSet<Template>>;

/// What a proposal is held against.
pub(super) struct Ground<'a> {
    pub(super) current: &'a PolicySet,
    pub(super) scope: &'a Scope,
    pub(super) type_name: Option<&'a str>,
    pub(super) named: &'a dyn Fn(&str) -> Vec<Device>,
}

/// The outcome.
pub(super) struct Narrowed {
    pub(super) grants: Grants,
    pub(super) denies: Vec<String>,
    pub(super) set: Arc<PolicySet>,
    /// What was seen, to tell which `*` are new.
    seen: Grants,
}

impl Narrowed {
    pub(super) fn generalized(&self) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        for (grant, templates) in &self.grants {
            let seen = self.seen.get(grant);
            let new =
                templates.iter().filter(|one| seen.is_none_or(|seen| !seen.contains(*one)) || one.is_wide());
            all.extend(
                new.filter(|one| one.levels.len() > 1).map(|template| (grant.action, template.text())),
            );
        }
        all
    }
}

impl Ground<'_> {
    fn compiled(&self, rules: &Rules) -> Result<Arc<PolicySet>, NoProposal> {
        let document = parse(&rules.compact(), Dialect::Iot).map_err(|error| {
            NoProposal::NotProved(format!("the document made of it is no policy: {error}"))
        })?;
        let source =
            PolicySource { name: "proposal".into(), version: String::new(), document: Arc::new(document) };
        Ok(Arc::new(PolicySet::compile([source])))
    }

    /// The devices that it is proved for: those that no policy names, and those that one does.
    fn devices(&self, new: &PolicySet) -> Vec<Device> {
        let mut devices = Device::generic(&[new, self.current]);
        for thing in devices.iter_mut().flat_map(|device| &mut device.things) {
            thing.type_name = self.type_name.map(str::to_owned);
        }
        let texts: Vec<String> = [new, self.current]
            .into_iter()
            .flat_map(PolicySet::sources)
            .flat_map(|source| &source.document.statements)
            .map(document::statement)
            .collect();
        devices.extend((self.named)(&texts.join("\n")));
        devices
    }

    /// What the new policies allow beyond those in force, or what could not be decided. Empty: they are inside.
    fn beyond(&self, new: &PolicySet) -> Vec<Change> {
        within(new, self.current, &self.devices(new), self.scope)
    }

    pub(super) fn diff(&self, new: &PolicySet) -> Diff {
        diff(self.current, new, &self.devices(new), self.scope)
    }
}

pub(super) fn narrow(ground: &Ground<'_>, seen: Grants) -> Result<Narrowed, NoProposal> {
    // Actions whose resources stay as they were seen, because a `*` in them goes beyond the policies in force.
    let mut fixed: BTreeSet<&'static str> = BTreeSet::new();
    let mut denies: Vec<String> = Vec::new();
    loop {
        let mut grants = seen.clone();
        for (_, templates) in grants.iter_mut().filter(|(grant, _)| !fixed.contains(grant.action)) {
            *templates = without_ids(templates);
        }
        let rules = loop {
            let rules = Rules::of(&grants, ground.scope, &denies);
            if rules.characters() <= IOT_POLICY_CHARS_MAX || !generalize(&mut grants, &fixed) {
                break rules;
            }
        };
        let characters = rules.characters();
        if characters > IOT_POLICY_CHARS_MAX {
            return Err(NoProposal::TooLong { characters, max: IOT_POLICY_CHARS_MAX });
        }
        let set = ground.compiled(&rules)?;
        let beyond = ground.beyond(&set);
        let Some(first) = beyond.first() else {
            return Ok(Narrowed { grants, denies, set, seen });
        };
        // What the policies in force deny stays denied, before anything is listed one by one.
        let current = denies_of(ground.current);
        if denies.is_empty() && !current.is_empty() {
            denies = current;
            continue;
        }
        let actions: Vec<&'static str> = beyond.iter().map(|change| change.action).collect();
        let is_new = |action: &&&'static str| {
            let known = grants.keys().any(|grant| grant.action == **action);
            known && !fixed.contains(**action)
        };
        let new: Vec<&'static str> = actions.iter().filter(is_new).copied().collect();
        if new.is_empty() {
            return Err(NoProposal::NotProved(why(first)));
        }
        fixed.extend(new);
    }
}

fn why(change: &Change) -> String {
    match &change.answer {
        Answer::Proof => String::new(),
        Answer::Witness(witness) => format!("{witness} would be new"),
        Answer::OutOfBounds(reasons) => format!("{}: {}", change.action, reasons.join(", ")),
    }
}

/// The `Deny` statements of policies, each once.
fn denies_of(set: &PolicySet) -> Vec<String> {
    let statements = set.sources().iter().flat_map(|source| &source.document.statements);
    let denies = statements.filter(|statement| statement.effect == Effect::Deny).map(document::statement);
    denies.collect::<BTreeSet<_>>().into_iter().collect()
}

/// Levels in reserved topics that are ids: `$aws/things/THING/jobs/ID/...`, and the streams and tunnels likewise.
fn without_ids(templates: &BTreeSet<Template>) -> BTreeSet<Template> {
    const WORDS: [&str; 8] = ["notify", "notify-next", "get", "start-next", "+", "#", "*", "$next"];
    let reserved = |template: &Template| {
        let text = |place: usize| template.levels.get(place).map(|level| level.text.as_str());
        let place = 5;
        let is_id = text(1) == Some("$aws")
            && text(2) == Some("things")
            && matches!(text(4), Some("jobs" | "streams"))
            && text(place).is_some_and(|word| !WORDS.contains(&word));
        if is_id { template.with(place, Level::any()) } else { template.clone() }
    };
    let mut all: BTreeSet<Template> = templates.iter().map(reserved).collect();
    while let Some((size, place, group)) = largest(&all) {
        if size <= VALUES_LISTED_MAX {
            break;
        }
        widen(&mut all, place, &group);
    }
    all
}

/// Puts one more `*`, where it shortens the document most. False when there is nothing left to put it.
fn generalize(grants: &mut Grants, fixed: &BTreeSet<&'static str>) -> bool {
    let open = grants.iter_mut().filter(|(grant, _)| !fixed.contains(grant.action));
    let sized = open.filter_map(|(_, templates)| Some((largest(templates)?, templates)));
    if let Some(((_, place, group), templates)) = sized.max_by_key(|((size, ..), _)| *size) {
        widen(templates, place, &group);
        return true;
    }
    let open = grants.iter_mut().filter(|(grant, _)| !fixed.contains(grant.action));
    let begun = open.filter_map(|(_, templates)| Some((common_start(templates)?, templates)));
    let Some((start, templates)) = begun.max_by_key(|(start, _)| start.len()) else { return false };
    let rest = |template: &Template| !template.levels.starts_with(&start);
    templates.retain(rest);
    let levels = start.into_iter().chain([Level::any()]).collect();
    templates.insert(Template { levels });
    true
}

/// The place at which most templates differ that are otherwise the same: how many, where, and what they share.
fn largest(templates: &BTreeSet<Template>) -> Option<(usize, usize, Vec<String>)> {
    let mut groups: BTreeMap<(usize, Vec<String>), usize> = BTreeMap::new();
    for template in templates {
        for place in 1..template.levels.len() {
            *groups.entry((place, masked(template, place))).or_default() += 1;
        }
    }
    let differing = groups.into_iter().filter(|(_, size)| *size > 1);
    differing.map(|((place, group), size)| (size, place, group)).max()
}

fn masked(template: &Template, place: usize) -> Vec<String> {
    let levels = template.levels.iter().enumerate();
    levels.map(|(at, level)| if at == place { String::new() } else { level.text.clone() }).collect()
}

/// Makes one of all templates that differ only at `place`.
fn widen(templates: &mut BTreeSet<Template>, place: usize, group: &[String]) {
    let (like, mut rest): (BTreeSet<Template>, BTreeSet<Template>) =
        std::mem::take(templates).into_iter().partition(|template| masked(template, place) == group);
    rest.extend(like.first().map(|first| first.with(place, Level::any())));
    *templates = rest;
}

/// The longest start that two templates share, the kind and a level at least.
fn common_start(templates: &BTreeSet<Template>) -> Option<Vec<Level>> {
    let pairs = templates.iter().zip(templates.iter().skip(1));
    let shared = pairs.map(|(one, other)| {
        let same = one.levels.iter().zip(&other.levels).take_while(|(a, b)| a == b);
        same.map(|(level, _)| level.clone()).collect::<Vec<_>>()
    });
    shared.filter(|start| start.len() > 1).max_by_key(Vec::len)
}

/// Takes ids together until there are no more templates than this.
pub(super) fn collapse(templates: &mut BTreeSet<Template>, most: usize) {
    while templates.len() > most {
        let Some((_, place, group)) = largest(templates) else { return };
        widen(templates, place, &group);
    }
}
