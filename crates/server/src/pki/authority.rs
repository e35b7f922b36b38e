//! The certificate authority that issues device certificates: made at first start, or supplied.

use std::io;
use std::path::{Path, PathBuf};

use thingwarden_engine::pki::pem::PemContent;
use thingwarden_engine::pki::{Certificate, CertificateError, DerError};
use thingwarden_engine::time::Timestamp;

use super::key::{CryptoFailed, PrivateKey};
use super::pem::PemFault;
use super::strength::Weak;
use super::{der, files, issue, pem, strength, verify};
use crate::config::KeyType;

const ORGANIZATION: u8 = 10;
const ORGANIZATIONAL_UNIT: u8 = 11;
const FILE_CHARS_MAX: usize = 65_536;

/// A CA certificate and its private key.
#[derive(Debug)]
pub(crate) struct IssuingCa {
    certificate: Certificate,
    pem: String,
    key: PrivateKey,
}

/// What an authority of the server's own is for, as its name says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthorityName {
    /// Device certificates.
    Devices,
    /// The certificate that the server shows to devices.
    Server,
}

impl AuthorityName {
    fn common_name(self) -> &'static str {
        match self {
            Self::Devices => "Thingwarden Issuing CA",
            Self::Server => "Thingwarden Server CA",
        }
    }
}

/// Why the server has no certificate authority.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuthorityError {
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: there is no such file", .path.display())]
    Missing { path: PathBuf },
    #[error("{}: others may read this private key (mode {mode:03o}); allow its owner alone: chmod 600", .path.display())]
    Exposed { path: PathBuf, mode: u32 },
    #[error("{}: {fault}", .path.display())]
    Pem { path: PathBuf, fault: PemFault },
    #[error("{}: {error}", .path.display())]
    Certificate { path: PathBuf, error: CertificateError },
    #[error("{}: no private key in PEM without passphrase, RSA or P-256, P-384, P-521", .path.display())]
    Key { path: PathBuf },
    #[error("{}: {fault}", .path.display())]
    Unfit { path: PathBuf, fault: Unfit },
    #[error("no certificate authority could be made: {0}")]
    Crypto(#[from] CryptoFailed),
}

/// Why a certificate cannot be the server's authority.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("the certificate is not a CA's (basicConstraints without cA)")]
    NotCa,
    #[error("the certificate does not allow its key to sign certificates (keyUsage without keyCertSign)")]
    MayNotSign,
    #[error("the certificate is valid from {from} to {to}, not now ({now})")]
    OutsideValidity { from: Timestamp, to: Timestamp, now: Timestamp },
    #[error("the certificate is not good enough: {0}")]
    Weak(#[from] Weak),
    #[error("the certificate is not properly encoded: {0}")]
    Subject(#[from] DerError),
    #[error("the certificate has no subject")]
    NoSubject,
    #[error("the certificate is for another key than the private key")]
    OtherKey,
    #[error("the certificate is not signed by its own key although it names itself as issuer")]
    BadSignature,
}

impl IssuingCa {
    /// Opens the authority in `folder`, or makes one of that name for the account when there is none.
    ///
    /// # Errors
    /// When files cannot be read or written, others may read the key, or the certificate is unfit.
    pub(crate) fn open_or_create(
        folder: &Path,
        name: AuthorityName,
        account: &str,
        kind: KeyType,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let (certificate, key) = made_once(folder, kind, |key| {
            let subject = der::name(&[
                (ORGANIZATION, "Thingwarden"),
                (ORGANIZATIONAL_UNIT, account),
                (issue::CN, name.common_name()),
            ]);
            issue::self_signed(&subject, key, issue::Purpose::Authority, now)
        })?;
        Self::open(&certificate, &key, now)
    }

    /// Opens an authority that the operator supplies, both in PEM.
    ///
    /// # Errors
    /// When files cannot be read, others may read the key, the certificate is not of a CA, weak, not valid now, or of another key.
    pub(crate) fn open(certificate: &Path, key: &Path, now: Timestamp) -> Result<Self, AuthorityError> {
        let path = certificate.to_owned();
        let certificate = read_certificate(certificate)?;
        let key = read_key(key)?;
        check(&certificate, &key, now).map_err(|fault| AuthorityError::Unfit { path, fault })?;
        Ok(Self { pem: pem::write("CERTIFICATE", certificate.as_der()), certificate, key })
    }

    /// The authority's own certificate.
    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The authority's own certificate, for whoever has to trust it.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(super) fn key(&self) -> &PrivateKey {
        &self.key
    }
}

fn check(certificate: &Certificate, key: &PrivateKey, now: Timestamp) -> Result<(), Unfit> {
    if certificate.is_ca != Some(true) {
        return Err(Unfit::NotCa);
    }
    if certificate.key_usage.is_some_and(|usage| !usage.key_cert_sign()) {
        return Err(Unfit::MayNotSign);
    }
    let (from, to) = (certificate.not_before, certificate.not_after);
    if now < from || now > to {
        return Err(Unfit::OutsideValidity { from, to, now });
    }
    strength::check_key(&certificate.public_key)?;
    strength::check_signature(&certificate.signature_algorithm)?;
    if certificate.subject.is_empty() {
        return Err(Unfit::NoSubject);
    }
    // It becomes the issuer of what is issued.
    certificate.subject.check_well_formed()?;
    if der::public_key_info(&certificate.public_key) != Some(key.public_key_info()) {
        return Err(Unfit::OtherKey);
    }
    if verify::is_badly_self_signed(certificate) {
        return Err(Unfit::BadSignature);
    }
    Ok(())
}

/// The paths of `certificate.pem` and `key.pem` (of mode 0600) in `folder`, which are made when there is no certificate.
/// A key without a certificate is what a crash at first start leaves: its certificate is made.
pub(super) fn made_once(
    folder: &Path,
    kind: KeyType,
    certify: impl FnOnce(&PrivateKey) -> Result<Vec<u8>, CryptoFailed>,
) -> Result<(PathBuf, PathBuf), AuthorityError> {
    let (certificate_path, key_path) = (folder.join("certificate.pem"), folder.join("key.pem"));
    let io_at = |path: &Path| {
        let path = path.to_owned();
        move |error| AuthorityError::Io { path, error }
    };
    let has = |path: &Path| path.try_exists().map_err(io_at(path));
    if !has(&certificate_path)? {
        files::make_folder(folder).map_err(io_at(folder))?;
        let key = if has(&key_path)? {
            read_key(&key_path)?
        } else {
            let key = PrivateKey::generate(kind)?;
            files::write(&key_path, key.to_pem()?.as_bytes(), 0o600).map_err(io_at(&key_path))?;
            key
        };
        let text = pem::write("CERTIFICATE", &certify(&key)?);
        files::write(&certificate_path, text.as_bytes(), 0o644).map_err(io_at(&certificate_path))?;
    }
    Ok((certificate_path, key_path))
}

pub(super) fn read_certificate(path: &Path) -> Result<Certificate, AuthorityError> {
    let text = read_text(path)?.0;
    let path = path.to_owned();
    match pem::read_one(&text, PemContent::Certificate, FILE_CHARS_MAX) {
        Ok(der) => Certificate::parse(&der).map_err(|error| AuthorityError::Certificate { path, error }),
        Err(fault) => Err(AuthorityError::Pem { path, fault }),
    }
}

fn read_text(path: &Path) -> Result<(zeroize::Zeroizing<String>, u32), AuthorityError> {
    match files::read(path) {
        Ok(Some(read)) => Ok(read),
        Ok(None) => Err(AuthorityError::Missing { path: path.to_owned() }),
        Err(error) => Err(AuthorityError::Io { path: path.to_owned(), error }),
    }
}

pub(super) fn read_key(path: &Path) -> Result<PrivateKey, AuthorityError> {
    let (text, mode) = read_text(path)?;
    if mode & 0o077 != 0 {
        return Err(AuthorityError::Exposed { path: path.to_owned(), mode });
    }
    PrivateKey::from_pem(&text).ok_or_else(|| AuthorityError::Key { path: path.to_owned() })
}

#[cfg(test)]
mod tests;
