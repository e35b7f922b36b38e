//! Topics, subscriptions, messages, and what is still to be delivered. A topic's subscriptions, messages and deliveries
//! are in the topic's account and region, whoever subscribed or published.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::without;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};
use crate::records::RetryState;

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub name: String,
    /// The attributes that were set, under AWS's names; what was not set has its default.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The resource policy as it was given; none is the default: the account's own principals.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The users and roles of this account that the policy named when it was stored: ARNs and unique ids.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub policy_ids: BTreeMap<String, String>,
    /// The version of the signature of its messages: 1 (SHA-1) or 2 (SHA-256).
    pub signature_version: u8,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

/// Where a topic's messages go.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// The topic's name.
    pub topic: String,
    /// A UUID: the last part of its ARN.
    pub uuid: String,
    /// `http`, `https`, `lambda`, `sqs` or `email`, ...
    pub protocol: String,
    /// A URL, an ARN or an address, as the protocol has it.
    pub endpoint: String,
    /// The account that subscribed.
    pub owner: String,
    pub state: SubscriptionState,
    /// SHA-256, in hex, of the token that confirms it; none when no confirmation is expected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_sha256: Option<String>,
    /// Until when the token confirms, in milliseconds since 1970; while it is `Pending` or `Deleted`, also how long the
    /// record is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_expires_ms: Option<i64>,
    /// Whether a signed request confirmed it.
    #[serde(default)]
    pub confirmed_with_signature: bool,
    /// Whether only signed requests may end it.
    #[serde(default)]
    pub authenticate_on_unsubscribe: bool,
    /// Whether the endpoint gets the message alone, without SNS's document around it.
    #[serde(default)]
    pub raw: bool,
    /// Which messages it wants, as it was given; none is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter_policy: Option<String>,
    /// Whether the filter policy is about the message's body, not its attributes.
    #[serde(default)]
    pub filter_on_body: bool,
    /// How often and when deliveries are tried again, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_policy: Option<String>,
    /// Where undeliverable messages go, as it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redrive_policy: Option<String>,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

impl Subscription {
    /// One that waits for its confirmation and wants everything, made at `created_ms`, in milliseconds since 1970.
    pub fn new(
        topic: &str,
        uuid: &str,
        protocol: &str,
        endpoint: &str,
        owner: &str,
        created_ms: i64,
    ) -> Self {
        Self {
            topic: topic.to_owned(),
            uuid: uuid.to_owned(),
            protocol: protocol.to_owned(),
            endpoint: endpoint.to_owned(),
            owner: owner.to_owned(),
            state: SubscriptionState::Pending,
            token_sha256: None,
            token_expires_ms: None,
            confirmed_with_signature: false,
            authenticate_on_unsubscribe: false,
            raw: false,
            filter_policy: None,
            filter_on_body: false,
            delivery_policy: None,
            redrive_policy: None,
            created_ms,
        }
    }
}

/// How far a subscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SubscriptionState {
    /// The endpoint has not confirmed it: it gets nothing but the request to do so.
    Pending,
    /// The endpoint gets messages.
    Confirmed,
    /// It was ended; the token of the notice that its endpoint got brings it back.
    Deleted,
}

/// A message. Removed with its last delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// A UUID: SNS's `MessageId`.
    pub id: String,
    pub topic_arn: String,
    #[serde(default)]
    pub kind: MessageKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text; at most 256 KiB.
    pub message: String,
    /// Other texts for some protocols (`MessageStructure` `json`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub per_protocol: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, MessageAttribute>,
    /// In milliseconds since 1970.
    pub published_ms: i64,
}

/// What a message is for. The tokens of the last two are secrets of their endpoint.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// It was published.
    #[default]
    Notification,
    /// Asks the endpoint whether it wants what the subscription brings.
    SubscriptionConfirmation { token: String },
    /// Tells the endpoint that its subscription was ended.
    UnsubscribeConfirmation { token: String },
}

/// An attribute of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`, or one of them with a label behind a full stop.
    pub data_type: String,
    /// The text; of `Binary`, base64.
    pub value: String,
}

/// One message on its way to one target. Deliveries to a target are made in the order in which they were added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// A UUID.
    pub id: String,
    /// A subscription's ARN; or `sns:` and the ARN of a topic that is not kept here.
    pub target: String,
    /// [`Message::id`].
    pub message_id: String,
    pub state: DeliveryState,
    #[serde(flatten)]
    pub retries: RetryState,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

/// How far a delivery is. One that arrived is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryState {
    /// It is tried, now or later.
    Waiting,
    /// It is not tried any more.
    Dead,
}

impl Subscription {
    /// The id of a topic's subscription.
    pub fn id_of(topic: &str, uuid: &str) -> String {
        link_id(&[topic, uuid])
    }

    /// Whether its endpoint gets messages.
    pub fn is_confirmed(&self) -> bool {
        self.state == SubscriptionState::Confirmed
    }
}

impl SubscriptionState {
    /// The text that the column `state` has.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Confirmed => "CONFIRMED",
            Self::Deleted => "DELETED",
        }
    }
}

impl DeliveryState {
    /// The text that the column `state` has.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Dead => "DEAD",
        }
    }
}

impl Message {
    /// The text for a protocol.
    pub fn text_for(&self, protocol: &str) -> &str {
        self.per_protocol.get(protocol).unwrap_or(&self.message)
    }
}

impl Record for Topic {
    const KIND: Kind = Kind { table: "sns_topic", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

impl Record for Subscription {
    const KIND: Kind = Kind {
        table: "sns_subscription",
        columns: &[
            Column::text("topic"),
            Column::text("owner"),
            Column::text("state"),
            Column::text("endpoint"),
            Column::text("token_sha256"),
            Column::integer("kept_until_ms"),
        ],
        indexes: &[
            Index::on(&["topic"]),
            Index::on(&["topic", "endpoint"]),
            Index::on(&["topic", "state"]),
            Index::on(&["owner"]),
            Index::on(&["token_sha256"]),
            Index::on(&["kept_until_ms"]),
        ],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.topic, &self.uuid))
    }

    fn columns(&self) -> Vec<Value> {
        let kept_until_ms = self.token_expires_ms.filter(|_| !self.is_confirmed());
        vec![
            self.topic.as_str().into(),
            self.owner.as_str().into(),
            self.state.as_str().into(),
            self.endpoint.as_str().into(),
            self.token_sha256.as_deref().into(),
            kept_until_ms.into(),
        ]
    }

    fn trailed(&self) -> serde_json::Value {
        without(self, &["token_sha256"])
    }
}

impl Record for Message {
    const KIND: Kind = Kind { table: "sns_message", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }
}

impl Record for Delivery {
    const KIND: Kind = Kind {
        table: "delivery",
        columns: &[Column::text("state"), Column::text("target"), Column::text("message_id")],
        indexes: &[Index::counted(&["state", "target"]), Index::on(&["target"]), Index::on(&["message_id"])],
        // What the server still has to do, not what somebody changed.
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.state.as_str().into(), self.target.as_str().into(), self.message_id.as_str().into()]
    }
}

impl std::fmt::Debug for Subscription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { topic, uuid, protocol, state, .. } = self;
        let mut shown = f.debug_struct("Subscription");
        shown.field("topic", topic).field("uuid", uuid).field("protocol", protocol).field("state", state);
        shown.finish_non_exhaustive()
    }
}

impl std::fmt::Debug for MessageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation { .. } => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation { .. } => "UnsubscribeConfirmation",
        })
    }
}

pub(crate) const KINDS: &[Kind] = &[Topic::KIND, Subscription::KIND, Message::KIND, Delivery::KIND];

#[cfg(test)]
mod tests {
    use super::*;

    fn subscription() -> Subscription {
        let endpoint = "https://example.com/?key=the-secret";
        Subscription {
            token_sha256: Some("the-secret-hash".to_owned()),
            token_expires_ms: Some(7),
            ..Subscription::new("t", "u", "https", endpoint, "123456789012", 1)
        }
    }

    #[test]
    fn tokens_stay_out_of_the_trail_and_of_debug_output() {
        let token = "the-secret".to_owned();
        let kind = MessageKind::SubscriptionConfirmation { token };
        let shown = format!("{} {:?} {kind:?}", subscription().trailed()["token_sha256"], subscription());
        assert!(shown.contains("SubscriptionConfirmation") && shown.contains("https"), "{shown}");
        assert!(!shown.contains("the-secret"), "{shown}");
    }

    #[test]
    fn what_is_confirmed_is_kept() {
        let mut subscription = subscription();
        assert_eq!(subscription.columns().last(), Some(&Value::Integer(7)));
        subscription.state = SubscriptionState::Confirmed;
        assert_eq!(subscription.columns().last(), Some(&Value::Null));
    }

    #[test]
    fn states_in_columns_are_those_in_bodies() {
        for state in [SubscriptionState::Pending, SubscriptionState::Confirmed, SubscriptionState::Deleted] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
        for state in [DeliveryState::Waiting, DeliveryState::Dead] {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }

    #[test]
    fn a_protocol_may_have_its_own_text() {
        let message = Message {
            id: "m".to_owned(),
            topic_arn: "arn".to_owned(),
            kind: MessageKind::Notification,
            subject: None,
            message: "for all".to_owned(),
            per_protocol: BTreeMap::from([("sqs".to_owned(), "for queues".to_owned())]),
            attributes: BTreeMap::new(),
            published_ms: 1,
        };
        assert_eq!((message.text_for("sqs"), message.text_for("http")), ("for queues", "for all"));
        let text = serde_json::to_string(&message).unwrap();
        assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message);
    }
}
