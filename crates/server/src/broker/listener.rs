//! Where devices knock: connections up to a limit, handshakes in time, and who gets in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::admission::{self, Refused};
use super::client::Client;
use super::rights::Peer;
use super::session::Owner;
use super::tls::DeviceTls;
use super::{Broker, connection};
use crate::config::Settings;
use crate::http::Stop;

/// Pause after the system could not give a connection, mostly for want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
/// From the signal to stop until all devices were told so.
const STOP_TIME_MAX: Duration = Duration::from_secs(4);

/// The addresses that devices connect to.
#[derive(Debug)]
pub(crate) struct Listeners {
    listeners: Vec<TcpListener>,
    places: Arc<Semaphore>,
    places_all: u32,
    /// For a handshake, and then for CONNECT.
    patience: Duration,
}

impl Listeners {
    /// # Errors
    /// When an address cannot be listened on.
    pub(crate) async fn bind(settings: &Settings) -> anyhow::Result<Self> {
        let mut listeners = vec![];
        for address in &settings.mqtt.listen {
            let listener = TcpListener::bind(address);
            listeners.push(listener.await.with_context(|| format!("cannot listen on {address}"))?);
        }
        let places_all = u32::try_from(settings.limits.mqtt_connections).unwrap_or(u32::MAX);
        let places = Arc::new(Semaphore::new(settings.limits.mqtt_connections));
        let patience = Duration::from_secs(settings.limits.header_timeout_seconds);
        Ok(Self { listeners, places, places_all, patience })
    }

    /// Where devices connect.
    ///
    /// # Errors
    /// When the system does not say.
    pub(crate) fn addresses(&self) -> anyhow::Result<Vec<SocketAddr>> {
        let addresses = self.listeners.iter().map(TcpListener::local_addr);
        addresses.collect::<Result<_, _>>().context("a listener has no address")
    }

    /// Serves devices until it is time to stop, and all of them were told.
    pub(crate) async fn serve(self, broker: Arc<Broker>, tls: Arc<DeviceTls>, stop: Stop) {
        let Self { listeners, places, places_all, patience } = self;
        for listener in listeners {
            let (broker, tls, places) = (Arc::clone(&broker), Arc::clone(&tls), Arc::clone(&places));
            tokio::spawn(accept(listener, broker, tls, places, patience, stop.clone()));
        }
        stop.wait().await;
        if timeout(STOP_TIME_MAX, places.acquire_many(places_all)).await.is_err() {
            tracing::warn!("stopping before all devices were told");
        }
        broker.history.flush().await;
    }
}

async fn accept(
    listener: TcpListener,
    broker: Arc<Broker>,
    tls: Arc<DeviceTls>,
    places: Arc<Semaphore>,
    patience: Duration,
    stop: Stop,
) {
    loop {
        let accepted = tokio::select! {
            () = stop.clone().wait() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Err(error) => {
                tracing::warn!(%error, "cannot accept a device's connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
            Ok((stream, peer)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    tokio::spawn(open(
                        stream,
                        peer,
                        Arc::clone(&broker),
                        Arc::clone(&tls),
                        patience,
                        stop.clone(),
                        place,
                    ));
                }
                Err(_) => drop(broker.metrics.connections_refused.inc()),
            },
        }
    }
}

async fn open(
    stream: TcpStream,
    peer: SocketAddr,
    broker: Arc<Broker>,
    tls: Arc<DeviceTls>,
    patience: Duration,
    stop: Stop,
    _place: OwnedSemaphorePermit,
) {
    let _ = stream.set_nodelay(true);
    let _open = crate::http::Counted::new(&broker.metrics.connections);
    let shaken = tokio::select! {
        () = stop.clone().wait() => return,
        shaken = timeout(patience, tls.acceptor().accept(stream)) => shaken,
    };
    let stream = match shaken {
        Ok(Ok(stream)) => stream,
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
    let peer = Peer { address: peer.ip().to_canonical(), server_name: session.server_name().map(Into::into) };
    match admission::admit(&broker.app, der.as_deref().unwrap_or_default(), Broker::now()) {
        Ok(principal) => {
            let client = Client::new(Arc::clone(&broker), Owner { principal, peer });
            connection::run(stream, client, patience, stop).await;
        }
        Err(refused) => {
            broker.metrics.ended("REFUSED");
            match refused {
                Refused::Store(_) => {
                    tracing::error!(peer = %peer.address, %refused, "a device is not let in")
                }
                _ => tracing::info!(peer = %peer.address, %refused, "a device is not let in"),
            }
        }
    }
}
