//! ARNs of topics and subscriptions.

use std::fmt;

use thingwarden_store::Scope;

/// `arn:aws:sns:REGION:ACCOUNT:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TopicArn {
    pub(crate) scope: Scope,
    pub(crate) name: String,
}

/// The ARN of a topic with `:UUID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionArn {
    pub(crate) topic: TopicArn,
    pub(crate) uuid: String,
}

impl TopicArn {
    pub(crate) fn new(scope: &Scope, name: &str) -> Self {
        Self { scope: scope.clone(), name: name.to_owned() }
    }

    /// None when it is no ARN of a topic.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scope, rest) = parts(text)?;
        is_name(rest).then(|| Self::new(&scope, rest))
    }

    /// The ARN of a subscription to it.
    pub(crate) fn subscription(&self, uuid: &str) -> SubscriptionArn {
        SubscriptionArn { topic: self.clone(), uuid: uuid.to_owned() }
    }
}

impl SubscriptionArn {
    /// None when it is no ARN of a subscription.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (scope, rest) = parts(text)?;
        let (name, uuid) = rest.split_once(':')?;
        let is_uuid = uuid.len() == 36 && uuid.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit());
        (is_name(name) && is_uuid).then(|| TopicArn::new(&scope, name).subscription(uuid))
    }
}

impl fmt::Display for TopicArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, name } = self;
        write!(f, "arn:aws:sns:{}:{}:{name}", scope.region, scope.account)
    }
}

impl fmt::Display for SubscriptionArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.topic, self.uuid)
    }
}

/// Whether this can be a topic's name: 1 to 256 letters, digits, dashes and underscores
/// ([CreateTopic](https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html)); `.fifo` may follow.
pub(super) fn is_name(text: &str) -> bool {
    let stem = text.strip_suffix(FIFO).unwrap_or(text);
    let is_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() <= 256 && !stem.is_empty() && stem.bytes().all(is_character)
}

/// How the names of FIFO topics end.
pub(super) const FIFO: &str = ".fifo";

/// Account and region of an ARN of SNS, and what follows them.
fn parts(text: &str) -> Option<(Scope, &str)> {
    let mut parts = text.strip_prefix("arn:aws:sns:")?.splitn(3, ':');
    let (region, account, rest) = (parts.next()?, parts.next()?, parts.next()?);
    let is_region = (1..=32).contains(&region.len())
        && region.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    (is_region && is_account).then(|| (Scope::new(account, region), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UUID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

    #[test]
    fn arns_come_apart_as_they_were_put_together() {
        let topic = TopicArn::new(&Scope::new("123456789012", "us-east-1"), "a-b_C");
        assert_eq!(topic.to_string(), "arn:aws:sns:us-east-1:123456789012:a-b_C");
        assert_eq!(TopicArn::parse(&topic.to_string()).as_ref(), Some(&topic));
        let subscription = topic.subscription(UUID);
        assert_eq!(subscription.to_string(), format!("{topic}:{UUID}"));
        assert_eq!(SubscriptionArn::parse(&subscription.to_string()), Some(subscription));
        assert!(TopicArn::parse("arn:aws:sns:us-east-1:123456789012:x.fifo").is_some());
    }

    #[test]
    fn what_is_no_arn_of_sns_is_none() {
        let long = format!("arn:aws:sns:us-east-1:123456789012:{}", "t".repeat(257));
        for bad in [
            "",
            "t",
            "arn:aws:sqs:us-east-1:123456789012:t",
            "arn:aws:sns:us-east-1:12345678901:t",
            "arn:aws:sns::123456789012:t",
            "arn:aws:sns:US:123456789012:t",
            "arn:aws:sns:us-east-1:123456789012:",
            "arn:aws:sns:us-east-1:123456789012:.fifo",
            "arn:aws:sns:us-east-1:123456789012:a b",
            "arn:aws:sns:us-east-1:123456789012:a:b",
            &long,
        ] {
            assert_eq!(TopicArn::parse(bad), None, "{bad}");
            assert_eq!(SubscriptionArn::parse(bad), None, "{bad}");
        }
    }
}
