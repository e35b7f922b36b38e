//! What the listener hands to the service and takes from it: plain values, complete in memory.

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use thingwarden_engine::time::Timestamp;

use super::takeover::Takeover;

/// A future that a trait object can give.
pub(crate) type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What answers requests. The listener has done everything that HTTP asks for; nothing of the request is trusted.
pub(crate) trait Service: Send + Sync + 'static {
    /// Answers one request. The future is dropped when the client goes away, and a panic in it becomes an answer of 500.
    fn call(&self, request: Request) -> BoxFuture<'_, Response>;

    /// Whether requests can be answered now; `/readyz` says so.
    fn is_ready(&self) -> bool;
}

/// One request, its body within the limits and complete.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    /// As sent, percent-encoding untouched; starts with `/`, or is `*`.
    pub(crate) path: String,
    /// As sent, without the question mark; empty when there is none.
    pub(crate) query: String,
    /// Values of one name are in the order sent. There is exactly one `host` (none only in HTTP/1.0).
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The other end of the connection.
    pub(crate) peer: SocketAddr,
    /// Whether the connection is encrypted.
    pub(crate) secure: bool,
    /// Goes into the answer's `x-amzn-RequestId` and into every log line and trail entry about this request.
    pub(crate) id: RequestId,
    /// When the head was complete.
    pub(crate) received: Timestamp,
    /// For whoever answers 101.
    pub(crate) takeover: Takeover,
}

/// One answer. The listener adds `x-amzn-RequestId`, `Date`, `Content-Length`, and `Content-Type: application/json` when
/// `headers` has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Response {
    /// HTTP status, 200 to 599; or 101 when the request's [`Takeover`] says what comes then.
    pub(crate) status: u16,
    /// Names in any case; a value that HTTP cannot carry makes the answer a 500.
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// What was asked for, as logs and metrics name it: `CreateThing`. Empty when that is not known. Never text of the
    /// request, or else a client could make metrics grow without end.
    pub(crate) operation: &'static str,
}

impl Response {
    /// An answer with a body of JSON.
    pub(crate) fn json(status: u16, body: impl Into<Bytes>) -> Self {
        Self { status, headers: vec![], body: body.into(), operation: "" }
    }
}

/// A random UUID as text, cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct RequestId(Arc<str>);

impl RequestId {
    /// A new one, unlike all others.
    pub(crate) fn random() -> Self {
        // An id that repeats does less harm than a server that does not answer.
        Self(
            crate::random::uuid().unwrap_or_else(|| "00000000-0000-4000-8000-000000000000".to_owned()).into(),
        )
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<RequestId> for Arc<str> {
    fn from(id: RequestId) -> Self {
        id.0
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
