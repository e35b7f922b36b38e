//! How often and when deliveries to `http` and `https` endpoints are tried again
//! ([delivery retries](https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html)).

use serde::{Deserialize, Serialize};
use serde_json::json;

/// Seconds between two attempts, at most.
const DELAY_SECONDS_MAX: u32 = 3600;
/// Attempts after the first.
const RETRIES_MAX: u32 = 100;
/// Bytes of a policy: many times what a policy with all members has.
const BYTES_MAX: usize = 4096;

/// What a topic, or a subscription, says; what it leaves out has its default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeliveryPolicy {
    #[serde(alias = "defaultHealthyRetryPolicy")]
    pub(crate) healthy_retry_policy: Option<RetryPolicy>,
    #[serde(alias = "defaultThrottlePolicy")]
    pub(crate) throttle_policy: Option<ThrottlePolicy>,
    #[serde(alias = "defaultRequestPolicy")]
    pub(crate) request_policy: Option<RequestPolicy>,
    /// Of a topic only: what its subscriptions say does not count.
    #[serde(default)]
    disable_subscription_overrides: bool,
}

/// When to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct RetryPolicy {
    /// Seconds.
    pub(crate) min_delay_target: u32,
    /// Seconds.
    pub(crate) max_delay_target: u32,
    /// Attempts after the first.
    pub(crate) num_retries: u32,
    pub(crate) num_no_delay_retries: u32,
    pub(crate) num_min_delay_retries: u32,
    pub(crate) num_max_delay_retries: u32,
    pub(crate) backoff_function: Backoff,
}

/// How delays grow between the least and the most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Backoff {
    #[default]
    Linear,
    Arithmetic,
    Geometric,
    Exponential,
}

/// How fast an endpoint wants to get messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ThrottlePolicy {
    /// None is no limit.
    pub(crate) max_receives_per_second: Option<u32>,
}

/// What requests look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RequestPolicy {
    /// The header `Content-Type`.
    pub(crate) header_content_type: Option<String>,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            num_max_delay_retries: 0,
            backoff_function: Backoff::Linear,
        }
    }
}

impl DeliveryPolicy {
    /// Reads what a topic has: `{"http": {"defaultHealthyRetryPolicy": ...}}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of_topic(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Document {
            http: DeliveryPolicy,
        }
        checked(text).and_then(|text| {
            serde_json::from_str::<Document>(text).map_err(|error| error.to_string())?.http.check()
        })
    }

    /// Reads what a subscription has: `{"healthyRetryPolicy": ...}`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of_subscription(text: &str) -> Result<Self, String> {
        checked(text)
            .and_then(|text| serde_json::from_str::<Self>(text).map_err(|error| error.to_string())?.check())
    }

    fn check(self) -> Result<Self, String> {
        if let Some(retry) = &self.healthy_retry_policy {
            retry.check()?;
        }
        if self.throttle_policy.is_some_and(|throttle| throttle.max_receives_per_second == Some(0)) {
            return Err("maxReceivesPerSecond must be 1 or more".to_owned());
        }
        let content_type = self.request_policy.as_ref().and_then(|it| it.header_content_type.as_deref());
        if content_type.is_some_and(|text| text.len() > 256 || http::HeaderValue::from_str(text).is_err()) {
            return Err("headerContentType is no media type".to_owned());
        }
        Ok(self)
    }

    /// When to try again.
    pub(crate) fn retry(&self) -> RetryPolicy {
        self.healthy_retry_policy.unwrap_or_default()
    }

    /// The header `Content-Type` of requests.
    pub(crate) fn content_type(&self) -> &str {
        let given = self.request_policy.as_ref().and_then(|it| it.header_content_type.as_deref());
        given.unwrap_or("text/plain; charset=UTF-8")
    }

    /// As GetTopicAttributes answers it.
    pub(super) fn to_topic_json(&self) -> String {
        let mut http = json!({
            "defaultHealthyRetryPolicy": self.retry(),
            "disableSubscriptionOverrides": self.disable_subscription_overrides,
            "defaultRequestPolicy": {"headerContentType": self.content_type()},
        });
        if let (Some(throttle), Some(http)) = (&self.throttle_policy, http.as_object_mut()) {
            http.insert("defaultThrottlePolicy".to_owned(), json!(throttle));
        }
        json!({"http": http}).to_string()
    }

    /// As GetSubscriptionAttributes answers it.
    pub(super) fn to_subscription_json(&self) -> String {
        let mut policy = json!({
            "healthyRetryPolicy": self.retry(),
            "requestPolicy": {"headerContentType": self.content_type()},
        });
        if let (Some(throttle), Some(policy)) = (&self.throttle_policy, policy.as_object_mut()) {
            policy.insert("throttlePolicy".to_owned(), json!(throttle));
        }
        policy.to_string()
    }
}

/// What counts for a subscription: its own policy, unless its topic does not let it have one; else the topic's. Policies that
/// cannot be read count as absent.
pub(crate) fn effective(topic: Option<&str>, subscription: Option<&str>) -> DeliveryPolicy {
    let topic = topic.and_then(|text| DeliveryPolicy::of_topic(text).ok()).unwrap_or_default();
    let own = subscription.filter(|_| !topic.disable_subscription_overrides);
    let Some(own) = own.and_then(|text| DeliveryPolicy::of_subscription(text).ok()) else { return topic };
    DeliveryPolicy {
        healthy_retry_policy: own.healthy_retry_policy.or(topic.healthy_retry_policy),
        throttle_policy: own.throttle_policy.or(topic.throttle_policy),
        request_policy: own.request_policy.or(topic.request_policy),
        ..topic
    }
}

impl RetryPolicy {
    fn check(&self) -> Result<(), String> {
        let Self { min_delay_target: min, max_delay_target: max, num_retries, .. } = *self;
        if min < 1 || max > DELAY_SECONDS_MAX || min > max {
            return Err(format!(
                "minDelayTarget must be 1 or more, maxDelayTarget at most {DELAY_SECONDS_MAX} and not less"
            ));
        }
        let parts = [self.num_no_delay_retries, self.num_min_delay_retries, self.num_max_delay_retries];
        let parts = parts.iter().fold(0_u32, |sum, part| sum.saturating_add(*part));
        if num_retries > RETRIES_MAX || parts > num_retries {
            return Err(format!(
                "numRetries is at most {RETRIES_MAX}, and not less than the numbers of its phases together"
            ));
        }
        Ok(())
    }
}

fn checked(text: &str) -> Result<&str, String> {
    if text.len() > BYTES_MAX { Err(format!("it is longer than {BYTES_MAX} bytes")) } else { Ok(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_wins_unless_its_topic_says_no() {
        let topic =
            r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":7},"disableSubscriptionOverrides":false}}"#;
        let own = r#"{"healthyRetryPolicy":{"numRetries":9},"requestPolicy":{"headerContentType":"application/json"}}"#;
        assert_eq!(effective(Some(topic), Some(own)).retry().num_retries, 9);
        assert_eq!(effective(Some(topic), Some(own)).content_type(), "application/json");
        let strict = topic.replace("false", "true");
        assert_eq!(effective(Some(&strict), Some(own)).retry().num_retries, 7);
        assert_eq!(effective(None, None).retry(), RetryPolicy::default());
        let shown: serde_json::Value = serde_json::from_str(&effective(None, None).to_topic_json()).unwrap();
        assert_eq!(shown["http"]["defaultHealthyRetryPolicy"]["numRetries"], 3);
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        for bad in [
            "",
            "[]",
            r#"{"healthyRetryPolicy":{"numRetries":101}}"#,
            r#"{"healthyRetryPolicy":{"minDelayTarget":0}}"#,
            r#"{"healthyRetryPolicy":{"minDelayTarget":30,"maxDelayTarget":20}}"#,
            r#"{"healthyRetryPolicy":{"maxDelayTarget":3601}}"#,
            r#"{"healthyRetryPolicy":{"numRetries":1,"numNoDelayRetries":2}}"#,
            r#"{"healthyRetryPolicy":{"backoffFunction":"random"}}"#,
            r#"{"throttlePolicy":{"maxReceivesPerSecond":0}}"#,
            r#"{"requestPolicy":{"headerContentType":"a\nb"}}"#,
            r#"{"other":1}"#,
        ] {
            assert!(DeliveryPolicy::of_subscription(bad).is_err(), "{bad}");
            assert!(DeliveryPolicy::of_topic(&format!(r#"{{"http":{bad}}}"#)).is_err(), "{bad}");
        }
    }
}
