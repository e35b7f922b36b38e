//! From numbers that share something to who shares what with whom.

use std::collections::{BTreeMap, BTreeSet};

use dashu_int::UBig;
use dashu_int::ops::{DivRem, Gcd};

use super::tree::Tree;
use super::{BLOCK, find_shared};
use crate::parallel;

/// A number that shares a factor with another one.
#[derive(Clone, Debug)]
pub(super) struct Shared {
    /// Its index.
    pub(super) place: usize,
    pub(super) number: UBig,
    /// The product of everything that it shares; the number itself when that is all of it.
    pub(super) divisor: UBig,
}

/// Factors that do not divide each other, each with the places of the numbers that it divides, at least two.
pub(super) fn of(shared: Vec<Shared>, jobs: usize) -> Vec<(UBig, Vec<usize>)> {
    let factors = coprime(split(&shared, jobs), jobs);
    let mut members: BTreeMap<&UBig, Vec<usize>> = BTreeMap::new();
    let owned = parallel::map(&shared, jobs, |item| factors_of(item, &factors));
    for (item, factors) in shared.iter().zip(owned) {
        for factor in factors {
            members.entry(factor).or_default().push(item.place);
        }
    }
    members
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(factor, places)| (factor.clone(), places))
        .collect()
}

/// Which of the factors divide a number. In the usual case its two primes are among them.
fn factors_of<'a>(item: &Shared, factors: &'a BTreeSet<UBig>) -> Vec<&'a UBig> {
    let rest = &item.number / &item.divisor;
    if let (Some(one), Some(other)) = (factors.get(&item.divisor), factors.get(&rest)) {
        return if one == other { vec![one] } else { vec![one, other] };
    }
    factors.iter().filter(|factor| (&item.number % *factor).is_zero()).collect()
}

/// Factors of which every one of the numbers is a product.
fn split(shared: &[Shared], jobs: usize) -> BTreeSet<UBig> {
    let mut factors = BTreeSet::new();
    let mut whole: Vec<&UBig> = Vec::new();
    for item in shared {
        if item.divisor < item.number {
            add(&mut factors, &item.number, &item.divisor);
        } else {
            whole.push(&item.number);
        }
    }
    // Numbers that share all of their primes, each with somebody else. First against the factors that are known, then
    // against half of each other in as many ways as it takes to tell any two apart.
    while !whole.is_empty() {
        let before = (whole.len(), factors.len());
        let known: Vec<UBig> = factors.iter().cloned().collect();
        whole = split_by(whole, &known, &mut factors, jobs);
        for bit in 0..whole.len().next_power_of_two().trailing_zeros() {
            let numbered = || whole.iter().copied().enumerate();
            let half = |side: usize| -> Vec<&UBig> {
                numbered().filter(|(index, _)| index >> bit & 1 == side).map(|(_, number)| number).collect()
            };
            for (numbers, others) in [(half(0), half(1)), (half(1), half(0))] {
                let others: Vec<UBig> = others.into_iter().cloned().collect();
                for (number, divisor) in divisors(&numbers, &others, jobs) {
                    if divisor > UBig::ONE && divisor < *number {
                        add(&mut factors, number, &divisor);
                    }
                }
            }
        }
        if before == (whole.len(), factors.len()) {
            // Every half has both primes of every number in the other half, so there are few primes.
            whole = split_one(whole, &mut factors);
        }
    }
    factors
}

/// Takes out the numbers of which something is known, once factors make them up completely.
fn split_by<'a>(
    numbers: Vec<&'a UBig>,
    known: &[UBig],
    factors: &mut BTreeSet<UBig>,
    jobs: usize,
) -> Vec<&'a UBig> {
    let mut left = Vec::new();
    for (number, divisor) in divisors(&numbers, known, jobs) {
        if divisor.is_one() {
            left.push(number);
        } else if divisor < *number {
            add(factors, number, &divisor);
        } else if !known.iter().any(|factor| is_pair(number, factor, factors)) {
            // Made up of known factors, but not of two: `coprime` takes it apart.
            factors.insert(number.clone());
        }
    }
    left
}

/// The number is the product of this factor and of another one.
fn is_pair(number: &UBig, factor: &UBig, factors: &BTreeSet<UBig>) -> bool {
    let (rest, remainder) = number.div_rem(factor);
    remainder.is_zero() && factors.contains(&rest)
}

/// Splits the last number by comparing it with each of the others; if that fails, it is a factor itself.
fn split_one<'a>(mut numbers: Vec<&'a UBig>, factors: &mut BTreeSet<UBig>) -> Vec<&'a UBig> {
    if let Some(first) = numbers.pop() {
        let divisor = numbers
            .iter()
            .map(|other| first.gcd(*other))
            .find(|divisor| *divisor > UBig::ONE && divisor < first);
        match divisor {
            Some(divisor) => add(factors, first, &divisor),
            None => {
                factors.insert(first.clone());
            }
        }
    }
    numbers
}

fn add(factors: &mut BTreeSet<UBig>, number: &UBig, divisor: &UBig) {
    for factor in [divisor.clone(), number / divisor] {
        if factor > UBig::ONE {
            factors.insert(factor);
        }
    }
}

/// The greatest common divisor of each number with the product of all the others.
fn divisors<'a>(numbers: &[&'a UBig], others: &[UBig], jobs: usize) -> Vec<(&'a UBig, UBig)> {
    if numbers.is_empty() || others.is_empty() {
        return numbers.iter().map(|&number| (number, UBig::ONE)).collect();
    }
    let product = Tree::new(others, jobs).into_product();
    let owned: Vec<UBig> = numbers.iter().map(|&number| number.clone()).collect();
    let remainders = Tree::new(&owned, jobs).remainders(product, jobs);
    let pairs: Vec<(&'a UBig, UBig)> = numbers.iter().copied().zip(remainders).collect();
    let found = parallel::map(&pairs, jobs, |(number, remainder)| {
        if remainder.is_zero() { (*number).clone() } else { (*number).gcd(remainder) }
    });
    numbers.iter().copied().zip(found).collect()
}

/// Replaces factors that share something by what they share and what is left, until none do.
fn coprime(factors: BTreeSet<UBig>, jobs: usize) -> BTreeSet<UBig> {
    let list: Vec<UBig> = factors.iter().cloned().collect();
    let overlapping = find_shared(&list, jobs, BLOCK, &|_, _| {});
    if overlapping.is_empty() {
        return factors;
    }
    // Never with keys of two primes: there, factors are primes. So this need not be fast.
    let mut waiting: Vec<UBig> = overlapping.into_iter().map(|item| item.number).collect();
    let mut done: BTreeSet<UBig> = factors;
    for number in &waiting {
        done.remove(number);
    }
    let mut separate: Vec<UBig> = Vec::new();
    while let Some(next) = waiting.pop() {
        let clash = separate.iter().position(|factor| factor.gcd(&next) > UBig::ONE);
        let Some(place) = clash else {
            separate.push(next);
            continue;
        };
        let other = separate.swap_remove(place);
        let common = (&other).gcd(&next);
        let parts = [&other / &common, &next / &common, common];
        waiting.extend(parts.into_iter().filter(|part| *part > UBig::ONE));
    }
    done.extend(separate);
    done
}
