//! What the broker remembers over restarts: retained messages, sessions, and what waits in them.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// A message as it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredMessage {
    pub topic: String,
    /// The payload, in base64.
    pub payload: String,
    /// Quality of service, 0 or 1.
    pub qos: u8,
    /// When nobody wants it any more, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<StoredProperties>,
}

/// Properties of a message (MQTT 5, section 3.3.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProperties {
    #[serde(default)]
    pub is_text: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_topic: Option<String>,
    /// In base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlation_data: Option<String>,
    /// Names and values, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user: Vec<(String, String)>,
}

/// The message that is kept for a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetainedMessage {
    pub message: StoredMessage,
    /// When it was published, in milliseconds since 1970.
    pub modified_ms: i64,
}

impl Record for RetainedMessage {
    const KIND: Kind = Kind { table: "retained_message", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.message.topic)
    }
}

/// A session that outlives its connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MqttSession {
    pub client_id: String,
    /// How long it stays without a connection, in seconds.
    pub expiry_seconds: u32,
    /// When its connection ended, in milliseconds since 1970; none while there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected_ms: Option<i64>,
    pub subscriptions: Vec<StoredSubscription>,
}

/// A subscription of a session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSubscription {
    /// As the client wrote it.
    pub filter: String,
    /// Quality of service, 0 or 1.
    pub qos: u8,
    #[serde(default)]
    pub no_local: bool,
    #[serde(default)]
    pub retain_as_published: bool,
    /// 0, 1 or 2 (MQTT 5, section 3.8.3.1).
    #[serde(default)]
    pub retain_handling: u8,
    /// The subscription identifier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
}

impl Record for MqttSession {
    const KIND: Kind = Kind { table: "mqtt_session", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.client_id)
    }
}

/// A message that waits in at least one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuedMessage {
    /// Its number; later messages have greater ones.
    pub number: i64,
    pub message: StoredMessage,
}

impl QueuedMessage {
    /// The id of the message with a number.
    pub fn id_of(number: i64) -> String {
        number.to_string()
    }
}

impl Record for QueuedMessage {
    const KIND: Kind = Kind { table: "mqtt_message", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(self.number))
    }
}

/// That a message of QoS 1 waits in a session: not sent yet, or not acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MqttDelivery {
    pub client_id: String,
    /// The number of the [`QueuedMessage`].
    pub message: i64,
    /// Whether it is sent as a retained message.
    #[serde(default)]
    pub retain: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscription_ids: Vec<u32>,
    /// With which it was sent, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet_id: Option<u16>,
}

impl MqttDelivery {
    /// The id of the delivery of a message to a client.
    pub fn id_of(client_id: &str, message: i64) -> String {
        link_id(&[client_id, &message.to_string()])
    }
}

impl Record for MqttDelivery {
    const KIND: Kind = Kind {
        table: "mqtt_delivery",
        columns: &[Column::text("client"), Column::integer("message")],
        indexes: &[Index::on(&["client", "message"]), Index::on(&["message"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.client_id, self.message))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.client_id.as_str().into(), self.message.into()]
    }
}

/// The last will of a client that is connected, or that may still come back to its session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MqttWill {
    /// Of the connection.
    pub id: String,
    pub client_id: String,
    pub message: StoredMessage,
    #[serde(default)]
    pub retain: bool,
    /// How long to wait for the client to come back, in seconds.
    pub delay_seconds: u32,
    /// How long the message is wanted once it is published, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiry_seconds: Option<u32>,
    pub owner: StoredOwner,
}

/// Who had a connection, and from where: what its rights depend on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredOwner {
    /// The id of a certificate, or of whoever has signed.
    pub principal: String,
    /// With which it has signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key: Option<StoredAccessKey>,
    pub address: IpAddr,
    pub port: u16,
    /// What it called the server in the TLS handshake.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name: Option<String>,
    pub is_secure: bool,
}

/// An access key that was shown; not its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredAccessKey {
    pub id: String,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
}

impl Record for MqttWill {
    const KIND: Kind = Kind { table: "mqtt_will", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }
}

pub(crate) const KINDS: &[Kind] =
    &[RetainedMessage::KIND, MqttSession::KIND, QueuedMessage::KIND, MqttDelivery::KIND, MqttWill::KIND];
