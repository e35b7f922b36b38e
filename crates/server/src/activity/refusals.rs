//! Who was not let in, and why, before it was anybody's client: strangers have nothing that they could be counted by, and nothing
//! to lose, so what is remembered of them is bounded, and shared out among the addresses they come from.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

/// Refusals that are remembered, of all accounts together: ours, about a megabyte with the longest texts.
const REFUSALS_MAX: usize = 1024;
/// Bytes of a reason that are kept: ours, the longest that names a certificate and its dates has a quarter of that.
const WHY_BYTES_MAX: usize = 512;

/// Somebody who was not let in; once for all times at which the same happened.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    /// Whose evidence it is.
    pub(crate) scope: Scope,
    /// What it called itself, if it came to say so.
    pub(crate) client_id: Option<Arc<str>>,
    /// The certificate that it has shown, or whom its access key or authorizer stands for.
    pub(crate) principal: Option<Arc<str>>,
    /// Where it came from last.
    pub(crate) address: IpAddr,
    pub(crate) why: String,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) count: u64,
}

/// The last refusals; the newest is the last.
#[derive(Debug, Default)]
pub(crate) struct Refusals(Mutex<VecDeque<Refusal>>);

impl Refusal {
    pub(crate) fn new(scope: &Scope, address: IpAddr, why: String, at: Timestamp) -> Self {
        let (scope, client_id, principal) = (scope.clone(), None, None);
        Self { scope, client_id, principal, address, why, first: at, last: at, count: 1 }
    }

    fn is_like(&self, other: &Self) -> bool {
        let said = |one: &Self| (one.client_id.clone(), one.principal.clone(), network(one.address));
        self.why == other.why && self.scope == other.scope && said(self) == said(other)
    }
}

impl Refusals {
    /// Remembers one. When there are too many, the network that has most of them loses its oldest: whoever comes from one address
    /// makes nobody else forgotten.
    pub(crate) fn add(&self, mut refusal: Refusal) {
        super::shorten(&mut refusal.why, WHY_BYTES_MAX);
        let mut all = self.all();
        if let Some(place) = all.iter().position(|known| known.is_like(&refusal)) {
            if let Some(known) = all.remove(place) {
                refusal.first = known.first;
                refusal.count = known.count.saturating_add(1);
            }
        } else if all.len() >= REFUSALS_MAX {
            let mut counts: HashMap<IpAddr, usize> = HashMap::new();
            all.iter().for_each(|known| *counts.entry(network(known.address)).or_default() += 1);
            let most = counts.values().max().copied();
            let oldest = all.iter().position(|known| counts.get(&network(known.address)).copied() == most);
            oldest.map(|oldest| all.remove(oldest));
        }
        all.push_back(refusal);
    }

    /// Those of an account and region that are wanted, newest first.
    pub(crate) fn find(&self, scope: &Scope, mut is_wanted: impl FnMut(&Refusal) -> bool) -> Vec<Refusal> {
        let all = self.all();
        let of_scope = all.iter().rev().filter(|refusal| refusal.scope == *scope);
        of_scope.filter(|refusal| is_wanted(refusal)).cloned().collect()
    }

    /// Held for moments.
    fn all(&self) -> MutexGuard<'_, VecDeque<Refusal>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one party has of addresses: one of IPv4, 64 bits of IPv6 (RFC 6177).
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(client_id: &str, address: [u8; 4], at_ms: i64) -> Refusal {
        let scope = Scope::new("123456789012", "eu-west-1");
        let at = Timestamp::from_millis(at_ms);
        let refusal = Refusal::new(&scope, address.into(), "é".repeat(2000), at);
        Refusal { client_id: Some(client_id.into()), ..refusal }
    }

    fn of(refusals: &Refusals, client_id: &str) -> Vec<(i64, i64, u64)> {
        let scope = Scope::new("123456789012", "eu-west-1");
        let found = refusals.find(&scope, |one| one.client_id.as_deref() == Some(client_id));
        found.iter().map(|one| (one.first.millis(), one.last.millis(), one.count)).collect()
    }

    #[test]
    fn the_same_is_remembered_once_and_nobody_sees_what_is_of_another_account() {
        let refusals = Refusals::default();
        for at_ms in 0..5 {
            refusals.add(refusal("lamp", [192, 0, 2, 1], at_ms));
            refusals.add(refusal("door", [192, 0, 2, 1], at_ms));
        }
        refusals.add(refusal("lamp", [192, 0, 2, 2], 9));
        assert_eq!(of(&refusals, "lamp"), [(9, 9, 1), (0, 4, 5)]);
        let elsewhere = Scope::new("123456789012", "us-east-1");
        assert_eq!(refusals.find(&elsewhere, |_| true).len(), 0);
        assert!(refusals.all().iter().all(|one| one.why.len() <= WHY_BYTES_MAX));
    }

    #[test]
    fn a_flood_from_one_address_makes_nobody_else_forgotten() {
        let refusals = Refusals::default();
        refusals.add(refusal("lamp", [192, 0, 2, 1], 0));
        for number in 0..3 * REFUSALS_MAX {
            refusals.add(refusal(&format!("flood-{number}"), [203, 0, 113, 1], 1));
        }
        refusals.add(refusal("door", [192, 0, 2, 2], 2));
        assert_eq!(refusals.all().len(), REFUSALS_MAX);
        assert_eq!((of(&refusals, "lamp"), of(&refusals, "door")), (vec![(0, 0, 1)], vec![(2, 2, 1)]));
        assert_eq!(of(&refusals, "flood-0"), []);
    }

    #[test]
    fn a_network_of_ipv6_is_one_party() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:1"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }
}
