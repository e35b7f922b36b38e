//! The yardstick for memory: the same TLS library with the same settings, and nothing behind it.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::client::{Frames, roots};

pub async fn run(cert: &Path, key: &Path, ca: &Path) -> anyhow::Result<serde_json::Value> {
    let verifier = WebPkiClientVerifier::builder(Arc::new(roots(ca)?)).build()?;
    let config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![CertificateDer::from_pem_file(cert)?], PrivateKeyDer::from_pem_file(key)?)?;
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", serde_json::json!({ "address": listener.local_addr()?.to_string() }));
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(greet(acceptor.clone(), stream));
    }
}

async fn greet(acceptor: TlsAcceptor, stream: TcpStream) -> anyhow::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    Frames::default().next(&mut stream).await?;
    stream.write_all(b"\x20\x02\0\0").await?;
    // Until the client goes; a buffer as small as can be.
    let _ = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1]).await;
    Ok(())
}
