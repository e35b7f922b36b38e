//! Automata that read names of things: of resources of one form, and of topics that a subscription delivers.

use std::collections::{BTreeSet, HashMap};

use crate::policy::analysis::automaton::{Budget, Outcome, State};

use super::delivery::{Delivery, Node};
use super::machine::{Machine, Side};
use super::names::Reads;
use super::search::can_end;
use super::shape::{Form, Word};

/// What reads names, before its states are numbered.
pub(super) trait Automaton {
    type State: Clone + Eq + std::hash::Hash;
    fn after(&mut self, state: &Self::State, character: char) -> Self::State;
    fn is_dead(&self, state: &Self::State) -> bool;
    fn accepts(&mut self, state: &Self::State) -> bool;
}

/// Names in resources of one form.
pub(super) struct Single<'m> {
    pub(super) machine: &'m Machine,
    pub(super) side: Side,
    pub(super) tails: &'m Form,
    pub(super) budget: Budget,
    /// The budget ended before something was decided.
    pub(super) ended: bool,
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
pub(super) struct Pairs<'m> {
    pub(super) delivery: &'m Delivery<'m>,
    pub(super) budget: Budget,
    /// The budget ended before something was decided.
    pub(super) ended: bool,
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

impl<A: Automaton> Automaton for &mut A {
    type State = A::State;

    fn after(&mut self, state: &Self::State, character: char) -> Self::State {
        (**self).after(state, character)
    }

    fn is_dead(&self, state: &Self::State) -> bool {
        (**self).is_dead(state)
    }

    fn accepts(&mut self, state: &Self::State) -> bool {
        (**self).accepts(state)
    }
}

/// An automaton with numbered states, whose answers are remembered.
pub(super) struct Remembered<A: Automaton> {
    pub(super) inner: A,
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
    pub(super) fn new(inner: A) -> Self {
        Self { inner, ids: HashMap::new(), states: Vec::new() }
    }

    pub(super) fn intern(&mut self, state: A::State) -> u32 {
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
