//! Functions ([Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)): those of the configuration at their
//! own URLs, which is where AWS's runtime interface emulator listens, others at AWS.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use super::attempt::Failure;
use super::aws;
use crate::api::App;
use crate::egress::{AwsRequest, ChosenBy, OutRequest};

/// AWS answers at once; an emulator does when the function has ended, for which Lambda gives it a quarter of an hour.
const TIME_MAX: Duration = Duration::from_secs(30);
const EMULATOR_TIME_MAX: Duration = Duration::from_secs(900);

/// Invokes a function with an event.
pub(super) async fn send(app: &App, arn: &str, event: &Value) -> Result<(), Failure> {
    invoke(app, arn, "Event", event, (TIME_MAX, EMULATOR_TIME_MAX)).await.map(drop)
}

/// `time_max` is for AWS, and for an emulator.
async fn invoke(
    app: &App,
    arn: &str,
    invocation_type: &'static str,
    event: &Value,
    time_max: (Duration, Duration),
) -> Result<Bytes, Failure> {
    let Some((region, name)) = region_and_name(arn) else {
        return Err(Failure::permanent("the endpoint is not the ARN of a function"));
    };
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("x-amz-invocation-type"), HeaderValue::from_static(invocation_type)),
    ]);
    let body = Bytes::from(event.to_string());
    let response = match app.notifications.functions.get(arn) {
        Some(url) => {
            let request = OutRequest {
                method: Method::POST,
                url: invocation_url(url.as_str(), name),
                headers,
                body,
                timeout: time_max.1,
                chosen_by: ChosenBy::Operator,
            };
            app.egress.send(&request).await?
        }
        None => {
            let path = path(&utf8_percent_encode(arn, NON_ALPHANUMERIC).to_string());
            let request = AwsRequest { method: Method::POST, path, headers, body, timeout: time_max.0 };
            app.aws.call("lambda", region, request).await?
        }
    };
    aws::outcome(&response, aws::json_code(&response).as_deref())?;
    match response.headers.get("x-amz-function-error") {
        Some(_) => Err(Failure::passing("the function failed")),
        None => Ok(response.body),
    }
}

fn path(name: &str) -> String {
    format!("/2015-03-31/functions/{name}/invocations")
}

/// A URL that has a path is used as it is; to others the API's path is added.
fn invocation_url(url: &str, name: &str) -> String {
    let has_path = url.parse::<Uri>().is_ok_and(|url| !matches!(url.path(), "" | "/"));
    if has_path { url.to_owned() } else { format!("{}{}", url.trim_end_matches('/'), path(name)) }
}

/// The region and the name of `arn:aws:lambda:REGION:ACCOUNT:function:NAME`; a version or alias may follow.
pub(crate) fn region_and_name(arn: &str) -> Option<(&str, &str)> {
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.as_slice() {
        ["arn", _, "lambda", region, _, "function", name]
        | ["arn", _, "lambda", region, _, "function", name, _]
            if !name.is_empty() =>
        {
            Some((region, name))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_found_by_its_arn_and_url() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:f";
        assert_eq!(region_and_name(arn), Some(("us-east-1", "f")));
        assert_eq!(region_and_name(&format!("{arn}:live")), Some(("us-east-1", "f")));
        assert_eq!(region_and_name("arn:aws:sqs:us-east-1:123456789012:f"), None);
        for base in ["http://h:9000", "http://h:9000/"] {
            assert_eq!(invocation_url(base, "f"), "http://h:9000/2015-03-31/functions/f/invocations");
        }
        let own = "http://h:9000/2015-03-31/functions/function/invocations";
        assert_eq!(invocation_url(own, "f"), own);
    }
}
