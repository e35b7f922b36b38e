//! Multiplies integers of millions of bits by number-theoretic transforms: a few times as fast as the general library, and
//! one transform of an operand serves all products that it is in.
//!
//! An integer is cut into digits; the digits are the coefficients of a polynomial; its values at the roots of unity
//! modulo two primes of 62 bits are multiplied point by point; the way back is the same way. Nothing is rounded: the
//! coefficients of the product stay below the product of both primes. Modular arithmetic without division is Shoup's, kept
//! lazily below twice the prime ("Faster arithmetic for number-theoretic transforms", Harvey, 2014).

use dashu_int::UBig;

use crate::parallel;

/// Both are 1 modulo 3 * 2^27, so that roots of unity exist for lengths up to that.
const PRIMES: [u64; 2] = [4_611_686_004_066_091_009, 4_611_686_003_260_784_641];
const LENGTH_MAX: usize = 3 << 27;
/// Coefficients below this power of two are told apart by their remainders modulo both primes.
const COEFFICIENT_BITS: usize = 123;

/// Products up to a number of bits: how integers are cut, and the roots of unity for it.
pub(super) struct Plan {
    digit_bits: usize,
    length: usize,
    fields: Vec<Field>,
    /// The inverse of the first prime modulo the second.
    first_inverse: Factor,
}

/// An integer as its values at the roots of unity, modulo each prime.
pub(super) struct Transform {
    values: Vec<Vec<u64>>,
}

impl Transform {
    /// The values modulo one of the primes.
    fn of(&self, index: usize) -> &[u64] {
        self.values.get(index).map_or(&[], Vec::as_slice)
    }
}

/// A sum of at most two products of transforms.
pub(super) type Sum<'a> = Vec<(&'a Transform, &'a Transform)>;

impl Plan {
    /// For products below 2^bits; without it, they come out modulo 2^wrap - 1 with [`Self::wrap_bits`] at least `bits`.
    /// `None` when that is too large.
    pub(super) fn new(bits: usize) -> Option<Self> {
        let digit_bits = |length: usize| {
            // A coefficient is a sum of `length` products of two digits, and two of those are added.
            (COEFFICIENT_BITS - 1).saturating_sub(length.next_power_of_two().trailing_zeros() as usize) / 2
        };
        let mut lengths = (2..=27).flat_map(|log| [1 << log, 3 << (log - 1)]);
        let length = lengths.find(|&length: &usize| length * digit_bits(length) >= bits)?;
        debug_assert!(length <= LENGTH_MAX);
        let fields: Vec<Field> = PRIMES.iter().filter_map(|&prime| Field::new(prime, length)).collect();
        let &[first, second] = &PRIMES;
        let first_inverse = Factor::new(power(first % second, second - 2, second), second);
        (fields.len() == PRIMES.len()).then_some(Self {
            digit_bits: digit_bits(length),
            length,
            fields,
            first_inverse,
        })
    }

    /// Transforms integers that have at most [`Self::wrap_bits`] bits.
    pub(super) fn transform(&self, integers: &[&UBig], jobs: usize) -> Vec<Transform> {
        let digits = parallel::map(integers, jobs, |integer| self.cut(integer));
        let tasks: Vec<(&[u64], &Field)> = digits
            .iter()
            .flat_map(|digits| self.fields.iter().map(move |field| (digits.as_slice(), field)))
            .collect();
        let mut values = parallel::map(&tasks, jobs, |(digits, field)| {
            let mut values = Vec::with_capacity(self.length);
            values.extend_from_slice(digits);
            values.resize(self.length, 0);
            field.forward(&mut values);
            values
        })
        .into_iter();
        integers.iter().map(|_| Transform { values: values.by_ref().take(PRIMES.len()).collect() }).collect()
    }

    /// Integers from sums of products, each modulo 2^wrap - 1 but not always below it.
    pub(super) fn combine(&self, sums: &[Sum<'_>], jobs: usize) -> Vec<UBig> {
        let tasks: Vec<(&Sum<'_>, usize, &Field)> = sums
            .iter()
            .flat_map(|sum| self.fields.iter().enumerate().map(move |(index, field)| (sum, index, field)))
            .collect();
        let coefficients = parallel::map(&tasks, jobs, |(sum, index, field)| {
            let mut values = field.pointwise(sum, *index);
            field.backward(&mut values);
            values
        });
        let pairs: Vec<&[Vec<u64>]> = coefficients.chunks(PRIMES.len()).collect();
        parallel::map(&pairs, jobs, |pair| match pair {
            [first, second] => self.join(first, second),
            _ => UBig::ZERO,
        })
    }

    fn wrap_bits(&self) -> usize {
        self.length * self.digit_bits
    }

    fn cut(&self, integer: &UBig) -> Vec<u64> {
        let bytes = integer.to_le_bytes();
        let mask = (1_u64 << self.digit_bits) - 1;
        let mut digits = Vec::with_capacity(bytes.len() * 8 / self.digit_bits + 2);
        let (mut pending, mut count) = (0_u128, 0);
        for word in bytes.chunks(8) {
            let word = word.iter().rev().fold(0, |word, &byte| word << 8 | u64::from(byte));
            pending |= u128::from(word) << count;
            count += 64;
            while count >= self.digit_bits {
                digits.push(pending as u64 & mask);
                pending >>= self.digit_bits;
                count -= self.digit_bits;
            }
        }
        digits.push(pending as u64 & mask);
        // What does not fit are the zeros that fill up the last word.
        digits.truncate(self.length);
        digits
    }

    /// The integer whose coefficients, which can be larger than digits, have these remainders. [`Field::backward`] leaves
    /// them in the order 0, n - 1, n - 2 and so on.
    fn join(&self, first: &[u64], second: &[u64]) -> UBig {
        let in_order = |values: &'_ [u64]| -> Vec<u64> {
            values.iter().take(1).chain(values.iter().skip(1).rev()).copied().collect()
        };
        let (first, second) = (in_order(first), in_order(second));
        let &[first_prime, second_prime] = &PRIMES;
        let mut writer =
            Writer { bytes: Vec::with_capacity(self.wrap_bits() / 8 + 32), pending: 0, count: 0 };
        let mut carry = 0_u128;
        for (&low, &high) in first.iter().zip(&second) {
            // Chinese remainder theorem: low + first * ((high - low) / first modulo second).
            let low = canonical(low, first_prime);
            let difference =
                halve(high, second_prime) + second_prime - low.min(low.wrapping_sub(second_prime));
            let quotient = canonical(self.first_inverse.times(difference, second_prime), second_prime);
            carry += u128::from(low) + u128::from(first_prime) * u128::from(quotient);
            writer.write(carry, self.digit_bits);
            carry >>= self.digit_bits;
        }
        writer.write(carry, 128);
        let mut integer = UBig::from_le_bytes(&writer.finish());
        let wrapped = &integer >> self.wrap_bits();
        if !wrapped.is_zero() {
            integer.clear_high_bits(self.wrap_bits());
            integer += wrapped;
        }
        integer
    }
}

/// Puts groups of bits one after the other.
struct Writer {
    bytes: Vec<u8>,
    pending: u64,
    count: usize,
}

impl Writer {
    /// The lowest `bits` bits of a value.
    fn write(&mut self, mut value: u128, mut bits: usize) {
        while bits > 0 {
            let part = bits.min(64 - self.count);
            let mask = u64::MAX >> (64 - part);
            self.pending |= (value as u64 & mask) << self.count;
            self.count += part;
            value >>= part;
            bits -= part;
            if self.count == 64 {
                self.bytes.extend_from_slice(&self.pending.to_le_bytes());
                (self.pending, self.count) = (0, 0);
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.bytes.extend_from_slice(&self.pending.to_le_bytes());
        self.bytes
    }
}

/// A number to multiply by: the number, and its quotient 2^64 * number / prime.
#[derive(Clone, Copy)]
struct Factor {
    number: u64,
    quotient: u64,
}

impl Factor {
    fn new(number: u64, prime: u64) -> Self {
        Self { number, quotient: ((u128::from(number) << 64) / u128::from(prime)) as u64 }
    }

    /// The product with any number, below twice the prime.
    #[inline(always)]
    fn times(self, number: u64, prime: u64) -> u64 {
        let quotient = ((u128::from(self.quotient) * u128::from(number)) >> 64) as u64;
        self.number.wrapping_mul(number).wrapping_sub(quotient.wrapping_mul(prime))
    }
}

/// Below twice the prime, from below four times it.
#[inline(always)]
fn halve(number: u64, prime: u64) -> u64 {
    number.min(number.wrapping_sub(2 * prime))
}

#[inline(always)]
fn canonical(number: u64, prime: u64) -> u64 {
    let number = halve(number, prime);
    number.min(number.wrapping_sub(prime))
}

fn power(base: u64, mut exponent: u64, prime: u64) -> u64 {
    let times = |one: u64, other: u64| (u128::from(one) * u128::from(other) % u128::from(prime)) as u64;
    let (mut result, mut square) = (1, base);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = times(result, square);
        }
        square = times(square, square);
        exponent >>= 1;
    }
    result
}

/// Transforms of one length modulo one prime.
struct Field {
    prime: u64,
    /// -1 / prime modulo 2^64.
    negative_inverse: u64,
    /// For 2, 4, 8 and so on: the powers of the root of unity of that order, the first half of them.
    roots: Vec<Vec<Factor>>,
    /// For lengths that are three times a power of two: the powers of the root of the whole length, the first third of
    /// them, and the cube root of unity.
    thirds: Option<(Vec<Factor>, Factor)>,
    /// 2^64 / length: undoes what [`Self::pointwise`] and the two transforms multiply by.
    scale: Factor,
}

impl Field {
    fn new(prime: u64, length: usize) -> Option<Self> {
        let order = length as u64;
        let is_threefold = order.is_multiple_of(3);
        // A number whose power has exactly the order `length`: one in three is.
        let root = (2..100).map(|base| power(base, (prime - 1) / order, prime)).find(|&root| {
            power(root, order / 2, prime) != 1 && (!is_threefold || power(root, order / 3, prime) != 1)
        })?;
        let (base_root, half) =
            if is_threefold { (power(root, 3, prime), order / 6) } else { (root, order / 2) };
        let mut roots = vec![powers(base_root, half as usize, prime)];
        while let Some(smaller) = roots.last().filter(|last| last.len() > 1) {
            roots.push(smaller.iter().step_by(2).copied().collect());
        }
        roots.reverse();
        let thirds = is_threefold.then(|| {
            let third = (order / 3) as usize;
            (powers(root, third, prime), Factor::new(power(root, order / 3, prime), prime))
        });
        let inverse = power(order % prime, prime - 2, prime);
        let shifted = ((u128::from(inverse) << 64) % u128::from(prime)) as u64;
        // Newton's iteration doubles the correct bits of 1 / prime modulo 2^64, starting from three.
        let inverse = (0..5).fold(prime, |inverse: u64, _| {
            inverse.wrapping_mul(2_u64.wrapping_sub(prime.wrapping_mul(inverse)))
        });
        let scale = Factor::new(shifted, prime);
        Some(Self { prime, negative_inverse: inverse.wrapping_neg(), roots, thirds, scale })
    }

    /// From coefficients in order to values in an order that [`Self::backward`] expects, below twice the prime.
    fn forward(&self, values: &mut [u64]) {
        let prime = self.prime;
        let Some((powers, cube_root)) = &self.thirds else { return self.forward_part(values, &self.roots) };
        let third = values.len() / 3;
        let (first, rest) = values.split_at_mut(third);
        let (second, last) = rest.split_at_mut(third);
        for (((a, b), c), power) in first.iter_mut().zip(second.iter_mut()).zip(last.iter_mut()).zip(powers) {
            let (x, y, z) = (*a, *b, *c);
            // With r the cube root: x + r y + r^2 z = x - z + r (y - z), and with r^2 it is x - y - r (y - z).
            let turned = cube_root.times(y + 2 * prime - z, prime);
            *a = halve(halve(x + y, prime) + z, prime);
            *b = power.times(halve(x + 2 * prime - z, prime) + turned, prime);
            *c = power.times(power.times(halve(x + 2 * prime - y, prime) + 2 * prime - turned, prime), prime);
        }
        for part in [first, second, last] {
            self.forward_part(part, &self.roots);
        }
    }

    /// Two levels at once, then each quarter by itself, so that most of the work is on what is in the cache.
    fn forward_part(&self, values: &mut [u64], roots: &[Vec<Factor>]) {
        let prime = self.prime;
        let butterfly = |a: &mut u64, b: &mut u64, root: &Factor| {
            let (x, y) = (*a, *b);
            *a = halve(x + y, prime);
            *b = root.times(x + 2 * prime - y, prime);
        };
        let Some((large, rest)) = roots.split_last() else { return };
        let Some((small, rest)) = rest.split_last() else {
            if let [a, b] = values {
                (*a, *b) = (halve(*a + *b, prime), halve(*a + 2 * prime - *b, prime));
            }
            return;
        };
        let (low, high) = values.split_at_mut(values.len() / 2);
        let ((a, b), (c, d)) = (low.split_at_mut(small.len()), high.split_at_mut(small.len()));
        let (large_low, large_high) = large.split_at(small.len());
        let data = a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut().zip(d.iter_mut()));
        for (((a, b), (c, d)), ((one, other), both)) in data.zip(large_low.iter().zip(large_high).zip(small))
        {
            butterfly(a, c, one);
            butterfly(b, d, other);
            butterfly(a, b, both);
            butterfly(c, d, both);
        }
        for part in [a, b, c, d] {
            self.forward_part(part, rest);
        }
    }

    /// The way back, with the same roots instead of their inverses: that gives the coefficients in reverse, except for
    /// the first one. They come out below four times the prime.
    fn backward(&self, values: &mut [u64]) {
        let prime = self.prime;
        let Some((powers, cube_root)) = &self.thirds else { return self.backward_part(values, &self.roots) };
        let third = values.len() / 3;
        let (first, rest) = values.split_at_mut(third);
        let (second, last) = rest.split_at_mut(third);
        for part in [&mut *first, &mut *second, &mut *last] {
            self.backward_part(part, &self.roots);
        }
        for (((a, b), c), power) in first.iter_mut().zip(second.iter_mut()).zip(last.iter_mut()).zip(powers) {
            let (x, y) = (halve(*a, prime), power.times(*b, prime));
            let z = power.times(power.times(*c, prime), prime);
            let turned = cube_root.times(y + 2 * prime - z, prime);
            *a = halve(x + y, prime) + z;
            *b = halve(x + 2 * prime - z, prime) + turned;
            *c = halve(x + 2 * prime - y, prime) + 2 * prime - turned;
        }
    }

    fn backward_part(&self, values: &mut [u64], roots: &[Vec<Factor>]) {
        let prime = self.prime;
        let butterfly = |a: &mut u64, b: &mut u64, root: &Factor| {
            let (x, y) = (halve(*a, prime), root.times(*b, prime));
            *a = x + y;
            *b = x + 2 * prime - y;
        };
        let Some((large, rest)) = roots.split_last() else { return };
        let Some((small, rest)) = rest.split_last() else {
            if let [a, b] = values {
                let (x, y) = (halve(*a, prime), halve(*b, prime));
                (*a, *b) = (x + y, x + 2 * prime - y);
            }
            return;
        };
        let (low, high) = values.split_at_mut(values.len() / 2);
        let ((a, b), (c, d)) = (low.split_at_mut(small.len()), high.split_at_mut(small.len()));
        for part in [&mut *a, &mut *b, &mut *c, &mut *d] {
            self.backward_part(part, rest);
        }
        let (large_low, large_high) = large.split_at(small.len());
        let data = a.iter_mut().zip(b.iter_mut()).zip(c.iter_mut().zip(d.iter_mut()));
        for (((a, b), (c, d)), ((one, other), both)) in data.zip(large_low.iter().zip(large_high).zip(small))
        {
            butterfly(a, b, both);
            butterfly(c, d, both);
            butterfly(a, c, one);
            butterfly(b, d, other);
        }
    }

    /// Values of a sum of products, scaled for [`Self::backward`], below twice the prime.
    fn pointwise(&self, sum: &Sum<'_>, index: usize) -> Vec<u64> {
        let product = |one: u64, other: u64| self.montgomery(one, other);
        match sum.as_slice() {
            [(a, b)] => a
                .of(index)
                .iter()
                .zip(b.of(index))
                .map(|(&a, &b)| self.scale.times(product(a, b), self.prime))
                .collect(),
            [(a, b), (c, d)] => a
                .of(index)
                .iter()
                .zip(b.of(index))
                .zip(c.of(index).iter().zip(d.of(index)))
                .map(|((&a, &b), (&c, &d))| self.scale.times(product(a, b) + product(c, d), self.prime))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// one * other / 2^64, below twice the prime; the operands are below twice the prime too.
    #[inline(always)]
    fn montgomery(&self, one: u64, other: u64) -> u64 {
        let product = u128::from(one) * u128::from(other);
        let multiple = (product as u64).wrapping_mul(self.negative_inverse);
        ((product + u128::from(multiple) * u128::from(self.prime)) >> 64) as u64
    }
}

/// 1, root, root^2 and so on.
fn powers(root: u64, count: usize, prime: u64) -> Vec<Factor> {
    let step = Factor::new(root, prime);
    // 2^126 / prime is 2^64 and a little more.
    let excess = (1_u128 << 126) / u128::from(prime) - (1 << 64);
    let mut number = 1;
    (0..count)
        .map(|_| {
            let mut quotient = (number << 2) + ((u128::from(number) * excess) >> 62) as u64;
            // What is left of 2^64 * number shows whether the quotient is one too small.
            let mut rest = quotient.wrapping_mul(prime).wrapping_neg();
            while rest >= prime {
                quotient += 1;
                rest -= prime;
            }
            let factor = Factor { number, quotient };
            number = canonical(step.times(number, prime), prime);
            factor
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use dashu_int::ops::BitTest;
    use proptest::prelude::*;

    use super::*;

    fn check(bits: usize, one: &UBig, other: &UBig) {
        let plan = Plan::new(bits).unwrap();
        assert!(plan.wrap_bits() >= bits);
        let transforms = plan.transform(&[one, other], 2);
        let [first, second] = transforms.as_slice() else { panic!("two transforms") };
        let found = plan.combine(&[vec![(first, second)], vec![(first, first), (second, second)]], 3);
        let wrap = (UBig::ONE << plan.wrap_bits()) - 1_u8;
        let expected = [one * other, one.sqr() + other.sqr()];
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found % &wrap, expected % &wrap, "{bits} bits, length {}", plan.length);
        }
    }

    #[test]
    fn the_primes_are_primes_with_roots_of_every_order() {
        for prime in PRIMES {
            assert_eq!((prime - 1) % LENGTH_MAX as u64, 0);
            // Miller-Rabin with these bases is a proof below 2^64 (Sorenson and Webster, 2015).
            let (odd, twos) = ((prime - 1) >> (prime - 1).trailing_zeros(), (prime - 1).trailing_zeros());
            for base in [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37] {
                let mut value = power(base, odd, prime);
                let passes = value == 1
                    || (0..twos).any(|_| {
                        let is_minus_one = value == prime - 1;
                        value = power(value, 2, prime);
                        is_minus_one
                    });
                assert!(passes, "{prime} {base}");
            }
        }
    }

    #[test]
    fn largest_digits_at_every_length() {
        for log in 2..14 {
            for length in [1_usize << log, 3 << (log - 1)] {
                let bits =
                    length * ((COEFFICIENT_BITS - 1 - length.next_power_of_two().ilog2() as usize) / 2);
                // All bits set: every coefficient is as large as can be, and the product wraps around.
                let ones = (UBig::ONE << bits) - 1_u8;
                check(bits, &ones, &(&ones - 1_u8));
                assert_eq!(ones.bit_len(), bits);
            }
        }
        check(1, &UBig::ZERO, &UBig::ONE);
    }

    proptest! {
        #[test]
        fn products_are_those_of_the_library(
            one in proptest::collection::vec(any::<u8>(), 0..3000),
            other in proptest::collection::vec(any::<u8>(), 0..3000),
        ) {
            let bits = (one.len() + other.len()) * 8 + 2;
            check(bits, &UBig::from_le_bytes(&one), &UBig::from_le_bytes(&other));
        }
    }
}
