//! Looks through all resources of one form for one that a question asks for.

use std::collections::{HashMap, VecDeque};

use crate::policy::analysis::automaton::{Budget, Outcome, State};

use super::machine::{Machine, Side};
use super::shape::{Cost, Part, Place, Word};

/// A place in the search: what the patterns have read, and how far the resource is written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Node {
    state: State,
    part: usize,
    place: Place,
}

/// Finds the shortest resource made of `parts` that `alive` allows to go on with at every step and that `goal` answers.
/// Complete: [`Outcome::Nothing`] means that there is none. `goal` is asked once per state of the patterns, which is as good
/// as asking it for every resource.
pub(super) fn find<A>(
    machine: &Machine,
    parts: &[Part],
    alive: Side,
    budget: &mut Budget,
    mut goal: impl FnMut(&State, &dyn Fn() -> String) -> Option<A>,
) -> Outcome<A> {
    let mut search =
        Search { machine, parts, trail: Vec::new(), best: HashMap::new(), queue: VecDeque::new() };
    search.enter(Node { state: machine.start(), part: 0, place: Place::Start }, None, alive);
    while let Some((node, cost, trail)) = search.queue.pop_front() {
        let Some(part) = parts.get(node.part) else {
            if let Some(answer) = goal(&node.state, &|| search.text(trail)) {
                return Outcome::Found(answer);
            }
            continue;
        };
        let in_name = matches!(part, Part::Word(Word::ClientId | Word::Thing));
        if part.may_end(node.place) && !(in_name && machine.is_excluded(&node.state)) {
            let next = Node { state: node.state.clone(), part: node.part + 1, place: Place::Start };
            search.enter(next, trail, alive);
        }
        let plain = |character: char| part.is_plain(node.place, character);
        for (symbol, character) in machine.moves(&node.state, plain) {
            let Some((place, cost)) = part.step(node.place, cost, character) else { continue };
            if !budget.spend() {
                return Outcome::Undecided;
            }
            let state = machine.step(&node.state, symbol);
            search.push(Node { state, part: node.part, place }, cost, trail, Some(character), alive);
        }
    }
    Outcome::Nothing
}

/// The way that a text was written: the step before, and what it added.
struct Step {
    before: Option<usize>,
    added: Added,
}

enum Added {
    Character(char),
    /// The text of this part.
    Part(usize),
}

struct Search<'m> {
    machine: &'m Machine,
    parts: &'m [Part],
    trail: Vec<Step>,
    /// What has been counted on the ways to each node: none of them is covered by another.
    best: HashMap<Node, Vec<Cost>>,
    queue: VecDeque<(Node, Cost, Option<usize>)>,
}

impl Search<'_> {
    /// At the start of a part: writes texts, begins names.
    fn enter(&mut self, mut node: Node, mut trail: Option<usize>, alive: Side) {
        while let Some(Part::Text(text)) = self.parts.get(node.part) {
            node.state = self.machine.read(&node.state, text);
            self.trail.push(Step { before: trail, added: Added::Part(node.part) });
            trail = Some(self.trail.len() - 1);
            node.part += 1;
        }
        if let Some(Part::Word(Word::ClientId | Word::Thing)) = self.parts.get(node.part) {
            node.state = self.machine.enter_name(&node.state);
        }
        self.push(node, Cost::default(), trail, None, alive);
    }

    fn push(&mut self, node: Node, cost: Cost, trail: Option<usize>, added: Option<char>, alive: Side) {
        if self.machine.is_dead(alive, &node.state) {
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
                self.trail.push(Step { before: trail, added: Added::Character(character) });
                Some(self.trail.len() - 1)
            }
        };
        self.queue.push_back((node, cost, trail));
    }

    fn text(&self, mut at: Option<usize>) -> String {
        let mut pieces = Vec::new();
        while let Some(step) = at.and_then(|at| self.trail.get(at)) {
            pieces.push(&step.added);
            at = step.before;
        }
        let mut text = String::new();
        for piece in pieces.into_iter().rev() {
            match piece {
                Added::Character(character) => text.push(*character),
                Added::Part(index) => {
                    if let Some(Part::Text(part)) = self.parts.get(*index) {
                        text.push_str(part);
                    }
                }
            }
        }
        text
    }
}
