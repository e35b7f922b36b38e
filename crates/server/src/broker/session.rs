//! The session of a client id: what it has subscribed to and what waits for it, with or without a connection.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thingwarden_mqtt::{Filter, Limits, Message, Outbox, Qos, Queued, SubscribeOptions, Will, matches};
use thingwarden_store::records::MqttSession;
use tokio::time::Instant;

use super::admission::Principal;
use super::changes::Wake;
use super::rights::Peer;
use super::stored;

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
    /// Who has, or had, the connection; none when that was before a restart.
    pub(super) owner: Option<Owner>,
    /// How long it stays without a connection, in seconds. One that stays is kept in the store.
    pub(super) expiry_seconds: u32,
    /// Whether the store has, or will have, something of it.
    pub(super) is_stored: bool,
    /// When the connection ended, in milliseconds since 1970.
    pub(super) disconnected_ms: Option<i64>,
    /// What is published when the connection ends without a word.
    pub(super) will: Option<LastWill>,
    /// When it ends, unless somebody comes back.
    pub(super) expires_at: Option<Instant>,
    /// When the will is published, unless somebody comes back.
    pub(super) will_at: Option<Instant>,
    /// The connection is to end.
    pub(super) is_evicted: bool,
    /// It is over: nothing may be added to it.
    pub(super) is_over: bool,
}

/// A last will, and its name in the store: there it outlives the process.
#[derive(Clone, Debug)]
pub(super) struct LastWill {
    pub(super) will: Will,
    pub(super) id: Arc<str>,
}

/// Whose session it is.
#[derive(Clone, Debug)]
pub(super) struct Owner {
    pub(super) principal: Principal,
    pub(super) peer: Peer,
}

/// A session as it was before a restart.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) expiry_seconds: u32,
    /// As in [`State`]; none when it was connected until the end.
    pub(super) disconnected_ms: Option<i64>,
    /// How long it stays from now on.
    pub(super) left: Duration,
    pub(super) subscriptions: Vec<(Filter, Subscribed)>,
    pub(super) outbox: Outbox,
    /// The will that waits for the client to come back, for so long from now on, and whose it is.
    pub(super) will: Option<(LastWill, Duration, Owner)>,
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
            owner: Some(owner),
            expiry_seconds: 0,
            is_stored: false,
            disconnected_ms: None,
            will: None,
            expires_at: None,
            will_at: None,
            is_evicted: false,
            is_over: false,
        };
        Self { client_id: client_id.into(), state: Mutex::new(state) }
    }

    /// A session that nobody is connected to yet; without its subscriptions, which come into the tree with it.
    pub(super) fn restored(client_id: &str, kept: Kept, now: Instant, now_ms: i64) -> Self {
        let (will, will_at, owner) = match kept.will {
            Some((will, wait, owner)) => (Some(will), now.checked_add(wait.min(kept.left)), Some(owner)),
            None => (None, None, None),
        };
        let state = State {
            outbox: kept.outbox,
            subscriptions: BTreeMap::new(),
            connection: None,
            owner,
            expiry_seconds: kept.expiry_seconds,
            is_stored: true,
            disconnected_ms: kept.disconnected_ms.or(Some(now_ms)),
            will,
            expires_at: now.checked_add(kept.left),
            will_at,
            is_evicted: false,
            is_over: false,
        };
        Self { client_id: client_id.into(), state: Mutex::new(state) }
    }

    /// Gives it a message, if it has subscribed to the topic and somebody is there. It waits in memory alone.
    pub(super) fn give(&self, message: Message, limits: &Limits) {
        let mut state = self.state();
        let Some(connection) = state.connection.clone().filter(|_| !state.is_over) else { return };
        let topic = message.topic.as_str();
        let fits = |(filter, _): &(&Filter, &Subscribed)| matches(filter.pattern(), topic);
        let fitting: Vec<Subscribed> =
            state.subscriptions.iter().filter(fits).map(|(_, subscribed)| *subscribed).collect();
        let Some(qos) = fitting.iter().map(Subscribed::qos).max() else { return };
        let queued = Queued {
            qos: qos.min(message.qos),
            message: Arc::new(message),
            retain: false,
            subscription_ids: fitting.iter().filter_map(|subscribed| subscribed.id).collect(),
            key: None,
            handed: 0,
        };
        if state.outbox.push(queued, limits).is_ok() {
            connection.wake();
        }
    }

    /// Held for moments, and never while waiting for the lock of the tree.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether it outlives its connection, and so the process.
    pub(super) fn stays(&self) -> bool {
        self.expiry_seconds > 0
    }

    /// As the store has it.
    pub(super) fn record(&self, client_id: &str) -> MqttSession {
        let subscriptions = self.subscriptions.iter();
        MqttSession {
            client_id: client_id.to_owned(),
            expiry_seconds: self.expiry_seconds,
            disconnected_ms: self.disconnected_ms,
            subscriptions: subscriptions.map(|(filter, how)| stored::subscription(filter, *how)).collect(),
        }
    }

    /// Whether a connection still has the session.
    pub(super) fn is_of(&self, connection: &Arc<Wake>) -> bool {
        self.connection.as_ref().is_some_and(|current| Arc::ptr_eq(current, connection))
    }
}
