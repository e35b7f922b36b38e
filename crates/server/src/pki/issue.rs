//! Issuing device certificates.

use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::PemContent;
use thingwarden_engine::pki::{CertificateRequest, DerError, SignatureError};
use thingwarden_engine::time::{Duration, Timestamp};
use thingwarden_wire::Code;
use zeroize::Zeroizing;

use super::authority::IssuingCa;
use super::key::{CryptoFailed, PrivateKey};
use super::pem::PemFault;
use super::strength::Weak;
use super::{der, pem, strength, verify};
use crate::config::KeyType;
use crate::random;

/// 2049-12-31T23:59:59Z, the end of the certificates that AWS IoT issues (AWS IoT guide, "Create AWS IoT client certificates").
pub(super) const END: Timestamp = Timestamp::from_seconds(2_524_607_999);
/// So that a certificate is valid for devices whose clock is somewhat behind.
pub(super) const BACKDATED: Duration = Duration::hours(1);
/// The service model's limit of `certificateSigningRequest`.
const REQUEST_CHARS_MAX: usize = 4096;
const COMMON_NAME: &str = "Thingwarden IoT Certificate";

// The X.509 attributes and extensions that are written, as `2.5.4.N` and `2.5.29.N`.
pub(super) const CN: u8 = 3;
pub(super) const SUBJECT_KEY_ID: u8 = 14;
pub(super) const KEY_USAGE: u8 = 15;
pub(super) const BASIC_CONSTRAINTS: u8 = 19;
pub(super) const AUTHORITY_KEY_ID: u8 = 35;

/// A certificate that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Issued {
    pub(crate) pem: String,
    pub(crate) id: CertificateId,
}

/// What CreateKeysAndCertificate answers. The private key exists nowhere else and shows in no log.
pub(crate) struct KeysAndCertificate {
    pub(crate) certificate: Issued,
    /// `BEGIN PUBLIC KEY`: the `SubjectPublicKeyInfo`.
    pub(crate) public_key_pem: String,
    /// `BEGIN RSA PRIVATE KEY` as from AWS; `BEGIN PRIVATE KEY` for an ECDSA key.
    pub(crate) private_key_pem: Zeroizing<String>,
}

impl std::fmt::Debug for KeysAndCertificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeysAndCertificate").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

/// Why no certificate was issued.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IssueError {
    #[error("the certificate signing request cannot be read: {0}")]
    Pem(#[from] PemFault),
    #[error("the certificate signing request cannot be read: {0}")]
    Structure(#[from] DerError),
    #[error("the certificate signing request is not taken: {0}")]
    Weak(#[from] Weak),
    #[error(
        "the certificate signing request is not taken: its key is not encoded in DER, or its point is compressed"
    )]
    KeyEncoding,
    #[error("the certificate signing request is not signed by its own key: {0}")]
    Signature(#[from] SignatureError),
    /// A certificate that begins now would begin after the authority's own end.
    #[error("the issuing certificate authority has expired at {0}")]
    AuthorityExpired(Timestamp),
    #[error("no certificate could be made: {0}")]
    Crypto(#[from] CryptoFailed),
}

impl IssueError {
    /// The exception that AWS answers with.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Pem(_) | Self::Structure(_) | Self::Weak(_) | Self::KeyEncoding | Self::Signature(_) => {
                Code::InvalidRequestException
            }
            Self::AuthorityExpired(_) | Self::Crypto(_) => Code::InternalFailureException,
        }
    }
}

impl IssuingCa {
    /// Makes a key and a certificate for it, as CreateKeysAndCertificate does: AWS makes RSA-2048. The certificate ends at
    /// `until`, or when those of AWS do.
    pub(crate) fn generate_keys_and_certificate(
        &self,
        kind: KeyType,
        now: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<KeysAndCertificate, IssueError> {
        let key = PrivateKey::generate(kind)?;
        let spki = key.public_key_info();
        Ok(KeysAndCertificate {
            certificate: self.issue(&default_subject(), &spki, now, until)?,
            public_key_pem: pem::write("PUBLIC KEY", &spki),
            private_key_pem: key.to_device_pem()?,
        })
    }

    /// Issues the certificate that a request in PEM asks for. Its subject is taken over byte by byte; requested extensions are
    /// not, so that nobody gets a CA certificate or a server's name out of a request.
    pub(crate) fn issue_from_csr(&self, csr_pem: &str, now: Timestamp) -> Result<Issued, IssueError> {
        let der = pem::read_one(csr_pem, PemContent::CertificateRequest, REQUEST_CHARS_MAX)?;
        let request = CertificateRequest::parse(&der)?;
        // The signature shows who has the key, once, and goes nowhere: the SHA-1 that old devices sign with is good enough.
        strength::check_key(&request.public_key)?;
        if der::public_key_info(&request.public_key).as_ref() != Some(&request.spki) {
            return Err(IssueError::KeyEncoding);
        }
        verify::request(&request)?;
        if request.subject.is_empty() {
            return self.issue(&default_subject(), &request.spki, now, None);
        }
        self.issue(request.subject.as_der(), &request.spki, now, None)
    }

    fn issue(
        &self,
        subject: &[u8],
        spki: &[u8],
        now: Timestamp,
        until: Option<Timestamp>,
    ) -> Result<Issued, IssueError> {
        let authority = self.certificate();
        if authority.not_after < now {
            return Err(IssueError::AuthorityExpired(authority.not_after));
        }
        let mut serial = random::bytes::<20>().ok_or(CryptoFailed)?;
        // Positive, and always of twenty bytes.
        if let Some(first) = serial.first_mut() {
            *first = *first & 0x7f | 0x40;
        }
        let authority_key_id = match &authority.subject_key_id {
            Some(id) => id.clone(),
            None => key_id(&self.key().public_key_info()),
        };
        let draft = Draft {
            serial: &serial,
            issuer: authority.subject.as_der(),
            subject,
            not_before: (now - BACKDATED).max(authority.not_before),
            not_after: until.unwrap_or(END.max(now)).min(authority.not_after),
            spki,
            extensions: vec![
                der::extension(
                    AUTHORITY_KEY_ID,
                    false,
                    &der::sequence(&[&der::tlv(0x80, &[&authority_key_id])]),
                ),
                der::extension(SUBJECT_KEY_ID, false, &der::tlv(4, &[&key_id(spki)])),
                der::extension(BASIC_CONSTRAINTS, true, &der::sequence(&[])),
                // digitalSignature
                der::extension(KEY_USAGE, true, &[3, 2, 7, 0x80]),
            ],
        };
        let der = draft.sign(self.key())?;
        Ok(Issued { pem: pem::write("CERTIFICATE", &der), id: CertificateId::of_der(&der) })
    }
}

/// What a self-signed certificate is for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Purpose {
    /// Issues certificates, and none that issue.
    Authority,
    /// Signs messages.
    Messages,
}

/// A certificate that its own key signs.
pub(super) fn self_signed(
    subject: &[u8],
    key: &PrivateKey,
    purpose: Purpose,
    now: Timestamp,
) -> Result<Vec<u8>, CryptoFailed> {
    let mut serial = random::bytes::<16>().ok_or(CryptoFailed)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x7f | 0x40;
    }
    let spki = key.public_key_info();
    let (basic_constraints, key_usage): (&[&[u8]], [u8; 4]) = match purpose {
        // cA, and no CA below; digitalSignature, keyCertSign, cRLSign
        Purpose::Authority => (&[&[1, 1, 0xff], &[2, 1, 0]], [3, 2, 1, 0x86]),
        // digitalSignature
        Purpose::Messages => (&[], [3, 2, 7, 0x80]),
    };
    let draft = Draft {
        serial: &serial,
        issuer: subject,
        subject,
        not_before: now - BACKDATED,
        // As long as what it issues, and ten years at least.
        not_after: END.max(now + Duration::days(3652)),
        spki: &spki,
        extensions: vec![
            der::extension(SUBJECT_KEY_ID, false, &der::tlv(4, &[&key_id(&spki)])),
            der::extension(BASIC_CONSTRAINTS, true, &der::sequence(basic_constraints)),
            der::extension(KEY_USAGE, true, &key_usage),
        ],
    };
    draft.sign(key)
}

fn default_subject() -> Vec<u8> {
    der::name(&[(CN, COMMON_NAME)])
}

/// RFC 7093 section 2, method 4, cut to the 160 bits of method 1.
pub(super) fn key_id(spki: &[u8]) -> Vec<u8> {
    thingwarden_engine::ids::sha256(spki).iter().take(20).copied().collect()
}

/// A certificate to be signed (RFC 5280 section 4.1). Names and key are in DER.
pub(super) struct Draft<'a> {
    pub(super) serial: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) subject: &'a [u8],
    pub(super) not_before: Timestamp,
    pub(super) not_after: Timestamp,
    pub(super) spki: &'a [u8],
    pub(super) extensions: Vec<Vec<u8>>,
}

impl Draft<'_> {
    pub(super) fn sign(&self, key: &PrivateKey) -> Result<Vec<u8>, CryptoFailed> {
        let algorithm = key.signature_algorithm();
        let validity = match (der::time(self.not_before), der::time(self.not_after)) {
            (Some(from), Some(to)) => der::sequence(&[&from, &to]),
            _ => return Err(CryptoFailed),
        };
        let signed = der::sequence(&[
            // Version 3.
            &[0xa0, 3, 2, 1, 2],
            &der::unsigned(self.serial),
            &algorithm,
            self.issuer,
            &validity,
            self.subject,
            self.spki,
            &der::tlv(0xa3, &[&der::sequence(&[&self.extensions.concat()])]),
        ]);
        let signature = key.sign(&signed)?;
        Ok(der::sequence(&[&signed, &algorithm, &der::bit_string(&signature)]))
    }
}

#[cfg(test)]
mod tests;
