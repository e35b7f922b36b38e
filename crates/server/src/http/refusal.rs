//! Requests that the listener does not let through, and what their clients are told.

use bytes::Bytes;
use thingwarden_wire::error::ERROR_TYPE_HEADER;

use super::message::{RequestId, Response};

/// Why a request does not reach the service.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("the request is not HTTP/1.1: {0}")]
    Malformed(String),
    #[error("the request line and headers are longer than {bytes} bytes, or more than {count} headers")]
    HeadTooLarge { bytes: usize, count: usize },
    #[error("the request's headers did not arrive within {0} seconds")]
    HeadSlow(u64),
    #[error("the request has no Host header")]
    HostMissing,
    #[error("the request has more than one Host header")]
    HostRepeated,
    #[error("the Host header is not a host with an optional port")]
    HostInvalid,
    #[error("CONNECT is not served here")]
    Connect,
    #[error("the request has both Content-Length and Transfer-Encoding")]
    LengthsConflict,
    #[error("of transfer encodings, only `chunked` is served")]
    Encoding,
    #[error("the request's body is longer than {0} bytes")]
    BodyTooLarge(usize),
    #[error("the request's body did not arrive within {0} seconds")]
    BodySlow(u64),
    #[error("the request's body could not be read: {0}")]
    BodyBroken(String),
    #[error("too many requests with large bodies, try again")]
    Memory,
    #[error("too many connections, try again")]
    Connections,
    #[error("only GET and HEAD are served here")]
    ProbeMethod,
    #[error("the server failed; its log has more under the request id")]
    Failed,
}

impl Refusal {
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Malformed(_)
            | Self::HostMissing
            | Self::HostRepeated
            | Self::HostInvalid
            | Self::LengthsConflict
            | Self::BodyBroken(_) => 400,
            Self::Connect | Self::ProbeMethod => 405,
            Self::HeadSlow(_) | Self::BodySlow(_) => 408,
            Self::BodyTooLarge(_) => 413,
            Self::HeadTooLarge { .. } => 431,
            Self::Failed => 500,
            Self::Encoding => 501,
            Self::Memory | Self::Connections => 503,
        }
    }

    /// The error's name, as SDKs take it.
    fn code(&self) -> &'static str {
        match self.status() {
            405 => "MethodNotAllowedException",
            408 => "RequestTimeoutException",
            413 => "RequestEntityTooLargeException",
            500 => "InternalFailureException",
            501 => "NotImplementedException",
            503 => "ServiceUnavailableException",
            _ => "InvalidRequestException",
        }
    }

    /// Whether what follows on the connection cannot be trusted to be a request.
    pub(super) fn closes(&self) -> bool {
        !matches!(self, Self::ProbeMethod | Self::Failed)
    }

    pub(super) fn response(&self) -> Response {
        let body = serde_json::json!({ "__type": self.code(), "message": self.to_string() });
        let mut response = Response::json(self.status(), body.to_string());
        response.headers.push((ERROR_TYPE_HEADER, self.code().to_owned()));
        match self {
            Self::ProbeMethod => response.headers.push(("allow", "GET, HEAD".to_owned())),
            Self::Memory | Self::Connections => response.headers.push(("retry-after", "1".to_owned())),
            _ => {}
        }
        response
    }

    /// The answer as bytes, for when there is no request that hyper could answer.
    pub(super) fn bytes(&self, id: &RequestId) -> Bytes {
        let response = self.response();
        let status = http::StatusCode::from_u16(response.status).unwrap_or(http::StatusCode::BAD_REQUEST);
        let date = crate::clock::http_date();
        let mut text =
            format!("HTTP/1.1 {status}\r\nx-amzn-requestid: {id}\r\ncontent-type: application/json\r\n");
        for (name, value) in &response.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!(
            "content-length: {}\r\nconnection: close\r\ndate: {date}\r\n\r\n",
            response.body.len()
        ));
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&response.body);
        bytes.into()
    }
}
