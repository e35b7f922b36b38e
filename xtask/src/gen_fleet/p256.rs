//! ECDSA on P-256 by simple addition, for key pairs and signatures by the hundred thousand.
//!
//! Keys and nonces are consecutive numbers, so that each point is the one before plus the generator. The signatures
//! verify, and anybody who knows that could compute the keys: this is for test fleets only.

use dashu_int::fast_div::ConstDivisor;
use dashu_int::modular::Reduced;
use dashu_int::{UBig, ops::BitTest};
use ring::digest::{SHA256, digest};

use super::der;

/// The curve's constants (FIPS 186-4, D.1.2.3), as rings to calculate in.
#[derive(Debug)]
pub struct Curve {
    field: ConstDivisor,
    order: ConstDivisor,
    generator: (UBig, UBig),
}

/// A point that is not the one at infinity.
#[derive(Clone, Debug)]
pub struct Point<'a> {
    x: Reduced<'a>,
    y: Reduced<'a>,
}

/// A private key, with which everybody may sign.
#[derive(Clone, Debug)]
pub struct PrivateKey(UBig);

/// Consecutive multiples of the generator.
#[derive(Debug)]
pub struct Walk<'a> {
    curve: &'a Curve,
    scalar: UBig,
    point: Point<'a>,
}

fn hex(digits: &str) -> UBig {
    UBig::from_str_radix(digits, 16).unwrap_or_default()
}

impl Default for Curve {
    fn default() -> Self {
        Self {
            field: ConstDivisor::new(hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")),
            order: ConstDivisor::new(hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")),
            generator: (
                hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
                hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"),
            ),
        }
    }
}

impl Curve {
    fn generator(&self) -> Point<'_> {
        let (x, y) = &self.generator;
        Point { x: self.field.reduce(x.clone()), y: self.field.reduce(y.clone()) }
    }

    /// From any number; kept away from zero and from the order.
    pub fn key(&self, number: &[u8; 24]) -> PrivateKey {
        PrivateKey((UBig::ONE << 200) + UBig::from_be_bytes(number))
    }

    pub fn public_key(&self, key: &PrivateKey) -> Vec<u8> {
        self.times(&key.0).encoded()
    }

    /// Starts so many steps above a key.
    pub fn walk(&self, from: &PrivateKey, steps: u64) -> Walk<'_> {
        let scalar = &from.0 + UBig::from(steps);
        Walk { curve: self, point: self.times(&scalar), scalar }
    }

    /// Double and add, from the highest bit; the scalar is neither zero nor near the order.
    fn times(&self, scalar: &UBig) -> Point<'_> {
        let generator = self.generator();
        let mut sum = generator.clone();
        for bit in (0..scalar.bit_len().saturating_sub(1)).rev() {
            sum = self.double(&sum);
            if scalar.bit(bit) {
                sum = add(&sum, &generator).unwrap_or_else(|| self.double(&generator));
            }
        }
        sum
    }

    fn double<'a>(&'a self, point: &Point<'a>) -> Point<'a> {
        let three = self.field.reduce(3u8);
        let tangent = point.x.sqr() * &three - &three;
        let slope = tangent * invert(&(point.y.clone() + &point.y));
        third(&slope, point, point)
    }

    /// A signature over a message, with the nonce that the walk stands at.
    pub fn sign(&self, key: &PrivateKey, nonce: &Walk<'_>, message: &[u8]) -> Vec<u8> {
        let order = &self.order;
        let hash = order.reduce(UBig::from_be_bytes(digest(&SHA256, message).as_ref()));
        let r = order.reduce(nonce.point.x.residue());
        let s =
            invert(&order.reduce(nonce.scalar.clone())) * (hash + r.clone() * order.reduce(key.0.clone()));
        let number = |part: &Reduced<'_>| der::unsigned(&part.residue().to_be_bytes());
        der::sequence(&[&number(&r), &number(&s)])
    }
}

impl Walk<'_> {
    /// The public key of the number that the walk stands at.
    pub fn public_key(&self) -> Vec<u8> {
        self.point.encoded()
    }

    /// Goes to the next number.
    pub fn step(&mut self) {
        self.scalar += UBig::ONE;
        if let Some(next) = add(&self.point, &self.curve.generator()) {
            self.point = next;
        }
    }
}

impl Point<'_> {
    /// Uncompressed (SEC 1, 2.3.3).
    fn encoded(&self) -> Vec<u8> {
        let mut encoded = vec![4];
        for coordinate in [&self.x, &self.y] {
            let bytes = coordinate.residue().to_be_bytes();
            encoded.resize(encoded.len() + 32_usize.saturating_sub(bytes.len()), 0);
            encoded.extend_from_slice(&bytes);
        }
        encoded
    }
}

/// `None` when the points are the same or opposite.
fn add<'a>(a: &Point<'a>, b: &Point<'a>) -> Option<Point<'a>> {
    let run = (b.x.clone() - &a.x).inv()?;
    let slope = (b.y.clone() - &a.y) * run;
    Some(third(&slope, a, b))
}

/// The mirrored third intersection of a line with the curve.
fn third<'a>(slope: &Reduced<'a>, a: &Point<'a>, b: &Point<'a>) -> Point<'a> {
    let x = slope.sqr() - &a.x - &b.x;
    let y = slope.clone() * (a.x.clone() - &x) - &a.y;
    Point { x, y }
}

/// Zero stays zero; it does not occur.
fn invert<'a>(number: &Reduced<'a>) -> Reduced<'a> {
    number.inv().unwrap_or_else(|| number.clone())
}

#[cfg(test)]
mod tests {
    use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    #[test]
    fn signatures_verify_with_the_walked_keys() {
        let curve = Curve::default();
        let mut keys = curve.walk(&curve.key(&[7; 24]), 0);
        let mut nonces = curve.walk(&curve.key(&[9; 24]), 5);
        for _ in 0..5 {
            let signature = curve.sign(&PrivateKey(keys.scalar.clone()), &nonces, b"message");
            let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, keys.public_key());
            assert!(public.verify(b"message", &signature).is_ok());
            assert!(public.verify(b"massage", &signature).is_err());
            assert_eq!(keys.public_key(), curve.public_key(&PrivateKey(keys.scalar.clone())));
            keys.step();
            nonces.step();
        }
    }
}
