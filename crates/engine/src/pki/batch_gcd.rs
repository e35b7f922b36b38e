//! Finds RSA moduli that have a prime in common: whoever sees two such moduli can compute both private keys.
//! "Mining Your Ps and Qs", Heninger, Durumeric, Wustrow and Halderman, USENIX Security 2012.
//!
//! With P the product of all moduli, the greatest common divisor of n and P/n is more than 1 exactly when n shares a
//! factor with another modulus. All the remainders of P/n modulo n come out of two passes over a tree of products
//! ("How to find smooth parts of integers" and "Scaled remainder trees", Bernstein, 2004).

mod arithmetic;
mod groups;
mod ntt;
mod tree;

use crate::parallel;
use dashu_int::UBig;
use dashu_int::ops::Gcd;

use super::der::unsigned;
use arithmetic::{Divisor, multiply};
use groups::Shared;
use tree::Tree;

/// Moduli whose tree is in memory at one time: with 2,048 bits each about 1.4 GB. More moduli are taken in blocks of
/// this size, each of them against the product of every other.
const BLOCK: usize = 1 << 16;

/// A number that divides several moduli: a prime of each of them, unless somebody made keys of more than two primes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedFactor {
    /// Big-endian without leading zero bytes.
    pub factor: Vec<u8>,
    /// Indexes of all moduli that it divides, ascending. They are at least two different numbers; equal moduli, which
    /// are one key used twice, are all listed as soon as another number has the factor.
    pub members: Vec<usize>,
}

/// All factors that different moduli have in common, ordered by their first member. Moduli are big-endian; 0 and 1
/// share nothing. The result does not depend on `jobs`, the number of threads. `progress` hears how many steps of how
/// many are done; steps are of similar but not equal length.
///
/// Memory: the moduli three times, and for those in work, at most 65,536, up to about 20 KB each (2,048 bits, measured).
pub fn batch_gcd<M: AsRef<[u8]>>(
    moduli: &[M],
    jobs: usize,
    progress: &dyn Fn(usize, usize),
) -> Vec<SharedFactor> {
    let bytes = |index: usize| moduli.get(index).map_or(&[][..], |modulus| unsigned(modulus.as_ref()));
    let mut order: Vec<usize> =
        (0..moduli.len()).filter(|&index| !matches!(bytes(index), [] | [1])).collect();
    order.sort_unstable_by(|&one, &other| {
        let (one_bytes, other_bytes) = (bytes(one), bytes(other));
        (one_bytes.len(), one_bytes, one).cmp(&(other_bytes.len(), other_bytes, other))
    });
    let owners: Vec<&[usize]> = order.chunk_by(|&one, &next| bytes(one) == bytes(next)).collect();
    let distinct: Vec<UBig> = owners
        .iter()
        .filter_map(|same| same.first())
        .map(|&index| UBig::from_be_bytes(bytes(index)))
        .collect();
    let shared = find_shared(&distinct, jobs, BLOCK, progress);
    let mut found: Vec<SharedFactor> = groups::of(shared, jobs)
        .into_iter()
        .map(|(factor, places)| {
            let members = places.iter().filter_map(|&place| owners.get(place)).copied();
            let mut members: Vec<usize> = members.flatten().copied().collect();
            members.sort_unstable();
            SharedFactor { factor: factor.to_be_bytes().into_vec(), members }
        })
        .collect();
    found.sort_unstable_by(|one, other| (&one.members, &one.factor).cmp(&(&other.members, &other.factor)));
    found
}

/// The numbers that share a factor with another one, each with the product of what it shares. All numbers are above 1
/// and different from each other.
fn find_shared(numbers: &[UBig], jobs: usize, block: usize, progress: &dyn Fn(usize, usize)) -> Vec<Shared> {
    let blocks: Vec<&[UBig]> = numbers.chunks(block.max(2)).collect();
    let total = blocks.len() * (blocks.len() + 2);
    let mut done = 0;
    let mut step = || {
        done += 1;
        progress(done, total);
    };
    // One block needs no product of the others, and its tree is built only once.
    let products: Vec<UBig> = if blocks.len() > 1 {
        blocks
            .iter()
            .map(|numbers| {
                step();
                Tree::new(numbers, jobs).into_product()
            })
            .collect()
    } else {
        Vec::new()
    };
    let mut found = Vec::new();
    for (index, numbers) in blocks.iter().enumerate() {
        let (tree, mut cofactors) = Tree::with_sum(numbers, jobs);
        step();
        if blocks.len() > 1 {
            let modulus = Divisor::new(tree.product(), jobs);
            for (_, product) in products.iter().enumerate().filter(|(other, _)| *other != index) {
                let product = modulus.remainder(product.clone(), jobs);
                cofactors = modulus.remainder(multiply(&cofactors, &product, jobs), jobs);
                step();
            }
        }
        let cofactors = tree.remainders(cofactors, jobs);
        let pairs: Vec<(&UBig, UBig)> = numbers.iter().zip(cofactors).collect();
        let divisors = parallel::map(&pairs, jobs, |(number, cofactor)| {
            if cofactor.is_zero() { (*number).clone() } else { (*number).gcd(cofactor) }
        });
        let shared = pairs.iter().zip(divisors).enumerate().filter(|(_, (_, divisor))| *divisor > UBig::ONE);
        found.extend(shared.map(|(place, ((number, _), divisor))| Shared {
            place: index * block.max(2) + place,
            number: (*number).clone(),
            divisor,
        }));
        step();
    }
    progress(total, total);
    found
}

#[cfg(test)]
mod tests;
