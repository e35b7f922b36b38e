//! What answers of AWS's APIs mean for a delivery.

use http::StatusCode;

use super::attempt::Failure;
use crate::egress::OutResponse;

/// Characters of an error that are repeated.
const SHOWN_CHARS_MAX: usize = 300;

/// Codes of errors that pass, or that the operator mends without the message being at fault: throttling, and credentials.
const PASSING: &[&str] = &[
    "Throttl",
    "TooManyRequests",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ExpiredToken",
    "InvalidClientTokenId",
    "UnrecognizedClient",
    "SignatureDoesNotMatch",
    "RequestExpired",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
];

/// Whether the call succeeded; `code` is the error's code if the protocol has it in a header or body.
pub(super) fn outcome(response: &OutResponse, code: Option<&str>) -> Result<(), Failure> {
    let status = response.status;
    if status.is_success() {
        return Ok(());
    }
    let code = code.unwrap_or_default();
    let is_passing = !status.is_client_error()
        || status == StatusCode::TOO_MANY_REQUESTS
        || PASSING.iter().any(|passing| code.contains(passing));
    let body = String::from_utf8_lossy(&response.body);
    let shown: String = body.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
    Err(Failure { why: format!("HTTP status {}: {shown}", status.as_u16()), is_permanent: !is_passing })
}

/// The code of an error in AWS's JSON protocols: `com.amazonaws.sqs#QueueDoesNotExist` is `QueueDoesNotExist`.
pub(crate) fn json_code(response: &OutResponse) -> Option<String> {
    let header =
        response.headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let in_body = || {
        let body: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
        Some(body.get("__type")?.as_str()?.to_owned())
    };
    let code = header.or_else(in_body)?;
    Some(code.rsplit('#').next()?.split(':').next()?.to_owned())
}
