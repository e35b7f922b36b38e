//! What RegisterCertificate, RegisterCertificateWithoutCA and RegisterCACertificate take, and what they refuse. Sources: AWS
//! IoT API reference and guide ("Register a client certificate", "Manage your CA certificates").

use thingwarden_engine::ids::{CertificateId, encode_hex};
use thingwarden_engine::pki::pem::PemContent;
use thingwarden_engine::pki::{Certificate, CertificateError, SignatureError};
use thingwarden_engine::time::Timestamp;
use thingwarden_wire::Code;
use thingwarden_wire::types::CertificateStatus;

use super::pem::PemFault;
use super::strength::Weak;
use super::{pem, strength, verify};
use crate::random;

/// The service model's limit of `CertificatePem`.
const PEM_CHARS_MAX: usize = 65_536;

/// Why a certificate is not registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationError {
    #[error("{what} cannot be read: {fault}")]
    Pem { what: What, fault: PemFault },
    #[error("{what} cannot be read: {error}")]
    Certificate { what: What, error: CertificateError },
    #[error("{what} is not taken: {weak}")]
    Weak { what: What, weak: Weak },
    #[error("{what} is valid from {from} to {to}, not now")]
    OutsideValidity { what: What, from: Timestamp, to: Timestamp },
    #[error("{0} is not a CA's: the extension basicConstraints does not say so")]
    NotCa(What),
    #[error("{0} does not allow its key to sign certificates: the extension keyUsage has no keyCertSign")]
    MayNotSign(What),
    #[error("{0} names itself as issuer but is not signed by its own key")]
    BadSelfSignature(What),
    #[error("the certificate's issuer `{issuer}` is not a registered CA")]
    UnknownIssuer { issuer: String },
    #[error("`caCertificatePem` is not a registered CA certificate")]
    UnknownCa,
    #[error("{what} is not signed by the CA certificate: {error}")]
    NotSignedByCa { what: What, error: SignatureError },
    #[error(
        "several registered CA certificates have the subject `{issuer}`: say which one in `caCertificatePem`"
    )]
    AmbiguousCa { issuer: String },
    #[error("the CA certificate `{id}` is not ACTIVE")]
    CaInactive { id: CertificateId },
    #[error("`verificationCertificate` is required in mode DEFAULT")]
    VerificationMissing,
    #[error("`verificationCertificate` must not be given in mode SNI_ONLY")]
    VerificationUnwanted,
    #[error("the common name of the verification certificate is not the registration code")]
    WrongCode,
    #[error("status `{0}` cannot be given at registration: ACTIVE, INACTIVE or REVOKED")]
    Status(CertificateStatus),
    #[error("`setAsActive` and `status` contradict each other")]
    Contradiction,
}

/// Which certificate of a request is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Certificate,
    CaCertificate,
    VerificationCertificate,
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Certificate => "the certificate",
            Self::CaCertificate => "the CA certificate",
            Self::VerificationCertificate => "the verification certificate",
        })
    }
}

impl RegistrationError {
    /// The exception that AWS answers with.
    pub(crate) fn code(&self) -> Code {
        match self {
            Self::Pem { .. }
            | Self::Certificate { .. }
            | Self::Weak { .. }
            | Self::OutsideValidity { .. }
            | Self::NotCa(_)
            | Self::MayNotSign(_)
            | Self::BadSelfSignature(_)
            | Self::UnknownIssuer { .. }
            | Self::UnknownCa
            | Self::NotSignedByCa { .. } => Code::CertificateValidationException,
            Self::AmbiguousCa { .. } => Code::CertificateConflictException,
            Self::CaInactive { .. } => Code::CertificateStateException,
            Self::WrongCode => Code::RegistrationCodeValidationException,
            Self::VerificationMissing
            | Self::VerificationUnwanted
            | Self::Status(_)
            | Self::Contradiction => Code::InvalidRequestException,
        }
    }
}

/// A CA certificate that is registered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RegisteredCa<'a> {
    /// As it was registered.
    pub(crate) pem: &'a str,
    pub(crate) active: bool,
}

/// How a CA was, or is to be, registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CaMode {
    Default,
    SniOnly,
}

fn read(pem_text: &str, what: What) -> Result<Certificate, RegistrationError> {
    let der = pem::read_one(pem_text, PemContent::Certificate, PEM_CHARS_MAX)
        .map_err(|fault| RegistrationError::Pem { what, fault })?;
    let certificate =
        Certificate::parse(&der).map_err(|error| RegistrationError::Certificate { what, error })?;
    strength::check_key(&certificate.public_key)
        .and_then(|()| strength::check_signature(&certificate.signature_algorithm))
        .map_err(|weak| RegistrationError::Weak { what, weak })?;
    Ok(certificate)
}

/// A device certificate to be registered, with a CA or without: exactly one, of a key and a signature that AWS takes. Its dates
/// are not judged: they are when the device connects, and by the audit.
pub(crate) fn read_device_certificate(pem: &str) -> Result<Certificate, RegistrationError> {
    read(pem, What::Certificate)
}

/// A CA certificate to be registered: as a device's, and it says that it is a CA's, may sign certificates and is valid now.
pub(crate) fn read_ca_certificate(pem: &str, now: Timestamp) -> Result<Certificate, RegistrationError> {
    let certificate = read(pem, What::CaCertificate)?;
    if certificate.is_ca != Some(true) {
        return Err(RegistrationError::NotCa(What::CaCertificate));
    }
    if certificate.key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(RegistrationError::MayNotSign(What::CaCertificate));
    }
    check_validity(&certificate, What::CaCertificate, now)?;
    if verify::is_badly_self_signed(&certificate) {
        return Err(RegistrationError::BadSelfSignature(What::CaCertificate));
    }
    Ok(certificate)
}

/// `now` is within the certificate's validity, both ends included (RFC 5280 section 4.1.2.5).
pub(crate) fn check_validity(
    certificate: &Certificate,
    what: What,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    let (from, to) = (certificate.not_before, certificate.not_after);
    if (from..=to).contains(&now) {
        Ok(())
    } else {
        Err(RegistrationError::OutsideValidity { what, from, to })
    }
}

/// The registered CA that signed a device certificate. `registered` are the CA certificates whose subject is the certificate's
/// issuer; `named` is the request's `caCertificatePem`.
///
/// # Errors
/// When none signed it; when there are several and none is named; when the one that signed it is not active.
pub(crate) fn signing_ca(
    certificate: &Certificate,
    named: Option<&str>,
    registered: &[RegisteredCa<'_>],
) -> Result<CertificateId, RegistrationError> {
    let what = What::CaCertificate;
    // What was registered was judged then; here it has to be readable only.
    let parse = |pem_text: &str| {
        let der = pem::read_one(pem_text, PemContent::Certificate, PEM_CHARS_MAX)
            .map_err(|fault| RegistrationError::Pem { what, fault })?;
        Certificate::parse(&der).map_err(|error| RegistrationError::Certificate { what, error })
    };
    let named = named.map(parse).transpose()?;
    let mut candidates = Vec::new();
    for ca in registered {
        let parsed = parse(ca.pem)?;
        if parsed.subject == certificate.issuer && named.as_ref().is_none_or(|named| named.id == parsed.id) {
            candidates.push((parsed, ca.active));
        }
    }
    let issuer = || certificate.issuer.to_string();
    let (ca, active) = match candidates.as_slice() {
        [] if named.is_some() => return Err(RegistrationError::UnknownCa),
        [] => return Err(RegistrationError::UnknownIssuer { issuer: issuer() }),
        [one] => one,
        _ => return Err(RegistrationError::AmbiguousCa { issuer: issuer() }),
    };
    verify::certificate(certificate, &ca.public_key)
        .map_err(|error| RegistrationError::NotSignedByCa { what: What::Certificate, error })?;
    if *active { Ok(ca.id) } else { Err(RegistrationError::CaInactive { id: ca.id }) }
}

/// Whoever registers a CA has its private key: in mode DEFAULT the verification certificate is signed by the CA, valid now, and
/// has the registration code as common name.
pub(crate) fn prove_possession(
    ca: &Certificate,
    mode: CaMode,
    verification_pem: Option<&str>,
    registration_code: &str,
    now: Timestamp,
) -> Result<(), RegistrationError> {
    let text = match (mode, verification_pem) {
        (CaMode::SniOnly, None) => return Ok(()),
        (CaMode::SniOnly, Some(_)) => return Err(RegistrationError::VerificationUnwanted),
        (CaMode::Default, None) => return Err(RegistrationError::VerificationMissing),
        (CaMode::Default, Some(text)) => text,
    };
    let what = What::VerificationCertificate;
    let verification = read(text, what)?;
    if verification.issuer != ca.subject {
        return Err(RegistrationError::NotSignedByCa { what, error: SignatureError::Invalid });
    }
    verify::certificate(&verification, &ca.public_key)
        .map_err(|error| RegistrationError::NotSignedByCa { what, error })?;
    check_validity(&verification, what, now)?;
    // No secret: GetRegistrationCode tells it. A name with a second common name is not a proof.
    let mut names = verification
        .subject
        .attributes()
        .into_iter()
        .filter(|attribute| attribute.kind.short_name() == Some("CN"));
    match (names.next().and_then(|attribute| attribute.text), names.next()) {
        (Some(name), None) if !registration_code.is_empty() && name == registration_code => Ok(()),
        _ => Err(RegistrationError::WrongCode),
    }
}

/// A registration code in AWS's form: 64 lower-case hex digits. `None` when the system has no randomness.
pub(crate) fn new_registration_code() -> Option<String> {
    random::bytes::<32>().map(|bytes| encode_hex(&bytes))
}

/// The status that a registration asks for: `status`, or the deprecated `setAsActive`; INACTIVE when it says neither.
pub(crate) fn registration_status(
    set_as_active: Option<bool>,
    status: Option<CertificateStatus>,
) -> Result<CertificateStatus, RegistrationError> {
    use CertificateStatus::{Active, Inactive, Revoked};
    match (status, set_as_active) {
        (None, Some(true)) => Ok(Active),
        (None, _) => Ok(Inactive),
        (Some(Inactive | Revoked), Some(true)) => Err(RegistrationError::Contradiction),
        (Some(Active), Some(false)) => Err(RegistrationError::Contradiction),
        (Some(status @ (Active | Inactive | Revoked)), _) => Ok(status),
        (Some(other), _) => Err(RegistrationError::Status(other)),
    }
}

#[cfg(test)]
mod tests;
