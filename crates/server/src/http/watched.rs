//! A connection's stream with deadlines. hyper knows one timeout for heads; here silence between requests, a slow head and an answer
//! that nobody takes are told apart. It also keeps back hyper's own bare answers to what is no request, so that ours can be sent.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::{Instant, Sleep};

use super::framing::HeadScanner;
use super::limits::Limits;

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing came yet.
    New,
    /// Between requests.
    Idle,
    /// A head has begun.
    Head,
    /// The body is being read, which has a deadline of its own.
    Body,
    /// The service has the request.
    Busy,
    /// hyper has the answer.
    Answering,
}

/// What the stream and the code that answers on it tell each other.
#[derive(Debug)]
pub(crate) struct Watch {
    state: Mutex<State>,
    given_up: Notify,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// When the client was last waited for anew.
    since: Instant,
    scanner: HeadScanner,
    /// hyper answered something that was no request, and was kept from saying it.
    is_silenced: bool,
    is_head_slow: bool,
}

impl Watch {
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            phase: Phase::New,
            since: Instant::now(),
            scanner: HeadScanner::default(),
            is_silenced: false,
            is_head_slow: false,
        };
        Arc::new(Self { state: Mutex::new(state), given_up: Notify::new() })
    }

    /// Since when the server waits for the client: for a request or its rest, or for an answer to be taken. None while the
    /// client waits for the server.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        let state = self.state();
        (state.phase != Phase::Busy).then_some(state.since)
    }

    /// Has the connection end, for others need its place.
    pub(super) fn give_up(&self) {
        self.given_up.notify_one();
    }

    /// Ready when the connection has to end.
    pub(crate) async fn is_given_up(&self) {
        self.given_up.notified().await;
    }

    /// A request's head is complete. True when the head had a `Content-Length`.
    pub(super) fn begin(&self) -> bool {
        let mut state = self.state();
        state.enter(Phase::Body);
        std::mem::take(&mut state.scanner).has_length()
    }

    /// The request is complete.
    pub(super) fn serve(&self) {
        self.state().enter(Phase::Busy);
    }

    /// The answer is ready.
    pub(super) fn answer(&self) {
        self.state().enter(Phase::Answering);
    }

    /// Whether hyper met something that was no request.
    pub(super) fn is_silenced(&self) -> bool {
        self.state().is_silenced
    }

    pub(super) fn is_head_slow(&self) -> bool {
        self.state().is_head_slow
    }

    /// Held for moments, by one task.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
    }
}

/// The stream of one connection.
pub(super) struct Watched<S> {
    stream: S,
    watch: Arc<Watch>,
    header_time: Duration,
    answer_time: Duration,
    idle_time: Duration,
    /// For reading while no request is being answered, else for writing.
    timer: Pin<Box<Sleep>>,
    /// Something was written since the last flush that came through.
    is_writing: bool,
    /// The timer runs for writing.
    is_write_timed: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    pub(super) fn new(stream: S, watch: Arc<Watch>, limits: &Limits) -> Self {
        Self {
            stream,
            watch,
            header_time: limits.header_time,
            answer_time: limits.body_time,
            idle_time: limits.idle_time,
            // The first request has to come at once: a connection is not opened to be silent.
            timer: Box::pin(tokio::time::sleep(limits.header_time)),
            is_writing: false,
            is_write_timed: false,
        }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream
    }

    fn arm(&mut self, time: Duration) {
        self.timer.as_mut().reset(Instant::now() + time);
    }

    fn has_run_out(&mut self, cx: &mut Context<'_>) -> bool {
        self.timer.as_mut().poll(cx).is_ready()
    }

    /// Something is to be written. True when hyper must not say it.
    fn begin_write(&mut self, first: &[u8]) -> bool {
        let mut state = self.watch.state();
        let is_unasked = matches!(state.phase, Phase::New | Phase::Idle | Phase::Head);
        // Only when nothing else can be in the same buffer. The phase alone does not tell: with pipelined requests, the end of
        // one answer may be flushed when the next is ready but not yet written.
        if is_unasked && !self.is_writing && is_bare(first) {
            state.is_silenced = true;
            return true;
        }
        drop(state);
        self.is_writing = true;
        false
    }

    /// The other end does not take what it asked for.
    fn pending_write<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if !std::mem::replace(&mut self.is_write_timed, true) {
            self.arm(self.answer_time);
        }
        if self.has_run_out(cx) { Poll::Ready(Err(io::ErrorKind::TimedOut.into())) } else { Poll::Pending }
    }
}

/// Whether an answer was made by hyper. Ours have an id.
fn is_bare(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.") && memchr::memmem::find(answer, b"x-amzn-requestid: ").is_none()
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        let phase = this.watch.state().phase;
        match polled {
            Poll::Ready(Ok(())) => {
                let new = buffer.filled().get(before..).unwrap_or_default();
                if matches!(phase, Phase::New | Phase::Idle | Phase::Head) && !new.is_empty() {
                    let mut state = this.watch.state();
                    // A connection is not opened to be silent: the time of its first head runs from its beginning.
                    match phase {
                        Phase::Idle => state.enter(Phase::Head),
                        _ => state.phase = Phase::Head,
                    }
                    state.scanner.feed(new);
                    drop(state);
                    if phase == Phase::Idle {
                        this.arm(this.header_time);
                    }
                }
                Poll::Ready(Ok(()))
            }
            Poll::Pending if matches!(phase, Phase::New | Phase::Idle | Phase::Head) => {
                if !this.has_run_out(cx) {
                    return Poll::Pending;
                }
                this.watch.state().is_head_slow = phase == Phase::Head;
                Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
            }
            other => other,
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.begin_write(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        match Pin::new(&mut this.stream).poll_write(cx, bytes) {
            Poll::Pending => this.pending_write(cx),
            done => done,
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.begin_write(parts.first().map_or(&[], |part| &**part)) {
            return Poll::Ready(Ok(parts.iter().map(|part| part.len()).sum()));
        }
        match Pin::new(&mut this.stream).poll_write_vectored(cx, parts) {
            Poll::Pending => this.pending_write(cx),
            done => done,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_flush(cx) {
            Poll::Pending => this.pending_write(cx),
            Poll::Ready(Ok(())) => {
                // hyper flushes when its own buffer is empty.
                if std::mem::take(&mut this.is_writing) {
                    this.is_write_timed = false;
                    let mut state = this.watch.state();
                    if matches!(state.phase, Phase::Answering | Phase::Idle) {
                        state.enter(Phase::Idle);
                        drop(state);
                        this.arm(this.idle_time);
                    }
                }
                Poll::Ready(Ok(()))
            }
            failed => failed,
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
