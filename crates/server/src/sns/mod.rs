//! SNS: topics, who subscribes to them, and what is published to them.
//!
//! [`answer`] answers a request, [`public`] one without a signature. [`publish()`] and [`publish_as`] write what has to be
//! delivered, in the transaction of whoever publishes; who delivers it finds it in the store, and gets from [`Signer`] the
//! document that an endpoint is sent.

mod access;
mod actions;
mod arn;
mod delivery_policy;
mod document;
mod endpoints;
mod error;
mod filter;
#[cfg(fuzzing)]
pub(crate) mod fuzzing;
mod messages;
mod paging;
mod policy;
mod public;
mod publish;
mod subscriptions;
mod tags;
#[cfg(test)]
mod tests;
mod topics;

pub(crate) use arn::{SubscriptionArn, TopicArn};
pub(crate) use delivery_policy::{Backoff, RetryPolicy, effective as effective_delivery_policy};
pub(crate) use document::{Document, Signer};
pub(crate) use public::public;
pub(crate) use publish::{NewMessage, PublishError, publish, publish_as, put_aside};

use self::actions::scope;
use crate::http::{Request, Response};
use crate::iam::Cx;
use crate::query::service;

/// Answers a request whose signature is right.
pub(crate) async fn answer(cx: Cx, request: &Request) -> Response {
    service::answer(&actions::API, cx, request).await
}

/// The answer to an encoded form.
#[cfg(test)]
pub(crate) async fn handle(cx: Cx, encoded: &[u8]) -> crate::query::Reply {
    service::serve(&actions::API, cx, encoded).await
}
