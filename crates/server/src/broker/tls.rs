//! TLS with devices: 1.2 and 1.3, a certificate from both sides.
//!
//! A handshake proves that the device has the private key of the certificate it shows, whoever signed it: devices are known
//! by their certificate and not by its issuer. Certificates of X.509 version 1, which many tools still make, are taken; so
//! signatures are checked against the key, as in raw public keys, and not by a verifier that wants version 3.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls13_signature_with_raw_key};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, PeerMisbehaved, ServerConfig,
    SignatureScheme,
};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, PrivateKeyDer, SubjectPublicKeyInfoDer, UnixTime, alg_id,
};
use thingwarden_engine::pki::{Certificate, Curve, PublicKey};
use thingwarden_engine::time::Timestamp;
use tokio_rustls::TlsAcceptor;

use crate::clock;
use crate::http::read_identity;
use crate::pki::{ServerAuthority, public_key_info};

/// AWS's name for MQTT with client certificates, and the registered one ([protocols and
/// ports](https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html)). Clients that name none are taken too.
const MQTT_ALPN: [&[u8]; 2] = [b"x-amzn-mqtt-ca", b"mqtt"];
/// Those of AWS's names that promise a certificate.
pub(super) const CERTIFICATE_ALPN: [&[u8]; 2] = [b"x-amzn-mqtt-ca", b"x-amzn-http-ca"];
/// AWS's name for HTTP with client certificates, and the registered one.
pub(super) const HTTP_ALPN: [&[u8]; 2] = [b"x-amzn-http-ca", b"http/1.1"];

/// How the server shows itself to devices.
#[derive(Debug)]
pub(crate) struct DeviceTls {
    source: Source,
    current: Mutex<Current>,
}

#[derive(Debug)]
enum Source {
    Files { certificate: PathBuf, key: PathBuf },
    Own { authority: Box<ServerAuthority>, hosts: Vec<String> },
}

#[derive(Debug)]
struct Current {
    config: Arc<ServerConfig>,
    /// That lets devices in that show no certificate.
    open_config: Arc<ServerConfig>,
    /// When it may be shown; at other times, as when the machine's clock was set back, another one is made. Always, unless it is
    /// our own authority's.
    shown: Option<Range<Timestamp>>,
}

impl DeviceTls {
    /// With a certificate that the operator supplies.
    ///
    /// # Errors
    /// When a file cannot be read, holds nothing of use, or the key is not the certificate's.
    pub(crate) fn of_files(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        Self::new(Source::Files { certificate: certificate.to_owned(), key: key.to_owned() })
    }

    /// With certificates of the server's own authority, in `folder`, for these host names and addresses.
    ///
    /// # Errors
    /// When the authority can be neither opened nor made.
    pub(crate) fn of_authority(folder: &Path, account: &str, hosts: Vec<String>) -> anyhow::Result<Self> {
        let authority = ServerAuthority::open_or_create(folder, account, clock::now())
            .context("cannot open the authority of the server's own certificate")?;
        Self::new(Source::Own { authority: Box::new(authority), hosts })
    }

    fn new(source: Source) -> anyhow::Result<Self> {
        let current = Mutex::new(source.read()?);
        Ok(Self { source, current })
    }

    /// Reads the files again, or issues a new certificate. When that fails, what was in use stays in use.
    ///
    /// # Errors
    /// As [`DeviceTls::of_files`].
    pub(crate) fn reload(&self) -> anyhow::Result<()> {
        let fresh = self.source.read()?;
        *self.current.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// For the next connection, which needs a certificate or not.
    pub(super) fn acceptor(&self, needs_certificate: bool) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.shown.as_ref().is_some_and(|shown| !shown.contains(&clock::now())) {
            match self.source.read() {
                Ok(fresh) => *current = fresh,
                Err(error) => tracing::error!(error = format!("{error:#}"), "the certificate is not renewed"),
            }
        }
        Arc::clone(if needs_certificate { &current.config } else { &current.open_config }).into()
    }
}

impl Source {
    fn read(&self) -> anyhow::Result<Current> {
        let (chain, key, shown) = match self {
            Self::Files { certificate, key } => {
                let (chain, key) = read_identity(certificate, key)?;
                (chain, key, None)
            }
            Self::Own { authority, hosts } => {
                let identity = authority.issue(hosts, clock::now())?;
                (identity.chain, identity.key, Some(identity.shown))
            }
        };
        let open_config = config(chain.clone(), key.clone_key(), false)?;
        Ok(Current { config: config(chain, key, true)?, open_config, shown })
    }
}

fn config(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
    needs_certificate: bool,
) -> anyhow::Result<Arc<ServerConfig>> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let algorithms = provider.signature_verification_algorithms;
    let verifier = ProofOfKey { algorithms, is_mandatory: needs_certificate };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .context("TLS")?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(chain, key)
        .context("TLS certificate and key of the MQTT listener")?;
    config.alpn_protocols = [MQTT_ALPN, HTTP_ALPN].concat().into_iter().map(<[u8]>::to_vec).collect();
    Ok(Arc::new(config))
}

/// Takes any certificate whose private key the other end has. Whose it is, `admission.rs` says.
#[derive(Debug)]
struct ProofOfKey {
    algorithms: WebPkiSupportedAlgorithms,
    /// Whether there has to be one.
    is_mandatory: bool,
}

impl ClientCertVerifier for ProofOfKey {
    fn client_auth_mandatory(&self) -> bool {
        self.is_mandatory
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        read(end_entity).map(|_| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = read(certificate)?;
        let (key_algorithm, key) = key_of(&certificate.public_key).ok_or_else(unfit_key)?;
        let candidates = self.algorithms.mapping.iter().filter(|(scheme, _)| *scheme == signed.scheme);
        let mut fitting = candidates
            .flat_map(|(_, algorithms)| algorithms.iter())
            .filter(|algorithm| algorithm.public_key_alg_id() == key_algorithm);
        let is_good =
            fitting.any(|algorithm| algorithm.verify_signature(&key, message, signed.signature()).is_ok());
        if is_good {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(CertificateError::BadSignature.into())
        }
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = read(certificate)?;
        let key =
            SubjectPublicKeyInfoDer::from(public_key_info(&certificate.public_key).ok_or_else(unfit_key)?);
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn read(certificate: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::parse(certificate).map_err(|_| CertificateError::BadEncoding.into())
}

fn unfit_key() -> Error {
    Error::PeerMisbehaved(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme)
}

/// A key as verifiers of signatures take it.
fn key_of(key: &PublicKey) -> Option<(AlgorithmIdentifier, Vec<u8>)> {
    match key {
        PublicKey::Rsa { .. } => Some((alg_id::RSA_ENCRYPTION, crate::pki::rsa_public_key(key)?)),
        PublicKey::Ec { curve, point, .. } => {
            let algorithm = match curve {
                Curve::P256 => alg_id::ECDSA_P256,
                Curve::P384 => alg_id::ECDSA_P384,
                Curve::P521 => alg_id::ECDSA_P521,
                _ => return None,
            };
            Some((algorithm, point.to_vec()))
        }
        PublicKey::Ed25519 { .. } | PublicKey::Other(_) => None,
    }
}
