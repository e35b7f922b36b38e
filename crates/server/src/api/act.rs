//! Operations that the server carries out for somebody, with that caller's rights: a role that a mitigation has, say.

use std::sync::Arc;

use serde_json::Value;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::{Actor, Scope, Writer};
use thingwarden_wire::{Operation, validate};

use super::cx::{App, Cx};
use super::dispatch::handler;
use super::error::ApiError;
use super::handler::Handler;
use super::pipeline::permit;
use crate::auth::Caller;
use crate::auth::authorize::RequestFacts;

/// Carries an operation out as if `caller` had requested it: same constraints, same authorization, same handler, and the
/// caller in the audit trail, under the request id of `writer`. Within the transaction of `writer`, which the caller of this
/// function undoes on errors that it does not live with. There is no source address, so a condition on it does not hold.
///
/// # Errors
/// As the request would answer.
pub(crate) fn perform(
    app: &Arc<App>,
    scope: &Scope,
    caller: &Caller,
    writer: &Writer<'_>,
    operation: Operation,
    input: Value,
    now_ms: i64,
) -> Result<Value, ApiError> {
    validate::validate(operation, &input)?;
    let facts = RequestFacts {
        source_ip: None,
        secure: true,
        user_agent: None,
        region: &scope.region,
        now: Timestamp::from_millis(now_ms),
    };
    let writer = writer.write_in_scope(scope)?.acting_as(Actor {
        principal: caller.arn().to_string(),
        operation: operation.info().action.to_owned(),
        request_id: writer.actor().request_id.clone(),
        source_ip: None,
        at_ms: now_ms,
    })?;
    let permit = permit(caller, operation, &input, &facts, &writer)?;
    let cx = Cx::new(permit, Arc::new(caller.clone()), Arc::clone(app), scope.clone(), now_ms, operation);
    let body = match handler(operation) {
        Handler::Read(read) => read(&cx, &writer, input),
        Handler::Write(write) => write(&cx, &writer, input),
        Handler::Prepare(prepare) => prepare(&cx, input).and_then(|finish| finish(&cx, &writer)),
        Handler::Ask(_) => {
            let message = "an operation that asks somebody outside is no part of a transaction";
            Err(ApiError::failed(std::io::Error::other(message)))
        }
    }?;
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(ApiError::failed)
}

#[cfg(test)]
mod tests;
