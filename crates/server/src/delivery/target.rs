//! Where a delivery goes.

use crate::sns::{SubscriptionArn, TopicArn};

/// What [`Delivery::target`](thingwarden_store::records::Delivery::target) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    /// The endpoint of a subscription: its ARN.
    Subscription(SubscriptionArn),
    /// The queue that a subscription names for what does not reach its endpoint: `dlq:` and the subscription's ARN.
    DeadLetterQueue(SubscriptionArn),
    /// A topic of SNS itself: `sns:` and its ARN.
    Sns(TopicArn),
}

/// How a target of [`Target::DeadLetterQueue`] begins.
const DEAD_LETTER_QUEUE: &str = "dlq:";
const SNS: &str = "sns:";

impl Target {
    /// None when nobody knows what it is.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(arn) = text.strip_prefix(DEAD_LETTER_QUEUE) {
            return SubscriptionArn::parse(arn).map(Self::DeadLetterQueue);
        }
        if let Some(arn) = text.strip_prefix(SNS) {
            return TopicArn::parse(arn).map(Self::Sns);
        }
        SubscriptionArn::parse(text).map(Self::Subscription)
    }
}

/// The target of what does not reach a subscription's endpoint.
pub(super) fn dead_letter_queue(subscription: &str) -> String {
    format!("{DEAD_LETTER_QUEUE}{subscription}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        let topic = "arn:aws:sns:us-east-1:123456789012:t";
        let subscription = format!("{topic}:6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        let arn = SubscriptionArn::parse(&subscription).unwrap();
        assert_eq!(Target::parse(&subscription), Some(Target::Subscription(arn.clone())));
        assert_eq!(Target::parse(&dead_letter_queue(&subscription)), Some(Target::DeadLetterQueue(arn)));
        assert_eq!(Target::parse(&format!("sns:{topic}")), TopicArn::parse(topic).map(Target::Sns));
        for bad in ["", topic, "sns:", "dlq:x"] {
            assert_eq!(Target::parse(bad), None, "{bad}");
        }
    }
}
