//! Visitors: clients that have shown neither a certificate nor an access key, or whose certificate is not enough. Who they are has to be found out before they are
//! let in, from what they say in CONNECT or in a request; all that time they stand on the doorstep.

use std::sync::Arc;

use thingwarden_mqtt::{Connect, Connection, Intent, PeerError};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;

use super::Broker;
use super::admission::{self, Principal, Refused};
use super::client::Client;
use super::connection;
use super::end::End;
use super::rights::Peer;
use super::session::Owner;
use super::vouched::NotVouched;
use crate::activity::Refusal;
use crate::authorizers::{Certified, Http, Mqtt, Presented};
use crate::clock;
use crate::http::{Place, Request};

/// Somebody unknown, and where it comes from.
#[derive(Clone, Debug)]
pub(super) struct Visitor {
    pub(super) peer: Peer,
    /// What it has shown over HTTP, if it came that way.
    pub(super) http: Option<Http>,
    /// Its certificate, where that is not enough.
    pub(super) certificate: Option<Arc<Certified>>,
}

impl Visitor {
    /// Who makes a request.
    pub(super) fn of(peer: Peer, certificate: Option<Arc<Certified>>, request: &Request) -> Self {
        Self { peer, http: Some(Http::new(&request.headers, &request.query)), certificate }
    }

    /// With what CONNECT says.
    pub(super) fn presents(&self, mqtt: Option<Mqtt>) -> Presented {
        Presented {
            is_secure: self.peer.is_secure,
            server_name: self.peer.server_name.clone(),
            http: self.http.clone(),
            mqtt,
            certificate: self.certificate.clone(),
        }
    }
}

impl From<NotVouched> for End {
    fn from(error: NotVouched) -> Self {
        match error {
            NotVouched::Failed(error) => error.into(),
            other => Self::Denied(other.to_string()),
        }
    }
}

/// Hears what a visitor says, and lets it in when somebody vouches for it.
pub(super) async fn introduce<S>(
    broker: &Arc<Broker>,
    stream: &mut S,
    visitor: Visitor,
    place: &Place,
) -> Option<Box<Client>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut connection = Connection::new(Arc::clone(&broker.limits));
    let introduced = tokio::select! {
        () = broker.stop.clone().wait() => Err((End::Stopping, None)),
        () = place.watch().is_given_up() => Err((End::Crowded, None)),
        introduced = Box::pin(hear(broker, stream, &mut connection, &visitor)) => introduced,
    };
    match introduced {
        Ok((principal, connect)) => {
            let owner = Owner { principal, peer: visitor.peer };
            Some(Box::new(Client::introduced(Arc::clone(broker), owner, connection, connect)))
        }
        Err((end, said)) => {
            broker.metrics.ended(end.word());
            if let Some(said) = said.filter(|_| !matches!(end, End::Lost | End::Stopping)) {
                broker.remember_visitor(said, &visitor, end.to_string());
            }
            tracing::info!(
                event = "Connect", status = "Failure", reason = end.word(), details = %end,
                source_ip = %visitor.peer.address, "a client without a certificate is not let in"
            );
            if !matches!(end, End::Lost) {
                if let Err(misuse) = connection.end(end.reason(), None) {
                    tracing::error!(%misuse, "a farewell cannot be said");
                }
                connection::say_farewell(stream, connection.output()).await;
            }
            None
        }
    }
}

/// Why a visitor is not let in, and with what CONNECT said, if it came to that.
type NotIntroduced = (End, Option<Presented>);

/// Reads CONNECT, in time, and asks who that is.
async fn hear<S: AsyncRead + Unpin>(
    broker: &Broker,
    stream: &mut S,
    connection: &mut Connection,
    visitor: &Visitor,
) -> Result<(Principal, Connect), NotIntroduced> {
    let connect = timeout(broker.patience, read_connect(stream, connection)).await;
    let connect = connect.unwrap_or(Err(End::Peer(PeerError::KeepAlive))).map_err(|end| (end, None))?;
    let mqtt = Mqtt {
        user_name: connect.credentials.user_name.clone(),
        password: connect.credentials.password.clone(),
        client_id: Some(connect.client_id.clone()).filter(|id| !id.is_empty()),
    };
    let presented = visitor.presents(Some(mqtt));
    match broker.vouch(presented.clone()).await {
        Ok(principal) => Ok((principal, connect)),
        Err(error) => Err((error.into(), Some(presented))),
    }
}

/// What somebody calls itself who is not let in: the operator wants to know whose device that is. None when it does not say so in
/// time, or others need its place.
pub(super) async fn overhear<S: AsyncRead + Unpin>(
    broker: &Broker,
    stream: &mut S,
    place: &Place,
) -> Option<Arc<str>> {
    let mut connection = Connection::new(Arc::clone(&broker.limits));
    let heard = tokio::select! {
        () = broker.stop.clone().wait() => return None,
        () = place.watch().is_given_up() => return None,
        heard = timeout(broker.patience, Box::pin(read_connect(stream, &mut connection))) => heard,
    };
    let connect = heard.ok()?.ok()?;
    Some(Arc::from(&*connect.client_id)).filter(|id: &Arc<str>| !id.is_empty())
}

impl Broker {
    /// Remembers who was not let in with a certificate: with the account that has registered it, else with the server's own.
    pub(super) fn remember_refused(&self, refused: &Refused, client_id: Option<Arc<str>>, from: &Peer) {
        let id = refused.certificate();
        let registered = id.and_then(|id| admission::registered_in(&self.app, id).ok().flatten());
        let scope = registered.as_ref().unwrap_or(&self.home);
        let refusal = Refusal::new(scope, from.address, refused.to_string(), Self::now());
        self.app.activity.refused(Refusal { client_id, principal: id.map(Into::into), ..refusal });
    }

    /// Remembers a visitor for whom nobody vouches, with the account of the domain that it has called.
    fn remember_visitor(&self, said: Presented, visitor: &Visitor, why: String) {
        let scope = self.place_of(&said).map_or_else(|_| self.home.clone(), |(scope, _)| scope);
        let client_id = said.mqtt.and_then(|mqtt| mqtt.client_id).map(Into::into);
        let principal = said.certificate.map(|shown| Arc::clone(&shown.id));
        let refusal = Refusal::new(&scope, visitor.peer.address, why, Self::now());
        self.app.activity.refused(Refusal { client_id, principal, ..refusal });
    }
}

async fn read_connect<S: AsyncRead + Unpin>(
    stream: &mut S,
    connection: &mut Connection,
) -> Result<Connect, End> {
    loop {
        if let Some(intent) = connection.next(clock::steady().millis())? {
            return match intent {
                Intent::Connect(connect) => Ok(*connect),
                _ => Err(End::Peer(PeerError::Protocol("CONNECT comes first, and once"))),
            };
        }
        if !matches!(connection::read(stream, connection.input()).await, Ok(1..)) {
            return Err(End::Lost);
        }
    }
}
