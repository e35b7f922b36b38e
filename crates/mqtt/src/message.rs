//! What is published: a message and its properties.

use std::num::NonZeroU16;

use bytes::Bytes;

use crate::topic::Topic;

/// The id of a packet that is acknowledged.
pub type PacketId = NonZeroU16;

/// Quality of service. AWS IoT knows two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Qos {
    /// 0: sent once and forgotten.
    AtMostOnce,
    /// 1: sent until it is acknowledged.
    AtLeastOnce,
}

/// An application message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Where it was published.
    pub topic: Topic,
    /// What it says. Holds no more memory than its length.
    pub payload: Bytes,
    /// With which quality it was published.
    pub qos: Qos,
    /// Whether it shall be kept for later subscribers.
    pub retain: bool,
    /// When nobody wants it any more, in milliseconds on the clock by which packets are read and sent.
    pub expires_ms: Option<i64>,
    /// What MQTT 5 adds and the server passes on.
    pub properties: Option<Box<Properties>>,
}

/// Properties of a message that the server passes on and does not read (MQTT 5, section 3.3.2.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// The payload is UTF-8 text.
    pub is_text: bool,
    /// What the payload is, in the application's words.
    pub content_type: Option<Box<str>>,
    /// Where an answer is wanted.
    pub response_topic: Option<Box<str>>,
    /// What the answer shall repeat.
    pub correlation_data: Option<Box<[u8]>>,
    /// Names and values, in order; a name may come several times.
    pub user: Vec<(Box<str>, Box<str>)>,
}

impl Message {
    /// Whether its time is over.
    pub fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_ms.is_some_and(|expires_ms| expires_ms <= now_ms)
    }

    /// What it costs to keep, in bytes: payload, topic and properties.
    pub fn weight(&self) -> usize {
        let properties = self.properties.as_ref().map_or(0, |properties| {
            let length = |text: &Option<Box<str>>| text.as_ref().map_or(0, |text| text.len());
            let user: usize = properties.user.iter().map(|(name, value)| name.len() + value.len() + 32).sum();
            let correlation = properties.correlation_data.as_ref().map_or(0, |data| data.len());
            length(&properties.content_type) + length(&properties.response_topic) + correlation + user
        });
        self.payload.len() + self.topic.as_str().len() + properties
    }
}
