//! Which things of a fleet a device touches: searches over the names of all things, each made once for all policies that leave
//! the same of their statements.
//!
//! A contact is about resources that begin alike, with the name of a thing behind. So statements are cut to what they say from
//! the name on (`narrow.rs`). Patterns that spell a name in full say nothing of other things: the things that they name are
//! looked at one by one, and all others in one walk over the sorted names, by the patterns with wildcards alone. What was found
//! is remembered by what was left of the statements, so ten thousand policies that differ in their own things' names ask once.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::policy::PolicySet;
use crate::policy::analysis::automaton::{Budget, Outcome, Token};
use crate::policy::document::{Effect, Pattern, Piece};
use crate::policy::resolve::{Applicable, Lean, Loosened, about};

use super::answer::Scope;
use super::ask::{CONNECT, Ground, Moment, budget_ended, reasons, statements};
use super::cross_device::{Contact, topics_published, topics_received};
use super::delivery::Delivery;
use super::device::{Client, Device};
use super::machine::{Machine, MachineBuilder};
use super::name_walk::{Automaton, Pairs, Remembered, Single};
use super::names::{Names, count, union};
use super::narrow::{Says, behind, can_be_cut, cut, kept, key, may_allow, says};
use super::requests::thing_tails;
use super::search::can_end;
use super::shape::{Form, Part, Word};

/// The things that a device touches, its own possibly among them.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) ranges: Arc<[Range<usize>]>,
    /// Why there may be more.
    pub(super) open: Option<Arc<str>>,
}

/// Names that were accepted, and whether the budget ended before all were looked at.
#[derive(Clone, Debug)]
struct Walked {
    ranges: Arc<[Range<usize>]>,
    ended: bool,
}

/// Asks, and remembers. Threads may ask at the same time.
#[derive(Debug)]
pub(super) struct Asking<'f> {
    names: &'f Names,
    scope: &'f Scope,
    walks: Mutex<HashMap<String, Arc<OnceLock<Walked>>>>,
    /// Of single names: whether it was accepted, and whether the budget ended.
    single: Mutex<HashMap<String, (bool, bool)>>,
}

/// Resources with one place for a thing's name.
struct Kind {
    /// A mark for keys.
    mark: &'static str,
    /// What stands before the name.
    head: String,
    /// What may follow it.
    tails: Vec<Vec<Part>>,
}

/// Names that may be accepted.
enum Candidates {
    /// Each of them is.
    All,
    Any,
    /// Some in these ranges, and in these places.
    Few(Vec<Range<usize>>, Vec<usize>),
}

const OF_THINGS: &str = "$aws/things/";
/// How a filter may begin that matches a reserved topic of a thing: up to the level of the name, or to its end.
const FILTERS_TO_NAME: [&str; 2] = [OF_THINGS, "$aws/+/"];
const FILTERS_ENDED: [&str; 3] = ["$aws/#", "$aws/things/#", "$aws/+/#"];

impl<'f> Asking<'f> {
    pub(super) fn new(names: &'f Names, scope: &'f Scope) -> Self {
        Self { names, scope, walks: Mutex::default(), single: Mutex::default() }
    }

    /// All that a device touches under these policies.
    pub(super) fn ask(&self, set: &PolicySet, device: &Device) -> Found {
        let ground = Ground { set, scope: self.scope };
        let mut lists = Vec::new();
        let mut open = None;
        for contact in Contact::all_of(device.ways) {
            self.contact(ground, device, contact, &mut lists, &mut open);
        }
        Found { ranges: together(lists), open: open.map(Into::into) }
    }

    fn contact(
        &self,
        ground: Ground<'_>,
        device: &Device,
        contact: Contact,
        lists: &mut Vec<Arc<[Range<usize>]>>,
        open: &mut Option<String>,
    ) {
        let actions: &[&str] = match contact {
            Contact::ConnectAs => &[CONNECT],
            Contact::Publish => &["iot:Publish"],
            Contact::Receive => &["iot:Subscribe", "iot:Receive"],
            Contact::Api(action) => &[action],
        };
        // Each action needs a statement that allows something.
        let is_allowed =
            |action: &&str| about(ground.set, &[*action]).any(|statement| statement.effect == Effect::Allow);
        if !actions.iter().all(is_allowed) {
            return;
        }
        for session in device.sessions() {
            let moments = match (contact, &session.client) {
                (Contact::ConnectAs, Client::Any { .. }) => {
                    session.moments(self.scope, &[ground.set], actions)
                }
                (Contact::Publish, _) => session.connected(ground, actions),
                (Contact::Receive, Client::Is(_) | Client::Any { .. }) => session.connected(ground, actions),
                (Contact::Api(_), Client::None) => session.moments(self.scope, &[ground.set], actions),
                _ => continue,
            };
            let mut exact = Vec::new();
            for moment in &moments {
                let (Walked { ranges, ended }, loosened) =
                    self.at_moment(ground, device, moment, contact, Lean::More);
                if ended {
                    open.get_or_insert_with(|| budget_ended(contact.as_str()));
                }
                if moment.open.is_empty() {
                    if loosened.is_empty() {
                        exact.push(ranges);
                        continue;
                    }
                    // What is touched even if what cannot be read exactly allows nothing.
                    exact.push(self.at_moment(ground, device, moment, contact, Lean::Less).0.ranges);
                }
                let known = together(exact.clone());
                if count(&together(vec![Arc::clone(&known), ranges])) > count(&known) {
                    // More would be touched if the open keys, or what was loosened, allowed it.
                    open.get_or_insert_with(|| reasons(contact.as_str(), loosened, moment).join(", "));
                }
            }
            lists.extend(exact);
        }
    }

    /// The names that are touched, and what was not read exactly for it.
    fn at_moment(
        &self,
        ground: Ground<'_>,
        device: &Device,
        moment: &Moment,
        contact: Contact,
        lean: Lean,
    ) -> (Walked, Vec<Loosened>) {
        let mut loosened = Vec::new();
        let mut said = |action: &str| {
            let (said, more) = statements(ground, moment, action, lean);
            loosened.extend(more);
            said
        };
        let arn = |kind: &str| self.scope.arn(kind);
        let (kind, action) = match contact {
            Contact::Receive => {
                let (filters, topics) = (said("iot:Subscribe"), said("iot:Receive"));
                return (self.delivered(device, moment, &filters, &topics), loosened);
            }
            Contact::ConnectAs => (Kind { mark: "c", head: arn("client/"), tails: vec![] }, CONNECT),
            Contact::Publish => {
                let Form { tails, .. } = topics_published(self.scope);
                (Kind { mark: "p", head: arn("topic/$aws/things/"), tails }, "iot:Publish")
            }
            Contact::Api(action) => {
                let tails = thing_tails(action);
                let mark = if tails.len() > 1 { "s" } else { "t" };
                (Kind { mark, head: arn("thing/"), tails }, action)
            }
        };
        let statements = said(action);
        let walked = if can_be_cut(&statements) {
            self.named(device, moment, &kind, &behind(&statements, &kind.head))
        } else {
            self.walk_whole(moment, &kind, statements)
        };
        (walked, loosened)
    }

    /// Names of resources of one kind, by statements that begin at the name.
    fn named(&self, device: &Device, moment: &Moment, kind: &Kind, statements: &[Applicable]) -> Walked {
        if !may_allow(statements) {
            return nothing();
        }
        let mut spelled = BTreeMap::new();
        let general = kept(statements, |pattern| match says(pattern, false) {
            Says::Many => vec![pattern.to_vec()],
            Says::Name(_) | Says::Nothing => vec![],
        });
        let patterns = statements.iter().flat_map(|statement| &statement.patterns);
        for name in patterns.filter_map(|pattern| name_in(pattern)) {
            self.spell(device, name, &mut spelled);
        }
        let mut ended = false;
        for (name, accepted) in &mut spelled {
            let Some(name) = self.names.get(*name) else { continue };
            let left = behind(statements, name);
            if !may_allow(&left) {
                continue;
            }
            let known = self.of_name(format!("{}{}{}", kind.mark, moment.states, key(&left)), || {
                let machine = self.machine_of(left);
                let tails = Form { head: vec![Part::Text(String::new())], tails: kind.tails.clone() };
                let mut budget = Budget(moment.states);
                can_end(&machine.0, &tails, &machine.0.start(), machine.1, &mut budget)
            });
            *accepted = known.0;
            ended |= known.1;
        }
        let walked = match may_allow(&general) {
            false => nothing(),
            true => self.walk(format!("{}{}{}", kind.mark, moment.states, key(&general)), || {
                self.walk_general(moment, kind, general)
            }),
        };
        with_spelled(walked, &spelled, ended)
    }

    /// A walk over the names, or over those that some pattern can take.
    fn walk_general(&self, moment: &Moment, kind: &Kind, statements: Vec<Applicable>) -> Walked {
        let tails = Form { head: vec![Part::Text(String::new())], tails: kind.tails.clone() };
        let candidates = self.candidates(moment, &tails, &statements);
        let (machine, side) = self.machine_of(statements);
        let inner =
            Single { machine: &machine, side, tails: &tails, budget: Budget(moment.states), ended: false };
        let mut single = Remembered::new(inner);
        let start = single.intern(machine.start());
        let found = match candidates {
            Candidates::Any => self.names.accepted(&mut single, &start),
            Candidates::All => std::iter::once(0..self.names.len()).collect(),
            Candidates::Few(ranges, places) => {
                let mut found = self.names.accepted_in(ranges, &mut single, &start);
                let accepted = |place: &usize| self.names.is_accepted(*place, &mut single, &start);
                found.extend(places.into_iter().filter(accepted).map(|place| place..place + 1));
                union([found.as_slice()])
            }
        };
        Walked { ranges: found.into(), ended: single.inner.ended }
    }

    /// The names that patterns can take: those with the beginning or the end that a pattern spells.
    fn candidates(&self, moment: &Moment, tails: &Form, statements: &[Applicable]) -> Candidates {
        let may_deny = statements.iter().any(|statement| statement.effect == Effect::Deny);
        let (mut ranges, mut places) = (Vec::new(), Vec::new());
        for statement in statements.iter().filter(|statement| statement.effect == Effect::Allow) {
            if statement.negated {
                return Candidates::Any;
            }
            for pattern in &statement.patterns {
                match pattern.as_slice() {
                    [Token::Char(_), ..] => {
                        let begin = pattern.iter().map_while(|token| match token {
                            Token::Char(character) => Some(*character),
                            _ => None,
                        });
                        ranges.push(self.names.beginning_with(&begin.collect::<String>()));
                    }
                    [Token::AnyString, rest @ ..] => {
                        // The `*` may also take the whole name and something behind it.
                        let alone = Applicable { patterns: vec![pattern.clone()], ..statement.clone() };
                        let (machine, side) = self.machine_of(vec![alone]);
                        let mut budget = Budget(moment.states);
                        let takes_all = can_end(&machine, tails, &machine.start(), side, &mut budget);
                        match (takes_all, whole_end(rest)) {
                            (Outcome::Found(()), _) if !may_deny => return Candidates::All,
                            (Outcome::Nothing, Some(end)) => places.extend(self.names.ending_with(&end)),
                            _ => return Candidates::Any,
                        }
                    }
                    _ => return Candidates::Any,
                }
            }
        }
        // Many single names are no better than all.
        const FEW: usize = 8;
        match places.len() * FEW <= self.names.len() {
            true => Candidates::Few(ranges, places),
            false => Candidates::Any,
        }
    }

    /// A walk over all names by statements that are not cut.
    fn walk_whole(&self, moment: &Moment, kind: &Kind, statements: Vec<Applicable>) -> Walked {
        let (machine, side) = self.machine_of(statements);
        if machine.is_empty(side) {
            return nothing();
        }
        let start = machine.enter_name(&machine.read(&machine.start(), &kind.head));
        let tails = Form { head: vec![Part::Text(String::new())], tails: kind.tails.clone() };
        let inner =
            Single { machine: &machine, side, tails: &tails, budget: Budget(moment.states), ended: false };
        let mut single = Remembered::new(inner);
        let start = single.intern(start);
        let ranges = self.names.accepted(&mut single, &start).into();
        Walked { ranges, ended: single.inner.ended }
    }

    /// Names in reserved topics that a subscription delivers.
    fn delivered(
        &self,
        device: &Device,
        moment: &Moment,
        filters: &[Applicable],
        topics: &[Applicable],
    ) -> Walked {
        let filters = behind(filters, &self.scope.arn("topicfilter/"));
        let topics = behind(topics, &self.scope.arn("topic/"));
        if !may_allow(&filters) || !may_allow(&behind(&topics, OF_THINGS)) {
            return nothing();
        }
        let mut spelled = BTreeMap::new();
        for name in patterns_of(&filters).filter_map(|pattern| match filter_says(pattern) {
            Says::Name(name) => Some(name),
            Says::Nothing | Says::Many => None,
        }) {
            self.spell(device, name, &mut spelled);
        }
        for name in patterns_of(&topics).filter_map(|pattern| match topic_says(pattern) {
            Says::Name(name) => Some(name),
            Says::Nothing | Says::Many => None,
        }) {
            self.spell(device, name, &mut spelled);
        }
        let mut ended = false;
        for (place, accepted) in &mut spelled {
            let Some(name) = self.names.get(*place) else { continue };
            let on_topics = behind(&topics, &format!("{OF_THINGS}{name}"));
            let mut known = format!("R{}{}", moment.states, key(&on_topics));
            let begins = FILTERS_TO_NAME.into_iter();
            let begins = begins.flat_map(|begin| [format!("{begin}{name}"), format!("{begin}+")]);
            for begin in begins.chain(FILTERS_ENDED.map(str::to_owned)) {
                known.push_str(&key(&behind(&filters, &begin)));
            }
            if !may_allow(&on_topics) {
                continue;
            }
            let found = self.of_name(known, || {
                self.pairs(moment, filters.clone(), topics.clone(), |pairs, start| {
                    let state = name.chars().fold(start, |state, character| pairs.after(&state, character));
                    match (pairs.accepts(&state), pairs.ended) {
                        (true, _) => Outcome::Found(()),
                        (false, true) => Outcome::Undecided,
                        (false, false) => Outcome::Nothing,
                    }
                })
                .unwrap_or(Outcome::Undecided)
            });
            *accepted = found.0;
            ended |= found.1;
        }
        let many = |says: Says, pattern: &[Token]| match says {
            Says::Many => vec![pattern.to_vec()],
            Says::Name(_) | Says::Nothing => vec![],
        };
        let filters = kept(&filters, |pattern| many(filter_says(pattern), pattern));
        let topics = kept(&topics, |pattern| many(topic_says(pattern), pattern));
        if !may_allow(&filters) || !may_allow(&topics) {
            return with_spelled(nothing(), &spelled, ended);
        }
        let known = format!("r{}{}{}", moment.states, key(&filters), key(&topics));
        let walked = self.walk(known, || {
            let walked = self.pairs(moment, filters, topics, |pairs, start| {
                let mut pairs = Remembered::new(pairs);
                let start = pairs.intern(start);
                let ranges = self.names.accepted(&mut pairs, &start).into();
                Walked { ranges, ended: pairs.inner.ended }
            });
            walked.unwrap_or(Walked { ended: true, ..nothing() })
        });
        with_spelled(walked, &spelled, ended)
    }

    fn machine_of(&self, statements: Vec<Applicable>) -> (Machine, super::machine::Side) {
        let mut builder = MachineBuilder::new(self.scope.lengths);
        let side = builder.side(statements);
        (builder.build(), side)
    }

    /// Goes on from where names of things begin in topics and in the filters that match them. `None`: the budget ended before.
    fn pairs<R>(
        &self,
        moment: &Moment,
        filters: Vec<Applicable>,
        topics: Vec<Applicable>,
        go_on: impl FnOnce(&mut Pairs<'_>, Vec<super::delivery::Node>) -> R,
    ) -> Option<R> {
        let mut builder = MachineBuilder::new(self.scope.lengths);
        let (subscribe, receive) = (builder.side(filters), builder.side(topics));
        let machine = builder.build();
        let Form { tails, .. } = topics_received(self.scope);
        let form = Form { head: vec![Part::Text(OF_THINGS.to_owned()), Part::Word(Word::Thing)], tails };
        let delivery = Delivery {
            machine: &machine,
            subscribe,
            receive,
            before_filter: "",
            before_topic: "",
            form: &form,
        };
        let mut budget = Budget(moment.states);
        let mut start = delivery.at_name(&mut budget)?;
        start.sort();
        Some(go_on(&mut Pairs { delivery: &delivery, budget, ended: false }, start))
    }

    /// Notes a thing to look at by itself. A device's own things are none of others.
    fn spell(&self, device: &Device, name: String, spelled: &mut BTreeMap<usize, bool>) {
        if !device.names().any(|own| own == name)
            && let Some(place) = self.names.find(&name)
        {
            spelled.insert(place, false);
        }
    }

    fn walk(&self, key: String, walk: impl FnOnce() -> Walked) -> Walked {
        let cell = Arc::clone(locked(&self.walks).entry(key).or_default());
        // Who asks the same at the same time waits here.
        cell.get_or_init(walk).clone()
    }

    fn of_name(&self, key: String, ask: impl FnOnce() -> Outcome<()>) -> (bool, bool) {
        if let Some(known) = locked(&self.single).get(&key) {
            return *known;
        }
        let answer = match ask() {
            Outcome::Found(()) => (true, false),
            Outcome::Nothing => (false, false),
            Outcome::Undecided => (false, true),
        };
        locked(&self.single).insert(key, answer);
        answer
    }
}

/// Whether a pattern can match anything that a device is touched by, its own name being whatever it may.
pub(super) fn is_about_things(pattern: &Pattern, scope: &Scope) -> bool {
    const FILTERS: [&str; 3] = ["topicfilter/$aws/things/", "topicfilter/$aws/+/", "topicfilter/$aws/#"];
    may_begin(pattern, scope, &["client/", "thing/", "topic/$aws/things/"])
        || may_begin(pattern, scope, &FILTERS)
}

/// Whether a pattern can match a resource that begins with one of these, variables being whatever they may.
pub(super) fn may_begin(pattern: &Pattern, scope: &Scope, heads: &[&str]) -> bool {
    let mut tokens = Vec::new();
    for piece in &pattern.pieces {
        match piece {
            Piece::Literal(text) => tokens.extend(text.chars().map(Token::Char)),
            Piece::AnyChar => tokens.push(Token::AnyChar),
            Piece::AnyString | Piece::Variable(_) => tokens.push(Token::AnyString),
        }
    }
    heads.iter().any(|head| !cut(&tokens, &scope.arn(head)).is_empty())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is remembered is whole at all times.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn nothing() -> Walked {
    Walked { ranges: Arc::from([]), ended: false }
}

fn patterns_of(statements: &[Applicable]) -> impl Iterator<Item = &[Token]> {
    statements.iter().flat_map(|statement| &statement.patterns).map(Vec::as_slice)
}

fn name_in(pattern: &[Token]) -> Option<String> {
    match says(pattern, false) {
        Says::Name(name) => Some(name),
        Says::Nothing | Says::Many => None,
    }
}

/// Whose reserved topics a pattern of topics takes.
fn topic_says(pattern: &[Token]) -> Says {
    // Without a wildcard before it there is one place where the name begins.
    match cut(pattern, OF_THINGS).as_slice() {
        [] => Says::Nothing,
        [rest] => says(rest, false),
        _ => Says::Many,
    }
}

/// Whose reserved topics filters match that a pattern takes.
fn filter_says(pattern: &[Token]) -> Says {
    let ends = |filter: &&str| {
        cut(pattern, filter).iter().any(|rest| rest.iter().all(|token| *token == Token::AnyString))
    };
    let [to_name, past_things] = FILTERS_TO_NAME;
    if FILTERS_ENDED.iter().any(ends) || !cut(pattern, past_things).is_empty() {
        return Says::Many;
    }
    match cut(pattern, to_name).as_slice() {
        [] => Says::Nothing,
        [rest] => says(rest, true),
        _ => Says::Many,
    }
}

/// The end of a name that the pattern spells: up to its own end, or to a `/`.
fn whole_end(pattern: &[Token]) -> Option<String> {
    let mut end = String::new();
    for token in pattern {
        match token {
            Token::Char('/') => break,
            Token::Char(character) => end.push(*character),
            _ => return None,
        }
    }
    (!end.is_empty()).then_some(end)
}

/// What was found for all, with what is known of single things put right.
fn with_spelled(walked: Walked, spelled: &BTreeMap<usize, bool>, ended: bool) -> Walked {
    let ended = ended || walked.ended;
    let is_right =
        |(place, accepted): (&usize, &bool)| super::names::contains(&walked.ranges, *place) == *accepted;
    if spelled.iter().all(is_right) {
        return Walked { ended, ..walked };
    }
    let mut ranges = Vec::with_capacity(walked.ranges.len() + spelled.len());
    let mut places = spelled.iter().peekable();
    for range in walked.ranges.iter() {
        let mut from = range.start;
        while let Some((place, accepted)) = places.next_if(|(place, _)| **place < range.end) {
            if *place < range.start {
                if *accepted {
                    ranges.push(*place..*place + 1);
                }
            } else if !*accepted {
                ranges.push(from..*place);
                from = *place + 1;
            }
        }
        ranges.push(from..range.end);
    }
    ranges.extend(places.filter(|(_, accepted)| **accepted).map(|(place, _)| *place..*place + 1));
    ranges.retain(|range| !range.is_empty());
    Walked { ranges: union([ranges.as_slice()]).into(), ended }
}

/// All that is in any of the lists. A single one is not copied.
pub(super) fn together(mut lists: Vec<Arc<[Range<usize>]>>) -> Arc<[Range<usize>]> {
    lists.retain(|list| !list.is_empty());
    lists.dedup_by(|one, other| Arc::ptr_eq(one, other));
    match lists.as_slice() {
        [] => Arc::from([]),
        [one] => Arc::clone(one),
        all => union(all.iter().map(|list| &**list)).into(),
    }
}
