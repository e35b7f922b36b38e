//! X.509 certificates of versions 1 to 3 (RFC 5280 section 4.1), read strictly in structure and leniently in content.

use std::ops::Range;

use super::der::{self, DerError, Reader};
use super::extensions::{self, Extension, KeyUsage};
use super::key::PublicKey;
use super::name::Name;
use super::oid::{self, Oid};
use super::serial::SerialNumber;
use super::signature::{self, SignatureAlgorithm, SignatureError};
use crate::ids::CertificateId;
use crate::limits::CERTIFICATE_BYTES_MAX;
use crate::time::Timestamp;

/// Everything that the audit wants to know from one certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub id: CertificateId,
    /// 1, 2 or 3.
    pub version: u8,
    pub serial: SerialNumber,
    pub issuer: Name,
    pub subject: Name,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub public_key: PublicKey,
    /// SHA-256 of the `SubjectPublicKeyInfo`.
    pub spki_sha256: [u8; 32],
    pub signature_algorithm: SignatureAlgorithm,
    /// From the basic constraints; `None` when the certificate has none that can be read.
    pub is_ca: Option<bool>,
    /// `None` when the certificate does not restrict its key's use.
    pub key_usage: Option<KeyUsage>,
    /// HTTP and HTTPS URLs of revocation lists, in order.
    pub crl_distribution_points: Vec<String>,
    pub authority_key_id: Option<Vec<u8>>,
    pub subject_key_id: Option<Vec<u8>>,
    /// Extensions whose content is damaged; they count as absent.
    pub unread_extensions: Vec<Oid>,
    der: Box<[u8]>,
    tbs: Range<usize>,
    signature: Range<usize>,
    /// The algorithm inside the signed part is the one outside (RFC 5280 section 4.1.1.2).
    algorithms_agree: bool,
}

/// Why bytes are no certificate.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    #[error("the certificate has {bytes} bytes; at most {max} are read")]
    TooLarge { bytes: usize, max: usize },
    #[error(transparent)]
    Structure(#[from] DerError),
    #[error("version at byte {offset}: only versions 1, 2 and 3 exist")]
    Version { offset: usize },
    #[error("extension {oid} appears more than once, again at byte {offset}")]
    RepeatedExtension { oid: Oid, offset: usize },
}

impl Certificate {
    /// Reads the DER of one certificate; nothing may follow it.
    pub fn parse(der: &[u8]) -> Result<Self, CertificateError> {
        if der.len() > CERTIFICATE_BYTES_MAX {
            return Err(CertificateError::TooLarge { bytes: der.len(), max: CERTIFICATE_BYTES_MAX });
        }
        let mut outer = Reader::new(der);
        let mut parts = outer.sequence("certificate")?.reader();
        outer.finish("certificate")?;
        let tbs = parts.sequence("certificate")?;
        let algorithm = parts.sequence("signature algorithm")?;
        let signature = parts.bit_string("signature")?;
        let signature_end = parts.offset();
        parts.finish("certificate")?;

        let mut fields = tbs.reader();
        let version = read_version(&mut fields)?;
        let serial = SerialNumber::from_der(fields.integer("serial number")?);
        let inner_algorithm = fields.sequence("signature algorithm")?;
        let issuer = Name::from_der(fields.sequence("issuer")?.raw);
        let mut validity = fields.sequence("validity")?.reader();
        let not_before = validity.time("notBefore")?;
        let not_after = validity.time("notAfter")?;
        validity.finish("validity")?;
        let subject = Name::from_der(fields.sequence("subject")?.raw);
        let (public_key, spki) = PublicKey::read(&mut fields)?;

        let mut certificate = Self {
            id: CertificateId::of_der(der),
            version,
            serial,
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            spki_sha256: super::digest_prefix(spki),
            signature_algorithm: SignatureAlgorithm::read(&algorithm)?,
            is_ca: None,
            key_usage: None,
            crl_distribution_points: Vec::new(),
            authority_key_id: None,
            subject_key_id: None,
            unread_extensions: Vec::new(),
            der: der.into(),
            tbs: tbs.offset..tbs.offset + tbs.raw.len(),
            signature: signature_end - signature.len()..signature_end,
            algorithms_agree: inner_algorithm.raw == algorithm.raw,
        };
        fields.optional(der::primitive(1), "issuer unique identifier")?;
        fields.optional(der::primitive(2), "subject unique identifier")?;
        if let Some(wrapper) = fields.optional(der::constructed(3), "extensions")? {
            let mut wrapper = wrapper.reader();
            let mut list = wrapper.sequence("extensions")?.reader();
            wrapper.finish("extensions")?;
            certificate.read_extensions(&mut list)?;
        }
        fields.finish("certificate")?;
        Ok(certificate)
    }

    fn read_extensions(&mut self, list: &mut Reader<'_>) -> Result<(), CertificateError> {
        let mut seen: Vec<&[u8]> = Vec::new();
        while !list.is_empty() {
            let extension = Extension::read(list)?;
            let content = extension.content;
            let read = match extension.kind.content {
                oid::BASIC_CONSTRAINTS => {
                    extensions::basic_constraints(content).map(|ca| self.is_ca = Some(ca))
                }
                oid::KEY_USAGE => extensions::key_usage(content).map(|usage| self.key_usage = Some(usage)),
                oid::SUBJECT_KEY_ID => {
                    extensions::subject_key_id(content).map(|id| self.subject_key_id = Some(id.to_vec()))
                }
                oid::AUTHORITY_KEY_ID => extensions::authority_key_id(content)
                    .map(|id| self.authority_key_id = id.map(<[u8]>::to_vec)),
                oid::CRL_DISTRIBUTION_POINTS => extensions::crl_distribution_points(content)
                    .map(|urls| self.crl_distribution_points = urls),
                _ => continue,
            };
            // Which of two answers would count? Readers differ, so nobody may rely on either.
            if seen.contains(&extension.kind.content) {
                let offset = extension.kind.offset;
                return Err(CertificateError::RepeatedExtension { oid: extension.oid(), offset });
            }
            seen.push(extension.kind.content);
            if read.is_err() {
                self.unread_extensions.push(extension.oid());
            }
        }
        Ok(())
    }

    /// The whole certificate.
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// The whole certificate, without a copy.
    pub fn into_der(self) -> Box<[u8]> {
        self.der
    }

    /// The part that the issuer signed.
    pub fn signed_bytes(&self) -> &[u8] {
        self.der.get(self.tbs.clone()).unwrap_or_default()
    }

    pub fn signature(&self) -> &[u8] {
        self.der.get(self.signature.clone()).unwrap_or_default()
    }

    /// Issuer and subject are the same name.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Issuer and subject are the same name and the signature is by the certificate's own key. False as well when the
    /// signature uses an algorithm that cannot be verified here.
    pub fn is_self_signed(&self) -> bool {
        self.is_self_issued() && self.verify_with(&self.public_key).is_ok()
    }

    /// Verifies the certificate's signature with a key that is supposed to be its issuer's.
    pub fn verify_with(&self, issuer: &PublicKey) -> Result<(), SignatureError> {
        if !self.algorithms_agree {
            return Err(SignatureError::Invalid);
        }
        signature::verify(self.signed_bytes(), &self.signature_algorithm, self.signature(), issuer)
    }
}

fn read_version(fields: &mut Reader<'_>) -> Result<u8, CertificateError> {
    let Some(wrapper) = fields.optional(der::constructed(0), "version")? else { return Ok(1) };
    let mut inside = wrapper.reader();
    let number = der::unsigned(inside.integer("version")?);
    inside.finish("version")?;
    match number {
        [] => Ok(1),
        [1] => Ok(2),
        [2] => Ok(3),
        _ => Err(CertificateError::Version { offset: wrapper.offset }),
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

#[cfg(test)]
mod tests;
