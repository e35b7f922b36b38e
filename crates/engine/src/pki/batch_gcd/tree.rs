//! A tree of products, and what it takes to get from its root to its leaves.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::parallel;

/// Bits of fractions beyond those of the number that they are about. Each level of the tree costs less than one of them,
/// and adds one unit in the last place to the error.
const GUARD_BITS: usize = 64;

/// Products of numbers, of pairs of them, of fours, up to the product of all.
pub(super) struct Tree<'a> {
    numbers: &'a [UBig],
    /// From the pairs upwards; the last level has one product. Empty for a single number.
    levels: Vec<Vec<UBig>>,
    /// The sum over all numbers n of (product / n).
    sum: UBig,
}

impl<'a> Tree<'a> {
    /// At least one number.
    pub(super) fn new(numbers: &'a [UBig], jobs: usize) -> Self {
        let mut levels: Vec<Vec<UBig>> = Vec::new();
        let mut sums = vec![UBig::ONE; numbers.len()];
        let mut below = numbers;
        while below.len() > 1 {
            let nodes: Vec<(&[UBig], &[UBig])> = below.chunks(2).zip(sums.chunks(2)).collect();
            let joined = parallel::map(&nodes, jobs, |node| match node {
                ([left, right], [left_sum, right_sum]) => (left * right, left_sum * right + right_sum * left),
                ([single, ..], [sum, ..]) => (single.clone(), sum.clone()),
                _ => (UBig::ONE, UBig::ZERO),
            });
            let (products, next_sums) = joined.into_iter().unzip();
            sums = next_sums;
            levels.push(products);
            below = levels.last().map_or(&[], Vec::as_slice);
        }
        Self { numbers, levels, sum: sums.pop().unwrap_or(UBig::ZERO) }
    }

    pub(super) fn product(&self) -> &UBig {
        self.levels.last().map_or(self.numbers, Vec::as_slice).first().unwrap_or(const { &UBig::ONE })
    }

    pub(super) fn into_product(mut self) -> UBig {
        self.levels.pop().and_then(|mut level| level.pop()).unwrap_or_else(|| self.product().clone())
    }

    /// For each number n: factor * product / n, modulo n.
    pub(super) fn cofactors(self, factor: &UBig, jobs: usize) -> Vec<UBig> {
        let scaled = if factor.is_one() { self.sum.clone() } else { &self.sum * factor };
        self.remainders(&scaled, jobs)
    }

    /// For each number n: the dividend modulo n.
    ///
    /// What goes down the tree are the fractions dividend / product of the node, modulo 1, in binary: the fraction of
    /// a node times the product of its right child is the fraction of its left child. A fraction of k bits is at most
    /// as many units too small as there are levels above it, so with the guard bits the remainder at the leaf is the
    /// integer next to fraction * n.
    pub(super) fn remainders(self, dividend: &UBig, jobs: usize) -> Vec<UBig> {
        let product = self.product();
        let bits = product.bit_len() + GUARD_BITS;
        let root = Fraction { digits: ((dividend % product) << bits) / product, bits };
        let mut fractions = vec![root];
        for level in self.levels.iter().rev().skip(1).map(Vec::as_slice).chain([self.numbers]) {
            if level.len() == fractions.len() {
                continue;
            }
            let nodes: Vec<(&Fraction, &[UBig])> = fractions.iter().zip(level.chunks(2)).collect();
            // Each child on its own: near the root there are fewer nodes than threads.
            let children: Vec<(&Fraction, Option<&UBig>)> = nodes
                .iter()
                .flat_map(|(fraction, pair)| match pair {
                    [left, right] => vec![(*fraction, Some(right)), (*fraction, Some(left))],
                    _ => vec![(*fraction, None)],
                })
                .collect();
            fractions = parallel::map(&children, jobs, |(fraction, sibling)| match sibling {
                Some(sibling) => fraction.times(sibling),
                None => (*fraction).clone(),
            });
        }
        let leaves: Vec<(&Fraction, &UBig)> = fractions.iter().zip(self.numbers).collect();
        parallel::map(&leaves, jobs, |(fraction, number)| fraction.remainder(number))
    }
}

/// digits / 2^bits, from 0 to 1.
#[derive(Clone)]
struct Fraction {
    digits: UBig,
    bits: usize,
}

impl Fraction {
    /// The fractional part of this times an integer, in as many bits fewer as the integer has.
    fn times(&self, integer: &UBig) -> Self {
        let mut digits = &self.digits * integer;
        digits.clear_high_bits(self.bits);
        let drop = integer.bit_len().min(self.bits);
        Self { digits: digits >> drop, bits: self.bits - drop }
    }

    /// The integer next to this times a number, modulo that number.
    fn remainder(&self, number: &UBig) -> UBig {
        let half = UBig::ONE << self.bits.saturating_sub(1);
        let rounded = (&self.digits * number + half) >> self.bits;
        if rounded == *number { UBig::ZERO } else { rounded }
    }
}
