//! ExplainClient: what a client id did, what it was denied and why, why it was not let in, and what it may do now.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{Certificate, ThingPrincipal};
use thingwarden_store::{Filter, Reader, Scope};

use crate::activity::{Counters, Denial, Refusal};
use crate::api::ApiError;
use crate::broker::{self, Judged};
use crate::iam::Cx;

/// Denials of one answer, and refusals.
const DENIALS_MAX: usize = 100;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    client_id: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    client_id: String,
    connected: bool,
    /// The id of the certificate, or of the caller, that used the client id last.
    #[serde(skip_serializing_if = "Option::is_none")]
    principal_id: Option<String>,
    /// Newest last.
    source_ips: Vec<String>,
    /// Since the server began.
    #[serde(skip_serializing_if = "Option::is_none")]
    counters: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thing_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    policies: Option<Vec<String>>,
    /// None for callers with an access key, whose rights are IAM's.
    #[serde(skip_serializing_if = "Option::is_none")]
    may_connect: Option<bool>,
    /// Newest first.
    denials: Vec<Value>,
    /// Why it was not let in, newest first; also under another client id, or none, with a certificate that is known to be its own.
    refusals: Vec<Value>,
}

pub(super) fn explain(cx: &Cx, store: &Reader<'_>, input: Input) -> Result<Output, ApiError> {
    let longest = cx.app.quotas.client_id_bytes;
    if !(1..=longest).contains(&input.client_id.len()) {
        return Err(ApiError::invalid(format!("`clientId` has 1 to {longest} bytes")));
    }
    let (scope, client_id) = (cx.regional_scope(), input.client_id);
    let counters = cx.app.activity.find(&scope, &client_id);
    let connection = counters.as_ref().map(|counters| counters.connection().clone()).unwrap_or_default();
    let mut denials = cx.app.activity.denials(&scope, &client_id);
    denials.truncate(DENIALS_MAX);
    let principal = connection.principal.clone().or_else(|| Some(Arc::clone(&denials.first()?.principal)));
    let mut refusals = refusals(cx, store, &client_id, principal.as_deref())?;
    refusals.truncate(DENIALS_MAX);
    let principal = principal.or_else(|| refusals.iter().find_map(|refusal| refusal.principal.clone()));
    let address = connection.addresses.back().copied().unwrap_or(cx.source_ip);
    let questions: Vec<(&str, &str)> = std::iter::once(("iot:Connect", client_id.as_str()))
        .chain(denials.iter().map(|denial| (denial.action, denial.name.as_str())))
        .collect();
    let certificate = principal.as_deref().map(|id| store.get::<Certificate>(id)).transpose()?.flatten();
    let judged = match &certificate {
        Some(certificate) => Some(broker::judge(store, &certificate.id, &client_id, address, &questions)?),
        None => None,
    };
    let answers = judged.as_ref().and_then(|judged| judged.answers.as_deref());
    // Who may not use the certificate may do nothing.
    let now = |place: usize| {
        judged.as_ref().map(|_| answers.is_some_and(|all| matches!(all.get(place), Some(None))))
    };
    let why_now = |place: usize| answers.and_then(|all| all.get(place)?.clone());
    let told = denials.iter().enumerate().map(|(place, denial)| {
        // Of another principal than the last, nothing is known about now.
        let is_of_it = Some(&denial.principal) == principal.as_ref();
        tell(&scope, denial, now(place + 1).filter(|_| is_of_it), why_now(place + 1).filter(|_| is_of_it))
    });
    let denials = told.collect();
    let may_connect = now(0);
    let (thing_name, policies) = judged.map(|Judged { thing, policies, .. }| (thing, policies)).unzip();
    Ok(Output {
        connected: connection.count > 0,
        source_ips: connection.addresses.iter().map(ToString::to_string).collect(),
        counters: counters.map(|counters| numbers(&counters)),
        certificate_status: certificate.map(|certificate| certificate.status),
        thing_name: thing_name.flatten(),
        policies,
        may_connect,
        principal_id: principal.map(|id| id.to_string()),
        client_id,
        denials,
        refusals: refusals.iter().map(tell_refusal).collect(),
    })
}

/// Who came as this client and was not let in: it said so, or showed a certificate that was last used with the client id, or is
/// attached to the thing of that name.
fn refusals(
    cx: &Cx,
    store: &Reader<'_>,
    client_id: &str,
    principal: Option<&str>,
) -> Result<Vec<Refusal>, ApiError> {
    let attached = store.all::<ThingPrincipal>(&[Filter::eq("thing", client_id)])?;
    let mut own: Vec<&str> = attached.iter().filter_map(|one| one.principal.rsplit('/').next()).collect();
    own.extend(principal);
    Ok(cx.app.activity.refusals.find(store.scope(), |refusal| match refusal.client_id.as_deref() {
        Some(said) if said == client_id => true,
        _ => refusal.principal.as_deref().is_some_and(|shown| own.contains(&shown)),
    }))
}

fn tell_refusal(refusal: &Refusal) -> Value {
    let mut told = json!({
        "at": Timestamp::to_string(&refusal.last),
        "firstAt": Timestamp::to_string(&refusal.first),
        "count": refusal.count,
        "sourceIp": refusal.address.to_string(),
        "why": refusal.why,
    });
    if let Value::Object(told) = &mut told {
        let known = [("clientId", &refusal.client_id), ("principalId", &refusal.principal)];
        told.extend(
            known.into_iter().filter_map(|(name, known)| Some((name.to_owned(), known.as_deref()?.into()))),
        );
    }
    told
}

fn tell(scope: &Scope, denial: &Denial, allowed_now: Option<bool>, why_now: Option<String>) -> Value {
    let kind = match denial.action {
        "iot:Connect" => "client",
        "iot:Subscribe" => "topicfilter",
        _ => "topic",
    };
    let mut told = Map::new();
    let mut put = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
    put("at", Timestamp::to_string(&denial.at).into());
    put("action", denial.action.into());
    put("resource", crate::api::iot_arn(scope, &format!("{kind}/{}", denial.name)).into());
    put("principalId", Value::from(&*denial.principal));
    put("sourceIp", denial.address.to_string().into());
    put("why", Value::from(denial.why.as_str()));
    if let Some(allowed) = allowed_now {
        put("allowedNow", allowed.into());
    }
    if let Some(why) = why_now {
        put("whyNow", why.into());
    }
    Value::Object(told)
}

/// Under the names that the metrics of Device Defender have, where they have one.
fn numbers(counters: &Counters) -> Value {
    let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
    json!({
        "messagesReceived": of(&counters.messages_in),
        "messagesSent": of(&counters.messages_out),
        "bytesReceived": of(&counters.bytes_in),
        "bytesSent": of(&counters.bytes_out),
        "connectionAttempts": of(&counters.connection_attempts),
        "disconnects": of(&counters.disconnects),
        "authorizationFailures": of(&counters.authorization_failures),
    })
}
