//! The names of all things of a fleet, sorted, and walks of automata over them that look at a common beginning once.

use std::ops::Range;
use std::sync::OnceLock;

/// Names in order, without repetition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    text: String,
    /// Where each name ends in `text`.
    ends: Vec<usize>,
    /// Places of the names in the order of the names read backwards; made when somebody asks for an end.
    backwards: OnceLock<Vec<u32>>,
}

/// An automaton that reads names byte by byte.
pub(super) trait Reads {
    /// What it has read comes to.
    type State: Clone + PartialEq;
    /// The state after one more byte.
    fn after(&mut self, state: &Self::State, byte: u8) -> Self::State;
    /// Whether no name that begins like this can be accepted.
    fn is_dead(&mut self, state: &Self::State) -> bool;
    /// Whether every name that begins like this is treated like what has been read.
    fn is_settled(&mut self, state: &Self::State) -> bool;
    /// Whether what has been read is accepted as a name.
    fn accepts(&mut self, state: &Self::State) -> bool;
}

impl<N: AsRef<str> + Ord> FromIterator<N> for Names {
    fn from_iter<T: IntoIterator<Item = N>>(names: T) -> Self {
        let mut all: Vec<N> = names.into_iter().filter(|name| !name.as_ref().is_empty()).collect();
        all.sort_unstable();
        all.dedup();
        let mut this = Self::default();
        for name in all {
            this.text.push_str(name.as_ref());
            this.ends.push(this.text.len());
        }
        this
    }
}

impl Names {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.text.get(start..end)
    }

    /// The place of a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let place = self.first_where(0..self.len(), |known| known >= name);
        (self.get(place) == Some(name)).then_some(place)
    }

    /// The first place in the range where `holds`, which does not stop to hold once it does; the range's end if there is none.
    fn first_where(&self, range: Range<usize>, holds: impl Fn(&str) -> bool) -> usize {
        let Range { mut start, mut end } = range;
        while start < end {
            let middle = usize::midpoint(start, end);
            if self.get(middle).is_none_or(&holds) {
                end = middle;
            } else {
                start = middle + 1;
            }
        }
        start
    }

    /// The names that begin with a text.
    pub(super) fn beginning_with(&self, text: &str) -> Range<usize> {
        let start = self.first_where(0..self.len(), |name| name >= text);
        let end = self.first_where(start..self.len(), |name| !name.starts_with(text));
        start..end
    }

    /// The places of the names that end with a text.
    pub(super) fn ending_with(&self, text: &str) -> impl Iterator<Item = usize> + '_ {
        let name =
            |place: &u32| usize::try_from(*place).ok().and_then(|place| self.get(place)).unwrap_or_default();
        let all = self.backwards.get_or_init(|| {
            let mut all: Vec<u32> = (0..self.len()).filter_map(|place| u32::try_from(place).ok()).collect();
            all.sort_unstable_by(|one, other| name(one).bytes().rev().cmp(name(other).bytes().rev()));
            all
        });
        let start = all.partition_point(|place| name(place).bytes().rev().lt(text.bytes().rev()));
        let rest = all.get(start..).unwrap_or_default();
        let end = rest.partition_point(|place| name(place).ends_with(text));
        rest.iter().take(end).filter_map(|place| usize::try_from(*place).ok())
    }

    /// Whether the automaton accepts the name in this place.
    pub(super) fn is_accepted<A: Reads>(&self, place: usize, automaton: &mut A, start: &A::State) -> bool {
        let mut state = start.clone();
        for byte in self.get(place).unwrap_or_default().bytes() {
            if automaton.is_dead(&state) {
                return false;
            }
            state = automaton.after(&state, byte);
        }
        automaton.accepts(&state)
    }

    /// The ranges of names that the automaton accepts, in order and apart.
    pub(super) fn accepted<A: Reads>(&self, automaton: &mut A, start: &A::State) -> Vec<Range<usize>> {
        self.accepted_in(std::iter::once(0..self.len()).collect(), automaton, start)
    }

    /// As above, of names in these ranges.
    pub(super) fn accepted_in<A: Reads>(
        &self,
        ranges: Vec<Range<usize>>,
        automaton: &mut A,
        start: &A::State,
    ) -> Vec<Range<usize>> {
        let mut found = Ranges::default();
        // Ranges of names that share so many bytes, with the state after these; the last is the first in order.
        let ranges = union([ranges.as_slice()]).into_iter().rev();
        let mut open: Vec<_> = ranges.map(|range| (range, 0, start.clone())).collect();
        while let Some((range, depth, state)) = open.pop() {
            if range.is_empty() || automaton.is_dead(&state) {
                continue;
            }
            if automaton.is_settled(&state) {
                if automaton.accepts(&state) {
                    found.push(range);
                }
                continue;
            }
            let mut at = range.start;
            if self.get(at).is_some_and(|name| name.len() == depth) {
                if automaton.accepts(&state) {
                    found.push(at..at + 1);
                }
                at += 1;
            }
            let before = open.len();
            while at < range.end {
                let Some(byte) = self.byte(at, depth) else { break };
                let end = self.group_end(at..range.end, depth, byte);
                open.push((at..end, depth + 1, automaton.after(&state, byte)));
                at = end;
            }
            if let Some(added) = open.get_mut(before..) {
                added.reverse();
            }
        }
        found.0
    }

    fn byte(&self, index: usize, depth: usize) -> Option<u8> {
        self.get(index)?.as_bytes().get(depth).copied()
    }

    /// Where names with another byte at this depth begin. Looked for near the start first: groups are often small.
    fn group_end(&self, range: Range<usize>, depth: usize, byte: u8) -> usize {
        let is_other = |index: usize| self.byte(index, depth) != Some(byte);
        let mut step = 1;
        let mut known = range.start;
        while known + step < range.end && !is_other(known + step) {
            known += step;
            step *= 2;
        }
        let mut end = (known + step).min(range.end);
        let mut start = known + 1;
        while start < end {
            let middle = usize::midpoint(start, end);
            if is_other(middle) { end = middle } else { start = middle + 1 }
        }
        start
    }
}

/// Ranges in order; what touches becomes one.
#[derive(Clone, Debug, Default)]
struct Ranges(Vec<Range<usize>>);

impl Ranges {
    fn push(&mut self, range: Range<usize>) {
        match self.0.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.0.push(range),
        }
    }
}

/// All that is in any of the lists, as ranges in order and apart.
pub(super) fn union<'r>(lists: impl IntoIterator<Item = &'r [Range<usize>]>) -> Vec<Range<usize>> {
    let mut all: Vec<Range<usize>> = lists.into_iter().flatten().cloned().collect();
    all.sort_unstable_by_key(|range| range.start);
    let mut merged: Vec<Range<usize>> = Vec::new();
    for range in all {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

/// How many there are.
pub(super) fn count(ranges: &[Range<usize>]) -> usize {
    ranges.iter().map(ExactSizeIterator::len).sum()
}

pub(super) fn contains(ranges: &[Range<usize>], index: usize) -> bool {
    let after = ranges.partition_point(|range| range.start <= index);
    after.checked_sub(1).and_then(|before| ranges.get(before)).is_some_and(|range| range.contains(&index))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Accepts names that begin with a text.
    struct Begins(&'static str);

    impl Reads for Begins {
        type State = Option<usize>;

        fn after(&mut self, state: &Self::State, byte: u8) -> Self::State {
            match *state {
                Some(done) if done == self.0.len() => Some(done),
                Some(done) if self.0.as_bytes()[done] == byte => Some(done + 1),
                _ => None,
            }
        }

        fn is_dead(&mut self, state: &Self::State) -> bool {
            state.is_none()
        }

        fn is_settled(&mut self, state: &Self::State) -> bool {
            *state == Some(self.0.len())
        }

        fn accepts(&mut self, state: &Self::State) -> bool {
            *state == Some(self.0.len())
        }
    }

    #[test]
    fn ranges_of_names_are_found_by_their_beginning() {
        let names: Names =
            ["b", "a", "ab", "abc", "abd", "b-1", "c", "ab"].map(str::to_owned).into_iter().collect();
        assert_eq!(
            (0..names.len()).map(|index| names.get(index).unwrap()).collect::<Vec<_>>(),
            ["a", "ab", "abc", "abd", "b", "b-1", "c"]
        );
        let check = |text: &'static str, expected: &[usize]| {
            let found: Vec<usize> =
                names.accepted(&mut Begins(text), &Some(0)).into_iter().flatten().collect();
            assert_eq!(found, expected, "{text}");
        };
        check("ab", &[1, 2, 3]);
        check("", &[0, 1, 2, 3, 4, 5, 6]);
        check("b-", &[5]);
        check("x", &[]);
        assert_eq!((names.find("abd"), names.find("abe")), (Some(3), None));
        assert_eq!((names.beginning_with("ab"), names.beginning_with("d")), (1..4, 7..7));
        let ending = |text: &str| {
            let mut all: Vec<usize> = names.ending_with(text).collect();
            all.sort_unstable();
            all
        };
        assert_eq!((ending("b"), ending("bd"), ending("x")), (vec![1, 4], vec![3], vec![]));
    }

    #[test]
    fn unions() {
        let merged = union([[0..2, 8..9].as_slice(), &[2..3, 1..2, 7..9]]);
        assert_eq!(merged, [0..3, 7..9]);
        assert_eq!(count(&merged), 5);
        assert!(contains(&merged, 2) && !contains(&merged, 3) && contains(&merged, 8));
    }
}
