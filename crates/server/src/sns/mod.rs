//! SNS: topics, who subscribes to them, and what is published to them.
//!
//! [`publish`] writes what has to be delivered, in the transaction of whoever publishes; who delivers it finds it in the
//! store.

mod arn;
mod document;
mod publish;
#[cfg(test)]
mod tests;

pub(crate) use arn::{SubscriptionArn, TopicArn};
pub(crate) use document::{Document, Signer};
pub(crate) use publish::{NewMessage, PublishError, publish};
