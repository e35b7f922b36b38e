//! The extensions of certificates and revocation lists that an audit needs (RFC 5280 sections 4.2 and 5.2).

use super::der::{self, DerError, DerFault, Reader, Value};
use super::oid::Oid;

/// What a certificate's key may be used for (RFC 5280 section 4.2.1.3), as far as revocation and issuing go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage {
    bits: u16,
}

impl KeyUsage {
    /// From the bits of the extension, bit 0 (`digitalSignature`) in the highest place.
    pub const fn new(bits: u16) -> Self {
        Self { bits }
    }

    pub const fn digital_signature(self) -> bool {
        self.bits & 0x8000 != 0
    }

    /// The key may sign certificates.
    pub const fn key_cert_sign(self) -> bool {
        self.bits & 0x0400 != 0
    }

    /// The key may sign revocation lists.
    pub const fn crl_sign(self) -> bool {
        self.bits & 0x0200 != 0
    }
}

/// One extension, its content not yet read.
#[derive(Clone, Debug)]
pub(super) struct Extension<'a> {
    pub(super) kind: Value<'a>,
    pub(super) critical: bool,
    /// What stands inside the octet string.
    pub(super) content: &'a [u8],
}

impl<'a> Extension<'a> {
    /// Reads one `Extension` from a cursor over `Extensions`.
    pub(super) fn read(reader: &mut Reader<'a>) -> Result<Self, DerError> {
        let mut fields = reader.sequence("extension")?.reader();
        let kind = fields.expect(der::OID, "extension", "an object identifier")?;
        let critical = fields.optional(der::BOOLEAN, "extension")?;
        let content = fields.expect(der::OCTET_STRING, "extension", "an octet string")?.content;
        Ok(Self { kind, critical: critical.is_some_and(|flag| is_true(flag.content)), content })
    }

    pub(super) fn oid(&self) -> Oid {
        Oid::from_content(self.kind.content)
    }
}

/// DER writes true as 0xff; BER, which some tools produce, as anything but zero.
pub(super) fn is_true(content: &[u8]) -> bool {
    content.iter().any(|&byte| byte != 0)
}

pub(super) fn key_usage(content: &[u8]) -> Result<KeyUsage, DerError> {
    let bits = Reader::new(content).expect(der::BIT_STRING, "key usage", "a bit string")?.content;
    match *bits {
        // The first byte counts the unused bits of the last one.
        [0..8] => Ok(KeyUsage::new(0)),
        [0..8, first] => Ok(KeyUsage::new(u16::from(first) << 8)),
        [0..8, first, second, ..] => Ok(KeyUsage::new(u16::from(first) << 8 | u16::from(second))),
        _ => {
            let fault = DerFault::BadValue { reason: "the bit string is damaged" };
            Err(DerError { offset: 0, field: "key usage", fault })
        }
    }
}

/// Whether the subject is a CA.
pub(super) fn basic_constraints(content: &[u8]) -> Result<bool, DerError> {
    let mut fields = Reader::new(content).sequence("basic constraints")?.reader();
    Ok(fields.optional(der::BOOLEAN, "basic constraints")?.is_some_and(|flag| is_true(flag.content)))
}

pub(super) fn subject_key_id(content: &[u8]) -> Result<&[u8], DerError> {
    Ok(Reader::new(content).expect(der::OCTET_STRING, "subject key identifier", "an octet string")?.content)
}

/// The key identifier, when the extension has one (it may name issuer and serial number instead).
pub(super) fn authority_key_id(content: &[u8]) -> Result<Option<&[u8]>, DerError> {
    let mut fields = Reader::new(content).sequence("authority key identifier")?.reader();
    Ok(fields.optional(der::primitive(0), "authority key identifier")?.map(|id| id.content))
}

/// The HTTP URLs of all distribution points, in order.
pub(super) fn crl_distribution_points(content: &[u8]) -> Result<Vec<String>, DerError> {
    let mut points = Reader::new(content).sequence("CRL distribution points")?.reader();
    let mut urls = Vec::new();
    while !points.is_empty() {
        let mut fields = points.sequence("CRL distribution points")?.reader();
        if let Some(name) = fields.optional(der::constructed(0), "CRL distribution points")? {
            distribution_point_urls(&name, &mut urls)?;
        }
    }
    Ok(urls)
}

/// Adds the HTTP URLs of one `DistributionPointName`.
pub(super) fn distribution_point_urls(name: &Value<'_>, urls: &mut Vec<String>) -> Result<(), DerError> {
    let Some(full) = name.reader().optional(der::constructed(0), "distribution point")? else {
        // Relative to the CRL issuer's name: a place in a directory, which has no URL.
        return Ok(());
    };
    let mut names = full.reader();
    while !names.is_empty() {
        let general = names.any("distribution point")?;
        let uri = std::str::from_utf8(general.content).unwrap_or_default();
        let scheme = uri.split(':').next().unwrap_or_default();
        let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
        if general.tag == der::primitive(6) && is_http && uri.bytes().all(|byte| byte.is_ascii_graphic()) {
            urls.push(uri.to_owned());
        }
    }
    Ok(())
}
