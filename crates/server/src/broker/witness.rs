//! Who sees what one connection does: its numbers, its log records, its denials. The packet path calls it and waits for
//! nothing.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use thingwarden_engine::time::Timestamp;
use thingwarden_mqtt::Message;

use super::Broker;
use super::admission::Proof;
use super::end::End;
use super::rights::{Action, CONNECT};
use super::session::Owner;
use crate::activity::{Counters, Denial, Part, Refusal, add};
use crate::api::App;
use crate::device_logs::{Entry, Level, Levels, Who};
use crate::shadows::{Shadow, Verb};

/// AWS's word for everything that policies do not allow.
const AUTHORIZATION_FAILURE: &str = "AUTHORIZATION_FAILURE";

/// Of one connection, or one request over HTTP.
#[derive(Debug)]
pub(super) struct Witness {
    app: Arc<App>,
    /// Without a client id.
    nameless: Arc<Who>,
    certificate_arn: Option<Arc<str>>,
    /// Once there is a client id.
    named: OnceLock<(Arc<Who>, Arc<Counters>)>,
    /// What it adds to the numbers of its account and region.
    part: Arc<Part>,
    is_connected: AtomicBool,
    levels: Mutex<Known>,
}

/// What is to be logged, and when that was read.
#[derive(Debug, Default)]
struct Known {
    levels: Levels,
    generation: Option<u64>,
}

/// What a call of the data plane, or the same by a message, is about.
#[derive(Clone, Debug, Default)]
pub(super) struct Called {
    pub(super) event: &'static str,
    pub(super) topic: Option<String>,
    pub(super) shadow: Option<String>,
    /// As in [`Entry`].
    pub(super) read: Option<(u8, Timestamp)>,
}

impl Called {
    pub(super) fn shadow(shadow: &Shadow, verb: Verb) -> Self {
        Self {
            event: match verb {
                Verb::Get => "GetThingShadow",
                Verb::Update => "UpdateThingShadow",
                Verb::Delete => "DeleteThingShadow",
            },
            topic: Some(shadow.topic(verb)),
            shadow: Some(shadow.name.as_deref().unwrap_or(&shadow.thing).to_owned()),
            read: None,
        }
    }
}

impl Witness {
    /// `protocol` is `MQTT` or `HTTP`.
    pub(super) fn new(app: &Arc<App>, owner: &Owner, protocol: &'static str) -> Self {
        let Owner { principal, peer } = owner;
        let who = Who {
            scope: principal.scope.clone(),
            protocol,
            client_id: Arc::default(),
            principal_id: Arc::clone(&principal.id),
            address: peer.address,
            port: peer.port,
        };
        let certificate_arn = match &principal.proof {
            Proof::Certificate { arn, .. } => Some(Arc::clone(arn)),
            Proof::AccessKey { .. } | Proof::Authorizer(_) | Proof::Token(_) => None,
        };
        Self {
            app: Arc::clone(app),
            nameless: Arc::new(who),
            certificate_arn,
            named: OnceLock::new(),
            part: app.activity.tally(&principal.scope).part(),
            is_connected: AtomicBool::new(false),
            levels: Mutex::default(),
        }
    }

    fn who(&self) -> &Arc<Who> {
        self.named.get().map_or(&self.nameless, |(who, _)| who)
    }

    fn counters(&self) -> Option<&Counters> {
        self.named.get().map(|(_, counters)| &**counters)
    }

    /// The client says who it is.
    pub(super) fn attempts(&self, client_id: &str) {
        let client_id: Arc<str> = client_id.into();
        let counters = self.app.activity.of(&self.nameless.scope, &client_id);
        counters.attempts(self.nameless.address, Broker::now());
        add(&self.part.connection_attempts, 1);
        let who = Arc::new(Who { client_id, ..(*self.nameless).clone() });
        // A connection has one CONNECT.
        let _ = self.named.set((who, counters));
    }

    /// It is let in.
    pub(super) fn connects(&self) {
        if let Some((who, counters)) = self.named.get() {
            counters.connects(&who.principal_id);
        }
        self.is_connected.store(true, Ordering::Relaxed);
        add(&self.part.connects, 1);
        self.log(Level::Info, "Connect", |_| {});
    }

    /// It publishes something that it may publish.
    pub(super) fn publishes(&self, message: &Message) {
        if let Some(counters) = self.counters() {
            counters.receives(message.payload.len());
        }
        add(&self.part.messages_in, 1);
        add(&self.part.bytes_in, message.payload.len());
        self.log(Level::Info, "Publish-In", |entry| {
            entry.topic = Some(message.topic.as_str().into());
            entry.is_retained = message.retain;
        });
    }

    /// A message is sent to it.
    pub(super) fn gets(&self, message: &Message) {
        if let Some(counters) = self.counters() {
            counters.gets(message.payload.len());
        }
        add(&self.part.messages_out, 1);
        add(&self.part.bytes_out, message.payload.len());
        self.log(Level::Info, "Publish-Out", |entry| entry.topic = Some(message.topic.as_str().into()));
    }

    pub(super) fn subscribes(&self, filter: &str) {
        self.log(Level::Info, "Subscribe", |entry| entry.topic = Some(filter.into()));
    }

    pub(super) fn unsubscribes(&self, filter: &str) {
        self.log(Level::Info, "Unsubscribe", |entry| entry.topic = Some(filter.into()));
    }

    /// An operation was called, or a message asked a shadow for something, and this became of it.
    pub(super) fn called(&self, called: Called, failure: Option<(&'static str, String)>) {
        let level = if failure.is_some() { Level::Error } else { Level::Info };
        self.log(level, called.event, |entry| {
            entry.topic = called.topic.map(Into::into);
            entry.shadow = called.shadow.map(Into::into);
            entry.read = called.read;
            entry.failure = failure;
        });
    }

    /// An operation may not be called.
    pub(super) fn may_not_call(&self, called: Called, action: &'static str, resource: &str, why: &str) {
        self.remember_denial(action, resource, why);
        self.called(called, Some(authorization_failure(why)));
    }

    /// It wants more than its rate, or that of its account and region, and gets less.
    pub(super) fn is_throttled(&self) {
        add(&self.part.throttled, 1);
    }

    /// It may not connect.
    pub(super) fn may_not_connect(&self, why: &str) {
        self.denied("Connect", CONNECT, &self.who().client_id, why);
    }

    /// It is not let in, for another reason than its policies.
    pub(super) fn is_refused(&self, why: String) {
        let Some((who, _)) = self.named.get() else { return };
        let refusal = Refusal::new(&who.scope, who.address, why, Broker::now());
        let (client_id, principal) = (Some(Arc::clone(&who.client_id)), Some(Arc::clone(&who.principal_id)));
        self.app.activity.refused(Refusal { client_id, principal, ..refusal });
    }

    /// It may not do something with a topic or a filter.
    pub(super) fn may_not(&self, action: Action, name: &str, why: &str) {
        let event = match action {
            Action::Publish | Action::RetainPublish => "Publish-In",
            Action::Receive => "Publish-Out",
            Action::Subscribe => "Subscribe",
        };
        self.denied(event, action.name(), name, why);
    }

    fn denied(&self, event: &'static str, action: &'static str, name: &str, why: &str) {
        self.remember_denial(action, name, why);
        self.log(Level::Error, event, |entry| {
            entry.topic = (action != CONNECT).then(|| name.into());
            entry.failure = Some(authorization_failure(why));
        });
    }

    fn remember_denial(&self, action: &'static str, name: &str, why: &str) {
        if let Some(counters) = self.counters() {
            counters.is_denied();
        }
        add(&self.part.authorization_failures, 1);
        let who = self.who();
        let denial = Denial {
            at: Broker::now(),
            client_id: Arc::clone(&who.client_id),
            principal: Arc::clone(&who.principal_id),
            address: who.address,
            action,
            name: name.to_owned(),
            why: why.to_owned(),
        };
        self.app.activity.denied(&who.scope, denial);
    }

    /// The connection has ended.
    pub(super) fn ends(&self, end: &End) {
        if !self.is_connected.swap(false, Ordering::Relaxed) {
            return;
        }
        if let Some(counters) = self.counters() {
            counters.disconnects(Broker::now());
        }
        add(&self.part.disconnects, 1);
        let failure = match end {
            End::Client { .. } => None,
            End::TakenOver => Some("DUPLICATE_CLIENT_ID"),
            End::Denied(_) => Some(AUTHORIZATION_FAILURE),
            other => Some(other.word()),
        };
        // What ends without a fault of anybody is no error.
        let is_error = !matches!(
            end,
            End::Client { .. } | End::Lost | End::Stopping | End::WebSocketAge | End::AuthorizerTime
        );
        let level = if is_error { Level::Error } else { Level::Info };
        self.log(level, "Disconnect", |entry| {
            entry.failure = failure.filter(|_| is_error).map(|reason| (reason, sentence(&end.to_string())));
            entry.disconnect_reason = Some(end.word());
        });
    }

    /// Whether anybody wants to know is looked up again when what is to be logged has changed.
    fn log(&self, level: Level, event: &'static str, fill: impl FnOnce(&mut Entry)) {
        let generation = self.app.device_logs.generation();
        let mut known = self.levels.lock().unwrap_or_else(PoisonError::into_inner);
        let who = self.who();
        if known.generation != Some(generation) {
            let certificate = self.certificate_arn.as_deref();
            let read = self.app.store.read(&who.scope, |store| Levels::read(store, who, certificate));
            known.levels = read.unwrap_or_else(|error| {
                tracing::error!(?error, "nothing is logged of a device: the store failed");
                Levels::default()
            });
            known.generation = Some(generation);
        }
        if !known.levels.want(level, event) {
            return;
        }
        drop(known);
        let mut entry = Entry {
            at: Broker::now(),
            level,
            who: Arc::clone(who),
            event,
            failure: None,
            topic: None,
            shadow: None,
            is_retained: false,
            read: None,
            disconnect_reason: None,
        };
        fill(&mut entry);
        self.app.device_logs.record(entry);
    }
}

fn authorization_failure(why: &str) -> (&'static str, String) {
    (AUTHORIZATION_FAILURE, format!("Authorization Failure: {why}"))
}

/// AWS's details begin with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
