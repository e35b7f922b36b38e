//! The HTTP listener: limits, timeouts, TLS, probes, metrics, the graceful stop. It knows nothing of AWS; what answers is a
//! [`Service`].

mod answer;
mod framing;
mod limits;
mod message;
mod metrics;
mod places;
mod read;
mod refusal;
mod server;
mod stop;
mod takeover;
mod tls;
mod watched;

#[cfg(fuzzing)]
pub use framing::has_length;
pub(crate) use limits::Limits;
#[cfg(any(test, fuzzing))]
pub(crate) use message::RequestId;
pub(crate) use message::{BoxFuture, Request, Response, Service};
pub(crate) use metrics::{Counted, Metrics};
pub(crate) use places::{Place, Places};
pub(crate) use server::{Shared, serve, serve_one};
pub(crate) use stop::{Stop, StopTrigger};
pub(crate) use takeover::TakenOver;
#[cfg(fuzzing)]
pub(crate) use takeover::Takeover;
pub(crate) use tls::{Tls, read_identity};
