//! Calls of AWS's APIs, with credentials and endpoints from the places where AWS SDKs look for them.

use std::ffi::OsString;
use std::fmt::Write;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{HOST, HeaderName};
use http::{HeaderMap, HeaderValue, Method};

use super::client::{ChosenBy, Client, OutRequest, OutResponse, SendError};
use super::credentials::Cache;
use super::profile::{Environment, Profile};
use super::url::Url;
use crate::auth::sigv4::{AccessKey, SignedParts, SigningScope, sign};
use crate::clock;

/// How long what the shared files say is believed: credentials in them may be renewed by others.
const PROFILE_TIME_MAX: Duration = Duration::from_secs(30);

/// Calls AWS, or what is in its place. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Aws(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    client: Client,
    environment: Environment,
    profile: Mutex<Option<(Instant, Arc<Profile>)>>,
    credentials: Cache,
}

/// A request of an API; the endpoint and the signature are added.
#[derive(Clone, Debug)]
pub(crate) struct AwsRequest {
    pub(crate) method: Method,
    /// Percent-encoded, with a `/` at its beginning, and the query if there is one.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// For the whole call.
    pub(crate) timeout: Duration,
}

impl Aws {
    /// `environment` is the process's.
    pub(crate) fn new(client: Client, environment: &[(OsString, OsString)]) -> Self {
        Self(Arc::new(Inner {
            client,
            environment: Environment::new(environment),
            profile: Mutex::default(),
            credentials: Cache::default(),
        }))
    }

    /// Sends a signed request to a service, named as in its endpoint and its signing scope: `sns`. An answer is given back
    /// whatever its status.
    ///
    /// # Errors
    /// When there are no credentials, no such region can be, or there is no whole answer.
    pub(crate) async fn call(
        &self,
        service: &str,
        region: &str,
        request: AwsRequest,
    ) -> Result<OutResponse, SendError> {
        let profile = self.profile();
        let (base, chosen_by) = endpoint(&profile, service, region)?;
        let AwsRequest { method, path, headers, body, timeout } = request;
        let url = format!("{}{path}", base.trim_end_matches('/'));
        let out = OutRequest { method, url, headers, body, timeout, chosen_by };
        let key = self.0.credentials.key(&self.0.client, &profile, region).await;
        let out = signed(out, &key.map_err(SendError::NoCredentials)?, service, region)?;
        let response = self.0.client.send(&out).await?;
        if response.is_whole {
            Ok(response)
        } else {
            Err(SendError::Failed("the answer is not whole".to_owned()))
        }
    }

    fn profile(&self) -> Arc<Profile> {
        let mut kept = self.0.profile.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((since, profile)) if since.elapsed() < PROFILE_TIME_MAX => Arc::clone(profile),
            _ => {
                let profile = Arc::new(Profile::load(&self.0.environment));
                *kept = Some((clock::stopwatch(), Arc::clone(&profile)));
                profile
            }
        }
    }
}

/// Where a service is, and who says so.
pub(super) fn endpoint(
    profile: &Profile,
    service: &str,
    region: &str,
) -> Result<(String, ChosenBy), SendError> {
    // A region often comes from an ARN that somebody wrote, and becomes part of a host.
    let is_plain = |text: &str| {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    if !(1..=32).contains(&region.len()) || !is_plain(region) {
        return Err(SendError::Url("there can be no such region"));
    }
    if let Some(url) = profile.endpoint(service) {
        return Ok((url.to_owned(), ChosenBy::Operator));
    }
    let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    Ok((format!("https://{service}.{region}.{suffix}"), ChosenBy::Caller))
}

/// With the headers that sign it.
pub(super) fn signed(
    mut out: OutRequest,
    key: &AccessKey,
    service: &str,
    region: &str,
) -> Result<OutRequest, SendError> {
    let url = Url::parse(&out.url).map_err(SendError::Url)?;
    let host = host(&url);
    let mut headers: Vec<(&str, &[u8])> =
        out.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
    headers.push((HOST.as_str(), host.as_bytes()));
    let parts = SignedParts {
        method: out.method.as_str(),
        path_raw: url.uri.path(),
        query_raw: url.uri.query().unwrap_or_default(),
        headers: &headers,
        body: &out.body,
    };
    let signed = sign(&parts, key, SigningScope { region, service, now: clock::now() });
    let added = signed.map_err(|_| SendError::Url("the request cannot be signed"))?;
    for (name, value) in added {
        let mut value = HeaderValue::try_from(value)
            .map_err(|_| SendError::Url("the credentials are no text of headers"))?;
        value.set_sensitive(true);
        out.headers.insert(HeaderName::from_static(name), value);
    }
    Ok(out)
}

/// The `Host` header as the client sends it: the port only when it is not the scheme's own.
fn host(url: &Url) -> String {
    let mut host = url.uri.host().unwrap_or_default().to_owned();
    let usual = if url.is_https() { 443 } else { 80 };
    if let Some(port) = url.uri.port_u16().filter(|port| *port != usual) {
        let _ = write!(host, ":{port}");
    }
    host
}

/// The credentials of a profile, for a command that needs them once.
///
/// # Errors
/// Why there are none.
pub(crate) async fn key_of(client: &Client, profile: &Profile, region: &str) -> Result<AccessKey, String> {
    Cache::default().key(client, profile, region).await
}
