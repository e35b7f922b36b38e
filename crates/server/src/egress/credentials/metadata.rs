//! Credentials of the role that the server's own machine or container has.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;
use thingwarden_engine::time::Timestamp;

use super::source::ContainerToken;
use super::{Temporary, token_in};
use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::egress::client::{ChosenBy, Client, OutRequest};

/// The service is on the same machine; where there is none, nobody answers at all.
const TIME_MAX: Duration = Duration::from_secs(2);
/// How long the session with the metadata service may last, in seconds; it is used at once.
const SESSION_SECONDS: HeaderValue = HeaderValue::from_static("60");
const ROLES: &str = "/latest/meta-data/iam/security-credentials/";

/// The answer of both services.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    access_key_id: String,
    secret_access_key: String,
    token: Option<String>,
    expiration: String,
}

/// Asks the endpoint of a container.
pub(super) async fn container(
    client: &Client,
    url: &str,
    token: &ContainerToken,
) -> Result<Temporary, String> {
    let token = match token {
        ContainerToken::None => None,
        ContainerToken::Text(token) => Some(token.clone()),
        ContainerToken::File(path) => Some(token_in(path)?),
    };
    let mut headers = HeaderMap::new();
    if let Some(token) = &token {
        headers.insert(AUTHORIZATION, secret(token.as_str())?);
    }
    temporary(&sent(client, Method::GET, url.to_owned(), headers).await?)
}

/// Asks the metadata service of an instance: first for a session, then for the role, then for its credentials.
pub(super) async fn instance(client: &Client, url: &str) -> Result<Temporary, String> {
    let lifetime = HeaderName::from_static("x-aws-ec2-metadata-token-ttl-seconds");
    let headers = HeaderMap::from_iter([(lifetime, SESSION_SECONDS)]);
    let session = sent(client, Method::PUT, format!("{url}/latest/api/token"), headers).await?;
    let session = String::from_utf8_lossy(&session);
    let headers = HeaderMap::from_iter([(
        HeaderName::from_static("x-aws-ec2-metadata-token"),
        secret(session.trim())?,
    )]);
    let roles = sent(client, Method::GET, format!("{url}{ROLES}"), headers.clone()).await?;
    let roles = String::from_utf8_lossy(&roles);
    let role = roles.lines().next().unwrap_or_default().trim();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if role.is_empty() || !role.bytes().all(is_plain) {
        return Err("the instance has no role".to_owned());
    }
    temporary(&sent(client, Method::GET, format!("{url}{ROLES}{role}"), headers).await?)
}

fn secret(text: &str) -> Result<HeaderValue, String> {
    let mut value = HeaderValue::try_from(text).map_err(|_| "a token is no text of headers".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

/// What it answers is a secret, so an error does not repeat it.
async fn sent(client: &Client, method: Method, url: String, headers: HeaderMap) -> Result<Bytes, String> {
    let host = url.split('/').nth(2).unwrap_or_default().to_owned();
    let request = OutRequest {
        method,
        url,
        headers,
        body: Bytes::new(),
        timeout: TIME_MAX,
        chosen_by: ChosenBy::Operator,
    };
    let none = |why: String| {
        format!("there are no AWS credentials in the environment or the profile, nor at `{host}`: {why}")
    };
    let response = client.send(&request).await.map_err(|error| none(error.to_string()))?;
    if response.status.is_success() && response.is_whole {
        Ok(response.body)
    } else {
        Err(none(format!("HTTP status {}", response.status.as_u16())))
    }
}

pub(super) fn temporary(body: &[u8]) -> Result<Temporary, String> {
    let odd = || "what the metadata service answers are no credentials".to_owned();
    let answer: Answer = serde_json::from_slice(body).map_err(|_| odd())?;
    Ok(Temporary {
        ends: Timestamp::parse(&answer.expiration).map_err(|_| odd())?,
        key: AccessKey {
            id: answer.access_key_id,
            secret: SecretKey::new(answer.secret_access_key),
            token: answer.token.map(SecretKey::new),
        },
    })
}
