//! The fixed order in which a request of a known caller is treated: operation, input, permission, handler, answer.

use std::sync::Arc;

use serde_json::Value;
use thingwarden_store::records::{DomainConfiguration, Tags};
use thingwarden_store::{Actor, Reader, Scope, Writer};
use thingwarden_wire::decode::{self, decode};
use thingwarden_wire::route::{Route, route};
use thingwarden_wire::{Code, Operation, validate};

use super::cx::{App, Cx};
use super::dispatch::handler;
use super::error::ApiError;
use super::handler::{Body, Handler};
use crate::auth::Caller;
use crate::auth::authorize::{LookupError, Permit, Refusal, RequestFacts, Resources, authorize};
use crate::front::{facts, fail};
use crate::http::{Request, Response};

/// Answers a request of `caller`, whose signature is right, in the account and region of `scope`.
pub(crate) async fn answer(
    app: &Arc<App>,
    scope: Scope,
    caller: Arc<Caller>,
    request: Arc<Request>,
) -> Response {
    let mut name = "";
    let answered = match find(&request) {
        Err(error) => Err(error),
        Ok((operation, input)) => {
            name = operation.info().name;
            let (app, request) = (Arc::clone(app), Arc::clone(&request));
            let asked = Asked { app, scope, caller, request, operation, input };
            asked.carry_out().await
        }
    };
    let mut response = match answered {
        Ok(body) => Response::json(200, body),
        Err(error) => fail(&request, error),
    };
    response.operation = name;
    response
}

/// The operation that is meant, with its input decoded and all constraints of the model held.
fn find(request: &Request) -> Result<(Operation, Value), ApiError> {
    let (operation, labels) = match route(request.method.as_str(), &request.path)? {
        Route::Served(operation, labels) => (operation, labels),
        Route::NotServed(name) => {
            let message =
                format!("{name} is not served here: the list of operations is in the documentation");
            return Err(ApiError::new(Code::NotImplementedException, message));
        }
    };
    let headers: Vec<(&str, &[u8])> =
        request.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    let parts = decode::Request { query: &request.query, headers: &headers, body: &request.body };
    let input = decode(operation, &labels, &parts)?;
    validate::validate(operation, &input)?;
    Ok((operation, input))
}

/// A request that makes sense, of somebody who may or may not make it.
struct Asked {
    app: Arc<App>,
    scope: Scope,
    caller: Arc<Caller>,
    request: Arc<Request>,
    operation: Operation,
    input: Value,
}

impl Asked {
    async fn carry_out(self) -> Result<Body, ApiError> {
        let store = self.app.store.clone();
        match handler(self.operation) {
            Handler::Read(read) => store.read(&self.scope.clone(), |reader| {
                let cx = self.cx(self.authorize(reader)?);
                read(&cx, reader, self.input)
            }),
            Handler::Write(write) => {
                store.read(&self.scope, |reader| self.authorize(reader).map(drop))?;
                self.write(write).await
            }
            Handler::Prepare(prepare) => {
                let permit = store.read(&self.scope, |reader| self.authorize(reader))?;
                let (cx, input) = (self.cx(permit), self.input.clone());
                let prepared = tokio::task::spawn_blocking(move || prepare(&cx, input));
                let finish = prepared.await.map_err(|_| {
                    ApiError::new(Code::InternalFailureException, "the server failed to compute the answer")
                })??;
                self.write(move |cx, writer, _| finish(cx, writer)).await
            }
            Handler::Ask(ask) => {
                let asking = store.read(&self.scope.clone(), |reader| {
                    let cx = self.cx(self.authorize(reader)?);
                    ask(&cx, reader, self.input)
                });
                asking?.await
            }
        }
    }

    /// Changes the store, if the caller may in the very transaction: a check that was made before keeps what is denied
    /// off the thread that writes, but things may have changed since.
    async fn write(
        self,
        work: impl FnOnce(&Cx, &Writer<'_>, Value) -> Result<Body, ApiError> + Send + 'static,
    ) -> Result<Body, ApiError> {
        let (store, scope, actor) = (self.app.store.clone(), self.scope.clone(), self.actor());
        store
            .write(&scope, actor, move |writer| {
                let cx = self.cx(self.authorize(writer)?);
                work(&cx, writer, self.input)
            })
            .await
    }

    fn authorize(&self, reader: &Reader<'_>) -> Result<Permit, ApiError> {
        let facts = facts(&self.request, &self.scope.region);
        permit(&self.caller, self.operation, &self.input, &facts, reader)
    }

    fn cx(&self, permit: Permit) -> Cx {
        let now_ms = self.request.received.millis();
        let (caller, app) = (Arc::clone(&self.caller), Arc::clone(&self.app));
        Cx::new(permit, caller, app, self.scope.clone(), now_ms, self.operation)
    }

    fn actor(&self) -> Actor {
        Actor {
            principal: self.caller.arn().to_string(),
            operation: self.operation.info().action.to_owned(),
            request_id: self.request.id.to_string(),
            source_ip: Some(self.request.peer.ip().to_string()),
            at_ms: self.request.received.millis(),
        }
    }
}

/// Whether a caller may do what it asks for.
pub(super) fn permit(
    caller: &Caller,
    operation: Operation,
    input: &Value,
    facts: &RequestFacts<'_>,
    reader: &Reader<'_>,
) -> Result<Permit, ApiError> {
    authorize(caller, operation, input, facts, &Stored(reader)).map_err(|refusal| match refusal {
        Refusal::Lookup(error) => ApiError {
            cause: Some(Box::new(error)),
            ..ApiError::new(
                Code::InternalFailureException,
                "the server could not authorize the request; its log has the reason",
            )
        },
        refusal => ApiError::from(thingwarden_wire::WireError::from(refusal)),
    })
}

/// What authorization asks of the store.
pub(crate) struct Stored<'a>(pub(crate) &'a Reader<'a>);

impl Resources for Stored<'_> {
    fn tags(&self, arn: &str) -> Result<Vec<(String, String)>, LookupError> {
        let tags = self.0.get::<Tags>(arn).map_err(|error| LookupError(Box::new(error)))?;
        Ok(tags.map(|tags| tags.tags.into_iter().collect()).unwrap_or_default())
    }

    fn domain_configuration_id(&self, name: &str) -> Result<Option<String>, LookupError> {
        let found = self.0.get::<DomainConfiguration>(name).map_err(|error| LookupError(Box::new(error)))?;
        Ok(found.map(|found| found.suffix))
    }
}
