//! Weak keys that are known, weak keys made here, and many that are not weak.

use dashu_int::UBig;
use dashu_int::ops::{BitTest, Gcd, RemEuclid};
use proptest::prelude::*;
use ring::digest::{SHA256, digest};

use super::*;

const DEBIAN: &str = include_str!("../testdata/debian-weak.txt");

/// Numbers that are random enough for keys and the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        // SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Odd, with exactly this many bits, the two highest of them set.
    fn odd(&mut self, bits: usize) -> UBig {
        let bytes: Vec<u8> = (0..bits.div_ceil(64)).flat_map(|_| self.next().to_le_bytes()).collect();
        let mut number = UBig::from_le_bytes(&bytes);
        number.clear_high_bits(bits);
        for bit in [0, bits - 1, bits - 2] {
            number.set_bit(bit);
        }
        number
    }
}

fn key(modulus: &UBig) -> PublicKey {
    let (modulus, bits) = (modulus.to_be_bytes().to_vec(), modulus.bit_len() as u32);
    PublicKey::Rsa { modulus, exponent: vec![1, 0, 1], bits }
}

fn check(checker: &KeyChecker, modulus: &UBig, expected: KeyDefects) {
    assert_eq!(checker.examine(&key(modulus)), expected, "{modulus:x}");
}

/// (openssl-blacklist digest, modulus) of the fixture's Debian keys; the last one is not in the built-in list.
fn debian_keys() -> Vec<(&'static str, UBig)> {
    let lines = DEBIAN.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let fields: Vec<&str> = line.split(' ').collect();
            (fields[2], UBig::from_str_radix(fields[3], 16).unwrap())
        })
        .collect()
}

#[test]
fn debian_keys_are_found_and_other_keys_are_not() {
    let checker = KeyChecker::builtin();
    let mut keys = debian_keys();
    let (_, not_covered) = keys.pop().unwrap();
    assert!(keys.len() >= 9);
    for (_, modulus) in keys {
        check(&checker, &modulus, KeyDefects::DEBIAN_WEAK);
    }
    check(&checker, &not_covered, KeyDefects::NONE);
    let mut numbers = Numbers(1);
    for _ in 0..20_000 {
        check(&checker, &numbers.odd(2048), KeyDefects::NONE);
    }
}

#[test]
fn the_built_in_list_is_sorted_and_as_long_as_it_says() {
    let list = debian::LIST;
    assert!(list.chunks_exact(8).is_sorted_by(|one, next| one < next));
    assert_eq!((list.len() / 8, list.len() % 8), (30_963, 0));
    assert!(builtin_coverage().contains("30,963 keys"));
}

#[test]
fn lists_of_other_formats_are_read() {
    let keys = debian_keys();
    let (blacklist_digest, modulus) = keys.last().unwrap();
    let text =
        format!("# made by hand\n00000000000000000000\n\n{blacklist_digest}\r\n11111111111111111111\n");
    let checker = KeyChecker::builtin().with_list(text.as_bytes(), ListFormat::OpensslBlacklist).unwrap();
    check(&checker, modulus, KeyDefects::DEBIAN_WEAK);

    let hash = digest(&SHA256, &modulus.to_be_bytes());
    let entry = |list: u8| [&hash.as_ref()[..15], &[list]].concat();
    let format = ListFormat::Badkeys { debian_lists: ListFormat::BADKEYS_DEBIAN_LISTS };
    let found = |entries: &[Vec<u8>]| {
        let bytes = [vec![vec![0; 16]], entries.to_vec(), vec![vec![0xff; 16]]].concat().concat();
        KeyChecker::builtin().with_list(&bytes, format).unwrap().examine(&key(modulus))
    };
    assert_eq!(found(&[entry(1)]), KeyDefects::DEBIAN_WEAK);
    assert_eq!(found(&[entry(22)]), KeyDefects::KNOWN_KEY);
    assert_eq!(found(&[entry(3), entry(22)]), KeyDefects::DEBIAN_WEAK | KeyDefects::KNOWN_KEY);
    assert_eq!(found(&[]), KeyDefects::NONE);

    let checker = KeyChecker::builtin().with_list(&hash.as_ref()[..8], ListFormat::ModulusPrefixes).unwrap();
    check(&checker, modulus, KeyDefects::DEBIAN_WEAK);
}

#[test]
fn published_ec_keys_are_found_by_their_x_coordinate() {
    let (x, y) = ([&[0][..], &[7; 31]].concat(), [8; 32]);
    let bytes = [&digest(&SHA256, &x[1..]).as_ref()[..15], &[5]].concat();
    let format = ListFormat::Badkeys { debian_lists: &[] };
    let checker = KeyChecker::builtin().with_list(&bytes, format).unwrap();
    let ec = |point: Vec<u8>| PublicKey::Ec { curve: crate::pki::Curve::P256, bits: 256, point };
    for point in [[&[4][..], &x, &y].concat(), [&[2][..], &x].concat()] {
        assert_eq!(checker.examine(&ec(point)), KeyDefects::KNOWN_KEY);
    }
    for point in [[&[4][..], &y, &x].concat(), vec![], vec![4], vec![0]] {
        assert_eq!(checker.examine(&ec(point)), KeyDefects::NONE);
    }
    let mut ed25519 = [0; 32];
    ed25519.copy_from_slice(&x);
    assert_eq!(checker.examine(&PublicKey::Ed25519 { key: ed25519 }), KeyDefects::KNOWN_KEY);
}

fn check_list(bytes: &[u8], format: ListFormat<'_>, expected: &str) {
    assert_eq!(KeyChecker::builtin().with_list(bytes, format).unwrap_err().to_string(), expected);
}

#[test]
fn damaged_lists_are_refused() {
    let text = ListFormat::OpensslBlacklist;
    check_list(b"# nothing\n", text, "the list has no keys");
    check_list(b"# x\n0000\n", text, "line 2 is not 20 hex digits");
    check_list(b"00000000000000000000\n0000000000000000000g\n", text, "line 2 is not 20 hex digits");
    let raw = ListFormat::ModulusPrefixes;
    check_list(&[], raw, "the list has no keys");
    check_list(&[0; 12], raw, "the list has 12 bytes, which is not a multiple of 8");
    check_list(&[[2; 8], [1; 8]].concat(), raw, "the record at byte 8 is out of order");
    let badkeys = ListFormat::Badkeys { debian_lists: &[] };
    check_list(&[0; 15], badkeys, "the list has 15 bytes, which is not a multiple of 16");
    check_list(&[[2; 16], [2; 16], [1; 16]].concat(), badkeys, "the record at byte 32 is out of order");
}

/// A number as the flawed library makes primes of this size; whether it is prime does not matter to the test.
fn roca_number(numbers: &mut Numbers, bits: usize, primes: usize) -> UBig {
    let is_prime = |n: u32| (2..n).all(|divisor| !n.is_multiple_of(divisor));
    let product =
        (2_u32..).filter(|&n| is_prime(n)).take(primes).fold(UBig::ONE, |product, prime| product * prime);
    let (k, a) = (numbers.odd(bits - product.bit_len()), numbers.next() % (1 << 60));
    let power = (0..64).rev().fold(UBig::ONE, |power, bit| {
        let square = &power * &power;
        (if a >> bit & 1 == 1 { square * 65_537_u32 } else { square }).rem_euclid(&product)
    });
    k * product + power
}

#[test]
fn keys_of_the_flawed_library_are_found() {
    let checker = KeyChecker::builtin();
    let mut numbers = Numbers(2);
    // (bits of the key, number of primes in M), from table 1 of the paper.
    for (bits, primes) in [(512, 39), (1024, 71), (2048, 126), (4096, 225)] {
        for _ in 0..10 {
            let half = |numbers: &mut Numbers| roca_number(numbers, bits / 2, primes);
            let modulus = half(&mut numbers) * half(&mut numbers);
            let found = checker.examine(&key(&modulus));
            assert!(found.contains(KeyDefects::ROCA), "{bits}");
            // One of two primes is not enough.
            let mixed = half(&mut numbers) * numbers.odd(bits / 2);
            assert!(!checker.examine(&key(&mixed)).contains(KeyDefects::ROCA), "{bits}");
        }
    }
}

#[test]
fn a_power_for_each_prime_apart_is_not_enough() {
    let roca = Roca::new();
    // 65537 modulo 3 and its square modulo all other primes: there is no common exponent when orders share factors.
    let rest: UBig = (5_u32..=167).filter(|n| (2..*n).all(|d| n % d != 0)).fold(UBig::ONE, |m, p| m * p);
    let square = UBig::from(65_537_u64 * 65_537);
    let number = (0_u32..3).map(|step| &square + &rest * step).find(|n| n % 3_u32 == 65_537 % 3).unwrap();
    assert!(!roca.matches(&number.to_be_bytes()));
    assert!(roca.matches(&square.to_be_bytes()));
    assert!(!roca.matches(&[]) && !roca.matches(&[0]));
}

#[test]
fn weak_exponents_and_sizes_are_found() {
    let modulus = Numbers(3).odd(2048).to_be_bytes().to_vec();
    let checker = KeyChecker::builtin();
    let examine = |modulus: &[u8], exponent: &[u8], bits| {
        checker.examine(&PublicKey::Rsa { modulus: modulus.to_vec(), exponent: exponent.to_vec(), bits })
    };
    let small = KeyDefects::RSA_EXPONENT_SMALL;
    let even = KeyDefects::RSA_EXPONENT_EVEN;
    let exponents: [(&[u8], KeyDefects); 9] = [
        (&[3], small),
        (&[17], small),
        (&[0xff, 0xff], small),
        (&[1, 0, 1], KeyDefects::NONE),
        (&[1, 0, 0, 0, 1], KeyDefects::NONE),
        (&[], even),
        (&[1], even),
        (&[2], even),
        (&[1, 0, 0], even),
    ];
    for (exponent, expected) in exponents {
        assert_eq!(examine(&modulus, exponent, 2048), expected, "{exponent:?}");
    }
    check(&checker, &Numbers(4).odd(2047), KeyDefects::RSA_SHORT);
    check(&checker, &Numbers(4).odd(1024), KeyDefects::RSA_SHORT);
    // Empty and tiny moduli are short, whatever else they are.
    for modulus in [&[][..], &[1], &[2], &[9]] {
        assert!(examine(modulus, &[1, 0, 1], 4).contains(KeyDefects::RSA_SHORT));
    }
    assert_eq!(format!("{:?}", small | KeyDefects::ROCA), r#"{"CVE-2017-15361", "RSA_EXPONENT_SMALL"}"#);
}

proptest! {
    #[test]
    fn close_primes_are_found(seed: u64, distance in 0_u64..1 << 40, bits in 512_usize..1100) {
        let p = Numbers(seed).odd(bits);
        let q = &p + distance * 2;
        prop_assert!(fermat::has_close_factors(&(p * q)));
    }

    #[test]
    fn far_primes_are_not(seed: u64, bits in 512_usize..1100, shared in 3_usize..200) {
        let mut numbers = Numbers(seed);
        let p = numbers.odd(bits);
        // Equal in the highest bits only.
        let q = ((&p >> (bits - shared)) << (bits - shared)) + numbers.odd(bits - shared - 2);
        prop_assume!((&p).gcd(&q) == UBig::ONE);
        prop_assert!(!fermat::has_close_factors(&(p * q)));
    }

    #[test]
    fn arbitrary_keys_never_panic(modulus in proptest::collection::vec(any::<u8>(), 0..80),
                                  exponent in proptest::collection::vec(any::<u8>(), 0..5)) {
        let bits = modulus.len() as u32 * 8;
        let _ = KeyChecker::builtin().examine(&PublicKey::Rsa { modulus, exponent, bits });
    }
}
