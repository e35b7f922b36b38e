//! Defects of public keys that can be seen without the private key.

mod debian;
mod fermat;
mod lists;
mod roca;

use std::fmt;
use std::ops::{BitOr, BitOrAssign};

use dashu_int::UBig;

use super::key::PublicKey;
pub use debian::builtin_coverage;
use lists::{Fingerprints, KeyList};
pub use lists::{ListError, ListFormat};
use roca::Roca;

/// A set of defects. It is empty for a key in which none was found.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct KeyDefects(u16);

impl KeyDefects {
    pub const NONE: Self = Self(0);
    /// CVE-2008-0166: one of the few keys that Debian's OpenSSL could make from 2006 to 2008.
    pub const DEBIAN_WEAK: Self = Self(1);
    /// CVE-2017-15361 (ROCA): made by Infineon's RSA library, whose primes can be computed.
    pub const ROCA: Self = Self(1 << 1);
    /// An RSA modulus of fewer than 2,048 bits (NIST SP 800-131A revision 2, section 3).
    pub const RSA_SHORT: Self = Self(1 << 2);
    /// An odd RSA exponent from 3 to 65,535. Not broken as such, but below what FIPS 186-5 appendix A.1.1 allows,
    /// and fatal together with bad padding.
    pub const RSA_EXPONENT_SMALL: Self = Self(1 << 3);
    /// An RSA exponent that is even, 0 or 1: signatures of such a key prove nothing.
    pub const RSA_EXPONENT_EVEN: Self = Self(1 << 4);
    /// RSA primes so close to each other that Fermat's method finds them at once (CVE-2022-26320), or equal.
    pub const RSA_CLOSE_PRIMES: Self = Self(1 << 5);
    /// The private key has been published; the key is on a list that the operator supplied.
    pub const KNOWN_KEY: Self = Self(1 << 6);

    /// Every defect with its name in output.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::DEBIAN_WEAK, "CVE-2008-0166"),
        (Self::ROCA, "CVE-2017-15361"),
        (Self::RSA_SHORT, "RSA_SHORT"),
        (Self::RSA_EXPONENT_SMALL, "RSA_EXPONENT_SMALL"),
        (Self::RSA_EXPONENT_EVEN, "RSA_EXPONENT_EVEN"),
        (Self::RSA_CLOSE_PRIMES, "RSA_CLOSE_PRIMES"),
        (Self::KNOWN_KEY, "KNOWN_KEY"),
    ];

    /// The set as a number, one bit for each defect. The bits keep their meaning: they are stored.
    pub const fn bits(self) -> u16 {
        self.0
    }

    /// All defects of `other` are in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// At least one defect of `other` is in this set.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Names of the defects in this set, in the order of [`Self::ALL`].
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().filter(move |(defect, _)| self.contains(*defect)).map(|(_, name)| name)
    }
}

impl BitOr for KeyDefects {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitOrAssign for KeyDefects {
    fn bitor_assign(&mut self, other: Self) {
        self.0 |= other.0;
    }
}

impl fmt::Debug for KeyDefects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

/// Examines public keys. It holds the lists of weak keys; one serves all threads.
#[derive(Debug)]
pub struct KeyChecker {
    lists: Vec<KeyList>,
    roca: Roca,
}

impl KeyChecker {
    /// With the list of Debian's weak keys that is built in; [`builtin_coverage`] says what it covers.
    pub fn builtin() -> Self {
        Self { lists: vec![KeyList::builtin()], roca: Roca::new() }
    }

    /// Adds a list of weak or published keys.
    pub fn with_list(mut self, bytes: &[u8], format: ListFormat) -> Result<Self, ListError> {
        self.lists.push(KeyList::parse(bytes, format)?);
        Ok(self)
    }

    /// All defects of a key. EC and Ed25519 keys are only looked up in the lists.
    pub fn examine(&self, key: &PublicKey) -> KeyDefects {
        let mut defects = KeyDefects::NONE;
        if let Some(fingerprints) = Fingerprints::of(key) {
            for list in &self.lists {
                defects |= list.examine(&fingerprints);
            }
        }
        if let PublicKey::Rsa { modulus, exponent, bits } = key {
            defects |= examine_exponent(exponent);
            if *bits < 2048 {
                defects |= KeyDefects::RSA_SHORT;
            }
            if self.roca.matches(modulus) {
                defects |= KeyDefects::ROCA;
            }
            // Larger than any key in use: the square root would take seconds, and nothing verifies with it.
            if *bits <= 16_384 && fermat::has_close_factors(&UBig::from_be_bytes(modulus)) {
                defects |= KeyDefects::RSA_CLOSE_PRIMES;
            }
        }
        defects
    }
}

/// The exponent is big-endian without leading zeros.
fn examine_exponent(exponent: &[u8]) -> KeyDefects {
    let is_odd = exponent.last().is_some_and(|last| last & 1 == 1);
    match exponent {
        [1] => KeyDefects::RSA_EXPONENT_EVEN,
        _ if !is_odd => KeyDefects::RSA_EXPONENT_EVEN,
        [_] | [_, _] => KeyDefects::RSA_EXPONENT_SMALL,
        _ => KeyDefects::NONE,
    }
}

#[cfg(test)]
mod tests;
