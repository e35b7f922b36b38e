//! One connection: what a client sends becomes intents, and answers become what is sent to it.

use std::num::NonZeroU16;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;

use crate::codec::{
    self, Connack, Connect, Delivery, Packet, Publish, Reading, Subscribe, Unsubscribe, Version,
};
use crate::error::{Misuse, PeerError, Reason};
use crate::limits::Limits;
use crate::message::{Message, PacketId};
use crate::outbox::Sending;
use crate::topic::Topic;

/// What a client wants. PINGREQ is answered without asking.
#[derive(Debug, PartialEq)]
pub enum Intent {
    /// To connect: [`Connection::accept`] or [`Connection::refuse`]. Nothing else is read before.
    Connect(Box<Connect>),
    /// To publish: [`Connection::published`], if there is a packet id.
    Publish(Message, Option<PacketId>),
    /// To subscribe: [`Connection::subscribed`].
    Subscribe(Subscribe),
    /// To unsubscribe: [`Connection::unsubscribed`].
    Unsubscribe(Unsubscribe),
    /// To say that it has a message: [`crate::Outbox::acknowledge`].
    Acknowledge(PacketId),
    /// To go.
    Disconnect {
        /// Whether its will is published all the same.
        with_will: bool,
        /// How long its session stays, if it changed its mind, in seconds.
        session_expiry_seconds: Option<u32>,
    },
}

/// What an accepted client is told.
#[derive(Clone, Copy, Debug)]
pub struct Accepted<'a> {
    /// Whether there is a session from before.
    pub session_present: bool,
    /// The client id, if the server chose it.
    pub assigned_client_id: Option<&'a str>,
}

const CONNECT_ONCE: &str = "CONNECT comes first, and once";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Nothing came yet.
    Opening,
    /// CONNECT waits for an answer.
    Connecting,
    Open,
    /// Nothing is read or written any more.
    Closed,
}

/// The protocol of one connection.
#[derive(Debug)]
pub struct Connection {
    limits: Arc<Limits>,
    phase: Phase,
    version: Version,
    /// What came and was not looked at.
    input: BytesMut,
    /// What is to be sent.
    output: BytesMut,
    keep_alive_seconds: u16,
    session_expiry_seconds: u32,
    receive_max: u16,
    packet_bytes_max: usize,
    wants_reasons: bool,
    aliases: Vec<Option<Topic>>,
    /// Messages of QoS 1 that wait for [`Connection::published`].
    unanswered: u16,
}

impl Connection {
    /// A connection on which nothing came yet.
    pub fn new(limits: Arc<Limits>) -> Self {
        Self {
            limits,
            phase: Phase::Opening,
            version: Version::V311,
            input: BytesMut::new(),
            output: BytesMut::new(),
            keep_alive_seconds: 0,
            session_expiry_seconds: 0,
            receive_max: u16::MAX,
            packet_bytes_max: usize::MAX,
            wants_reasons: false,
            aliases: vec![],
            unanswered: 0,
        }
    }

    /// Where bytes of the client are appended. It grows with what comes, never with what a packet says it has.
    pub fn input(&mut self) -> &mut BytesMut {
        &mut self.input
    }

    /// What is to be sent; taken off the front as it is.
    pub fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Which MQTT the client speaks, once it has connected.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How long the client may be silent: one and a half times its keep-alive (MQTT-3.1.2-22).
    pub fn silence_max(&self) -> Duration {
        Duration::from_millis(u64::from(self.keep_alive_seconds) * 1500)
    }

    /// How many messages of QoS 1 may be on their way to the client.
    pub fn window(&self) -> u16 {
        self.receive_max.min(self.limits.inflight)
    }

    /// What the client wants next; none when its next packet is not there yet. `now_ms` is on a clock that nobody sets, since messages
    /// last as long as they say.
    ///
    /// # Errors
    /// What the client did wrong; end with [`Connection::disconnect`] or [`Connection::refuse`].
    pub fn next(&mut self, now_ms: i64) -> Result<Option<Intent>, PeerError> {
        loop {
            if matches!(self.phase, Phase::Connecting | Phase::Closed) {
                return Ok(None);
            }
            let is_something_else = self.input.first().is_some_and(|first| first >> 4 != 1);
            if self.phase == Phase::Opening && is_something_else {
                return Err(PeerError::Protocol(CONNECT_ONCE));
            }
            let limits = Arc::clone(&self.limits);
            let Some(frame) = codec::frame(&self.input, &limits)? else { return Ok(None) };
            let is_connect = frame.packet_type() == 1;
            if is_connect && self.phase != Phase::Opening {
                return Err(PeerError::Protocol(CONNECT_ONCE));
            }
            let packet = self.input.split_to(frame.head + frame.body);
            let body = packet.get(frame.head..).unwrap_or_default();
            if is_connect {
                self.version = codec::version_of_connect(body);
            }
            let reading = Reading { version: self.version, limits: &limits, now_ms };
            let packet = codec::decode(&frame, body, reading)?;
            if let Some(intent) = self.take(packet)? {
                return Ok(Some(intent));
            }
        }
    }

    fn take(&mut self, packet: Packet) -> Result<Option<Intent>, PeerError> {
        Ok(Some(match packet {
            Packet::Connect(connect) => {
                self.version = connect.version;
                self.keep_alive_seconds = connect.keep_alive_seconds;
                self.session_expiry_seconds = connect.session_expiry_seconds;
                self.receive_max = connect.receive_max;
                self.packet_bytes_max = connect.packet_bytes_max as usize;
                self.wants_reasons = connect.wants_reasons;
                self.phase = Phase::Connecting;
                Intent::Connect(connect)
            }
            Packet::Publish(publish) => self.publish(*publish)?,
            Packet::Puback(id) => Intent::Acknowledge(id),
            Packet::Subscribe(subscribe) => Intent::Subscribe(subscribe),
            Packet::Unsubscribe(unsubscribe) => Intent::Unsubscribe(unsubscribe),
            Packet::Pingreq => {
                self.output.extend_from_slice(&[0xd0, 0]);
                return Ok(None);
            }
            Packet::Disconnect(disconnect) => {
                // MQTT-3.14.2.2.2: a session that was to end with the connection cannot be kept at its end.
                if self.session_expiry_seconds == 0
                    && disconnect.session_expiry_seconds.is_some_and(|seconds| seconds > 0)
                {
                    return Err(PeerError::Protocol("a session that was to end is kept"));
                }
                self.phase = Phase::Closed;
                Intent::Disconnect {
                    with_will: disconnect.with_will,
                    session_expiry_seconds: disconnect.session_expiry_seconds,
                }
            }
        }))
    }

    fn publish(&mut self, publish: Publish) -> Result<Intent, PeerError> {
        let topic = match publish.alias {
            None => publish.topic.clone(),
            Some(alias) => self.aliased(alias, publish.topic.clone())?,
        };
        let topic = topic.ok_or(PeerError::Protocol("a message without topic"))?;
        let packet_id = publish.packet_id;
        if packet_id.is_some() {
            if self.unanswered >= self.limits.receive_max {
                return Err(PeerError::ReceiveMaximum);
            }
            self.unanswered += 1;
        }
        Ok(Intent::Publish(publish.into_message(topic), packet_id))
    }

    /// Sets an alias, or tells the topic that it stands for.
    fn aliased(&mut self, alias: u16, topic: Option<Topic>) -> Result<Option<Topic>, PeerError> {
        let error = PeerError::TopicAlias(alias);
        if alias == 0 || alias > self.limits.topic_aliases {
            return Err(error);
        }
        if self.aliases.is_empty() {
            self.aliases.resize(self.limits.topic_aliases.into(), None);
        }
        let place = self.aliases.get_mut(usize::from(alias) - 1).ok_or(error)?;
        if topic.is_some() {
            place.clone_from(&topic);
            return Ok(topic);
        }
        place.clone().map(Some).ok_or(error)
    }

    /// Lets the client in.
    ///
    /// # Errors
    /// When no CONNECT waits.
    pub fn accept(&mut self, accepted: Accepted<'_>) -> Result<(), Misuse> {
        if self.phase != Phase::Connecting {
            return Err(Misuse::NotConnecting);
        }
        self.phase = Phase::Open;
        let connack = Connack {
            reason: Reason::Success,
            session_present: accepted.session_present,
            assigned_client_id: accepted.assigned_client_id,
            keep_alive_seconds: self.keep_alive_seconds,
            session_expiry_seconds: self.session_expiry_seconds,
            why: None,
        };
        codec::encode_connack(&mut self.output, self.version, &connack, &self.limits)
    }

    /// Ends the connection because of what the server decided or the client did: a CONNACK to who is not let in, a
    /// DISCONNECT to who was, where the version has one. What was being written to it before stays.
    ///
    /// # Errors
    /// When the reason is too long to be said.
    pub fn end(&mut self, reason: Reason, why: Option<&str>) -> Result<(), Misuse> {
        let phase = std::mem::replace(&mut self.phase, Phase::Closed);
        let why = why.filter(|_| self.wants_reasons);
        match phase {
            // Who did not say CONNECT is told nothing but that its version is not served (MQTT-3.1.2-2), that its client id
            // is not taken (MQTT-3.1.3-8), or that its way to authenticate is not (MQTT-4.12.0-1).
            Phase::Opening
                if !matches!(
                    reason,
                    Reason::UnsupportedProtocolVersion
                        | Reason::ClientIdentifierNotValid
                        | Reason::BadAuthenticationMethod
                ) =>
            {
                Ok(())
            }
            Phase::Opening | Phase::Connecting => {
                let connack = Connack {
                    reason,
                    session_present: false,
                    assigned_client_id: None,
                    keep_alive_seconds: 0,
                    session_expiry_seconds: 0,
                    why,
                };
                codec::encode_connack(&mut self.output, self.version, &connack, &self.limits)
            }
            Phase::Open => codec::encode_disconnect(&mut self.output, self.version, reason, why),
            Phase::Closed => Ok(()),
        }
    }

    /// Answers a message of QoS 1.
    ///
    /// # Errors
    /// When the connection is not open.
    pub fn published(&mut self, id: PacketId, reason: Reason) -> Result<(), Misuse> {
        self.must_be_open()?;
        self.unanswered = self.unanswered.saturating_sub(1);
        codec::encode_puback(&mut self.output, self.version, id, reason);
        Ok(())
    }

    /// Answers a SUBSCRIBE, a reason for each filter.
    ///
    /// # Errors
    /// When the connection is not open.
    pub fn subscribed(&mut self, id: PacketId, reasons: &[Reason]) -> Result<(), Misuse> {
        self.must_be_open()?;
        codec::encode_suback(&mut self.output, self.version, id, reasons)
    }

    /// Answers an UNSUBSCRIBE, a reason for each filter.
    ///
    /// # Errors
    /// When the connection is not open.
    pub fn unsubscribed(&mut self, id: PacketId, reasons: &[Reason]) -> Result<(), Misuse> {
        self.must_be_open()?;
        codec::encode_unsuback(&mut self.output, self.version, id, reasons)
    }

    /// Sends a message. False when the client takes no packets of that length: it is as if it had been delivered
    /// (MQTT-3.1.2-25).
    ///
    /// # Errors
    /// When the connection is not open.
    pub fn deliver(&mut self, sending: &Sending, now_ms: i64) -> Result<bool, Misuse> {
        self.must_be_open()?;
        let queued = &sending.queued;
        let delivery = Delivery {
            retain: queued.retain,
            dup: sending.dup,
            packet_id: sending.packet_id,
            subscription_ids: &queued.subscription_ids,
        };
        codec::encode_publish(
            &mut self.output,
            self.version,
            &queued.message,
            delivery,
            self.packet_bytes_max,
            now_ms,
        )
    }

    fn must_be_open(&self) -> Result<(), Misuse> {
        if self.phase == Phase::Open { Ok(()) } else { Err(Misuse::NotOpen) }
    }

    /// Whether nothing is read any more.
    pub fn is_closed(&self) -> bool {
        self.phase == Phase::Closed
    }

    /// Whether the client was let in and has not gone.
    pub fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }
}

/// The packet id after another: 1 follows on 65535.
pub(crate) fn after(id: PacketId) -> PacketId {
    id.checked_add(1).unwrap_or(NonZeroU16::MIN)
}

#[cfg(test)]
mod tests;
