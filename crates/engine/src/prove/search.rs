//! Looks through all resources of one form for one that a question asks for.

use std::collections::{HashMap, VecDeque};

use crate::policy::analysis::automaton::{Budget, FRESH, Outcome, State};

use super::machine::{Machine, Side};
use super::shape::{At, Cost, Form, Part, Place};

/// A place in the search: what the patterns have read, and how far the resource is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    state: State,
    at: At,
    place: Place,
}

/// Finds a resource of this form, one of the shortest, that `goal` answers; only such are looked at that `alive` could still
/// allow. Complete: [`Outcome::Nothing`] means that there is none. `goal` is asked once per state of the patterns, which is as
/// good as asking it for every resource.
pub(super) fn find<A>(
    machine: &Machine,
    form: &Form,
    alive: Side,
    budget: &mut Budget,
    goal: impl FnMut(&State, &dyn Fn() -> String) -> Option<A>,
) -> Outcome<A> {
    find_from(machine, form, machine.start(), alive, budget, goal)
}

/// Whether something that is allowed follows a state in this form.
pub(super) fn can_end(
    machine: &Machine,
    form: &Form,
    state: &State,
    alive: Side,
    budget: &mut Budget,
) -> Outcome<()> {
    find_from(machine, form, state.clone(), alive, budget, |state, _| {
        machine.granted(alive, state).map(|_| ())
    })
}

fn find_from<A>(
    machine: &Machine,
    form: &Form,
    start: State,
    alive: Side,
    budget: &mut Budget,
    mut goal: impl FnMut(&State, &dyn Fn() -> String) -> Option<A>,
) -> Outcome<A> {
    let mut search =
        Search { machine, form, alive, trail: Vec::new(), best: HashMap::new(), queue: VecDeque::new() };
    search.enter(start, form.start(), None);
    while let Some((node, cost, trail)) = search.queue.pop_front() {
        let Some(part) = form.get(node.at) else {
            let Some(answer) = goal(&node.state, &|| search.text(trail)) else { continue };
            // A topic whose last level is empty is legal, and reads like a mistake, as a name does that ends with a hyphen: rather
            // one with something there.
            let longer = || search.text(trail) + &machine.fresh();
            let fuller = search.text(trail).ends_with(['/', '-', '_', ':']);
            let fuller = fuller.then(|| machine.step(&node.state, FRESH));
            return Outcome::Found(fuller.and_then(|state| goal(&state, &longer)).unwrap_or(answer));
        };
        if part.may_end(node.place) && !(part.is_name() && machine.is_excluded(&node.state)) {
            let state = if part.is_name() { machine.after_name(&node.state) } else { node.state.clone() };
            for next in form.next(node.at) {
                search.enter(state.clone(), next, trail);
            }
        }
        let plain = |character: char| part.is_plain(node.place, character);
        for (symbol, character) in machine.moves(&[&node.state], plain) {
            let Some((place, cost)) = part.step(machine.lengths, node.place, cost, character) else {
                continue;
            };
            if !budget.spend() {
                return Outcome::Undecided;
            }
            let state = machine.step(&node.state, symbol);
            search.push(Node { state, at: node.at, place }, cost, trail, Some(character));
        }
    }
    Outcome::Nothing
}

enum Added {
    Character(char),
    /// The text of this part.
    Part(At),
}

struct Search<'m> {
    machine: &'m Machine,
    form: &'m Form,
    alive: Side,
    /// How texts were written: the step before, and what was added.
    trail: Vec<(Option<usize>, Added)>,
    /// What has been counted on the ways to each node: none of them is covered by another.
    best: HashMap<Node, Vec<Cost>>,
    queue: VecDeque<(Node, Cost, Option<usize>)>,
}

impl Search<'_> {
    /// At the start of a part: writes texts, begins names.
    fn enter(&mut self, state: State, at: At, trail: Option<usize>) {
        match self.form.get(at) {
            Some(Part::Text(text)) => {
                let state = self.machine.read(&state, text);
                if self.machine.is_dead(self.alive, &state) {
                    return;
                }
                self.trail.push((trail, Added::Part(at)));
                let trail = Some(self.trail.len() - 1);
                for next in self.form.next(at) {
                    self.enter(state.clone(), next, trail);
                }
            }
            part => {
                let state = match part {
                    Some(part) if part.is_name() => self.machine.enter_name(&state),
                    _ => state,
                };
                self.push(Node { state, at, place: Place::Start }, Cost::default(), trail, None);
            }
        }
    }

    fn push(&mut self, node: Node, cost: Cost, trail: Option<usize>, added: Option<char>) {
        if self.machine.is_dead(self.alive, &node.state) {
            return;
        }
        let known = self.best.entry(node.clone()).or_default();
        if known.iter().any(|known| cost.is_covered_by(*known)) {
            return;
        }
        known.push(cost);
        let trail = match added {
            None => trail,
            Some(character) => {
                self.trail.push((trail, Added::Character(character)));
                Some(self.trail.len() - 1)
            }
        };
        self.queue.push_back((node, cost, trail));
    }

    fn text(&self, mut at: Option<usize>) -> String {
        let mut pieces = Vec::new();
        while let Some((before, added)) = at.and_then(|at| self.trail.get(at)) {
            pieces.push(added);
            at = *before;
        }
        let mut text = String::new();
        for piece in pieces.into_iter().rev() {
            match piece {
                Added::Character(character) => text.push(*character),
                Added::Part(at) => {
                    if let Some(Part::Text(part)) = self.form.get(*at) {
                        text.push_str(part);
                    }
                }
            }
        }
        text
    }
}
