//! What has to outlive the process, on its way to the store.
//!
//! Changes are noted in memory and written by one task, all that came meanwhile together: while one commit waits for the
//! disk, the next ones gather. What has gathered is cut into short transactions, and requests of the API come
//! between them. Whoever notes a change gets a ticket, and knows from [`Journal::is_durable`] when it
//! is on disk. A change that undoes another before that costs nothing: a message that was acknowledged at once is never
//! written. When the store fails nothing is forgotten and nobody is told that it is durable; it is tried again.
//!
//! Memory is bounded by what is noted: deliveries by the queues they wait in, retained messages and sessions by their limits.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use thingwarden_engine::time::Timestamp;
use thingwarden_mqtt::{Message, PacketId, Queued};
use thingwarden_store::records::{MqttDelivery, MqttSession, MqttWill, QueuedMessage, RetainedMessage};
use thingwarden_store::{Actor, Filter, Scope, Store, StoreError, Writer};
use tokio::sync::{Notify, watch};

use super::changes::Wake;
use super::stored;
use crate::clock;

/// How long to wait after the store failed before trying again.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// For how long changes are added to a transaction: a request waits for no more than that, and what the disk takes for each
/// commit is a small part of it.
const TRANSACTION_TIME: Duration = Duration::from_millis(25);
/// Changes that are written between two looks at the clock.
const PART_MAX: usize = 32;
/// How long a server that stops waits for the last changes.
const FLUSH_TIME_MAX: Duration = Duration::from_secs(2);

/// A change's place in the order of all; durable when all up to it are.
pub(super) type Ticket = u64;

/// What was noted and is not written yet.
#[derive(Debug, Default)]
pub(super) struct Journal {
    pending: Mutex<Pending>,
    /// The last ticket given.
    noted: AtomicU64,
    /// All tickets up to this one are on disk.
    durable: watch::Sender<Ticket>,
    work: Notify,
    /// The last number of a message.
    number: AtomicU64,
}

#[derive(Debug, Default)]
struct Pending {
    scopes: HashMap<Scope, Changes>,
    /// Who wants to know when which ticket is durable: each connection once.
    waiting: Vec<(Ticket, Arc<Wake>)>,
}

/// What changes in one account and region.
#[derive(Clone, Debug, Default)]
struct Changes {
    /// By topic; none when nothing is retained any more.
    retained: HashMap<Arc<str>, Option<(Arc<Message>, i64)>>,
    sessions: HashMap<Arc<str>, SessionChanges>,
    /// Last wills by their ids; none when they are published or given up.
    wills: HashMap<Arc<str>, Option<MqttWill>>,
}

#[derive(Clone, Debug, Default)]
struct SessionChanges {
    /// The session that there was before is over, with all that waited in it. Comes first.
    is_over: bool,
    record: Option<MqttSession>,
    /// By number of the message.
    deliveries: BTreeMap<i64, DeliveryChange>,
}

#[derive(Clone, Debug)]
enum DeliveryChange {
    New(Arc<Message>, MqttDelivery),
    /// It was sent, with a packet id.
    Sent(MqttDelivery),
    Done,
}

impl Journal {
    /// Numbers of messages go on after `number`.
    pub(super) fn new(number: i64) -> Arc<Self> {
        let number = AtomicU64::new(u64::try_from(number).unwrap_or(0));
        Arc::new(Self { number, ..Self::default() })
    }

    fn pending(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, scope: &Scope, change: impl FnOnce(&mut Changes)) -> Ticket {
        let mut pending = self.pending();
        match pending.scopes.get_mut(scope) {
            Some(changes) => change(changes),
            None => change(pending.scopes.entry(scope.clone()).or_default()),
        }
        // Under the lock: whoever takes the changes knows the last ticket among them.
        let ticket = self.noted.fetch_add(1, Ordering::AcqRel) + 1;
        drop(pending);
        self.work.notify_one();
        ticket
    }

    fn note_session(
        &self,
        scope: &Scope,
        client_id: &Arc<str>,
        change: impl FnOnce(&mut SessionChanges),
    ) -> Ticket {
        self.note(scope, |changes| match changes.sessions.get_mut(client_id) {
            Some(session) => change(session),
            None => change(changes.sessions.entry(Arc::clone(client_id)).or_default()),
        })
    }

    /// The number of a new message.
    pub(super) fn next_number(&self) -> i64 {
        i64::try_from(self.number.fetch_add(1, Ordering::Relaxed) + 1).unwrap_or(i64::MAX)
    }

    /// A message is retained; without payload, none is any more.
    pub(super) fn retain(&self, scope: &Scope, message: &Arc<Message>, now: Timestamp) -> Ticket {
        let kept = (!message.payload.is_empty()).then(|| (Arc::clone(message), now.millis()));
        self.note(scope, |changes| drop(changes.retained.insert(message.topic.as_str().into(), kept)))
    }

    /// Nothing is retained for a topic any more, since its time is over.
    pub(super) fn forget_retained(&self, scope: &Scope, topic: &str) {
        self.note(scope, |changes| drop(changes.retained.insert(topic.into(), None)));
    }

    /// A client has left a last will.
    pub(super) fn will(&self, scope: &Scope, id: &Arc<str>, will: MqttWill) {
        self.note(scope, |changes| drop(changes.wills.insert(Arc::clone(id), Some(will))));
    }

    /// A last will is published, or given up.
    pub(super) fn forget_will(&self, scope: &Scope, id: &Arc<str>) {
        self.note(scope, |changes| {
            // What never was in the store needs not be taken out of it.
            if !matches!(changes.wills.remove(id), Some(Some(_))) {
                changes.wills.insert(Arc::clone(id), None);
            }
        });
    }

    /// A session is as this record says.
    pub(super) fn session(&self, scope: &Scope, client_id: &Arc<str>, record: MqttSession) -> Ticket {
        self.note_session(scope, client_id, |session| session.record = Some(record))
    }

    /// A session is over.
    pub(super) fn end(&self, scope: &Scope, client_id: &Arc<str>) -> Ticket {
        self.note_session(scope, client_id, |session| {
            *session = SessionChanges { is_over: true, ..SessionChanges::default() };
        })
    }

    /// A message waits in a session.
    pub(super) fn queued(&self, scope: &Scope, client_id: &Arc<str>, queued: &Queued) -> Option<Ticket> {
        let delivery = stored::delivery(client_id, queued, None)?;
        let message = Arc::clone(&queued.message);
        Some(self.note_session(scope, client_id, |session| {
            session.deliveries.insert(delivery.message, DeliveryChange::New(message, delivery));
        }))
    }

    /// It was sent and is not acknowledged.
    pub(super) fn sent(&self, scope: &Scope, client_id: &Arc<str>, queued: &Queued, id: PacketId) {
        let Some(delivery) = stored::delivery(client_id, queued, Some(id)) else { return };
        self.note_session(scope, client_id, |session| {
            let known = session.deliveries.remove(&delivery.message);
            let number = delivery.message;
            let change = match known {
                Some(DeliveryChange::New(message, _)) => DeliveryChange::New(message, delivery),
                _ => DeliveryChange::Sent(delivery),
            };
            session.deliveries.insert(number, change);
        });
    }

    /// A message does not wait in a session any more.
    pub(super) fn done(&self, scope: &Scope, client_id: &Arc<str>, queued: &Queued) {
        let Some(number) = queued.key else { return };
        self.note_session(scope, client_id, |session| {
            // What never was in the store needs not be taken out of it.
            if !matches!(session.deliveries.remove(&number), Some(DeliveryChange::New(..))) {
                session.deliveries.insert(number, DeliveryChange::Done);
            }
        });
    }

    /// Whether a change is on disk.
    pub(super) fn is_durable(&self, ticket: Ticket) -> bool {
        *self.durable.borrow() >= ticket
    }

    /// Wakes a connection when a change is on disk; false when it is already.
    pub(super) fn tell(&self, ticket: Ticket, wake: &Arc<Wake>) -> bool {
        let mut pending = self.pending();
        if self.is_durable(ticket) {
            return false;
        }
        pending.waiting.push((ticket, Arc::clone(wake)));
        true
    }

    /// Waits until a change is on disk.
    pub(super) async fn durable(&self, ticket: Ticket) {
        // The sender is `self`, so it is there.
        let _ = self.durable.subscribe().wait_for(|durable| *durable >= ticket).await;
    }

    /// Waits until all that was noted is on disk, for a while.
    pub(super) async fn flush(&self) {
        let noted = self.noted.load(Ordering::Acquire);
        if tokio::time::timeout(FLUSH_TIME_MAX, self.durable(noted)).await.is_err() {
            tracing::warn!("stopping before the last sessions and messages are in the store");
        }
    }

    /// Writes what is noted, for ever.
    pub(super) async fn write_all(self: Arc<Self>, store: Store, commits: Counter) {
        loop {
            self.work.notified().await;
            let (scopes, ticket) = self.take();
            let (parts, mut written) = (Arc::new(parts(scopes, PART_MAX)), 0);
            while written < parts.len() {
                match write(&store, &parts, written).await {
                    Ok(now_written) => {
                        written = now_written;
                        commits.inc();
                    }
                    Err(error) => {
                        tracing::error!(%error, "sessions and messages are not in the store; it is tried again");
                        tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
                    }
                }
            }
            let mut pending = self.pending();
            // Under the lock: whoever asks meanwhile finds it durable or is woken.
            self.durable.send_replace(ticket);
            let (told, waiting) =
                std::mem::take(&mut pending.waiting).into_iter().partition(|(asked, _)| *asked <= ticket);
            pending.waiting = waiting;
            drop(pending);
            let told: Vec<(Ticket, Arc<Wake>)> = told;
            told.iter().for_each(|(_, wake)| wake.wake());
        }
    }

    fn take(&self) -> (HashMap<Scope, Changes>, Ticket) {
        let mut pending = self.pending();
        (std::mem::take(&mut pending.scopes), self.noted.load(Ordering::Acquire))
    }
}

/// What is written together.
type Part = HashMap<Scope, Changes>;

/// Cuts what is to be written. What comes first of a session, and of a message in it, stays first.
fn parts(scopes: HashMap<Scope, Changes>, max: usize) -> Vec<Part> {
    let mut parts = Parts { done: vec![], last: Part::new(), room: max, max };
    for (scope, changes) in scopes {
        for (topic, kept) in changes.retained {
            parts.next(&scope).retained.insert(topic, kept);
        }
        for (id, will) in changes.wills {
            parts.next(&scope).wills.insert(id, will);
        }
        for (client_id, SessionChanges { is_over, record, deliveries }) in changes.sessions {
            if is_over || record.is_some() {
                let begun = SessionChanges { is_over, record, deliveries: BTreeMap::new() };
                parts.next(&scope).sessions.insert(Arc::clone(&client_id), begun);
            }
            for (number, change) in deliveries {
                let session = parts.next(&scope).sessions.entry(Arc::clone(&client_id)).or_default();
                session.deliveries.insert(number, change);
            }
        }
    }
    parts.done.extend(Some(parts.last).filter(|last| !last.is_empty()));
    parts.done
}

/// Parts under way.
struct Parts {
    done: Vec<Part>,
    last: Part,
    /// How many changes the last one still takes.
    room: usize,
    max: usize,
}

impl Parts {
    /// Where the next change goes.
    fn next(&mut self, scope: &Scope) -> &mut Changes {
        if self.room == 0 {
            self.done.push(std::mem::take(&mut self.last));
            self.room = self.max;
        }
        self.room -= 1;
        self.last.entry(scope.clone()).or_default()
    }
}

/// Writes some of the parts from a place on, at least one, in one transaction; says where it ended.
async fn write(store: &Store, parts: &Arc<Vec<Part>>, from: usize) -> Result<usize, StoreError> {
    let first = parts.get(from).and_then(|part| part.keys().next().cloned());
    let Some(first) = first else { return Ok(parts.len()) };
    let parts = Arc::clone(parts);
    let actor = Actor {
        principal: "thingwarden:broker".to_owned(),
        operation: "broker:RememberMessages".to_owned(),
        request_id: String::new(),
        source_ip: None,
        at_ms: super::Broker::now().millis(),
    };
    let work = move |writer: &Writer<'_>| {
        let begun = clock::stopwatch();
        let mut written = from;
        for part in parts.iter().skip(from) {
            for (scope, changes) in part {
                apply(&writer.write_in_scope(scope)?, changes)?;
            }
            written += 1;
            if begun.elapsed() >= TRANSACTION_TIME {
                break;
            }
        }
        Ok(written)
    };
    store.write_behind(&first, actor, work).await
}

fn apply(store: &Writer<'_>, changes: &Changes) -> Result<(), StoreError> {
    for (topic, kept) in &changes.retained {
        match kept {
            Some((message, modified_ms)) => store.put(&RetainedMessage {
                message: stored::message(message, clock::both()),
                modified_ms: *modified_ms,
            })?,
            None => drop(store.delete::<RetainedMessage>(topic)?),
        }
    }
    for (id, will) in &changes.wills {
        match will {
            Some(will) => store.put(will)?,
            None => drop(store.delete::<MqttWill>(id)?),
        }
    }
    let mut written = HashSet::new();
    let mut left = HashSet::new();
    for (client_id, session) in &changes.sessions {
        if session.is_over {
            store.delete::<MqttSession>(client_id)?;
            for delivery in store.all::<MqttDelivery>(&[Filter::eq("client", &**client_id)])? {
                store.delete::<MqttDelivery>(&MqttDelivery::id_of(client_id, delivery.message))?;
                left.insert(delivery.message);
            }
        }
        if let Some(record) = &session.record {
            store.put(record)?;
        }
        for (number, change) in &session.deliveries {
            match change {
                DeliveryChange::New(message, delivery) => {
                    if written.insert(*number) {
                        store.put(&QueuedMessage {
                            number: *number,
                            message: stored::message(message, clock::both()),
                        })?;
                    }
                    store.put(delivery)?;
                }
                DeliveryChange::Sent(delivery) => store.put(delivery)?,
                DeliveryChange::Done => {
                    store.delete::<MqttDelivery>(&MqttDelivery::id_of(client_id, *number))?;
                    left.insert(*number);
                }
            }
        }
    }
    for number in left {
        if store.count::<MqttDelivery>(&[Filter::eq("message", number)])? == 0 {
            store.delete::<QueuedMessage>(&QueuedMessage::id_of(number))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_gathered_is_cut_and_stays_in_order() {
        let record = |client: &str| MqttSession {
            client_id: client.to_owned(),
            expiry_seconds: 1,
            disconnected_ms: None,
            subscriptions: vec![],
        };
        let mut scopes: HashMap<Scope, Changes> = HashMap::new();
        for (account, clients) in [("1", ["a", "b"]), ("2", ["a", "c"])] {
            let changes = scopes.entry(Scope::new(account, "r")).or_default();
            changes.retained.insert("t".into(), None);
            changes.wills.insert("w".into(), None);
            for client in clients {
                let deliveries = (0..7).map(|number| (number, DeliveryChange::Done)).collect();
                let session =
                    SessionChanges { is_over: client == "a", record: Some(record(client)), deliveries };
                changes.sessions.insert(client.into(), session);
            }
        }
        let parts = parts(scopes, 5);
        let (mut sizes, mut came) = (vec![], HashMap::<(Scope, Arc<str>), Vec<i64>>::new());
        for part in &parts {
            let mut size = 0;
            for (scope, changes) in part {
                size += changes.retained.len() + changes.wills.len();
                for (client, session) in &changes.sessions {
                    let seen = came.entry((scope.clone(), Arc::clone(client))).or_default();
                    if session.record.is_some() {
                        assert!(seen.is_empty() && session.is_over == (&**client == "a"));
                        seen.push(-1);
                        size += 1;
                    }
                    seen.extend(session.deliveries.keys());
                    size += session.deliveries.len();
                }
            }
            sizes.push(size);
        }
        assert_eq!(sizes, [5, 5, 5, 5, 5, 5, 5, 1]);
        assert!(came.len() == 4 && came.values().all(|seen| seen.iter().copied().eq(-1..7)));
    }
}
