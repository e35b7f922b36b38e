//! What the commands that ask a running server share: where it is, whose access key, and signed requests.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use ureq::Agent;

use crate::auth::SecretKey;
use crate::auth::sigv4::{AccessKey, SignedParts, SigningScope, sign};
use crate::{clock, config, ops, root_credentials};

/// Where a server is when nobody says.
const ENDPOINT: &str = "http://127.0.0.1:8080";
/// As the server's own default.
const REGION: &str = "us-east-1";
/// One request, from name resolution to the last byte.
const TIME_MAX: Duration = Duration::from_secs(60);
/// The longest answer that is read: a page of a plan, with its policies.
const ANSWER_BYTES_MAX: u64 = 64 << 20;

/// Which server, and as whom.
#[derive(Debug, clap::Args)]
pub(super) struct RemoteArgs {
    /// Where the server's API is [default: AWS_ENDPOINT_URL, else http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Folder of the server, to sign with its root credentials; without it, with the access key of AWS_ACCESS_KEY_ID
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// With --data: as the root of this account, not of the server's own
    #[arg(long, value_name = "ID", requires = "data")]
    account: Option<String>,
    /// The region [default: AWS_REGION, AWS_DEFAULT_REGION, else us-east-1]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
}

/// A server that answers signed requests.
pub(super) struct Remote {
    agent: Agent,
    /// Without a slash at its end.
    endpoint: String,
    host: String,
    region: String,
    key: AccessKey,
}

impl RemoteArgs {
    /// # Errors
    /// When there is no access key, or the endpoint is no URL.
    pub(super) fn open(&self) -> anyhow::Result<Remote> {
        let environment = config::environment();
        let variable = |name: &str| text_of(&environment, name);
        let endpoint = self.endpoint.clone().or_else(|| variable("AWS_ENDPOINT_URL"));
        let endpoint = endpoint.unwrap_or_else(|| ENDPOINT.to_owned());
        let region = self.region.clone().or_else(|| variable("AWS_REGION"));
        let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| REGION.to_owned());
        let key = match &self.data {
            Some(folder) => root_credentials::of(folder, self.account.as_deref())?,
            None => {
                let missing =
                    "no access key: give --data DIR, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";
                AccessKey {
                    id: variable("AWS_ACCESS_KEY_ID").context(missing)?,
                    secret: SecretKey::new(variable("AWS_SECRET_ACCESS_KEY").context(missing)?),
                    token: variable("AWS_SESSION_TOKEN").map(SecretKey::new),
                }
            }
        };
        Remote::new(&endpoint, region, key)
    }
}

fn text_of(environment: &[(OsString, OsString)], name: &str) -> Option<String> {
    let found = environment.iter().find(|(known, _)| known == name);
    found.and_then(|(_, text)| text.to_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

impl Remote {
    fn new(endpoint: &str, region: String, key: AccessKey) -> anyhow::Result<Self> {
        let uri: http::Uri = endpoint.parse().with_context(|| format!("`{endpoint}` is no URL"))?;
        let is_plain = uri.path() == "/" && uri.query().is_none();
        ensure!(
            is_plain && matches!(uri.scheme_str(), Some("http" | "https")),
            "`{endpoint}` is no endpoint: expected http://HOST:PORT or https://HOST:PORT"
        );
        let host = uri.authority().context("the endpoint has no host")?.as_str().to_owned();
        let config = Agent::config_builder()
            .timeout_global(Some(TIME_MAX))
            .max_redirects(0)
            // The server's own words are wanted, not the status alone.
            .http_status_as_error(false)
            .user_agent(concat!("thingwarden/", env!("CARGO_PKG_VERSION")))
            .build();
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        Ok(Self { agent: config.into(), endpoint, host, region, key })
    }

    /// Calls an operation of the server's own.
    ///
    /// # Errors
    /// When the server cannot be reached, and what it answers when it does not do it.
    pub(super) fn own(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let path = format!("/{}/{operation}", ops::SERVICE);
        self.call(ops::SERVICE, "POST", &path, "", Some(input)).with_context(|| operation.to_owned())
    }

    /// Calls an operation of AWS IoT.
    ///
    /// # Errors
    /// As [`Remote::own`].
    pub(super) fn iot(
        &self,
        method: &str,
        path: &str,
        query: &str,
        input: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.call("iot", method, path, query, input)
    }

    fn call(
        &self,
        service: &str,
        method: &str,
        path: &str,
        query: &str,
        input: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let body = input.map(Value::to_string).unwrap_or_default();
        let headers: Vec<(&str, &[u8])> =
            vec![("host", self.host.as_bytes()), ("content-type", b"application/json")];
        let parts = SignedParts {
            method,
            path_raw: path,
            query_raw: query,
            headers: &headers,
            body: body.as_bytes(),
        };
        let scope = SigningScope { region: &self.region, service, now: clock::now() };
        let separator = if query.is_empty() { "" } else { "?" };
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}{separator}{query}", self.endpoint))
            .header("content-type", "application/json");
        for (name, value) in sign(&parts, &self.key, scope)? {
            request = request.header(name, value);
        }
        let sent = self.agent.run(request.body(body)?);
        let mut response = sent.with_context(|| format!("cannot reach `{}`", self.endpoint))?;
        let text = response
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_string()
            .with_context(|| format!("`{}` breaks off its answer", self.endpoint))?;
        let answer: Value = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text)
                .with_context(|| format!("`{}` answers something else than JSON", self.endpoint))?
        };
        if !response.status().is_success() {
            let part = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default();
            bail!("{}: {}", part("__type"), part("message"));
        }
        Ok(answer)
    }
}

/// A member of an answer that is a text; else an empty one.
pub(super) fn text<'a>(object: &'a Value, member: &str) -> &'a str {
    object.get(member).and_then(Value::as_str).unwrap_or_default()
}

/// A member of an answer that is a list; else an empty one.
pub(super) fn list<'a>(object: &'a Value, member: &str) -> &'a [Value] {
    object.get(member).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
