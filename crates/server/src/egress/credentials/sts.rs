//! Roles that are assumed at AWS STS ([AssumeRole](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html),
//! [AssumeRoleWithWebIdentity](https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html)).

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use thingwarden_engine::time::Timestamp;

use super::{Asked, Temporary};
use crate::auth::SecretKey;
use crate::auth::sigv4::AccessKey;
use crate::egress::aws;
use crate::egress::client::{Client, OutRequest};
use crate::egress::profile::Profile;

const TIME_MAX: Duration = Duration::from_secs(10);
/// Characters of an error that are repeated.
const SHOWN_CHARS_MAX: usize = 200;

/// Assumes a role with the rights of `key`.
pub(super) async fn assume_role(
    client: &Client,
    profile: &Profile,
    region: &str,
    asked: &Asked,
    key: &AccessKey,
) -> Result<Temporary, String> {
    call(client, profile, region, "AssumeRole", asked, None, Some(key)).await
}

/// Assumes a role for whom the token is about.
pub(super) async fn assume_role_with_web_identity(
    client: &Client,
    profile: &Profile,
    region: &str,
    asked: &Asked,
    token: &SecretKey,
) -> Result<Temporary, String> {
    call(client, profile, region, "AssumeRoleWithWebIdentity", asked, Some(token), None).await
}

async fn call(
    client: &Client,
    profile: &Profile,
    region: &str,
    operation: &str,
    asked: &Asked,
    token: Option<&SecretKey>,
    key: Option<&AccessKey>,
) -> Result<Temporary, String> {
    let region = profile.region.as_deref().unwrap_or(region);
    let failed = |why: String| format!("role `{}` cannot be assumed: {why}", asked.role_arn);
    let (url, chosen_by) =
        aws::endpoint(profile, "sts", region).map_err(|error| failed(error.to_string()))?;
    let seconds = asked.seconds.map(|seconds| seconds.to_string());
    let parameters = [
        ("Action", Some(operation)),
        ("Version", Some("2011-06-15")),
        ("RoleArn", Some(asked.role_arn.as_str())),
        ("RoleSessionName", Some(asked.session_name.as_str())),
        ("ExternalId", asked.external_id.as_deref()),
        ("DurationSeconds", seconds.as_deref()),
        ("WebIdentityToken", token.map(SecretKey::as_str)),
    ];
    let encoded = parameters
        .iter()
        .filter_map(|(name, value)| {
            Some(format!("{name}={}", utf8_percent_encode((*value)?, NON_ALPHANUMERIC)))
        })
        .collect::<Vec<_>>()
        .join("&");
    let form = HeaderValue::from_static("application/x-www-form-urlencoded; charset=utf-8");
    let mut out = OutRequest {
        method: Method::POST,
        url: format!("{}/", url.trim_end_matches('/')),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, form)]),
        body: Bytes::from(encoded),
        timeout: TIME_MAX,
        chosen_by,
    };
    if let Some(key) = key {
        out = aws::signed(out, key, "sts", region).map_err(|error| failed(error.to_string()))?;
    }
    let response = client.send(&out).await.map_err(|error| failed(error.to_string()))?;
    let body = String::from_utf8_lossy(&response.body);
    if !response.status.is_success() {
        let said = element(&body, "Message").or_else(|| element(&body, "Code")).unwrap_or_default();
        let said: String = said.chars().take(SHOWN_CHARS_MAX).flat_map(char::escape_debug).collect();
        return Err(failed(format!("HTTP status {}: {said}", response.status.as_u16())));
    }
    credentials(&body).ok_or_else(|| failed("the answer has no credentials".to_owned()))
}

pub(super) fn credentials(answer: &str) -> Option<Temporary> {
    Some(Temporary {
        key: AccessKey {
            id: element(answer, "AccessKeyId")?.to_owned(),
            secret: SecretKey::new(element(answer, "SecretAccessKey")?),
            token: Some(SecretKey::new(element(answer, "SessionToken")?)),
        },
        ends: Timestamp::parse(element(answer, "Expiration")?).ok()?,
    })
}

/// The text of the first element with this name. Ids, keys, tokens and times have no character that XML would write otherwise.
fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    (!text.contains(['<', '&'])).then(|| text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_are_read_from_the_answer_or_not_at_all() {
        let answer = |token: &str| {
            format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA</AccessKeyId>\
                <SecretAccessKey>s/+=</SecretAccessKey><SessionToken>{token}</SessionToken>\
                <Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            )
        };
        let found = credentials(&answer("t/+=")).unwrap();
        assert_eq!((found.key.id.as_str(), found.key.secret.as_str()), ("ASIA", "s/+="));
        assert_eq!((found.key.token, found.ends.millis()), (Some(SecretKey::new("t/+=")), 1_893_456_000_000));
        assert!(credentials(&answer("<x>")).is_none());
        assert!(credentials("<SessionToken>").is_none());
        assert!(credentials("").is_none());
    }
}
