//! How often clients may do what costs the server something.

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

use crate::config::Limits;
use crate::throttle::{Bucket, Throttle};

/// The rates that settings decide; 0 is no limit.
#[derive(Debug)]
pub(super) struct Rates {
    connects: Throttle,
    publishes_per_second: u32,
}

impl Rates {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            connects: Throttle::new(limits.mqtt_connects_per_client_per_second),
            publishes_per_second: limits.mqtt_publishes_per_second,
        }
    }

    /// Whether a client id may connect once more.
    pub(super) fn admits_connect(&self, scope: &Scope, client_id: &str, now: Timestamp) -> bool {
        self.connects.admits(&[&*scope.account, &*scope.region, client_id].join("/"), now)
    }

    /// Whether a connection may publish once more.
    pub(super) fn admits_publish(&self, allowance: &mut Bucket, now: Timestamp) -> bool {
        self.publishes_per_second == 0 || allowance.take(self.publishes_per_second, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config;

    fn rates(publishes: &str, connects: &str) -> Rates {
        let settings = [
            ("limits.mqtt_publishes_per_second", publishes),
            ("limits.mqtt_connects_per_client_per_second", connects),
        ];
        let given =
            settings.map(|(key, text)| config::Override { key, option: "test", text: text.to_owned() });
        Rates::new(&config::load(None, &[], &given).unwrap().settings.limits)
    }

    fn admitted(rates: &Rates, allowance: &mut Bucket, at_ms: i64, tries: usize) -> usize {
        (0..tries).filter(|_| rates.admits_publish(allowance, Timestamp::from_millis(at_ms))).count()
    }

    #[test]
    fn a_second_brings_what_may_be_published_in_one() {
        let (rates, mut allowance) = (rates("10", "0"), Bucket::default());
        assert_eq!(admitted(&rates, &mut allowance, 0, 50), 10);
        assert_eq!(admitted(&rates, &mut allowance, 99, 50), 0);
        assert_eq!(admitted(&rates, &mut allowance, 350, 50), 3);
        assert_eq!(admitted(&rates, &mut allowance, 100_000, 50), 10);
        assert_eq!(admitted(&rates, &mut allowance, 0, 50), 0, "the clock goes back");
    }

    #[test]
    fn each_client_id_has_its_own_rate_and_nobody_has_one_unless_it_is_set() {
        let (rates, now) = (rates("0", "1"), Timestamp::from_millis(0));
        let (here, there) = (Scope::new("123456789012", "a"), Scope::new("123456789012", "b"));
        assert!(rates.admits_connect(&here, "one", now) && !rates.admits_connect(&here, "one", now));
        assert!(rates.admits_connect(&here, "two", now) && rates.admits_connect(&there, "one", now));
        assert_eq!(admitted(&rates, &mut Bucket::default(), 0, 5000), 5000);
    }
}
