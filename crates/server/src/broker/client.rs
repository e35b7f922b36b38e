//! What one client wants, decided and done. No bytes are moved here and nothing waits.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use thingwarden_engine::policy::Decision;
use thingwarden_mqtt::{
    Accepted, Connect, Connection, Filter, Intent, Message, PacketId, Qos, Queued, Reason, Sending,
    Subscribe, Unsubscribe, Version,
};
use thingwarden_store::records::ConnectionKind;
use tokio::time::Instant;

use super::admission::Proof;
use super::changes::{Hearing, Outdated, Registration, Wake};
use super::end::End;
use super::events::{About, Happened};
use super::journal::Ticket;
use super::pace::Pace;
use super::places::Place;
use super::rights::{Action, ConnectAttributes, Rights};
use super::session::{LastWill, Owner, Session, State, Subscribed};
use super::shadows::{Finished, InFlight};
use super::space::{Space, shares};
use super::witness::Witness;
use super::{Broker, NotRetained};
use crate::clock;
use crate::http::BoxFuture;
use crate::random;
use crate::throttle::Bucket;
use crate::{provisioning, shadows};

/// Bytes that wait to be sent to a client; beyond that, nothing more is read from it or taken from its queue.
const OUTPUT_BYTES_MAX: usize = 64 << 10;

/// A client, from its first byte to its last.
#[derive(Debug)]
pub(super) struct Client {
    broker: Arc<Broker>,
    owner: Owner,
    connection: Connection,
    /// What was heard before it was known who it is.
    introduction: Option<Box<Connect>>,
    wake: Arc<Wake>,
    open: Option<Open>,
    age_max: Duration,
    began: Instant,
    witness: Arc<Witness>,
    allowance: Bucket,
    /// Answers that wait for the disk, in the order of what they answer.
    answers: VecDeque<(Until, Answer)>,
    /// The ticket that it is woken for.
    woken_for: Ticket,
    shadow_requests: InFlight,
    /// Of changes that it has not done everything for. Those that end it stay until it is gone.
    hearings: Vec<Hearing>,
}

/// When something is said.
#[derive(Debug)]
enum Until {
    Now,
    /// A change is on disk.
    Durable(Ticket),
    /// A request to a shadow, or for provisioning, is done. It wakes the connection.
    Done(Arc<Finished>),
}

/// What is said then.
#[derive(Debug)]
enum Answer {
    Published(PacketId, Reason),
    Subscribed(PacketId, Vec<Reason>),
}

/// What a client has that was let in.
#[derive(Debug)]
struct Open {
    space: Arc<Space>,
    session: Arc<Session>,
    attributes: ConnectAttributes,
    rights: Rights,
    registration: Arc<Registration>,
    /// Of this connection, in life-cycle events.
    identifier: String,
    version: u64,
    _place: Place,
}

impl Client {
    pub(super) fn new(broker: Arc<Broker>, owner: Owner) -> Self {
        let connection = Connection::new(Arc::clone(&broker.limits));
        let witness = Arc::new(Witness::new(&broker.app, &owner, "MQTT"));
        Self {
            witness,
            allowance: Bucket::default(),
            broker,
            owner,
            connection,
            introduction: None,
            wake: Arc::default(),
            open: None,
            age_max: Duration::MAX,
            began: Instant::now(),
            answers: VecDeque::new(),
            woken_for: 0,
            shadow_requests: InFlight::default(),
            hearings: vec![],
        }
    }

    /// A client whose CONNECT has come already.
    pub(super) fn introduced(
        broker: Arc<Broker>,
        owner: Owner,
        connection: Connection,
        connect: Connect,
    ) -> Self {
        let mut client = Self::new(broker, owner);
        (client.connection, client.introduction) = (connection, Some(Box::new(connect)));
        client.wake.wake();
        client
    }

    pub(super) fn over_websocket(mut self) -> Self {
        self.age_max = self.broker.websocket_age_max;
        self
    }

    /// Keeps the word of its authorizer new, as long as it is polled; none when nobody vouches for it.
    pub(super) fn renewal(&self) -> Option<BoxFuture<'static, ()>> {
        let Proof::Authorizer(vouched) = &self.owner.principal.proof else { return None };
        let scope = self.owner.principal.scope.clone();
        Some(Box::pin(Arc::clone(&self.broker).renew(scope, Arc::clone(vouched), self.wake())))
    }

    /// How fast its bytes may come, or go.
    pub(super) fn pace(&self) -> Pace {
        self.broker.rates.pace()
    }

    /// Where the client's bytes go.
    pub(super) fn input(&mut self) -> &mut BytesMut {
        self.connection.input()
    }

    /// What is to be sent to it.
    pub(super) fn output(&mut self) -> &mut BytesMut {
        self.connection.output()
    }

    pub(super) fn wake(&self) -> Arc<Wake> {
        Arc::clone(&self.wake)
    }

    /// Whether it was let in.
    pub(super) fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// How long it may be silent.
    pub(super) fn silence_max(&self) -> Duration {
        self.connection.silence_max()
    }

    /// How long it may stay at most from now on, as far as the clocks say now, and why not longer.
    pub(super) fn time_left(&self) -> (Duration, fn() -> End) {
        let age_left = self.age_max.saturating_sub(self.began.elapsed());
        let age = (age_left, (|| End::WebSocketAge) as fn() -> End);
        let Some(left) = self.owner.principal.time_left(clock::both()) else { return age };
        let over: fn() -> End = match self.owner.principal.proof {
            Proof::Authorizer(_) | Proof::Token(_) => || End::AuthorizerTime,
            _ => || End::Credentials,
        };
        if left < age_left { (left, over) } else { age }
    }

    /// Does what the client wants as far as its bytes have come, and sends what waits for it.
    ///
    /// # Errors
    /// Why the connection ends.
    pub(super) fn proceed(&mut self) -> Result<(), End> {
        if let Some(connect) = self.introduction.take().map(|connect| *connect) {
            self.connect(connect)?;
        }
        self.answer_what_is_durable()?;
        while self.connection.output().len() < OUTPUT_BYTES_MAX && !self.is_busy() {
            let Some(intent) = self.connection.next(clock::steady().millis())? else { break };
            self.handle(intent)?;
        }
        self.flush()
    }

    /// Whether as many of its messages wait for the disk as may: then nothing more is read from it.
    pub(super) fn is_busy(&self) -> bool {
        self.answers.len() >= self.broker.limits.receive_max.into()
    }

    /// Whether answers wait for the disk.
    #[cfg(test)]
    pub(super) fn is_waiting(&self) -> bool {
        !self.answers.is_empty()
    }

    /// Answers when it is time, and after all answers before.
    fn answer(&mut self, answer: Answer, until: Until) -> Result<(), End> {
        self.answers.push_back((until, answer));
        self.answer_what_is_durable()
    }

    fn answer_what_is_durable(&mut self) -> Result<(), End> {
        let journal = &self.broker.journal;
        while let Some((until, answer)) = self.answers.pop_front() {
            let is_time = match &until {
                Until::Now => true,
                Until::Done(finished) => finished.is_so(),
                Until::Durable(ticket) if journal.is_durable(*ticket) => true,
                // Whoever is woken for an earlier one looks again.
                Until::Durable(_) if !journal.is_durable(self.woken_for) => false,
                Until::Durable(ticket) => {
                    self.woken_for = *ticket;
                    !journal.tell(*ticket, &self.wake)
                }
            };
            if !is_time {
                self.answers.push_front((until, answer));
                return Ok(());
            }
            match answer {
                Answer::Published(id, reason) => self.connection.published(id, reason)?,
                Answer::Subscribed(id, reasons) => self.connection.subscribed(id, &reasons)?,
            }
        }
        Ok(())
    }

    fn handle(&mut self, intent: Intent) -> Result<(), End> {
        match intent {
            Intent::Connect(connect) => self.connect(*connect),
            Intent::Publish(message, id) => self.publish(message, id),
            Intent::Subscribe(subscribe) => self.subscribe(subscribe),
            Intent::Unsubscribe(unsubscribe) => self.unsubscribe(&unsubscribe),
            Intent::Acknowledge(id) => {
                let (open, _) = self.open()?;
                let mut state = open.session.state();
                if let Some(queued) = state.outbox.acknowledge(id) {
                    open.done(&queued);
                }
                Ok(())
            }
            Intent::Disconnect { with_will, session_expiry_seconds } => {
                if let (Some(seconds), Some(open)) = (session_expiry_seconds, &self.open) {
                    let mut state = open.session.state();
                    if state.is_of(&self.wake) {
                        state.expiry_seconds = seconds;
                    }
                }
                Err(End::Client { with_will })
            }
        }
    }

    fn connect(&mut self, mut connect: Connect) -> Result<(), End> {
        let assigned = if connect.client_id.is_empty() {
            Some(random::uuid().ok_or_else(|| End::Failed("no random numbers".to_owned()))?)
        } else {
            None
        };
        let client_id = assigned.as_deref().unwrap_or(&connect.client_id).to_owned();
        let identifier = random::uuid().ok_or_else(|| End::Failed("no random numbers".to_owned()))?;
        let attributes = ConnectAttributes {
            is_persistent: !connect.clean_start || connect.session_expiry_seconds > 0,
            has_will: connect.will.is_some(),
        };
        self.witness.attempts(&client_id);
        let space = self.broker.space(&self.owner.principal.scope);
        let admitted = self.broker.rates.admits_connect(&space, &client_id, clock::steady());
        admitted.map_err(|setting| {
            self.witness.is_throttled();
            End::ConnectsTooOften(setting)
        })?;
        self.broker.changes.catch_up()?;
        let (rights, registration) = self.read_rights(&client_id)?;
        if rights.decide_connect(&client_id, attributes) != Decision::Allowed {
            self.tell_refused(&client_id, &identifier);
            return Err(self.may_not_connect(&rights, &client_id, attributes));
        }
        if let Some(will) = &connect.will
            && let Err(why) = self.may_publish(&rights, &will.message)
        {
            self.tell_refused(&client_id, &identifier);
            return Err(End::Denied(why));
        }
        let place = self.broker.places.enter(&space.places).map_err(End::PlacesFull)?;
        let (session, session_present) = self.take_session(&space, &client_id, &mut connect, &identifier)?;
        let version = space.next_version(&session, Instant::now());
        let open =
            Open { space, session, attributes, rights, registration, identifier, version, _place: place };
        open.forget_what_may_not_be();
        self.connection.accept(Accepted { session_present, assigned_client_id: assigned.as_deref() })?;
        self.broker.announce(&open.space, open.about(&self.owner), Happened::Connected { version });
        self.open = Some(open);
        self.witness.connects();
        let principal = &self.owner.principal;
        tracing::info!(
            event = "Connect", client_id, principal = %principal.id, account = %principal.scope.account,
            source_ip = %self.owner.peer.address, "a device has connected"
        );
        Ok(())
    }

    /// The session of the client id, taken away from whoever has it.
    fn take_session(
        &self,
        space: &Arc<Space>,
        client_id: &str,
        connect: &mut Connect,
        identifier: &str,
    ) -> Result<(Arc<Session>, bool), End> {
        let now = Broker::now();
        let history = &self.broker.history;
        let displace = |state: &mut State| {
            if let Some(connection) = state.connection.replace(Arc::clone(&self.wake)) {
                connection.wake();
                if let Some(owner) = &state.owner {
                    history.record(owner, client_id, ConnectionKind::Displaced, now);
                }
            } else {
                space.places.comes_back(state.subscriptions.len());
            }
            (state.expires_at, state.will_at, state.disconnected_ms) = (None, None, None);
            state.is_evicted = false;
            // A session that was to end with its connection has ended now (MQTT-3.1.2-6).
            let stays = state.expiry_seconds > 0 && !connect.clean_start;
            let last = state.will.take();
            // Who comes back to its session in time leaves no will that was to wait.
            let is_left = |last: &LastWill| !stays || last.will.delay_seconds == 0;
            (stays, space.left(last, is_left), state.owner.replace(self.owner.clone()))
        };
        let (session, session_present, left) = space.with_sessions(|sessions| {
            let old = sessions.get(client_id).cloned();
            let left = old.as_ref().map(|session| displace(&mut session.state()));
            if let (Some(session), Some((true, ..))) = (old, &left) {
                return Ok((session, true, left));
            }
            if let Some(old) = sessions.remove(client_id) {
                space.end(&old);
            } else if sessions.len() >= self.broker.room.sessions {
                return Err(End::SessionsFull);
            }
            let session = Arc::new(Session::new(client_id, self.owner.clone()));
            session.state().connection = Some(Arc::clone(&self.wake));
            sessions.insert(Arc::clone(&session.client_id), Arc::clone(&session));
            Ok((session, false, left))
        })?;
        history.record(&self.owner, client_id, ConnectionKind::Connected, now);
        let mut state = session.state();
        state.expiry_seconds = connect.session_expiry_seconds;
        let will = connect.will.take();
        state.will = will.map(|will| space.keep_will(&self.owner, client_id, identifier, will));
        state.outbox.reconnect();
        space.note(&session, &mut state);
        drop(state);
        if let Some((_, Some(last), Some(owner))) = left {
            self.broker.publish_will(space, &owner, client_id, last);
        }
        Ok((session, session_present))
    }

    fn read_rights(&self, client_id: &str) -> Result<(Rights, Arc<Registration>), End> {
        let place = self.broker.changes.place();
        let rights = self.broker.rights(&self.owner, Some(client_id))?.ok_or_else(|| self.lost_rights())?;
        let registration = self.broker.changes.subscribe(&rights.made_of, &self.wake, place);
        Ok((rights, registration))
    }

    /// Why it has no rights any more: its time is over, or somebody took them.
    fn lost_rights(&self) -> End {
        match self.time_left() {
            (Duration::ZERO, over) => over(),
            _ => End::Credentials,
        }
    }

    fn may_not_connect(&self, rights: &Rights, client_id: &str, attributes: ConnectAttributes) -> End {
        let why = rights.why_not_connect(client_id, attributes);
        self.broker.metrics.denied("iot:Connect");
        self.witness.may_not_connect(&why);
        End::Denied(why)
    }

    /// What the client has, with rights that are as new as the last commit.
    fn open(&mut self) -> Result<(&Open, &mut Connection), End> {
        self.broker.changes.catch_up()?;
        let is_iam_newer =
            self.open.as_ref().is_some_and(|open| open.rights.is_older_than(&self.broker.credentials));
        let outdated = self.wake.take_outdated(&mut self.hearings);
        if outdated != Outdated::Nothing || is_iam_newer {
            self.renew_rights(if is_iam_newer { Outdated::Everything } else { outdated })?;
            self.hearings.clear();
        }
        match &self.open {
            Some(open) => Ok((open, &mut self.connection)),
            None => Err(End::Lost),
        }
    }

    fn renew_rights(&mut self, outdated: Outdated) -> Result<(), End> {
        let place = self.broker.changes.place();
        let Some(open) = &mut self.open else { return Err(End::Lost) };
        if self.broker.renew_policies(&self.owner, &mut open.rights, outdated)? {
            self.broker.changes.renew(&open.registration, open.rights.keys_of(outdated), place);
        } else {
            let client_id = Arc::clone(&open.session.client_id);
            let (rights, registration) = self.read_rights(&client_id)?;
            let Some(open) = &mut self.open else { return Err(End::Lost) };
            (open.rights, open.registration) = (rights, registration);
        }
        let Some(open) = &self.open else { return Err(End::Lost) };
        // Who may not connect any more may not stay.
        let client_id = &open.session.client_id;
        if open.rights.decide_connect(client_id, open.attributes) != Decision::Allowed {
            return Err(self.may_not_connect(&open.rights, client_id, open.attributes));
        }
        open.forget_what_may_not_be();
        Ok(())
    }

    fn publish(&mut self, message: Message, id: Option<PacketId>) -> Result<(), End> {
        self.open()?;
        let Some(open) = &self.open else { return Err(End::Lost) };
        self.broker.metrics.messages_in.inc();
        if let Err(why) = self.may_publish(&open.rights, &message) {
            return self.refuse_publish(why, id);
        }
        let of_account = &open.space.allowances;
        if !self.broker.rates.admits_publish(&mut self.allowance, of_account, clock::steady()) {
            return self.discard(id);
        }
        self.witness.publishes(&message);
        if let Some(asked) = provisioning::request(message.topic.as_str()) {
            let who = (&open.session, &self.owner);
            let finished = self.broker.ask_provisioning(who, asked, message.payload, &self.wake);
            let until = Until::Done(finished);
            return id.map_or(Ok(()), |id| self.answer(Answer::Published(id, Reason::Success), until));
        }
        let asked = shadows::request(message.topic.as_str());
        let asked = asked.map(|(shadow, verb)| (shadow, verb, message.payload.clone()));
        let published = self.broker.publish(&open.space, message, Some(&open.session));
        if let Some(asked) = asked {
            let scope = &self.owner.principal.scope;
            let who = (&self.wake, &self.witness);
            let finished = self.broker.ask_shadow(scope, asked, who, &mut self.shadow_requests);
            let until = Until::Done(finished);
            return id.map_or(Ok(()), |id| self.answer(Answer::Published(id, Reason::Success), until));
        }
        match (published, id) {
            (Ok(routed), Some(id)) => {
                let reason =
                    if routed.reached == 0 { Reason::NoMatchingSubscribers } else { Reason::Success };
                let until = routed.ticket.map_or(Until::Now, Until::Durable);
                self.answer(Answer::Published(id, reason), until)
            }
            (Ok(_), None) => Ok(()),
            (Err(NotRetained::TooOften(_)), id) => self.discard(id),
            (Err(NotRetained::Full), Some(id)) if self.connection.version() == Version::V5 => {
                self.answer(Answer::Published(id, Reason::QuotaExceeded), Until::Now)
            }
            (Err(NotRetained::Full), _) => Err(End::RetainedFull),
        }
    }

    /// As AWS does: what is beyond a rate is discarded. MQTT 5 has an answer for it.
    fn discard(&mut self, id: Option<PacketId>) -> Result<(), End> {
        self.broker.metrics.messages_throttled.inc();
        self.witness.is_throttled();
        let told = id.filter(|_| self.connection.version() == Version::V5);
        let answer = told.map(|id| Answer::Published(id, Reason::QuotaExceeded));
        answer.map_or(Ok(()), |answer| self.answer(answer, Until::Now))
    }

    /// MQTT 5 has an answer for messages of QoS 1; for all others, the connection ends.
    fn refuse_publish(&mut self, why: String, id: Option<PacketId>) -> Result<(), End> {
        match id.filter(|_| self.connection.version() == Version::V5) {
            Some(id) => {
                self.log_denial("Publish-In", &why);
                self.answer(Answer::Published(id, Reason::NotAuthorized), Until::Now)
            }
            None => Err(End::Denied(why)),
        }
    }

    /// Whether a message may be published, or why not.
    fn may_publish(&self, rights: &Rights, message: &Message) -> Result<(), String> {
        rights.may_publish(message).map_err(|(action, why)| {
            self.broker.metrics.denied(action.name());
            self.witness.may_not(action, message.topic.as_str(), &why);
            why
        })
    }

    fn subscribe(&mut self, subscribe: Subscribe) -> Result<(), End> {
        self.open()?;
        let Some(open) = &self.open else { return Err(End::Lost) };
        let limits = Arc::clone(&self.broker.limits);
        let (mut reasons, mut granted, now) = (vec![], vec![], clock::steady());
        for (filter, options) in subscribe.filters {
            let subscribed = Subscribed { options, id: subscribe.subscription_id };
            let reason = match filter {
                Err(_) => Reason::TopicFilterInvalid,
                Ok(_) if !open.space.allowances.subscriptions.admits(now) => {
                    self.witness.is_throttled();
                    Reason::QuotaExceeded
                }
                Ok(filter) if open.rights.decide(Action::Subscribe, filter.as_str()) != Decision::Allowed => {
                    self.broker.metrics.denied(Action::Subscribe.name());
                    let why = open.rights.why(Action::Subscribe, filter.as_str());
                    self.log_denial("Subscribe", &why);
                    self.witness.may_not(Action::Subscribe, filter.as_str(), &why);
                    Reason::NotAuthorized
                }
                Ok(filter) => match open.space.subscribe(&open.session, &filter, subscribed, &limits) {
                    None => Reason::QuotaExceeded,
                    Some(is_new) => {
                        granted.push((filter, subscribed, is_new));
                        if subscribed.qos() == Qos::AtLeastOnce {
                            Reason::GrantedQos1
                        } else {
                            Reason::Success
                        }
                    }
                },
            };
            reasons.push(reason);
        }
        let ticket = open.space.note(&open.session, &mut open.session.state());
        let until = ticket.map_or(Until::Now, Until::Durable);
        self.answer(Answer::Subscribed(subscribe.packet_id, reasons), until)?;
        let Some(open) = &self.open else { return Err(End::Lost) };
        let topics: Vec<String> = granted.iter().map(|(filter, ..)| filter.as_str().to_owned()).collect();
        topics.iter().for_each(|filter| self.witness.subscribes(filter));
        if !topics.is_empty() {
            self.broker.announce(&open.space, open.about(&self.owner), Happened::Subscribed(&topics));
        }
        for (filter, subscribed, is_new) in granted {
            open.space.give_retained(&open.session, &filter, subscribed, is_new, &limits);
        }
        Ok(())
    }

    fn unsubscribe(&mut self, unsubscribe: &Unsubscribe) -> Result<(), End> {
        self.open()?;
        let Some(open) = &self.open else { return Err(End::Lost) };
        let (mut reasons, mut topics) = (vec![], vec![]);
        for filter in &unsubscribe.filters {
            reasons.push(match filter {
                Err(_) => Reason::TopicFilterInvalid,
                Ok(filter) if open.space.unsubscribe(&open.session, filter) => {
                    topics.push(filter.as_str().to_owned());
                    Reason::Success
                }
                Ok(_) => Reason::NoSubscriptionExisted,
            });
        }
        self.connection.unsubscribed(unsubscribe.packet_id, &reasons)?;
        topics.iter().for_each(|filter| self.witness.unsubscribes(filter));
        if !topics.is_empty() {
            self.broker.announce(&open.space, open.about(&self.owner), Happened::Unsubscribed(&topics));
        }
        Ok(())
    }

    /// Sends what waits for the client, each message decided when it is sent.
    fn flush(&mut self) -> Result<(), End> {
        if self.open.is_none() {
            return Ok(());
        }
        // Also when nothing is sent: who may not stay ends now.
        self.open()?;
        // Nothing is sent before it is said that it was subscribed to.
        let is_subscribing = self.answers.iter().any(|(_, answer)| matches!(answer, Answer::Subscribed(..)));
        if is_subscribing {
            return Ok(());
        }
        let wake = Arc::clone(&self.wake);
        let broker = Arc::clone(&self.broker);
        let witness = Arc::clone(&self.witness);
        let (open, connection) = self.open()?;
        let now_ms = clock::steady().millis();
        while connection.output().len() < OUTPUT_BYTES_MAX {
            let mut state = open.session.state();
            if !state.is_of(&wake) || state.is_over {
                return Err(End::TakenOver);
            }
            if state.is_evicted {
                return Err(End::Evicted);
            }
            while let Some(expired) = state.outbox.take_expired(now_ms) {
                open.done(&expired);
            }
            let Some(queued) = state.outbox.peek(connection.window()) else { break };
            let topic = queued.message.topic.as_str();
            if open.rights.decide(Action::Receive, topic) != Decision::Allowed {
                broker.metrics.denied(Action::Receive.name());
                witness.may_not(Action::Receive, topic, &open.rights.why(Action::Receive, topic));
                if let Some(skipped) = state.outbox.skip() {
                    let shares = shares(state.subscriptions.keys(), &skipped);
                    drop(state);
                    open.space.give_up(&open.session, &[(skipped, shares)]);
                }
                continue;
            }
            let Some(sending) = state.outbox.send() else { break };
            if connection.deliver(&sending, now_ms)? {
                broker.metrics.messages_out.inc();
                witness.gets(&sending.queued.message);
                open.sent(&sending);
            } else if let Some(queued) = sending.packet_id.and_then(|id| state.outbox.acknowledge(id)) {
                open.done(&queued);
            }
        }
        Ok(())
    }

    /// Ends the connection: what is left to be said is in the output, and the session stays or goes.
    pub(super) fn leave(&mut self, end: &End) {
        self.broker.metrics.ended(end.word());
        self.witness.ends(end);
        // Denials are remembered where they are decided.
        if self.open.is_none()
            && !matches!(end, End::Client { .. } | End::Lost | End::Stopping | End::Denied(_))
        {
            self.witness.is_refused(end.to_string());
        }
        let why = match end {
            End::Denied(why) if self.broker.explain_denials => Some(why.as_str()),
            _ => None,
        };
        if !matches!(end, End::Client { .. } | End::Lost)
            && let Err(misuse) = self.connection.end(end.reason(), why)
        {
            tracing::error!(%misuse, "a farewell cannot be said");
        }
        let principal = &self.owner.principal;
        let client_id = self.open.as_ref().map_or("", |open| &open.session.client_id);
        let failed = matches!(end, End::Failed(_));
        tracing::info!(
            event = if self.open.is_some() { "Disconnect" } else { "Connect" },
            status = if matches!(end, End::Client { .. }) { "Success" } else { "Failure" },
            reason = end.word(), details = %end, client_id, principal = %principal.id,
            account = %principal.scope.account, source_ip = %self.owner.peer.address, "a connection has ended"
        );
        if failed {
            tracing::error!(%end, client_id, "a connection ends because the server failed");
        }
        if let Some(open) = self.open.take() {
            self.leave_session(&open, end);
            let (reason, by_client) = (end.word(), matches!(end, End::Client { .. }));
            let gone = Happened::Disconnected { version: open.version, reason, by_client };
            self.broker.announce(&open.space, open.about(&self.owner), gone);
        }
    }

    fn tell_refused(&self, client_id: &str, session_identifier: &str) {
        let space = self.broker.space(&self.owner.principal.scope);
        let about = About { owner: &self.owner, client_id, session_identifier, thing: None };
        self.broker.announce(&space, about, Happened::ConnectFailed);
    }

    fn leave_session(&self, open: &Open, end: &End) {
        let Open { space, session, .. } = open;
        let mut given_up = vec![];
        let will = space.with_sessions(|sessions| {
            let mut state = session.state();
            if !state.is_of(&self.wake) {
                return None;
            }
            state.connection = None;
            space.places.gives_up(state.subscriptions.len());
            // Who was displaced is in the history already, at the moment in which it happened.
            let kind = ConnectionKind::Disconnected;
            self.broker.history.record(&self.owner, &session.client_id, kind, Broker::now());
            state.outbox.reconnect();
            if end.is_loss_of_rights() {
                let State { outbox, subscriptions, .. } = &mut *state;
                let is_shared = |queued: &Queued| !shares(subscriptions.keys(), queued).is_empty();
                let withdrawn = outbox.withdraw(is_shared).into_iter();
                let with_shares = |queued| {
                    let shares = shares(subscriptions.keys(), &queued);
                    (queued, shares)
                };
                given_up = withdrawn.map(with_shares).collect();
            }
            let will = space.left(state.will.take(), |_| end.leaves_will());
            let stays = Duration::from_secs(state.expiry_seconds.into());
            if stays.is_zero() {
                drop(state);
                sessions.remove(&session.client_id);
                space.end(session);
                return will;
            }
            let now = Instant::now();
            state.expires_at = now.checked_add(stays);
            state.disconnected_ms = Some(Broker::now().millis());
            space.note(session, &mut state);
            match will {
                Some(last) if last.will.delay_seconds > 0 => {
                    let delay = Duration::from_secs(last.will.delay_seconds.into()).min(stays);
                    state.will_at = now.checked_add(delay);
                    state.will = Some(last);
                    None
                }
                last => last,
            }
        });
        space.give_up(session, &given_up);
        if let Some(will) = will {
            self.broker.publish_will(space, &self.owner, &session.client_id, will);
        }
    }

    fn log_denial(&self, event: &'static str, why: &str) {
        let client_id = self.open.as_ref().map_or("", |open| &open.session.client_id);
        tracing::info!(
            event, status = "Failure", reason = "AUTHORIZATION_FAILURE", details = why, client_id,
            principal = %self.owner.principal.id, "not allowed"
        );
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.wake.give_up();
    }
}

impl Open {
    fn about<'a>(&'a self, owner: &'a Owner) -> About<'a> {
        About {
            owner,
            client_id: &self.session.client_id,
            session_identifier: &self.identifier,
            thing: self.rights.exclusive_thing.as_deref(),
        }
    }

    /// A message does not wait any more. Called while the session's state is held.
    fn done(&self, queued: &Queued) {
        let (journal, scope) = self.space.journal();
        journal.done(scope, &self.session.client_id, queued);
    }

    /// A message is on its way. Called while the session's state is held.
    fn sent(&self, sending: &Sending) {
        let (journal, scope) = self.space.journal();
        if let Some(id) = sending.packet_id.filter(|_| !sending.dup) {
            journal.sent(scope, &self.session.client_id, &sending.queued, id);
        }
    }

    /// Ends subscriptions that the client may not have any more.
    fn forget_what_may_not_be(&self) {
        let may_not =
            |filter: &&Filter| self.rights.decide(Action::Subscribe, filter.as_str()) != Decision::Allowed;
        let lost: Vec<Filter> = self.session.state().subscriptions.keys().filter(may_not).cloned().collect();
        if !lost.is_empty() {
            self.space.withdraw(&self.session, &lost);
        }
    }
}
