//! The session of a client id: what it has subscribed to and what waits for it, with or without a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use thingwarden_mqtt::{Filter, Outbox, Qos, SubscribeOptions, Will};
use tokio::time::Instant;

use super::admission::Principal;
use super::changes::Wake;
use super::rights::Peer;

/// One session. Lives as long as somebody has it; [`super::space::Space`] knows the current one of each client id.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client_id: Arc<str>,
    state: Mutex<State>,
}

/// What is kept.
#[derive(Debug)]
pub(super) struct State {
    pub(super) outbox: Outbox,
    pub(super) subscriptions: BTreeMap<Filter, Subscribed>,
    /// The connection that has the session.
    pub(super) connection: Option<Arc<Wake>>,
    /// Who has, or had, the connection.
    pub(super) owner: Owner,
    /// How long it stays without a connection, in seconds.
    pub(super) expiry_seconds: u32,
    /// What is published when the connection ends without a word.
    pub(super) will: Option<Will>,
    /// When it ends, unless somebody comes back.
    pub(super) expires_at: Option<Instant>,
    /// When the will is published, unless somebody comes back.
    pub(super) will_at: Option<Instant>,
    /// It is over: nothing may be added to it.
    pub(super) is_over: bool,
}

/// Whose session it is.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) principal: Principal,
    pub(super) peer: Peer,
}

/// How a client wants the messages of a filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Subscribed {
    pub(super) options: SubscribeOptions,
    pub(super) id: Option<u32>,
}

impl Subscribed {
    pub(super) fn qos(&self) -> Qos {
        self.options.qos
    }
}

impl Session {
    pub(super) fn new(client_id: &str, owner: Owner) -> Self {
        let state = State {
            outbox: Outbox::default(),
            subscriptions: BTreeMap::new(),
            connection: None,
            owner,
            expiry_seconds: 0,
            will: None,
            expires_at: None,
            will_at: None,
            is_over: false,
        };
        Self { client_id: client_id.into(), state: Mutex::new(state) }
    }

    /// Held for moments, and never while waiting for the lock of the tree.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether a connection still has the session.
    pub(super) fn is_of(&self, connection: &Arc<Wake>) -> bool {
        self.connection.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection))
    }
}
