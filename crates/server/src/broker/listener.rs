//! Where devices knock: connections up to a limit, handshakes in time, and who gets in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;

use super::admission::Refused;
use super::client::Client;
use super::device_http::DeviceHttp;
use super::doorstep::{Visitor, introduce, overhear};
use super::protocols::Protocol;
use super::rights::Peer;
use super::session::Owner;
use super::tls::{CERTIFICATE_ALPN, DeviceTls, HTTP_ALPN};
use super::visitor_http::VisitorHttp;
use super::vouched::Guest;
use super::{Broker, connection, plain};
use crate::config::Settings;
use crate::http::{self, Counted, Place};

/// Pause after the system could not give a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// From the signal to stop until all devices were told so.
const STOP_TIME_MAX: Duration = Duration::from_secs(4);

/// The addresses that devices connect to.
#[derive(Debug)]
pub(crate) struct Listeners {
    tls: Vec<TcpListener>,
    plain: Vec<TcpListener>,
}

impl Listeners {
    /// # Errors
    /// When an address cannot be listened on.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let (mut tls, mut plain) = (vec![], vec![]);
        for address in &settings.mqtt.listen {
            tls.push(listen(*address).await?);
        }
        for address in &settings.mqtt.plain_listen {
            plain.push(listen(address.address()).await?);
        }
        Ok(Self { tls, plain })
    }

    /// Where devices connect with TLS.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        addresses(&self.tls)
    }

    /// Where clients on this machine connect without TLS.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn plain_addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        addresses(&self.plain)
    }

    /// Serves devices until it is time to stop, and all of them were told; also those that came elsewhere. `http` is how
    /// the process serves HTTP.
    pub(crate) async fn serve(self, broker: Arc<Broker>, tls: Option<Arc<DeviceTls>>, http: http::Shared) {
        if let Some(tls) = tls {
            for listener in self.tls {
                let door = Door { broker: Arc::clone(&broker), tls: Arc::clone(&tls), http: http.clone() };
                let open = move |stream, peer, place| open(stream, peer, door.clone(), place);
                tokio::spawn(accept(listener, Arc::clone(&broker), open));
            }
        }
        for listener in self.plain {
            let open = {
                let broker = Arc::clone(&broker);
                move |stream, peer, place| plain::open(stream, peer, Arc::clone(&broker), place)
            };
            tokio::spawn(accept(listener, Arc::clone(&broker), open));
        }
        broker.stop.clone().wait().await;
        if !broker.places.all_left(STOP_TIME_MAX).await {
            tracing::warn!("stopping before all devices were told");
        }
        broker.history.flush().await;
        broker.journal.flush().await;
    }
}

/// What every connection on a device port needs.
#[derive(Clone)]
struct Door {
    broker: Arc<Broker>,
    tls: Arc<DeviceTls>,
    http: http::Shared,
}

async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

fn addresses(listeners: &[TcpListener]) -> anyhow::Result<Vec<SocketAddr>> {
    let addresses = listeners.iter().map(TcpListener::local_addr);
    addresses.collect::<Result<_, _>>().context("a listener has no address")
}

/// Takes connections, each with a place on the doorstep, and opens each in a task of its own.
async fn accept<F>(
    listener: TcpListener,
    broker: Arc<Broker>,
    open: impl Fn(TcpStream, SocketAddr, Place) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    loop {
        let accepted = tokio::select! {
            () = broker.stop.clone().wait() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Err(error) => {
                tracing::warn!(%error, "cannot accept a device's connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Ok((stream, peer)) => {
                let place = tokio::select! {
                    () = broker.stop.clone().wait() => return,
                    place = broker.places.knock() => place,
                };
                tokio::spawn(open(stream, peer, place));
            }
        }
    }
}

/// A connection on which a handshake has succeeded.
type DeviceStream = TlsStream<TcpStream>;

async fn open(stream: TcpStream, peer: SocketAddr, door: Door, place: Place) {
    let Door { broker, tls, http } = door;
    let _ = stream.set_nodelay(true);
    let open = Counted::new(&broker.metrics.connections);
    let shaken = tokio::select! {
        () = broker.stop.clone().wait() => return,
        () = place.watch().is_given_up() => return,
        shaken = timeout(broker.patience, shake(&broker, &tls, stream)) => shaken,
    };
    let (mut stream, speaks) = match shaken {
        Ok(Ok(shaken)) => shaken,
        Ok(Err(error)) => {
            broker.metrics.handshakes_failed.inc();
            return tracing::debug!(%peer, %error, "TLS handshake failed");
        }
        Err(_) => {
            broker.metrics.handshakes_failed.inc();
            return tracing::debug!(%peer, "TLS handshake took too long");
        }
    };
    let session = stream.get_ref().1;
    let der = session.peer_certificates().and_then(<[_]>::first).map(|certificate| certificate.to_vec());
    let from = Peer {
        address: peer.ip().to_canonical(),
        port: peer.port(),
        server_name: session.server_name().map(Into::into),
        is_secure: true,
    };
    let has_promised = session.alpn_protocol().is_some_and(|name| CERTIFICATE_ALPN.contains(&name));
    let guest = match &der {
        None if !has_promised => Ok(Guest::Visitor(None)),
        der => {
            let came = (speaks == Speaks::Mqtt).then_some(Protocol::Mqtt);
            broker.recognize(der.as_deref().unwrap_or_default(), &from, came)
        }
    };
    match guest {
        Ok(Guest::Visitor(certificate)) => match speaks {
            Speaks::Mqtt => {
                let visitor = Visitor { peer: from, http: None, certificate };
                if let Some(client) = introduce(&broker, &mut stream, visitor, &place).await {
                    serve(&broker, Box::new(stream), client, place, open);
                }
            }
            Speaks::Http => {
                let service = http.of(Arc::new(VisitorHttp::new(broker, from, certificate)));
                http::serve_one(service, stream, peer, place.watch()).await;
            }
        },
        Ok(Guest::Device(principal)) => {
            let owner = Owner { principal, peer: from };
            match speaks {
                Speaks::Mqtt => {
                    let client = Box::new(Client::new(Arc::clone(&broker), owner));
                    serve(&broker, Box::new(stream), client, place, open);
                }
                Speaks::Http => {
                    let service = http.of(Arc::new(DeviceHttp { broker, owner }));
                    http::serve_one(service, stream, peer, place.watch()).await;
                }
            }
        }
        Err(refused) => {
            broker.metrics.ended("REFUSED");
            match refused {
                Refused::Store(_) => {
                    tracing::error!(peer = %from.address, %refused, "a device is not let in")
                }
                _ => tracing::info!(peer = %from.address, %refused, "a device is not let in"),
            }
            let client_id = match speaks {
                Speaks::Mqtt => overhear(&broker, &mut stream, &place).await,
                Speaks::Http => None,
            };
            if matches!(refused, Refused::NotActive { .. }) {
                broker.meet(der.as_deref().unwrap_or_default(), &from).await;
            }
            broker.remember_refused(&refused, client_id, &from);
        }
    }
}

/// Serves a client in a task of its own: what handshakes need is gone then.
pub(super) fn serve<S>(broker: &Broker, stream: Box<S>, client: Box<Client>, place: Place, open: Counted)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let served = connection::run(stream, client, broker.patience, broker.stop.clone(), place);
    tokio::spawn(async move {
        let _open = open;
        served.await;
    });
}

/// What a device speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Speaks {
    Mqtt,
    Http,
}

/// Shakes hands, and finds out what comes then: ALPN says it, or the first byte.
async fn shake(
    broker: &Broker,
    tls: &DeviceTls,
    stream: TcpStream,
) -> std::io::Result<(DeviceStream, Speaks)> {
    let acceptor = tls.acceptor(!broker.lets_visitors_in());
    let mut stream = acceptor.accept(stream).await?;
    let named = stream.get_ref().1.alpn_protocol().map(|name| HTTP_ALPN.contains(&name));
    let is_http = match named {
        Some(is_http) => is_http,
        // MQTT begins with the byte 0x10, HTTP with the name of a method.
        None => stream.fill_buf().await?.first().is_some_and(u8::is_ascii_uppercase),
    };
    Ok((stream, if is_http { Speaks::Http } else { Speaks::Mqtt }))
}
