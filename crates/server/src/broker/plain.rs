//! MQTT without TLS, for clients on this machine: who develops here, and a proxy that ends TLS here. Nobody has shown a certificate,
//! so whoever comes is a visitor, as on the devices' port without one.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpStream;

use super::doorstep::{Visitor, introduce};
use super::rights::Peer;
use super::{Broker, listener};
use crate::config::Loopback;
use crate::http::{Counted, Place};

/// Serves one connection, if it is of this machine and somebody vouches for it.
pub(super) async fn open(mut stream: TcpStream, peer: SocketAddr, broker: Arc<Broker>, place: Place) {
    // Machines may be set up so that others reach their loopback addresses (`route_localnet` of Linux).
    if !Loopback::has(peer.ip()) {
        broker.metrics.ended("REFUSED");
        return tracing::warn!(%peer, "a client of another machine is not let in without TLS");
    }
    let _ = stream.set_nodelay(true);
    let open = Counted::new(&broker.metrics.connections);
    let peer =
        Peer { address: peer.ip().to_canonical(), port: peer.port(), server_name: None, is_secure: false };
    let visitor = Visitor { peer, http: None, certificate: None };
    if let Some(client) = introduce(&broker, &mut stream, visitor, &place).await {
        listener::serve(&broker, Box::new(stream), client, place, open);
    }
}
