//! When a delivery that failed is tried again: SNS's delivery policies
//! ([message delivery retries](https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html)).

use serde::Deserialize;

/// The longest delay that a policy may ask for, in seconds.
const DELAY_S_MAX: u32 = 3600;
/// The most retries that a policy of one's own may ask for.
const RETRIES_MAX: u32 = 100;

/// Retries in four phases: at once, at the least delay, with growing delays, at the greatest delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Retries {
    no_delay: u32,
    min_delay: u32,
    backoff: u32,
    max_delay: u32,
    /// In seconds.
    least_s: u32,
    greatest_s: u32,
    growth: Growth,
}

/// How delays grow from the least to the greatest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Growth {
    /// By the same step each time.
    #[default]
    Linear,
    /// By a step that grows by the same each time.
    Arithmetic,
    /// By the same factor each time, so that the last is the greatest.
    Geometric,
    /// Twice as long each time.
    Exponential,
}

/// To whom HTTP is spoken by subscribers: four attempts in a minute.
pub(super) const HTTP: Retries = Retries {
    no_delay: 0,
    min_delay: 0,
    backoff: 3,
    max_delay: 0,
    least_s: 20,
    greatest_s: 20,
    growth: Growth::Linear,
};
/// Lambda, SQS and SNS: 23 days.
pub(super) const AWS: Retries = Retries {
    no_delay: 3,
    min_delay: 2,
    backoff: 10,
    max_delay: 100_000,
    least_s: 1,
    greatest_s: 20,
    growth: Growth::Exponential,
};
/// Mail: six hours.
pub(super) const EMAIL: Retries = Retries {
    no_delay: 0,
    min_delay: 2,
    backoff: 10,
    max_delay: 38,
    least_s: 10,
    greatest_s: 600,
    growth: Growth::Exponential,
};

impl Retries {
    /// How long to wait after so many attempts that failed, in milliseconds; none when there is to be no further one.
    /// `random` in 0..=1 lengthens it by a quarter at most, so that what failed together does not come back together.
    pub(super) fn delay_ms(&self, failed: u32, random: f64) -> Option<i64> {
        let mut at = failed.saturating_sub(1);
        let mut phase = |length: u32| {
            let is_in = at < length;
            let place = at;
            at = at.saturating_sub(length);
            is_in.then_some(place)
        };
        let seconds = if phase(self.no_delay).is_some() {
            0.0
        } else if phase(self.min_delay).is_some() {
            f64::from(self.least_s)
        } else if let Some(place) = phase(self.backoff) {
            self.grown_s(place)
        } else if phase(self.max_delay).is_some() {
            f64::from(self.greatest_s)
        } else {
            return None;
        };
        let millis = seconds * 1000.0 * (1.0 + random.clamp(0.0, 1.0) / 4.0);
        #[allow(clippy::cast_possible_truncation, reason = "at most an hour and a quarter")]
        Some(millis as i64)
    }

    fn grown_s(&self, place: u32) -> f64 {
        let (least, greatest) = (f64::from(self.least_s), f64::from(self.greatest_s));
        let part = f64::from(place + 1) / f64::from(self.backoff.max(1));
        let grown = match self.growth {
            Growth::Linear => least + (greatest - least) * part,
            Growth::Arithmetic => least + (greatest - least) * part * part,
            Growth::Geometric => least * (greatest / least).powf(part),
            Growth::Exponential => least * 2f64.powi(i32::try_from(place).unwrap_or(i32::MAX)),
        };
        grown.min(greatest)
    }
}

/// What a subscription or its topic asks for, of HTTP endpoints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HttpPolicy {
    pub(super) retries: Retries,
    /// Of `text/plain; charset=UTF-8` in its place.
    pub(super) content_type: Option<String>,
    /// Messages in a second at most.
    pub(super) per_second: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct OfSubscription {
    healthy_retry_policy: Option<HealthyRetryPolicy>,
    throttle_policy: Option<ThrottlePolicy>,
    request_policy: Option<RequestPolicy>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct OfTopic {
    http: TopicHttp,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TopicHttp {
    default_healthy_retry_policy: Option<HealthyRetryPolicy>,
    default_throttle_policy: Option<ThrottlePolicy>,
    default_request_policy: Option<RequestPolicy>,
    disable_subscription_overrides: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct HealthyRetryPolicy {
    min_delay_target: Option<u32>,
    max_delay_target: Option<u32>,
    num_retries: Option<u32>,
    num_no_delay_retries: u32,
    num_min_delay_retries: u32,
    num_max_delay_retries: u32,
    backoff_function: Growth,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ThrottlePolicy {
    max_receives_per_second: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RequestPolicy {
    header_content_type: Option<String>,
}

/// The policy that is in force: the subscription's, unless the topic forbids it, else the topic's, else SNS's. Texts that are
/// no policies say nothing; the API does not let them in.
pub(super) fn http_policy(subscription: Option<&str>, topic: Option<&str>) -> HttpPolicy {
    let topic: OfTopic = topic.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let own = subscription.filter(|_| !topic.http.disable_subscription_overrides);
    let own: OfSubscription = own.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let retries = own.healthy_retry_policy.or(topic.http.default_healthy_retry_policy);
    let throttle = own.throttle_policy.or(topic.http.default_throttle_policy);
    let request = own.request_policy.or(topic.http.default_request_policy);
    HttpPolicy {
        retries: retries.map_or(HTTP, |policy| policy.retries()),
        content_type: request.and_then(|policy| policy.header_content_type),
        per_second: throttle.and_then(|policy| policy.max_receives_per_second).filter(|most| *most > 0),
    }
}

impl HealthyRetryPolicy {
    fn retries(&self) -> Retries {
        let least_s = self.min_delay_target.unwrap_or(HTTP.least_s).clamp(1, DELAY_S_MAX);
        let greatest_s = self.max_delay_target.unwrap_or(HTTP.greatest_s).clamp(least_s, DELAY_S_MAX);
        let all = self.num_retries.unwrap_or(HTTP.backoff).min(RETRIES_MAX);
        let no_delay = self.num_no_delay_retries.min(all);
        let min_delay = self.num_min_delay_retries.min(all - no_delay);
        let max_delay = self.num_max_delay_retries.min(all - no_delay - min_delay);
        let backoff = all - no_delay - min_delay - max_delay;
        Retries {
            no_delay,
            min_delay,
            backoff,
            max_delay,
            least_s,
            greatest_s,
            growth: self.backoff_function,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(retries: Retries, most: u32) -> Vec<i64> {
        (1..=most).map_while(|failed| retries.delay_ms(failed, 0.0)).map(|millis| millis / 1000).collect()
    }

    #[test]
    fn the_phases_are_snss() {
        assert_eq!(seconds(HTTP, 100), [20, 20, 20]);
        let aws = seconds(AWS, 20);
        assert_eq!(aws, [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]);
        assert_eq!((AWS.delay_ms(100_015, 0.0), AWS.delay_ms(100_016, 0.0)), (Some(20_000), None));
        let email = seconds(EMAIL, 1000);
        assert_eq!((email.len(), email.iter().sum::<i64>() / 3600), (50, 7));
        assert_eq!(&email[..6], [10, 10, 10, 20, 40, 80]);
    }

    #[test]
    fn a_quarter_is_left_to_chance() {
        assert_eq!((HTTP.delay_ms(1, 1.0), HTTP.delay_ms(1, 9.0)), (Some(25_000), Some(25_000)));
        assert_eq!(AWS.delay_ms(1, 1.0), Some(0));
    }

    #[test]
    fn a_policy_of_ones_own_is_followed() {
        let of = |growth: &str| {
            let text = format!(
                r#"{{"healthyRetryPolicy":{{"minDelayTarget":1,"maxDelayTarget":16,"numRetries":8,"numNoDelayRetries":1,"numMinDelayRetries":1,"numMaxDelayRetries":2,"backoffFunction":"{growth}"}}}}"#
            );
            seconds(http_policy(Some(&text), None).retries, 100)
        };
        assert_eq!(of("linear"), [0, 1, 4, 8, 12, 16, 16, 16]);
        assert_eq!(of("arithmetic"), [0, 1, 1, 4, 9, 16, 16, 16]);
        assert_eq!(of("geometric"), [0, 1, 2, 4, 8, 16, 16, 16]);
        assert_eq!(of("exponential"), [0, 1, 1, 2, 4, 8, 16, 16]);
    }

    #[test]
    fn topics_have_defaults_and_may_insist_on_them() {
        let own = r#"{"healthyRetryPolicy":{"numRetries":1},"throttlePolicy":{"maxReceivesPerSecond":5},"requestPolicy":{"headerContentType":"application/json"}}"#;
        let topic =
            r#"{"http":{"defaultHealthyRetryPolicy":{"numRetries":2},"disableSubscriptionOverrides":false}}"#;
        let policy = http_policy(Some(own), Some(topic));
        assert_eq!((seconds(policy.retries, 9).len(), policy.per_second), (1, Some(5)));
        assert_eq!(policy.content_type.as_deref(), Some("application/json"));
        let insisting = topic.replace("false", "true");
        let policy = http_policy(Some(own), Some(&insisting));
        assert_eq!(
            (seconds(policy.retries, 9).len(), policy.content_type, policy.per_second),
            (2, None, None)
        );
        assert_eq!(seconds(http_policy(None, Some(topic)).retries, 9).len(), 2);
        for nothing in ["", "[]", "{\"healthyRetryPolicy\":7}"] {
            assert_eq!(http_policy(Some(nothing), None).retries, HTTP, "{nothing}");
        }
    }

    #[test]
    fn no_policy_asks_for_more_than_there_is() {
        let text = r#"{"healthyRetryPolicy":{"minDelayTarget":0,"maxDelayTarget":4000000000,"numRetries":4000000000,"numNoDelayRetries":4000000000,"numMaxDelayRetries":4000000000}}"#;
        let delays = seconds(http_policy(Some(text), None).retries, 1000);
        assert_eq!((delays.len(), delays[0]), (100, 0));
    }
}
