//! The bytes of one connection, between TLS and its client.
//!
//! Most devices are idle, so a connection keeps no room for bytes that are not there: what comes is read into the stack of
//! the thread, and buffers go when they are empty.

use std::future::{Future as _, poll_fn};
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::{Instant, sleep_until, timeout};

use thingwarden_mqtt::PeerError;

use super::client::Client;
use super::end::End;
use crate::http::{BoxFuture, Place, Stop};

/// What is read at once, at most.
pub(super) const READ_BYTES: usize = 8 << 10;
/// How long a client that is being cut off has to take the last bytes.
const FAREWELL_TIME_MAX: Duration = Duration::from_secs(2);

/// Serves a client until it goes, or has to. Stream and client are in boxes where they are large, since what is handed to a
/// future stays part of it. The client has `connect_time` to say CONNECT, and its place on the doorstep until then.
pub(super) async fn run<S>(
    stream: S,
    mut client: Box<Client>,
    connect_time: Duration,
    stop: Stop,
    doorstep: Place,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut doorstep = Some(doorstep);
    let (mut reader, mut writer) = tokio::io::split(stream);
    let wake = client.wake();
    let mut stopping = pin!(stop.wait());
    let mut output = BytesMut::new();
    let mut unflushed = false;
    let mut heard_at = Instant::now();
    let mut silence = pin!(sleep_until(heard_at + connect_time));
    let mut time_over = pin!(tokio::time::sleep(client.time_left().0));
    let mut renewal = client.renewal();
    let (mut pace_in, mut pace_out) = (client.pace(), client.pace());
    let end = loop {
        if output.is_empty() {
            output = std::mem::take(client.output());
        }
        if client.input().is_empty() {
            *client.input() = BytesMut::new();
        }
        let (may_come, may_go) = (!pace_in.is_paused(), pace_out.piece());
        let is_behind = client.output().len() > READ_BYTES || client.is_busy();
        let step = tokio::select! {
            () = &mut stopping => Err(End::Stopping),
            () = &mut time_over => match client.time_left() {
                (Duration::ZERO, over) => Err(over()),
                // The machine's clock was set back meanwhile.
                (left, _) => {
                    time_over.set(tokio::time::sleep(left));
                    Ok(())
                }
            },
            () = makes_room(doorstep.as_ref()) => Err(End::Crowded),
            () = wake.woken() => client.proceed(),
            () = renewed(renewal.as_mut()) => {
                renewal = None;
                Ok(())
            }
            () = pace_in.goes_on(), if !may_come => Ok(()),
            () = pace_out.goes_on(), if may_go == 0 => Ok(()),
            read = read(&mut reader, client.input()), if !is_behind && may_come => match read {
                Ok(0) | Err(_) => Err(End::Lost),
                Ok(bytes) => {
                    pace_in.passed(bytes);
                    // Whoever is not let in yet gains no time with single bytes.
                    if client.is_open() {
                        heard_at = Instant::now();
                    }
                    client.proceed()
                }
            },
            sent = send(&mut writer, &mut output, may_go),
                if unflushed || (may_go > 0 && !output.is_empty()) => match sent {
                Ok(Sent::Some(bytes)) => {
                    pace_out.passed(bytes);
                    unflushed = true;
                    client.proceed()
                }
                Ok(Sent::All) => {
                    unflushed = false;
                    Ok(())
                }
                Err(_) => Err(End::Lost),
            },
            () = &mut silence => {
                // The clock is looked at when it rings, not set anew with each packet.
                let max = if client.is_open() { client.silence_max() } else { connect_time };
                if heard_at.elapsed() >= max {
                    Err(End::Peer(PeerError::KeepAlive))
                } else {
                    silence.as_mut().reset(heard_at + max);
                    Ok(())
                }
            }
        };
        if let Err(end) = step {
            break end;
        }
        if client.is_open() {
            doorstep = None;
        }
    };
    client.leave(&end);
    if matches!(end, End::Lost) {
        return;
    }
    output.unsplit(client.output().split());
    let mut farewell = pin!(say_farewell(&mut writer, &output));
    let is_said = poll_fn(|cx| Poll::Ready(farewell.as_mut().poll(cx).is_ready())).await;
    if !is_said {
        // Whoever waits for the end of this connection does not wait for who takes no bytes.
        drop(client);
        farewell.await;
    }
}

/// Sends the last bytes, for a while.
pub(super) async fn say_farewell<W: AsyncWrite + Unpin>(writer: &mut W, output: &[u8]) {
    let farewell = async {
        writer.write_all(output).await?;
        writer.flush().await?;
        writer.shutdown().await
    };
    let _ = timeout(FAREWELL_TIME_MAX, farewell).await;
}

/// Ready when an authorizer vouches for the client no more; never for who needs none.
async fn renewed(renewal: Option<&mut BoxFuture<'static, ()>>) {
    match renewal {
        Some(renewal) => renewal.await,
        None => std::future::pending().await,
    }
}

/// Ready when somebody else needs the place; never for who is let in.
async fn makes_room(doorstep: Option<&Place>) {
    match doorstep {
        Some(place) => place.watch().is_given_up().await,
        None => std::future::pending().await,
    }
}

/// Appends what has come; 0 is the end.
pub(super) async fn read<R: AsyncRead + Unpin>(
    reader: &mut R,
    input: &mut BytesMut,
) -> std::io::Result<usize> {
    poll_fn(|cx| {
        let mut room = [MaybeUninit::uninit(); READ_BYTES];
        let mut came = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut *reader).poll_read(cx, &mut came))?;
        input.extend_from_slice(came.filled());
        Poll::Ready(Ok(came.filled().len()))
    })
    .await
}

/// How far sending has come.
enum Sent {
    /// So many bytes were taken.
    Some(usize),
    /// Everything that was taken has left.
    All,
}

/// Sends some of the output; when there is none, or may be none, makes sure that what was taken leaves. Nothing is lost when it is given up.
async fn send<W: AsyncWrite + Unpin>(
    writer: &mut W,
    output: &mut BytesMut,
    at_most: usize,
) -> std::io::Result<Sent> {
    if output.is_empty() || at_most == 0 {
        writer.flush().await?;
        return Ok(Sent::All);
    }
    match writer.write_buf(&mut output.take(at_most)).await? {
        0 => Err(std::io::ErrorKind::WriteZero.into()),
        bytes => Ok(Sent::Some(bytes)),
    }
}
