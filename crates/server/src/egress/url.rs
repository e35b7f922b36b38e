//! URLs that requests go to.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

/// Longest URL, in bytes: SNS's limit on endpoints of subscriptions is not documented; browsers and proxies take about this.
const BYTES_MAX: usize = 2048;

/// An `http` or `https` URL with a host. Names and passwords in it are apart, so that they end up in no message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Url {
    /// Without name and password.
    pub(super) uri: Uri,
    /// `NAME:PASSWORD`, percent-encoded as it came.
    pub(super) user: Option<String>,
}

impl Url {
    /// Says what is wrong with a text that is no such URL, without repeating it.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        if text.len() > BYTES_MAX {
            return Err("the URL is too long");
        }
        let uri: Uri = text.parse().map_err(|_| "the URL cannot be read")?;
        let mut parts = uri.into_parts();
        if !parts.scheme.as_ref().is_some_and(|scheme| *scheme == Scheme::HTTP || *scheme == Scheme::HTTPS) {
            return Err("the URL is neither `http://` nor `https://`");
        }
        let authority = parts.authority.take().ok_or("the URL has no host")?;
        let (user, host) = match authority.as_str().rsplit_once('@') {
            Some((user, host)) => {
                (Some(user.to_owned()), host.parse().map_err(|_| "the URL cannot be read")?)
            }
            None => (None, authority),
        };
        let has_port = host.port().is_none_or(|port| port.as_u16() != 0);
        if host.host().is_empty() || !has_port {
            return Err("the URL has no host or no port");
        }
        parts.authority = Some(host);
        let uri = Uri::from_parts(parts).map_err(|_| "the URL cannot be read")?;
        Ok(Self { uri, user })
    }

    /// Where a `Location` header leads from here. Relative paths are refused: no server that redirects POST requests
    /// needs them.
    pub(super) fn redirected(&self, location: &str) -> Result<Self, &'static str> {
        if !location.starts_with('/') {
            let to = Self::parse(location)?;
            if self.is_https() && !to.is_https() {
                return Err("the redirect leads from `https://` to `http://`");
            }
            return Ok(to);
        }
        let scheme = if self.is_https() { "https" } else { "http" };
        if location.starts_with("//") {
            return Self::parse(&format!("{scheme}:{location}"));
        }
        let path: PathAndQuery = location.parse().map_err(|_| "the redirect cannot be read")?;
        let mut parts = self.uri.clone().into_parts();
        parts.path_and_query = Some(path);
        let uri = Uri::from_parts(parts).map_err(|_| "the redirect cannot be read")?;
        Ok(Self { uri, user: self.user.clone() })
    }

    pub(super) fn is_https(&self) -> bool {
        self.uri.scheme() == Some(&Scheme::HTTPS)
    }

    /// Whether both lead to the same server.
    pub(super) fn has_origin_of(&self, other: &Self) -> bool {
        self.uri.scheme() == other.uri.scheme() && self.authority() == other.authority()
    }

    fn authority(&self) -> Option<&Authority> {
        self.uri.authority()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn what_can_be_sent_to_is_read() {
        let with_user = url("https://me:p%40ss@example.com:8443/a?b=c#d");
        assert_eq!(with_user.uri.to_string(), "https://example.com:8443/a?b=c");
        assert_eq!(with_user.user.as_deref(), Some("me:p%40ss"));
        assert_eq!(url("http://[::1]:80").uri.host(), Some("[::1]"));
        // What comes before the last @ is no host.
        assert_eq!(url("http://10.0.0.1:80@example.com/").uri.host(), Some("example.com"));
        for bad in [
            "",
            "example.com",
            "/a",
            "ftp://example.com/",
            "file:///etc/passwd",
            "http://",
            "http:///a",
            "http://a b/",
            "http://example.com:0/",
            "http://example.com/\r\nX: y",
            &format!("http://example.com/{}", "a".repeat(2048)),
        ] {
            assert!(Url::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn redirects_lead_to_urls_only_and_never_out_of_https() {
        let from = url("https://u:p@example.com/a?b");
        let to = |location: &str| from.redirected(location).map(|to| (to.uri.to_string(), to.user));
        assert_eq!(to("/c?d"), Ok(("https://example.com/c?d".to_owned(), Some("u:p".to_owned()))));
        assert_eq!(to("//other.com/c"), Ok(("https://other.com/c".to_owned(), None)));
        assert_eq!(to("https://other.com/c"), Ok(("https://other.com/c".to_owned(), None)));
        assert!(to("http://example.com/c").is_err());
        assert!(to("c").is_err());
        assert!(to("").is_err());
        assert!(!from.has_origin_of(&url("https://example.com:8443/")));
        assert!(from.has_origin_of(&url("https://example.com/x")));
    }
}
