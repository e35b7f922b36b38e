//! The topics of one account and region: sessions, who has subscribed to what, retained messages.
//!
//! Locks are taken in this order: the list of sessions, the tree, the state of a session, the journal. What is durable of a
//! session is noted in the journal while its state is held, so that both say the same.

mod census;
mod sharing;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use thingwarden_mqtt::{
    Filter, Limits, Match, Message, Qos, Queued, RetainHandling, Topic, Tree, Will, matches,
};
use thingwarden_store::Scope;
use tokio::time::Instant;

use super::Broker;
use super::journal::{Journal, Ticket};
use super::places::AccountPlaces;
use super::rates::{Allowances, Rates};
use super::session::{LastWill, Owner, Session, State, Subscribed};
use super::stored::{self, LeftWill, Restored};
use crate::clock::Steady;
pub(super) use sharing::{GivenUp, shares};

#[derive(Debug)]
pub(super) struct Space {
    scope: Scope,
    journal: Arc<Journal>,
    sessions: Mutex<HashMap<Arc<str>, Arc<Session>>>,
    tree: RwLock<Tree<Subscriber, Subscribed>>,
    retained: RwLock<Retained>,
    versions: Mutex<HashMap<Arc<str>, Version>>,
    /// Last wills of connections that ended with the process before; they are published as soon as it goes on.
    left_wills: Mutex<Vec<LeftWill>>,
    /// What its clients together may still do in this second.
    pub(super) allowances: Allowances,
    /// How many of them there may be, and how many subscriptions of those who are there.
    pub(super) places: AccountPlaces,
    limits: Arc<Limits>,
}

#[derive(Debug, Default)]
struct Retained {
    messages: HashMap<Topic, Arc<Message>>,
    /// Weight of all of them.
    bytes: usize,
}

/// How much may be kept in one space.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    pub(super) retained_messages: usize,
    pub(super) retained_bytes: usize,
    pub(super) sessions: usize,
}

/// How often a client id has connected, as life-cycle events count it.
#[derive(Clone, Copy, Debug)]
struct Version {
    number: u64,
    /// When it last connected or went.
    at: Instant,
}

/// The count begins anew when a client was away for so long (AWS IoT guide, "Lifecycle events").
const VERSION_KEPT: Duration = Duration::from_secs(3600);
/// Client ids that are counted; a flood of made-up ones costs no more memory.
const VERSIONS_MAX: usize = 1_000_000;

/// A session as the tree holds it.
#[derive(Clone, Debug)]
struct Subscriber(Arc<Session>);

impl PartialEq for Subscriber {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// A session that gets a message, and by which subscriptions.
struct Recipient<'a> {
    session: &'a Arc<Session>,
    qos: Qos,
    keeps_retain: bool,
    ids: Vec<u32>,
}

#[derive(Default)]
struct Recipients<'a> {
    all: Vec<Recipient<'a>>,
    places: HashMap<*const Session, usize>,
}

/// No more messages are retained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RetainedFull;

/// What became of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Routed {
    /// Sessions that got it.
    pub(super) reached: usize,
    /// Sessions that had no room.
    pub(super) full: usize,
    /// When it is kept for all of those that outlive the process; none when there is none of those.
    pub(super) ticket: Option<Ticket>,
}

impl Space {
    pub(super) fn new(scope: Scope, journal: Arc<Journal>, limits: Arc<Limits>, rates: &Rates) -> Self {
        Self {
            allowances: rates.allowances(&scope),
            places: rates.account_places(&scope),
            scope,
            journal,
            sessions: Mutex::default(),
            tree: RwLock::default(),
            retained: RwLock::default(),
            versions: Mutex::default(),
            left_wills: Mutex::default(),
            limits,
        }
    }

    pub(super) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Puts back what there was before a restart.
    pub(super) fn restore(&self, restored: Restored, now: Instant) {
        let mut retained = self.retained.write().unwrap_or_else(PoisonError::into_inner);
        for message in restored.retained {
            retained.bytes = retained.bytes.saturating_add(message.weight());
            retained.messages.insert(message.topic.clone(), message);
        }
        drop(retained);
        for topic in restored.expired {
            self.journal.forget_retained(&self.scope, &topic);
        }
        for id in restored.lost_wills {
            self.journal.forget_will(&self.scope, &id);
        }
        *self.left_wills.lock().unwrap_or_else(PoisonError::into_inner) = restored.wills;
        for client_id in restored.over {
            self.journal.end(&self.scope, &client_id.into());
        }
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        for (client_id, mut kept) in restored.sessions {
            let subscriptions = std::mem::take(&mut kept.subscriptions);
            let was_connected = kept.disconnected_ms.is_none();
            let session = Arc::new(Session::restored(&client_id, kept, now, Broker::now().millis()));
            for (filter, subscribed) in subscriptions {
                tree.insert(&filter, Subscriber(Arc::clone(&session)), subscribed);
                session.state().subscriptions.insert(filter, subscribed);
            }
            if was_connected {
                self.note(&session, &mut session.state());
            }
            self.with_sessions(|sessions| sessions.insert(Arc::clone(&session.client_id), session));
        }
    }

    /// What is noted of it in the journal.
    pub(super) fn journal(&self) -> (&Journal, &Scope) {
        (&self.journal, &self.scope)
    }

    /// Notes how a session is now, if it outlives the process.
    pub(super) fn note(&self, session: &Session, state: &mut State) -> Option<Ticket> {
        if state.is_over || !(state.stays() || state.is_stored) {
            return None;
        }
        state.is_stored = true;
        let record = state.record(&session.client_id);
        Some(self.journal.session(&self.scope, &session.client_id, record))
    }

    /// Keeps the last will of a client that connects, also for the time after the process.
    pub(super) fn keep_will(&self, owner: &Owner, client_id: &str, id: &str, will: Will) -> LastWill {
        let last = LastWill { will, id: id.into() };
        if let Some(stored) = stored::will(client_id, &last, owner) {
            self.journal.will(&self.scope, &last.id, stored);
        }
        last
    }

    /// A last will that is still to be published; otherwise it is given up.
    pub(super) fn left(
        &self,
        last: Option<LastWill>,
        is_left: impl FnOnce(&LastWill) -> bool,
    ) -> Option<LastWill> {
        let last = last?;
        if is_left(&last) {
            return Some(last);
        }
        self.forget_will(&last);
        None
    }

    /// A last will is published, or given up.
    pub(super) fn forget_will(&self, last: &LastWill) {
        self.journal.forget_will(&self.scope, &last.id);
    }

    /// What is left to be published of the time before.
    pub(super) fn take_left_wills(&self) -> Vec<LeftWill> {
        std::mem::take(&mut self.left_wills.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Forgets retained messages that have expired.
    pub(super) fn forget_expired(&self, now: Steady) {
        let is_over = |message: &Arc<Message>| message.is_expired(now.millis());
        let retained = self.retained.read().unwrap_or_else(PoisonError::into_inner);
        let over: Vec<_> = retained.messages.values().filter(|message| is_over(message)).cloned().collect();
        drop(retained);
        let mut retained = self.retained.write().unwrap_or_else(PoisonError::into_inner);
        for message in over {
            // Another one may have come meanwhile.
            if retained.messages.get(&message.topic).is_some_and(|kept| Arc::ptr_eq(kept, &message)) {
                retained.messages.remove(&message.topic);
                retained.bytes = retained.bytes.saturating_sub(message.weight());
                self.journal.forget_retained(&self.scope, message.topic.as_str());
            }
        }
    }

    /// Changes the list of sessions.
    pub(super) fn with_sessions<R>(&self, work: impl FnOnce(&mut HashMap<Arc<str>, Arc<Session>>) -> R) -> R {
        work(&mut self.sessions.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of a connection that begins, 0 for the first one.
    pub(super) fn next_version(&self, session: &Session, now: Instant) -> u64 {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        match versions.get_mut(&session.client_id) {
            Some(version) => {
                *version = Version { number: version.number.saturating_add(1), at: now };
                version.number
            }
            None => {
                if versions.len() < VERSIONS_MAX {
                    versions.insert(Arc::clone(&session.client_id), Version { number: 0, at: now });
                }
                0
            }
        }
    }

    /// Forgets the numbers of clients that have been away for long.
    pub(super) fn forget_versions(&self, now: Instant) {
        let mut versions = self.versions.lock().unwrap_or_else(PoisonError::into_inner);
        versions.retain(|client_id, version| {
            let session = self.with_sessions(|sessions| sessions.get(client_id).cloned());
            let is_there = session.is_some_and(|session| session.state().connection.is_some());
            if is_there {
                version.at = now;
            }
            now.duration_since(version.at) < VERSION_KEPT
        });
    }

    /// Adds a subscription, or changes its options; true when it is new. None when the session is over, or it or the account has as
    /// many as are allowed.
    pub(super) fn subscribe(
        &self,
        session: &Arc<Session>,
        filter: &Filter,
        subscribed: Subscribed,
        limits: &Limits,
    ) -> Option<bool> {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = session.state();
        let is_new = !state.subscriptions.contains_key(filter);
        if state.is_over || (is_new && state.subscriptions.len() >= limits.subscriptions) {
            return None;
        }
        if is_new && state.connection.is_some() && !self.places.subscribes() {
            return None;
        }
        state.subscriptions.insert(filter.clone(), subscribed);
        tree.insert(filter, Subscriber(Arc::clone(session)), subscribed);
        Some(is_new)
    }

    /// Removes a subscription; false when there was none.
    pub(super) fn unsubscribe(&self, session: &Arc<Session>, filter: &Filter) -> bool {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = session.state();
        let removed = state.subscriptions.remove(filter);
        tree.remove(filter, &Subscriber(Arc::clone(session)));
        if removed.is_some() {
            if state.connection.is_some() {
                self.places.gives_up(1);
            }
            self.note(session, &mut state);
        }
        removed.is_some()
    }

    /// Ends subscriptions that a client has no right to any more. What has come by them alone and is not on its way is not
    /// sent: it may have come after the right had ended. Others who share a subscription get it.
    pub(super) fn withdraw(&self, session: &Arc<Session>, lost: &[Filter]) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = session.state();
        for filter in lost {
            let removed = state.subscriptions.remove(filter);
            if removed.is_some() && state.connection.is_some() {
                self.places.gives_up(1);
            }
            tree.remove(filter, &Subscriber(Arc::clone(session)));
        }
        let State { outbox, subscriptions, .. } = &mut *state;
        let withdrawn = outbox.withdraw(|queued| {
            let fits = |filter: &Filter| matches(filter.pattern(), queued.message.topic.as_str());
            lost.iter().any(fits) && !subscriptions.keys().any(fits)
        });
        self.note(session, &mut state);
        drop(state);
        drop(tree);
        let with_shares = |queued| {
            let shares = shares(lost.iter(), &queued);
            (queued, shares)
        };
        self.give_up(session, &withdrawn.into_iter().map(with_shares).collect::<Vec<_>>());
    }

    /// A session has these messages no more; where others share the subscription they came by, another one gets them. Called
    /// while no session's state is held.
    pub(super) fn give_up(&self, session: &Arc<Session>, given_up: &[GivenUp]) {
        self.hand_over(session, given_up, &self.limits);
        for (queued, _) in given_up {
            self.journal.done(&self.scope, &session.client_id, queued);
        }
    }

    /// Ends the connection of a client, with its session or without, and with its last will or without; false when it has
    /// none.
    pub(super) fn evict(&self, client_id: &str, with_session: bool, with_will: bool) -> bool {
        let session = self.with_sessions(|sessions| sessions.get(client_id).cloned());
        let Some(session) = session else { return false };
        let mut state = session.state();
        let Some(connection) = state.connection.clone() else { return false };
        state.is_evicted = true;
        if with_session {
            state.expiry_seconds = 0;
        }
        if !with_will && let Some(last) = state.will.take() {
            self.forget_will(&last);
        }
        connection.wake();
        true
    }

    /// Ends a session: nothing waits for it any more, and nothing will. What others who share a subscription can have of it goes
    /// to them.
    pub(super) fn end(&self, session: &Arc<Session>) {
        let mut tree = self.tree.write().unwrap_or_else(PoisonError::into_inner);
        let mut state = session.state();
        state.is_over = true;
        if let Some(last) = state.will.take() {
            self.forget_will(&last);
        }
        let subscriptions = std::mem::take(&mut state.subscriptions);
        if state.connection.is_some() {
            self.places.gives_up(subscriptions.len());
        }
        for filter in subscriptions.keys() {
            tree.remove(filter, &Subscriber(Arc::clone(session)));
        }
        let outbox = std::mem::take(&mut state.outbox);
        let is_stored = state.is_stored;
        drop(state);
        drop(tree);
        let kept = outbox.iter().filter(|queued| queued.qos == Qos::AtLeastOnce);
        let left = kept.map(|queued| (queued.clone(), shares(subscriptions.keys(), queued)));
        self.hand_over(session, &left.collect::<Vec<_>>(), &self.limits);
        if is_stored {
            self.journal.end(&self.scope, &session.client_id);
        }
    }

    /// Gives a message to everybody who has subscribed to its topic.
    pub(super) fn route(
        &self,
        message: &Arc<Message>,
        from: Option<&Arc<Session>>,
        limits: &Limits,
    ) -> Routed {
        let tree = self.tree.read().unwrap_or_else(PoisonError::into_inner);
        let mut recipients = Recipients::default();
        tree.matches(&message.topic, &mut |matched| {
            let chosen = match matched {
                Match::One(subscriber, subscribed) => Some((subscriber, subscribed)),
                Match::OneOf(from, before) => choose(from.iter().chain(before)),
            };
            if let Some((Subscriber(session), subscribed)) = chosen {
                let is_own = from.is_some_and(|from| Arc::ptr_eq(from, session));
                if !(subscribed.options.no_local && is_own) {
                    recipients.add(session, subscribed);
                }
            }
        });
        let mut routed = Routed::default();
        let mut number = None;
        for recipient in recipients.all {
            let queued = Queued {
                message: Arc::clone(message),
                qos: recipient.qos.min(message.qos),
                retain: message.retain && recipient.keeps_retain,
                subscription_ids: recipient.ids.into(),
                key: None,
                handed: 0,
            };
            match self.push(recipient.session, queued, &mut number, limits) {
                Pushed::Yes(ticket) => {
                    routed.reached += 1;
                    routed.ticket = routed.ticket.max(ticket);
                }
                Pushed::Full => routed.full += 1,
                Pushed::Nobody | Pushed::TooMany => {}
            }
        }
        routed
    }

    /// Lets a message wait in a session; in one that outlives the process also in the store, under `number`, which is one
    /// for all sessions that get the message.
    fn push(
        &self,
        session: &Session,
        mut queued: Queued,
        number: &mut Option<i64>,
        limits: &Limits,
    ) -> Pushed {
        let mut state = session.state();
        let is_for_later = queued.qos == Qos::AtLeastOnce && state.stays();
        if state.is_over || (state.connection.is_none() && queued.qos == Qos::AtMostOnce) {
            return Pushed::Nobody;
        }
        let is_away = state.connection.is_none();
        if (is_away && !self.allowances.queued.admits_now()) || !self.allowances.outbound.admits_now() {
            return Pushed::TooMany;
        }
        if is_for_later {
            queued.key = Some(*number.get_or_insert_with(|| self.journal.next_number()));
        }
        let kept = queued.key.is_some().then(|| queued.clone());
        if state.outbox.push(queued, limits).is_err() {
            return Pushed::Full;
        }
        if let Some(connection) = &state.connection {
            connection.wake();
        }
        let ticket = kept.and_then(|queued| self.journal.queued(&self.scope, &session.client_id, &queued));
        Pushed::Yes(ticket)
    }

    /// Keeps a message for later subscribers; without payload, forgets the one that is kept. The ticket says when that is
    /// durable.
    ///
    /// # Errors
    /// When as many are kept as may be.
    pub(super) fn retain(&self, message: &Arc<Message>, room: Room) -> Result<Ticket, RetainedFull> {
        let mut retained = self.retained.write().unwrap_or_else(PoisonError::into_inner);
        let old = retained.messages.get(&message.topic).map(|old| old.weight());
        let bytes = retained.bytes.saturating_sub(old.unwrap_or(0));
        if message.payload.is_empty() {
            retained.messages.remove(&message.topic);
            retained.bytes = bytes;
            return Ok(self.journal.retain(&self.scope, message, Broker::now()));
        }
        let bytes = bytes.saturating_add(message.weight());
        let has_room = old.is_some() || retained.messages.len() < room.retained_messages;
        if !has_room || bytes > room.retained_bytes {
            return Err(RetainedFull);
        }
        retained.messages.insert(message.topic.clone(), Arc::clone(message));
        retained.bytes = bytes;
        Ok(self.journal.retain(&self.scope, message, Broker::now()))
    }

    /// Gives the retained message to who has just subscribed. Filters with wildcards and shared ones get none (AWS IoT
    /// guide, "MQTT retained messages").
    pub(super) fn give_retained(
        &self,
        session: &Arc<Session>,
        filter: &Filter,
        subscribed: Subscribed,
        is_new: bool,
        limits: &Limits,
    ) {
        let is_wanted = match subscribed.options.retain_handling {
            RetainHandling::Always => true,
            RetainHandling::IfNew => is_new,
            RetainHandling::Never => false,
        };
        if !is_wanted || filter.is_wildcard() || filter.share().is_some() {
            return;
        }
        let Ok(topic) = Topic::parse(filter.pattern(), limits) else { return };
        let retained = self.retained.read().unwrap_or_else(PoisonError::into_inner);
        let Some(message) = retained.messages.get(&topic).cloned() else { return };
        drop(retained);
        let queued = Queued {
            qos: subscribed.qos().min(message.qos),
            message,
            retain: true,
            subscription_ids: subscribed.id.into_iter().collect(),
            key: None,
            handed: 0,
        };
        self.push(session, queued, &mut None, limits);
    }
}

enum Pushed {
    /// When it is kept, if it is.
    Yes(Option<Ticket>),
    Full,
    /// Quality of service 0, and nobody is there.
    Nobody,
    /// More in a second than the account may have. AWS drops what comes then, and keeps what came before (guide, "MQTT", shared
    /// subscriptions message queuing).
    TooMany,
}

/// Of those who share a subscription, the first that is connected; else the first.
fn choose<'a>(
    members: impl Iterator<Item = &'a (Subscriber, Subscribed)> + Clone,
) -> Option<(&'a Subscriber, &'a Subscribed)> {
    let connected = members.clone().find(|(subscriber, _)| subscriber.0.state().connection.is_some());
    connected.or_else(|| members.clone().next()).map(|(subscriber, subscribed)| (subscriber, subscribed))
}

impl<'a> Recipients<'a> {
    /// A session with several subscriptions that fit gets one message, with the best of their qualities and all their
    /// identifiers (MQTT-3.3.4-2, MQTT-3.3.4-3).
    fn add(&mut self, session: &'a Arc<Session>, subscribed: &Subscribed) {
        let place = *self.places.entry(Arc::as_ptr(session)).or_insert(self.all.len());
        let options = &subscribed.options;
        match self.all.get_mut(place) {
            Some(known) => {
                known.qos = known.qos.max(options.qos);
                known.keeps_retain |= options.retain_as_published;
                known.ids.extend(subscribed.id);
            }
            None => self.all.push(Recipient {
                session,
                qos: options.qos,
                keeps_retain: options.retain_as_published,
                ids: subscribed.id.into_iter().collect(),
            }),
        }
    }
}
