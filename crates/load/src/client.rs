//! A device: a handshake, and as much of MQTT 3.1.1 as a load needs.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail, ensure};
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use rustls::client::Resumption;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::Target;

pub const CONNACK: u8 = 2;
pub const PUBLISH: u8 = 3;
pub const PUBACK: u8 = 4;
pub const SUBACK: u8 = 9;
/// The longest keep-alive that thingwarden takes; who does nothing needs not ping.
const KEEP_ALIVE_SECONDS: u16 = 1200;

/// Everybody who may connect.
#[derive(Clone)]
pub struct Clients {
    address: std::net::SocketAddr,
    prefix: Arc<str>,
    identities: Arc<[TlsConnector]>,
}

/// An open connection.
pub type Stream = TlsStream<TcpStream>;

impl Clients {
    pub fn new(target: &Target) -> anyhow::Result<Self> {
        let roots = roots(&target.ca)?;
        let mut files: Vec<_> = fs::read_dir(&target.identities)
            .with_context(|| format!("{}", target.identities.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<std::io::Result<_>>()?;
        files.retain(|path| path.extension().is_some_and(|extension| extension == "pem"));
        files.sort();
        ensure!(!files.is_empty(), "no certificates in {}", target.identities.display());
        let connector = |file: &std::path::PathBuf| {
            let chain: Vec<CertificateDer<'static>> =
                CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?;
            let key = PrivateKeyDer::from_pem_file(file.with_extension("key"))?;
            let mut config = ClientConfig::builder()
                .with_root_certificates(roots.clone())
                .with_client_auth_cert(chain, key)?;
            // Each handshake is a whole one.
            config.resumption = Resumption::disabled();
            anyhow::Ok(TlsConnector::from(Arc::new(config)))
        };
        Ok(Self {
            address: target.address,
            prefix: target.prefix.as_str().into(),
            identities: files.iter().map(connector).collect::<anyhow::Result<_>>()?,
        })
    }

    pub fn id(&self, number: usize) -> String {
        format!("{}{number}", self.prefix)
    }

    /// Connects a client, and waits until it is let in.
    pub async fn connect(&self, number: usize) -> anyhow::Result<Stream> {
        let connector = self.identities.get(number % self.identities.len()).context("no identity")?;
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::IpAddress(self.address.ip().into());
        let mut stream = connector.connect(name, stream).await?;
        let id = self.id(number);
        let mut body = BytesMut::from(&b"\0\x04MQTT\x04\x02"[..]);
        body.put_u16(KEEP_ALIVE_SECONDS);
        put_text(&mut body, &id)?;
        stream.write_all(&packet(0x10, &body)).await?;
        let answer = Frames::default().next(&mut stream).await?;
        ensure!(answer.kind() == CONNACK && answer.body.ends_with(&[0]), "{id} is not let in: {answer:?}");
        Ok(stream)
    }
}

pub fn roots(file: &Path) -> anyhow::Result<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file)?)?;
    Ok(roots)
}

/// Subscribes, and waits until that is granted.
pub async fn subscribe(
    stream: &mut Stream,
    frames: &mut Frames,
    filter: &str,
    qos: u8,
) -> anyhow::Result<()> {
    let mut body = BytesMut::from(&[0, 1][..]);
    put_text(&mut body, filter)?;
    body.put_u8(qos);
    stream.write_all(&packet(0x82, &body)).await?;
    let answer = frames.next(stream).await?;
    ensure!(answer.kind() == SUBACK && answer.body.ends_with(&[qos]), "`{filter}`: {answer:?}");
    Ok(())
}

pub fn put_text(out: &mut BytesMut, text: &str) -> anyhow::Result<()> {
    out.put_u16(u16::try_from(text.len())?);
    out.put_slice(text.as_bytes());
    Ok(())
}

/// A packet with its length.
pub fn packet(first: u8, body: &[u8]) -> BytesMut {
    let mut out = BytesMut::with_capacity(body.len() + 5);
    out.put_u8(first);
    let mut left = body.len();
    loop {
        let byte = (left % 128).to_le_bytes()[0];
        left /= 128;
        if left == 0 {
            out.put_u8(byte);
            break;
        }
        out.put_u8(byte | 0x80);
    }
    out.put_slice(body);
    out
}

/// One packet from the broker.
#[derive(Debug)]
pub struct Frame {
    pub first: u8,
    pub body: Bytes,
}

impl Frame {
    pub fn kind(&self) -> u8 {
        self.first >> 4
    }
}

/// Packets, as bytes come.
#[derive(Debug, Default)]
pub struct Frames(BytesMut);

impl Frames {
    /// A packet that is there already.
    pub fn take(&mut self) -> anyhow::Result<Option<Frame>> {
        let (mut length, mut head) = (0usize, 1);
        loop {
            let Some(byte) = self.0.get(head) else { return Ok(None) };
            length |= usize::from(byte & 0x7f) << (7 * (head - 1));
            head += 1;
            if byte & 0x80 == 0 {
                break;
            }
            if head > 4 {
                bail!("a packet without end");
            }
        }
        if self.0.len() < head + length {
            return Ok(None);
        }
        let mut frame = self.0.split_to(head + length).freeze();
        let first = frame.get_u8();
        frame.advance(head - 1);
        Ok(Some(Frame { first, body: frame }))
    }

    /// Reads more bytes.
    pub async fn read(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<()> {
        self.0.reserve(64 << 10);
        ensure!(stream.read_buf(&mut self.0).await? > 0, "the broker ended the connection");
        Ok(())
    }

    /// The next packet.
    pub async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Frame> {
        loop {
            if let Some(frame) = self.take()? {
                return Ok(frame);
            }
            self.read(stream).await?;
        }
    }
}
