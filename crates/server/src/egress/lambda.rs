//! Functions ([Invoke](https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html)): those of the configuration at their
//! own URLs, which is where AWS's runtime interface emulator listens, others at AWS.

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::aws::{Aws, AwsRequest};
use super::client::{ChosenBy, Client, OutRequest, OutResponse, SendError};

/// A call of a function.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) arn: &'a str,
    /// Where the function is, if the configuration says so.
    pub(crate) url: Option<&'a str>,
    pub(crate) event: Bytes,
    /// Whether its answer is waited for.
    pub(crate) kind: InvocationKind,
    /// For the whole call.
    pub(crate) timeout: Duration,
}

/// What is wanted of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InvocationKind {
    /// That it runs some time.
    Event,
    /// Its answer.
    RequestResponse,
}

impl InvocationKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::RequestResponse => "RequestResponse",
        }
    }
}

/// Invokes a function. An answer is given back whatever its status; [`has_failed`] says whether the function was at fault.
///
/// # Errors
/// When there is no whole answer.
pub(crate) async fn invoke(
    client: &Client,
    aws: &Aws,
    invocation: Invocation<'_>,
) -> Result<OutResponse, SendError> {
    let Invocation { arn, url, event, kind, timeout } = invocation;
    let found = region_and_name(arn);
    let (region, name) = found.ok_or(SendError::Url("the endpoint is not the ARN of a function"))?;
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (HeaderName::from_static("x-amz-invocation-type"), HeaderValue::from_static(kind.as_str())),
    ]);
    match url {
        Some(url) => {
            let request = OutRequest {
                method: Method::POST,
                url: invocation_url(url, name),
                headers,
                body: event,
                timeout,
                chosen_by: ChosenBy::Operator,
            };
            client.send(&request).await
        }
        None => {
            let path = path(&utf8_percent_encode(arn, NON_ALPHANUMERIC).to_string());
            let request = AwsRequest { method: Method::POST, path, headers, body: event, timeout };
            aws.call("lambda", region, request).await
        }
    }
}

/// Whether a function was invoked and failed.
pub(crate) fn has_failed(response: &OutResponse) -> bool {
    response.headers.contains_key("x-amz-function-error")
}

fn path(name: &str) -> String {
    format!("/2015-03-31/functions/{name}/invocations")
}

/// A URL that has a path is used as it is; to others the API's path is added.
fn invocation_url(url: &str, name: &str) -> String {
    let has_path = url.parse::<Uri>().is_ok_and(|url| !matches!(url.path(), "" | "/"));
    if has_path { url.to_owned() } else { format!("{}{}", url.trim_end_matches('/'), path(name)) }
}

/// `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, a version or alias may follow.
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
