//! RSA moduli of two real primes.

use dashu_int::UBig;
use dashu_int::fast_div::ConstDivisor;

use super::random::Random;

/// A modulus of 2,048 bits; about half a second of work.
pub fn modulus(random: &mut Random) -> Vec<u8> {
    let (p, q) = (prime(random), prime(random));
    (p * q).to_be_bytes().into_vec()
}

/// A probable prime of 1,024 bits whose two highest bits are set, so that a product of two has 2,048 bits.
fn prime(random: &mut Random) -> UBig {
    let small: Vec<u32> =
        (3..2000_u32).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).collect();
    loop {
        let mut bytes = random.bytes::<128>();
        if let (Some(first), Some(last)) = (bytes.first().copied(), bytes.last().copied()) {
            bytes.first_mut().into_iter().for_each(|byte| *byte = first | 0xc0);
            bytes.last_mut().into_iter().for_each(|byte| *byte = last | 1);
        }
        let candidate = UBig::from_be_bytes(&bytes);
        let divided = small.iter().any(|divisor| &candidate % *divisor == 0);
        // A public exponent of 65,537 must be invertible.
        if !divided && &candidate % 65_537_u32 != 1 && is_probable_prime(&candidate, random) {
            return candidate;
        }
    }
}

/// Miller and Rabin; five rounds are plenty for random numbers of this size (FIPS 186-4, table C.3).
fn is_probable_prime(candidate: &UBig, random: &mut Random) -> bool {
    let before = candidate - UBig::ONE;
    let twos = before.trailing_zeros().unwrap_or(0);
    let odd = &before >> twos;
    let ring = ConstDivisor::new(candidate.clone());
    (0..5).all(|_| {
        let base = UBig::from(random.next() | 2);
        let mut power = ring.reduce(base).pow(&odd);
        if power.residue() == UBig::ONE || power.residue() == before {
            return true;
        }
        (1..twos).any(|_| {
            power = power.sqr();
            power.residue() == before
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn primes_are_told_from_composites() {
        let mut random = Random::of(1, 2, 3);
        let mersenne = (UBig::ONE << 521) - UBig::ONE;
        assert!(is_probable_prime(&mersenne, &mut random));
        assert!(!is_probable_prime(&(&mersenne * &mersenne), &mut random));
        assert!(!is_probable_prime(&((UBig::ONE << 523) - UBig::ONE), &mut random));
    }
}
