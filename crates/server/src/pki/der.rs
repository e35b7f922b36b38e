//! Writes the little DER (ITU-T X.690) that a certificate is made of.

use thingwarden_engine::pki::{Curve, PublicKey};
use thingwarden_engine::time::Timestamp;

pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];

/// A value of this tag; its contents one after the other.
pub(super) fn tlv(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|content| content.len()).sum();
    let digits = length.to_be_bytes();
    let digits: &[u8] = match digits.iter().position(|&digit| digit != 0) {
        Some(first) => digits.get(first..).unwrap_or_default(),
        None => &[0],
    };
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    if length >= 0x80 {
        // A `usize` has at most eight bytes.
        bytes.push(0x80 | digits.len() as u8);
    }
    bytes.extend_from_slice(digits);
    contents.iter().for_each(|content| bytes.extend_from_slice(content));
    bytes
}

pub(super) fn sequence(contents: &[&[u8]]) -> Vec<u8> {
    tlv(0x30, contents)
}

pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    tlv(6, &[content])
}

/// An unsigned number, big-endian.
pub(super) fn unsigned(number: &[u8]) -> Vec<u8> {
    let zeros = number.iter().take_while(|&&byte| byte == 0).count();
    let number = number.get(zeros..).unwrap_or_default();
    let sign: &[u8] = if number.first().is_none_or(|&first| first >= 0x80) { &[0] } else { &[] };
    tlv(2, &[sign, number])
}

/// A bit string of whole bytes.
pub(super) fn bit_string(content: &[u8]) -> Vec<u8> {
    tlv(3, &[&[0], content])
}

/// The form that RFC 5280 section 4.1.2.5 wants for the date. `None` for years that have no four digits.
pub(super) fn time(time: Timestamp) -> Option<Vec<u8>> {
    let seconds = Timestamp::from_seconds(time.millis().div_euclid(1000));
    let digits: Vec<u8> = seconds.to_string().bytes().filter(u8::is_ascii_digit).collect();
    let (century, rest) = digits.split_at_checked(2).filter(|_| digits.len() == 14)?;
    Some(match (century, rest) {
        (b"19", [b'5'..=b'9', ..]) | (b"20", [b'0'..=b'4', ..]) => tlv(0x17, &[rest, b"Z"]),
        _ => tlv(0x18, &[&digits, b"Z"]),
    })
}

/// The `SubjectPublicKeyInfo` of a key. `None` for kinds of keys that we certify nothing for.
pub(crate) fn public_key_info(key: &PublicKey) -> Option<Vec<u8>> {
    Some(match key {
        PublicKey::Rsa { .. } => rsa_key_info(&rsa_public_key(key)?),
        PublicKey::Ec { curve, point, .. } => ec_key_info(*curve, point)?,
        PublicKey::Ed25519 { .. } | PublicKey::Other(_) => return None,
    })
}

/// The `RSAPublicKey` of PKCS #1; none for other kinds of keys.
pub(crate) fn rsa_public_key(key: &PublicKey) -> Option<Vec<u8>> {
    match key {
        PublicKey::Rsa { modulus, exponent, .. } => {
            Some(sequence(&[&unsigned(modulus), &unsigned(exponent)]))
        }
        _ => None,
    }
}

/// Around the `RSAPublicKey` of PKCS #1.
pub(super) fn rsa_key_info(key: &[u8]) -> Vec<u8> {
    sequence(&[&sequence(&[&oid(RSA_ENCRYPTION), &[5, 0]]), &bit_string(key)])
}

/// Around the uncompressed point.
pub(super) fn ec_key_info(curve: Curve, point: &[u8]) -> Option<Vec<u8>> {
    let curve: &[u8] = match curve {
        Curve::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7],
        Curve::P384 => &[0x2b, 0x81, 0x04, 0, 34],
        Curve::P521 => &[0x2b, 0x81, 0x04, 0, 35],
        _ => return None,
    };
    Some(sequence(&[&sequence(&[&oid(EC_PUBLIC_KEY), &oid(curve)]), &bit_string(point)]))
}

/// A name of attributes `2.5.4.N` (X.520), each alone in its set, most general first.
pub(super) fn name(attributes: &[(u8, &str)]) -> Vec<u8> {
    let sets: Vec<Vec<u8>> = attributes
        .iter()
        .map(|(kind, text)| tlv(0x31, &[&sequence(&[&oid(&[0x55, 4, *kind]), &tlv(12, &[text.as_bytes()])])]))
        .collect();
    sequence(&[&sets.concat()])
}

/// An extension `2.5.29.N` (RFC 5280 section 4.2.1).
pub(super) fn extension(kind: u8, critical: bool, content: &[u8]) -> Vec<u8> {
    let flag: &[u8] = if critical { &[1, 1, 0xff] } else { &[] };
    sequence(&[&oid(&[0x55, 29, kind]), flag, &tlv(4, &[content])])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_possible() {
        let head =
            |length: usize| tlv(4, &[&vec![0; length]])[1..].iter().copied().take(4).collect::<Vec<u8>>();
        assert_eq!(tlv(5, &[]), [5, 0]);
        assert_eq!(head(0x7f)[..1], [0x7f]);
        assert_eq!(head(0x80)[..2], [0x81, 0x80]);
        assert_eq!(head(0x100)[..3], [0x82, 1, 0]);
        assert_eq!(head(0x1_0000), [0x83, 1, 0, 0]);
    }

    #[test]
    fn numbers_are_positive_and_short() {
        assert_eq!(unsigned(&[]), [2, 1, 0]);
        assert_eq!(unsigned(&[0, 0, 5]), [2, 1, 5]);
        assert_eq!(unsigned(&[0x80]), [2, 2, 0, 0x80]);
    }

    #[test]
    fn dates_from_2050_on_are_generalized() {
        let check = |text: &str, tag: u8, expected: &str| {
            let written = time(Timestamp::parse(text).unwrap()).unwrap();
            assert_eq!((written[0], &written[2..]), (tag, expected.as_bytes()), "{text}");
        };
        check("2026-03-01T01:02:03.999Z", 0x17, "260301010203Z");
        check("2049-12-31T23:59:59Z", 0x17, "491231235959Z");
        check("2050-01-01T00:00:00Z", 0x18, "20500101000000Z");
        check("1949-12-31T00:00:00Z", 0x18, "19491231000000Z");
    }
}
