//! How much there is in a space.

use std::sync::{Arc, PoisonError};

use super::Space;

/// Numbers of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::broker) struct Census {
    connections: usize,
    sessions: usize,
    subscriptions: usize,
    retained_messages: usize,
}

impl Census {
    /// With the names that log records have for them.
    pub(in crate::broker) fn members(self) -> impl Iterator<Item = (&'static str, u64)> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        [
            ("connections", count(self.connections)),
            ("sessions", count(self.sessions)),
            ("subscriptions", count(self.subscriptions)),
            ("retainedMessages", count(self.retained_messages)),
        ]
        .into_iter()
    }
}

impl Space {
    /// Counts what there is. Nobody waits for it for longer than one session takes.
    pub(in crate::broker) fn census(&self) -> Census {
        let sessions: Vec<_> = self.with_sessions(|sessions| sessions.values().map(Arc::clone).collect());
        let retained = self.retained.read().unwrap_or_else(PoisonError::into_inner);
        let retained_messages = retained.messages.len();
        drop(retained);
        let mut census = Census { sessions: sessions.len(), retained_messages, ..Census::default() };
        for session in sessions {
            let state = session.state();
            census.connections += usize::from(state.connection.is_some());
            census.subscriptions += state.subscriptions.len();
        }
        census
    }
}
