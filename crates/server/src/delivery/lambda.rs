//! Functions that are subscribed to topics.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::attempt::Failure;
use super::aws;
use crate::api::App;
use crate::egress::lambda::{self, Invocation, InvocationKind};

/// AWS answers at once; an emulator does when the function has ended, for which Lambda gives it a quarter of an hour.
const TIME_MAX: Duration = Duration::from_secs(30);
const EMULATOR_TIME_MAX: Duration = Duration::from_secs(900);

/// Invokes a function with an event.
pub(super) async fn send(app: &App, arn: &str, event: &Value) -> Result<(), Failure> {
    let url = app.notifications.functions.get(arn);
    let invocation = Invocation {
        arn,
        url: url.map(|url| url.as_str()),
        event: Bytes::from(event.to_string()),
        kind: InvocationKind::Event,
        timeout: if url.is_some() { EMULATOR_TIME_MAX } else { TIME_MAX },
    };
    let response = lambda::invoke(&app.egress, &app.aws, invocation).await?;
    aws::outcome(&response, aws::json_code(&response).as_deref())?;
    if lambda::has_failed(&response) {
        return Err(Failure::passing("the function failed"));
    }
    Ok(())
}
