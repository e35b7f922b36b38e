//! Keys of the flawed Infineon library: CVE-2017-15361, "The Return of Coppersmith's Attack", Nemec, Sys, Svenda,
//! Klinec and Matyas, ACM CCS 2017.
//!
//! The library makes primes of the form k * M + (65537^a mod M), where M is the product of the first 39 primes or more.
//! So the modulus of such a key is a power of 65537 modulo M. For other keys that is true with a probability of 2^-154
//! (section 2.2 of the paper), which is the quotient of the sizes of the two groups.

/// The primes above 2 whose product divides M at every key length (512-bit keys have the smallest M). They are found
/// by computation: `is_prime` below.
const LARGEST_PRIME: u32 = 167;
const GENERATOR: u32 = 65_537;

/// What the test computes once: for each prime, which residues are powers of 65537.
#[derive(Debug)]
pub(super) struct Roca {
    /// The groups that exclude most keys come first.
    groups: Vec<Group>,
}

/// Primes whose product is below 2^32, so that one pass over the modulus serves all of them.
#[derive(Debug)]
struct Group {
    product: u64,
    primes: Vec<Prime>,
}

#[derive(Debug)]
struct Prime {
    prime: u32,
    /// Of 65537 modulo the prime.
    order: u32,
    /// For each residue the exponent of 65537 that gives it.
    logarithms: Vec<Option<u32>>,
}

impl Roca {
    pub(super) fn new() -> Self {
        let mut primes: Vec<Prime> = (3..=LARGEST_PRIME).filter(|&n| is_prime(n)).map(Prime::new).collect();
        // Share of residues that are powers, smallest first.
        primes.sort_by(|one, other| {
            (one.order * (other.prime - 1))
                .cmp(&(other.order * (one.prime - 1)))
                .then(one.prime.cmp(&other.prime))
        });
        let mut groups: Vec<Group> = Vec::new();
        for prime in primes {
            let factor = u64::from(prime.prime);
            match groups.last_mut().filter(|group| group.product * factor <= u64::from(u32::MAX)) {
                Some(group) => {
                    group.product *= factor;
                    group.primes.push(prime);
                }
                None => groups.push(Group { product: factor, primes: vec![prime] }),
            }
        }
        Self { groups }
    }

    /// The modulus, big-endian, is a power of 65537 modulo the product of all the primes.
    pub(super) fn matches(&self, modulus: &[u8]) -> bool {
        // Prime by prime first: of 2^27 other keys, one gets through.
        let mut exponent = Congruence { value: 0, modulus: 1 };
        for group in &self.groups {
            let rest = remainder(modulus, group.product);
            for prime in &group.primes {
                let residue = (rest % u64::from(prime.prime)) as usize;
                let Some(logarithm) = prime.logarithms.get(residue).copied().flatten() else { return false };
                // Then together: one exponent must do for all primes.
                let Some(both) = exponent.and(u64::from(logarithm), u64::from(prime.order)) else {
                    return false;
                };
                exponent = both;
            }
        }
        true
    }
}

impl Prime {
    fn new(prime: u32) -> Self {
        let mut logarithms = vec![None; prime as usize];
        let mut power = 1;
        for exponent in 0.. {
            match logarithms.get_mut(power as usize) {
                Some(logarithm @ None) => *logarithm = Some(exponent),
                _ => return Self { prime, order: exponent, logarithms },
            }
            power = power * (GENERATOR % prime) % prime;
        }
        Self { prime, order: 0, logarithms }
    }
}

/// x = value modulo modulus.
#[derive(Clone, Copy)]
struct Congruence {
    value: u64,
    modulus: u64,
}

impl Congruence {
    /// Both congruences at once, or `None` when no number satisfies both (Chinese remainder theorem for moduli that need
    /// not be coprime). Moduli stay below the least common multiple of all orders, about 2^61.
    fn and(self, value: u64, modulus: u64) -> Option<Self> {
        let common = gcd(self.modulus, modulus);
        if self.value % common != value % common {
            return None;
        }
        // At most `modulus` steps, and that is at most 166.
        let mut merged = self.value;
        while merged % modulus != value {
            merged += self.modulus;
        }
        Some(Self { value: merged, modulus: self.modulus / common * modulus })
    }
}

fn gcd(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

const fn is_prime(number: u32) -> bool {
    let mut divisor = 2;
    while divisor * divisor <= number {
        if number.is_multiple_of(divisor) {
            return false;
        }
        divisor += 1;
    }
    number > 1
}

/// A big-endian number modulo one below 2^32.
fn remainder(number: &[u8], modulus: u64) -> u64 {
    let (words, rest) = number.split_at(number.len() / 4 * 4);
    let words =
        words.chunks_exact(4).map(|word| word.iter().fold(0, |word, &byte| word << 8 | u64::from(byte)));
    let start = words.fold(0, |remainder, word| (remainder << 32 | word) % modulus);
    rest.iter().fold(start, |remainder, &byte| (remainder << 8 | u64::from(byte)) % modulus)
}
