//! Object identifiers: the names of algorithms, extensions and name attributes.

use std::fmt;

use super::der::{self, DerError, Reader};

/// An object identifier, as the content bytes of its DER.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Oid(Box<[u8]>);

// X.520 attributes.
pub(super) const COMMON_NAME: &[u8] = &[0x55, 4, 3];

// Extensions, RFC 5280 sections 4.2 and 5.2.
pub(super) const SUBJECT_KEY_ID: &[u8] = &[0x55, 29, 14];
pub(super) const KEY_USAGE: &[u8] = &[0x55, 29, 15];
pub(super) const SUBJECT_ALTERNATIVE_NAME: &[u8] = &[0x55, 29, 17];
pub(super) const ISSUER_ALTERNATIVE_NAME: &[u8] = &[0x55, 29, 18];
pub(super) const BASIC_CONSTRAINTS: &[u8] = &[0x55, 29, 19];
pub(super) const CRL_NUMBER: &[u8] = &[0x55, 29, 20];
pub(super) const REASON_CODE: &[u8] = &[0x55, 29, 21];
pub(super) const DELTA_CRL_INDICATOR: &[u8] = &[0x55, 29, 27];
pub(super) const ISSUING_DISTRIBUTION_POINT: &[u8] = &[0x55, 29, 28];
pub(super) const CERTIFICATE_ISSUER: &[u8] = &[0x55, 29, 29];
pub(super) const CRL_DISTRIBUTION_POINTS: &[u8] = &[0x55, 29, 31];
pub(super) const AUTHORITY_KEY_ID: &[u8] = &[0x55, 29, 35];

// Keys, RFC 3279, RFC 4055, RFC 5480 and RFC 8410.
pub(super) const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 1];
pub(super) const RSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 1, 10];
pub(super) const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1];
pub(super) const ED25519: &[u8] = &[0x2b, 0x65, 0x70];
pub(super) const ED448: &[u8] = &[0x2b, 0x65, 0x71];

impl Oid {
    pub(super) fn from_content(content: &[u8]) -> Self {
        Self(content.into())
    }

    pub(super) fn read(reader: &mut Reader<'_>, field: &'static str) -> Result<Self, DerError> {
        Ok(Self(reader.expect(der::OID, field, "an object identifier")?.content.into()))
    }

    /// The content bytes of the DER.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub(super) fn is(&self, content: &[u8]) -> bool {
        *self.0 == *content
    }

    /// `CN`, `O` and the like, for the attributes that are usual in names (RFC 4514 section 3, RFC 4519, RFC 2985).
    pub fn short_name(&self) -> Option<&'static str> {
        Some(match &*self.0 {
            [0x55, 4, attribute] => match attribute {
                3 => "CN",
                4 => "SN",
                5 => "serialNumber",
                6 => "C",
                7 => "L",
                8 => "ST",
                9 => "STREET",
                10 => "O",
                11 => "OU",
                12 => "title",
                17 => "postalCode",
                42 => "GN",
                43 => "initials",
                44 => "generationQualifier",
                46 => "dnQualifier",
                65 => "pseudonym",
                _ => return None,
            },
            [0x2a, 0x86, 0x48, 0x86, 0xf7, 13, 1, 9, 1] => "emailAddress",
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 25] => "DC",
            [0x09, 0x92, 0x26, 0x89, 0x93, 0xf2, 0x2c, 0x64, 1, 1] => "UID",
            _ => return None,
        })
    }
}

impl fmt::Display for Oid {
    /// Dotted decimal: `1.2.840.113549.1.1.11`. An identifier that breaks the rules shows as hex.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts: Vec<u128> = Vec::new();
        let mut part = 0_u128;
        for &byte in &self.0 {
            part = part << 7 | u128::from(byte & 0x7f);
            if byte < 0x80 {
                parts.push(part);
                part = 0;
            } else if part >> 120 != 0 {
                parts.clear();
                break;
            }
        }
        let complete = self.0.last().is_some_and(|&byte| byte < 0x80);
        match parts.split_first() {
            Some((&first, rest)) if complete => {
                let top = (first / 40).min(2);
                write!(f, "{top}.{}", first - top * 40)?;
                rest.iter().try_for_each(|part| write!(f, ".{part}"))
            }
            _ => {
                f.write_str("0x")?;
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }
    }
}

impl fmt::Debug for Oid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8], expected: &str) {
        assert_eq!(Oid::from_content(content).to_string(), expected);
    }

    #[test]
    fn shows_dotted_decimal() {
        check(RSA_ENCRYPTION, "1.2.840.113549.1.1.1");
        check(COMMON_NAME, "2.5.4.3");
        check(ED25519, "1.3.101.112");
        check(&[0x88, 0x37], "2.999");
    }

    #[test]
    fn shows_hex_for_what_is_no_identifier() {
        check(&[], "0x");
        check(&[0x2a, 0x86], "0x2a86");
        check(&[0xff; 30], &format!("0x{}", "ff".repeat(30)));
    }
}
