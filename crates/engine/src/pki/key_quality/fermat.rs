//! Fermat's factorization: it finds the primes of a modulus when they are close to each other (CVE-2022-26320).

use dashu_int::UBig;
use dashu_int::ops::SquareRootRem;

/// How many candidates for the mean of both primes are tried. Primes of 1,024 bits that differ in no more than their
/// lower 516 bits are found with certainty; random primes differ in the upper ones.
const STEPS: u32 = 100;

/// A square has only some of the possible remainders modulo each of these; together 1 number in 430 passes.
const FILTERS: [u64; 6] = [64, 63, 65, 11, 17, 19];
const FILTER_PRODUCT: u64 = 64 * 63 * 65 * 11 * 17 * 19;
const SQUARES: [u128; 6] = squares();

/// Whether n = p * q with p and q, both above 1, equal or close.
pub(super) fn has_close_factors(n: &UBig) -> bool {
    if *n <= UBig::ONE {
        return false;
    }
    let (root, rest) = n.sqrt_rem();
    if rest.is_zero() {
        return true;
    }
    // n = mean^2 - half^2 for the mean of both factors and half of their difference.
    let first = root + 1_u8;
    let (mean_small, n_small) = (&first % FILTER_PRODUCT, n % FILTER_PRODUCT);
    (0..STEPS).any(|step| {
        let small = (mean_small + u64::from(step)) % FILTER_PRODUCT;
        let difference = (small * small + FILTER_PRODUCT - n_small) % FILTER_PRODUCT;
        let can_be_square =
            FILTERS.iter().zip(SQUARES).all(|(filter, squares)| squares >> (difference % filter) & 1 == 1);
        can_be_square && {
            let mean = &first + step;
            let (half, rest) = (mean.sqr() - n).sqrt_rem();
            rest.is_zero() && mean - half > UBig::ONE
        }
    })
}

/// For each filter the set of remainders that squares have.
const fn squares() -> [u128; 6] {
    let mut sets = [0; 6];
    let mut filters: &[u64] = &FILTERS;
    let mut rest: &mut [u128] = &mut sets;
    while let ([filter, other_filters @ ..], [set, other_sets @ ..]) = (filters, rest) {
        let mut number = 0;
        while number < *filter {
            *set |= 1 << (number * number % *filter);
            number += 1;
        }
        filters = other_filters;
        rest = other_sets;
    }
    sets
}
