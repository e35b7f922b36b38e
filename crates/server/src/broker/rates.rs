//! How often clients may do what costs the server something.

use std::sync::{Mutex, PoisonError};

use thingwarden_store::Scope;

use super::pace::Pace;
use super::space::Space;
use crate::clock::Steady;
use crate::config::Limits;
use crate::throttle::{Bucket, Throttle};

/// The rates that settings decide; 0 is no limit.
#[derive(Debug)]
pub(super) struct Rates {
    connects: Throttle,
    publishes_per_second: u32,
    bytes_per_second: u32,
    of_account: Shared<u32>,
    provisioning: Throttle,
    shadows: Throttle,
}

/// Of all clients of an account and region together ([quotas](https://docs.aws.amazon.com/general/latest/gr/iot-core.html): "Connect
/// requests per second per account", "Inbound publish requests per second per account", "Subscriptions per second per account", "Device Shadow API
/// requests/second per account").
#[derive(Debug, Default)]
struct Shared<T> {
    connects: T,
    publishes: T,
    /// Topic filters, not packets.
    subscriptions: T,
    shadows: T,
}

/// What all clients of an account and region have left.
#[derive(Debug, Default)]
pub(super) struct Allowances(Shared<Mutex<Bucket>>);

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connects: Throttle::new(limits.mqtt_connects_per_client_per_second),
            publishes_per_second: limits.mqtt_publishes_per_second,
            bytes_per_second: limits.mqtt_bytes_per_second,
            of_account: Shared {
                connects: limits.mqtt_connects_per_account_per_second,
                publishes: limits.mqtt_publishes_per_account_per_second,
                subscriptions: limits.mqtt_subscriptions_per_account_per_second,
                shadows: limits.shadow_requests_per_account_per_second,
            },
            provisioning: Throttle::new(limits.provisioning_per_second),
            shadows: Throttle::new(limits.shadow_requests_per_thing_per_second),
        }
    }

    /// How fast the bytes of a connection come, or go.
    pub(super) fn pace(&self) -> Pace {
        Pace::new(self.bytes_per_second)
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
        if !admits(self.of_account.connects, &space.allowances.0.connects, now) {
            return Err("limits.mqtt_connects_per_account_per_second");
        }
        Ok(())
    }

    /// Whether anybody in the account and region may publish once more.
    pub(super) fn admits_publish_of_account(&self, allowances: &Allowances, now: Steady) -> bool {
        admits(self.of_account.publishes, &allowances.0.publishes, now)
    }

    /// Whether anybody in the account and region may subscribe to one more topic filter.
    pub(super) fn admits_subscription(&self, allowances: &Allowances, now: Steady) -> bool {
        admits(self.of_account.subscriptions, &allowances.0.subscriptions, now)
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
            && admits(self.of_account.shadows, &space.allowances.0.shadows, now)
    }

    /// Whether a connection may publish once more, and its account. What its own rate discards takes nothing from the account.
    pub(super) fn admits_publish(
        &self,
        allowance: &mut Bucket,
        of_account: &Allowances,
        now: Steady,
    ) -> bool {
        let admits = self.publishes_per_second == 0 || allowance.take(self.publishes_per_second, now);
        admits && self.admits_publish_of_account(of_account, now)
    }
}

/// Whether a bucket that several have in common has a token; 0 is no limit.
fn admits(per_second: u32, bucket: &Mutex<Bucket>, now: Steady) -> bool {
    per_second == 0 || bucket.lock().unwrap_or_else(PoisonError::into_inner).take(per_second, now)
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
        Rates::new(&config::load(None, &[], &given).unwrap().settings.limits)
    }

    fn rates(publishes: &str, connects: &str) -> Rates {
        with(&[
            ("limits.mqtt_publishes_per_second", publishes),
            ("limits.mqtt_connects_per_client_per_second", connects),
        ])
    }

    fn space(region: &str) -> Space {
        Space::new(Scope::new("123456789012", region), Journal::new(0), std::sync::Arc::default())
    }

    fn admitted(rates: &Rates, allowance: &mut Bucket, at_ms: i64, tries: usize) -> usize {
        let of_account = Allowances::default();
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
        let (here, there, now) = (space("a"), space("b"), Steady::from_millis(0));
        let admitted =
            |space: &Space, thing: &str| (0..9).filter(|_| rates.admits_shadow(space, thing, now)).count();
        let things = ["one", "two", "three", "four"].map(|thing| admitted(&here, thing));
        assert_eq!((things, admitted(&there, "one")), ([2, 2, 1, 0], 2));
    }

    #[test]
    fn each_client_id_has_its_own_rate_and_nobody_has_one_unless_it_is_set() {
        let (rates, now) = (rates("0", "1"), Steady::from_millis(0));
        let (here, there) = (space("a"), space("b"));
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
        let (here, there, now) = (space("a"), space("b"), Steady::from_millis(0));
        for space in [&here, &there] {
            let connects: Vec<_> = (0..9).map(|n| rates.admits_connect(space, &n.to_string(), now)).collect();
            assert_eq!(connects.iter().filter(|admitted| admitted.is_ok()).count(), 2);
            assert_eq!(connects.last(), Some(&Err("limits.mqtt_connects_per_account_per_second")));
            let publishes = (0..9).filter(|_| rates.admits_publish_of_account(&space.allowances, now));
            assert_eq!(publishes.count(), 3);
            let subscriptions = (0..9).filter(|_| rates.admits_subscription(&space.allowances, now));
            assert_eq!(subscriptions.count(), 4);
        }
    }
}
