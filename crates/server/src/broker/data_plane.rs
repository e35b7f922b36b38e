//! The API of the data plane (`iot-data`) over HTTPS: shadows, retained messages, connections. For who signs, and for devices
//! with their certificate; the same rights decide as over MQTT.
//!
//! Written by hand after botocore's model `iot-data` 2015-05-28: seven small operations, whose exceptions have statuses of
//! their own.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{RetainedMessage, ThingShadow};
use thingwarden_store::{Cursor, Filter, Order, Query, StoreError};
use thingwarden_wire::error::ERROR_TYPE_HEADER;

use super::admission::Proof;
use super::session::Owner;
use super::witness::{Called, Witness};
use super::{Broker, http_publish};
use crate::api::ApiError;
use crate::http::{Request, Response};
use crate::query::Form;
use crate::shadows::{Refused, Shadow, Verb};

/// The name that clients sign for.
pub(crate) const SERVICE: &str = "iotdata";
/// Results of a page, where the client does not say (model: `PageSize`, `MaxResults`).
const NAMES_PER_PAGE: usize = 25;
const NAMES_PER_PAGE_MAX: usize = 100;
const RETAINED_PER_PAGE: usize = 200;

/// Why a call is not carried out.
#[derive(Debug)]
struct Wrong {
    status: u16,
    message: String,
}

impl Wrong {
    fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into() }
    }
}

/// The exception of the model with this status.
pub(super) fn exception(status: u16) -> &'static str {
    match status {
        400 => "InvalidRequestException",
        403 => "ForbiddenException",
        404 => "ResourceNotFoundException",
        405 => "MethodNotAllowedException",
        409 => "ConflictException",
        413 => "RequestEntityTooLargeException",
        415 => "UnsupportedDocumentEncodingException",
        429 => "ThrottlingException",
        501 => "NotImplementedException",
        _ => "InternalFailureException",
    }
}

impl From<Refused> for Wrong {
    fn from(refused: Refused) -> Self {
        Self::new(refused.code, refused.message)
    }
}

impl From<ApiError> for Wrong {
    fn from(error: ApiError) -> Self {
        if let Some(cause) = &error.cause {
            tracing::error!(%cause, "a call of the data plane fails");
        }
        Self::new(500, error.told.message)
    }
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        ApiError::from(error).into()
    }
}

/// What is called.
#[derive(Debug)]
enum Call {
    Shadow(Shadow, Verb),
    ListNamedShadows { thing: String, page: Page },
    GetRetained { topic: String },
    ListRetained { page: Page },
    DeleteConnection { client_id: String, with_session: bool, with_will: bool },
}

/// Which part of a list.
#[derive(Debug)]
struct Page {
    token: Option<String>,
    size: usize,
}

impl Call {
    fn parse(method: &str, path: &str, query: &str) -> Result<Self, Wrong> {
        let mut query = Form::parse(query.as_bytes()).map_err(|error| Wrong::new(400, error.message))?;
        let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let (call, methods) = match segments.as_slice() {
            ["things", thing, "shadow"] => {
                let name = query.take("name");
                let shadow = Shadow::new(&decoded(thing)?, name.as_deref());
                let shadow =
                    shadow.ok_or_else(|| Wrong::new(400, "the name of a thing or shadow is none"))?;
                let verb = match method {
                    "POST" => Verb::Update,
                    "DELETE" => Verb::Delete,
                    _ => Verb::Get,
                };
                (Self::Shadow(shadow, verb), &["GET", "POST", "DELETE"][..])
            }
            ["api", "things", "shadow", "ListNamedShadowsForThing", thing] => {
                let thing = decoded(thing)?;
                if Shadow::new(&thing, None).is_none() {
                    return Err(Wrong::new(400, "the name of the thing is none"));
                }
                let page = Page::take(&mut query, "pageSize", NAMES_PER_PAGE, NAMES_PER_PAGE_MAX)?;
                (Self::ListNamedShadows { thing, page }, &["GET"][..])
            }
            ["retainedMessage"] => {
                let page = Page::take(&mut query, "maxResults", RETAINED_PER_PAGE, RETAINED_PER_PAGE)?;
                (Self::ListRetained { page }, &["GET"][..])
            }
            // A topic has slashes, which clients encode or not.
            ["retainedMessage", topic @ ..] => {
                (Self::GetRetained { topic: decoded(&topic.join("/"))? }, &["GET"][..])
            }
            ["connections", client_id] => {
                let client_id = decoded(client_id)?;
                if client_id.is_empty() || client_id.starts_with('$') {
                    return Err(Wrong::new(400, "a client id has characters and does not begin with `$`"));
                }
                let with_session = flag(&mut query, "cleanSession")?;
                let with_will = !flag(&mut query, "preventWillMessage")?;
                (Self::DeleteConnection { client_id, with_session, with_will }, &["DELETE"][..])
            }
            _ => return Err(Wrong::new(404, "no operation of the data plane is at this path")),
        };
        if !methods.contains(&method) {
            let message = "the specified combination of HTTP verb and URI is not supported";
            return Err(Wrong::new(405, message));
        }
        query.finish().map_err(|error| Wrong::new(400, error.message))?;
        Ok(call)
    }

    /// What policies call it.
    fn action(&self) -> &'static str {
        match self {
            Self::Shadow(_, Verb::Get) => "iot:GetThingShadow",
            Self::Shadow(_, Verb::Update) => "iot:UpdateThingShadow",
            Self::Shadow(_, Verb::Delete) => "iot:DeleteThingShadow",
            Self::ListNamedShadows { .. } => "iot:ListNamedShadowsForThing",
            Self::GetRetained { .. } => "iot:GetRetainedMessage",
            Self::ListRetained { .. } => "iot:ListRetainedMessages",
            Self::DeleteConnection { .. } => "iot:DeleteConnection",
        }
    }

    fn name(&self) -> &'static str {
        self.action().trim_start_matches("iot:")
    }

    /// What its record in the log is about; the type of event is the operation's name but for one.
    fn called(&self) -> Called {
        match self {
            Self::Shadow(shadow, verb) => Called::shadow(shadow, *verb),
            Self::GetRetained { topic } => {
                Called { event: self.name(), topic: Some(topic.clone()), ..Called::default() }
            }
            Self::ListRetained { .. } => Called { event: "ListRetainedMessage", ..Called::default() },
            other => Called { event: other.name(), ..Called::default() },
        }
    }

    /// What policies say that it is about ([policy
    /// actions](https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html)).
    fn resource(&self) -> String {
        match self {
            Self::Shadow(Shadow { thing, name: None }, _) => format!("thing/{thing}"),
            Self::Shadow(Shadow { thing, name: Some(name) }, _) => format!("thing/{thing}/{name}"),
            Self::ListNamedShadows { thing, .. } => format!("thing/{thing}"),
            Self::GetRetained { topic } => format!("topic/{topic}"),
            Self::ListRetained { .. } => "*".to_owned(),
            Self::DeleteConnection { client_id, .. } => format!("client/{client_id}"),
        }
    }
}

/// Reads a call, for fuzzing.
#[cfg(fuzzing)]
pub(super) fn fuzz(method: &str, path: &str, query: &str) {
    match Call::parse(method, path, query) {
        Ok(call) => {
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/:_-$".contains(&byte);
            let is_of_thing = matches!(call, Call::Shadow(..) | Call::ListNamedShadows { .. });
            assert!(!is_of_thing || call.resource().bytes().all(is_plain), "{call:?}");
            let _ = (call.name(), call.called());
        }
        Err(wrong) => assert!(!wrong.message.is_empty() && (400..500).contains(&wrong.status)),
    }
}

impl Page {
    fn take(query: &mut Form, size: &str, usual: usize, max: usize) -> Result<Self, Wrong> {
        let token = query.take("nextToken");
        let size = match query.take(size) {
            None => usual,
            Some(text) => text
                .parse()
                .ok()
                .filter(|size| (1..=max).contains(size))
                .ok_or_else(|| Wrong::new(400, format!("`{size}` must be a number from 1 to {max}")))?,
        };
        Ok(Self { token, size })
    }
}

fn flag(query: &mut Form, name: &str) -> Result<bool, Wrong> {
    match query.take(name).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Wrong::new(400, format!("`{name}` must be `true` or `false`"))),
    }
}

fn decoded(segment: &str) -> Result<String, Wrong> {
    let text = percent_decode_str(segment).decode_utf8();
    text.map(Into::into).map_err(|_| Wrong::new(400, "the path is not UTF-8"))
}

/// Answers a call of somebody whose credentials are right.
pub(super) async fn answer(broker: &Arc<Broker>, owner: &Owner, request: &Request) -> Response {
    if http_publish::is_meant(request) {
        return http_publish::answer(broker, owner, request).await;
    }
    let mut name = "";
    let answered = match Call::parse(request.method.as_str(), &request.path, &request.query) {
        Err(wrong) => Err(wrong),
        Ok(call) => {
            name = call.name();
            carry_out(broker, owner, call, request).await
        }
    };
    let mut response = match answered {
        Ok(body) => Response::json(200, body.to_string()),
        Err(wrong) => {
            let mut response = Response::json(wrong.status, json!({ "message": wrong.message }).to_string());
            response.headers.push((ERROR_TYPE_HEADER, exception(wrong.status).to_owned()));
            response
        }
    };
    response.operation = name;
    response
}

async fn carry_out(
    broker: &Arc<Broker>,
    owner: &Owner,
    call: Call,
    request: &Request,
) -> Result<Value, Wrong> {
    let witness = Arc::new(Witness::new(&broker.app, owner, "HTTP"));
    let forbidden = |why: String| {
        let is_told = broker.explain_denials || matches!(owner.principal.proof, Proof::AccessKey { .. });
        tracing::info!(operation = call.name(), principal = %owner.principal.id, why, "not allowed");
        witness.may_not_call(call.called(), call.action(), &call.resource(), &why);
        Wrong::new(403, if is_told { why } else { "Forbidden".to_owned() })
    };
    let rights = broker.rights(owner, None)?;
    let rights = rights.ok_or_else(|| forbidden("the credentials may not be used any more".to_owned()))?;
    rights.may_call(call.action(), &call.resource()).map_err(forbidden)?;
    // Shadows are recorded where they are served, whichever door the request came through.
    let mut called = (!matches!(call, Call::Shadow(..))).then(|| call.called());
    let done = do_call(broker, owner, call, request, &witness, &mut called).await;
    if let Some(called) = called {
        let failure = done.as_ref().err().map(|wrong| (exception(wrong.status), wrong.message.clone()));
        witness.called(called, failure);
    }
    done
}

/// Carries out what may be called; `called` gets what only the work shows.
async fn do_call(
    broker: &Arc<Broker>,
    owner: &Owner,
    call: Call,
    request: &Request,
    witness: &Arc<Witness>,
    called: &mut Option<Called>,
) -> Result<Value, Wrong> {
    let scope = &owner.principal.scope;
    let (app, now) = (&broker.app, request.received);
    match call {
        Call::Shadow(shadow, verb) => {
            let payload = if verb == Verb::Update { request.body.clone() } else { bytes::Bytes::new() };
            Ok(broker.call_shadow(scope, shadow, verb, payload, witness).await?)
        }
        Call::ListNamedShadows { thing, page } => {
            let listing = [&*scope.account, &*scope.region, "ListNamedShadowsForThing", &thing];
            let filters = [Filter::eq("thing", &*thing), Filter::eq("listed", true)];
            let query = Query {
                order: Order::By("name"),
                after: place(broker, &listing, page.token.as_deref())?,
                limit: page.size,
                ..Query::all(&filters)
            };
            let found = app.store.read(scope, |store| store.list::<ThingShadow>(&query))?;
            let names: Vec<_> = found.items.into_iter().filter_map(|shadow| shadow.name).collect();
            let answer = json!({ "results": names, "timestamp": now.millis().div_euclid(1000) });
            Ok(with_next(broker, answer, &listing, found.next))
        }
        Call::GetRetained { topic } => {
            let found = app.store.read(scope, |store| store.get::<RetainedMessage>(&topic))?;
            let found = found.filter(|found| !is_over(found, now.millis()));
            let found = found.ok_or_else(|| Wrong::new(404, "no message is retained for this topic"))?;
            if let Some(called) = called {
                called.read = Some((found.message.qos, Timestamp::from_millis(found.modified_ms)));
            }
            let mut answer = json!({
                "topic": topic, "payload": found.message.payload, "qos": found.message.qos,
                "lastModifiedTime": found.modified_ms,
            });
            let user = found.message.properties.map(|properties| properties.user).unwrap_or_default();
            if let Value::Object(members) = &mut answer
                && !user.is_empty()
            {
                let user: Value = user.into_iter().map(|(name, value)| json!({ name: value })).collect();
                members.insert("userProperties".to_owned(), BASE64.encode(user.to_string()).into());
            }
            Ok(answer)
        }
        Call::ListRetained { page } => {
            let listing = [&*scope.account, &*scope.region, "ListRetainedMessages"];
            let after = place(broker, &listing, page.token.as_deref())?;
            let query = Query { order: Order::By("id"), after, limit: page.size, ..Query::default() };
            let found = app.store.read(scope, |store| store.list::<RetainedMessage>(&query))?;
            let topics: Vec<Value> = found
                .items
                .into_iter()
                .filter(|found| !is_over(found, now.millis()))
                .map(|found| {
                    json!({
                        "topic": found.message.topic, "qos": found.message.qos,
                        "payloadSize": BASE64.decode(&found.message.payload).map_or(0, |payload| payload.len()),
                        "lastModifiedTime": found.modified_ms,
                    })
                })
                .collect();
            Ok(with_next(broker, json!({ "retainedTopics": topics }), &listing, found.next))
        }
        Call::DeleteConnection { client_id, with_session, with_will } => {
            if broker.space(scope).evict(&client_id, with_session, with_will) {
                return Ok(json!({}));
            }
            let message = format!("no client `{}` is connected", crate::api::shown(&client_id));
            Err(Wrong::new(404, message))
        }
    }
}

fn is_over(retained: &RetainedMessage, now_ms: i64) -> bool {
    retained.message.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms)
}

/// Where a page begins.
fn place(broker: &Broker, listing: &[&str], token: Option<&str>) -> Result<Option<Cursor>, Wrong> {
    let unseal = |token| broker.app.paging.unseal(listing, token);
    let wrong = || Wrong::new(400, "the token is not one of this list");
    token.map(|token| unseal(token).ok_or_else(wrong)).transpose()
}

fn with_next(broker: &Broker, mut answer: Value, listing: &[&str], next: Option<Cursor>) -> Value {
    if let (Some(next), Value::Object(members)) = (next, &mut answer) {
        members.insert("nextToken".to_owned(), broker.app.paging.seal(listing, &next).into());
    }
    answer
}
