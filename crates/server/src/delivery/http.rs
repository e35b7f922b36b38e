//! Endpoints that speak HTTP ([HTTP/HTTPS headers](https://docs.aws.amazon.com/sns/latest/dg/sns-http-https-endpoint-as-subscriber.html)).

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use ::http::{HeaderMap, HeaderValue, Method, StatusCode};
use bytes::Bytes;

use super::attempt::Failure;
use super::retries::HttpPolicy;
use crate::api::App;
use crate::egress::{ChosenBy, OutRequest};
use crate::sns::{Document, SubscriptionArn};

/// SNS waits so long for an answer.
const TIME_MAX: Duration = Duration::from_secs(15);
const TEXT: &str = "text/plain; charset=UTF-8";
/// What receivers and firewalls that know SNS look for.
const AGENT: HeaderValue = HeaderValue::from_static("Amazon Simple Notification Service Agent");

/// Posts a document, or with `is_raw` its message alone.
pub(super) async fn send(
    app: &App,
    subscription: &SubscriptionArn,
    url: &str,
    document: &Document,
    is_raw: bool,
    policy: &HttpPolicy,
) -> Result<(), Failure> {
    let body = if is_raw { document.message.clone() } else { document.to_json() };
    let headers = headers(subscription, document, is_raw, policy)?;
    let request = OutRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers,
        body: Bytes::from(body),
        timeout: TIME_MAX,
        chosen_by: ChosenBy::Caller,
    };
    let response = app.egress.send(&request).await?;
    outcome(response.status)
}

fn headers(
    subscription: &SubscriptionArn,
    document: &Document,
    is_raw: bool,
    policy: &HttpPolicy,
) -> Result<HeaderMap, Failure> {
    let subscription = subscription.to_string();
    let mut all = vec![
        ("x-amz-sns-message-type", document.kind),
        ("x-amz-sns-message-id", document.message_id.as_str()),
        ("x-amz-sns-topic-arn", document.topic_arn.as_str()),
        (CONTENT_TYPE.as_str(), policy.content_type.as_deref().unwrap_or(TEXT)),
    ];
    // Whoever has not confirmed yet has no subscription.
    if document.kind != "SubscriptionConfirmation" {
        all.push(("x-amz-sns-subscription-arn", &subscription));
    }
    if is_raw {
        all.push(("x-amz-sns-rawdelivery", "true"));
    }
    let mut headers = HeaderMap::from_iter([(USER_AGENT, AGENT)]);
    for (name, value) in all {
        let value = HeaderValue::try_from(value);
        let value =
            value.map_err(|_| Failure::permanent(format!("the header `{name}` cannot be written")))?;
        headers.insert(HeaderName::from_static(name), value);
    }
    Ok(headers)
}

/// Receivers that are overloaded or broken are tried again; those that say that it is our fault are not.
pub(super) fn outcome(status: StatusCode) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let why = format!("HTTP status {}", status.as_u16());
    let is_passing =
        status.is_server_error() || status.is_informational() || status == StatusCode::TOO_MANY_REQUESTS;
    Err(Failure { why, is_permanent: !is_passing })
}
