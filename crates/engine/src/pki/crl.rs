//! Certificate revocation lists (RFC 5280 section 5), read in one pass: a list of a million entries takes 32 MB.

use std::ops::Range;

use super::der::{self, DerError, Reader, Value, unsigned};
use super::extensions::{self, Extension, is_true};
use super::name::Name;
use super::oid::{self, Oid};
use super::serial::SerialNumber;
use super::signature::SignatureAlgorithm;
use crate::limits::CRL_BYTES_MAX;
use crate::time::Timestamp;

/// A revocation list as its bytes have it; nobody has verified its signature yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Crl<'a> {
    pub issuer: Name,
    pub this_update: Timestamp,
    /// The time by which the next list will exist. RFC 5280 demands it; older lists may lack it.
    pub next_update: Option<Timestamp>,
    pub number: Option<SerialNumber>,
    pub authority_key_id: Option<Vec<u8>>,
    /// Sorted by serial number.
    pub entries: Vec<CrlEntry>,
    /// Has only what changed since a base list.
    pub is_delta: bool,
    /// Has certificates of other issuers too.
    pub is_indirect: bool,
    pub scope: CrlScope,
    /// Critical extensions, of the list or of an entry, that are not understood: the list must not be used.
    pub unknown_critical: Vec<Oid>,
    pub signature_algorithm: SignatureAlgorithm,
    pub(super) signature: &'a [u8],
    pub(super) signed_bytes: &'a [u8],
    pub(super) algorithms_agree: bool,
}

/// One revoked certificate.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CrlEntry {
    pub serial: SerialNumber,
    pub at: Timestamp,
    pub reason: Option<CrlReason>,
}

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrlReason {
    Unspecified,
    KeyCompromise,
    CaCompromise,
    AffiliationChanged,
    Superseded,
    CessationOfOperation,
    CertificateHold,
    /// In a delta list: no longer on hold, hence not revoked.
    RemoveFromCrl,
    PrivilegeWithdrawn,
    AaCompromise,
}

/// Which certificates of its issuer a list is about (RFC 5280 section 5.2.5). The default is: all.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct CrlScope {
    pub only_user_certificates: bool,
    pub only_ca_certificates: bool,
    pub only_attribute_certificates: bool,
    pub only_some_reasons: bool,
    /// Only certificates that name this distribution point. Its HTTP URLs follow; there may be none.
    pub only_distribution_point: bool,
    pub distribution_point_urls: Vec<String>,
}

/// Why bytes are no revocation list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrlError {
    #[error("the revocation list has {bytes} bytes; at most {max} are read")]
    TooLarge { bytes: usize, max: usize },
    #[error(transparent)]
    Structure(#[from] DerError),
    #[error("version at byte {offset}: only versions 1 and 2 exist")]
    Version { offset: usize },
    #[error("extension {oid} appears more than once, again at byte {offset}")]
    RepeatedExtension { oid: Oid, offset: usize },
}

impl CrlReason {
    fn from_code(code: &[u8]) -> Option<Self> {
        Some(match unsigned(code) {
            [] => Self::Unspecified,
            [1] => Self::KeyCompromise,
            [2] => Self::CaCompromise,
            [3] => Self::AffiliationChanged,
            [4] => Self::Superseded,
            [5] => Self::CessationOfOperation,
            [6] => Self::CertificateHold,
            [8] => Self::RemoveFromCrl,
            [9] => Self::PrivilegeWithdrawn,
            [10] => Self::AaCompromise,
            _ => return None,
        })
    }

    /// The name in RFC 5280.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::KeyCompromise => "keyCompromise",
            Self::CaCompromise => "cACompromise",
            Self::AffiliationChanged => "affiliationChanged",
            Self::Superseded => "superseded",
            Self::CessationOfOperation => "cessationOfOperation",
            Self::CertificateHold => "certificateHold",
            Self::RemoveFromCrl => "removeFromCRL",
            Self::PrivilegeWithdrawn => "privilegeWithdrawn",
            Self::AaCompromise => "aACompromise",
        }
    }
}

impl<'a> Crl<'a> {
    /// Reads the DER of one list; nothing may follow it.
    pub fn parse(der: &'a [u8]) -> Result<Self, CrlError> {
        if der.len() > CRL_BYTES_MAX {
            return Err(CrlError::TooLarge { bytes: der.len(), max: CRL_BYTES_MAX });
        }
        let mut outer = Reader::new(der);
        let mut parts = outer.sequence("revocation list")?.reader();
        outer.finish("revocation list")?;
        let tbs = parts.sequence("revocation list")?;
        let algorithm = parts.sequence("signature algorithm")?;
        let signature = parts.bit_string("signature")?;
        parts.finish("revocation list")?;

        let mut fields = tbs.reader();
        if fields.peek() == Some(der::INTEGER) {
            let offset = fields.offset();
            match unsigned(fields.integer("version")?) {
                [] | [1] => {}
                _ => return Err(CrlError::Version { offset }),
            }
        }
        let inner_algorithm = fields.sequence("signature algorithm")?;
        let issuer = Name::from_der(fields.sequence("issuer")?.raw);
        let this_update = fields.time("thisUpdate")?;
        let next_update = match fields.peek() {
            Some(der::UTC_TIME | der::GENERALIZED_TIME) => Some(fields.time("nextUpdate")?),
            _ => None,
        };
        let mut crl = Self {
            issuer,
            this_update,
            next_update,
            number: None,
            authority_key_id: None,
            entries: Vec::new(),
            is_delta: false,
            is_indirect: false,
            scope: CrlScope::default(),
            unknown_critical: Vec::new(),
            signature_algorithm: SignatureAlgorithm::read(&algorithm)?,
            signature,
            signed_bytes: tbs.raw,
            algorithms_agree: inner_algorithm.raw == algorithm.raw,
        };
        if let Some(revoked) = fields.optional(der::SEQUENCE, "revoked certificates")? {
            crl.read_entries(&revoked)?;
        }
        if let Some(wrapper) = fields.optional(der::constructed(0), "extensions")? {
            let mut wrapper = wrapper.reader();
            let mut list = wrapper.sequence("extensions")?.reader();
            wrapper.finish("extensions")?;
            crl.read_extensions(&mut list)?;
        }
        fields.finish("revocation list")?;
        Ok(crl)
    }

    fn read_entries(&mut self, revoked: &Value<'_>) -> Result<(), CrlError> {
        // The shortest usual entry, with a serial number of 16 bytes, has 35.
        self.entries.reserve_exact(revoked.content.len() / 35);
        let mut list = revoked.reader();
        while !list.is_empty() {
            let mut fields = list.sequence("revoked certificate")?.reader();
            let serial = SerialNumber::from_der(fields.integer("serial number")?);
            let at = fields.time("revocation date")?;
            let mut reason = None;
            if let Some(extensions) = fields.optional(der::SEQUENCE, "extensions of an entry")? {
                let mut extensions = extensions.reader();
                while !extensions.is_empty() {
                    let extension = Extension::read(&mut extensions)?;
                    match extension.kind.content {
                        oid::REASON_CODE => {
                            let mut content = Reader::new(extension.content);
                            let code = content.expect(der::ENUMERATED, "reason code", "an enumerated value");
                            reason = code.ok().and_then(|code| CrlReason::from_code(code.content));
                        }
                        oid::CERTIFICATE_ISSUER => self.is_indirect = true,
                        _ if extension.critical => self.add_unknown(&extension),
                        _ => {}
                    }
                }
            }
            fields.finish("revoked certificate")?;
            self.entries.push(CrlEntry { serial, at, reason });
        }
        self.entries.sort_unstable();
        self.entries.shrink_to_fit();
        Ok(())
    }

    fn read_extensions(&mut self, list: &mut Reader<'_>) -> Result<(), CrlError> {
        let mut seen: Vec<&[u8]> = Vec::new();
        while !list.is_empty() {
            let extension = Extension::read(list)?;
            let content = extension.content;
            if seen.contains(&extension.kind.content) {
                let offset = extension.kind.offset;
                return Err(CrlError::RepeatedExtension { oid: extension.oid(), offset });
            }
            match extension.kind.content {
                oid::CRL_NUMBER => {
                    self.number = Some(SerialNumber::from_der(Reader::new(content).integer("CRL number")?));
                }
                oid::AUTHORITY_KEY_ID => {
                    self.authority_key_id = extensions::authority_key_id(content)?.map(<[u8]>::to_vec);
                }
                oid::DELTA_CRL_INDICATOR => self.is_delta = true,
                oid::ISSUING_DISTRIBUTION_POINT => self.read_scope(content)?,
                _ if extension.critical => self.add_unknown(&extension),
                _ => continue,
            }
            seen.push(extension.kind.content);
        }
        Ok(())
    }

    /// `IssuingDistributionPoint`.
    fn read_scope(&mut self, content: &[u8]) -> Result<(), DerError> {
        const FIELD: &str = "issuing distribution point";
        let mut fields = Reader::new(content).sequence(FIELD)?.reader();
        if let Some(name) = fields.optional(der::constructed(0), FIELD)? {
            self.scope.only_distribution_point = true;
            extensions::distribution_point_urls(&name, &mut self.scope.distribution_point_urls)?;
        }
        let flag = |fields: &mut Reader<'_>, number| -> Result<bool, DerError> {
            Ok(fields.optional(der::primitive(number), FIELD)?.is_some_and(|value| is_true(value.content)))
        };
        self.scope.only_user_certificates = flag(&mut fields, 1)?;
        self.scope.only_ca_certificates = flag(&mut fields, 2)?;
        self.scope.only_some_reasons = fields.optional(der::primitive(3), FIELD)?.is_some();
        self.is_indirect |= flag(&mut fields, 4)?;
        self.scope.only_attribute_certificates = flag(&mut fields, 5)?;
        fields.finish(FIELD)
    }

    /// Keeps a handful: one is enough to make the list unusable.
    fn add_unknown(&mut self, extension: &Extension<'_>) {
        let kind = extension.oid();
        if self.unknown_critical.len() < 8 && !self.unknown_critical.contains(&kind) {
            self.unknown_critical.push(kind);
        }
    }
}

/// Where in sorted entries those of one serial number are.
pub(super) fn places_of(entries: &[CrlEntry], serial: &SerialNumber) -> Range<usize> {
    let start = entries.partition_point(|entry| entry.serial < *serial);
    let count = entries.iter().skip(start).take_while(|entry| entry.serial == *serial).count();
    start..start + count
}

#[cfg(test)]
mod tests;
