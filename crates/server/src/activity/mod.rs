//! What devices do, in numbers: for each client id of an account and region, what Detect watches; and the last denials with
//! their evidence. Who was not let in at all is in `refusals.rs`, what all clients did together in `tally.rs`.
//!
//! A connection counts in its own [`Counters`]; nobody waits for anybody. The numbers are in memory and begin anew with the
//! server.

mod refusals;
mod tally;

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;

pub(crate) use self::refusals::{Refusal, Refusals};
pub(crate) use self::tally::{Part, Tally, Totals};

/// Parts of the table, each with a lock of its own.
const SHARDS: usize = 16;
/// Client ids of one part. When it is full, those without a connection that were quiet longest go.
const CLIENTS_MAX: usize = 16_384;
/// Addresses that are remembered of one client: the last ones.
const ADDRESSES_MAX: usize = 16;
/// Denials that are remembered of one account and region.
const DENIALS_MAX: usize = 1000;
/// Bytes of a topic or a reason that are kept with a denial.
const TEXT_BYTES_MAX: usize = 2048;

/// Clients by account, region and client id.
type Table = HashMap<(Scope, Arc<str>), Arc<Counters>>;

/// The numbers of all clients.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    hasher: RandomState,
    shards: [Mutex<Table>; SHARDS],
    denials: Mutex<HashMap<Scope, VecDeque<Denial>>>,
    pub(crate) refusals: Refusals,
    tallies: RwLock<HashMap<Scope, Arc<Tally>>>,
}

/// What one client did since the server began, as the metrics of Device Defender count it.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) messages_in: AtomicU64,
    pub(crate) messages_out: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) connection_attempts: AtomicU64,
    pub(crate) disconnects: AtomicU64,
    pub(crate) authorization_failures: AtomicU64,
    /// Milliseconds since 1970.
    last_ms: AtomicI64,
    connection: Mutex<Connection>,
}

/// How a client is, or was, connected.
#[derive(Clone, Debug, Default)]
pub(crate) struct Connection {
    /// How many connections have the client id: for a moment, two.
    pub(crate) count: usize,
    /// Whose it is: the id of a certificate or of a caller.
    pub(crate) principal: Option<Arc<str>>,
    /// The newest is the last.
    pub(crate) addresses: VecDeque<IpAddr>,
}

/// Something that was not allowed.
#[derive(Clone, Debug)]
pub(crate) struct Denial {
    pub(crate) at: Timestamp,
    pub(crate) client_id: Arc<str>,
    pub(crate) principal: Arc<str>,
    pub(crate) address: IpAddr,
    /// For example `iot:Publish`.
    pub(crate) action: &'static str,
    /// The client id, the topic or the filter.
    pub(crate) name: String,
    /// Which policy denied it, or that none allowed it.
    pub(crate) why: String,
}

impl Activity {
    /// The numbers of a client id.
    pub(crate) fn of(&self, scope: &Scope, client_id: &Arc<str>) -> Arc<Counters> {
        let key = (scope.clone(), Arc::clone(client_id));
        let mut shard = self.shard(&key);
        if let Some(known) = shard.get(&key) {
            return Arc::clone(known);
        }
        if shard.len() >= CLIENTS_MAX {
            make_room(&mut shard);
        }
        let fresh = Arc::new(Counters::default());
        // With a connection for each, newer ones count for themselves and are not found.
        if shard.len() < CLIENTS_MAX {
            shard.insert(key, Arc::clone(&fresh));
        }
        fresh
    }

    /// The numbers of a client id that was seen.
    pub(crate) fn find(&self, scope: &Scope, client_id: &str) -> Option<Arc<Counters>> {
        let key = (scope.clone(), client_id.into());
        self.shard(&key).get(&key).cloned()
    }

    fn shard(&self, key: &(Scope, Arc<str>)) -> MutexGuard<'_, Table> {
        let place = self.hasher.hash_one(key) % SHARDS as u64;
        let [first, ..] = &self.shards;
        // There is one for each place.
        let shard = usize::try_from(place).ok().and_then(|place| self.shards.get(place)).unwrap_or(first);
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The numbers of all clients of an account and region together.
    pub(crate) fn tally(&self, scope: &Scope) -> Arc<Tally> {
        let known = self.tallies.read().unwrap_or_else(PoisonError::into_inner).get(scope).cloned();
        known.unwrap_or_else(|| {
            let mut tallies = self.tallies.write().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(tallies.entry(scope.clone()).or_default())
        })
    }

    /// What all clients did since the server began.
    pub(crate) fn tallies(&self) -> HashMap<Scope, Totals> {
        let tallies = self.tallies.read().unwrap_or_else(PoisonError::into_inner);
        tallies.iter().map(|(scope, tally)| (scope.clone(), tally.totals())).collect()
    }

    /// Remembers who was not let in.
    pub(crate) fn refused(&self, refusal: Refusal) {
        add(&self.tally(&refusal.scope).part().refusals, 1);
        self.refusals.add(refusal);
    }

    /// Remembers a denial.
    pub(crate) fn denied(&self, scope: &Scope, mut denial: Denial) {
        shorten(&mut denial.name, TEXT_BYTES_MAX);
        shorten(&mut denial.why, TEXT_BYTES_MAX);
        let mut all = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let denials = all.entry(scope.clone()).or_default();
        if denials.len() >= DENIALS_MAX {
            denials.pop_front();
        }
        denials.push_back(denial);
    }

    /// The denials of a client id that are remembered, newest first.
    pub(crate) fn denials(&self, scope: &Scope, client_id: &str) -> Vec<Denial> {
        let all = self.denials.lock().unwrap_or_else(PoisonError::into_inner);
        let of_client = all.get(scope).into_iter().flatten().rev();
        of_client.filter(|denial| *denial.client_id == *client_id).cloned().collect()
    }
}

fn make_room(shard: &mut Table) {
    let gone = |counters: &Counters| counters.connection().count == 0;
    let mut quiet: Vec<i64> =
        shard.values().filter(|one| gone(one)).map(|one| one.last_ms.load(Ordering::Relaxed)).collect();
    quiet.sort_unstable();
    // A quarter at once, so that it does not happen for each client.
    let Some(until) = quiet.get(quiet.len().saturating_sub(1).min(CLIENTS_MAX / 4)).copied() else { return };
    shard.retain(|_, one| !gone(one) || one.last_ms.load(Ordering::Relaxed) > until);
}

fn shorten(text: &mut String, bytes_max: usize) {
    let end = text.floor_char_boundary(bytes_max);
    text.truncate(end);
}

impl Counters {
    /// It tries to connect.
    pub(crate) fn attempts(&self, address: IpAddr, now: Timestamp) {
        add(&self.connection_attempts, 1);
        self.last_ms.store(now.millis(), Ordering::Relaxed);
        let addresses = &mut self.connection().addresses;
        addresses.retain(|known| *known != address);
        if addresses.len() >= ADDRESSES_MAX {
            addresses.pop_front();
        }
        addresses.push_back(address);
    }

    /// It is let in.
    pub(crate) fn connects(&self, principal: &Arc<str>) {
        let mut connection = self.connection();
        connection.count += 1;
        connection.principal = Some(Arc::clone(principal));
    }

    /// Its connection has ended.
    pub(crate) fn disconnects(&self, now: Timestamp) {
        add(&self.disconnects, 1);
        self.last_ms.store(now.millis(), Ordering::Relaxed);
        let count = &mut self.connection().count;
        *count = count.saturating_sub(1);
    }

    pub(crate) fn receives(&self, bytes: usize) {
        add(&self.messages_in, 1);
        add(&self.bytes_in, bytes);
    }

    pub(crate) fn gets(&self, bytes: usize) {
        add(&self.messages_out, 1);
        add(&self.bytes_out, bytes);
    }

    pub(crate) fn is_denied(&self) {
        add(&self.authorization_failures, 1);
    }

    /// Held for moments.
    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Nobody waits for the number, so its order with others does not matter.
pub(crate) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(u64::try_from(count).unwrap_or(u64::MAX), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        Scope::new("123456789012", "eu-west-1")
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    #[test]
    fn a_client_has_one_set_of_numbers() {
        let activity = Activity::default();
        let lamp: Arc<str> = "lamp".into();
        let (one, other) = (activity.of(&scope(), &lamp), activity.of(&scope(), &lamp));
        one.receives(10);
        other.receives(5);
        assert_eq!((one.messages_in.load(Ordering::Relaxed), one.bytes_in.load(Ordering::Relaxed)), (2, 15));
        assert!(activity.find(&Scope::new("123456789012", "us-east-1"), "lamp").is_none());
        for last in 1..=20 {
            one.attempts([192, 0, 2, last].into(), at(i64::from(last)));
        }
        one.attempts([192, 0, 2, 10].into(), at(21));
        let addresses = activity.find(&scope(), "lamp").unwrap().connection().addresses.clone();
        assert_eq!((addresses.len(), addresses.back()), (16, Some(&[192, 0, 2, 10].into())));
    }

    #[test]
    fn a_flood_of_client_ids_costs_no_more_memory_and_forgets_nobody_who_is_connected() {
        let activity = Activity::default();
        let stays = activity.of(&scope(), &"stays".into());
        stays.connects(&"principal".into());
        for number in 0..SHARDS * CLIENTS_MAX * 3 / 2 {
            let id: Arc<str> = format!("flood-{number}").into();
            activity.of(&scope(), &id).attempts([192, 0, 2, 1].into(), at(number as i64));
        }
        let all: usize = activity.shards.iter().map(|shard| shard.lock().unwrap().len()).sum();
        assert!(all <= SHARDS * CLIENTS_MAX, "{all}");
        assert!(activity.find(&scope(), "stays").is_some());
    }

    #[test]
    fn the_last_denials_are_remembered() {
        let activity = Activity::default();
        for number in 0..DENIALS_MAX + 10 {
            let denial = Denial {
                at: at(number as i64),
                client_id: if number % 2 == 0 { "even".into() } else { "odd".into() },
                principal: "p".into(),
                address: [192, 0, 2, 1].into(),
                action: "iot:Publish",
                name: "é".repeat(2000),
                why: number.to_string(),
            };
            activity.denied(&scope(), denial);
        }
        let even = activity.denials(&scope(), "even");
        assert_eq!((even.len(), even[0].why.as_str(), even[499].why.as_str()), (500, "1008", "10"));
        assert!(even[0].name.len() <= TEXT_BYTES_MAX);
    }
}
