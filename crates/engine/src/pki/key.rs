//! Public keys as certificates carry them (`SubjectPublicKeyInfo`).

use std::fmt;

use super::der::{self, DerError, Reader, unsigned};
use super::oid::{self, Oid};

/// A public key with what is needed to examine it and to verify with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PublicKey {
    Rsa {
        /// Big-endian, no leading zero bytes.
        modulus: Vec<u8>,
        /// Big-endian, no leading zero bytes.
        exponent: Vec<u8>,
        /// Of the modulus.
        bits: u32,
    },
    Ec {
        curve: Curve,
        /// Size of the curve's field; for [`Curve::Other`] rounded up to whole bytes of the coordinates.
        bits: u16,
        /// As encoded: `04 X Y`, or compressed.
        point: Vec<u8>,
    },
    Ed25519 {
        key: [u8; 32],
    },
    /// An algorithm that we do not read, or an RSA or EC key whose inside is damaged; the object identifier is the
    /// algorithm's.
    Other(Oid),
}

/// A named elliptic curve (RFC 5480 section 2.1.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Curve {
    P192,
    P224,
    P256,
    P384,
    P521,
    Secp256k1,
    /// Another curve, or explicit parameters.
    Other,
}

/// Algorithm and size of a key, without the key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyKind {
    /// Bits of the modulus; 65,535 also stands for more.
    Rsa {
        bits: u16,
    },
    Ec {
        curve: Curve,
        bits: u16,
    },
    Ed25519,
    Other,
}

impl PublicKey {
    /// Reads the DER of a `SubjectPublicKeyInfo`. A key of a known algorithm whose inside cannot be read is
    /// [`PublicKey::Other`], so that the rest of its certificate can still be audited.
    pub fn parse(spki: &[u8]) -> Result<Self, DerError> {
        let mut outer = Reader::new(spki);
        let key = Self::read(&mut outer)?.0;
        outer.finish("subject public key")?;
        Ok(key)
    }

    /// Also gives the raw DER of the `SubjectPublicKeyInfo`.
    pub(super) fn read<'a>(reader: &mut Reader<'a>) -> Result<(Self, &'a [u8]), DerError> {
        let spki = reader.sequence("subject public key")?;
        let mut fields = spki.reader();
        let mut algorithm = fields.sequence("subject public key")?.reader();
        let kind = Oid::read(&mut algorithm, "subject public key")?;
        let bits = fields.bit_string("subject public key")?;
        let key = match kind.as_bytes() {
            oid::RSA_ENCRYPTION | oid::RSA_PSS => read_rsa(bits).ok(),
            oid::EC_PUBLIC_KEY => {
                let curve = algorithm.optional(der::OID, "curve").ok().flatten().map(|curve| curve.content);
                Some(read_ec(curve, bits))
            }
            oid::ED25519 => bits.try_into().ok().map(|key| Self::Ed25519 { key }),
            _ => None,
        };
        Ok((key.unwrap_or(Self::Other(kind)), spki.raw))
    }

    pub fn kind(&self) -> KeyKind {
        match self {
            Self::Rsa { bits, .. } => KeyKind::Rsa { bits: u16::try_from(*bits).unwrap_or(u16::MAX) },
            Self::Ec { curve, bits, .. } => KeyKind::Ec { curve: *curve, bits: *bits },
            Self::Ed25519 { .. } => KeyKind::Ed25519,
            Self::Other(_) => KeyKind::Other,
        }
    }

    /// The RSA modulus, big-endian without leading zeros.
    pub fn rsa_modulus(&self) -> Option<&[u8]> {
        match self {
            Self::Rsa { modulus, .. } => Some(modulus),
            _ => None,
        }
    }
}

fn read_rsa(bits: &[u8]) -> Result<PublicKey, DerError> {
    let mut fields = Reader::new(bits).sequence("RSA key")?.reader();
    let modulus = unsigned(fields.integer("RSA modulus")?).to_vec();
    let exponent = unsigned(fields.integer("RSA exponent")?).to_vec();
    let bits = modulus.first().map_or(0, |first| modulus.len() * 8 - first.leading_zeros() as usize);
    Ok(PublicKey::Rsa { modulus, exponent, bits: u32::try_from(bits).unwrap_or(u32::MAX) })
}

fn read_ec(curve: Option<&[u8]>, point: &[u8]) -> PublicKey {
    let (curve, bits) = match curve {
        Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 1]) => (Curve::P192, 192),
        Some([0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]) => (Curve::P256, 256),
        Some([0x2b, 0x81, 0x04, 0, 33]) => (Curve::P224, 224),
        Some([0x2b, 0x81, 0x04, 0, 34]) => (Curve::P384, 384),
        Some([0x2b, 0x81, 0x04, 0, 35]) => (Curve::P521, 521),
        Some([0x2b, 0x81, 0x04, 0, 10]) => (Curve::Secp256k1, 256),
        _ => {
            let coordinate = match point.split_first() {
                Some((4, both)) => both.len() / 2,
                Some((_, one)) => one.len(),
                None => 0,
            };
            (Curve::Other, u16::try_from(coordinate * 8).unwrap_or(u16::MAX))
        }
    };
    PublicKey::Ec { curve, bits, point: point.to_vec() }
}

impl fmt::Display for KeyKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rsa { bits } => write!(f, "RSA-{bits}"),
            Self::Ec { curve: Curve::Other, bits } => write!(f, "EC-{bits}"),
            Self::Ec { curve, .. } => f.write_str(match curve {
                Curve::P192 => "P-192",
                Curve::P224 => "P-224",
                Curve::P256 => "P-256",
                Curve::P384 => "P-384",
                Curve::P521 => "P-521",
                Curve::Secp256k1 => "secp256k1",
                Curve::Other => "EC",
            }),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other => f.write_str("other"),
        }
    }
}
