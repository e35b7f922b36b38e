//! SNS's errors.

use super::arn::{SubscriptionArn, TopicArn};
use super::publish::PublishError;
use crate::iam::Cx;
use crate::query::QueryError;

/// A parameter that cannot be what it is.
pub(super) fn invalid(what: impl AsRef<str>) -> QueryError {
    QueryError::new(400, "InvalidParameter", format!("Invalid parameter: {}", what.as_ref()))
}

pub(super) fn denied(message: impl Into<String>) -> QueryError {
    QueryError::new(403, "AuthorizationError", message)
}

pub(super) fn no_topic() -> QueryError {
    QueryError::new(404, "NotFound", "Topic does not exist")
}

pub(super) fn no_subscription() -> QueryError {
    QueryError::new(404, "NotFound", "Subscription does not exist")
}

/// Reads the ARN of a topic in the region that the request was signed for.
pub(super) fn topic_arn(cx: &Cx, parameter: &str, text: &str) -> Result<TopicArn, QueryError> {
    let arn = TopicArn::parse(text).filter(|arn| arn.scope.region == cx.region);
    arn.ok_or_else(|| invalid(format!("{parameter} Reason: it is not the ARN of a topic in this region")))
}

/// Reads the ARN of a subscription in the region that the request was signed for.
pub(super) fn subscription_arn(cx: &Cx, text: &str) -> Result<SubscriptionArn, QueryError> {
    let arn = SubscriptionArn::parse(text).filter(|arn| arn.topic.scope.region == cx.region);
    arn.ok_or_else(|| {
        invalid("SubscriptionArn Reason: it is not the ARN of a confirmed subscription in this region")
    })
}

impl From<PublishError> for QueryError {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Store(error) => error.into(),
            PublishError::NoRandomness => Self::no_randomness(),
            PublishError::NotATopic(_) => invalid(format!("TopicArn Reason: {error}")),
            PublishError::TooLarge { .. } => invalid(format!("Message too long: {error}")),
            PublishError::Role(_) | PublishError::Denied(_) => denied(error.to_string()),
        }
    }
}
