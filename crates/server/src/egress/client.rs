//! The client: one request out, one bounded answer back.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::{Bytes, BytesMut};
use http::header::{AUTHORIZATION, LOCATION, USER_AGENT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::TlsConnector;

use super::addresses::AddressRules;
use super::connect::{self, ConnectError, Connector};
use super::url::Url;
use crate::clock;

/// Bytes of an answer that are read, unless somebody expects more.
const BODY_BYTES_MAX: usize = 64 << 10;
/// Bytes of the head of an answer.
const HEAD_BYTES_MAX: usize = 64 << 10;
const HEADERS_MAX: usize = 100;
const REDIRECTS_MAX: u32 = 3;
/// Connections that wait for the next request to the same host, and how long.
const IDLE_MAX: usize = 4;
const IDLE_TIME_MAX: Duration = Duration::from_secs(10);
/// What requests are from, unless they say something else.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("thingwarden/", env!("CARGO_PKG_VERSION")));

/// Who says where a request goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ChosenBy {
    /// Somebody who uses the API, or an answer: every address is checked, redirects 307 and 308 are followed a little.
    Caller,
    /// The configuration or the environment: any address but this server's own; redirects are not followed.
    Operator,
}

/// A request to send.
#[derive(Clone, Debug)]
pub(crate) struct OutRequest {
    pub(crate) method: Method,
    /// `http` or `https`; a name and a password in it are sent as Basic authentication.
    pub(crate) url: String,
    /// Beside `host`, `content-length` and, unless given, `user-agent`. What is marked as sensitive is not sent on to the
    /// target of a redirect.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// From resolving the name to the last byte of the answer, redirects included.
    pub(crate) timeout: Duration,
    pub(crate) chosen_by: ChosenBy,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub(crate) struct OutResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// At most 64 KiB, or what [`Client::expecting`] says.
    pub(crate) body: Bytes,
    /// Whether `body` is all of it: false when there was more, or no more came in time.
    pub(crate) is_whole: bool,
}

/// Why there is no answer. The texts are fit for logs and for whoever made the subscription.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// Nothing can be sent to such a URL.
    #[error("{0}")]
    Url(&'static str),
    /// The address is not allowed.
    #[error("{0}")]
    Refused(String),
    #[error("more than {REDIRECTS_MAX} redirects")]
    Redirects,
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// There is no connection, or it broke.
    #[error("{0}")]
    Failed(String),
    /// The request cannot be signed: there are no credentials.
    #[error("{0}")]
    NoCredentials(String),
}

impl SendError {
    /// Whether the same request will fail for the same reason until somebody changes something.
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::Url(_) | Self::Refused(_) | Self::Redirects)
    }
}

/// Sends requests. Cheap to clone; connections are kept for the next request.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    checked: HyperClient<Connector, Full<Bytes>>,
    unchecked: HyperClient<Connector, Full<Bytes>>,
    /// For what is not HTTP.
    connector: Connector,
    body_bytes_max: usize,
}

impl Client {
    /// With the system's trust anchors and those in `ca_bundle`, certificates in PEM. `listening` is where this server's API
    /// is.
    ///
    /// # Errors
    /// When `ca_bundle` cannot be read or has no certificate.
    pub(crate) fn new(
        rules: AddressRules,
        ca_bundle: Option<&Path>,
        listening: SocketAddr,
    ) -> anyhow::Result<Self> {
        let tls = TlsConnector::from(Arc::new(tls(ca_bundle)?));
        let client = |connector| {
            HyperClient::builder(TokioExecutor::new())
                .pool_timer(TokioTimer::new())
                .pool_idle_timeout(IDLE_TIME_MAX)
                .pool_max_idle_per_host(IDLE_MAX)
                .http1_max_buf_size(HEAD_BYTES_MAX)
                .http1_max_headers(HEADERS_MAX)
                .build(connector)
        };
        let connector = Connector::checked(rules, tls.clone());
        Ok(Self {
            checked: client(connector.clone()),
            connector,
            unchecked: client(Connector::unchecked(listening, tls)),
            body_bytes_max: BODY_BYTES_MAX,
        })
    }

    /// Reads answers up to so many bytes.
    pub(crate) fn expecting(self, body_bytes_max: usize) -> Self {
        Self { body_bytes_max, ..self }
    }

    /// A connection for another protocol than HTTP, to an address that is checked as [`ChosenBy::Caller`] has it.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) async fn stream(
        &self,
        host: &str,
        port: u16,
        with_tls: bool,
    ) -> Result<impl AsyncRead + AsyncWrite + Send + Unpin + use<>, SendError> {
        self.connector.open(host, port, with_tls).await.map_err(SendError::from)
    }

    /// The addresses of a name, for datagrams; all of them are checked as [`ChosenBy::Caller`] has it.
    ///
    /// # Errors
    /// When there are none.
    pub(crate) async fn addresses(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, SendError> {
        self.connector.addresses(host, port).await.map_err(SendError::from)
    }

    /// Sends a request and reads the answer.
    ///
    /// # Errors
    /// When there is no answer; see [`SendError`].
    pub(crate) async fn send(&self, request: &OutRequest) -> Result<OutResponse, SendError> {
        let deadline = Instant::from_std(clock::stopwatch()) + request.timeout;
        let first = Url::parse(&request.url).map_err(SendError::Url)?;
        let mut url = first.clone();
        let mut followed = 0;
        loop {
            let out = built(request, &url, &first)?;
            let client = match request.chosen_by {
                ChosenBy::Caller => &self.checked,
                ChosenBy::Operator => &self.unchecked,
            };
            let response = timeout_at(deadline, client.request(out)).await;
            let response = response.map_err(|_| SendError::TimedOut(request.timeout))?.map_err(failed)?;
            let location = match request.chosen_by {
                ChosenBy::Caller => redirect(&response),
                ChosenBy::Operator => None,
            };
            let Some(location) = location else {
                return Ok(read(response, self.body_bytes_max, deadline).await);
            };
            followed += 1;
            if followed > REDIRECTS_MAX {
                return Err(SendError::Redirects);
            }
            url = url.redirected(location).map_err(SendError::Url)?;
        }
    }
}

/// Where a redirect that keeps method and body leads.
fn redirect(response: &Response<Incoming>) -> Option<&str> {
    let is_redirect =
        matches!(response.status(), StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT);
    response.headers().get(LOCATION).filter(|_| is_redirect)?.to_str().ok()
}

/// The request as it goes to `url`; headers that are marked as sensitive go to the origin of `first` alone.
fn built(request: &OutRequest, url: &Url, first: &Url) -> Result<Request<Full<Bytes>>, SendError> {
    let mut out = Request::new(Full::new(request.body.clone()));
    *out.method_mut() = request.method.clone();
    *out.uri_mut() = url.uri.clone();
    *out.headers_mut() = request.headers.clone();
    out.headers_mut().entry(USER_AGENT).or_insert(AGENT);
    if !url.has_origin_of(first) {
        let all = std::mem::take(out.headers_mut());
        let mut name = None;
        // Of a name that comes several times, the first is said alone.
        for (next, value) in all {
            name = next.or(name);
            if let Some(name) = name.clone().filter(|_| !value.is_sensitive()) {
                out.headers_mut().append(name, value);
            }
        }
    }
    if let Some(user) = &url.user {
        let user = percent_encoding::percent_decode_str(user).collect::<Vec<u8>>();
        let basic = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(user)));
        let mut basic = basic.map_err(|_| SendError::Url("the URL has an unusable name or password"))?;
        basic.set_sensitive(true);
        out.headers_mut().insert(AUTHORIZATION, basic);
    }
    Ok(out)
}

/// The status is the answer; what cannot be read of the body is left out.
async fn read(response: Response<Incoming>, body_bytes_max: usize, deadline: Instant) -> OutResponse {
    let (head, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let mut is_whole = false;
    while let Ok(frame) = timeout_at(deadline, incoming.frame()).await {
        let Some(frame) = frame else {
            is_whole = true;
            break;
        };
        let Ok(frame) = frame else { break };
        let Ok(bytes) = frame.into_data() else { continue };
        let room = body_bytes_max.saturating_sub(body.len());
        body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        if bytes.len() > room {
            break;
        }
    }
    OutResponse { status: head.status, headers: head.headers, body: body.freeze(), is_whole }
}

impl From<&ConnectError> for SendError {
    fn from(error: &ConnectError) -> Self {
        match error {
            ConnectError::Refused { .. } | ConnectError::Ourselves(_) => Self::Refused(error.to_string()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<ConnectError> for SendError {
    fn from(error: ConnectError) -> Self {
        Self::from(&error)
    }
}

fn failed(error: hyper_util::client::legacy::Error) -> SendError {
    match connect::cause(&error) {
        Some(known) => known.into(),
        None => {
            let causes = std::iter::successors(std::error::Error::source(&error), |error| error.source());
            let text: Vec<String> = causes.map(ToString::to_string).collect();
            SendError::Failed(format!("the connection failed: {}", text.join(": ")))
        }
    }
}

fn tls(ca_bundle: Option<&Path>) -> anyhow::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let system = rustls_native_certs::load_native_certs();
    for error in system.errors {
        tracing::debug!(%error, "a trust anchor of the system cannot be read");
    }
    let (added, _) = roots.add_parsable_certificates(system.certs);
    if added == 0 {
        tracing::warn!("the system has no trust anchors: `https` endpoints need `notifications.ca_bundle`");
    }
    if let Some(path) = ca_bundle {
        let name = || format!("`notifications.ca_bundle`: `{}`", path.display());
        let bundle: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).with_context(name)?.collect();
        let (added, bad) = roots.add_parsable_certificates(bundle.with_context(name)?);
        ensure!(added > 0 && bad == 0, "{}: {added} usable certificates, {bad} others", name());
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .context("TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}
