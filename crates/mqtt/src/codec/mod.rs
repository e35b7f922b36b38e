//! Packets of both versions, as a server reads and writes them: one file per kind, one set of types for both versions.
//!
//! A frame's length is judged by its type before any of it is kept. What a packet holds is copied out of the input, so
//! that a short message does not keep a long buffer.

mod connect;
mod disconnect;
mod fields;
mod frame;
mod properties;
mod publish;
mod subscribe;

pub use connect::{Connect, Credentials, Will};
pub use publish::Publish;
pub use subscribe::{RetainHandling, Subscribe, SubscribeOptions, Unsubscribe};

pub(crate) use connect::{Connack, encode_connack, version_of_connect};
pub(crate) use disconnect::{Disconnect, encode_disconnect};
pub(crate) use frame::{Frame, frame};
pub(crate) use publish::{Delivery, encode_puback, encode_publish};
pub(crate) use subscribe::{encode_suback, encode_unsuback};

use crate::error::PeerError;
use crate::limits::Limits;
use crate::message::PacketId;

/// Which MQTT a client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Version {
    /// 3.1.1.
    V311,
    /// 5.
    V5,
}

/// What a client sends. The packets of QoS 2 are none of them.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet {
    Connect(Box<Connect>),
    Publish(Box<Publish>),
    Puback(PacketId),
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
    Pingreq,
    Disconnect(Disconnect),
}

/// What reading a packet needs to know.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading<'a> {
    /// Of the connection; a CONNECT says its own.
    pub version: Version,
    pub limits: &'a Limits,
    /// The time, in milliseconds on a clock that nobody sets: messages expire.
    pub now_ms: i64,
}

/// Reads the body of a packet whose frame was found.
///
/// # Errors
/// Whatever the client did wrong.
pub(crate) fn decode(frame: &Frame, body: &[u8], reading: Reading<'_>) -> Result<Packet, PeerError> {
    let flags = frame.first & 0x0f;
    let wanted = match frame.packet_type() {
        3 => flags,
        6 | 8 | 10 => 2,
        _ => 0,
    };
    if flags != wanted {
        return Err(PeerError::Malformed("reserved flags in the first byte"));
    }
    match frame.packet_type() {
        1 => connect::decode(body, reading).map(|connect| Packet::Connect(Box::new(connect))),
        3 => publish::decode(flags, body, reading).map(|publish| Packet::Publish(Box::new(publish))),
        4 => publish::decode_puback(body, reading).map(Packet::Puback),
        5..=7 => Err(PeerError::Qos),
        8 => subscribe::decode_subscribe(body, reading).map(Packet::Subscribe),
        10 => subscribe::decode_unsubscribe(body, reading).map(Packet::Unsubscribe),
        12 => Ok(Packet::Pingreq),
        14 => disconnect::decode(body, reading).map(Packet::Disconnect),
        15 if reading.version == Version::V5 => Err(PeerError::Authentication),
        _ => Err(PeerError::Protocol("a packet that clients do not send")),
    }
}
