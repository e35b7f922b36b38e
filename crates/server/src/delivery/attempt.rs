//! One attempt: which way a message takes to its target, and what came of it.

use std::time::Duration;

use thingwarden_store::records::{Message, MessageKind, Subscription, Topic};
use thingwarden_store::{Scope, StoreError};

use super::retries::{self, HttpPolicy, Retries};
use super::target::Target;
use super::{email, http, lambda, sns, sqs};
use crate::api::App;
use crate::egress::SendError;
use crate::sns::{Document, SubscriptionArn};

/// What is known of a target when a message is to go there.
#[derive(Debug)]
pub(super) enum Endpoint {
    /// A subscription, with its topic's version of signatures.
    Subscription {
        arn: SubscriptionArn,
        subscription: Box<Subscription>,
        signature_version: u8,
        policy: HttpPolicy,
    },
    /// A subscription's dead-letter queue: its ARN.
    DeadLetterQueue { arn: SubscriptionArn, queue: String, signature_version: u8 },
    /// A topic of SNS: its ARN and region.
    Sns { arn: String, region: String },
}

/// Why a message did not arrive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    /// For whoever wonders; no secrets.
    pub(super) why: String,
    /// Whether there is no use in trying again.
    pub(super) is_permanent: bool,
}

impl Failure {
    pub(super) fn permanent(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_permanent: true }
    }

    pub(super) fn passing(why: impl Into<String>) -> Self {
        Self { why: why.into(), is_permanent: false }
    }
}

impl From<SendError> for Failure {
    fn from(error: SendError) -> Self {
        Self { why: error.to_string(), is_permanent: error.is_permanent() }
    }
}

impl Endpoint {
    /// Looks a target up; none when there is no such target any more.
    pub(super) fn find(app: &App, target: &str) -> Result<Option<Self>, StoreError> {
        let (arn, is_queue) = match Target::parse(target) {
            None => return Ok(None),
            Some(Target::Sns(topic)) => {
                let region = topic.scope.region.to_string();
                return Ok(Some(Self::Sns { arn: topic.to_string(), region }));
            }
            Some(Target::Subscription(arn)) => (arn, false),
            Some(Target::DeadLetterQueue(arn)) => (arn, true),
        };
        let scope: &Scope = &arn.topic.scope;
        app.store.read(scope, |store| {
            let id = Subscription::id_of(&arn.topic.name, &arn.uuid);
            let Some(subscription) = store.get::<Subscription>(&id)? else { return Ok(None) };
            let topic = store.get::<Topic>(&arn.topic.name)?;
            let signature_version = topic.as_ref().map_or(1, |topic| topic.signature_version);
            if is_queue {
                let policy = subscription.redrive_policy.as_deref();
                let queue = policy.and_then(dead_letter_target);
                return Ok(queue.map(|queue| Self::DeadLetterQueue {
                    arn: arn.clone(),
                    queue,
                    signature_version,
                }));
            }
            let of_topic = topic.as_ref().and_then(|topic| topic.attributes.get("DeliveryPolicy"));
            let policy =
                retries::http_policy(subscription.delivery_policy.as_deref(), of_topic.map(String::as_str));
            let subscription = Box::new(subscription);
            Ok(Some(Self::Subscription { arn: arn.clone(), subscription, signature_version, policy }))
        })
    }

    /// Whether the message is still for this target: an ended subscription gets nothing but the notice of its end, and one
    /// that is not confirmed nothing but the question.
    pub(super) fn wants(&self, message: &Message) -> bool {
        match (self, &message.kind) {
            (Self::Subscription { subscription, .. }, MessageKind::Notification) => {
                subscription.is_confirmed()
            }
            _ => true,
        }
    }

    /// When deliveries that fail are tried again.
    pub(super) fn retries(&self) -> Retries {
        match self {
            Self::Subscription { subscription, policy, .. } => match &*subscription.protocol {
                "http" | "https" => policy.retries,
                "email" => retries::EMAIL,
                _ => retries::AWS,
            },
            Self::DeadLetterQueue { .. } | Self::Sns { .. } => retries::AWS,
        }
    }

    /// How long to wait between messages.
    pub(super) fn pause(&self) -> Option<Duration> {
        let Self::Subscription { policy: HttpPolicy { per_second, .. }, .. } = self else { return None };
        per_second.map(|most| Duration::from_secs(1) / most)
    }

    /// How the protocol is called in numbers.
    pub(super) fn protocol(&self) -> &'static str {
        match self {
            Self::Subscription { subscription, .. } => match &*subscription.protocol {
                "http" => "http",
                "https" => "https",
                "lambda" => "lambda",
                "sqs" => "sqs",
                "email" => "email",
                _ => "other",
            },
            Self::DeadLetterQueue { .. } => "sqs",
            Self::Sns { .. } => "sns",
        }
    }

    /// Tries once.
    ///
    /// # Errors
    /// Why it did not arrive.
    pub(super) async fn send(&self, app: &App, message: &Message) -> Result<(), Failure> {
        match self {
            Self::Sns { arn, region } => sns::publish(app, arn, region, message).await,
            Self::DeadLetterQueue { arn, queue, signature_version } => {
                let document = document(app, arn, "sqs", *signature_version, message)?;
                sqs::send(app, queue, document.to_json(), None, &arn.topic.name, &message.id).await
            }
            Self::Subscription { arn, subscription, signature_version, policy } => {
                let protocol = &*subscription.protocol;
                let document = document(app, arn, protocol, *signature_version, message)?;
                let is_raw = subscription.raw && message.kind == MessageKind::Notification;
                match protocol {
                    "http" | "https" => {
                        http::send(app, arn, &subscription.endpoint, &document, is_raw, policy).await
                    }
                    "lambda" => {
                        lambda::send(app, &subscription.endpoint, &document.to_lambda_event(arn)).await
                    }
                    "sqs" => {
                        let (body, attributes) = if is_raw {
                            (document.message.clone(), Some(&message.attributes))
                        } else {
                            (document.to_json(), None)
                        };
                        let queue = &subscription.endpoint;
                        sqs::send(app, queue, body, attributes, &arn.topic.name, &message.id).await
                    }
                    "email" => email::send(app, &subscription.endpoint, &document).await,
                    other => {
                        Err(Failure::permanent(format!("there is no delivery by `{}`", other.escape_debug())))
                    }
                }
            }
        }
    }
}

fn document(
    app: &App,
    arn: &SubscriptionArn,
    protocol: &str,
    signature_version: u8,
    message: &Message,
) -> Result<Document, Failure> {
    let document = app.signer.document(arn, protocol, signature_version, message);
    document.map_err(|_| Failure::passing("the message could not be signed"))
}

/// The queue of a redrive policy.
fn dead_letter_target(policy: &str) -> Option<String> {
    let policy: serde_json::Value = serde_json::from_str(policy).ok()?;
    Some(policy.get("deadLetterTargetArn")?.as_str()?.to_owned())
}
