//! When a delivery that failed is tried again: SNS's delivery policies
//! ([message delivery retries](https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html)).

use crate::sns::{self, Backoff, RetryPolicy};

/// Retries in four phases: at once, at the least delay, with growing delays, at the greatest delay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Retries {
    no_delay: u32,
    min_delay: u32,
    backoff: u32,
    max_delay: u32,
    /// In seconds.
    least_s: u32,
    greatest_s: u32,
    growth: Backoff,
}

/// Lambda, SQS and SNS: 23 days.
pub(super) const AWS: Retries = Retries {
    no_delay: 3,
    min_delay: 2,
    backoff: 10,
    max_delay: 100_000,
    least_s: 1,
    greatest_s: 20,
    growth: Backoff::Exponential,
};
/// Sinks of findings: up to five minutes apart, until a run is given up.
pub(crate) const SINKS: Retries = Retries {
    no_delay: 0,
    min_delay: 0,
    backoff: 9,
    max_delay: u32::MAX,
    least_s: 1,
    greatest_s: 300,
    growth: Backoff::Exponential,
};
/// Mail: six hours.
pub(super) const EMAIL: Retries = Retries {
    no_delay: 0,
    min_delay: 2,
    backoff: 10,
    max_delay: 38,
    least_s: 10,
    greatest_s: 600,
    growth: Backoff::Exponential,
};

impl Retries {
    /// How long to wait after so many attempts that failed, in milliseconds; none when there is to be no further one.
    /// `random` in 0..=1 lengthens it by a quarter at most, so that what failed together does not come back together.
    pub(crate) fn delay_ms(&self, failed: u32, random: f64) -> Option<i64> {
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
            Backoff::Linear => least + (greatest - least) * part,
            Backoff::Arithmetic => least + (greatest - least) * part * part,
            Backoff::Geometric => least * (greatest / least).powf(part),
            Backoff::Exponential => least * 2f64.powi(i32::try_from(place).unwrap_or(i32::MAX)),
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

/// The policy that is in force: the subscription's, unless the topic forbids it, else the topic's, else SNS's.
pub(super) fn http_policy(subscription: Option<&str>, topic: Option<&str>) -> HttpPolicy {
    let policy = sns::effective_delivery_policy(topic, subscription);
    HttpPolicy {
        retries: Retries::of(policy.retry()),
        content_type: policy.request_policy.and_then(|request| request.header_content_type),
        per_second: policy.throttle_policy.and_then(|throttle| throttle.max_receives_per_second),
    }
}

impl Retries {
    fn of(policy: RetryPolicy) -> Self {
        let all = policy.num_retries;
        let no_delay = policy.num_no_delay_retries.min(all);
        let min_delay = policy.num_min_delay_retries.min(all - no_delay);
        let max_delay = policy.num_max_delay_retries.min(all - no_delay - min_delay);
        Self {
            no_delay,
            min_delay,
            backoff: all - no_delay - min_delay - max_delay,
            max_delay,
            least_s: policy.min_delay_target,
            greatest_s: policy.max_delay_target,
            growth: policy.backoff_function,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What SNS has for who asks for nothing.
    fn http() -> Retries {
        http_policy(None, None).retries
    }

    fn seconds(retries: Retries, most: u32) -> Vec<i64> {
        (1..=most).map_while(|failed| retries.delay_ms(failed, 0.0)).map(|millis| millis / 1000).collect()
    }

    #[test]
    fn the_phases_are_snss() {
        assert_eq!(seconds(http(), 100), [20, 20, 20]);
        let aws = seconds(AWS, 20);
        assert_eq!(aws, [0, 0, 0, 1, 1, 1, 2, 4, 8, 16, 20, 20, 20, 20, 20, 20, 20, 20, 20, 20]);
        assert_eq!((AWS.delay_ms(100_015, 0.0), AWS.delay_ms(100_016, 0.0)), (Some(20_000), None));
        let email = seconds(EMAIL, 1000);
        assert_eq!((email.len(), email.iter().sum::<i64>() / 3600), (50, 7));
        assert_eq!(&email[..6], [10, 10, 10, 20, 40, 80]);
    }

    #[test]
    fn a_quarter_is_left_to_chance() {
        assert_eq!((http().delay_ms(1, 1.0), http().delay_ms(1, 9.0)), (Some(25_000), Some(25_000)));
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
        let too_much = r#"{"healthyRetryPolicy":{"numRetries":4000000000}}"#;
        for nothing in ["", "[]", "{\"healthyRetryPolicy\":7}", too_much] {
            assert_eq!(http_policy(Some(nothing), None).retries, http(), "{nothing}");
        }
    }
}
