//! What all clients of an account and region did together, in numbers that only grow. They are counted in parts, and a connection
//! counts in one of them, so that processors do not wait for each other's memory.

use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Parts of one tally: ours, as many as processors of most machines.
const PARTS: usize = 16;

/// The numbers of one account and region.
#[derive(Debug)]
pub(crate) struct Tally {
    parts: [Arc<Part>; PARTS],
    next: AtomicUsize,
}

/// `name = "name in log records", meaning;`
macro_rules! counts {
    ($($name:ident = $member:literal, $about:literal;)*) => {
        /// Some of the numbers, on memory that no other part is on.
        #[derive(Debug, Default)]
        #[repr(align(128))]
        pub(crate) struct Part { $(#[doc = $about] pub(crate) $name: AtomicU64),* }

        /// The numbers at one moment, or what came to them in a time.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub(crate) struct Totals { $(#[doc = $about] pub(crate) $name: u64),* }

        impl Totals {
            fn add(self, part: &Part) -> Self {
                Self { $($name: self.$name.saturating_add(part.$name.load(Ordering::Relaxed))),* }
            }

            /// What has come since an earlier moment.
            pub(crate) fn since(self, earlier: Self) -> Self {
                Self { $($name: self.$name.saturating_sub(earlier.$name)),* }
            }

            /// With the names that log records have for them.
            pub(crate) fn members(self) -> impl Iterator<Item = (&'static str, u64)> {
                [$(($member, self.$name)),*].into_iter()
            }
        }
    };
}

counts! {
    connection_attempts = "connectionAttempts", "Connects of who had proven who it is.";
    connects = "connects", "Those that were let in.";
    disconnects = "disconnects", "Connections that ended after they were let in.";
    refusals = "connectionsRefused", "Clients that were not let in for another reason than a policy.";
    authorization_failures = "authorizationFailures", "What policies did not allow.";
    throttled = "throttled", "What came beyond a rate, and was refused or discarded.";
    messages_in = "messagesReceived", "Messages that clients published, and might.";
    messages_out = "messagesSent", "Messages that were sent to clients.";
    messages_dropped = "messagesDropped", "Messages that found the queue of a client full.";
    bytes_in = "bytesReceived", "Bytes of payload of messages that clients published.";
    bytes_out = "bytesSent", "Bytes of payload of messages that were sent to clients.";
}

impl Default for Tally {
    fn default() -> Self {
        Self { parts: array::from_fn(|_| Arc::default()), next: AtomicUsize::new(0) }
    }
}

impl Tally {
    /// Where one connection, or something rare, is counted.
    pub(crate) fn part(&self) -> Arc<Part> {
        let place = self.next.fetch_add(1, Ordering::Relaxed) % PARTS;
        let [first, ..] = &self.parts;
        // There is one for each place.
        Arc::clone(self.parts.get(place).unwrap_or(first))
    }

    /// All parts together.
    pub(crate) fn totals(&self) -> Totals {
        self.parts.iter().fold(Totals::default(), |totals, part| totals.add(part))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn parts_are_counted_together_and_nothing_is_lost() {
        let tally = Tally::default();
        thread::scope(|scope| {
            for _ in 0..2 * PARTS + 1 {
                let part = tally.part();
                scope.spawn(move || {
                    for _ in 0..1000 {
                        part.messages_in.fetch_add(1, Ordering::Relaxed);
                        part.bytes_in.fetch_add(7, Ordering::Relaxed);
                    }
                });
            }
        });
        let totals = tally.totals();
        let all = 1000 * (2 * PARTS as u64 + 1);
        assert_eq!(totals, Totals { messages_in: all, bytes_in: 7 * all, ..Totals::default() });
        tally.part().messages_in.fetch_add(3, Ordering::Relaxed);
        let since = tally.totals().since(totals);
        assert_eq!(since, Totals { messages_in: 3, ..Totals::default() });
        assert!(since.members().any(|one| one == ("messagesReceived", 3)));
    }

    #[test]
    fn connections_spread_over_parts_that_share_no_memory() {
        let tally = Tally::default();
        let mut places: Vec<usize> = (0..PARTS).map(|_| Arc::as_ptr(&tally.part()) as usize).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|two| two[1] - two[0] >= 128), "{places:?}");
    }
}
