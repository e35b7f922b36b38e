//! A tree of products, and what it takes to get from its root to its leaves.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::arithmetic::{Divisor, TRANSFORM_BITS_MIN, multiply};
use super::ntt::Plan;
use crate::parallel;

/// Bits of fractions beyond those of the number that they are about. Each level of the tree costs less than one of them,
/// and adds up to two units in the last place to the error.
const GUARD_BITS: usize = 64;

/// Products of numbers, of pairs of them, of fours, up to the product of all.
pub(super) struct Tree<'a> {
    numbers: &'a [UBig],
    /// From the pairs upwards; the last level has one product. Empty for a single number.
    levels: Vec<Vec<UBig>>,
}

/// A product of numbers, and the sum over those numbers n of (product / n).
type Node = (UBig, UBig);

impl<'a> Tree<'a> {
    /// At least one number.
    pub(super) fn new(numbers: &'a [UBig], jobs: usize) -> Self {
        let mut levels: Vec<Vec<UBig>> = Vec::new();
        let mut below = numbers;
        while below.len() > 1 {
            let pairs: Vec<&[UBig]> = below.chunks(2).collect();
            let (outside, inside) = threads(pairs.len(), jobs);
            let products = parallel::map(&pairs, outside, |pair| match pair {
                [left, right] => multiply(left, right, inside),
                _ => pair.first().cloned().unwrap_or(UBig::ONE),
            });
            levels.push(products);
            below = levels.last().map_or(&[], Vec::as_slice);
        }
        Self { numbers, levels }
    }

    /// Also gives the sum over all numbers n of (product / n).
    pub(super) fn with_sum(numbers: &'a [UBig], jobs: usize) -> (Self, UBig) {
        let mut levels: Vec<Vec<UBig>> = Vec::new();
        let mut sums = vec![UBig::ONE; numbers.len()];
        let mut below = numbers;
        while below.len() > 1 {
            let nodes: Vec<(&[UBig], &[UBig])> = below.chunks(2).zip(sums.chunks(2)).collect();
            let plan =
                plan(nodes.iter().map(|(pair, _)| pair.iter().map(BitTest::bit_len).sum::<usize>() + 2));
            let (outside, inside) = threads(nodes.len(), jobs);
            let joined = parallel::map(&nodes, outside, |node| match node {
                ([left, right], [left_sum, right_sum]) => {
                    join([left, right], [left_sum, right_sum], plan.as_ref(), inside)
                }
                (products, sums) => {
                    let only = |values: &[UBig]| values.first().cloned().unwrap_or(UBig::ONE);
                    (only(products), only(sums))
                }
            });
            let (products, next_sums) = joined.into_iter().unzip();
            sums = next_sums;
            levels.push(products);
            below = levels.last().map_or(&[], Vec::as_slice);
        }
        (Self { numbers, levels }, sums.pop().unwrap_or(UBig::ZERO))
    }

    pub(super) fn product(&self) -> &UBig {
        self.levels.last().map_or(self.numbers, Vec::as_slice).first().unwrap_or(const { &UBig::ONE })
    }

    pub(super) fn into_product(mut self) -> UBig {
        self.levels.pop().and_then(|mut level| level.pop()).unwrap_or_else(|| self.product().clone())
    }

    /// For each number n: the dividend modulo n.
    ///
    /// What goes down the tree are the fractions dividend / product of the node, modulo 1, in binary: the fraction of
    /// a node times the product of its right child is the fraction of its left child. The errors stay so small that the
    /// remainder at the leaf is the integer next to fraction * n.
    pub(super) fn remainders(self, dividend: UBig, jobs: usize) -> Vec<UBig> {
        let root = {
            let divisor = Divisor::new(self.product(), jobs);
            let bits = self.product().bit_len() + GUARD_BITS;
            let below = divisor.remainder(dividend, jobs);
            Fraction { digits: divisor.quotient(&below, bits, jobs), bits }
        };
        let mut fractions = vec![root];
        let Self { numbers, mut levels } = self;
        levels.pop();
        while fractions.len() < numbers.len() {
            let level = levels.pop();
            let products = level.as_deref().unwrap_or(numbers);
            let nodes: Vec<(&Fraction, &[UBig])> = fractions.iter().zip(products.chunks(2)).collect();
            let plan = plan(fractions.iter().map(|fraction| fraction.bits));
            let (outside, inside) = threads(nodes.len(), jobs);
            let children = parallel::map(&nodes, outside, |(fraction, children)| match children {
                [left, right] => fraction.split(left, right, plan.as_ref(), inside),
                _ => vec![(*fraction).clone()],
            });
            fractions = children.into_iter().flatten().collect();
        }
        let leaves: Vec<(&Fraction, &UBig)> = fractions.iter().zip(numbers).collect();
        parallel::map(&leaves, jobs, |(fraction, number)| fraction.remainder(number))
    }
}

/// How many nodes at once, and how many threads for each: near the root there are fewer nodes than threads.
fn threads(nodes: usize, jobs: usize) -> (usize, usize) {
    if nodes >= jobs { (jobs, 1) } else { (1, jobs) }
}

/// One plan for all nodes of a level, which are of about the same size.
fn plan(bits: impl Iterator<Item = usize>) -> Option<Plan> {
    bits.max().filter(|&bits| bits >= TRANSFORM_BITS_MIN).and_then(Plan::new)
}

fn join(products: [&UBig; 2], sums: [&UBig; 2], plan: Option<&Plan>, jobs: usize) -> Node {
    let ([left, right], [left_sum, right_sum]) = (products, sums);
    if let Some(plan) = plan
        && let transforms = plan.transform(&[left, right, left_sum, right_sum], jobs)
        && let [l, r, ls, rs] = transforms.as_slice()
        && let Ok([product, sum]) =
            <[UBig; 2]>::try_from(plan.combine(&[vec![(l, r)], vec![(ls, r), (rs, l)]], jobs))
    {
        return (product, sum);
    }
    (left * right, left_sum * right + right_sum * left)
}

/// digits / 2^bits, modulo 1.
#[derive(Clone)]
struct Fraction {
    digits: UBig,
    bits: usize,
}

impl Fraction {
    /// The fractions of both children, given their products.
    fn split(&self, left: &UBig, right: &UBig, plan: Option<&Plan>, jobs: usize) -> Vec<Self> {
        if let Some(plan) = plan
            && let transforms = plan.transform(&[&self.digits, left, right], jobs)
            && let [whole, l, r] = transforms.as_slice()
            && let Ok([at_left, at_right]) =
                <[UBig; 2]>::try_from(plan.combine(&[vec![(whole, r)], vec![(whole, l)]], jobs))
        {
            // The products wrap around at the top: what comes back in at the bottom are bits that are dropped anyway, and
            // perhaps a carry out of them.
            return vec![self.part(at_left, right), self.part(at_right, left)];
        }
        vec![self.part(&self.digits * right, right), self.part(&self.digits * left, left)]
    }

    /// The fractional part of this times an integer, in as many bits fewer as the integer has.
    fn part(&self, mut product: UBig, integer: &UBig) -> Self {
        product.clear_high_bits(self.bits);
        let drop = integer.bit_len().min(self.bits);
        Self { digits: product >> drop, bits: self.bits - drop }
    }

    /// The integer next to this times a number, modulo that number.
    fn remainder(&self, number: &UBig) -> UBig {
        let half = UBig::ONE << self.bits.saturating_sub(1);
        let rounded = (&self.digits * number + half) >> self.bits;
        if rounded == *number { UBig::ZERO } else { rounded }
    }
}
