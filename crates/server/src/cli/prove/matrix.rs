//! Numbers of things touched, added up by the types or groups of who touches and of what is touched.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use thingwarden_engine::prove::Names;

use super::picture::Picture;

/// The things of a fleet by what they belong to: one type, or any number of groups.
pub(super) struct Division {
    names: Vec<String>,
    /// Of each thing, by place in the list of names.
    of: Vec<Box<[u16]>>,
    /// Of each part, how many things before each place belong to it.
    before: Vec<Vec<u32>>,
}

/// Parts that are told apart, those with most things; all others are one.
const PARTS_MAX: usize = 32;

impl Division {
    pub(super) fn by_type(picture: &Picture, names: &Names) -> Self {
        Self::by(names, "(no type)", "(other types)", |name| picture.type_of(name).into_iter().collect())
    }

    pub(super) fn by_group(picture: &Picture, names: &Names) -> Self {
        Self::by(names, "(no group)", "(other groups)", |name| picture.groups_of(name).collect())
    }

    fn by<'p>(
        names: &'p Names,
        none: &'p str,
        others: &'p str,
        parts_of: impl Fn(&'p str) -> Vec<&'p str>,
    ) -> Self {
        let parts_of = |name: &'p str| {
            let parts = parts_of(name);
            if parts.is_empty() { vec![none] } else { parts }
        };
        let mut sizes: HashMap<&str, usize> = HashMap::new();
        let all = || (0..names.len()).filter_map(|index| names.get(index));
        for part in all().flat_map(&parts_of) {
            *sizes.entry(part).or_default() += 1;
        }
        let mut largest: Vec<(&str, usize)> = sizes.into_iter().collect();
        largest.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), *name));
        let is_more = largest.len() > PARTS_MAX;
        largest.truncate(PARTS_MAX);
        let mut parts: Vec<&str> = largest.into_iter().map(|(name, _)| name).collect();
        parts.extend(is_more.then_some(others));
        let places: HashMap<&str, u16> = parts.iter().zip(0..).map(|(name, place)| (*name, place)).collect();
        let rest = u16::try_from(PARTS_MAX).unwrap_or(u16::MAX);
        let of: Vec<Box<[u16]>> = all()
            .map(|name| {
                let places = parts_of(name).into_iter().map(|part| places.get(part).copied().unwrap_or(rest));
                places.collect::<BTreeSet<u16>>().into_iter().collect()
            })
            .collect();
        let before = (0..parts.len()).map(|part| {
            let mut count = 0;
            let counts = of.iter().map(|of| {
                count += u32::from(of.iter().any(|own| usize::from(*own) == part));
                count
            });
            std::iter::once(0).chain(counts).collect()
        });
        Self { before: before.collect(), names: parts.into_iter().map(str::to_owned).collect(), of }
    }

    fn of(&self, index: usize) -> impl Iterator<Item = usize> + '_ {
        self.of.get(index).into_iter().flatten().map(|part| usize::from(*part))
    }

    fn count(&self, ranges: &[Range<usize>]) -> Vec<u64> {
        let at = |before: &[u32], index: usize| u64::from(before.get(index).copied().unwrap_or(0));
        let sum = |before: &Vec<u32>| {
            ranges.iter().map(|range| at(before, range.end) - at(before, range.start)).sum()
        };
        self.before.iter().map(sum).collect()
    }
}

/// Sums over principals.
pub(super) struct Matrix {
    division: Division,
    rows: BTreeMap<usize, Vec<u64>>,
    /// By the place of the ranges in memory, which they keep while they are here.
    counted: HashMap<*const Range<usize>, Counted>,
}

/// How many things of each part are in some ranges.
struct Counted {
    parts: Vec<u64>,
    _ranges: Arc<[Range<usize>]>,
}

impl Matrix {
    pub(super) fn new(division: Division) -> Self {
        Self { division, rows: BTreeMap::new(), counted: HashMap::new() }
    }

    /// Adds what a principal with these things touches, its own not counted.
    pub(super) fn add(&mut self, own: &[usize], ranges: &Arc<[Range<usize>]>) {
        let division = &self.division;
        let Counted { parts, .. } = self
            .counted
            .entry(ranges.as_ptr())
            .or_insert_with(|| Counted { parts: division.count(ranges), _ranges: Arc::clone(ranges) });
        let mut counts = parts.clone();
        for index in own.iter().filter(|own| ranges.iter().any(|range| range.contains(own))) {
            for part in division.of(*index) {
                if let Some(count) = counts.get_mut(part) {
                    *count -= 1;
                }
            }
        }
        // A principal belongs to the rows of its first thing.
        let rows: BTreeSet<usize> = match own.first() {
            Some(first) => division.of(*first).collect(),
            None => BTreeSet::from([usize::MAX]),
        };
        for row in rows {
            let sums = self.rows.entry(row).or_insert_with(|| vec![0; counts.len()]);
            for (sum, count) in sums.iter_mut().zip(&counts) {
                *sum += count;
            }
        }
    }

    /// The sums that are not 0, by name of the row and of the column.
    pub(super) fn named(&self) -> BTreeMap<String, BTreeMap<String, u64>> {
        let named = |index: usize| {
            let name = self.division.names.get(index);
            name.cloned().unwrap_or_else(|| "(no thing)".to_owned())
        };
        let row = |(row, counts): (&usize, &Vec<u64>)| {
            let columns = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            (named(*row), columns.map(|(column, count)| (named(column), *count)).collect())
        };
        self.rows.iter().map(row).collect()
    }
}
