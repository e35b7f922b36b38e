//! Posts to an address of the configuration, through the checks of all outgoing requests.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, StatusCode};

use super::Trouble;
use super::security_hub::retry_after;
use crate::egress::{ChosenBy, Client, OutRequest};

const TIMEOUT: Duration = Duration::from_secs(30);
/// Characters of an answer that are repeated in a message.
const SHOWN_CHARS_MAX: usize = 200;

/// Posts until somebody has taken it, which a status of success says.
///
/// # Errors
/// When there is no answer, or another status.
pub(crate) async fn post(egress: &Client, url: &str, headers: HeaderMap, body: Bytes) -> Result<(), Trouble> {
    let request = OutRequest {
        method: Method::POST,
        url: url.to_owned(),
        headers,
        body,
        timeout: TIMEOUT,
        // An address in the configuration is not allowed to lead into the own network by mistake either.
        chosen_by: ChosenBy::Caller,
    };
    let answer = egress.send(&request).await.map_err(|error| Trouble::new(error.to_string()))?;
    if answer.status.is_success() {
        return Ok(());
    }
    let said: String = String::from_utf8_lossy(&answer.body).chars().take(SHOWN_CHARS_MAX).collect();
    let limited = matches!(answer.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
    Err(Trouble {
        message: format!("status {} {}", answer.status.as_u16(), said.trim()).trim().to_owned(),
        retry_after: retry_after(&answer.headers).filter(|_| limited),
    })
}
