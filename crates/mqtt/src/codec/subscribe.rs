//! SUBSCRIBE and UNSUBSCRIBE with their acknowledgments.

use bytes::{BufMut, BytesMut};

use super::fields::{Fields, put_number};
use super::properties::{self, Reader};
use super::{Reading, Version};
use crate::error::{Misuse, PeerError, Reason};
use crate::message::{PacketId, Qos};
use crate::topic::{Filter, TopicError};

/// A client that wants subscriptions.
#[derive(Debug, PartialEq)]
pub struct Subscribe {
    /// What the answer names.
    pub packet_id: PacketId,
    /// What the client gets with each message of these subscriptions.
    pub subscription_id: Option<u32>,
    /// What it asks for, in order; a filter that is none is answered by itself.
    pub filters: Vec<(Result<Filter, TopicError>, SubscribeOptions)>,
}

/// How a client wants the messages of a subscription.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubscribeOptions {
    /// The highest quality of service; 2 was asked for as 1.
    pub qos: Qos,
    /// Not what it published itself.
    pub no_local: bool,
    /// Messages keep the retain flag they were published with.
    pub retain_as_published: bool,
    /// Whether it wants the retained message at once.
    pub retain_handling: RetainHandling,
}

/// When retained messages are sent (MQTT 5, section 3.8.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetainHandling {
    /// At each SUBSCRIBE.
    Always,
    /// When the subscription is new.
    IfNew,
    /// Never.
    Never,
}

/// A client that gives up subscriptions.
#[derive(Debug, PartialEq)]
pub struct Unsubscribe {
    /// What the answer names.
    pub packet_id: PacketId,
    /// Which, in order.
    pub filters: Vec<Result<Filter, TopicError>>,
}

pub(super) fn decode_subscribe(body: &[u8], reading: Reading<'_>) -> Result<Subscribe, PeerError> {
    let mut fields = Fields::new(body);
    let packet_id = fields.packet_id()?;
    let mut subscription_id = None;
    if reading.version == Version::V5 {
        let mut reader = Reader::take(&mut fields, reading.limits)?;
        while let Some(id) = reader.next()? {
            match id {
                properties::SUBSCRIPTION_ID => match reader.fields().number()? {
                    0 => return Err(PeerError::Protocol("a subscription identifier is 0")),
                    number => subscription_id = Some(number),
                },
                properties::USER_PROPERTY => drop(reader.user_property()?),
                _ => return Err(properties::unknown()),
            }
        }
    }
    let mut filters = vec![];
    while !fields.is_empty() {
        let text = fields.text()?;
        let options = decode_options(fields.byte()?, reading.version)?;
        let filter = Filter::parse(text, reading.limits);
        if options.no_local && filter.as_ref().is_ok_and(|filter| filter.share().is_some()) {
            return Err(PeerError::Protocol("a shared subscription without local messages"));
        }
        push(&mut filters, (filter, options), reading)?;
    }
    if filters.is_empty() {
        return Err(PeerError::Protocol("a packet without topic filters"));
    }
    Ok(Subscribe { packet_id, subscription_id, filters })
}

fn push<T>(filters: &mut Vec<T>, filter: T, reading: Reading<'_>) -> Result<(), PeerError> {
    filters.push(filter);
    if filters.len() > reading.limits.filters_per_request {
        Err(PeerError::Filters(filters.len()))
    } else {
        Ok(())
    }
}

fn decode_options(byte: u8, version: Version) -> Result<SubscribeOptions, PeerError> {
    let reserved = if version == Version::V5 { 0xc0 } else { 0xfc };
    if byte & reserved != 0 {
        return Err(PeerError::Malformed("reserved bits of a subscription"));
    }
    Ok(SubscribeOptions {
        qos: match byte & 3 {
            0 => Qos::AtMostOnce,
            1 | 2 => Qos::AtLeastOnce,
            _ => return Err(PeerError::Malformed("quality of service 3")),
        },
        no_local: byte & 0x04 != 0,
        retain_as_published: byte & 0x08 != 0,
        retain_handling: match byte >> 4 {
            0 => RetainHandling::Always,
            1 => RetainHandling::IfNew,
            2 => RetainHandling::Never,
            _ => return Err(PeerError::Protocol("an unknown handling of retained messages")),
        },
    })
}

pub(super) fn decode_unsubscribe(body: &[u8], reading: Reading<'_>) -> Result<Unsubscribe, PeerError> {
    let mut fields = Fields::new(body);
    let packet_id = fields.packet_id()?;
    if reading.version == Version::V5 {
        let mut reader = Reader::take(&mut fields, reading.limits)?;
        while let Some(id) = reader.next()? {
            match id {
                properties::USER_PROPERTY => drop(reader.user_property()?),
                _ => return Err(properties::unknown()),
            }
        }
    }
    let mut filters = vec![];
    while !fields.is_empty() {
        let filter = Filter::parse(fields.text()?, reading.limits);
        push(&mut filters, filter, reading)?;
    }
    if filters.is_empty() {
        return Err(PeerError::Protocol("a packet without topic filters"));
    }
    Ok(Unsubscribe { packet_id, filters })
}

pub(crate) fn encode_suback(
    out: &mut BytesMut,
    version: Version,
    id: PacketId,
    reasons: &[Reason],
) -> Result<(), Misuse> {
    let codes: Vec<u8> = reasons.iter().map(|reason| reason.suback_code(version)).collect();
    encode_list(out, 0x90, version, id, &codes)
}

/// MQTT 3.1.1 has no reasons here.
pub(crate) fn encode_unsuback(
    out: &mut BytesMut,
    version: Version,
    id: PacketId,
    reasons: &[Reason],
) -> Result<(), Misuse> {
    let codes: Vec<u8> = match version {
        Version::V5 => reasons.iter().map(|reason| reason.code()).collect(),
        Version::V311 => vec![],
    };
    encode_list(out, 0xb0, version, id, &codes)
}

fn encode_list(
    out: &mut BytesMut,
    first: u8,
    version: Version,
    id: PacketId,
    codes: &[u8],
) -> Result<(), Misuse> {
    let properties = if version == Version::V5 { 1 } else { 0 };
    out.put_u8(first);
    put_number(out, 2 + properties + codes.len())?;
    out.put_u16(id.get());
    out.put_bytes(0, properties);
    out.put_slice(codes);
    Ok(())
}
