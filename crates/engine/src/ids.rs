//! Identifiers as types of their own, so that one cannot stand where another belongs.

use std::fmt;

/// SHA-256 of a certificate's DER bytes; written as 64 lower-case hex digits, which is AWS's `certificateId`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId([u8; 32]);

impl CertificateId {
    pub const fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The id of the certificate with these DER bytes.
    pub fn of_der(der: &[u8]) -> Self {
        Self(sha256(der))
    }

    /// Reads 64 hex digits, with or without a leading `0x` (the API's pattern allows both).
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix("0x").unwrap_or(text);
        let mut id = [0; 32];
        decode_hex(text, &mut id).then_some(Self(id))
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            if let [high, low] = pair {
                (*high, *low) = (hex_digit(byte >> 4), hex_digit(byte & 15));
            }
        }
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl fmt::Debug for CertificateId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

const fn hex_digit(nibble: u8) -> u8 {
    if nibble < 10 { b'0' + nibble } else { b'a' + nibble - 10 }
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
    out
}

/// Fills `out` from exactly twice as many hex digits; false when the text is anything else.
pub fn decode_hex(text: &str, out: &mut [u8]) -> bool {
    let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    if text.len() != out.len() * 2 {
        return false;
    }
    for (pair, byte) in text.as_bytes().chunks_exact(2).zip(out.iter_mut()) {
        match pair {
            &[high, low] => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => *byte = high << 4 | low,
                _ => return false,
            },
            _ => return false,
        }
    }
    true
}

/// Bytes as lower-case hex.
pub fn encode_hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [hex_digit(byte >> 4), hex_digit(byte & 15)]).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_the_hash_of_the_der_and_reads_back() {
        let id = CertificateId::of_der(b"abc");
        let text = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(id.to_string(), text);
        assert_eq!(CertificateId::parse(text), Some(id));
        assert_eq!(CertificateId::parse(&format!("0x{}", text.to_uppercase())), Some(id));
        assert_eq!(CertificateId::parse("ba"), None);
        assert_eq!(CertificateId::parse(&"g".repeat(64)), None);
    }
}
