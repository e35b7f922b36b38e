//! Life-cycle events: messages about connections and subscriptions ([AWS IoT guide, "Lifecycle
//! events"](https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html)).

use bytes::Bytes;
use serde_json::{Value, json};
use thingwarden_mqtt::{Message, Qos, Topic};

use super::Broker;
use super::session::Owner;
use super::space::Space;

/// Who an event is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'a> {
    pub(super) owner: &'a Owner,
    pub(super) client_id: &'a str,
    /// A UUID of the connection.
    pub(super) session_identifier: &'a str,
    /// The thing whose alone the credentials are; others are not named.
    pub(super) thing: Option<&'a str>,
}

/// What has happened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Happened<'a> {
    Connected { version: u64 },
    ConnectFailed,
    Disconnected { version: u64, reason: &'static str, by_client: bool },
    Subscribed(&'a [String]),
    Unsubscribed(&'a [String]),
}

impl Broker {
    /// Tells whoever has subscribed to it. Client ids that would be wildcards have no events.
    pub(super) fn announce(&self, space: &Space, about: About<'_>, happened: Happened<'_>) {
        let now_ms = Self::now().millis();
        let address = json!(about.owner.peer.address.to_string());
        let (family, event_type, said) = match happened {
            Happened::Connected { version } => {
                ("presence", "connected", vec![("ipAddress", address), ("versionNumber", json!(version))])
            }
            Happened::ConnectFailed => (
                "presence",
                "connect_failed",
                vec![("ipAddress", address), ("connectFailureReason", json!("AUTHORIZATION_FAILED"))],
            ),
            Happened::Disconnected { version, reason, by_client } => (
                "presence",
                "disconnected",
                vec![
                    ("clientInitiatedDisconnect", json!(by_client)),
                    ("disconnectReason", json!(reason)),
                    ("versionNumber", json!(version)),
                ],
            ),
            Happened::Subscribed(topics) => ("subscriptions", "subscribed", vec![("topics", json!(topics))]),
            Happened::Unsubscribed(topics) => {
                ("subscriptions", "unsubscribed", vec![("topics", json!(topics))])
            }
        };
        let topic = format!("$aws/events/{family}/{event_type}/{}", about.client_id);
        let Ok(topic) = Topic::parse(&topic, &self.limits) else { return };
        let mut event = json!({
            "clientId": about.client_id,
            "timestamp": now_ms,
            "eventType": event_type,
            "sessionIdentifier": about.session_identifier,
            "principalIdentifier": &*about.owner.principal.id,
        });
        if let Value::Object(members) = &mut event {
            members.extend(about.thing.map(|thing| ("thingName".to_owned(), thing.into())));
            members.extend(said.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        let message = Message {
            topic,
            payload: Bytes::from(event.to_string()),
            qos: Qos::AtLeastOnce,
            retain: false,
            expires_ms: None,
            properties: None,
        };
        // Not retained, so nothing can be full.
        let _ = self.publish(space, message, None);
    }
}
