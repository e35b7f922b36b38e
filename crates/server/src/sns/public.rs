//! What is answered without a signature, because endpoints have none: the certificate that verifies messages, and the URLs
//! in messages that confirm and end subscriptions. Whoever knows such a URL got it in a message.

use http::Method;
use thingwarden_store::records::Subscription;
use thingwarden_store::{Actor, Reader, Writer};

use super::actions::API;
use super::arn::{SubscriptionArn, TopicArn};
use super::error::{denied, invalid};
use super::subscriptions::{self, Confirmation};
use crate::api::App;
use crate::http::{Request, Response};
use crate::query::service::Outcome;
use crate::query::{self, Form, QueryError};

/// Whom the audit trail names: somebody who got a message.
const PRINCIPAL: &str = "anonymous";

/// What somebody without a signature may ask for.
enum Asked {
    Confirm { topic: TopicArn, token: String },
    Unsubscribe(SubscriptionArn),
}

/// The answer to a request that needs no signature; none to all others.
pub(crate) async fn public(app: &App, request: &Request) -> Option<Response> {
    if request.method != Method::GET || !request.body.is_empty() || is_signed(request) {
        return None;
    }
    if let Some(pem) = app.signer.certificate_at(&request.path) {
        return Some(Response {
            status: 200,
            headers: vec![("content-type", "application/x-pem-file".to_owned())],
            body: pem.to_owned().into(),
            operation: "GetSigningCertificate",
        });
    }
    let is_ours = |pair: &str| matches!(pair, "Action=ConfirmSubscription" | "Action=Unsubscribe");
    if request.path != "/" || !request.query.split('&').any(is_ours) {
        return None;
    }
    let (name, outcome) = match read(request) {
        Ok(asked) => {
            let name = asked.name();
            (name, asked.carry_out(app, request).await)
        }
        Err(error) => ("", Err(error)),
    };
    let id = request.id.as_str();
    Some(query::respond(match outcome {
        Ok(result) => query::answer(API.protocol, name, result.as_ref(), id),
        Err(error) => {
            if let Some(cause) = &error.cause {
                tracing::error!(request_id = id, action = name, %cause, "the request failed");
            }
            query::error(API.protocol, name, &error, id)
        }
    }))
}

/// Whether somebody says who it is: then that is looked at first.
fn is_signed(request: &Request) -> bool {
    let in_query = |pair: &str| pair.to_ascii_lowercase().starts_with("x-amz-");
    request.headers.contains_key(http::header::AUTHORIZATION) || request.query.split('&').any(in_query)
}

fn read(request: &Request) -> Result<Asked, QueryError> {
    let mut form = Form::parse(request.query.as_bytes())?;
    form.take("Version");
    let action = form.take("Action").unwrap_or_default();
    let asked = if action == "ConfirmSubscription" {
        let topic = TopicArn::parse(&form.take("TopicArn").unwrap_or_default());
        let topic = topic.ok_or_else(|| invalid("TopicArn"))?;
        Asked::Confirm { topic, token: form.take("Token").unwrap_or_default() }
    } else {
        let arn = SubscriptionArn::parse(&form.take("SubscriptionArn").unwrap_or_default());
        Asked::Unsubscribe(arn.ok_or_else(|| invalid("SubscriptionArn"))?)
    };
    form.finish()?;
    Ok(asked)
}

impl Asked {
    fn name(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "ConfirmSubscription",
            Self::Unsubscribe(_) => "Unsubscribe",
        }
    }

    /// Nothing is written for who does not know a token or a subscription.
    async fn carry_out(self, app: &App, request: &Request) -> Outcome {
        let now_ms = request.received.millis();
        let scope = match &self {
            Self::Confirm { topic, .. } => topic.scope.clone(),
            Self::Unsubscribe(arn) => arn.topic.scope.clone(),
        };
        let known = app.store.read(&scope, |store| match &self {
            Self::Confirm { topic, token } => subscriptions::by_token(store, topic, token, now_ms)?
                .ok_or_else(|| invalid("Token"))
                .map(|_| true),
            Self::Unsubscribe(arn) => to_end(store, arn).map(|found| found.is_some()),
        })?;
        if !known {
            return Ok(None);
        }
        let actor = Actor {
            principal: PRINCIPAL.to_owned(),
            operation: format!("sns:{}", self.name()),
            request_id: request.id.to_string(),
            source_ip: Some(request.peer.ip().to_string()),
            at_ms: now_ms,
        };
        let work = move |store: &Writer<'_>| self.write(store, now_ms);
        app.store.write(&scope, actor, work).await
    }

    fn write(self, store: &Writer<'_>, now_ms: i64) -> Outcome {
        match self {
            Self::Confirm { topic, token } => {
                let by = Confirmation { with_signature: false, authenticate_on_unsubscribe: false };
                subscriptions::confirm_with(store, &topic, &token, by, now_ms)
            }
            Self::Unsubscribe(arn) => {
                if let Some(found) = to_end(store, &arn)? {
                    subscriptions::end(store, &arn, found, now_ms)?;
                }
                Ok(None)
            }
        }
    }
}

/// The subscription that somebody wants to end.
fn to_end(store: &Reader<'_>, arn: &SubscriptionArn) -> Result<Option<Subscription>, QueryError> {
    let found = store.get::<Subscription>(&subscriptions::id(arn))?;
    if found.as_ref().is_some_and(|found| found.authenticate_on_unsubscribe) {
        return Err(denied("this subscription can be ended by a signed request only"));
    }
    Ok(found)
}
