//! Publish of the data plane: a message over HTTP, from who signs and from devices with their certificate. The same rights
//! decide as over MQTT, and the same limits hold.
//!
//! Parameters have the places that botocore's model `iot-data` 2015-05-28 gives them: some in the query, some in headers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use thingwarden_mqtt::{Limits, Message, Properties, Qos, Topic};
use thingwarden_wire::error::ERROR_TYPE_HEADER;

use super::admission::Proof;
use super::changes::Wake;
use super::session::Owner;
use super::shadows::InFlight;
use super::witness::Witness;
use super::{Broker, NotRetained};
use crate::clock;
use crate::http::{Request, Response};
use crate::query::Form;
use crate::shadows;

/// What comes before the topic in a path.
const PATH: &str = "/topics/";
/// As metrics name it.
const OPERATION: &str = "Publish";

/// Why nothing is published.
#[derive(Debug)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
}

impl Refused {
    fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequestException", message)
    }
}

/// Whether a request is this operation.
pub(super) fn is_meant(request: &Request) -> bool {
    request.path.starts_with(PATH)
}

/// Publishes, and answers when the message is kept for everybody who outlives the process.
pub(super) async fn answer(broker: &Arc<Broker>, owner: &Owner, request: &Request) -> Response {
    let trace = request.id.as_str();
    let mut response = match publish(broker, owner, request).await {
        Ok(()) => Response::json(200, json!({ "message": "OK", "traceId": trace }).to_string()),
        Err(Refused { status, code, message }) => {
            let body = json!({ "message": message, "traceId": trace }).to_string();
            let mut response = Response::json(status, body);
            response.headers.push((ERROR_TYPE_HEADER, code.to_owned()));
            response
        }
    };
    response.operation = OPERATION;
    response
}

async fn publish(broker: &Arc<Broker>, owner: &Owner, request: &Request) -> Result<(), Refused> {
    if request.method != http::Method::POST {
        return Err(Refused::new(405, "MethodNotAllowedException", "a message is published with POST"));
    }
    let message = message(&broker.limits, request)?;
    let witness = Arc::new(Witness::new(&broker.app, owner, "HTTP"));
    let failed = |cause: String| {
        tracing::error!(request_id = %request.id, error = cause, "the request failed");
        Refused::new(500, "InternalFailureException", "the server failed; its log has the reason")
    };
    let rights = broker.rights(owner, None).map_err(|error| failed(format!("{error:?}")))?;
    let rights = rights.ok_or_else(|| Refused::new(403, "ForbiddenException", "Forbidden"))?;
    if let Err((action, why)) = rights.may_publish(&message) {
        broker.metrics.denied(action.name());
        witness.may_not(action, message.topic.as_str(), &why);
        let is_told = broker.explain_denials || matches!(owner.principal.proof, Proof::AccessKey { .. });
        return Err(Refused::new(403, "ForbiddenException", if is_told { &why } else { "Forbidden" }));
    }
    broker.metrics.messages_in.inc();
    let scope = &owner.principal.scope;
    let space = broker.space(scope);
    if !space.allowances.publishes.admits(clock::steady()) {
        broker.metrics.messages_throttled.inc();
        witness.is_throttled();
        return Err(Refused::new(429, "ThrottlingException", "the account publishes too much in a second"));
    }
    witness.publishes(&message);
    let asked = shadows::request(message.topic.as_str());
    let asked = asked.map(|(shadow, verb)| (shadow, verb, message.payload.clone()));
    let routed = broker.publish(&space, message, None).map_err(|error| {
        if let NotRetained::TooOften(_) = error {
            broker.metrics.messages_throttled.inc();
            witness.is_throttled();
        }
        Refused::new(429, "ThrottlingException", error.to_string())
    })?;
    if let Some(ticket) = routed.ticket {
        broker.journal.durable(ticket).await;
    }
    if let Some((shadow, verb, payload)) = asked {
        let wake = Arc::<Wake>::default();
        let finished =
            broker.ask_shadow(scope, (shadow, verb, payload), (&wake, &witness), &mut InFlight::default());
        while !finished.is_so() {
            wake.woken().await;
        }
    }
    Ok(())
}

/// The message that a request has.
fn message(limits: &Limits, request: &Request) -> Result<Message, Refused> {
    if request.body.len() > limits.payload_bytes {
        let message = format!("a payload has at most {} bytes", limits.payload_bytes);
        return Err(Refused::new(413, "RequestEntityTooLargeException", message));
    }
    let topic = request.path.strip_prefix(PATH).unwrap_or_default();
    let topic = percent_decode_str(topic).decode_utf8();
    let topic = topic.map_err(|_| Refused::invalid("the topic is not UTF-8"))?;
    let topic = Topic::parse(&topic, limits).map_err(|error| Refused::invalid(error.to_string()))?;
    let mut query = Form::parse(request.query.as_bytes()).map_err(|error| Refused::invalid(error.message))?;
    let qos = match query.take("qos").as_deref() {
        None | Some("0") => Qos::AtMostOnce,
        Some("1") => Qos::AtLeastOnce,
        Some(_) => return Err(Refused::invalid("`qos` is 0 or 1")),
    };
    let retain = match query.take("retain").as_deref() {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Refused::invalid("`retain` is true or false")),
    };
    let expires_ms = match query.take("messageExpiry") {
        None => None,
        Some(text) => {
            let seconds: u32 = text
                .parse()
                .ok()
                .filter(|seconds| *seconds > 0)
                .ok_or_else(|| Refused::invalid("`messageExpiry` is a number of seconds"))?;
            let seconds = seconds.min(limits.message_expiry_seconds_max);
            Some(clock::steady().millis().saturating_add(i64::from(seconds) * 1000))
        }
    };
    let response_topic = query.take("responseTopic");
    if let Some(topic) = &response_topic {
        Topic::parse(topic, limits).map_err(|error| Refused::invalid(format!("`responseTopic`: {error}")))?;
    }
    let mut properties = Properties {
        is_text: is_text(request)?,
        content_type: query.take("contentType").map(Into::into),
        response_topic: response_topic.map(Into::into),
        correlation_data: correlation_data(request)?,
        user: vec![],
    };
    add_user_properties(request, &mut properties)?;
    query.finish().map_err(|error| Refused::invalid(error.message))?;
    let message = Message {
        topic,
        payload: Bytes::copy_from_slice(&request.body),
        qos,
        retain,
        expires_ms,
        properties: (properties != Properties::default()).then(|| Box::new(properties)),
    };
    let beside_payload = message.weight().saturating_sub(message.payload.len());
    if beside_payload > limits.properties_bytes {
        let message = format!("topic and properties have at most {} bytes", limits.properties_bytes);
        return Err(Refused::new(413, "RequestEntityTooLargeException", message));
    }
    Ok(message)
}

/// Reads a message, for fuzzing.
#[cfg(fuzzing)]
pub(super) fn fuzz(limits: &Limits, request: &Request) {
    match message(limits, request) {
        Ok(message) => {
            assert!(message.weight() <= limits.properties_bytes + message.payload.len());
            assert_eq!(Topic::parse(message.topic.as_str(), limits).as_ref(), Ok(&message.topic));
        }
        Err(refused) => assert!(!refused.message.is_empty() && (400..500).contains(&refused.status)),
    }
}

fn header<'a>(request: &'a Request, name: &str) -> Result<Option<&'a str>, Refused> {
    let Some(value) = request.headers.get(name) else { return Ok(None) };
    value.to_str().map(Some).map_err(|_| Refused::invalid(format!("the header `{name}` is not ASCII")))
}

fn is_text(request: &Request) -> Result<bool, Refused> {
    match header(request, "x-amz-mqtt5-payload-format-indicator")? {
        None | Some("UNSPECIFIED_BYTES") => Ok(false),
        Some("UTF8_DATA") if std::str::from_utf8(&request.body).is_ok() => Ok(true),
        Some("UTF8_DATA") => {
            Err(Refused::invalid("the payload is not UTF-8, as `payloadFormatIndicator` says"))
        }
        Some(_) => Err(Refused::invalid("`payloadFormatIndicator` is UNSPECIFIED_BYTES or UTF8_DATA")),
    }
}

fn correlation_data(request: &Request) -> Result<Option<Box<[u8]>>, Refused> {
    let Some(text) = header(request, "x-amz-mqtt5-correlation-data")? else { return Ok(None) };
    let data = BASE64.decode(text).map_err(|_| Refused::invalid("`correlationData` is not Base64"))?;
    Ok(Some(data.into()))
}

/// An array of objects with texts, as JSON in Base64.
fn add_user_properties(request: &Request, properties: &mut Properties) -> Result<(), Refused> {
    let invalid = || {
        Refused::invalid(
            "`userProperties` is a JSON array of objects with texts as values, encoded with Base64 in the header",
        )
    };
    let Some(text) = header(request, "x-amz-mqtt5-user-properties")? else { return Ok(()) };
    let decoded = BASE64.decode(text).map_err(|_| invalid())?;
    let text = std::str::from_utf8(&decoded).map_err(|_| invalid())?;
    let mut parsed = thingwarden_wire::parse_json(text).map_err(|_| invalid())?;
    // SDKs encode as JSON what they are given, also if it is the text of JSON.
    if let Value::String(inner) = &parsed {
        parsed = thingwarden_wire::parse_json(inner).map_err(|_| invalid())?;
    }
    for one in parsed.as_array().ok_or_else(invalid)? {
        for (name, value) in one.as_object().ok_or_else(invalid)? {
            let Value::String(value) = value else { return Err(invalid()) };
            properties.user.push((name.as_str().into(), value.as_str().into()));
        }
    }
    Ok(())
}
