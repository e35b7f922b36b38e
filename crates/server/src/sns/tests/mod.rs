//! Tests of SNS without HTTP and signatures.

mod access;
mod publish;
mod subscriptions;
mod topics;

use thingwarden_store::records::{Delivery, Message, MessageKind};
use thingwarden_store::{Reader, Scope, StoreError};

use crate::iam::testing::{ACCOUNT, Server};

const REGION: &str = "us-east-1";
const ARN: &str = "arn:aws:sns:us-east-1:123456789012:t";

/// A server with the topic `t`.
fn with_topic() -> Server {
    let server = Server::new();
    assert_eq!(server.sns("CreateTopic", &[("Name", "t")]).text("TopicArn"), ARN);
    server
}

fn read<R>(server: &Server, work: impl FnOnce(&Reader<'_>) -> Result<R, StoreError>) -> R {
    server.cx.app.store.read(&Scope::new(ACCOUNT, REGION), work).unwrap()
}

/// What is to be delivered: targets and messages, in order.
fn outbox(server: &Server) -> Vec<(String, Message)> {
    read(server, |store| {
        let deliveries = store.all::<Delivery>(&[])?;
        let with = |it: Delivery| Ok((it.target, store.require::<Message>(&it.message_id)?));
        deliveries.into_iter().map(with).collect()
    })
}

/// The token of the last message that asks an endpoint something.
fn last_token(server: &Server) -> String {
    match outbox(server).pop().unwrap().1.kind {
        MessageKind::SubscriptionConfirmation { token } | MessageKind::UnsubscribeConfirmation { token } => {
            token
        }
        MessageKind::Notification => panic!("the last message is a notification"),
    }
}
