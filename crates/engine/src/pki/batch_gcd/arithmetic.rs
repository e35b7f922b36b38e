//! Products and remainders of integers of any size.

use dashu_int::UBig;
use dashu_int::ops::BitTest;

use super::ntt::Plan;

/// From this size of product on, transforms are faster than the general library (measured).
pub(super) const TRANSFORM_BITS_MIN: usize = if cfg!(test) { 500 } else { 120_000 };

pub(super) fn multiply(one: &UBig, other: &UBig, jobs: usize) -> UBig {
    let bits = one.bit_len() + other.bit_len();
    // With operands of very different sizes most of a transform would be zeros.
    let is_balanced = one.bit_len().min(other.bit_len()) * 8 > bits;
    let plan = if bits >= TRANSFORM_BITS_MIN && is_balanced { Plan::new(bits) } else { None };
    if let Some(plan) = plan
        && let [one, other] = plan.transform(&[one, other], jobs).as_slice()
        && let Some(product) = plan.combine(&[vec![(one, other)]], jobs).pop()
    {
        return product;
    }
    one * other
}

/// A divisor with its reciprocal, for division by multiplication.
pub(super) struct Divisor<'a> {
    value: &'a UBig,
    bits: usize,
    /// 2^(2 * (bits + EXTRA_BITS)) / (value * 2^EXTRA_BITS), off by a few units.
    reciprocal: UBig,
}

/// Precision of quotients beyond what their size asks for.
const EXTRA_BITS: usize = 96;

impl<'a> Divisor<'a> {
    /// Of a number above 0.
    pub(super) fn new(value: &'a UBig, jobs: usize) -> Self {
        let reciprocal = reciprocal(&(value << EXTRA_BITS), jobs);
        Self { value, bits: value.bit_len(), reciprocal }
    }

    /// number * 2^shift / value as an integer, off by a few units in either direction. The number is below the divisor,
    /// and the shift at most 64 bits above the divisor's size.
    pub(super) fn quotient(&self, number: &UBig, shift: usize, jobs: usize) -> UBig {
        let product = multiply(number, &self.reciprocal, jobs);
        // The reciprocal is 2^(2 * bits + EXTRA_BITS) / value.
        product >> (2 * self.bits + EXTRA_BITS - shift)
    }

    /// Any number modulo the divisor.
    pub(super) fn remainder(&self, mut number: UBig, jobs: usize) -> UBig {
        if self.bits < TRANSFORM_BITS_MIN {
            return number % self.value;
        }
        // A number of more than twice the divisor's size is divided from the top.
        while number.bit_len() > 2 * self.bits {
            let extra = number.bit_len() - 2 * self.bits;
            let upper = self.remainder_of_double(&number >> extra, jobs) << extra;
            number.clear_high_bits(extra);
            number += upper;
        }
        self.remainder_of_double(number, jobs)
    }

    /// A number of at most twice the divisor's size modulo the divisor.
    fn remainder_of_double(&self, number: UBig, jobs: usize) -> UBig {
        if number < *self.value {
            return number;
        }
        // The upper half times the reciprocal is the quotient, or one or two less.
        let upper = &number >> (self.bits - 1);
        let quotient = multiply(&upper, &self.reciprocal, jobs) >> (self.bits + EXTRA_BITS + 1);
        let multiple = multiply(&quotient, self.value, jobs);
        let mut rest = if multiple > number {
            // The reciprocal can be a little too large.
            let excess = multiple - number;
            let back = (&excess / self.value + 1_u8) * self.value;
            back - excess
        } else {
            number - multiple
        };
        while rest >= *self.value {
            rest -= self.value;
        }
        rest
    }
}

/// 2^(2 * bits) / value, off by a few units, where bits is the size of the value: Newton's iteration, each step of
/// which doubles the number of correct bits.
fn reciprocal(value: &UBig, jobs: usize) -> UBig {
    let bits = value.bit_len();
    if bits < TRANSFORM_BITS_MIN {
        return (UBig::ONE << (2 * bits)) / value;
    }
    let half = bits / 2 + 8;
    let start = reciprocal(&(value >> (bits - half)), jobs);
    // Of 2^(bits + half) - value * start, about half of the bits are zeros at the top.
    let product = multiply(value, &start, jobs);
    let one = UBig::ONE << (bits + half);
    let is_short = product <= one;
    let error = (if is_short { &one - &product } else { &product - &one }) >> (bits - half);
    let correction = multiply(&start, &error, jobs) >> (3 * half - bits);
    let shifted = start << (bits - half);
    if is_short { shifted + correction } else { shifted - correction }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(bytes: &[u8]) -> UBig {
        UBig::from_le_bytes(bytes)
    }

    /// The distance of two integers.
    fn apart(one: &UBig, other: &UBig) -> UBig {
        if one > other { one - other } else { other - one }
    }

    proptest! {
        #[test]
        fn reciprocals_are_close(bytes in proptest::collection::vec(any::<u8>(), 1..2000)) {
            let value = number(&bytes) + 1_u8;
            let exact = (UBig::ONE << (2 * value.bit_len())) / &value;
            prop_assert!(apart(&reciprocal(&value, 1), &exact) < UBig::from(64_u8));
        }

        #[test]
        fn division_is_division(
            divisor in proptest::collection::vec(any::<u8>(), 1..600),
            other in proptest::collection::vec(any::<u8>(), 0..1300),
            shift in 0..64_usize,
        ) {
            let value = number(&divisor) + 1_u8;
            let divisor = Divisor::new(&value, 2);
            let other = number(&other);
            prop_assert_eq!(divisor.remainder(other.clone(), 2), &other % &value);
            let below = other % &value;
            let shift = value.bit_len() + shift;
            let exact = (&below << shift) / &value;
            prop_assert!(apart(&divisor.quotient(&below, shift, 1), &exact) < UBig::from(8_u8));
        }

        #[test]
        fn products_are_products(
            one in proptest::collection::vec(any::<u8>(), 0..900),
            other in proptest::collection::vec(any::<u8>(), 0..900),
        ) {
            let (one, other) = (number(&one), number(&other));
            prop_assert_eq!(multiply(&one, &other, 2), one * other);
        }
    }
}
