//! CloudWatch Logs, as far as it reads: the log group `AWSIotLogsV2` with what devices did.
//!
//! The protocol is JSON 1.1: `X-Amz-Target` names the operation. `events.rs` reads records, `pattern.rs` says which are wanted.

mod events;
mod pattern;

#[cfg(fuzzing)]
pub use pattern::fuzz;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thingwarden_store::{Scope, StoreError};

use crate::api::Stored;
use crate::auth::authorize::{Access, Refusal, authorize_access};
use crate::device_logs::{DeviceLogs, GROUP};
use crate::http::{Request, Response};
use crate::iam::Cx;

/// What clients sign for, and the prefix of actions in policies.
pub(crate) const SERVICE: &str = "logs";
const TARGET_PREFIX: &str = "Logs_20140328.";
const MEDIA_TYPE: &str = "application/x-amz-json-1.1";

/// Why there is no answer.
#[derive(Debug)]
struct Failed {
    status: u16,
    code: &'static str,
    message: String,
}

impl Failed {
    fn invalid(message: impl Into<String>) -> Self {
        Self { status: 400, code: "InvalidParameterException", message: message.into() }
    }

    fn not_found(message: impl Into<String>) -> Self {
        Self { status: 400, code: "ResourceNotFoundException", message: message.into() }
    }

    /// The reason goes to the log.
    fn internal(cx: &Cx, error: &dyn std::fmt::Display) -> Self {
        tracing::error!(request_id = %cx.request_id, %error, "records about devices cannot be read");
        let message = "the server failed; its log has the reason".to_owned();
        Self { status: 500, code: "ServiceUnavailableException", message }
    }
}

type Outcome = Result<Value, Failed>;

/// An operation: its name, whether it is about the one log group or all, and what carries it out.
type Operation = (&'static str, bool, fn(&Cx, &DeviceLogs, &Scope, Value) -> Outcome);

const OPERATIONS: &[Operation] = &[
    ("DescribeLogGroups", false, events::groups),
    ("DescribeLogStreams", true, events::streams),
    ("FilterLogEvents", true, events::filter),
    ("GetLogEvents", true, events::get),
];

/// Answers a request of a caller whose signature is right.
pub(crate) async fn answer(cx: Cx, request: &Request) -> Response {
    let mut operation = "";
    let answered = match find(request) {
        Err(failed) => Err(failed),
        Ok((found, input)) => {
            operation = found.0;
            // Files are read where it may take long.
            let work = tokio::task::spawn_blocking(move || carry_out(&cx, found, input));
            work.await.unwrap_or_else(|_| {
                let message = "the server failed to compute the answer".to_owned();
                Err(Failed { status: 500, code: "ServiceUnavailableException", message })
            })
        }
    };
    let (status, body) = match answered {
        Ok(body) => (200, body),
        Err(Failed { status, code, message }) => (status, json!({ "__type": code, "message": message })),
    };
    let headers = vec![("content-type", MEDIA_TYPE.to_owned())];
    Response { status, headers, body: body.to_string().into(), operation }
}

fn find(request: &Request) -> Result<(&'static Operation, Value), Failed> {
    let target = request.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
    let name = target.and_then(|target| target.strip_prefix(TARGET_PREFIX));
    let Some(name) = name.filter(|_| request.method == http::Method::POST && request.path == "/") else {
        let message = format!("a request is a POST to `/` with `X-Amz-Target: {TARGET_PREFIX}OPERATION`");
        return Err(Failed { status: 400, code: "UnknownOperationException", message });
    };
    let Some(operation) = OPERATIONS.iter().find(|(known, ..)| *known == name) else {
        let message = format!("`{}` is not served here", crate::api::shown(name));
        return Err(Failed { status: 501, code: "UnknownOperationException", message });
    };
    let text = std::str::from_utf8(&request.body).ok();
    let input = text.and_then(|text| thingwarden_wire::parse_json(text).ok()).filter(Value::is_object);
    let input = input.ok_or_else(|| Failed {
        status: 400,
        code: "SerializationException",
        message: "the body must be a JSON object".to_owned(),
    })?;
    Ok((operation, input))
}

fn carry_out(cx: &Cx, (name, is_of_group, work): &Operation, input: Value) -> Outcome {
    let scope = cx.regional_scope();
    let group = if *is_of_group { GROUP } else { "" };
    let access = Access {
        action: &format!("{SERVICE}:{name}"),
        resources: &[group_arn(&scope, group)],
        shown: None,
        request_tags: &[],
        keys: &[],
        granted: false,
    };
    let permitted = cx.app.store.read(&scope, |store| {
        Ok::<_, StoreError>(authorize_access(&cx.caller, &access, &cx.facts(), &Stored(store)))
    });
    match permitted.map_err(|error| Failed::internal(cx, &error))? {
        Ok(_permit) => work(cx, &cx.app.device_logs, &scope, input),
        Err(refusal @ Refusal::Denied(_)) => {
            Err(Failed { status: 400, code: "AccessDeniedException", message: refusal.to_string() })
        }
        Err(Refusal::Invalid(message)) => Err(Failed::invalid(message)),
        Err(Refusal::Lookup(error)) => Err(Failed::internal(cx, &error)),
    }
}

/// The ARN that policies have; with an empty name that of all log groups.
fn group_arn(scope: &Scope, name: &str) -> String {
    format!("arn:aws:logs:{}:{}:log-group:{name}:*", scope.region, scope.account)
}

/// The typed input. A member that nobody knows is refused: what a client asks for is never left out silently.
fn parse<T: DeserializeOwned>(input: Value) -> Result<T, Failed> {
    serde_json::from_value(input).map_err(|error| Failed::invalid(error.to_string()))
}
