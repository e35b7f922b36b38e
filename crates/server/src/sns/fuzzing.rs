//! What the fuzz target `sns_policies` asks; compiled for it alone.

use thingwarden_store::records::Subscription;

use super::delivery_policy::DeliveryPolicy;
use super::filter::{FilterPolicy, wants};
use super::publish::NewMessage;
use super::{SubscriptionArn, TopicArn, endpoints};

/// A policy of any kind, and a message that it is asked about.
pub fn policies(policy: &str, message: &str) {
    let on_attributes = FilterPolicy::parse(policy, false);
    assert!(
        on_attributes.is_err() || FilterPolicy::parse(policy, true).is_ok(),
        "more levels refuse nothing"
    );
    for filter_on_body in [false, true] {
        let subscription = Subscription {
            filter_policy: Some(policy.to_owned()),
            filter_on_body,
            ..Subscription::new("t", "u", "http", "http://example.com", "123456789012", 1)
        };
        wants(&subscription, &NewMessage::text(message.to_owned()));
    }
    if let Ok(policy) = DeliveryPolicy::of_topic(policy) {
        let again = DeliveryPolicy::of_topic(&policy.to_topic_json()).map(|again| again.retry());
        assert_eq!(again, Ok(policy.retry()));
    }
    if let Ok(policy) = DeliveryPolicy::of_subscription(policy) {
        let again =
            DeliveryPolicy::of_subscription(&policy.to_subscription_json()).map(|again| again.retry());
        assert_eq!(again, Ok(policy.retry()));
    }
    let _ = endpoints::check_redrive_policy(policy);
    if let Some(arn) = TopicArn::parse(policy) {
        assert_eq!(arn.to_string(), policy);
    }
    if let Some(arn) = SubscriptionArn::parse(policy) {
        assert_eq!(arn.to_string(), policy);
    }
}
