//! Against the obvious method, on numbers small enough for it.

use proptest::prelude::*;

use super::*;

/// Every pair of different numbers, the slow way.
fn check(numbers: &[u64], jobs: usize) {
    let bytes: Vec<Vec<u8>> = numbers.iter().map(|number| number.to_be_bytes().to_vec()).collect();
    let found = batch_gcd(&bytes, jobs, &|done, total| assert!(done <= total));
    let factors: Vec<u64> = found
        .iter()
        .map(|shared| shared.factor.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)))
        .collect();
    for (index, &one) in numbers.iter().enumerate() {
        for (other_index, &other) in numbers.iter().enumerate().filter(|(_, other)| **other != one) {
            let together = found
                .iter()
                .any(|shared| shared.members.contains(&index) && shared.members.contains(&other_index));
            let shares = one > 1 && other > 1 && one.gcd(other) > 1;
            assert_eq!(together, shares, "{one} and {other} of {numbers:?}: {found:?}");
        }
    }
    for (place, (shared, &factor)) in found.iter().zip(&factors).enumerate() {
        let divided: Vec<usize> = (0..numbers.len())
            .filter(|&index| numbers[index] > 1 && numbers[index].is_multiple_of(factor))
            .collect();
        assert_eq!(shared.members, divided, "{factor} of {numbers:?}");
        assert!(factors[..place].iter().all(|other| factor.gcd(*other) == 1), "{factors:?} of {numbers:?}");
    }
}

const PRIMES: [u64; 24] = [
    2, 3, 5, 7, 11, 13, 65_537, 65_539, 65_543, 65_551, 65_557, 65_563, 65_579, 65_581, 65_587, 65_599,
    65_609, 65_617, 65_629, 65_633, 65_647, 65_651, 65_657, 65_677,
];

#[test]
fn nothing_in_nothing_out() {
    check(&[], 2);
    check(&[0, 0, 1, 1], 2);
    check(&[15], 2);
    check(&[15, 15, 15], 2);
    check(&[15, 77], 2);
}

#[test]
fn shared_primes_are_found_and_equal_moduli_listed() {
    check(&[6, 10, 21, 143, 6], 2);
    let found = batch_gcd(&[[35], [6], [77], [35]], 1, &|_, _| {});
    assert_eq!(found, [SharedFactor { factor: vec![7], members: vec![0, 2, 3] }]);
}

#[test]
fn every_prime_can_be_shared() {
    let products = |pairs: &[(usize, usize)]| -> Vec<u64> {
        pairs.iter().map(|&(one, other)| PRIMES[one] * PRIMES[other]).collect()
    };
    let circle: Vec<(usize, usize)> = (0..24).map(|n| (n, (n + 1) % 24)).collect();
    check(&products(&circle), 2);
    let all: Vec<(usize, usize)> =
        (0..12).flat_map(|one| (one + 1..12).map(move |other| (one, other))).collect();
    check(&products(&all), 2);
    check(&products(&[(0, 0), (0, 1), (1, 1)]), 1);
    check(&[6, 36, 30, 42, 4, 8, 12], 1);
}

#[test]
fn blocks_do_not_change_the_result() {
    let numbers: Vec<UBig> = (0..60_usize)
        .map(|n| UBig::from(PRIMES[n % 23] * PRIMES[(n * n + n / 23) % 24] * (n as u64 * 2 + 1)))
        .collect();
    let numbers: Vec<UBig> =
        numbers.into_iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    let found = |block, jobs| -> Vec<(usize, UBig)> {
        let found = find_shared(&numbers, jobs, block, &|_, _| {});
        found.into_iter().map(|item| (item.place, item.divisor)).collect()
    };
    let whole = found(1000, 1);
    assert!(!whole.is_empty());
    for (block, jobs) in [(2, 1), (7, 3), (16, 2), (59, 1), (1000, 4)] {
        assert_eq!(found(block, jobs), whole, "{block}");
    }
}

#[test]
fn large_moduli_that_share_a_prime_are_found_among_others() {
    // Odd numbers of 1,024 bits stand for primes; what they share by chance has small factors only.
    let mut state = 7_u64;
    let mut number = || {
        let mut bytes = [0; 128];
        for byte in &mut bytes {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = (state >> 56) as u8;
        }
        UBig::from_be_bytes(&bytes) | UBig::ONE
    };
    let common = number();
    let mut moduli: Vec<Vec<u8>> = (0..301).map(|_| (number() * number()).to_be_bytes().into_vec()).collect();
    for index in [17, 200, 300] {
        moduli[index] = (number() * &common).to_be_bytes().into_vec();
    }
    let found = batch_gcd(&moduli, 2, &|_, _| {});
    assert!(found.iter().any(|shared| {
        let large = shared.factor.len() > 100;
        large && (&common % UBig::from_be_bytes(&shared.factor)).is_zero() && shared.members == [17, 200, 300]
    }));
    assert!(found.iter().filter(|shared| shared.factor.len() > 8).count() == 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn products_of_few_primes(pairs in proptest::collection::vec((0..24_usize, 0..24_usize), 0..40), jobs in 1..4_usize) {
        let numbers: Vec<u64> = pairs.into_iter().map(|(one, other)| PRIMES[one] * PRIMES[other]).collect();
        check(&numbers, jobs);
    }

    #[test]
    fn any_small_numbers(numbers in proptest::collection::vec(0..2000_u64, 0..30)) {
        check(&numbers, 1);
    }

    #[test]
    fn remainders_are_remainders(
        numbers in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..40), 1..40),
        dividend in proptest::collection::vec(any::<u8>(), 0..300),
    ) {
        let numbers: Vec<UBig> = numbers.iter().map(|bytes| UBig::from_be_bytes(bytes) + 2_u8).collect();
        let dividend = UBig::from_be_bytes(&dividend);
        let expected: Vec<UBig> = numbers.iter().map(|number| &dividend % number).collect();
        prop_assert_eq!(Tree::new(&numbers, 2).remainders(dividend, 2), expected);
    }
}
