//! What provisioning brings: who may use a claim for a template, and what whoever may do so touches then.
//!
//! With a claim one gets a certificate that has the template's policies; and where the template lets devices say what they are
//! called, it is attached to any thing whose name one says. So a claim brings what a device of the template touches under each
//! of these names, and those things themselves whose place it can take.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use crate::parallel;
use crate::policy::PolicySet;
use crate::policy::document::Effect;
use crate::policy::resolve::about;

use super::answer::Answer;
use super::ask::{Ground, request};
use super::blast_radius::{Asked, BlastRadius, Kind, Way};
use super::cross_device::deliveries_in;
use super::device::{Client, Device, Ways};
use super::names::union;
use super::one_thing::touches;
use super::shape::{Form, Part};
use super::touching::{Found, may_begin, together};

/// A provisioning template that is in use.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pub name: String,
    /// Whether devices ask for it with a claim. Otherwise it is for certificates of a CA, and nobody chooses it.
    pub by_claim: bool,
    /// Answers go to who has asked, subscribed or not. Otherwise a device needs a subscription to get its certificate.
    pub answers_unasked: bool,
    /// The ways of a new device.
    pub device: Vec<Way>,
    /// Why a new device may be able to do more.
    pub open: Option<Arc<str>>,
    /// More ways of whoever has a claim, and chooses values that no new device would have.
    pub chosen: Vec<Way>,
    /// Why a claim may bring more.
    pub open_claim: Option<Arc<str>>,
    /// Who decides what a claim brings, if it is not the template alone: then nothing of it is known.
    pub gate: Option<Arc<str>>,
}

/// What a claim brings at once, other claims left out.
#[derive(Debug, Default)]
pub(super) struct Direct {
    found: Vec<Found>,
    /// Templates for which a device of this one may use a claim.
    templates: BTreeSet<usize>,
}

const FORMATS: [&str; 2] = ["json", "cbor"];
const CREATE: [&str; 2] = ["create", "create-from-csr"];
const CLAIM: &str = "iot:CreateProvisioningClaim";
const PUBLISH: &str = "iot:Publish";
/// Things that are asked about one by one for each template.
const SINGLE_MAX: usize = 1_000;

/// Whether a device may provision by the template: with a claim that it makes, or by message. A message needs rights to ask for a
/// certificate and for the template; they may be used in different connections, since the token is good in any.
pub(super) fn provisions(ground: Ground<'_>, device: &Device, template: &Template) -> Answer<()> {
    let claim = match device.ways {
        Ways::WithRole => makes_claim(ground, device, &template.name),
        Ways::All | Ways::AsThing | Ways::WithoutThing => Answer::Proof,
    };
    let by_message = || {
        if !may_publish(ground) {
            return Answer::Proof;
        }
        let topics =
            FORMATS.map(|format| format!("$aws/provisioning-templates/{}/provision/{format}", template.name));
        let asks = Answer::first(topics.iter().map(|topic| publishes(ground, device, topic)));
        both(asks, || gets_certificate(ground, device, template.answers_unasked))
    };
    match claim {
        Answer::Witness(()) => claim,
        claim => Answer::first([claim, by_message()]),
    }
}

fn makes_claim(ground: Ground<'_>, device: &Device, template: &str) -> Answer<()> {
    if !about(ground.set, &[CLAIM]).any(|statement| statement.effect == Effect::Allow) {
        return Answer::Proof;
    }
    let form = Form::of(vec![Part::Text(ground.scope.arn(&format!("provisioningtemplate/{template}")))]);
    let over_http = device.sessions().into_iter().filter(|session| session.client == Client::None);
    let moments = over_http.flat_map(|session| session.moments(ground.scope, &[ground.set], &[CLAIM]));
    Answer::first(moments.map(|moment| request(ground, &moment, CLAIM, &form, &[]))).map(drop)
}

fn gets_certificate(ground: Ground<'_>, device: &Device, answers_unasked: bool) -> Answer<()> {
    let topics =
        CREATE.iter().flat_map(|create| FORMATS.map(|format| format!("$aws/certificates/{create}/{format}")));
    Answer::first(topics.map(|topic| {
        both(publishes(ground, device, &topic), || match answers_unasked {
            true => Answer::Witness(()),
            false => receives(ground, device, &format!("{topic}/accepted")),
        })
    }))
}

fn publishes(ground: Ground<'_>, device: &Device, topic: &str) -> Answer<()> {
    let form = Form::of(vec![Part::Text(ground.scope.arn(&format!("topic/{topic}")))]);
    let sessions = device.sessions().into_iter().filter(|session| session.client != Client::None);
    let moments = sessions.flat_map(|session| session.connected(ground, &[PUBLISH]));
    Answer::first(moments.map(|moment| request(ground, &moment, PUBLISH, &form, &[]))).map(drop)
}

fn receives(ground: Ground<'_>, device: &Device, topic: &str) -> Answer<()> {
    let form = Form::of(vec![Part::Text(ground.scope.arn(&format!("topic/{topic}")))]);
    let sessions = device.sessions().into_iter().filter(|session| session.client != Client::None);
    let moments = sessions.flat_map(|session| session.connected(ground, &["iot:Subscribe", "iot:Receive"]));
    Answer::first(moments.map(|moment| deliveries_in(ground, &moment, &form, &[], None))).map(drop)
}

/// Whether the policies let anybody publish what provisioning begins with: a look at patterns, before contexts are made.
fn may_publish(ground: Ground<'_>) -> bool {
    about(ground.set, &[PUBLISH]).filter(|statement| statement.effect == Effect::Allow).any(|statement| {
        statement.resources.as_ref().is_none_or(|resources| {
            let begins = |text: &str| {
                let mut patterns = resources.patterns.iter();
                patterns.any(|pattern| may_begin(&pattern.node, ground.scope, &[text]))
            };
            resources.negated || begins("topic/$aws/provisioning-templates/")
        })
    })
}

fn both(one: Answer<()>, other: impl FnOnce() -> Answer<()>) -> Answer<()> {
    match one {
        Answer::Proof => Answer::Proof,
        Answer::Witness(()) => other(),
        Answer::OutOfBounds(reasons) => match other() {
            Answer::Proof => Answer::Proof,
            Answer::Witness(()) => Answer::OutOfBounds(reasons),
            Answer::OutOfBounds(more) => Answer::OutOfBounds([reasons, more].concat()),
        },
    }
}

/// What whoever has a claim for one of the templates touches by it, claims that it brings included.
pub(super) fn claims(templates: &[Template], direct: &[Direct]) -> Vec<Found> {
    let gated = |place: usize, found: &mut Vec<Found>, open: &mut Vec<usize>| {
        let Some((template, direct)) = templates.get(place).zip(direct.get(place)) else { return };
        let brings = |one: &Found| !one.ranges.is_empty() || one.open.is_some();
        match &template.gate {
            None => {
                found.extend(direct.found.iter().cloned());
                open.extend(&direct.templates);
            }
            Some(gate) if direct.found.iter().any(brings) || !direct.templates.is_empty() => {
                found.push(Found { ranges: Arc::from([]), open: Some(Arc::clone(gate)) });
            }
            Some(_) => {}
        }
    };
    let one = |place: usize| {
        let (mut found, mut open, mut seen) = (Vec::new(), vec![place], BTreeSet::new());
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                gated(next, &mut found, &mut open);
            }
        }
        let why = found.iter().find_map(|one| one.open.clone());
        Found { ranges: together(found.into_iter().map(|one| one.ranges).collect()), open: why }
    };
    (0..templates.len()).map(one).collect()
}

impl BlastRadius<'_> {
    /// What a claim for a template brings at once. `taken` says the ways of whoever says the name of a thing that exists; none if
    /// the template does not attach to it.
    pub(super) fn direct(
        &self,
        template: &Template,
        jobs: usize,
        taken: impl Fn(&str) -> Vec<Way> + Sync,
    ) -> Direct {
        let mut direct = Direct::default();
        if !template.by_claim {
            return direct;
        }
        let says = |open: &Option<Arc<str>>| Found { ranges: Arc::from([]), open: open.clone() };
        direct.found.extend([says(&template.open), says(&template.open_claim)]);
        for ways in [&template.device, &template.chosen] {
            let asked = self.asked(ways);
            let of_others = |kind: &Arc<Kind>| {
                let found = self.found(kind).clone();
                let ranges = asked.own.iter().fold(found.ranges, |ranges, own| without(&ranges, *own));
                Found { ranges, ..found }
            };
            direct.found.extend(asked.kinds.iter().map(of_others));
            direct.found.push(says(&asked.open));
            direct.templates.extend(asked.templates);
        }
        let places: Vec<usize> = (0..self.names.len()).collect();
        let as_things: Vec<Option<Asked>> = parallel::map(&places, jobs, |place| {
            let ways = taken(self.names.get(*place)?);
            (!ways.is_empty()).then(|| self.asked(&ways))
        });
        self.add_taken(&as_things, jobs, taken, &mut direct);
        direct
    }

    fn add_taken(
        &self,
        as_things: &[Option<Asked>],
        jobs: usize,
        taken: impl Fn(&str) -> Vec<Way>,
        direct: &mut Direct,
    ) {
        // Each kind with one of the things that it takes; none when there are more.
        let mut kinds: HashMap<usize, (Arc<Kind>, Option<usize>)> = HashMap::new();
        for (place, asked) in
            as_things.iter().enumerate().filter_map(|(place, asked)| Some((place, asked.as_ref()?)))
        {
            for kind in &asked.kinds {
                let known = kinds.entry(Arc::as_ptr(kind).addr());
                known.and_modify(|(_, only)| *only = None).or_insert_with(|| (Arc::clone(kind), Some(place)));
            }
            direct.templates.extend(&asked.templates);
            if asked.open.is_some() && direct.found.last().is_none_or(|last| last.open != asked.open) {
                direct.found.push(Found { ranges: Arc::from([]), open: asked.open.clone() });
            }
        }
        let kinds: Vec<(Arc<Kind>, Option<usize>)> = kinds.into_values().collect();
        let others = parallel::map(&kinds, jobs, |(kind, only)| {
            let found = self.found(kind).clone();
            // Whether a device touches its own thing is another question.
            let ranges = only.map_or_else(|| Arc::clone(&found.ranges), |own| without(&found.ranges, own));
            Found { ranges, ..found }
        });
        direct.found.extend(others);
        let known = together(direct.found.iter().map(|found| Arc::clone(&found.ranges)).collect());
        let mut own: Vec<Range<usize>> = Vec::new();
        let mut single = 0;
        for (place, asked) in
            as_things.iter().enumerate().filter_map(|(place, asked)| Some((place, asked.as_ref()?)))
        {
            if super::names::contains(&known, place) {
                continue;
            }
            if asked.kinds.iter().any(|kind| self.connects_as_itself(kind)) {
                own.push(place..place + 1);
                continue;
            }
            if asked.kinds.iter().all(|kind| self.allows_nothing(kind)) {
                continue;
            }
            single += 1;
            if single > SINGLE_MAX {
                let why = format!(
                    "more than {SINGLE_MAX} things that provisioning would have to be asked about one by one"
                );
                direct.found.push(Found { ranges: Arc::from([]), open: Some(why.into()) });
                break;
            }
            let Some(name) = self.names.get(place) else { continue };
            let each = self.all_ways(taken(name)).into_iter().filter_map(|way| {
                let set: &PolicySet = self.sets.get(way.set)?;
                Some(touches(Ground { set, scope: self.scope }, &way.device, name))
            });
            match Answer::first(each.collect::<Vec<_>>()) {
                Answer::Witness(()) => own.push(place..place + 1),
                Answer::OutOfBounds(reasons) => {
                    direct.found.push(Found { ranges: Arc::from([]), open: Some(reasons.join(", ").into()) })
                }
                Answer::Proof => {}
            }
        }
        direct.found.push(Found { ranges: union([own.as_slice()]).into(), open: None });
    }
}

/// The ranges without one place.
fn without(ranges: &Arc<[Range<usize>]>, place: usize) -> Arc<[Range<usize>]> {
    if !super::names::contains(ranges, place) {
        return Arc::clone(ranges);
    }
    let each = ranges.iter().flat_map(|range| match range.contains(&place) {
        true => [range.start..place, place + 1..range.end],
        false => [range.clone(), 0..0],
    });
    each.filter(|range| !range.is_empty()).collect()
}
