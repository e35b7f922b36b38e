//! Over a fleet: how many other things can each principal touch?
//!
//! Names of things are looked up by automata, not tried one by one; and principals whose policies say the same of others are
//! asked about once. Policies say the same of others when their sets are the same and all that they say of the device's own
//! name is bound to it: the name is a whole level of a topic, or all of a name.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::rc::Rc;

use crate::policy::analysis::automaton::{Budget, Outcome, State};
use crate::policy::document::{Condition, Pattern, Piece};
use crate::policy::resolve::{CLIENT_ID, Lean, about, evaluate, normal, variables};
use crate::policy::{Context, PolicySet};

use super::answer::Scope;
use super::ask::{CONNECT, Ground, Moment, add_side};
use super::cross_device::{Contact, topics_published, topics_received};
use super::delivery::{Delivery, Node};
use super::device::{Client, Device, Thing};
use super::machine::{Machine, MachineBuilder, Side};
use super::names::{Names, Reads, contains, count, union};
use super::requests::thing_tails;
use super::search::can_end;
use super::shape::{Form, Part, Word};

/// What one principal can touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// How many things of the fleet that are not its own.
    pub others: usize,
    /// One of them.
    pub example: Option<usize>,
    /// Some could not be decided, so there may be more; what stood in the way.
    pub at_least: Option<Rc<str>>,
    /// The things, its own possibly among them, as ranges of places in the list of names.
    pub ranges: Rc<[Range<usize>]>,
}

/// The policies of one way of a principal, by their place in the list of sets.
#[derive(Clone, Debug)]
pub struct Way {
    pub set: usize,
    pub device: Device,
}

/// Answers the question for one principal after the other, and remembers what it has found out.
#[derive(Debug)]
pub struct BlastRadius<'f> {
    names: &'f Names,
    sets: &'f [PolicySet],
    scope: &'f Scope,
    facts: HashMap<usize, Rc<Facts>>,
    known: HashMap<Alike, Rc<Found>>,
    unions: HashMap<Vec<*const Found>, Rc<[Range<usize>]>>,
    missing: Option<Rc<Found>>,
    /// A name that no thing has and no policy spells.
    nobody: String,
}

/// What of a principal makes a difference to what it touches of others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Alike {
    set: usize,
    ways: u8,
    exclusive: bool,
    has_thing: bool,
    /// Values of the keys that the policies speak of, in their order.
    values: Vec<Vec<String>>,
    /// How conditions on names come out.
    on_names: Vec<Option<bool>>,
    /// Its names, if they make a difference beyond that.
    names: Vec<String>,
}

/// What a set of policies makes depend on.
#[derive(Debug)]
struct Facts {
    /// Keys that it speaks of, names left out.
    keys: Vec<String>,
    on_names: Vec<Condition>,
    /// All that it says of the device's own name is bound to it.
    is_bound: bool,
}

#[derive(Clone, Debug)]
struct Found {
    ranges: Rc<[Range<usize>]>,
    open: Option<Rc<str>>,
}

const THING_NAME: &str = "iot:connection.thing.thingname";

impl<'f> BlastRadius<'f> {
    /// For the things `names` and principals whose policies are among `sets`.
    pub fn new(names: &'f Names, sets: &'f [PolicySet], scope: &'f Scope) -> Self {
        let refs: Vec<&PolicySet> = sets.iter().collect();
        let mut nobody = super::device::unspelled("nobody", &refs);
        while names.find(&nobody).is_some() {
            nobody.push('-');
        }
        Self {
            names,
            sets,
            scope,
            facts: HashMap::new(),
            known: HashMap::new(),
            unions: HashMap::new(),
            missing: None,
            nobody,
        }
    }

    /// What a principal touches that comes in these ways.
    pub fn of(&mut self, ways: &[Way]) -> Touched {
        let found: Vec<Rc<Found>> = ways.iter().map(|way| self.of_way(way)).collect();
        let ranges = self.together(&found);
        let own: BTreeSet<usize> = ways
            .iter()
            .flat_map(|way| way.device.names())
            .filter_map(|name| self.names.find(name))
            .filter(|index| contains(&ranges, *index))
            .collect();
        let mut all = ranges.iter().cloned().flatten();
        Touched {
            others: count(&ranges) - own.len(),
            example: all.find(|index| !own.contains(index)),
            at_least: found.iter().find_map(|found| found.open.clone()),
            ranges,
        }
    }

    /// What several ways touch together. Principals that are alike have the same list, not only an equal one.
    fn together(&mut self, found: &[Rc<Found>]) -> Rc<[Range<usize>]> {
        let mut touching = found.iter().filter(|found| !found.ranges.is_empty());
        match (touching.next(), touching.next()) {
            (None, _) => Rc::from([]),
            (Some(one), None) => Rc::clone(&one.ranges),
            // What is known stays where it is, so its place tells it.
            _ => {
                let key = found.iter().map(Rc::as_ptr).collect();
                let all = || union(found.iter().map(|found| found.ranges.to_vec())).into();
                Rc::clone(self.unions.entry(key).or_insert_with(all))
            }
        }
    }

    /// How many questions were really asked: kinds of principals that are not alike.
    pub fn kinds(&self) -> usize {
        self.known.len()
    }

    fn of_way(&mut self, way: &Way) -> Rc<Found> {
        let Some(set) = self.sets.get(way.set) else {
            let open = Some("policies are missing".into());
            return Rc::clone(
                self.missing.get_or_insert_with(|| Rc::new(Found { ranges: Rc::from([]), open })),
            );
        };
        let facts = Rc::clone(self.facts.entry(way.set).or_insert_with(|| Rc::new(Facts::of(set))));
        let stand_in = self.stand_in(&way.device);
        let of = |device: &Device| -> Vec<Option<bool>> {
            let context = named_context(device);
            facts.on_names.iter().map(|condition| evaluate(condition, &context)).collect()
        };
        let on_names = of(&way.device);
        let is_alike = facts.is_bound && way.device.things.len() <= 1 && of(&stand_in) == on_names;
        let device = if is_alike { &stand_in } else { &way.device };
        let key = Alike {
            set: way.set,
            ways: way.device.ways as u8,
            exclusive: way.device.things.iter().any(|thing| thing.exclusive),
            has_thing: !way.device.things.is_empty(),
            values: facts.keys.iter().map(|key| value(&way.device, key)).collect(),
            on_names,
            names: if is_alike { Vec::new() } else { way.device.names().map(str::to_owned).collect() },
        };
        if let Some(known) = self.known.get(&key) {
            return Rc::clone(known);
        }
        let found = Rc::new(self.ask(set, device));
        self.known.insert(key, Rc::clone(&found));
        found
    }

    /// The device under a name that makes no difference.
    fn stand_in(&self, device: &Device) -> Device {
        let things = device.things.iter().map(|thing| Thing { name: self.nobody.clone(), ..thing.clone() });
        Device { things: things.collect(), ..device.clone() }
    }

    /// All that a device touches.
    fn ask(&self, set: &PolicySet, device: &Device) -> Found {
        let ground = Ground { set, scope: self.scope };
        let mut lists = Vec::new();
        let mut open = None;
        for contact in Contact::all() {
            self.contact(ground, device, contact, &mut lists, &mut open);
        }
        Found { ranges: union(lists).into(), open: open.map(Into::into) }
    }

    fn contact(
        &self,
        ground: Ground<'_>,
        device: &Device,
        contact: Contact,
        lists: &mut Vec<Vec<Range<usize>>>,
        open: &mut Option<String>,
    ) {
        let actions: &[&str] = match contact {
            Contact::ConnectAs => &[CONNECT],
            Contact::Publish => &["iot:Publish"],
            Contact::Receive => &["iot:Subscribe", "iot:Receive"],
            Contact::Api(action) => &[action],
        };
        // Nothing is said of the action: nothing is allowed.
        if actions.iter().any(|action| about(ground.set, &[action]).next().is_none()) {
            return;
        }
        let scope = self.scope;
        let named = |kind: &str, tails| Form {
            head: vec![Part::Text(scope.arn(kind)), Part::Word(Word::Thing)],
            tails,
        };
        let form = match contact {
            Contact::ConnectAs => named("client/", vec![]),
            Contact::Publish => topics_published(scope),
            Contact::Receive => topics_received(scope),
            Contact::Api(action) => named("thing/", thing_tails(action)),
        };
        for session in device.sessions() {
            let moments = match (contact, &session.client) {
                (Contact::ConnectAs, Client::Any { .. }) => session.moments(&[ground.set], actions),
                (Contact::Publish, _) => session.connected(ground, actions),
                (Contact::Receive, Client::Is(_) | Client::Any { .. }) => session.connected(ground, actions),
                (Contact::Api(_), Client::None) => session.moments(&[ground.set], actions),
                _ => continue,
            };
            let mut exact = Vec::new();
            for moment in &moments {
                let (found, ended) = self.at_moment(ground, moment, actions, &form);
                if ended {
                    open.get_or_insert_with(|| super::ask::budget_ended(contact.as_str()));
                }
                if moment.open.is_empty() {
                    exact.push(found);
                } else if count(&union(exact.iter().cloned().chain([found]))) > count(&union(exact.clone())) {
                    // More would be touched if the open keys allowed it.
                    open.get_or_insert_with(|| moment.reasons.join(", "));
                }
            }
            lists.extend(exact);
        }
    }

    /// The names for which the form has a resource that is allowed, and whether the budget ended.
    fn at_moment(
        &self,
        ground: Ground<'_>,
        moment: &Moment,
        actions: &[&str],
        form: &Form,
    ) -> (Vec<Range<usize>>, bool) {
        let mut builder = MachineBuilder::default();
        let sides: Vec<Side> = actions
            .iter()
            .map(|action| add_side(&mut builder, ground, moment, action, Lean::More).0)
            .collect();
        let machine = builder.build();
        let Some(Part::Text(before)) = form.head.first() else { return (Vec::new(), false) };
        match sides.as_slice() {
            _ if sides.iter().any(|side| machine.is_empty(*side)) => (Vec::new(), false),
            [subscribe, receive] => {
                let (before_filter, before_topic) =
                    (self.scope.arn("topicfilter/"), self.scope.arn("topic/"));
                let delivery = Delivery {
                    machine: &machine,
                    subscribe: *subscribe,
                    receive: *receive,
                    before_filter: &before_filter,
                    before_topic: &before_topic,
                    form,
                };
                let mut budget = Budget(moment.states);
                let Some(mut start) = delivery.at_name(&mut budget) else { return (Vec::new(), true) };
                start.sort();
                let mut pairs = Remembered::new(Pairs { delivery: &delivery, budget, ended: false });
                let start = pairs.intern(start);
                let found = self.names.accepted(&mut pairs, &start);
                (found, pairs.inner.ended)
            }
            [side, ..] => {
                let start = machine.enter_name(&machine.read(&machine.start(), before));
                let tails = Form { head: vec![Part::Text(String::new())], tails: form.tails.clone() };
                let inner = Single {
                    machine: &machine,
                    side: *side,
                    tails: &tails,
                    budget: Budget(moment.states),
                    ended: false,
                };
                let mut single = Remembered::new(inner);
                let start = single.intern(start);
                let found = self.names.accepted(&mut single, &start);
                (found, single.inner.ended)
            }
            [] => (Vec::new(), false),
        }
    }
}

impl Facts {
    fn of(set: &PolicySet) -> Self {
        let statements = set.sources().iter().flat_map(|source| &source.document.statements);
        let is_name = |key: &str| key == THING_NAME || key == CLIENT_ID;
        let mut keys = BTreeSet::new();
        let mut on_names = Vec::new();
        let mut is_bound = true;
        for statement in statements {
            let resources = statement.resources.iter().flat_map(|resources| &resources.patterns);
            for pattern in resources {
                for variable in variables(&pattern.node) {
                    keys.insert(normal(&variable.key));
                }
                is_bound &= is_bound_pattern(&pattern.node);
            }
            for condition in &statement.conditions {
                let in_values: Vec<String> = condition
                    .values
                    .iter()
                    .flat_map(|value| variables(&value.node))
                    .map(|variable| normal(&variable.key))
                    .collect();
                if is_name(&normal(&condition.key)) || in_values.iter().any(|key| is_name(key)) {
                    on_names.push(condition.clone());
                }
                keys.insert(normal(&condition.key));
                keys.extend(in_values);
            }
        }
        keys.retain(|key| !is_name(key));
        Self { keys: keys.into_iter().collect(), on_names, is_bound }
    }
}

/// Whether names in the pattern are whole levels behind text without wildcards, so that nothing but the device's own name fits.
fn is_bound_pattern(pattern: &Pattern) -> bool {
    let is_name = |piece: &Piece| match piece {
        Piece::Variable(variable) => matches!(normal(&variable.key).as_str(), THING_NAME | CLIENT_ID),
        _ => false,
    };
    let Some(first) = pattern.pieces.iter().position(is_name) else { return true };
    let before = pattern.pieces.get(..first).unwrap_or_default();
    let behind = pattern.pieces.get(first + 1..).unwrap_or_default();
    let begins_level = matches!(before, [Piece::Literal(text)] if text.ends_with('/'));
    let ends_level = match behind.first() {
        None => true,
        Some(Piece::Literal(text)) => text.starts_with('/'),
        Some(_) => false,
    };
    begins_level && ends_level && !behind.iter().any(is_name)
}

/// The context of a device connected as its thing, as far as names go.
fn named_context(device: &Device) -> Context {
    let Some(name) = device.names().next() else { return Context::new() };
    Context::new().with(THING_NAME, [name]).with(CLIENT_ID, [name])
}

fn value(device: &Device, key: &str) -> Vec<String> {
    if let Some(certificate) = &device.certificate
        && !certificate.get(key).is_empty()
    {
        return certificate.get(key).to_vec();
    }
    let Some(thing) = device.things.first() else { return Vec::new() };
    match key {
        "iot:connection.thing.thingtypename" => thing.type_name.iter().cloned().collect(),
        _ => {
            let attribute = key.strip_prefix("iot:connection.thing.attributes[");
            let name = attribute.and_then(|rest| rest.strip_suffix(']'));
            name.and_then(|name| thing.attributes.get(name)).into_iter().cloned().collect()
        }
    }
}

/// What reads names, before its states are numbered.
trait Automaton {
    type State: Clone + Eq + std::hash::Hash;
    fn after(&mut self, state: &Self::State, character: char) -> Self::State;
    fn is_dead(&self, state: &Self::State) -> bool;
    fn accepts(&mut self, state: &Self::State) -> bool;
}

/// Names in resources of one form.
struct Single<'m> {
    machine: &'m Machine,
    side: Side,
    tails: &'m Form,
    budget: Budget,
    ended: bool,
}

impl Automaton for Single<'_> {
    type State = State;

    fn after(&mut self, state: &State, character: char) -> State {
        self.machine.step(state, self.machine.symbol(character))
    }

    fn is_dead(&self, state: &State) -> bool {
        self.machine.is_dead(self.side, state)
    }

    fn accepts(&mut self, state: &State) -> bool {
        match can_end(self.machine, self.tails, state, self.side, &mut self.budget) {
            Outcome::Found(()) => true,
            Outcome::Nothing => false,
            Outcome::Undecided => {
                self.ended = true;
                false
            }
        }
    }
}

/// Names in topics that a subscription delivers.
struct Pairs<'m> {
    delivery: &'m Delivery<'m>,
    budget: Budget,
    ended: bool,
}

impl Automaton for Pairs<'_> {
    type State = Vec<Node>;

    fn after(&mut self, state: &Vec<Node>, character: char) -> Vec<Node> {
        let next: BTreeSet<Node> =
            state.iter().filter_map(|node| self.delivery.after(node, character)).collect();
        next.into_iter().collect()
    }

    fn is_dead(&self, state: &Vec<Node>) -> bool {
        state.is_empty()
    }

    fn accepts(&mut self, state: &Vec<Node>) -> bool {
        match self.delivery.is_delivered(state, &mut self.budget) {
            Outcome::Found(()) => true,
            Outcome::Nothing => false,
            Outcome::Undecided => {
                self.ended = true;
                false
            }
        }
    }
}

/// An automaton with numbered states, whose answers are remembered.
struct Remembered<A: Automaton> {
    inner: A,
    ids: HashMap<A::State, u32>,
    states: Vec<Seen<A::State>>,
}

struct Seen<S> {
    state: S,
    next: Box<[Option<u32>; 128]>,
    accepts: Option<bool>,
    settled: Option<bool>,
}

impl<A: Automaton> Remembered<A> {
    fn new(inner: A) -> Self {
        Self { inner, ids: HashMap::new(), states: Vec::new() }
    }

    fn intern(&mut self, state: A::State) -> u32 {
        if let Some(id) = self.ids.get(&state) {
            return *id;
        }
        let id = u32::try_from(self.states.len()).unwrap_or(u32::MAX);
        self.ids.insert(state.clone(), id);
        self.states.push(Seen { state, next: Box::new([None; 128]), accepts: None, settled: None });
        id
    }

    fn seen(&self, id: u32) -> Option<&Seen<A::State>> {
        self.states.get(usize::try_from(id).ok()?)
    }
}

impl<A: Automaton> Reads for Remembered<A> {
    /// Past the last number: a state of bytes that no name has.
    type State = u32;

    fn after(&mut self, state: &u32, byte: u8) -> u32 {
        let Some(seen) = self.seen(*state) else { return u32::MAX };
        match seen.next.get(usize::from(byte)) {
            None => u32::MAX,
            Some(Some(known)) => *known,
            Some(None) => {
                let from = seen.state.clone();
                let next = self.inner.after(&from, char::from(byte));
                let next = self.intern(next);
                let place = self.states.get_mut(usize::try_from(*state).unwrap_or(usize::MAX));
                if let Some(place) = place.and_then(|seen| seen.next.get_mut(usize::from(byte))) {
                    *place = Some(next);
                }
                next
            }
        }
    }

    fn is_dead(&mut self, state: &u32) -> bool {
        self.seen(*state).is_none_or(|seen| self.inner.is_dead(&seen.state))
    }

    fn is_settled(&mut self, state: &u32) -> bool {
        let Some(seen) = self.seen(*state) else { return true };
        if let Some(known) = seen.settled {
            return known;
        }
        let bytes = (0..128_u8).filter(|byte| Word::Thing.allows(char::from(*byte), false));
        let settled = bytes.into_iter().all(|byte| self.after(state, byte) == *state);
        if let Some(seen) = self.states.get_mut(usize::try_from(*state).unwrap_or(usize::MAX)) {
            seen.settled = Some(settled);
        }
        settled
    }

    fn accepts(&mut self, state: &u32) -> bool {
        let Some(seen) = self.seen(*state) else { return false };
        if let Some(known) = seen.accepts {
            return known;
        }
        let from = seen.state.clone();
        let accepts = self.inner.accepts(&from);
        if let Some(seen) = self.states.get_mut(usize::try_from(*state).unwrap_or(usize::MAX)) {
            seen.accepts = Some(accepts);
        }
        accepts
    }
}
