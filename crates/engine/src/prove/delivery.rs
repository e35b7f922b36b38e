//! The step that a look at single requests misses: a subscription delivers every message whose topic its filter matches and
//! that `iot:Receive` allows, whatever the filter is spelled like.
//!
//! Filter and topic are written together ([`Progress`]), within the limits on topics and along a form.

use std::collections::{HashMap, VecDeque};

use crate::policy::analysis::automaton::{Budget, Outcome, State, Symbol};
use crate::policy::analysis::filter::Progress;

use super::machine::{Machine, Side};
use super::shape::{At, Cost, Form, Part, Place};

/// How far a pair has been written, and what the patterns make of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Node {
    progress: Progress,
    filter: State,
    topic: State,
    at: At,
    /// Characters of a text part that are written.
    offset: usize,
    place: Place,
}

/// What a pair has to meet.
pub(super) struct Delivery<'a> {
    pub(super) machine: &'a Machine,
    pub(super) subscribe: Side,
    pub(super) receive: Side,
    /// What stands before the filter in its ARN.
    pub(super) before_filter: &'a str,
    /// What stands before the topic in its ARN, and at the start of its form.
    pub(super) before_topic: &'a str,
    /// The form of the topic's ARN.
    pub(super) form: &'a Form,
}

#[derive(Clone, Copy)]
enum Added {
    Filter(char),
    Topic(char),
    Both(char),
    Nothing,
}

impl Delivery<'_> {
    /// The first pair that `goal` answers. It is asked with the states of filter and topic, and with a way to write them down.
    pub(super) fn find<A>(
        &self,
        budget: &mut Budget,
        goal: impl FnMut(&State, &State, &dyn Fn() -> (String, String)) -> Option<A>,
    ) -> Outcome<A> {
        self.find_from([self.start()], budget, goal)
    }

    fn start(&self) -> Node {
        Node {
            progress: Progress::START,
            filter: self.machine.read(&self.machine.start(), self.before_filter),
            topic: self.machine.read(&self.machine.start(), self.before_topic),
            at: self.form.start(),
            offset: self.before_topic.chars().count(),
            place: Place::Start,
        }
    }

    /// Where pairs stand when the name begins that the topic's form asks for.
    pub(super) fn at_name(&self, budget: &mut Budget) -> Option<Vec<Node>> {
        let mut found = Vec::new();
        let mut open = vec![self.start()];
        while let Some(node) = open.pop() {
            if self.is_dead(&node) || !budget.spend() {
                if budget.0 == 0 {
                    return None;
                }
                continue;
            }
            open.extend(self.with_wildcard(&node).map(|(_, node)| node));
            let Some(Part::Text(text)) = self.form.get(node.at) else {
                found.push(node);
                continue;
            };
            match text.chars().nth(node.offset) {
                Some(character) => open.extend(self.after(&node, character)),
                None => open.extend(self.following(&node)),
            }
        }
        Some(found)
    }

    /// After one more character of the topic, if the filter goes with it. Of limits nothing is counted.
    pub(super) fn after(&self, node: &Node, character: char) -> Option<Node> {
        let (progress, in_filter) = node.progress.after(character)?;
        let symbol = self.machine.symbol(character);
        let next = Node {
            progress,
            filter: if in_filter { self.machine.step(&node.filter, symbol) } else { node.filter.clone() },
            topic: self.machine.step(&node.topic, symbol),
            at: node.at,
            offset: if matches!(self.form.get(node.at), Some(Part::Text(_))) { node.offset + 1 } else { 0 },
            place: node.place,
        };
        (!self.is_dead(&next)).then_some(next)
    }

    /// Whether some pair goes on from one of these nodes, whose name ends here, and is allowed.
    pub(super) fn is_delivered(&self, nodes: &[Node], budget: &mut Budget) -> Outcome<()> {
        let ended = nodes.iter().flat_map(|node| self.following(node));
        self.find_from(ended, budget, |filter, topic, _| {
            self.machine.granted(self.subscribe, filter)?;
            self.machine.granted(self.receive, topic).map(|_| ())
        })
    }

    fn is_dead(&self, node: &Node) -> bool {
        self.machine.is_dead(self.subscribe, &node.filter) || self.machine.is_dead(self.receive, &node.topic)
    }

    fn find_from<A>(
        &self,
        starts: impl IntoIterator<Item = Node>,
        budget: &mut Budget,
        mut goal: impl FnMut(&State, &State, &dyn Fn() -> (String, String)) -> Option<A>,
    ) -> Outcome<A> {
        let mut walk = Walk { trail: Vec::new(), best: HashMap::new(), queue: VecDeque::new() };
        for start in starts {
            self.push(&mut walk, start, Cost::default(), None, Added::Nothing);
        }
        while let Some((node, cost, trail)) = walk.queue.pop_front() {
            let Some(part) = self.form.get(node.at) else {
                let texts = || walk.texts(trail);
                if let Some(answer) = goal(&node.filter, &node.topic, &texts) {
                    return Outcome::Found(answer);
                }
                self.wildcards(&mut walk, &node, cost, trail);
                continue;
            };
            self.wildcards(&mut walk, &node, cost, trail);
            if self.may_end(part, &node) {
                for next in self.following(&node) {
                    self.push(&mut walk, next, Cost::default(), trail, Added::Nothing);
                }
            }
            for (symbol, character, place, cost) in self.characters(part, &node, cost) {
                let Some((progress, in_filter)) = node.progress.after(character) else { continue };
                if !budget.spend() {
                    return Outcome::Undecided;
                }
                let next = Node {
                    progress,
                    filter: match in_filter {
                        true => self.machine.step(&node.filter, symbol),
                        false => node.filter.clone(),
                    },
                    topic: self.machine.step(&node.topic, symbol),
                    at: node.at,
                    offset: node.offset + 1,
                    place,
                };
                let added = if in_filter { Added::Both(character) } else { Added::Topic(character) };
                self.push(&mut walk, next, cost, trail, added);
            }
        }
        Outcome::Nothing
    }

    fn with_wildcard(&self, node: &Node) -> impl Iterator<Item = (char, Node)> {
        node.progress.wildcards().map(|(wildcard, progress)| {
            let filter = self.machine.step(&node.filter, self.machine.symbol(wildcard));
            (wildcard, Node { progress, filter, ..node.clone() })
        })
    }

    fn wildcards(&self, walk: &mut Walk, node: &Node, cost: Cost, trail: Option<usize>) {
        for (wildcard, next) in self.with_wildcard(node) {
            self.push(walk, next, cost, trail, Added::Filter(wildcard));
        }
    }

    /// The starts of what may follow the part that ends here.
    fn following(&self, node: &Node) -> impl Iterator<Item = Node> {
        let was_name = self.form.get(node.at).is_some_and(Part::is_name);
        let topic = if was_name { self.machine.after_name(&node.topic) } else { node.topic.clone() };
        let started = Node { topic, offset: 0, place: Place::Start, ..node.clone() };
        self.form.next(node.at).map(move |at| self.entered(Node { at, ..started.clone() }))
    }

    /// Begins a name where one begins.
    fn entered(&self, mut node: Node) -> Node {
        if self.form.get(node.at).is_some_and(Part::is_name) {
            node.topic = self.machine.enter_name(&node.topic);
        }
        node
    }

    fn may_end(&self, part: &Part, node: &Node) -> bool {
        match part {
            Part::Text(text) => node.offset == text.chars().count(),
            part => part.may_end(node.place) && !(part.is_name() && self.machine.is_excluded(&node.topic)),
        }
    }

    fn characters(&self, part: &Part, node: &Node, cost: Cost) -> Vec<(Symbol, char, Place, Cost)> {
        if let Part::Text(text) = part {
            let next = text.chars().nth(node.offset);
            let symbol = |character| (self.machine.symbol(character), character, Place::Start, cost);
            return next.map(symbol).into_iter().collect();
        }
        let plain = |character: char| part.is_plain(node.place, character);
        let states = [&node.filter, &node.topic];
        let moves = self.machine.moves(&states, plain);
        let step = |(symbol, character): (Symbol, char)| {
            let (place, cost) = part.step(self.machine.lengths, node.place, cost, character)?;
            Some((symbol, character, place, cost))
        };
        moves.filter_map(step).collect()
    }

    fn push(&self, walk: &mut Walk, node: Node, cost: Cost, trail: Option<usize>, added: Added) {
        if self.is_dead(&node) {
            return;
        }
        // How many characters of a name are written is told by what they cost.
        let mut key = node.clone();
        if !matches!(self.form.get(node.at), Some(Part::Text(_))) {
            key.offset = 0;
        }
        let known = walk.best.entry(key).or_default();
        if known.iter().any(|known| cost.is_covered_by(*known)) {
            return;
        }
        known.push(cost);
        walk.trail.push((trail, added));
        walk.queue.push_back((node, cost, Some(walk.trail.len() - 1)));
    }
}

struct Walk {
    trail: Vec<(Option<usize>, Added)>,
    best: HashMap<Node, Vec<Cost>>,
    queue: VecDeque<(Node, Cost, Option<usize>)>,
}

impl Walk {
    /// Filter and topic, as they were written on the way.
    fn texts(&self, mut at: Option<usize>) -> (String, String) {
        let (mut filter, mut topic) = (Vec::new(), Vec::new());
        while let Some((before, added)) = at.and_then(|at| self.trail.get(at)) {
            match added {
                Added::Filter(character) => filter.push(*character),
                Added::Topic(character) => topic.push(*character),
                Added::Both(character) => {
                    filter.push(*character);
                    topic.push(*character);
                }
                Added::Nothing => {}
            }
            at = *before;
        }
        (filter.into_iter().rev().collect(), topic.into_iter().rev().collect())
    }
}
