//! A message becomes deliveries.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use thingwarden_store::records::{
    Delivery, DeliveryState, Message, MessageAttribute, MessageKind, RetryState, Subscription,
    SubscriptionState, Topic,
};
use thingwarden_store::{Filter, Query, StoreError, Writer};

use super::arn::TopicArn;
use super::{access, filter};
use crate::mitigation::role::{self, RoleError};
use crate::random;

/// Bytes of a message with its attributes ([Publish](https://docs.aws.amazon.com/sns/latest/api/API_Publish.html)).
pub(crate) const MESSAGE_BYTES_MAX: usize = 262_144;

/// What somebody publishes.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewMessage {
    /// The subject of mails, and a member of what other endpoints get.
    pub(crate) subject: Option<String>,
    /// The text.
    pub(crate) message: String,
    /// Other texts for some protocols.
    pub(crate) per_protocol: BTreeMap<String, String>,
    pub(crate) attributes: BTreeMap<String, MessageAttribute>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    #[error("`{}` is not the ARN of a topic", .0.escape_debug())]
    NotATopic(String),
    #[error("the message has {bytes} bytes, and at most {MESSAGE_BYTES_MAX} are sent")]
    TooLarge { bytes: usize },
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error(transparent)]
    Role(RoleError),
    #[error("{0}")]
    Denied(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NewMessage {
    /// A text for all, without a subject.
    pub(crate) fn text(message: String) -> Self {
        Self { message, ..Self::default() }
    }

    fn to_message(&self, topic_arn: &str, now_ms: i64) -> Result<Message, PublishError> {
        Ok(Message {
            id: random::uuid().ok_or(PublishError::NoRandomness)?,
            topic_arn: topic_arn.to_owned(),
            kind: MessageKind::Notification,
            subject: self.subject.clone(),
            message: self.message.clone(),
            per_protocol: self.per_protocol.clone(),
            attributes: self.attributes.clone(),
            published_ms: now_ms,
        })
    }

    /// Bytes of texts and attributes together, which are limited.
    pub(super) fn bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, of)| name.len() + of.data_type.len() + of.value.len());
        let texts = std::iter::once(&self.message).chain(self.per_protocol.values()).map(String::len);
        texts.chain(attributes).sum()
    }
}

/// As [`publish`], with the rights of a role that the service assumes, for the resource `source_arn`. The role and what it
/// is for are in the account and region of `writer`.
///
/// # Errors
/// As [`publish`]; when the role cannot be assumed, or may not publish.
pub(crate) fn publish_as(
    writer: &Writer<'_>,
    now_ms: i64,
    role_arn: &str,
    source_arn: &str,
    topic_arn: &str,
    new: &NewMessage,
) -> Result<String, PublishError> {
    let Some(arn) = TopicArn::parse(topic_arn) else {
        return Err(PublishError::NotATopic(topic_arn.to_owned()));
    };
    let caller = role::assume(writer, role_arn, source_arn).map_err(|error| match error {
        RoleError::Store(error) => PublishError::Store(error),
        error => PublishError::Role(error),
    })?;
    match access::may_publish(writer, &caller, role::SERVICE, &arn, source_arn, now_ms) {
        Ok(()) => publish(writer, now_ms, topic_arn, new),
        Err(refusal) => Err(PublishError::Denied(refusal.to_string())),
    }
}

/// Publishes: in this transaction the message is written, with a delivery for each confirmed subscription that wants it.
/// A topic that is not kept here is one delivery, to SNS itself. Says the message's id. Whether somebody may publish is
/// the caller's to ask before.
///
/// # Errors
/// When the ARN is not a topic's, the message is too large, or the store fails; nothing was written then.
pub(crate) fn publish(
    writer: &Writer<'_>,
    now_ms: i64,
    topic_arn: &str,
    new: &NewMessage,
) -> Result<String, PublishError> {
    let Some(arn) = TopicArn::parse(topic_arn) else {
        return Err(PublishError::NotATopic(topic_arn.to_owned()));
    };
    let bytes = new.bytes();
    if bytes > MESSAGE_BYTES_MAX {
        return Err(PublishError::TooLarge { bytes });
    }
    let message = new.to_message(topic_arn, now_ms)?;
    if writer.in_scope(&arn.scope)?.get::<Topic>(&arn.name)?.is_none() {
        add(writer, &message, [format!("sns:{arn}")])?;
        return Ok(message.id);
    }
    let writer = writer.write_in_scope(&arn.scope)?;
    let mut targets = vec![];
    let confirmed =
        [Filter::eq("topic", arn.name.as_str()), Filter::eq("state", SubscriptionState::Confirmed.as_str())];
    writer.each(&Query::all(&confirmed), &mut |subscription: Subscription| {
        if filter::wants(&subscription, new) {
            targets.push(arn.subscription(&subscription.uuid).to_string());
        }
        Ok::<_, StoreError>(ControlFlow::Continue(()))
    })?;
    add(&writer, &message, targets)?;
    Ok(message.id)
}

/// Keeps a message that could not be published, with the reason, among the deliveries that failed: so whoever looks for it
/// there finds it.
///
/// # Errors
/// When the store fails.
pub(crate) fn put_aside(
    writer: &Writer<'_>,
    now_ms: i64,
    topic_arn: &str,
    new: &NewMessage,
    why: &str,
) -> Result<(), PublishError> {
    let message = new.to_message(topic_arn, now_ms)?;
    writer.insert(&message)?;
    let mut dead = delivery(&message, format!("{NOT_PUBLISHED}{topic_arn}"))?;
    dead.state = DeliveryState::Dead;
    dead.retries.last_error = Some(why.chars().take(ERROR_CHARS_MAX).collect());
    writer.insert(&dead)?;
    Ok(())
}

/// How the targets of deliveries begin that were refused when they were published: nothing is sent to them.
pub(crate) const NOT_PUBLISHED: &str = "not-published:";
/// Characters of a reason; with four bytes each they are the 1 KiB that a delivery has for it.
const ERROR_CHARS_MAX: usize = 256;

/// Writes a message with its deliveries; without deliveries there is nothing to write.
pub(super) fn add(
    writer: &Writer<'_>,
    message: &Message,
    targets: impl IntoIterator<Item = String>,
) -> Result<(), PublishError> {
    let mut targets = targets.into_iter().peekable();
    if targets.peek().is_none() {
        return Ok(());
    }
    writer.insert(message)?;
    for target in targets {
        writer.insert(&delivery(message, target)?)?;
    }
    Ok(())
}

fn delivery(message: &Message, target: String) -> Result<Delivery, PublishError> {
    Ok(Delivery {
        id: random::uuid().ok_or(PublishError::NoRandomness)?,
        target,
        message_id: message.id.clone(),
        state: DeliveryState::Waiting,
        retries: RetryState::at(message.published_ms),
        created_ms: message.published_ms,
    })
}
