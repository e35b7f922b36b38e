//! What devices ask over HTTP on their own port, with their certificate as the only credential.

use std::sync::Arc;

use super::Broker;
use super::data_plane;
use super::session::Owner;
use super::websocket::{self, Guest};
use crate::http::{BoxFuture, Request, Response, Service};

/// Answers the requests of one connection.
#[derive(Debug)]
pub(super) struct DeviceHttp {
    pub(super) broker: Arc<Broker>,
    pub(super) owner: Owner,
}

impl DeviceHttp {
    async fn answer(&self, request: Request) -> Response {
        let called = self.owner.peer.server_name.as_deref();
        if let Some(refused) = self.broker.refuse_protocol(&self.owner, called, &request) {
            return refused;
        }
        if request.path == websocket::PATH {
            let Some(place) = self.broker.places.try_knock() else { return websocket::crowded(&self.broker) };
            return websocket::upgrade(&self.broker, Guest::Known(self.owner.clone()), place, &request);
        }
        data_plane::answer(&self.broker, &self.owner, &request).await
    }
}

impl Service for DeviceHttp {
    fn call(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }

    fn is_ready(&self) -> bool {
        true
    }
}
