//! Devices that sign: what they ask of the API's address with an access key, as AWS's device gateway answers it. And visitors,
//! where there are custom authorizers.

use std::sync::Arc;

use super::Broker;
use super::admission::Principal;
use super::data_plane;
use super::doorstep::Visitor;
use super::http_publish;
use super::rights::Peer;
use super::session::Owner;
use super::visitor_http;
use super::websocket::{self, Guest};
use crate::auth::Caller;
use crate::auth::sigv4::{self, Verified};
use crate::http::{Request, Response};

/// Answers a request for a connection whose signature is right.
pub(crate) fn answer(broker: &Arc<Broker>, verified: &Verified<Arc<Caller>>, request: &Request) -> Response {
    if request.path != websocket::PATH {
        return websocket::say(404, "Not Found");
    }
    let owner = owner(verified, request);
    if let Some(refused) = broker.refuse_protocol(&owner, called(request), request) {
        return refused;
    }
    let Some(place) = broker.places.try_knock() else { return websocket::crowded(broker) };
    websocket::upgrade(broker, Guest::Known(owner), place, request)
}

/// Answers a call of the data plane, whose signature is right.
pub(crate) async fn call(
    broker: &Arc<Broker>,
    verified: &Verified<Arc<Caller>>,
    request: &Request,
) -> Response {
    let owner = owner(verified, request);
    if let Some(refused) = broker.refuse_protocol(&owner, called(request), request) {
        return refused;
    }
    data_plane::answer(broker, &owner, request).await
}

/// Whether a request that is not signed may be one that a custom authorizer is asked about.
pub(crate) fn is_for_visitors(broker: &Broker, request: &Request) -> bool {
    (request.path == websocket::PATH || http_publish::is_meant(request))
        && !sigv4::is_signed(&request.query, request.headers.get(http::header::AUTHORIZATION))
        && broker.lets_visitors_in()
}

/// Answers such a request.
pub(crate) async fn visit(broker: &Arc<Broker>, request: Request) -> Response {
    let visitor = Visitor::of(peer(&request), None, &request);
    if request.path == websocket::PATH {
        return visitor_http::upgrade(broker, visitor, &request);
    }
    visitor_http::publish_unknown(broker, visitor, request).await
}

fn owner(verified: &Verified<Arc<Caller>>, request: &Request) -> Owner {
    let agent = request.headers.get(http::header::USER_AGENT).and_then(|agent| agent.to_str().ok());
    Owner { principal: Principal::caller(verified, agent), peer: peer(request) }
}

/// What it calls the server.
fn called(request: &Request) -> Option<&str> {
    request.headers.get(http::header::HOST).and_then(|host| host.to_str().ok())
}

fn peer(request: &Request) -> Peer {
    Peer {
        address: request.peer.ip().to_canonical(),
        port: request.peer.port(),
        server_name: None,
        is_secure: request.secure,
    }
}
