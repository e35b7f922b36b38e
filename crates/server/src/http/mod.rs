//! The HTTP listener: limits, timeouts, TLS, probes, metrics, the graceful stop. It knows nothing of AWS; what answers is a
//! [`Service`].

mod message;

pub(crate) use message::{BoxFuture, Request, RequestId, Response, Service};
