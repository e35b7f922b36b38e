//! What a client shows that has neither a certificate nor an access key, or whose certificate is not enough.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use percent_encoding::percent_decode_str;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

/// What names an authorizer ([connecting with custom
/// authentication](https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth.html)).
const NAME: &str = "x-amz-customauthorizer-name";
/// The signature of the token, in base64.
const SIGNATURE: &str = "x-amz-customauthorizer-signature";

/// All of it, layer by layer; layers that were not there are none.
#[derive(Clone, Debug, Default)]
pub(crate) struct Presented {
    /// Whether the connection is encrypted.
    pub(crate) is_secure: bool,
    /// What the client called the server in the TLS handshake.
    pub(crate) server_name: Option<Box<str>>,
    pub(crate) http: Option<Http>,
    pub(crate) mqtt: Option<Mqtt>,
    /// A certificate that may be used, where the domain wants both (`CUSTOM_AUTH_X509`).
    pub(crate) certificate: Option<Arc<Certified>>,
}

/// Whom a certificate stands for.
#[derive(Debug)]
pub(crate) struct Certified {
    /// Where it is registered.
    pub(crate) scope: Scope,
    /// The certificate's id.
    pub(crate) id: Arc<str>,
    pub(crate) pem: String,
    pub(crate) not_after: Timestamp,
}

/// Of a request over HTTP.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Http {
    /// Names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Without the question mark.
    pub(crate) query: String,
}

/// Of CONNECT.
#[derive(Clone, Default)]
pub(crate) struct Mqtt {
    pub(crate) user_name: Option<Box<str>>,
    pub(crate) password: Option<Bytes>,
    /// None when the server chooses it.
    pub(crate) client_id: Option<Box<str>>,
}

impl Http {
    /// Values that are no text are left out.
    pub(crate) fn new(headers: &HeaderMap, query: &str) -> Self {
        let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        };
        Self { headers: headers.iter().filter_map(text).collect(), query: query.to_owned() }
    }

    /// The same but for a header.
    pub(crate) fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// The first value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        named.next().map(|(_, value)| value.as_str())
    }
}

impl Presented {
    /// The authorizer that the client wants to be asked.
    pub(crate) fn authorizer_name(&self) -> Option<String> {
        self.value(NAME)
    }

    /// What the client calls the server, without a port.
    pub(crate) fn host(&self) -> Option<String> {
        let in_header = || self.http.as_ref()?.header("host");
        let called = self.server_name.as_deref().or_else(in_header)?;
        host_of(called)
    }

    pub(super) fn signature(&self) -> Option<String> {
        self.value(SIGNATURE)
    }

    /// A value by its name: of a header, else of the query, else of the query that follows the user name.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let http = self.http.as_ref();
        let in_header = || http?.header(name).map(str::to_owned);
        let in_query = || parameter(&http?.query, name);
        let in_user_name = || parameter(self.mqtt.as_ref()?.user_name.as_deref()?.split_once('?')?.1, name);
        in_header().or_else(in_query).or_else(in_user_name)
    }
}

/// The host of a host with an optional port.
pub(crate) fn host_of(authority: &str) -> Option<String> {
    let authority = authority.parse::<http::uri::Authority>().ok()?;
    Some(authority.host().to_ascii_lowercase())
}

/// The first parameter of a name. `+` is itself, since it is in base64 that clients do not encode.
fn parameter(query: &str, name: &str) -> Option<String> {
    let decoded = |text| percent_decode_str(text).decode_utf8().ok();
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find_map(|(key, value)| (decoded(key)? == name).then(|| decoded(value))?).map(Into::into)
}

/// The parameters of a query but the one of this name.
pub(crate) fn without_parameter(query: &str, name: &str) -> String {
    let is_other = |pair: &&str| {
        let key = pair.split('=').next().unwrap_or_default();
        percent_decode_str(key).decode_utf8().is_ok_and(|key| key != name)
    };
    query.split('&').filter(is_other).collect::<Vec<_>>().join("&")
}

/// It has tokens and passwords in it.
impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Http(***)")
    }
}

impl fmt::Debug for Mqtt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mqtt").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> Presented {
        Presented {
            mqtt: Some(Mqtt { user_name: Some(name.into()), ..Mqtt::default() }),
            ..Presented::default()
        }
    }

    #[test]
    fn a_user_name_may_bring_parameters() {
        let shown =
            user("u?x-amz-customauthorizer-name=a%2Cb&x-amz-customauthorizer-signature=a+b/%3D&t=1&t=2");
        assert_eq!(shown.authorizer_name().as_deref(), Some("a,b"));
        assert_eq!(shown.signature().as_deref(), Some("a+b/="));
        assert_eq!(shown.value("t").as_deref(), Some("1"));
        assert_eq!(shown.value("T"), None);
        assert_eq!(user("x-amz-customauthorizer-name=a").authorizer_name(), None, "no parameters");
        assert_eq!(user("?x-amz-customauthorizer-name=a").authorizer_name().as_deref(), Some("a"));
        assert_eq!(user("u?x-amz-customauthorizer-name=%ff").authorizer_name(), None, "not UTF-8");
    }

    #[test]
    fn headers_come_before_the_query_and_that_before_the_user_name() {
        let mut shown = user("u?t=user&s=user&r=user");
        let headers = [("T".to_owned(), "header".to_owned())].to_vec();
        shown.http = Some(Http { headers, query: "t=query&s=query".to_owned() });
        let values = ["t", "s", "r", "q"].map(|name| shown.value(name));
        assert_eq!(values.map(Option::unwrap_or_default), ["header", "query", "user", ""]);
    }

    #[test]
    fn a_query_can_lose_a_parameter() {
        assert_eq!(without_parameter("a=1&to%6ben=2&b=3&token", "token"), "a=1&b=3");
        assert_eq!(without_parameter("", "token"), "");
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut shown = user("secret?t=secret");
        shown.http = Some(Http { headers: vec![], query: "t=secret".to_owned() });
        assert!(!format!("{shown:?}").contains("secret"));
    }
}
