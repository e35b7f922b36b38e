//! Connections: a name is resolved, its addresses are checked, then one of them is connected to.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http::uri::Scheme;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls_pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::addresses::AddressRules;

/// For one address to answer.
const CONNECT_TIME_MAX: Duration = Duration::from_secs(5);
/// For a name to be resolved, a connection to be made and TLS to be agreed on.
const TIME_MAX: Duration = Duration::from_secs(15);
/// Names that are looked up at a time. Each costs a thread while it lasts, because the system's resolver blocks.
const LOOKUPS_MAX: usize = 64;
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 4;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(super) enum ConnectError {
    #[error(
        "`{host}` is at {address}, which is no public address and not in `notifications.allowed_networks`"
    )]
    Refused { host: String, address: IpAddr },
    #[error("`{0}` is this server itself")]
    Ourselves(String),
    #[error("`{host}` has no address: {why}")]
    NoAddress { host: String, why: String },
    #[error("`{host}` cannot be connected to: {why}")]
    Unreachable { host: String, why: String },
    #[error("TLS with `{host}` failed: {why}")]
    Tls { host: String, why: String },
}

/// Makes connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connector(Arc<Inner>);

struct Inner {
    /// None where the operator chose whom to connect to.
    rules: Option<AddressRules>,
    /// Where this server listens: never connected to when the operator chose, since a server that publishes to itself does
    /// so for ever.
    listening: Option<SocketAddr>,
    tls: TlsConnector,
    lookups: Arc<Semaphore>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").field("rules", &self.0.rules).finish_non_exhaustive()
    }
}

impl Connector {
    /// Connects to what `rules` permit.
    pub(super) fn checked(rules: AddressRules, tls: TlsConnector) -> Self {
        Self::new(Some(rules), None, tls)
    }

    /// Connects to everything but to `listening`.
    pub(super) fn unchecked(listening: SocketAddr, tls: TlsConnector) -> Self {
        Self::new(None, Some(listening), tls)
    }

    /// A connection for a protocol other than HTTP.
    pub(super) async fn open(&self, host: &str, port: u16, with_tls: bool) -> Result<Stream, ConnectError> {
        within(host, self.0.open(host, port, with_tls)).await
    }

    /// The addresses of a name, all of which may be sent to.
    pub(super) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        within(host, self.0.checked_addresses(host, port)).await
    }

    fn new(rules: Option<AddressRules>, listening: Option<SocketAddr>, tls: TlsConnector) -> Self {
        let lookups = Arc::new(Semaphore::new(LOOKUPS_MAX));
        Self(Arc::new(Inner { rules, listening, tls, lookups }))
    }
}

impl Inner {
    async fn connect(&self, uri: &Uri) -> Result<Stream, ConnectError> {
        let host = uri.host().unwrap_or_default();
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let is_https = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_https { 443 } else { 80 });
        self.open(host, port, is_https).await
    }

    async fn open(&self, host: &str, port: u16, with_tls: bool) -> Result<Stream, ConnectError> {
        let addresses = self.checked_addresses(host, port).await?;
        let stream = self.connect_to_one(host, &addresses).await?;
        if !with_tls {
            return Ok(Stream(Box::pin(stream)));
        }
        let tls = |why: String| ConnectError::Tls { host: host.to_owned(), why };
        let name = ServerName::try_from(host.to_owned()).map_err(|error| tls(error.to_string()))?;
        let stream = self.tls.connect(name, stream).await.map_err(|error| tls(error.to_string()))?;
        Ok(Stream(Box::pin(stream)))
    }

    async fn checked_addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        let addresses = self.resolve(host, port).await?;
        let refused =
            self.rules.as_ref().and_then(|rules| rules.refused(addresses.iter().map(SocketAddr::ip)));
        match refused {
            Some(address) => Err(ConnectError::Refused { host: host.to_owned(), address }),
            None => Ok(addresses),
        }
    }

    async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, ConnectError> {
        if let Ok(address) = host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(address, port)]);
        }
        let no_address = |why: String| ConnectError::NoAddress { host: host.to_owned(), why };
        // Threads of our own: the runtime's are few, and requests need them.
        let place = Arc::clone(&self.lookups).acquire_owned().await;
        let (answer, answered) = oneshot::channel();
        let name = host.to_owned();
        let started = std::thread::Builder::new().name("resolver".to_owned()).spawn(move || {
            let found = (name.as_str(), port).to_socket_addrs();
            let _ = answer.send(found.map(|all| all.take(ADDRESSES_MAX).collect::<Vec<_>>()));
            drop(place);
        });
        started.map_err(|error| no_address(error.to_string()))?;
        match answered.await {
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(Err(error)) => Err(no_address(error.to_string())),
            Ok(Ok(_)) | Err(_) => Err(no_address("the resolver knows none".to_owned())),
        }
    }

    /// The first address that answers.
    async fn connect_to_one(&self, host: &str, addresses: &[SocketAddr]) -> Result<TcpStream, ConnectError> {
        let mut why = String::new();
        for address in addresses {
            match timeout(CONNECT_TIME_MAX, TcpStream::connect(address)).await {
                Ok(Ok(stream)) if self.is_ours(&stream) => {
                    return Err(ConnectError::Ourselves(host.to_owned()));
                }
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => why = error.to_string(),
                Err(_) => why = format!("no answer within {} seconds", CONNECT_TIME_MAX.as_secs()),
            }
        }
        Err(ConnectError::Unreachable { host: host.to_owned(), why })
    }

    /// Whether the other end is our own listener: on this machine, and at its port.
    fn is_ours(&self, stream: &TcpStream) -> bool {
        let Some(listening) = self.listening else { return false };
        let (Ok(here), Ok(there)) = (stream.local_addr(), stream.peer_addr()) else { return false };
        let [here_ip, there_ip, listens_at] =
            [here, there, listening].map(|address| address.ip().to_canonical());
        let is_here = there_ip == listens_at || (listens_at.is_unspecified() && here_ip == there_ip);
        there.port() == listening.port() && is_here
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<Stream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            within(uri.host().unwrap_or_default(), inner.connect(&uri)).await.map(TokioIo::new)
        })
    }
}

async fn within<T>(
    host: &str,
    work: impl Future<Output = Result<T, ConnectError>>,
) -> Result<T, ConnectError> {
    timeout(TIME_MAX, work).await.unwrap_or_else(|_| {
        let why = format!("no connection within {} seconds", TIME_MAX.as_secs());
        Err(ConnectError::Unreachable { host: host.to_owned(), why })
    })
}

/// The connection error behind an error of the client.
pub(super) fn cause<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e ConnectError> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

trait Io: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Io for T {}

/// A connection, with TLS or without.
pub(super) struct Stream(Pin<Box<dyn Io>>);

impl Connection for Stream {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.0.as_mut().poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(cx)
    }
}
