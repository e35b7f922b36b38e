//! Every limit on what a client may send or have, with its source.
//!
//! "Quotas" is the page "AWS IoT Core endpoints and quotas" of the AWS General Reference, "guide" the page "MQTT" of the
//! AWS IoT developer guide.

/// The table. [`Limits::default`] is AWS IoT Core.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a client id. Quotas: 128.
    pub client_id_bytes: usize,
    /// Bytes of a topic or topic filter. Quotas: 256.
    pub topic_bytes: usize,
    /// Slashes in a topic or topic filter; those of `$aws/rules/NAME/` and `$share/NAME/` are not counted. Quotas: 7.
    pub topic_slashes: usize,
    /// Bytes of a message's payload. Quotas: 128 KiB.
    pub payload_bytes: usize,
    /// Bytes of all properties of a packet together. Quotas: 8 KiB for user properties; here it bounds all.
    pub properties_bytes: usize,
    /// Topic filters of one SUBSCRIBE or UNSUBSCRIBE. Quotas: 8.
    pub filters_per_request: usize,
    /// Subscriptions of one session. Quotas: 50.
    pub subscriptions: usize,
    /// QoS 1 messages from a client that were not yet acknowledged. Quotas: 100.
    pub receive_max: u16,
    /// QoS 1 messages to a client that it did not yet acknowledge. Quotas: 100.
    pub inflight: u16,
    /// Topic aliases of one connection. Quotas: 8.
    pub topic_aliases: u16,
    /// Least keep-alive in seconds; clients that ask for less get this. Quotas: 30.
    pub keep_alive_seconds_min: u16,
    /// Greatest keep-alive in seconds; clients that ask for more, or for none, get this. Quotas: 1200.
    pub keep_alive_seconds_max: u16,
    /// How long the session of an MQTT 3.1.1 client without clean session outlives its connection, in seconds. Quotas: 3600.
    pub session_expiry_seconds: u32,
    /// The longest that an MQTT 5 client may ask for, in seconds. Quotas: seven days.
    pub session_expiry_seconds_max: u32,
    /// The longest that a message waits, in seconds. Quotas: seven days.
    pub message_expiry_seconds_max: u32,
    /// Messages that wait for one client. AWS names no number; this bounds memory.
    pub queued_messages: usize,
    /// Bytes of payloads that wait for one client. AWS names no number; this bounds memory: eight of the largest.
    pub queued_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            client_id_bytes: 128,
            topic_bytes: 256,
            topic_slashes: 7,
            payload_bytes: 128 << 10,
            properties_bytes: 8 << 10,
            filters_per_request: 8,
            subscriptions: 50,
            receive_max: 100,
            inflight: 100,
            topic_aliases: 8,
            keep_alive_seconds_min: 30,
            keep_alive_seconds_max: 1200,
            session_expiry_seconds: 3600,
            session_expiry_seconds_max: 7 * 86_400,
            message_expiry_seconds_max: 7 * 86_400,
            queued_messages: 1000,
            queued_bytes: 1 << 20,
        }
    }
}

/// Bytes of user name and password together. Both may come from a custom authorizer's token; quotas: 8 KiB for headers
/// that carry one.
const CREDENTIALS_BYTES: usize = 16 << 10;
/// What a packet has beside what is limited by name: lengths, ids, flags.
const OVERHEAD_BYTES: usize = 64;

impl Limits {
    /// The longest body of a packet of this type (the upper four bits of its first byte), so that nothing is read, and
    /// no memory taken, for a packet that would be refused.
    pub(crate) fn body_bytes(&self, packet_type: u8) -> usize {
        let filter = self.topic_bytes.saturating_mul(2) + 3;
        let sum = match packet_type {
            // CONNECT, with the properties of the will
            1 => {
                self.client_id_bytes
                    + self.topic_bytes
                    + self.payload_bytes.min(usize::from(u16::MAX))
                    + 2 * self.properties_bytes
                    + CREDENTIALS_BYTES
            }
            // PUBLISH
            3 => self.topic_bytes + self.payload_bytes + self.properties_bytes,
            // SUBSCRIBE and UNSUBSCRIBE; a shared subscription's name is as long as a topic at most
            8 | 10 => self.properties_bytes + self.filters_per_request.saturating_mul(filter),
            // acknowledgments, DISCONNECT, and AUTH, which is refused
            4..=7 | 14 | 15 => self.properties_bytes,
            _ => return 0,
        };
        sum + OVERHEAD_BYTES
    }

    /// The largest packet that a server with these limits takes.
    pub fn packet_bytes_max(&self) -> usize {
        let body = (0..16).map(|packet_type| self.body_bytes(packet_type)).max().unwrap_or_default();
        body.saturating_add(5)
    }

    /// For topics and filters that were taken under other limits: they stay what they are.
    pub fn of_kept_topics(&self) -> Self {
        Self { topic_bytes: usize::MAX, topic_slashes: usize::MAX, ..self.clone() }
    }
}
