//! Serial numbers of certificates, small enough to keep a million of them.

use std::fmt;

use ring::digest::{SHA256, digest};

/// A certificate's serial number. RFC 5280 section 4.1.2.2 allows positive numbers of up to 20 bytes; negative numbers
/// and those of any other length are told apart all the same: beyond 21 bytes a digest stands for the number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SerialNumber {
    /// Of the shortest two's complement form; 255 stands for anything longer.
    length: u8,
    bytes: [u8; Self::INLINE],
}

impl SerialNumber {
    /// Twenty bytes and the zero that keeps the number positive.
    const INLINE: usize = 21;

    /// The number whose DER `INTEGER` has this content (two's complement, big-endian). Needless leading bytes do not
    /// make another number.
    pub fn from_der(content: &[u8]) -> Self {
        let mut number = content;
        while let ([0, 0..0x80, ..], [_, rest @ ..]) | ([0xff, 0x80..=0xff, ..], [_, rest @ ..]) =
            (number, number)
        {
            number = rest;
        }
        let mut bytes = [0; Self::INLINE];
        match bytes.get_mut(..number.len()) {
            Some(place) => place.copy_from_slice(number),
            None => bytes.iter_mut().zip(digest(&SHA256, number).as_ref()).for_each(|(to, from)| *to = *from),
        }
        Self { length: u8::try_from(number.len()).unwrap_or(u8::MAX), bytes }
    }

    /// The number in the fewest bytes of two's complement, or `None` for one longer than 21 bytes.
    pub fn as_der(&self) -> Option<&[u8]> {
        self.bytes.get(..usize::from(self.length))
    }

    pub fn is_negative(&self) -> bool {
        self.as_der().and_then(|number| number.first()).is_some_and(|&first| first >= 0x80)
    }
}

impl From<u64> for SerialNumber {
    fn from(number: u64) -> Self {
        let mut content = [0; 9];
        content.iter_mut().skip(1).zip(number.to_be_bytes()).for_each(|(to, from)| *to = from);
        Self::from_der(&content)
    }
}

impl fmt::Display for SerialNumber {
    /// Lower-case hex, two digits a byte, as `openssl` and AWS show it: `0a1b2c`; `-` in front of a negative number's
    /// magnitude. A number longer than 21 bytes shows as `sha256:` and the start of its digest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hex = |f: &mut fmt::Formatter<'_>, bytes: &[u8]| {
            bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
        };
        match self.as_der() {
            None => {
                f.write_str("sha256:")?;
                hex(f, &self.bytes)
            }
            Some([]) => f.write_str("00"),
            Some([0, number @ ..]) if !number.is_empty() => hex(f, number),
            Some(number) if self.is_negative() => {
                let mut magnitude = number.to_vec();
                let mut carry = true;
                for byte in magnitude.iter_mut().rev() {
                    (*byte, carry) = (!*byte).overflowing_add(u8::from(carry));
                }
                f.write_str("-")?;
                hex(f, &magnitude)
            }
            Some(number) => hex(f, number),
        }
    }
}

impl fmt::Debug for SerialNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], expected: &str) {
        assert_eq!(SerialNumber::from_der(content).to_string(), expected, "{content:02x?}");
    }

    #[test]
    fn shows_the_number() {
        check(&[0], "00");
        check(&[], "00");
        check(&[0x7f], "7f");
        check(&[0, 0x80], "80");
        check(&[0x80], "-80");
        check(&[0xff], "-01");
        check(&[0xff, 0x00], "-0100");
        check(&[0x0a, 0x1b], "0a1b");
    }

    #[test]
    fn needless_bytes_do_not_make_another_number() {
        assert_eq!(SerialNumber::from_der(&[0, 0, 0x05]), SerialNumber::from(5));
        assert_eq!(SerialNumber::from_der(&[0xff, 0xff, 0x85]), SerialNumber::from_der(&[0x85]));
        assert_ne!(SerialNumber::from_der(&[0, 0x85]), SerialNumber::from_der(&[0x85]));
        assert_eq!(SerialNumber::from(u64::MAX).to_string(), "ffffffffffffffff");
    }

    #[test]
    fn long_numbers_stay_different() {
        let (mut one, mut other) = ([1; 40], [1; 40]);
        other[39] = 2;
        assert_ne!(SerialNumber::from_der(&one), SerialNumber::from_der(&other));
        assert!(SerialNumber::from_der(&one).as_der().is_none());
        one[0] = 0;
        assert_eq!(SerialNumber::from_der(&one[..21]).as_der(), Some(&[1; 20][..]));
    }

    #[test]
    fn a_serial_number_is_small() {
        assert_eq!(size_of::<SerialNumber>(), 22);
    }
}
