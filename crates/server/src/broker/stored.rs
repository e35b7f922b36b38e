//! Messages and sessions as the store has them, and back at the next start.

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use thingwarden_engine::time::Timestamp;
use thingwarden_mqtt::{
    Filter, Limits, Message, Outbox, PacketId, Properties, Qos, Queued, RetainHandling, SubscribeOptions,
    Topic, Will,
};
use thingwarden_store::records::{
    MqttDelivery, MqttSession, MqttWill, QueuedMessage, RetainedMessage, StoredAccessKey, StoredMessage,
    StoredOwner, StoredProperties, StoredSubscription,
};
use thingwarden_store::{Order, Query, Reader, StoreError, Value};

use super::admission::{self, Principal, Proof};
use super::rights::Peer;
use super::session::{Kept, LastWill, Owner, Subscribed};
use crate::clock::{self, Clocks};

/// As the store has a message. There it expires by the machine's clock: the process that reads it has another steady one.
pub(super) fn message(message: &Message, clocks: Clocks) -> StoredMessage {
    let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
    let properties = message.properties.as_ref().map(|properties| StoredProperties {
        is_text: properties.is_text,
        content_type: text(&properties.content_type),
        response_topic: text(&properties.response_topic),
        correlation_data: properties.correlation_data.as_ref().map(|data| BASE64.encode(data)),
        user: properties.user.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect(),
    });
    StoredMessage {
        topic: message.topic.as_str().to_owned(),
        payload: BASE64.encode(&message.payload),
        qos: level(message.qos),
        expires_ms: message.expires_ms.map(|ms| ms.saturating_add(clocks.set_by_ms())),
        properties,
    }
}

/// As the store has a last will. None for whom an authorizer vouches for: after a restart nobody could say whether it may
/// publish it.
pub(super) fn will(client_id: &str, last: &LastWill, owner: &Owner) -> Option<MqttWill> {
    let Will { message: left, delay_seconds, expiry_seconds } = &last.will;
    let Owner { principal, peer } = owner;
    let text = |text: &Arc<str>| text.to_string();
    let access_key = match &principal.proof {
        Proof::Certificate { .. } => None,
        Proof::AccessKey { id, expires, user_agent } => Some(StoredAccessKey {
            id: text(id),
            expires_ms: expires.map(Timestamp::millis),
            user_agent: user_agent.as_ref().map(text),
        }),
        Proof::Authorizer(_) | Proof::Token(_) => return None,
    };
    Some(MqttWill {
        id: text(&last.id),
        client_id: client_id.to_owned(),
        // It has no date: how long it waits is counted when it is published.
        message: message(left, clock::both()),
        retain: left.retain,
        delay_seconds: *delay_seconds,
        expiry_seconds: *expiry_seconds,
        owner: StoredOwner {
            principal: text(&principal.id),
            access_key,
            address: peer.address,
            port: peer.port,
            server_name: peer.server_name.as_deref().map(str::to_owned),
            is_secure: peer.is_secure,
        },
    })
}

/// A last will of the time before a restart: whose client's, and who may publish it.
pub(super) type LeftWill = (Arc<str>, Owner, LastWill);

/// As it was left. None when it cannot be read, or nobody may publish it any more.
fn left_will(store: &Reader<'_>, stored: MqttWill, limits: &Limits) -> Result<Option<LeftWill>, StoreError> {
    let Some(message) = restored(stored.message, stored.retain, limits, clock::both()) else {
        return Ok(None);
    };
    let owner = stored.owner;
    let principal = match owner.access_key {
        None => admission::device(store, &owner.principal)?,
        Some(key) => Some(Principal {
            scope: store.scope().clone(),
            id: owner.principal.into(),
            proof: Proof::AccessKey {
                id: key.id.into(),
                expires: key.expires_ms.map(Timestamp::from_millis),
                user_agent: key.user_agent.map(Into::into),
            },
        }),
    };
    let peer = Peer {
        address: owner.address,
        port: owner.port,
        server_name: owner.server_name.map(Into::into),
        is_secure: owner.is_secure,
    };
    let will = Will { message, delay_seconds: stored.delay_seconds, expiry_seconds: stored.expiry_seconds };
    let last = LastWill { will, id: stored.id.into() };
    Ok(principal.map(|principal| (stored.client_id.into(), Owner { principal, peer }, last)))
}

/// As it was published. None when it cannot be read.
fn restored(stored: StoredMessage, retain: bool, limits: &Limits, clocks: Clocks) -> Option<Message> {
    let properties = match stored.properties {
        None => None,
        Some(stored) => Some(Box::new(Properties {
            is_text: stored.is_text,
            content_type: stored.content_type.map(Into::into),
            response_topic: stored.response_topic.map(Into::into),
            correlation_data: match stored.correlation_data {
                None => None,
                Some(data) => Some(BASE64.decode(data).ok()?.into()),
            },
            user: stored.user.into_iter().map(|(name, value)| (name.into(), value.into())).collect(),
        })),
    };
    Some(Message {
        topic: Topic::parse(&stored.topic, limits).ok()?,
        payload: Bytes::from(BASE64.decode(stored.payload).ok()?),
        qos: quality(stored.qos),
        retain,
        expires_ms: stored.expires_ms.map(|ms| ms.saturating_sub(clocks.set_by_ms())),
        properties,
    })
}

fn level(qos: Qos) -> u8 {
    match qos {
        Qos::AtMostOnce => 0,
        Qos::AtLeastOnce => 1,
    }
}

fn quality(level: u8) -> Qos {
    if level == 0 { Qos::AtMostOnce } else { Qos::AtLeastOnce }
}

/// As the store has a message in a queue; none when it is not kept there.
pub(super) fn delivery(client_id: &str, queued: &Queued, id: Option<PacketId>) -> Option<MqttDelivery> {
    Some(MqttDelivery {
        client_id: client_id.to_owned(),
        message: queued.key?,
        retain: queued.retain,
        subscription_ids: queued.subscription_ids.to_vec(),
        packet_id: id.map(PacketId::get),
    })
}

/// As the store has a subscription.
pub(super) fn subscription(filter: &Filter, subscribed: Subscribed) -> StoredSubscription {
    let SubscribeOptions { qos, no_local, retain_as_published, retain_handling } = subscribed.options;
    StoredSubscription {
        filter: filter.as_str().to_owned(),
        qos: level(qos),
        no_local,
        retain_as_published,
        retain_handling: match retain_handling {
            RetainHandling::Always => 0,
            RetainHandling::IfNew => 1,
            RetainHandling::Never => 2,
        },
        number: subscribed.id,
    }
}

fn subscribed(stored: &StoredSubscription, limits: &Limits) -> Option<(Filter, Subscribed)> {
    let options = SubscribeOptions {
        qos: quality(stored.qos),
        no_local: stored.no_local,
        retain_as_published: stored.retain_as_published,
        retain_handling: match stored.retain_handling {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            _ => RetainHandling::Never,
        },
    };
    let filter = Filter::parse(&stored.filter, limits).ok()?;
    Some((filter, Subscribed { options, id: stored.number }))
}

/// All that an account and region had.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) retained: Vec<Arc<Message>>,
    /// With the client ids.
    pub(super) sessions: Vec<(String, Kept)>,
    /// Clients whose sessions have ended meanwhile.
    pub(super) over: Vec<String>,
    /// Topics whose retained messages have expired meanwhile.
    pub(super) expired: Vec<String>,
    /// Last wills that are due, since nobody can come back in time.
    pub(super) wills: Vec<LeftWill>,
    /// Ids of those that nobody may publish any more.
    pub(super) lost_wills: Vec<Arc<str>>,
    /// The greatest number of a message.
    pub(super) number: i64,
}

impl Restored {
    /// Reads it. What cannot be read is left out, and counted in the log.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) fn read(store: &Reader<'_>, limits: &Limits, clocks: Clocks) -> Result<Self, StoreError> {
        let limits = &limits.of_kept_topics();
        let now = clocks.now;
        let mut found = Self::default();
        let mut unreadable: u64 = 0;
        store.each::<RetainedMessage, StoreError>(&Query::default(), &mut |retained| {
            match restored(retained.message, true, limits, clocks) {
                Some(message) if message.is_expired(clocks.steady.millis()) => {
                    found.expired.push(message.topic.as_str().to_owned());
                }
                Some(message) => found.retained.push(Arc::new(message)),
                None => unreadable += 1,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let mut messages: HashMap<i64, Arc<Message>> = HashMap::new();
        store.each::<QueuedMessage, StoreError>(&Query::default(), &mut |queued| {
            match restored(queued.message, false, limits, clocks) {
                Some(message) => drop(messages.insert(queued.number, Arc::new(message))),
                None => unreadable += 1,
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let mut queues: BTreeMap<String, Vec<(Queued, Option<PacketId>)>> = BTreeMap::new();
        let in_order = Query { order: Order::By("message"), ..Query::default() };
        store.each::<MqttDelivery, StoreError>(&in_order, &mut |delivery| {
            if let Some(message) = messages.get(&delivery.message) {
                let queued = Queued {
                    message: Arc::clone(message),
                    qos: Qos::AtLeastOnce,
                    retain: delivery.retain,
                    subscription_ids: delivery.subscription_ids.into(),
                    key: Some(delivery.message),
                    handed: 0,
                };
                let id = delivery.packet_id.and_then(PacketId::new);
                queues.entry(delivery.client_id).or_default().push((queued, id));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        if let Some(Value::Integer(number)) = store.greatest::<MqttDelivery>("message", &[])? {
            found.number = number;
        }
        let mut waiting: HashMap<Arc<str>, LeftWill> = HashMap::new();
        for stored in store.all::<MqttWill>(&[])? {
            let id = stored.id.as_str().into();
            match left_will(store, stored, limits)? {
                None => found.lost_wills.push(id),
                Some(left) if left.2.will.delay_seconds == 0 => found.wills.push(left),
                Some(left) => found.wills.extend(waiting.insert(Arc::clone(&left.0), left)),
            }
        }
        store.each::<MqttSession, StoreError>(&Query::default(), &mut |session| {
            let queue = queues.remove(&session.client_id).unwrap_or_default();
            // A connection that was open when the process ended has ended now.
            let away = now.millis().saturating_sub(session.disconnected_ms.unwrap_or(now.millis()));
            let away = Duration::from_millis(u64::try_from(away).unwrap_or(0));
            match Duration::from_secs(session.expiry_seconds.into()).checked_sub(away) {
                None | Some(Duration::ZERO) => found.over.push(session.client_id),
                Some(left) => {
                    let subscriptions =
                        session.subscriptions.iter().filter_map(|one| subscribed(one, limits)).collect();
                    let will = waiting.remove(session.client_id.as_str()).map(|(_, owner, last)| {
                        let delay = Duration::from_secs(last.will.delay_seconds.into());
                        (last, delay.saturating_sub(away), owner)
                    });
                    let kept = Kept {
                        expiry_seconds: session.expiry_seconds,
                        disconnected_ms: session.disconnected_ms,
                        left,
                        subscriptions,
                        outbox: Outbox::restore(queue),
                        will,
                    };
                    found.sessions.push((session.client_id, kept));
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        found.over.extend(queues.into_keys());
        found.wills.extend(waiting.into_values());
        if unreadable > 0 {
            tracing::warn!(unreadable, "messages in the store cannot be read");
        }
        Ok(found)
    }
}
