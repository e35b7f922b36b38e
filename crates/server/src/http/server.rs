//! Connections: accepted up to a limit, encrypted when asked for, ended in time.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

use super::answer::{Client, answer};
use super::limits::{
    ACCEPT_PAUSE, BODIES_BYTES_MAX, BUFFER_BYTES_MIN, FAREWELL_TIME_MAX, FAREWELLS_MAX, Limits, STOP_TIME_MAX,
};
use super::message::{BoxFuture, RequestId, Service};
use super::metrics::{Counted, Metrics};
use super::places::{Place, Places};
use super::read;
use super::refusal::Refusal;
use super::stop::Stop;
use super::takeover::{TakenOver, Takeover};
use super::tls::Tls;
use super::watched::{Watch, Watched};

/// What all connections share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(super) service: Arc<dyn Service>,
    pub(super) limits: Limits,
    pub(super) metrics: Metrics,
    pub(super) stop: Stop,
    /// For bodies.
    pub(super) memory: Arc<Semaphore>,
    /// Whether `/healthz`, `/readyz` and `/metrics` are answered.
    pub(super) has_probes: bool,
}

impl Shared {
    pub(crate) fn new(service: Arc<dyn Service>, limits: Limits, metrics: Metrics, stop: Stop) -> Self {
        Self { service, limits, metrics, stop, memory: read::memory(BODIES_BYTES_MAX), has_probes: true }
    }

    /// The same for connections that another service answers, and which are told nothing about the process.
    pub(crate) fn of(&self, service: Arc<dyn Service>) -> Self {
        Self { service, has_probes: false, ..self.clone() }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("limits", &self.limits).finish_non_exhaustive()
    }
}

/// Serves until it is time to stop, and then until what is in flight is answered, or [`STOP_TIME_MAX`] is over.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Arc<Tls>>, shared: Shared) {
    let places = Places::new(shared.limits.connections);
    let farewells = Arc::new(Semaphore::new(FAREWELLS_MAX));
    let mut stopping = pin!(shared.stop.clone().wait());
    let shared = Arc::new(shared);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut stopping => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        // Answers are written whole; there is nothing to wait for.
        let _ = stream.set_nodelay(true);
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        if let Some(place) = places.try_take() {
            tokio::spawn(open(shared, tls, stream, peer, place));
        } else if places.make_room(Instant::now()) {
            let places = places.clone();
            tokio::spawn(async move {
                if let Some(place) = places.take().await {
                    open(shared, tls, stream, peer, place).await;
                }
            });
        } else {
            shared.metrics.connections_refused.inc();
            if let (None, Ok(slot)) = (&tls, Arc::clone(&farewells).try_acquire_owned()) {
                tokio::spawn(async move {
                    farewell(stream, &Refusal::Connections).await;
                    drop(slot);
                });
            }
        }
    }
    drop(listener);
    if !places.all_left(STOP_TIME_MAX).await {
        tracing::warn!(
            requests = shared.metrics.in_flight.get(),
            "stopping before all requests are answered"
        );
    }
}

async fn open(shared: Arc<Shared>, tls: Option<Arc<Tls>>, stream: TcpStream, peer: SocketAddr, place: Place) {
    let counted = Counted::new(&shared.metrics.connections);
    let watch = place.watch();
    let Some(tls) = tls else {
        let taken = connection(&shared, stream, peer, false, watch).await;
        drop((place, counted));
        return go_on(taken).await;
    };
    let handshake = timeout(shared.limits.header_time, tls.acceptor().accept(stream));
    let shaken = tokio::select! {
        () = shared.stop.clone().wait() => return,
        () = watch.is_given_up() => return,
        shaken = handshake => shaken,
    };
    match shaken {
        Ok(Ok(stream)) => {
            let taken = connection(&shared, stream, peer, true, watch).await;
            // Whoever has taken it over has places of its own.
            drop((place, counted));
            go_on(taken).await;
        }
        Ok(Err(error)) => {
            shared.metrics.handshakes_failed.inc();
            tracing::debug!(%peer, %error, "TLS handshake failed");
        }
        Err(_) => {
            shared.metrics.handshakes_failed.inc();
            tracing::debug!(%peer, "TLS handshake took too long");
        }
    }
}

/// Serves one connection that somebody else has accepted and encrypted, and watches.
pub(crate) async fn serve_one<S>(shared: Shared, stream: S, peer: SocketAddr, watch: &Arc<Watch>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    go_on(connection(&Arc::new(shared), stream, peer, true, watch).await).await;
}

async fn go_on(taken: Option<BoxFuture<'static, ()>>) {
    if let Some(taken) = taken {
        taken.await;
    }
}

/// Serves a connection to its end, or until somebody takes it over: that is what it gives then.
async fn connection<S>(
    shared: &Arc<Shared>,
    stream: S,
    peer: SocketAddr,
    secure: bool,
    watch: &Arc<Watch>,
) -> Option<BoxFuture<'static, ()>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let limits = &shared.limits;
    let takeover = Takeover::default();
    let client = Client { peer, secure, watch: Arc::clone(watch), takeover: takeover.clone() };
    let service = service_fn(|request| {
        let answered = answer(Arc::clone(shared), client.clone(), request);
        Box::pin(async move { Ok::<_, Infallible>(answered.await) })
    });
    let stream = TokioIo::new(Watched::new(stream, Arc::clone(watch), limits));
    let mut connection = http1::Builder::new()
        .header_read_timeout(None::<Duration>)
        .max_headers(limits.header_count)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(BUFFER_BYTES_MIN))
        .serve_connection(stream, service);
    let mut stopping = pin!(shared.stop.clone().wait());
    let mut given_up = pin!(watch.is_given_up());
    let mut is_stopping = false;
    let ended = poll_fn(|cx| {
        if given_up.as_mut().poll(cx) == Poll::Ready(()) {
            return Poll::Ready(None);
        }
        if !is_stopping && stopping.as_mut().poll(cx) == Poll::Ready(()) {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(cx).map(Some)
    })
    .await?;
    let parts = connection.into_parts();
    let stream = parts.io.into_inner().into_inner();
    if let Some(heir) = takeover.take().filter(|_| ended.is_ok()) {
        return Some(heir(TakenOver { stream: Box::new(stream), read: parts.read_buf }));
    }
    match refusal_for(&ended, watch, limits) {
        Some(refusal) => {
            tracing::debug!(%peer, status = refusal.status(), %refusal, "refused");
            shared.metrics.refused(refusal.status());
            farewell(stream, &refusal).await;
        }
        None => close(stream).await,
    }
    None
}

/// What is still to be said on a connection that ended in the middle of a head.
fn refusal_for(ended: &hyper::Result<()>, watch: &Watch, limits: &Limits) -> Option<Refusal> {
    let error = ended.as_ref().err()?;
    if watch.is_head_slow() {
        return Some(Refusal::HeadSlow(limits.header_time.as_secs()));
    }
    // To the first words of HTTP/2, hyper has no answer of its own that could have been kept back.
    if !watch.is_silenced() && !error.is_parse_version_h2() {
        return None;
    }
    if error.is_parse_too_large() {
        return Some(Refusal::HeadTooLarge { bytes: limits.header_bytes, count: limits.header_count });
    }
    Some(Refusal::Malformed(error.to_string()))
}

/// Says why, and gives the other end the time to read it: closing while it still sends would tear the answer away from it.
async fn farewell<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S, refusal: &Refusal) {
    let id = RequestId::random();
    let talk = async {
        stream.write_all(&refusal.bytes(&id)).await?;
        stream.shutdown().await?;
        let mut ignored = [0; 4096];
        while stream.read(&mut ignored).await? > 0 {}
        std::io::Result::Ok(())
    };
    let _ = timeout(FAREWELL_TIME_MAX, talk).await;
}

async fn close<S: AsyncWrite + Unpin>(mut stream: S) {
    let _ = timeout(FAREWELL_TIME_MAX, stream.shutdown()).await;
}
