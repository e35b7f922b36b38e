//! What visitors ask over HTTP: to become a connection of MQTT, or that a message be published. Everything else needs a
//! certificate or a signature, as with AWS.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::time::Instant;

use super::admission::Proof;
use super::doorstep::Visitor;
use super::rights::Peer;
use super::session::Owner;
use super::vouched::{NotVouched, Vouched};
use super::websocket::{self, Guest};
use super::{Broker, http_publish};
use crate::authorizers::{Certified, Http, without_parameter};
use crate::http::{BoxFuture, Request, Response, Service};

/// Answers the requests of one connection.
#[derive(Debug)]
pub(super) struct VisitorHttp {
    broker: Arc<Broker>,
    peer: Peer,
    certificate: Option<Arc<Certified>>,
    /// Who it was at the last request, where the authorizer lets that count for the next.
    last: Mutex<Option<Remembered>>,
}

/// What somebody has shown, and who that was.
#[derive(Debug)]
struct Remembered {
    shown: Http,
    owner: Owner,
    until: Instant,
}

impl VisitorHttp {
    pub(super) fn new(broker: Arc<Broker>, peer: Peer, certificate: Option<Arc<Certified>>) -> Self {
        Self { broker, peer, certificate, last: Mutex::default() }
    }

    async fn answer(&self, request: Request) -> Response {
        if request.path == websocket::PATH {
            return upgrade(&self.broker, self.visitor(&request), &request);
        }
        if !http_publish::is_meant(&request) {
            return websocket::say(403, "Forbidden");
        }
        let visitor = self.visitor(&request);
        let shown = visitor.http.clone().unwrap_or_default().without_header("content-length");
        let owner = match self.remembered(&shown) {
            Some(owner) => Ok(owner),
            None => find_out(&self.broker, visitor).await,
        };
        match owner {
            Ok(owner) => {
                self.remember(shown, &owner);
                publish(&self.broker, &owner, request).await
            }
            Err(error) => refuse(&error, &request),
        }
    }

    fn visitor(&self, request: &Request) -> Visitor {
        Visitor::of(self.peer.clone(), self.certificate.clone(), request)
    }

    /// Who has shown the same before, and not long ago.
    fn remembered(&self, shown: &Http) -> Option<Owner> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let same = last.as_ref().filter(|last| last.until > Instant::now() && last.shown == *shown);
        same.map(|last| last.owner.clone())
    }

    fn remember(&self, shown: Http, owner: &Owner) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let is_known = last.as_ref().is_some_and(|last| last.shown == shown && last.until > Instant::now());
        if let Proof::Authorizer(vouched) = &owner.principal.proof
            && vouched.is_cached_for_http
            && !is_known
            && let Some(until) = Instant::now().checked_add(vouched.good_for())
        {
            *last = Some(Remembered { shown, owner: owner.clone(), until });
        }
    }
}

impl Service for VisitorHttp {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    fn is_ready(&self) -> bool {
        true
    }
}

/// Answers a request to become a connection of MQTT. Who that is, CONNECT says.
pub(super) fn upgrade(broker: &Arc<Broker>, visitor: Visitor, request: &Request) -> Response {
    let Some(place) = broker.places.try_knock() else { return websocket::crowded(broker) };
    websocket::upgrade(broker, Guest::Visitor(visitor), place, request)
}

/// Publishes for whoever an authorizer vouches for.
pub(super) async fn publish_unknown(broker: &Arc<Broker>, visitor: Visitor, request: Request) -> Response {
    match find_out(broker, visitor).await {
        Ok(owner) => publish(broker, &owner, request).await,
        Err(error) => refuse(&error, &request),
    }
}

async fn find_out(broker: &Arc<Broker>, visitor: Visitor) -> Result<Owner, NotVouched> {
    let principal = broker.vouch(visitor.presents(None)).await?;
    Ok(Owner { principal, peer: visitor.peer })
}

async fn publish(broker: &Arc<Broker>, owner: &Owner, mut request: Request) -> Response {
    if let Proof::Authorizer(vouched) = &owner.principal.proof
        && let Vouched { token_key_name: Some(name), .. } = &**vouched
    {
        // The token is no parameter of the operation.
        request.query = without_parameter(&request.query, name);
    }
    http_publish::answer(broker, owner, &request).await
}

fn refuse(error: &NotVouched, request: &Request) -> Response {
    if let NotVouched::Failed(error) = error {
        tracing::error!(request_id = %request.id, ?error, "the request failed");
        return websocket::say(500, "the server failed; its log has the reason");
    }
    tracing::info!(request_id = %request.id, source_ip = %request.peer.ip(), %error, "a request is not let in");
    websocket::say(403, "Forbidden")
}
