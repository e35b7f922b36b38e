//! How often clients may do what costs the server something.

use std::sync::{Mutex, PoisonError};

use thingwarden_store::Scope;

use super::excess::Excess;
use super::metrics::Metrics;
use super::pace::Pace;
use super::places::AccountPlaces;
use super::space::Space;
use crate::clock::{self, Steady};
use crate::config::Limits;
use crate::throttle::{Bucket, Throttle};

/// The rates that settings decide; 0 is no limit.
#[derive(Debug)]
pub(super) struct Rates {
    limits: Limits,
    metrics: Metrics,
    connects: Throttle,
    provisioning: Throttle,
    shadows: Throttle,
    retained: Throttle,
}

/// What all clients of an account and region together may do in a second
/// ([quotas](https://docs.aws.amazon.com/general/latest/gr/iot-core.html#message-broker-limits): "Connect requests per second per account", "Inbound publish
/// requests per second per account", "Subscriptions per second per account", "Device Shadow API requests/second per account", "Outbound publish requests per
/// second per account", "Queued messages per second per account", "Retained message inbound publish requests per second per account").
#[derive(Debug)]
pub(super) struct Allowances {
    connects: Rate,
    pub(super) publishes: Rate,
    /// Topic filters, not packets.
    pub(super) subscriptions: Rate,
    shadows: Rate,
    /// A message for each client that has subscribed to it.
    pub(super) outbound: Rate,
    /// A message for each client that is away.
    pub(super) queued: Rate,
    retained: Rate,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Rate {
    per_second: u32,
    left: Mutex<Bucket>,
    excess: Excess,
}

impl Rate {
    /// Whether there may be one more; 0 is no limit.
    pub(super) fn admits(&self, now: Steady) -> bool {
        let admits = self.per_second == 0
            || self.left.lock().unwrap_or_else(PoisonError::into_inner).take(self.per_second, now);
        if !admits {
            self.excess.happens(now);
        }
        admits
    }

    /// The same now, without a look at the clock where there is no limit.
    pub(super) fn admits_now(&self) -> bool {
        self.per_second == 0 || self.admits(clock::steady())
    }
}

impl Rates {
    pub(super) fn new(limits: &Limits, metrics: &Metrics) -> Self {
        Self {
            metrics: metrics.clone(),
            connects: Throttle::new(limits.mqtt_connects_per_client_per_second),
            provisioning: Throttle::new(limits.provisioning_per_second),
            shadows: Throttle::new(limits.shadow_requests_per_thing_per_second),
            retained: Throttle::new(limits.mqtt_retained_messages_per_topic_per_second),
            limits: limits.clone(),
        }
    }

    /// What the clients of an account and region may do together.
    pub(super) fn allowances(&self, scope: &Scope) -> Allowances {
        let limits = &self.limits;
        let rate = |setting, per_second| Rate {
            per_second,
            left: Mutex::default(),
            excess: Excess::new(setting, scope, &self.metrics),
        };
        Allowances {
            connects: rate(
                "limits.mqtt_connects_per_account_per_second",
                limits.mqtt_connects_per_account_per_second,
            ),
            publishes: rate(
                "limits.mqtt_publishes_per_account_per_second",
                limits.mqtt_publishes_per_account_per_second,
            ),
            subscriptions: rate(
                "limits.mqtt_subscriptions_per_account_per_second",
                limits.mqtt_subscriptions_per_account_per_second,
            ),
            shadows: rate(
                "limits.shadow_requests_per_account_per_second",
                limits.shadow_requests_per_account_per_second,
            ),
            outbound: rate(
                "limits.mqtt_outbound_publishes_per_account_per_second",
                limits.mqtt_outbound_publishes_per_account_per_second,
            ),
            queued: rate(
                "limits.mqtt_queued_messages_per_account_per_second",
                limits.mqtt_queued_messages_per_account_per_second,
            ),
            retained: rate(
                "limits.mqtt_retained_messages_per_account_per_second",
                limits.mqtt_retained_messages_per_account_per_second,
            ),
        }
    }

    /// How many there may be at the same time in an account and region.
    pub(super) fn account_places(&self, scope: &Scope) -> AccountPlaces {
        AccountPlaces::new(&self.limits, scope, &self.metrics)
    }

    /// How fast the bytes of a connection come, or go.
    pub(super) fn pace(&self) -> Pace {
        Pace::new(self.limits.mqtt_bytes_per_second)
    }

    /// Whether a client id may connect once more, or which setting says that it may not.
    pub(super) fn admits_connect(
        &self,
        space: &Space,
        client_id: &str,
        now: Steady,
    ) -> Result<(), &'static str> {
        let scope = space.scope();
        if !self.connects.admits(&[&*scope.account, &*scope.region, client_id].join("/"), now) {
            return Err("limits.mqtt_connects_per_client_per_second");
        }
        let of_account = &space.allowances.connects;
        if of_account.admits(now) { Ok(()) } else { Err(of_account.excess.setting()) }
    }

    /// Whether one more device of an account and region may ask to be provisioned, or be registered as it connects.
    pub(super) fn admits_provisioning(&self, scope: &Scope, now: Steady) -> bool {
        self.provisioning.admits(&[&*scope.account, &*scope.region].join("/"), now)
    }

    /// Whether anybody may make one more request to the shadows of a thing. What the thing's own rate refuses takes nothing from the
    /// account.
    pub(super) fn admits_shadow(&self, space: &Space, thing: &str, now: Steady) -> bool {
        let scope = space.scope();
        self.shadows.admits(&[&*scope.account, &*scope.region, thing].join("/"), now)
            && space.allowances.shadows.admits(now)
    }

    /// Whether anybody may publish one more message with RETAIN to a topic, or which setting says that it may not. What the topic's
    /// own rate refuses takes nothing from the account.
    pub(super) fn admits_retained(
        &self,
        space: &Space,
        topic: &str,
        now: Steady,
    ) -> Result<(), &'static str> {
        let scope = space.scope();
        if !self.retained.admits(&[&*scope.account, &*scope.region, topic].join("/"), now) {
            let setting = "limits.mqtt_retained_messages_per_topic_per_second";
            self.metrics.over_quota(setting).inc();
            return Err(setting);
        }
        let of_account = &space.allowances.retained;
        if of_account.admits(now) { Ok(()) } else { Err(of_account.excess.setting()) }
    }

    /// Whether a connection may publish once more, and its account. What its own rate discards takes nothing from the account.
    pub(super) fn admits_publish(
        &self,
        allowance: &mut Bucket,
        of_account: &Allowances,
        now: Steady,
    ) -> bool {
        let per_second = self.limits.mqtt_publishes_per_second;
        (per_second == 0 || allowance.take(per_second, now)) && of_account.publishes.admits(now)
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::Journal;
    use super::*;
    use crate::config;

    fn with(settings: &[(&'static str, &str)]) -> Rates {
        let given = |(key, text): &(&'static str, &str)| config::Override {
            key,
            option: "test",
            text: (*text).to_owned(),
        };
        let given: Vec<_> = settings.iter().map(given).collect();
        Rates::new(&config::load(None, &[], &given).unwrap().settings.limits, &Metrics::default())
    }

    fn rates(publishes: &str, connects: &str) -> Rates {
        with(&[
            ("limits.mqtt_publishes_per_second", publishes),
            ("limits.mqtt_connects_per_client_per_second", connects),
        ])
    }

    fn space(rates: &Rates, region: &str) -> Space {
        Space::new(Scope::new("123456789012", region), Journal::new(0), std::sync::Arc::default(), rates)
    }

    fn admitted(rates: &Rates, allowance: &mut Bucket, at_ms: i64, tries: usize) -> usize {
        let of_account = rates.allowances(&Scope::new("123456789012", "a"));
        (0..tries)
            .filter(|_| rates.admits_publish(allowance, &of_account, Steady::from_millis(at_ms)))
            .count()
    }

    #[test]
    fn a_second_brings_what_may_be_published_in_one() {
        let (rates, mut allowance) = (rates("10", "0"), Bucket::default());
        assert_eq!(admitted(&rates, &mut allowance, 0, 50), 10);
        assert_eq!(admitted(&rates, &mut allowance, 99, 50), 0);
        assert_eq!(admitted(&rates, &mut allowance, 350, 50), 3);
        assert_eq!(admitted(&rates, &mut allowance, 100_000, 50), 10);
        assert_eq!(admitted(&rates, &mut allowance, 0, 50), 0, "who is late gets nothing");
    }

    #[test]
    fn devices_that_are_provisioned_share_the_rate_of_their_account_and_region() {
        let rates = rates("0", "0");
        let (here, there) = (Scope::new("123456789012", "a"), Scope::new("210987654321", "a"));
        let admitted = |scope: &Scope, at_ms| {
            let now = Steady::from_millis(at_ms);
            (0..50).filter(|_| rates.admits_provisioning(scope, now)).count()
        };
        assert_eq!((admitted(&here, 0), admitted(&here, 0), admitted(&there, 0)), (10, 0, 10));
        assert_eq!(admitted(&here, 500), 5);
    }

    #[test]
    fn shadows_have_a_rate_for_each_thing_and_one_for_all() {
        let rates = with(&[
            ("limits.shadow_requests_per_thing_per_second", "2"),
            ("limits.shadow_requests_per_account_per_second", "5"),
        ]);
        let (here, there, now) = (space(&rates, "a"), space(&rates, "b"), Steady::from_millis(0));
        let admitted =
            |space: &Space, thing: &str| (0..9).filter(|_| rates.admits_shadow(space, thing, now)).count();
        let things = ["one", "two", "three", "four"].map(|thing| admitted(&here, thing));
        assert_eq!((things, admitted(&there, "one")), ([2, 2, 1, 0], 2));
    }

    #[test]
    fn each_client_id_has_its_own_rate_and_nobody_has_one_unless_it_is_set() {
        let (rates, now) = (rates("0", "1"), Steady::from_millis(0));
        let (here, there) = (space(&rates, "a"), space(&rates, "b"));
        let may = |space: &Space, id: &str| rates.admits_connect(space, id, now).is_ok();
        assert!(may(&here, "one") && !may(&here, "one"));
        assert!(may(&here, "two") && may(&there, "one"));
        assert_eq!(admitted(&rates, &mut Bucket::default(), 0, 5000), 5000);
    }

    #[test]
    fn an_account_has_its_rates_in_each_region() {
        let rates = with(&[
            ("limits.mqtt_connects_per_account_per_second", "2"),
            ("limits.mqtt_publishes_per_account_per_second", "3"),
            ("limits.mqtt_subscriptions_per_account_per_second", "4"),
        ]);
        let (here, there, now) = (space(&rates, "a"), space(&rates, "b"), Steady::from_millis(0));
        for space in [&here, &there] {
            let connects: Vec<_> = (0..9).map(|n| rates.admits_connect(space, &n.to_string(), now)).collect();
            assert_eq!(connects.iter().filter(|admitted| admitted.is_ok()).count(), 2);
            assert_eq!(connects.last(), Some(&Err("limits.mqtt_connects_per_account_per_second")));
            let publishes = (0..9).filter(|_| space.allowances.publishes.admits(now));
            assert_eq!(publishes.count(), 3);
            let subscriptions = (0..9).filter(|_| space.allowances.subscriptions.admits(now));
            assert_eq!(subscriptions.count(), 4);
        }
    }

    #[test]
    fn retained_messages_have_a_rate_for_each_topic_and_one_for_all() {
        let (of_topic, of_account) = (
            "limits.mqtt_retained_messages_per_topic_per_second",
            "limits.mqtt_retained_messages_per_account_per_second",
        );
        let rates = with(&[(of_topic, "1"), (of_account, "2")]);
        let (here, there, now) = (space(&rates, "a"), space(&rates, "b"), Steady::from_millis(0));
        let admits = |space: &Space, topic: &str| rates.admits_retained(space, topic, now);
        assert_eq!([admits(&here, "x"), admits(&here, "x")], [Ok(()), Err(of_topic)]);
        assert_eq!([admits(&here, "y"), admits(&here, "z")], [Ok(()), Err(of_account)]);
        assert_eq!(admits(&there, "x"), Ok(()));
        let counted = [of_topic, of_account].map(|setting| rates.metrics.over_quota(setting).get());
        assert_eq!(counted, [1, 1]);
        let free = with(&[]);
        let space = space(&free, "a");
        assert!((0..5000).all(|_| free.admits_retained(&space, "x", now).is_ok()));
        assert!(
            (0..50_000)
                .all(|_| space.allowances.outbound.admits_now() && space.allowances.queued.admits_now())
        );
    }
}
