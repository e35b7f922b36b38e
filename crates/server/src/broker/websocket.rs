//! MQTT over WebSocket: the handshake, and a stream of bytes made of binary frames (MQTT 5, section 6).

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_util::{Sink, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::create_response;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use super::client::Client;
use super::doorstep::{Visitor, introduce};
use super::session::Owner;
use super::{Broker, connection};
use crate::http::{Place, Request, Response, TakenOver};

/// Where clients find it (AWS IoT guide, "MQTT over the WebSocket protocol").
pub(super) const PATH: &str = "/mqtt";
const PROTOCOL: &str = "mqtt";
/// What is read at once; each connection has it.
const READ_BYTES: usize = 4 << 10;
/// Bytes in one frame to a client. Frames need not be packets.
const FRAME_BYTES_MAX: usize = 16 << 10;
/// Bytes that a frame may have beside the largest packet: it may hold several.
const FRAME_REST_BYTES_MAX: usize = 128 << 10;

/// Whose request it is.
#[derive(Debug)]
pub(super) enum Guest {
    Known(Owner),
    Visitor(Visitor),
}

/// Answers a request to become a connection of MQTT, which stands on the doorstep with `place` until it is let in.
pub(super) fn upgrade(broker: &Arc<Broker>, guest: Guest, place: Place, request: &Request) -> Response {
    let headers = match handshake(request) {
        Ok(headers) => headers,
        Err(why) => return say(400, &why),
    };
    let largest = broker.limits.packet_bytes_max().saturating_add(FRAME_REST_BYTES_MAX);
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BYTES)
        .write_buffer_size(READ_BYTES)
        .max_write_buffer_size(4 * FRAME_BYTES_MAX)
        .max_message_size(Some(largest))
        .max_frame_size(Some(largest));
    let broker = Arc::clone(broker);
    request.takeover.by(move |TakenOver { stream, read }| async move {
        let socket = WebSocketStream::from_partially_read(stream, read.into(), Role::Server, Some(config));
        let mut framed = Framed { socket: socket.await, rest: Bytes::new() };
        let (patience, stop) = (broker.patience, broker.stop.clone());
        let client = match guest {
            Guest::Known(owner) => Some(Box::new(Client::new(broker, owner))),
            Guest::Visitor(visitor) => introduce(&broker, &mut framed, visitor, &place).await,
        };
        if let Some(client) = client {
            connection::run(framed, Box::new(client.over_websocket()), patience, stop, place).await;
        }
    });
    Response { status: 101, headers, body: Bytes::new(), operation: "Connect" }
}

/// The answer when as many connections wait to be let in as may.
pub(super) fn crowded(broker: &Broker) -> Response {
    broker.metrics.connections_refused.inc();
    say(503, "there are as many MQTT connections that are not let in yet as may be")
}

/// An answer with a few words.
pub(super) fn say(status: u16, message: &str) -> Response {
    Response::json(status, serde_json::json!({ "message": message }).to_string())
}

/// The headers of the answer (RFC 6455, section 4.2).
///
/// # Errors
/// Why it is no handshake.
fn handshake(request: &Request) -> Result<Vec<(&'static str, String)>, String> {
    let mut asked = http::Request::new(());
    *asked.method_mut() = request.method.clone();
    *asked.headers_mut() = request.headers.clone();
    let answer = create_response(&asked).map_err(|error| format!("no WebSocket handshake: {error}"))?;
    let offered = request.headers.get_all("sec-websocket-protocol").iter();
    let mut offered = offered.filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
    if !offered.any(|name| name.trim() == PROTOCOL) {
        return Err(format!("Sec-WebSocket-Protocol must offer `{PROTOCOL}`"));
    }
    let accept = answer.headers().get("sec-websocket-accept").and_then(|value| value.to_str().ok());
    Ok(vec![
        ("connection", "Upgrade".to_owned()),
        ("upgrade", "websocket".to_owned()),
        ("sec-websocket-accept", accept.unwrap_or_default().to_owned()),
        ("sec-websocket-protocol", PROTOCOL.to_owned()),
    ])
}

/// The bytes inside of binary frames.
struct Framed<S> {
    socket: WebSocketStream<S>,
    /// Of the last frame.
    rest: Bytes,
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Framed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if !self.rest.is_empty() {
                let fits = self.rest.len().min(buffer.remaining());
                buffer.put_slice(&self.rest.copy_to_bytes(fits));
                return Poll::Ready(Ok(()));
            }
            match ready!(self.socket.poll_next_unpin(cx)) {
                None => return Poll::Ready(Ok(())),
                Some(Ok(Message::Binary(bytes))) => self.rest = bytes,
                Some(Ok(Message::Text(_))) => {
                    return Poll::Ready(Err(io::Error::other("a text frame (MQTT-6.0.0-1)")));
                }
                // Pings are answered by the socket, and the end is what it says next.
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(failed(error))),
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Framed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(Pin::new(&mut self.socket).poll_ready(cx)).map_err(failed)?;
        let part = bytes.get(..FRAME_BYTES_MAX).unwrap_or(bytes);
        let frame = Message::Binary(Bytes::copy_from_slice(part));
        Pin::new(&mut self.socket).start_send(frame).map_err(failed)?;
        Poll::Ready(Ok(part.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx).map_err(failed)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_close(cx).map_err(failed)
    }
}

fn failed(error: tungstenite::Error) -> io::Error {
    match error {
        tungstenite::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
