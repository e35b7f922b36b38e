//! TLS for the listener: certificate and key from files that can be read again while connections go on.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use anyhow::{Context, ensure};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Certificate and key in use, and where they come from.
#[derive(Debug)]
pub(crate) struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    config: RwLock<Arc<ServerConfig>>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// When a file cannot be read, holds nothing of use, or the key is not the certificate's.
    pub(crate) fn open(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let config = RwLock::new(read(certificate, key)?);
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), config })
    }

    /// Reads both files again. New connections get what they hold now; when they are bad, what was in use stays in use.
    ///
    /// # Errors
    /// As [`Tls::open`].
    pub(crate) fn reload(&self) -> anyhow::Result<()> {
        let config = read(&self.certificate, &self.key)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

/// A certificate chain, the server's own first, and the key that belongs to it, from two files in PEM.
///
/// # Errors
/// When a file cannot be read or holds nothing of use.
pub(crate) fn read_identity(
    certificate: &Path,
    key: &Path,
) -> anyhow::Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let name = || format!("TLS certificate `{}`", certificate.display());
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).with_context(name)?.collect();
    let chain = chain.with_context(name)?;
    ensure!(!chain.is_empty(), "TLS certificate `{}` holds no certificate in PEM", certificate.display());
    let private =
        PrivateKeyDer::from_pem_file(key).with_context(|| format!("TLS key `{}`", key.display()))?;
    Ok((chain, private))
}

fn read(certificate: &Path, key: &Path) -> anyhow::Result<Arc<ServerConfig>> {
    let (chain, private) = read_identity(certificate, key)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .context("TLS")?
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .with_context(|| {
            format!("TLS certificate `{}` with key `{}`", certificate.display(), key.display())
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}
