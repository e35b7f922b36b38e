//! Where messages can go: protocols and what their endpoints look like
//! ([Subscribe](https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html)).

use super::error::invalid;
use crate::query::QueryError;

/// Characters of an endpoint; SNS does not say, URLs of more are no use.
const CHARS_MAX: usize = 2048;

/// A protocol that is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http,
    Https,
    Email,
    Sqs,
    Lambda,
}

/// Protocols that SNS has besides.
const NOT_SERVED: &[&str] = &["email-json", "sms", "application", "firehose"];

impl Protocol {
    pub(super) fn parse(text: &str) -> Result<Self, QueryError> {
        match text {
            "http" => Ok(Self::Http),
            "https" => Ok(Self::Https),
            "email" => Ok(Self::Email),
            "sqs" => Ok(Self::Sqs),
            "lambda" => Ok(Self::Lambda),
            _ if NOT_SERVED.contains(&text) => {
                Err(invalid(format!("Protocol Reason: `{text}` is not served here")))
            }
            _ => Err(invalid("Protocol Reason: Does not support this protocol string")),
        }
    }

    /// As it is stored and answered.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Email => "email",
            Self::Sqs => "sqs",
            Self::Lambda => "lambda",
        }
    }

    /// Whether messages can come without SNS's document around them.
    pub(super) fn can_be_raw(self) -> bool {
        matches!(self, Self::Http | Self::Https | Self::Sqs)
    }

    /// Looks whether an endpoint is one of this protocol.
    ///
    /// # Errors
    /// `InvalidParameter` when it is not.
    pub(super) fn check(self, endpoint: &str) -> Result<(), QueryError> {
        let is_good = endpoint.chars().count() <= CHARS_MAX
            && match self {
                Self::Http => is_url(endpoint, "http"),
                Self::Https => is_url(endpoint, "https"),
                Self::Email => is_address(endpoint),
                Self::Sqs => arn(endpoint, "sqs").is_some_and(|(_, name)| is_name(name)),
                Self::Lambda => arn(endpoint, "lambda").is_some_and(|(_, rest)| is_function(rest)),
            };
        if is_good {
            return Ok(());
        }
        Err(invalid(match self {
            Self::Http | Self::Https => "Endpoint must match the specified protocol",
            Self::Email => "Email address",
            Self::Sqs => "SQS endpoint ARN",
            Self::Lambda => "Lambda endpoint ARN",
        }))
    }

    /// The account that an endpoint is in, where its ARN says so.
    pub(super) fn account(self, endpoint: &str) -> Option<&str> {
        match self {
            Self::Sqs => arn(endpoint, "sqs").map(|(account, _)| account),
            Self::Lambda => arn(endpoint, "lambda").map(|(account, _)| account),
            _ => None,
        }
    }
}

/// A URL without a fragment. Where it leads is looked at when something is sent.
fn is_url(text: &str, scheme: &str) -> bool {
    let is_printable = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains('#');
    let uri = text.parse::<http::Uri>().ok();
    is_printable
        && uri.is_some_and(|uri| {
            uri.scheme_str() == Some(scheme) && uri.host().is_some_and(|host| !host.is_empty())
        })
}

/// An address as far as a glance can tell; whether it is one shows when its owner confirms.
fn is_address(text: &str) -> bool {
    let parts = text.rsplit_once('@').filter(|(local, domain)| !local.is_empty() && domain.contains('.'));
    let is_character = |character: char| !character.is_control() && !character.is_whitespace();
    let has_no_syntax = !text.contains([',', ';', '<', '>', '"', '(', ')', '\\']);
    text.len() <= 320 && parts.is_some() && text.chars().all(is_character) && has_no_syntax
}

/// Account and the rest of `arn:aws:SERVICE:REGION:ACCOUNT:REST`.
fn arn<'a>(text: &'a str, service: &str) -> Option<(&'a str, &'a str)> {
    let rest = text.strip_prefix("arn:aws:")?.strip_prefix(service)?.strip_prefix(':')?;
    let mut parts = rest.splitn(3, ':');
    let (region, account, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_account && is_name(region)).then_some((account, rest))
}

fn is_name(text: &str) -> bool {
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=140).contains(&text.len()) && text.bytes().all(is_character)
}

/// `function:NAME`, or with a version or alias.
fn is_function(text: &str) -> bool {
    let mut parts = text.split(':');
    parts.next() == Some("function")
        && parts.next().is_some_and(is_name)
        && parts.next().is_none_or(|qualifier| qualifier == "$LATEST" || is_name(qualifier))
        && parts.next().is_none()
}

/// The queue in a redrive policy, `{"deadLetterTargetArn": "arn:aws:sqs:..."}`.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check_redrive_policy(text: &str) -> Result<(), String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "camelCase", deny_unknown_fields)]
    struct RedrivePolicy {
        dead_letter_target_arn: String,
    }
    let policy: RedrivePolicy = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Protocol::Sqs
        .check(&policy.dead_letter_target_arn)
        .map_err(|_| "deadLetterTargetArn is no queue".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_belong_to_their_protocol() {
        for (protocol, good, bad) in [
            ("http", "http://example.com:8080/a?b=c", "https://example.com/"),
            ("https", "https://user:secret@example.com", "https://"),
            ("https", "https://[2001:db8::1]/", "https://example.com/#a"),
            ("email", "a.b+c@example.com", "a@b@localhost"),
            ("email", "o'neill@example.com", "a@example.com,b@example.com"),
            ("sqs", "arn:aws:sqs:us-east-1:123456789012:q", "https://sqs.example.com/q"),
            (
                "lambda",
                "arn:aws:lambda:us-east-1:123456789012:function:f",
                "arn:aws:lambda:us-east-1:1:function:f",
            ),
            (
                "lambda",
                "arn:aws:lambda:us-east-1:123456789012:function:f:live",
                "arn:aws:lambda:us-east-1:123456789012:function:f:a:b",
            ),
        ] {
            let protocol = Protocol::parse(protocol).unwrap();
            assert!(protocol.check(good).is_ok(), "{good}");
            assert!(protocol.check(bad).is_err(), "{bad}");
            assert_eq!(Protocol::parse(protocol.as_str()).unwrap(), protocol);
        }
        assert!(Protocol::parse("sms").unwrap_err().message.contains("not served here"));
        assert!(Protocol::parse("ftp").is_err());
    }

    #[test]
    fn redrive_policies_name_a_queue() {
        check_redrive_policy(r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:q"}"#).unwrap();
        for bad in ["", "{}", r#"{"deadLetterTargetArn":"q"}"#] {
            assert!(check_redrive_policy(bad).is_err(), "{bad}");
        }
    }
}
