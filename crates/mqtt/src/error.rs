//! Who is at fault, and how that is said on the wire: one table.

use crate::codec::Version;
use crate::topic::TopicError;

/// The client broke the protocol or a limit. The connection ends with [`PeerError::reason`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeerError {
    /// The bytes are no MQTT packet.
    #[error("malformed packet: {0}")]
    Malformed(&'static str),
    /// The packet makes no sense where it came.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// The packet is longer than the limits of its type allow.
    #[error("a packet of {bytes} bytes where at most {max} are taken")]
    TooLarge {
        /// What the packet says it has after its head.
        bytes: usize,
        /// What is taken.
        max: usize,
    },
    /// Neither 3.1.1 nor 5.
    #[error("protocol level {0} is not served, only 4 (MQTT 3.1.1) and 5 (MQTT 5)")]
    Version(u8),
    /// The client id is too long, reserved, or missing where one is needed.
    #[error("the client id is not taken: {0}")]
    ClientId(&'static str),
    /// A topic name that nobody can publish to.
    #[error("the topic is not taken: {0}")]
    Topic(#[from] TopicError),
    /// QoS 2.
    #[error("quality of service 2 is not served")]
    Qos,
    /// More QoS 1 messages at once than CONNACK allowed.
    #[error("more unacknowledged messages than the receive maximum")]
    ReceiveMaximum,
    /// A topic alias that is out of range or was never set.
    #[error("topic alias {0} is out of range or not set")]
    TopicAlias(u16),
    /// Extended authentication is not served.
    #[error("extended authentication is not served")]
    Authentication,
    /// More topic filters in one packet than allowed.
    #[error("{0} topic filters in one packet")]
    Filters(usize),
    /// Nothing came for one and a half keep-alive intervals.
    #[error("nothing came within the keep-alive time")]
    KeepAlive,
}

/// The caller used a [`crate::Connection`] in a way that its state does not allow. A bug of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// An answer to a CONNECT that did not come or was answered.
    #[error("no CONNECT waits for an answer")]
    NotConnecting,
    /// Something for a client that is not connected.
    #[error("the connection is not open")]
    NotOpen,
    /// A packet longer than the protocol can say.
    #[error("a packet is too long to be written")]
    TooLong,
}

/// Reason codes (MQTT 5, section 2.4), as far as this server uses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names are the standard's")]
pub enum Reason {
    Success = 0x00,
    GrantedQos1 = 0x01,
    NoMatchingSubscribers = 0x10,
    NoSubscriptionExisted = 0x11,
    UnspecifiedError = 0x80,
    MalformedPacket = 0x81,
    ProtocolError = 0x82,
    UnsupportedProtocolVersion = 0x84,
    ClientIdentifierNotValid = 0x85,
    NotAuthorized = 0x87,
    ServerUnavailable = 0x88,
    ServerBusy = 0x89,
    ServerShuttingDown = 0x8b,
    BadAuthenticationMethod = 0x8c,
    KeepAliveTimeout = 0x8d,
    SessionTakenOver = 0x8e,
    TopicFilterInvalid = 0x8f,
    TopicNameInvalid = 0x90,
    ReceiveMaximumExceeded = 0x93,
    TopicAliasInvalid = 0x94,
    PacketTooLarge = 0x95,
    QuotaExceeded = 0x97,
    AdministrativeAction = 0x98,
    RetainNotSupported = 0x9a,
    QosNotSupported = 0x9b,
    ConnectionRateExceeded = 0x9f,
    MaximumConnectTime = 0xa0,
}

impl Reason {
    /// The code in MQTT 5 packets.
    pub fn code(self) -> u8 {
        self as u8
    }

    /// The return code of a CONNACK in MQTT 3.1.1; none where the standard has the server close without one. Refused
    /// permission is 7 and not the standard's 5 ([MQTT in the AWS IoT
    /// guide](https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html)).
    pub(crate) fn return_code(self) -> Option<u8> {
        Some(match self {
            Self::Success => 0,
            Self::UnsupportedProtocolVersion => 1,
            Self::ClientIdentifierNotValid => 2,
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::QuotaExceeded
            | Self::ConnectionRateExceeded => 3,
            Self::NotAuthorized => 7,
            _ => return None,
        })
    }

    /// The code in a SUBACK: MQTT 3.1.1 knows one way to say no.
    pub(crate) fn suback_code(self, version: Version) -> u8 {
        match version {
            Version::V311 if self.code() >= 0x80 => 0x80,
            _ => self.code(),
        }
    }
}

impl PeerError {
    /// What the client is told.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Malformed(_) => Reason::MalformedPacket,
            Self::Protocol(_) => Reason::ProtocolError,
            Self::TooLarge { .. } => Reason::PacketTooLarge,
            Self::Version(_) => Reason::UnsupportedProtocolVersion,
            Self::ClientId(_) => Reason::ClientIdentifierNotValid,
            Self::Topic(_) => Reason::TopicNameInvalid,
            Self::Qos => Reason::QosNotSupported,
            Self::ReceiveMaximum => Reason::ReceiveMaximumExceeded,
            Self::TopicAlias(_) => Reason::TopicAliasInvalid,
            Self::Authentication => Reason::BadAuthenticationMethod,
            Self::Filters(_) => Reason::QuotaExceeded,
            Self::KeepAlive => Reason::KeepAliveTimeout,
        }
    }
}
