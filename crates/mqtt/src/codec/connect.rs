//! CONNECT and CONNACK.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::fields::{Fields, put_number};
use super::properties::{self, MessageProperties, Reader, Writer};
use super::{Reading, Version};
use crate::error::{Misuse, PeerError, Reason};
use crate::limits::Limits;
use crate::message::{Message, Qos};
use crate::topic::Topic;

/// A client that wants to connect.
#[derive(Debug, PartialEq)]
pub struct Connect {
    /// Which MQTT it speaks.
    pub version: Version,
    /// Empty when the server shall choose.
    pub client_id: Box<str>,
    /// Whether an old session shall be forgotten.
    pub clean_start: bool,
    /// How long the session outlives the connection, in seconds, within the limits. 0 ends it with the connection.
    pub session_expiry_seconds: u32,
    /// In seconds, within the limits; never 0.
    pub keep_alive_seconds: u16,
    /// QoS 1 messages that the client takes before it acknowledges.
    pub receive_max: u16,
    /// The largest packet that the client takes, in bytes.
    pub packet_bytes_max: u32,
    /// Whether it wants reason strings.
    pub wants_reasons: bool,
    /// What is published when it goes without a word.
    pub will: Option<Will>,
    /// What it says about who it is.
    pub credentials: Credentials,
}

/// User name and password.
#[derive(Clone, Default, PartialEq)]
pub struct Credentials {
    /// Text, which may have secrets in it.
    pub user_name: Option<Box<str>>,
    /// Any bytes.
    pub password: Option<Bytes>,
}

/// Nothing of it is shown.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// The last will of a client.
#[derive(Clone, Debug, PartialEq)]
pub struct Will {
    /// What is published. Its expiry counts from the moment in which it is.
    pub message: Message,
    /// How long to wait for the client to come back first, in seconds.
    pub delay_seconds: u32,
    /// How long the message is wanted once published, in seconds.
    pub expiry_seconds: Option<u32>,
}

const CLEAN_START: u8 = 0x02;
const WILL: u8 = 0x04;
const WILL_QOS: u8 = 0x18;
const WILL_RETAIN: u8 = 0x20;
const PASSWORD: u8 = 0x40;
const USER_NAME: u8 = 0x80;

pub(super) fn decode(body: &[u8], reading: Reading<'_>) -> Result<Connect, PeerError> {
    let limits = reading.limits;
    let mut fields = Fields::new(body);
    if fields.binary()? != b"MQTT" {
        return Err(PeerError::Malformed("not MQTT"));
    }
    let version = match fields.byte()? {
        4 => Version::V311,
        5 => Version::V5,
        level => return Err(PeerError::Version(level)),
    };
    let flags = fields.byte()?;
    if flags & 1 != 0 || (flags & WILL == 0 && flags & (WILL_QOS | WILL_RETAIN) != 0) {
        return Err(PeerError::Malformed("flags that contradict each other"));
    }
    if version == Version::V311 && flags & PASSWORD != 0 && flags & USER_NAME == 0 {
        return Err(PeerError::Malformed("a password without a user name"));
    }
    let asked_keep_alive = fields.two()?;
    let mut connect = Connect {
        version,
        client_id: "".into(),
        clean_start: flags & CLEAN_START != 0,
        session_expiry_seconds: 0,
        keep_alive_seconds: match asked_keep_alive {
            0 => limits.keep_alive_seconds_max,
            asked => asked.max(limits.keep_alive_seconds_min).min(limits.keep_alive_seconds_max),
        },
        receive_max: u16::MAX,
        packet_bytes_max: u32::MAX,
        wants_reasons: true,
        will: None,
        credentials: Credentials::default(),
    };
    match version {
        Version::V5 => connect.read_properties(&mut fields, limits)?,
        Version::V311 if !connect.clean_start => {
            connect.session_expiry_seconds = limits.session_expiry_seconds
        }
        Version::V311 => {}
    }
    connect.client_id = fields.text()?.into();
    check_client_id(&connect, limits)?;
    if flags & WILL != 0 {
        let qos = (flags & WILL_QOS) >> 3;
        connect.will = Some(decode_will(&mut fields, qos, flags & WILL_RETAIN != 0, version, limits)?);
    }
    if flags & USER_NAME != 0 {
        connect.credentials.user_name = Some(fields.text()?.into());
    }
    if flags & PASSWORD != 0 {
        connect.credentials.password = Some(Bytes::copy_from_slice(fields.binary()?));
    }
    fields.end()?;
    Ok(connect)
}

fn check_client_id(connect: &Connect, limits: &Limits) -> Result<(), PeerError> {
    let id = &connect.client_id;
    if id.len() > limits.client_id_bytes {
        return Err(PeerError::ClientId("it is too long"));
    }
    // MQTT-3.1.3-8: without an id there is no session to come back to.
    if id.is_empty() && connect.version == Version::V311 && !connect.clean_start {
        return Err(PeerError::ClientId("it is empty, and the session is not clean"));
    }
    if id.starts_with('$') {
        return Err(PeerError::ClientId("`$` at its beginning is reserved"));
    }
    Ok(())
}

impl Connect {
    fn read_properties(&mut self, fields: &mut Fields<'_>, limits: &Limits) -> Result<(), PeerError> {
        let mut reader = Reader::take(fields, limits)?;
        while let Some(id) = reader.next()? {
            let fields = reader.fields();
            match id {
                properties::SESSION_EXPIRY => {
                    self.session_expiry_seconds = fields.four()?.min(limits.session_expiry_seconds_max);
                }
                properties::RECEIVE_MAXIMUM => self.receive_max = fields.two()?,
                properties::MAXIMUM_PACKET_SIZE => self.packet_bytes_max = fields.four()?,
                properties::TOPIC_ALIAS_MAXIMUM => drop(fields.two()?),
                properties::REQUEST_PROBLEM_INFORMATION => self.wants_reasons = fields.flag()?,
                properties::REQUEST_RESPONSE_INFORMATION => drop(fields.flag()?),
                properties::USER_PROPERTY => drop(reader.user_property()?),
                properties::AUTHENTICATION_METHOD => return Err(PeerError::Authentication),
                _ => return Err(properties::unknown()),
            }
        }
        if self.receive_max == 0 || self.packet_bytes_max == 0 {
            return Err(PeerError::Protocol("a maximum of 0"));
        }
        Ok(())
    }
}

fn decode_will(
    fields: &mut Fields<'_>,
    qos: u8,
    retain: bool,
    version: Version,
    limits: &Limits,
) -> Result<Will, PeerError> {
    let mut found = MessageProperties::default();
    let mut delay_seconds = 0;
    if version == Version::V5 {
        let mut reader = Reader::take(fields, limits)?;
        while let Some(id) = reader.next()? {
            if id == properties::WILL_DELAY {
                delay_seconds = reader.fields().four()?;
            } else if !found.read(id, &mut reader)? {
                return Err(properties::unknown());
            }
        }
    }
    let topic = Topic::parse(fields.text()?, limits)?;
    let payload = Bytes::copy_from_slice(fields.binary()?);
    let qos = match qos {
        0 => Qos::AtMostOnce,
        1 => Qos::AtLeastOnce,
        2 => return Err(PeerError::Qos),
        _ => return Err(PeerError::Malformed("quality of service 3")),
    };
    let expiry_seconds = found.expiry_seconds;
    let message =
        Message { topic, payload, qos, retain, expires_ms: None, properties: found.into_properties() };
    Ok(Will { message, delay_seconds, expiry_seconds })
}

impl Will {
    /// The message, published now.
    pub fn at(self, now_ms: i64, limits: &Limits) -> Message {
        Message { expires_ms: properties::expires_ms(self.expiry_seconds, limits, now_ms), ..self.message }
    }
}

/// The version in which a CONNECT is answered, whatever else is wrong with it: 3.1.1 unless it says 5.
pub(crate) fn version_of_connect(body: &[u8]) -> Version {
    let mut fields = Fields::new(body);
    let is_named = fields.text().is_ok_and(|name| name == "MQTT");
    if is_named && fields.byte() == Ok(5) { Version::V5 } else { Version::V311 }
}

/// An answer to CONNECT.
#[derive(Debug)]
pub(crate) struct Connack<'a> {
    pub reason: Reason,
    pub session_present: bool,
    pub assigned_client_id: Option<&'a str>,
    pub keep_alive_seconds: u16,
    pub session_expiry_seconds: u32,
    /// Said when the connection is refused.
    pub why: Option<&'a str>,
}

/// Writes a CONNACK; nothing where MQTT 3.1.1 has no code for the reason.
pub(crate) fn encode_connack(
    out: &mut BytesMut,
    version: Version,
    connack: &Connack<'_>,
    limits: &Limits,
) -> Result<(), Misuse> {
    if version == Version::V311 {
        if let Some(code) = connack.reason.return_code() {
            out.put_slice(&[0x20, 2, connack.session_present.into(), code]);
        }
        return Ok(());
    }
    let mut properties = Writer::default();
    if connack.reason == Reason::Success {
        properties.four(properties::SESSION_EXPIRY, connack.session_expiry_seconds);
        properties.two(properties::RECEIVE_MAXIMUM, limits.receive_max);
        properties.flag(properties::MAXIMUM_QOS, true);
        properties.four(
            properties::MAXIMUM_PACKET_SIZE,
            u32::try_from(limits.packet_bytes_max()).unwrap_or(u32::MAX),
        );
        properties.two(properties::TOPIC_ALIAS_MAXIMUM, limits.topic_aliases);
        properties.two(properties::SERVER_KEEP_ALIVE, connack.keep_alive_seconds);
        if let Some(id) = connack.assigned_client_id {
            properties.text(properties::ASSIGNED_CLIENT_ID, id)?;
        }
    } else if let Some(why) = connack.why {
        properties.text(properties::REASON_STRING, why)?;
    }
    out.put_u8(0x20);
    put_number(out, 2 + properties.length())?;
    out.put_slice(&[connack.session_present.into(), connack.reason.code()]);
    properties.put(out)
}
