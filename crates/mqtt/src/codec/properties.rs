//! Properties (MQTT 5, section 2.2.2): found one by one, each at most once but for the user's.

use bytes::{BufMut, BytesMut};

use super::fields::{Fields, number_length, put_binary, put_number};
use crate::error::{Misuse, PeerError};
use crate::limits::Limits;
use crate::message::{Message, Properties};

pub(super) const PAYLOAD_FORMAT: u8 = 0x01;
pub(super) const MESSAGE_EXPIRY: u8 = 0x02;
pub(super) const CONTENT_TYPE: u8 = 0x03;
pub(super) const RESPONSE_TOPIC: u8 = 0x08;
pub(super) const CORRELATION_DATA: u8 = 0x09;
pub(super) const SUBSCRIPTION_ID: u8 = 0x0b;
pub(super) const SESSION_EXPIRY: u8 = 0x11;
pub(super) const ASSIGNED_CLIENT_ID: u8 = 0x12;
pub(super) const SERVER_KEEP_ALIVE: u8 = 0x13;
pub(super) const AUTHENTICATION_METHOD: u8 = 0x15;
pub(super) const REQUEST_PROBLEM_INFORMATION: u8 = 0x17;
pub(super) const WILL_DELAY: u8 = 0x18;
pub(super) const REQUEST_RESPONSE_INFORMATION: u8 = 0x19;
pub(super) const REASON_STRING: u8 = 0x1f;
pub(super) const RECEIVE_MAXIMUM: u8 = 0x21;
pub(super) const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
pub(super) const TOPIC_ALIAS: u8 = 0x23;
pub(super) const MAXIMUM_QOS: u8 = 0x24;
pub(super) const USER_PROPERTY: u8 = 0x26;
pub(super) const MAXIMUM_PACKET_SIZE: u8 = 0x27;

/// The properties of a packet, one after the other.
pub(super) struct Reader<'a> {
    fields: Fields<'a>,
    /// One bit for each property that came.
    seen: u64,
}

impl<'a> Reader<'a> {
    /// Takes the properties off the front of what is left of a packet.
    pub(super) fn take(fields: &mut Fields<'a>, limits: &Limits) -> Result<Self, PeerError> {
        let length = fields.number()? as usize;
        if length > limits.properties_bytes {
            return Err(PeerError::TooLarge { bytes: length, max: limits.properties_bytes });
        }
        Ok(Self { fields: Fields::new(fields.bytes(length)?), seen: 0 })
    }

    /// The next property, whose value is to be read from [`Reader::fields`].
    pub(super) fn next(&mut self) -> Result<Option<u8>, PeerError> {
        if self.fields.is_empty() {
            return Ok(None);
        }
        let id = self.fields.byte()?;
        if id != USER_PROPERTY {
            let bit = 1u64.checked_shl(id.into()).ok_or(PeerError::Malformed("an unknown property"))?;
            if self.seen & bit != 0 {
                return Err(PeerError::Protocol("a property comes twice"));
            }
            self.seen |= bit;
        }
        Ok(Some(id))
    }

    pub(super) fn fields(&mut self) -> &mut Fields<'a> {
        &mut self.fields
    }

    pub(super) fn user_property(&mut self) -> Result<(Box<str>, Box<str>), PeerError> {
        Ok((self.fields.text()?.into(), self.fields.text()?.into()))
    }
}

/// What a property says that the packet cannot have.
pub(super) fn unknown() -> PeerError {
    PeerError::Malformed("a property that this packet does not have")
}

/// Reads over properties of acknowledgments, which nobody here has a use for.
pub(super) fn skip_reason_properties(fields: &mut Fields<'_>, limits: &Limits) -> Result<(), PeerError> {
    let mut reader = Reader::take(fields, limits)?;
    while let Some(id) = reader.next()? {
        match id {
            REASON_STRING => drop(reader.fields().text()?),
            USER_PROPERTY => drop(reader.user_property()?),
            _ => return Err(unknown()),
        }
    }
    Ok(())
}

/// The properties of a message, of a PUBLISH or of a will.
#[derive(Debug, Default)]
pub(super) struct MessageProperties {
    found: Properties,
    has_any: bool,
    pub(super) expiry_seconds: Option<u32>,
}

impl MessageProperties {
    /// Reads the property if it is a message's; false when it is not.
    pub(super) fn read(&mut self, id: u8, reader: &mut Reader<'_>) -> Result<bool, PeerError> {
        let found = &mut self.found;
        match id {
            PAYLOAD_FORMAT => found.is_text = reader.fields().flag()?,
            CONTENT_TYPE => found.content_type = Some(reader.fields().text()?.into()),
            RESPONSE_TOPIC => {
                let topic = reader.fields().text()?;
                if topic.is_empty() || topic.contains(['+', '#']) {
                    return Err(PeerError::Protocol("the response topic is no topic"));
                }
                found.response_topic = Some(topic.into());
            }
            CORRELATION_DATA => found.correlation_data = Some(reader.fields().binary()?.into()),
            USER_PROPERTY => {
                let property = reader.user_property()?;
                found.user.push(property);
            }
            MESSAGE_EXPIRY => {
                self.expiry_seconds = Some(reader.fields().four()?);
                return Ok(true);
            }
            _ => return Ok(false),
        }
        self.has_any = true;
        Ok(true)
    }

    pub(super) fn into_properties(self) -> Option<Box<Properties>> {
        self.has_any.then(|| Box::new(self.found))
    }
}

/// When a message expires that waits so many seconds, at most as long as the limits say.
pub(super) fn expires_ms(seconds: Option<u32>, limits: &Limits, now_ms: i64) -> Option<i64> {
    let seconds = seconds?.min(limits.message_expiry_seconds_max);
    Some(now_ms.saturating_add(i64::from(seconds) * 1000))
}

/// Properties that are being written.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: BytesMut,
}

impl Writer {
    pub(super) fn flag(&mut self, id: u8, value: bool) {
        self.bytes.put_slice(&[id, value.into()]);
    }

    pub(super) fn two(&mut self, id: u8, value: u16) {
        self.bytes.put_u8(id);
        self.bytes.put_u16(value);
    }

    pub(super) fn four(&mut self, id: u8, value: u32) {
        self.bytes.put_u8(id);
        self.bytes.put_u32(value);
    }

    pub(super) fn text(&mut self, id: u8, value: &str) -> Result<(), Misuse> {
        self.binary(id, value.as_bytes())
    }

    pub(super) fn binary(&mut self, id: u8, value: &[u8]) -> Result<(), Misuse> {
        self.bytes.put_u8(id);
        put_binary(&mut self.bytes, value)
    }

    pub(super) fn number(&mut self, id: u8, value: u32) -> Result<(), Misuse> {
        self.bytes.put_u8(id);
        put_number(&mut self.bytes, value as usize)
    }

    /// What a message has; its expiry is what is left of it.
    pub(super) fn message(&mut self, message: &Message, now_ms: i64) -> Result<(), Misuse> {
        if let Some(expires_ms) = message.expires_ms {
            let left = expires_ms.saturating_sub(now_ms).max(0);
            self.four(MESSAGE_EXPIRY, u32::try_from((left + 999) / 1000).unwrap_or(u32::MAX));
        }
        let Some(properties) = &message.properties else { return Ok(()) };
        if properties.is_text {
            self.flag(PAYLOAD_FORMAT, true);
        }
        if let Some(content_type) = &properties.content_type {
            self.text(CONTENT_TYPE, content_type)?;
        }
        if let Some(topic) = &properties.response_topic {
            self.text(RESPONSE_TOPIC, topic)?;
        }
        if let Some(data) = &properties.correlation_data {
            self.binary(CORRELATION_DATA, data)?;
        }
        for (name, value) in &properties.user {
            self.text(USER_PROPERTY, name)?;
            put_binary(&mut self.bytes, value.as_bytes())?;
        }
        Ok(())
    }

    /// Length of the properties with their own length before them.
    pub(super) fn length(&self) -> usize {
        self.bytes.len() + number_length(self.bytes.len())
    }

    pub(super) fn put(&self, out: &mut BytesMut) -> Result<(), Misuse> {
        put_number(out, self.bytes.len())?;
        out.put_slice(&self.bytes);
        Ok(())
    }
}
