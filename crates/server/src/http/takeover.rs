//! Connections that stop speaking HTTP: a service answers 101 and has the bytes from then on.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};

use super::message::BoxFuture;

/// A stream of bytes in both directions.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

/// A connection after the answer.
pub(crate) struct TakenOver {
    pub(crate) stream: Box<dyn Stream>,
    /// What was read beyond the request.
    pub(crate) read: Bytes,
}

/// What goes on with the connection.
type Heir = Box<dyn FnOnce(TakenOver) -> BoxFuture<'static, ()> + Send>;

/// Where a service says what becomes of the connection of a request.
#[derive(Clone, Default)]
pub(crate) struct Takeover(Arc<Mutex<Option<Heir>>>);

impl Takeover {
    /// After an answer of 101, `heir` has the connection. With any other answer it is not called.
    pub(crate) fn by<F>(&self, heir: impl FnOnce(TakenOver) -> F + Send + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let heir: Heir = Box::new(move |taken| Box::pin(heir(taken)));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(heir);
    }

    pub(super) fn is_wanted(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn take(&self) -> Option<Heir> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl fmt::Debug for Takeover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Takeover").field(&self.is_wanted()).finish()
    }
}
