//! Devices that sign: what they ask of the API's address with an access key, as AWS's device gateway answers it.

use std::sync::Arc;

use super::Broker;
use super::admission::Principal;
use super::data_plane;
use super::rights::Peer;
use super::session::Owner;
use super::websocket;
use crate::auth::Caller;
use crate::auth::sigv4::Verified;
use crate::http::{Request, Response};

/// Answers a request for a connection whose signature is right.
pub(crate) fn answer(broker: &Arc<Broker>, verified: &Verified<Arc<Caller>>, request: &Request) -> Response {
    if request.path != websocket::PATH {
        return websocket::say(404, "Not Found");
    }
    let Some(place) = broker.places.try_knock() else { return websocket::crowded(broker) };
    websocket::upgrade(broker, owner(verified, request), place, request)
}

/// Answers a call of the data plane, whose signature is right.
pub(crate) async fn call(
    broker: &Arc<Broker>,
    verified: &Verified<Arc<Caller>>,
    request: &Request,
) -> Response {
    data_plane::answer(broker, &owner(verified, request), request).await
}

fn owner(verified: &Verified<Arc<Caller>>, request: &Request) -> Owner {
    let agent = request.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    let peer = Peer {
        address: request.peer.ip().to_canonical(),
        port: request.peer.port(),
        server_name: None,
        is_secure: request.secure,
    };
    Owner { principal: Principal::caller(verified, agent), peer }
}
