//! Tests of publishing.

use thingwarden_store::records::{Delivery, Message, Subscription, SubscriptionState, Topic};
use thingwarden_store::{Filter, Scope};

use crate::api::testing::Api;
use crate::sns::{NewMessage, PublishError, publish};

const UUID: &str = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
const ARN: &str = "arn:aws:sns:us-east-1:123456789012:t";

fn subscription(uuid: &str, state: SubscriptionState) -> Subscription {
    let endpoint = format!("http://example.com/{uuid}");
    Subscription { state, ..Subscription::new("t", uuid, "http", &endpoint, "123456789012", 1) }
}

fn with_topic() -> Api {
    let api = Api::new();
    api.write(|writer| {
        let topic = Topic {
            name: "t".to_owned(),
            attributes: Default::default(),
            policy: None,
            policy_ids: Default::default(),
            signature_version: 1,
            created_ms: 1,
        };
        let writer = writer.write_in_scope(&Scope::new("123456789012", "us-east-1"))?;
        writer.insert(&topic)
    });
    api
}

fn publish_from(api: &Api, region: &'static str, arn: &'static str, text: &'static str) {
    api.write(move |writer| {
        let writer = writer.write_in_scope(&Scope::new("123456789012", region))?;
        publish(&writer, 5, arn, &NewMessage::text(text.to_owned())).unwrap();
        Ok(())
    });
}

fn kept(api: &Api, region: &str) -> (Vec<Delivery>, Vec<Message>) {
    api.read(|store| {
        let store = store.in_scope(&Scope::new("123456789012", region))?;
        Ok((store.all(&[])?, store.all(&[])?))
    })
}

#[test]
fn a_message_is_delivered_to_whoever_confirmed_wherever_it_was_published() {
    let api = with_topic();
    api.write(|writer| {
        let writer = writer.write_in_scope(&Scope::new("123456789012", "us-east-1"))?;
        writer.insert(&subscription(UUID, SubscriptionState::Confirmed))?;
        writer.insert(&subscription("p", SubscriptionState::Pending))?;
        writer.insert(&subscription("d", SubscriptionState::Deleted))
    });
    publish_from(&api, "eu-west-1", ARN, "hello");
    let (deliveries, messages) = kept(&api, "us-east-1");
    let targets: Vec<&str> = deliveries.iter().map(|delivery| delivery.target.as_str()).collect();
    assert_eq!(targets, [format!("{ARN}:{UUID}")]);
    assert_eq!((messages.len(), messages[0].message.as_str()), (1, "hello"));
    assert_eq!(deliveries[0].message_id, messages[0].id);
    assert_eq!(kept(&api, "eu-west-1").0, []);
}

#[test]
fn without_subscribers_nothing_is_kept() {
    let api = with_topic();
    publish_from(&api, "us-east-1", ARN, "hello");
    assert_eq!(kept(&api, "us-east-1"), (vec![], vec![]));
}

#[test]
fn a_topic_that_is_not_here_is_one_delivery_to_sns() {
    let api = Api::new();
    publish_from(&api, "us-east-1", "arn:aws:sns:eu-west-1:999999999999:far", "hello");
    let (deliveries, messages) = kept(&api, "us-east-1");
    assert_eq!((deliveries.len(), messages.len()), (1, 1));
    assert_eq!(deliveries[0].target, "sns:arn:aws:sns:eu-west-1:999999999999:far");
    let waiting = [Filter::eq("state", "WAITING")];
    let groups = api.read(|store| store.groups::<Delivery>("target", &waiting, 1));
    assert_eq!(groups.len(), 1);
}

#[test]
fn what_cannot_be_published_is_refused_and_leaves_nothing() {
    let api = with_topic();
    api.write(|writer| {
        let large = NewMessage::text("x".repeat(262_145));
        assert!(matches!(publish(writer, 5, ARN, &large), Err(PublishError::TooLarge { bytes: 262_145 })));
        let text = NewMessage::text(String::new());
        assert!(matches!(publish(writer, 5, "t", &text), Err(PublishError::NotATopic(_))));
        Ok(())
    });
    assert_eq!(kept(&api, "us-east-1"), (vec![], vec![]));
}
