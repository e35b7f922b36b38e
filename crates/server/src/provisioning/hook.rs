//! The function that is asked before a device is provisioned ([guide, "Pre-provisioning
//! hooks"](https://docs.aws.amazon.com/iot/latest/developerguide/pre-provisioning-hook.html)).

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::api::App;
use crate::egress::lambda::{self, Invocation, InvocationKind};

/// How long a function has to answer (guide, as above).
const TIME_MAX: Duration = Duration::from_secs(5);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    allow_provisioning: bool,
    #[serde(default)]
    parameter_overrides: BTreeMap<String, String>,
}

/// Asks whether a device may be provisioned, and gives the parameters that the function wants instead of the device's.
///
/// # Errors
/// With the reason, for people: nothing but a clear yes is one.
pub(super) async fn ask(app: &App, arn: &str, event: &Value) -> Result<BTreeMap<String, String>, String> {
    let url = app.notifications.functions.get(arn).map(|url| url.as_str());
    let event = Bytes::from(event.to_string());
    let kind = InvocationKind::RequestResponse;
    let invocation = Invocation { arn, url, event, kind, timeout: TIME_MAX };
    let response = lambda::invoke(&app.egress, &app.aws, invocation).await;
    let response = response.map_err(|error| error.to_string())?;
    if !response.status.is_success() || lambda::has_failed(&response) {
        return Err(format!("the function failed, HTTP status {}", response.status.as_u16()));
    }
    if !response.is_whole {
        return Err("the function's answer is too long, or broke off".to_owned());
    }
    allowed(serde_json::from_slice(&response.body).map_err(|_| "the function answers no JSON".to_owned())?)
}

fn allowed(answer: Value) -> Result<BTreeMap<String, String>, String> {
    if !answer.is_object() {
        return Err("the function's answer is no object".to_owned());
    }
    let answer: Answer =
        serde_json::from_value(answer).map_err(|error| format!("the function's answer is none: {error}"))?;
    match answer.allow_provisioning {
        true => Ok(answer.parameter_overrides),
        false => Err("the function does not allow it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_a_clear_yes_is_one() {
        let check = |answer: Value, expected: Option<usize>| {
            assert_eq!(allowed(answer.clone()).ok().map(|overrides| overrides.len()), expected, "{answer}");
        };
        check(json!({"allowProvisioning": true}), Some(0));
        check(json!({"allowProvisioning": true, "parameterOverrides": {"a": "b"}, "more": 1}), Some(1));
        check(json!({"allowProvisioning": false}), None);
        check(json!({"allowProvisioning": "true"}), None);
        check(json!({"allowProvisioning": 1}), None);
        check(json!({"allowProvisioning": true, "parameterOverrides": {"a": 1}}), None);
        check(json!({"parameterOverrides": {}}), None);
        check(json!(null), None);
        check(json!([true]), None);
        check(json!({"errorMessage": "x"}), None);
    }
}
