//! What the commands that ask a running server share: where it is, whose access key, and signed requests.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, anyhow, bail, ensure};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::auth::sigv4::{AccessKey, SignedParts, SigningScope, sign};
use crate::egress::{AddressRules, ChosenBy, Client, Environment, OutRequest, Profile, key_of};
use crate::{clock, config, ops, root_credentials};

/// Where a server is when nobody says.
const ENDPOINT: &str = "http://127.0.0.1:8080";
/// As the server's own default.
const REGION: &str = "us-east-1";
/// One request, from name resolution to the last byte.
const TIME_MAX: Duration = Duration::from_secs(60);
/// The longest answer that is read: a page of a plan, with its policies.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Which server, and as whom.
#[derive(Debug, clap::Args)]
pub(super) struct RemoteArgs {
    /// Where the server's API is [default: AWS_ENDPOINT_URL, else http://127.0.0.1:8080]
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Folder of the server, to sign with its root credentials; without it, with those of the environment or the AWS profile
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
    runtime: Runtime,
    client: Client,
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
        let profile = Profile::load(&Environment::new(&environment));
        let endpoint = self.endpoint.as_deref().or_else(|| profile.endpoint("iot")).unwrap_or(ENDPOINT);
        let region = self.region.clone().or_else(|| variable("AWS_REGION"));
        let region = region.or_else(|| variable("AWS_DEFAULT_REGION")).unwrap_or_else(|| REGION.to_owned());
        let ca_bundle = variable("AWS_CA_BUNDLE");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        // There is no listener of our own to keep away from.
        let nowhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        let client = {
            let _in_runtime = runtime.enter();
            Client::new(AddressRules::default(), ca_bundle.as_deref().map(Path::new), nowhere)?
                .expecting(ANSWER_BYTES_MAX)
        };
        let key = match &self.data {
            Some(folder) => root_credentials::of(folder, self.account.as_deref())?,
            None => runtime.block_on(key_of(&client, &profile, &region)).map_err(|why| {
                anyhow!("no access key: give --data DIR, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile ({why})")
            })?,
        };
        let (endpoint, host) = place(endpoint)?;
        Ok(Remote { runtime, client, endpoint, host, region, key })
    }
}

fn text_of(environment: &[(OsString, OsString)], name: &str) -> Option<String> {
    let found = environment.iter().find(|(known, _)| known == name);
    found.and_then(|(_, text)| text.to_str()).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// An endpoint without a slash at its end, and its `Host` header.
fn place(endpoint: &str) -> anyhow::Result<(String, String)> {
    let uri: http::Uri = endpoint.parse().with_context(|| format!("`{endpoint}` is no URL"))?;
    let is_plain = uri.path() == "/" && uri.query().is_none();
    ensure!(
        is_plain && matches!(uri.scheme_str(), Some("http" | "https")),
        "`{endpoint}` is no endpoint: expected http://HOST:PORT or https://HOST:PORT"
    );
    let authority = uri.authority().context("the endpoint has no host")?;
    ensure!(!authority.as_str().contains('@'), "`{endpoint}` is no endpoint: it has a name in it");
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    // As the client sends it: the port only when it is not the scheme's own.
    let host = match authority.port_u16() {
        Some(port) if port != usual => format!("{}:{port}", authority.host()),
        _ => authority.host().to_owned(),
    };
    Ok((endpoint.trim_end_matches('/').to_owned(), host))
}

impl Remote {
    /// Calls an operation of the server's own.
    ///
    /// # Errors
    /// When the server cannot be reached, and what it answers when it does not do it.
    pub(super) fn own(&self, operation: &str, input: &Value) -> anyhow::Result<Value> {
        let path = format!("/{}/{operation}", ops::SERVICE);
        self.call(ops::SERVICE, Method::POST, &path, Some(input)).with_context(|| operation.to_owned())
    }

    /// Calls an operation of AWS IoT.
    ///
    /// # Errors
    /// As [`Remote::own`].
    pub(super) fn iot(&self, method: Method, path: &str, input: Option<&Value>) -> anyhow::Result<Value> {
        self.call("iot", method, path, input)
    }

    fn call(
        &self,
        service: &str,
        method: Method,
        path: &str,
        input: Option<&Value>,
    ) -> anyhow::Result<Value> {
        let body = Bytes::from(input.map(Value::to_string).unwrap_or_default());
        let signed_headers: Vec<(&str, &[u8])> =
            vec![("host", self.host.as_bytes()), ("content-type", b"application/json")];
        let parts = SignedParts {
            method: method.as_str(),
            path_raw: path,
            query_raw: "",
            headers: &signed_headers,
            body: &body,
        };
        let scope = SigningScope { region: &self.region, service, now: clock::now() };
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in sign(&parts, &self.key, scope)? {
            let mut value = HeaderValue::try_from(value).context("the access key is no text of headers")?;
            value.set_sensitive(true);
            headers.insert(HeaderName::from_static(name), value);
        }
        let request = OutRequest {
            method,
            url: format!("{}{path}", self.endpoint),
            headers,
            body,
            timeout: TIME_MAX,
            chosen_by: ChosenBy::Operator,
        };
        let sent = self.runtime.block_on(self.client.send(&request));
        let response = sent.with_context(|| format!("cannot reach `{}`", self.endpoint))?;
        ensure!(response.is_whole, "`{}` breaks off its answer", self.endpoint);
        let answer: Value = if response.body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&response.body)
                .with_context(|| format!("`{}` answers something else than JSON", self.endpoint))?
        };
        if !response.status.is_success() {
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
