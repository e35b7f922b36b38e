//! MQTT 3.1.1 and 5 from a server's point of view, without I/O: bytes in, intents out, answers in, bytes out.
//!
//! A [`Connection`] turns what a client sends into [`Intent`]s and keeps to the protocol; whoever holds it says what the
//! answer is. An [`Outbox`] is what waits for one client, a [`Tree`] who has subscribed to what. [`Limits`] is the one
//! table of numbers, AWS IoT Core's unless somebody says otherwise.
//!
//! Invariants of absence: nothing here reads a socket, a clock or a random number, and nothing here knows policies,
//! certificates or a store. What a client does wrong is a [`PeerError`]; what the caller does wrong is a [`Misuse`].

mod codec;
mod connection;
mod error;
mod limits;
mod message;
mod outbox;
mod topic;
mod tree;

pub use codec::{
    Connect, Credentials, Publish, RetainHandling, Subscribe, SubscribeOptions, Unsubscribe, Version, Will,
};
pub use connection::{Accepted, Connection, Intent};
pub use error::{Misuse, PeerError, Reason};
pub use limits::Limits;
pub use message::{Message, PacketId, Properties, Qos};
pub use outbox::{Full, Outbox, Queued, Sending};
pub use topic::{Filter, Topic, TopicError, matches};
pub use tree::{Match, Tree};
