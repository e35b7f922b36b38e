//! PUBLISH and PUBACK.

use bytes::{BufMut, Bytes, BytesMut};

use super::fields::{Fields, put_binary, put_number};
use super::properties::{self, MessageProperties, Reader, Writer};
use super::{Reading, Version};
use crate::error::{Misuse, PeerError, Reason};
use crate::message::{Message, PacketId, Qos};
use crate::topic::Topic;

/// A message that a client publishes. Its topic may be an alias, which the connection knows.
#[derive(Debug, PartialEq)]
pub struct Publish {
    /// What is published; without topic only until the connection put that of the alias in.
    pub(crate) topic: Option<Topic>,
    pub(crate) alias: Option<u16>,
    pub(crate) payload: Bytes,
    pub(crate) retain: bool,
    /// Of QoS 1.
    pub(crate) packet_id: Option<PacketId>,
    pub(crate) expires_ms: Option<i64>,
    pub(crate) properties: Option<Box<crate::message::Properties>>,
}

impl Publish {
    /// The message, now that its topic is known.
    pub(crate) fn into_message(self, topic: Topic) -> Message {
        Message {
            topic,
            payload: self.payload,
            qos: if self.packet_id.is_some() { Qos::AtLeastOnce } else { Qos::AtMostOnce },
            retain: self.retain,
            expires_ms: self.expires_ms,
            properties: self.properties,
        }
    }
}

const RETAIN: u8 = 0x01;
const DUP: u8 = 0x08;
/// The reason codes of a PUBACK (MQTT 5, section 3.4.2.1). Whatever it is, the message is not sent again.
const PUBACK_REASONS: [u8; 9] = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];

pub(super) fn decode(flags: u8, body: &[u8], reading: Reading<'_>) -> Result<Publish, PeerError> {
    let limits = reading.limits;
    let mut fields = Fields::new(body);
    let topic = fields.text()?;
    let packet_id = match flags >> 1 & 3 {
        0 if flags & DUP != 0 => return Err(PeerError::Malformed("a duplicate of quality of service 0")),
        0 => None,
        1 => Some(fields.packet_id()?),
        2 => return Err(PeerError::Qos),
        _ => return Err(PeerError::Malformed("quality of service 3")),
    };
    let mut found = MessageProperties::default();
    let mut alias = None;
    if reading.version == Version::V5 {
        let mut reader = Reader::take(&mut fields, limits)?;
        while let Some(id) = reader.next()? {
            if id == properties::TOPIC_ALIAS {
                alias = Some(reader.fields().two()?);
            } else if !found.read(id, &mut reader)? {
                return Err(properties::unknown());
            }
        }
    }
    let topic = if topic.is_empty() && alias.is_some() { None } else { Some(Topic::parse(topic, limits)?) };
    let payload = fields.rest();
    if payload.len() > limits.payload_bytes {
        return Err(PeerError::TooLarge { bytes: payload.len(), max: limits.payload_bytes });
    }
    Ok(Publish {
        topic,
        alias,
        payload: Bytes::copy_from_slice(payload),
        retain: flags & RETAIN != 0,
        packet_id,
        expires_ms: properties::expires_ms(found.expiry_seconds, limits, reading.now_ms),
        properties: found.into_properties(),
    })
}

/// How a message is sent to one client.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Delivery<'a> {
    pub retain: bool,
    pub dup: bool,
    /// Of QoS 1.
    pub packet_id: Option<PacketId>,
    pub subscription_ids: &'a [u32],
}

/// Writes a PUBLISH; false, and nothing written, when it is longer than the client takes.
pub(crate) fn encode_publish(
    out: &mut BytesMut,
    version: Version,
    message: &Message,
    delivery: Delivery<'_>,
    packet_bytes_max: usize,
    now_ms: i64,
) -> Result<bool, Misuse> {
    let mut properties = Writer::default();
    if version == Version::V5 {
        properties.message(message, now_ms)?;
        for id in delivery.subscription_ids {
            properties.number(properties::SUBSCRIPTION_ID, *id)?;
        }
    }
    let topic = message.topic.as_str();
    let properties_length = if version == Version::V5 { properties.length() } else { 0 };
    let id_length = if delivery.packet_id.is_some() { 2 } else { 0 };
    let body = 2 + topic.len() + id_length + properties_length + message.payload.len();
    if body + 5 > packet_bytes_max && body + 1 + super::fields::number_length(body) > packet_bytes_max {
        return Ok(false);
    }
    let qos: u8 = if delivery.packet_id.is_some() { 0x02 } else { 0 };
    let (dup, retain) = (if delivery.dup { DUP } else { 0 }, if delivery.retain { RETAIN } else { 0 });
    out.reserve(body + 5);
    out.put_u8(0x30 | qos | dup | retain);
    put_number(out, body)?;
    put_binary(out, topic.as_bytes())?;
    if let Some(id) = delivery.packet_id {
        out.put_u16(id.get());
    }
    if version == Version::V5 {
        properties.put(out)?;
    }
    out.put_slice(&message.payload);
    Ok(true)
}

pub(super) fn decode_puback(body: &[u8], reading: Reading<'_>) -> Result<PacketId, PeerError> {
    let mut fields = Fields::new(body);
    let id = fields.packet_id()?;
    if reading.version == Version::V5 && !fields.is_empty() {
        if !PUBACK_REASONS.contains(&fields.byte()?) {
            return Err(PeerError::Malformed("an unknown reason of a PUBACK"));
        }
        if !fields.is_empty() {
            properties::skip_reason_properties(&mut fields, reading.limits)?;
        }
    }
    fields.end()?;
    Ok(id)
}

pub(crate) fn encode_puback(out: &mut BytesMut, version: Version, id: PacketId, reason: Reason) {
    if version == Version::V311 || reason == Reason::Success {
        out.put_slice(&[0x40, 2]);
        out.put_u16(id.get());
        return;
    }
    out.put_slice(&[0x40, 3]);
    out.put_u16(id.get());
    out.put_u8(reason.code());
}
