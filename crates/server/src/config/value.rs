//! Types of settings: how each is read from text, and written back.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use thingwarden_engine::audit::Severity;

use crate::egress::Network;

/// How a value looks in TOML and JSON. In the environment and on the command line all are text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Boolean,
    /// Of texts; joined with commas where there is only text.
    List,
    /// From texts to texts: a table in TOML; as a list of `KEY=VALUE` where there is only text.
    Map,
}

/// A type that a setting can have.
pub(crate) trait Value: Sized {
    const KIND: Kind;
    /// What is acceptable, for messages: `twelve digits`.
    const EXPECTED: &'static str;

    fn parse(text: &str) -> Option<Self>;
}

macro_rules! numbers {
    ($($type:ty)*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::Number;
            const EXPECTED: &'static str = "a whole number";

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}
numbers! { u32 u64 usize }

/// Types with a `FromStr` and `Display` that agree.
macro_rules! texts {
    ($($type:ty, $expected:literal;)*) => {$(
        impl Value for $type {
            const KIND: Kind = Kind::Text;
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                text.parse().ok()
            }
        }
    )*};
}
texts! {
    SocketAddr, "an IP address and a port, such as 127.0.0.1:8080";
    Network, "a network such as 10.0.0.0/8";
}

/// An address that only this machine reaches, for what is not encrypted. Names are not looked up: what they stand for may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Loopback(SocketAddr);

impl Loopback {
    /// Whether whoever has this address is on this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3).
    pub(crate) fn has(address: IpAddr) -> bool {
        address.to_canonical().is_loopback()
    }

    pub(crate) fn address(self) -> SocketAddr {
        self.0
    }
}

impl Value for Loopback {
    const KIND: Kind = Kind::Text;
    const EXPECTED: &'static str =
        "a loopback address (127.0.0.0/8 or [::1], no host name) and a port, such as 127.0.0.1:1883";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|address: &SocketAddr| Self::has(address.ip())).map(Self)
    }
}

/// A choice of words.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident: $expected:literal { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant),* }

        impl Value for $name {
            const KIND: Kind = Kind::Text;
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                match text {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }
    )*};
}
choices! {
    /// How log lines look.
    LogFormat: "text or json" {
        Text = "text",
        Json = "json",
    }
    /// The least important log lines that are written.
    LogLevel: "error, warn, info, debug or trace" {
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
    /// How the connection to a mail server is protected.
    SmtpTls: "starttls, tls or none" {
        /// TLS after a greeting in plain text, or nothing is sent
        StartTls = "starttls",
        /// TLS from the beginning
        Tls = "tls",
        /// Nothing protects it
        None = "none",
    }
    /// Keys of the server's own certificate authority and of the certificates that it issues.
    KeyType: "ecdsa-p256 or rsa-2048" {
        EcdsaP256 = "ecdsa-p256",
        Rsa2048 = "rsa-2048",
    }
}

/// The least severity that makes an audit end with exit code 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum FailOn {
    Critical,
    High,
    Medium,
    Low,
    /// Findings do not change the exit code
    Never,
}

impl FailOn {
    /// The least severity that fails, unless none does.
    pub(crate) fn least(self) -> Option<Severity> {
        match self {
            Self::Critical => Some(Severity::Critical),
            Self::High => Some(Severity::High),
            Self::Medium => Some(Severity::Medium),
            Self::Low => Some(Severity::Low),
            Self::Never => None,
        }
    }
}

impl Value for FailOn {
    const KIND: Kind = Kind::Text;
    const EXPECTED: &'static str = "critical, high, medium, low or never";

    fn parse(text: &str) -> Option<Self> {
        <Self as clap::ValueEnum>::from_str(text, false).ok()
    }
}

impl Value for bool {
    const KIND: Kind = Kind::Boolean;
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Value for PathBuf {
    const KIND: Kind = Kind::Text;
    const EXPECTED: &'static str = "a path";

    fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && !text.contains('\0')).then(|| text.into())
    }
}

/// The empty text stands for nothing.
impl<T: Value> Value for Option<T> {
    const KIND: Kind = T::KIND;
    const EXPECTED: &'static str = T::EXPECTED;

    fn parse(text: &str) -> Option<Self> {
        if text.is_empty() { Some(None) } else { T::parse(text).map(Some) }
    }
}

impl<T: Value> Value for Vec<T> {
    const KIND: Kind = Kind::List;
    const EXPECTED: &'static str = T::EXPECTED;

    fn parse(text: &str) -> Option<Self> {
        let items = text.split(',').map(str::trim).filter(|_| !text.is_empty());
        items.map(T::parse).collect()
    }
}

impl<T: Value> Value for BTreeMap<String, T> {
    const KIND: Kind = Kind::Map;
    const EXPECTED: &'static str = T::EXPECTED;

    fn parse(text: &str) -> Option<Self> {
        let items = text.split(',').map(str::trim).filter(|_| !text.is_empty());
        let pair = |item: &str| {
            let (key, value) = item.split_once('=').filter(|(key, _)| !key.trim().is_empty())?;
            Some((key.trim().to_owned(), T::parse(value.trim())?))
        };
        items.map(pair).collect()
    }
}

/// Text with a form of its own, cheap to clone.
macro_rules! names {
    ($($(#[$doc:meta])* $name:ident, $expected:literal, $is_valid:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub(crate) struct $name(Arc<str>);

        impl $name {
            pub(crate) fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for Arc<str> {
            fn from(name: $name) -> Self {
                name.0
            }
        }

        impl Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Value for $name {
            const KIND: Kind = Kind::Text;
            const EXPECTED: &'static str = $expected;

            fn parse(text: &str) -> Option<Self> {
                let is_valid: fn(&str) -> bool = $is_valid;
                is_valid(text).then(|| Self(text.into()))
            }
        }
    )*};
}
impl HostPort {
    /// Without port, and an IPv6 address without brackets.
    pub(crate) fn host(&self) -> String {
        let authority = self.as_str().parse::<http::uri::Authority>();
        authority.map_or_else(|_| String::new(), |found| found.host().trim_matches(['[', ']']).to_owned())
    }
}

names! {
    /// An AWS account id.
    AccountId, "twelve digits", |text| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    /// A region's name, or what a private installation calls one.
    Region, "a region such as us-east-1", |text| {
        let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=64).contains(&text.len()) && text.bytes().all(known)
    };
    /// Where a server is: scheme, host, optional port and path.
    BaseUrl, "an http or https URL without a query, such as https://iot.example.org", |text| {
        let is_url = text.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.host().is_some_and(|host| !host.is_empty())
                && uri.query().is_none()
        });
        text.len() <= 1024 && !text.contains(['@', '#']) && is_url
    };
    /// Key or value of a tag (TagResource: 256 characters at most).
    TagText, "a text of 1 to 256 characters", |text| (1..=256).contains(&text.chars().count());
    /// The name of a thing group.
    GroupName, "a name of 1 to 128 letters, digits, `:`, `_` and `-`", |text| {
        (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":_-".contains(&byte))
    };
    /// Who mails are from, as mails have it.
    Mailbox, "a mail address such as Thingwarden <noreply@example.org>", |text| text.parse::<lettre::message::Mailbox>().is_ok();
    /// A host with an optional port, as URLs have it.
    HostPort, "a host name or address with an optional port, such as iot.example.org:8443", |text| {
        let is_host = text.parse::<http::uri::Authority>().is_ok_and(|found| !found.host().is_empty());
        text.len() <= 261 && !text.contains('@') && is_host
    };
}
/// A time such as `90s`, `15m`, `2h` or `7d`, in seconds.
///
/// # Errors
/// Says what is expected.
pub(crate) fn seconds(text: &str) -> Result<u32, String> {
    let wrong = || format!("`{text}` is no time: expected a number and s, m, h or d, such as 2h");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text.strip_suffix(unit).and_then(|number| number.parse().ok()).ok_or_else(wrong)?;
    number.checked_mul(each).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, expected) in [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in ["", "h", "2", "-1h", "2 h", "99999d", "2H", "1.5h", "2é"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
