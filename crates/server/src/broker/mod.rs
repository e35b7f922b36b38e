//! The MQTT broker: devices connect with their certificates, and every packet is decided by their policies.
//!
//! `listener.rs` takes connections, `tls.rs` shakes hands, `websocket.rs` makes a stream of what came over HTTP, from
//! `device_http.rs` with a certificate or from `gateway.rs` with a signature; `admission.rs` says whose a certificate is, `revocation.rs` whether its issuer has taken it back, `protocols.rs` how clients of a domain come; `client.rs` does what
//! one client wants, `connection.rs` moves its bytes. A `space.rs` is the topics of one account and region with their
//! sessions; `rights.rs` decides, `changes.rs` says when rights have to be read again, `renewal.rs` reads them, `wills.rs` when time is over.
//!
//! Who shows neither is a visitor: `doorstep.rs` and `visitor_http.rs` hear what it says, and `vouched.rs` whether a custom
//! authorizer vouches for it. So is everybody whom `plain.rs` takes in, without TLS, on this machine.
//!
//! `http_publish.rs` takes single messages over HTTP; `witness.rs` counts and logs what a connection does, `runtime_metrics.rs` logs
//! what all do; `places.rs` and `rates.rs` say how many, and how often; `excess.rs` tells what is beyond that.
//!
//! Invariants: nobody gets in whose certificate is not registered, ACTIVE and valid now, or for whom no ACTIVE authorizer
//! vouches; nothing is published, subscribed or
//! delivered but by [`rights::Rights`], which are as new as the last committed change; what a client can take of the server
//! is bounded; a failure of the store is a no.

mod admission;
mod changes;
mod client;
mod connection;
pub(crate) mod data_plane;
mod device_http;
mod doorstep;
mod end;
mod events;
mod excess;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
pub(crate) mod gateway;
mod history;
mod http_publish;
mod journal;
mod just_in_time;
mod listener;
mod metrics;
mod pace;
mod places;
mod plain;
mod policy_cache;
mod protocols;
mod provisioning;
mod rates;
mod renewal;
mod revocation;
mod rights;
mod runtime_metrics;
mod session;
mod shadows;
mod space;
mod stored;
#[cfg(test)]
mod tests;
mod tls;
mod topics;
mod visitor_http;
mod vouched;
mod websocket;
mod wills;
mod witness;

pub(crate) use listener::Listeners;
pub(crate) use rights::{Judged, judge};
pub(crate) use tls::DeviceTls;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use prometheus_client::registry::Registry;
use thingwarden_engine::time::Timestamp;
use thingwarden_mqtt::{Limits, Message};
use thingwarden_store::{Scope, StoreError};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::{Instant, timeout};

use self::changes::Changes;
use self::history::History;
use self::journal::Journal;
use self::metrics::Metrics;
use self::places::Places;
use self::policy_cache::PolicyCache;
use self::rates::Rates;
use self::revocation::RevocationLists;
use self::session::Session;
use self::space::{RetainedFull, Room, Routed, Space};
use self::stored::Restored;
use crate::activity::add;
use crate::api::App;
use crate::clock;
use crate::config::Settings;
use crate::http::Stop;
use crate::iam::Credentials;

/// The topics of all accounts and regions.
type Spaces = HashMap<Scope, Arc<Space>>;

/// Why a message with RETAIN is not published.
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum NotRetained {
    #[error("no more messages may be retained")]
    Full,
    /// With the setting that says so.
    #[error("more messages in a second would be retained than may be (`{0}`)")]
    TooOften(&'static str),
}

/// How long a call of the API waits for the connections that it concerns: ten thousand are done in a second of two processors.
const SETTLING_TIME_MAX: Duration = Duration::from_secs(2);

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Broker {
    app: Arc<App>,
    credentials: Arc<Credentials>,
    limits: Arc<Limits>,
    room: Room,
    /// How long a connection over WebSocket lasts.
    websocket_age_max: Duration,
    explain_denials: bool,
    spaces: RwLock<Spaces>,
    changes: Changes,
    /// Where clients without certificate are at home, unless their domain says otherwise.
    home: Scope,
    /// Whether any authorizer is ACTIVE, and how often authorizers had changed when that was read.
    has_authorizers: Mutex<Option<(u64, bool)>>,
    policies: PolicyCache,
    metrics: Metrics,
    history: History,
    places: Places,
    rates: Rates,
    revocation_lists: RevocationLists,
    /// For a handshake, and then for CONNECT.
    patience: Duration,
    stop: Stop,
    journal: Arc<Journal>,
    shadows: mpsc::Sender<shadows::Request>,
    /// Requests of one connection to the shadows of one thing.
    shadows_in_flight: usize,
    /// Places for devices that provision themselves.
    provisioning: Arc<Semaphore>,
    /// How often its numbers are logged.
    runtime_metrics_every: Option<Duration>,
}

impl Broker {
    /// Call it in a runtime.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn new(
        app: Arc<App>,
        credentials: Arc<Credentials>,
        settings: &Settings,
        registry: &mut Registry,
        stop: Stop,
    ) -> anyhow::Result<Arc<Self>> {
        let changes = Changes::new(app.store.clone())?;
        let metrics = Metrics::new(registry);
        let (history, entries) = History::new(metrics.history_lost.clone());
        history::close_open(&app.store, Self::now())?;
        tokio::spawn(history::write_all(Arc::clone(&app), entries));
        let limits = Arc::new(limits(settings));
        let rates = Rates::new(&settings.limits, &metrics);
        let (spaces, journal) = restore(&app, &limits, &rates)?;
        tokio::spawn(Arc::clone(&journal).write_all(app.store.clone(), metrics.commits.clone()));
        let (shadows, requests) = mpsc::channel(shadows::WAITING_MAX);
        let broker = Arc::new(Self {
            app,
            credentials,
            limits,
            room: Room {
                retained_messages: settings.limits.mqtt_retained_messages,
                retained_bytes: settings.limits.mqtt_retained_bytes,
                sessions: settings.limits.mqtt_sessions,
            },
            websocket_age_max: Duration::from_secs(settings.limits.mqtt_websocket_seconds),
            explain_denials: settings.mqtt.explain_denials,
            spaces: RwLock::new(spaces),
            changes,
            home: Scope::new(settings.server.account_id.as_str(), settings.server.region.as_str()),
            has_authorizers: Mutex::default(),
            policies: PolicyCache::default(),
            metrics,
            history,
            places: Places::new(
                settings.limits.mqtt_connections,
                settings.limits.mqtt_unauthenticated_connections,
            ),
            rates,
            revocation_lists: RevocationLists::new(settings.mqtt.check_revocation),
            patience: Duration::from_secs(settings.limits.header_timeout_seconds),
            stop,
            journal,
            shadows,
            shadows_in_flight: usize::try_from(settings.limits.shadow_requests_in_flight)
                .unwrap_or(usize::MAX),
            provisioning: provisioning::places(),
            runtime_metrics_every: Some(settings.device_logs.runtime_metrics_seconds)
                .filter(|seconds| *seconds > 0)
                .map(Duration::from_secs),
        });
        tokio::spawn(Arc::clone(&broker).serve_shadows(requests));
        Ok(broker)
    }

    /// The topics of an account and region.
    fn space(&self, scope: &Scope) -> Arc<Space> {
        let known = self.spaces.read().unwrap_or_else(PoisonError::into_inner).get(scope).cloned();
        known.unwrap_or_else(|| {
            let mut spaces = self.spaces.write().unwrap_or_else(PoisonError::into_inner);
            let space = || {
                let (journal, limits) = (Arc::clone(&self.journal), Arc::clone(&self.limits));
                Arc::new(Space::new(scope.clone(), journal, limits, &self.rates))
            };
            Arc::clone(spaces.entry(scope.clone()).or_insert_with(space))
        })
    }

    /// Gives a message that may be published to whoever gets it. The ticket says when it is kept for those who outlive the
    /// process: the publisher hears of success after that.
    ///
    /// # Errors
    /// When it is to be retained, and no more may be, or not so often.
    fn publish(
        &self,
        space: &Space,
        message: Message,
        from: Option<&Arc<Session>>,
    ) -> Result<Routed, NotRetained> {
        let message = Arc::new(message);
        let mut retained = None;
        if message.retain {
            let admitted = self.rates.admits_retained(space, message.topic.as_str(), clock::steady());
            admitted.map_err(NotRetained::TooOften)?;
            retained = Some(space.retain(&message, self.room).map_err(|RetainedFull| NotRetained::Full)?);
        }
        let mut routed = space.route(&message, from, &self.limits);
        if routed.full > 0 {
            self.metrics.messages_dropped.inc_by(u64::try_from(routed.full).unwrap_or(u64::MAX));
            add(&self.app.activity.tally(space.scope()).part().messages_dropped, routed.full);
        }
        routed.ticket = routed.ticket.max(retained);
        Ok(routed)
    }

    fn all_spaces(&self) -> Vec<Arc<Space>> {
        self.spaces.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// When something happens, and whether a date has come.
    fn now() -> Timestamp {
        clock::now_precise()
    }

    /// Waits until connections have done what follows from the changes that were committed before this call, for a while.
    /// Whoever makes a change by the API hears of it after that: a connection that was to end has ended then.
    pub(crate) async fn settle(&self) {
        if timeout(SETTLING_TIME_MAX, self.changes.settle()).await.is_err() {
            tracing::warn!(
                "a call of the API is answered before all connections have done what follows from it"
            );
        }
    }

    /// Tells connections at once when their rights change, also those on which nothing happens, and ends what is over.
    /// Until it is time to stop.
    pub(crate) async fn watch(self: Arc<Self>) {
        let stop = self.stop.clone();
        let wills = wills::run(Arc::clone(&self));
        tokio::select! {
            () = stop.wait() => {}
            () = self.changes.follow() => {}
            () = wills => {}
            () = self.tell_runtime_metrics(self.runtime_metrics_every) => {}
        }
    }
}

/// What there was before a restart, and the journal that goes on from there.
fn restore(app: &App, limits: &Arc<Limits>, rates: &Rates) -> Result<(Spaces, Arc<Journal>), StoreError> {
    let mut restored = vec![];
    for scope in app.store.read(&Scope::new("", ""), |store| store.scopes())? {
        let found = app.store.read(&scope, |store| Restored::read(store, limits, clock::both()))?;
        restored.push((scope, found));
    }
    let number = restored.iter().map(|(_, found)| found.number).max().unwrap_or(0);
    let journal = Journal::new(number);
    let spaces = restored.into_iter().map(|(scope, found)| {
        let space = Space::new(scope.clone(), Arc::clone(&journal), Arc::clone(limits), rates);
        space.restore(found, Instant::now());
        (scope, Arc::new(space))
    });
    Ok((spaces.collect(), journal))
}

/// What the settings say; they are AWS's numbers unless somebody has set them.
fn limits(settings: &Settings) -> Limits {
    let given = &settings.limits;
    let small = |number: u32| u16::try_from(number).unwrap_or(u16::MAX);
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    Limits {
        client_id_bytes: count(given.mqtt_client_id_bytes),
        topic_bytes: count(given.mqtt_topic_bytes),
        topic_slashes: count(given.mqtt_topic_slashes),
        payload_bytes: given.mqtt_payload_bytes,
        properties_bytes: count(given.mqtt_properties_bytes),
        filters_per_request: count(given.mqtt_filters_per_request),
        subscriptions: count(given.mqtt_subscriptions),
        receive_max: small(given.mqtt_inflight_messages),
        inflight: small(given.mqtt_inflight_messages),
        topic_aliases: small(given.mqtt_topic_aliases),
        keep_alive_seconds_min: small(given.mqtt_keep_alive_seconds_min),
        keep_alive_seconds_max: small(given.mqtt_keep_alive_seconds),
        session_expiry_seconds: given.mqtt_session_expiry_seconds,
        session_expiry_seconds_max: given.mqtt_session_expiry_seconds_max,
        message_expiry_seconds_max: given.mqtt_message_expiry_seconds_max,
        queued_messages: given.mqtt_queued_messages,
        queued_bytes: given.mqtt_queued_bytes,
    }
}
