//! Answers from outside: buttons of Slack, and programs behind webhooks. What is not signed with the secret of an approver is told
//! nothing, not even that somebody is listening; what is signed is taken once.

mod slack;
mod webhook;

use std::sync::Arc;

use http::Method;
use http::header::AUTHORIZATION;
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;
use thingwarden_engine::ids::encode_hex;
use thingwarden_store::records::{Approval, ApprovalCallback, ApprovalMessage, ApprovalNews, ApprovalState};
use thingwarden_store::{Actor, Filter, Scope, Writer};
use thingwarden_wire::Code;

use super::approver::{Approver, Channel};
use super::decide::{Verdict, decide};
use crate::api::{ApiError, App, shown};
use crate::audits::delete_some;
use crate::front::fail;
use crate::http::{Request, Response};
use crate::sinks::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, VERSION, is_signed};

/// The longest callback that is looked at. Slack sends the message with it, 50 blocks at most.
const BODY_BYTES_MAX: usize = 256 << 10;
/// How far the time of a signature may be from ours (api.slack.com, "Verifying requests from Slack").
const WINDOW_SECONDS: i64 = 300;
/// How long an address of Slack for changing a message is good, less a little.
const RESPONSE_MS: i64 = 29 * 60_000;
/// Old callbacks that are removed with a new one.
const FORGOTTEN_MAX: usize = 100;

/// A way for answers to come.
struct Way {
    path: &'static str,
    timestamp: &'static str,
    signature: &'static str,
    version: &'static str,
    /// What logs and metrics call it.
    operation: &'static str,
    /// What the audit trail calls its users.
    principal: &'static str,
    read: fn(&[u8]) -> Result<Answer, ApiError>,
}

const WAYS: [Way; 2] = [
    Way {
        path: "/thingwarden/callbacks/slack",
        timestamp: "x-slack-request-timestamp",
        signature: "x-slack-signature",
        version: "v0",
        operation: "SlackCallback",
        principal: "slack",
        read: slack::read,
    },
    Way {
        path: "/thingwarden/callbacks/webhook",
        timestamp: TIMESTAMP_HEADER,
        signature: SIGNATURE_HEADER,
        version: VERSION,
        operation: "WebhookCallback",
        principal: "webhook",
        read: webhook::read,
    },
];

/// What somebody answers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Answer {
    scope: Scope,
    approval: String,
    token: String,
    approves: bool,
    user: String,
    name: Option<String>,
    reason: Option<String>,
    /// Where the message with the question can be changed.
    response_url: Option<String>,
}

/// Reads any bytes as a callback of either kind.
#[cfg(fuzzing)]
pub(crate) fn read_any(body: &[u8]) {
    for way in WAYS {
        if let Err(error) = (way.read)(body) {
            assert!(!error.told.message.is_empty() && error.cause.is_none());
        }
    }
}

/// The answer to a callback that an approver has signed; none to all others.
pub(crate) async fn public(app: &Arc<App>, request: &Request) -> Option<Response> {
    let way = WAYS.iter().find(|way| way.path == request.path)?;
    let is_plain = request.method == Method::POST && request.query.is_empty();
    if !is_plain || request.body.len() > BODY_BYTES_MAX || request.headers.contains_key(AUTHORIZATION) {
        return None;
    }
    let (timestamp, signers) = way.signers(app, request)?;
    if signers.is_empty() {
        tracing::debug!(request_id = %request.id, peer = %request.peer, path = way.path, "a callback is not signed as it has to be");
        return None;
    }
    let taken = match (way.read)(&request.body) {
        Ok(answer) => way.take(app, request, timestamp, &signers, answer).await,
        Err(error) => Err(error),
    };
    let mut response = match taken {
        Ok(approval) => {
            let body = serde_json::json!({ "approvalId": approval.id, "state": approval.state.as_str() });
            Response::json(200, body.to_string())
        }
        Err(error) => {
            tracing::warn!(request_id = %request.id, peer = %request.peer, error = %error.told, "a callback is refused");
            fail(request, error)
        }
    };
    response.operation = way.operation;
    Some(response)
}

impl Way {
    /// The time of the signature, and the approvers with whose secret it was made; none without one, or when it is too old or too
    /// new.
    fn signers<'a>(&self, app: &'a App, request: &'a Request) -> Option<(&'a str, Vec<&'a Arc<Approver>>)> {
        let header = |name: &str| request.headers.get(name).and_then(|value| value.to_str().ok());
        let (timestamp, signature) = (header(self.timestamp)?, header(self.signature)?);
        let at_seconds: i64 = timestamp.parse().ok()?;
        let now_seconds = request.received.millis().div_euclid(1000);
        if now_seconds.checked_sub(at_seconds)?.checked_abs()? > WINDOW_SECONDS {
            return None;
        }
        let signed = |approver: &&Arc<Approver>| {
            let secret = match (&approver.channel, self.principal) {
                (Channel::Slack { signing_secret, .. }, "slack") => signing_secret,
                (Channel::Webhook(webhook), "webhook") => &webhook.secret,
                _ => return false,
            };
            is_signed(self.version, secret.as_bytes(), timestamp, &request.body, signature)
        };
        Some((timestamp, app.approvals.approvers.iter().filter(signed).collect()))
    }

    /// Carries an answer out.
    async fn take(
        &self,
        app: &Arc<App>,
        request: &Request,
        timestamp: &str,
        signers: &[&Arc<Approver>],
        answer: Answer,
    ) -> Result<Approval, ApiError> {
        let Answer { scope, approval: id, token, approves, user, name, reason, response_url } = answer;
        let unknown = || ApiError::not_found("approval", &shown(&id));
        let found = app.store.read(&scope, |store| store.get::<Approval>(&id))?.ok_or_else(unknown)?;
        if !bool::from(found.token.as_bytes().ct_eq(token.as_bytes())) {
            return Err(unknown());
        }
        let asked: Vec<_> = signers.iter().filter(|one| found.approvers.contains(&one.name)).collect();
        if asked.is_empty() {
            return Err(unknown());
        }
        let Some(approver) = asked.into_iter().find(|approver| approver.admits(&user)) else {
            let message = format!("`{}` is not among those who may decide", shown(&user));
            return Err(ApiError::new(Code::AccessDeniedException, message));
        };
        let response_url = response_url.filter(|url| {
            let may = approver.may_change_at(url);
            if !may {
                tracing::warn!(
                    approval = id,
                    "a callback names an address that is not Slack's, which is left out"
                );
            }
            may
        });
        let verdict = Verdict { approves, name, reason };
        let principal = match self.principal {
            "slack" => format!("slack:{user}"),
            other => format!("{other}:{}/{user}", approver.name),
        };
        let actor = Actor {
            principal,
            operation: verdict.operation().to_owned(),
            request_id: request.id.to_string(),
            source_ip: Some(request.peer.ip().to_string()),
            at_ms: request.received.millis(),
        };
        // What was signed: a signature can be spelled in several ways.
        let signed = [timestamp.as_bytes(), b":", &request.body].concat();
        let callback = encode_hex(digest(&SHA256, &signed).as_ref());
        let approver = approver.name.clone();
        let work = move |store: &Writer<'_>| {
            once(store, callback)?;
            let decided = decide(store, &id, verdict);
            let is_late =
                decided.as_ref().err().is_some_and(|error| error.told.code == Code::ConflictException);
            // When somebody was quicker, the message is brought up to date, so this is kept.
            let Some(url) = response_url.filter(|_| decided.is_ok() || is_late) else {
                return decided.map(Ok);
            };
            change_at(store, &id, &approver, url)?;
            Ok::<Result<Approval, ApiError>, ApiError>(decided)
        };
        app.store.write(&scope, actor, work).await?
    }
}

/// Remembers a callback, for as long as its signature is good.
fn once(store: &Writer<'_>, id: String) -> Result<(), ApiError> {
    let at_ms = store.actor().at_ms;
    if store.get::<ApprovalCallback>(&id)?.is_some() {
        return Err(ApiError::new(Code::ConflictException, "this callback was taken already"));
    }
    let old_ms = at_ms.saturating_sub(4 * WINDOW_SECONDS * 1000);
    delete_some::<ApprovalCallback>(store, &[Filter::at_most("at_ms", old_ms)], FORGOTTEN_MAX)?;
    Ok(store.insert(&ApprovalCallback { id, at_ms })?)
}

/// The message that was answered is changed, also when it asked what had been decided.
fn change_at(store: &Writer<'_>, approval: &str, approver: &str, url: String) -> Result<(), ApiError> {
    let id = ApprovalMessage::id_of(approval, approver);
    let (Some(mut message), at_ms) = (store.get::<ApprovalMessage>(&id)?, store.actor().at_ms) else {
        return Ok(());
    };
    message.response_url = Some(url);
    message.response_until_ms = at_ms.saturating_add(RESPONSE_MS);
    message.retries.next_ms = at_ms;
    let is_open = store.get::<Approval>(approval)?.is_some_and(|one| one.state == ApprovalState::Pending);
    if !message.is_waiting() && !is_open {
        message.told = ApprovalNews::Nothing;
    }
    Ok(store.update(&message)?)
}
