//! From a request whose signature is right to an answer.
//!
//! The order is that of all services: find the operation, read the input, ask for permission, carry it out. Permission and
//! work are one transaction; a change is asked for twice, so that what is denied stays off the thread that writes.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::{Code, WireError};

use super::SERVICE;
use super::actions::ACTIONS;
use crate::api::{ApiError, Stored};
use crate::auth::authorize::{Access, Permit, Refusal, authorize_access};
use crate::front::fail;
use crate::http::{BoxFuture, Request, Response};
use crate::iam::Cx;

/// The inside of an answer.
pub(super) type Outcome = Result<Value, ApiError>;

/// What carries out an operation. It gets the input as it came, for the type is its own.
#[derive(Clone, Copy, Debug)]
pub(super) enum Handler {
    /// Looks at one moment of the store.
    Read(fn(&Cx, &Reader<'_>, Value) -> Outcome),
    /// Tries things out and keeps nothing, in as many transactions as it takes.
    Rehearse(fn(Cx, Value) -> BoxFuture<'static, Outcome>),
    /// Changes the store, in one transaction.
    Write(fn(&Cx, &Writer<'_>, Value) -> Outcome),
}

/// An operation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Action {
    /// For example `thingwarden:ListTrail`: what policies call it; without the prefix, the end of the path.
    pub(super) permission: &'static str,
    /// What it is about: ARNs from the input; none for `*`.
    pub(super) resources: fn(&Cx, &Value) -> Vec<String>,
    pub(super) handler: Handler,
}

impl Action {
    pub(super) fn name(&self) -> &'static str {
        self.permission.split_once(':').map_or(self.permission, |(_, name)| name)
    }
}

/// A handler that reads: `fn(&Cx, &Reader, Input) -> Result<Output, ApiError>`.
macro_rules! read {
    ($permission:literal, $resources:expr, $function:path) => {
        $crate::ops::service::Action {
            permission: $permission,
            resources: $resources,
            handler: $crate::ops::service::Handler::Read(|cx, store, input| {
                $crate::ops::service::encode(&$function(cx, store, $crate::ops::service::parse(input)?)?)
            }),
        }
    };
}

/// A handler that tries things out: `async fn(Cx, Input) -> Result<Output, ApiError>`.
macro_rules! rehearse {
    ($permission:literal, $resources:expr, $function:path) => {
        $crate::ops::service::Action {
            permission: $permission,
            resources: $resources,
            handler: $crate::ops::service::Handler::Rehearse(|cx, input| {
                Box::pin(async move {
                    let output = $function(cx, $crate::ops::service::parse(input)?).await?;
                    $crate::ops::service::encode(&output)
                })
            }),
        }
    };
}

/// A handler that writes: `fn(&Cx, &Writer, Input) -> Result<Output, ApiError>`.
macro_rules! write {
    ($permission:literal, $resources:expr, $function:path) => {
        $crate::ops::service::Action {
            permission: $permission,
            resources: $resources,
            handler: $crate::ops::service::Handler::Write(|cx, store, input| {
                $crate::ops::service::encode(&$function(cx, store, $crate::ops::service::parse(input)?)?)
            }),
        }
    };
}
pub(super) use {read, rehearse, write};

/// Answers a request of a caller whose signature is right.
pub(crate) async fn answer(cx: Cx, request: &Request) -> Response {
    let action = match find(request) {
        Ok(action) => action,
        Err(error) => return fail(request, error),
    };
    let answered = match input(request) {
        Ok(input) => run(cx, action, input).await,
        Err(error) => Err(error),
    };
    let mut response = match answered {
        Ok(output) => Response::json(200, output.to_string()),
        Err(error) => fail(request, error),
    };
    response.operation = action.name();
    response
}

fn find(request: &Request) -> Result<&'static Action, ApiError> {
    let unknown = |message: String| ApiError::new(Code::UnknownOperationException, message);
    let path = request.path.strip_prefix('/').and_then(|path| path.strip_prefix(SERVICE));
    let name = path.and_then(|path| path.strip_prefix('/'));
    let Some(name) = name.filter(|_| request.method == http::Method::POST) else {
        return Err(unknown(format!("requests of the service `{SERVICE}` are `POST /{SERVICE}/OPERATION`")));
    };
    let action = ACTIONS.iter().find(|action| action.name() == name);
    action.ok_or_else(|| unknown(format!("there is no operation `{}`", crate::api::shown(name))))
}

/// The object in the body; an empty body is an empty object.
fn input(request: &Request) -> Result<Value, ApiError> {
    if !request.query.is_empty() {
        return Err(ApiError::invalid(
            "operations of this service have no query: parameters are in the body",
        ));
    }
    if request.body.is_empty() {
        return Ok(Value::Object(serde_json::Map::new()));
    }
    let misread = |message: String| ApiError::from(WireError::serialization(message));
    let text = std::str::from_utf8(&request.body)
        .map_err(|error| misread(format!("the body is not UTF-8 at byte {}", error.valid_up_to())))?;
    let input = thingwarden_wire::parse_json(text)
        .map_err(|message| misread(format!("the body is not JSON as expected: {message}")))?;
    if input.is_object() { Ok(input) } else { Err(misread("the body must be a JSON object".to_owned())) }
}

/// The typed input. A member that nobody knows is refused: what a client asks for is never left out silently.
pub(super) fn parse<T: DeserializeOwned>(input: Value) -> Result<T, ApiError> {
    serde_json::from_value(input).map_err(|error| ApiError::invalid(error.to_string()))
}

/// The output as it is sent.
pub(super) fn encode<T: Serialize>(output: &T) -> Outcome {
    serde_json::to_value(output).map_err(ApiError::failed)
}

async fn run(cx: Cx, action: &'static Action, input: Value) -> Outcome {
    let (store, scope) = (cx.app.store.clone(), cx.regional_scope());
    match action.handler {
        Handler::Read(read) => store.read(&scope, |store| {
            let _permit = permit(&cx, store, action, &input)?;
            read(&cx, store, input)
        }),
        Handler::Rehearse(rehearse) => {
            store.read(&scope, |store| permit(&cx, store, action, &input).map(drop))?;
            rehearse(cx, input).await
        }
        Handler::Write(write) => {
            store.read(&scope, |store| permit(&cx, store, action, &input).map(drop))?;
            let actor = cx.actor(action.permission);
            let work = move |store: &Writer<'_>| {
                let _permit = permit(&cx, store, action, &input)?;
                write(&cx, store, input)
            };
            store.write(&scope, actor, work).await
        }
    }
}

fn permit(cx: &Cx, store: &Reader<'_>, action: &Action, input: &Value) -> Result<Permit, ApiError> {
    let access = Access {
        action: action.permission,
        resources: &(action.resources)(cx, input),
        shown: None,
        request_tags: &[],
        keys: &[],
        granted: false,
    };
    let permitted = authorize_access(&cx.caller, &access, &cx.facts(), &Stored(store));
    permitted.map_err(|refusal| {
        if let Refusal::Lookup(error) = &refusal {
            tracing::error!(request_id = %cx.request_id, %error, "authorization failed");
        }
        WireError::from(refusal).into()
    })
}
