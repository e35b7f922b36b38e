//! Tests of subscriptions: their life, and what they let through.

use thingwarden_store::records::{MessageKind, Subscription, SubscriptionState};

use super::{ARN, last_token, outbox, read, with_topic};
use crate::iam::testing::Server;

const HTTP: [(&str, &str); 3] =
    [("TopicArn", ARN), ("Protocol", "http"), ("Endpoint", "http://example.com/hook")];
const QUEUE: [(&str, &str); 3] =
    [("TopicArn", ARN), ("Protocol", "sqs"), ("Endpoint", "arn:aws:sqs:us-east-1:123456789012:q")];

fn subscriptions(server: &Server) -> Vec<Subscription> {
    read(server, |store| store.all(&[]))
}

fn confirmed(server: &Server) -> String {
    server.sns("Subscribe", &HTTP);
    let token = last_token(server);
    server.sns("ConfirmSubscription", &[("TopicArn", ARN), ("Token", &token)]).text("SubscriptionArn")
}

fn publish(server: &Server, more: &[(&str, &str)]) {
    let parameters = [&[("TopicArn", ARN), ("Message", "m")], more].concat();
    server.sns("Publish", &parameters);
}

#[test]
fn an_endpoint_confirms_with_its_token() {
    let server = with_topic();
    assert_eq!(server.sns("Subscribe", &HTTP).text("SubscriptionArn"), "pending confirmation");
    let list = server.sns("ListSubscriptionsByTopic", &[("TopicArn", ARN)]);
    assert_eq!(list.text("SubscriptionArn"), "PendingConfirmation");
    let (target, message) = outbox(&server).pop().unwrap();
    assert!(matches!(message.kind, MessageKind::SubscriptionConfirmation { .. }));
    publish(&server, &[]);
    assert_eq!(outbox(&server).len(), 1, "nothing for who has not confirmed");
    let bad = [("TopicArn", ARN), ("Token", "nonsense")];
    assert_eq!(server.sns_error("ConfirmSubscription", &bad), (400, "InvalidParameter".to_owned()));
    let token = last_token(&server);
    for _ in 0..2 {
        let answer = server.sns("ConfirmSubscription", &[("TopicArn", ARN), ("Token", &token)]);
        assert_eq!(answer.text("SubscriptionArn"), target);
    }
    publish(&server, &[]);
    assert_eq!(outbox(&server).last().unwrap().0, target);
    assert_eq!(server.sns("Subscribe", &HTTP).text("SubscriptionArn"), target, "as it is");
}

#[test]
fn tokens_expire_and_what_nobody_confirmed_goes() {
    let mut server = with_topic();
    server.sns("Subscribe", &HTTP);
    let token = last_token(&server);
    server.advance_seconds(2 * 86_400 + 1);
    let late = [("TopicArn", ARN), ("Token", token.as_str())];
    assert_eq!(server.sns_error("ConfirmSubscription", &late).1, "InvalidParameter");
    server.sns("Subscribe", &QUEUE);
    assert_eq!(subscriptions(&server).len(), 1);
}

#[test]
fn own_queues_and_functions_are_confirmed_at_once() {
    let server = with_topic();
    let arn = server.sns("Subscribe", &QUEUE).text("SubscriptionArn");
    assert!(arn.starts_with(&format!("{ARN}:")), "{arn}");
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    server.sns("Subscribe", &[("TopicArn", ARN), ("Protocol", "lambda"), ("Endpoint", function)]);
    let mut foreign = QUEUE;
    foreign[2].1 = "arn:aws:sqs:us-east-1:999999999999:q";
    assert_eq!(server.sns("Subscribe", &foreign).text("SubscriptionArn"), "pending confirmation");
    publish(&server, &[]);
    let notifications =
        outbox(&server).into_iter().filter(|(_, message)| message.kind == MessageKind::Notification);
    assert_eq!(notifications.count(), 2);
}

#[test]
fn an_ended_subscription_can_be_taken_back() {
    let server = with_topic();
    let arn = confirmed(&server);
    server.sns("Unsubscribe", &[("SubscriptionArn", &arn)]);
    let list = server.sns("ListSubscriptionsByTopic", &[("TopicArn", ARN)]);
    assert_eq!(list.text("SubscriptionArn"), "Deleted");
    assert!(matches!(outbox(&server).pop().unwrap().1.kind, MessageKind::UnsubscribeConfirmation { .. }));
    let before = outbox(&server).len();
    publish(&server, &[]);
    assert_eq!(outbox(&server).len(), before);
    let token = last_token(&server);
    let again = server.sns("ConfirmSubscription", &[("TopicArn", ARN), ("Token", &token)]);
    assert_eq!(again.text("SubscriptionArn"), arn);
    let queue = server.sns("Subscribe", &QUEUE).text("SubscriptionArn");
    for _ in 0..2 {
        server.sns("Unsubscribe", &[("SubscriptionArn", &queue)]);
    }
    assert_eq!(subscriptions(&server).len(), 1, "a queue needs no notice");
}

#[test]
fn attributes_choose_what_comes_and_how() {
    let server = with_topic();
    let policy = r#"{"kind":["audit"]}"#;
    let asked = [
        &QUEUE[..],
        &[
            ("Attributes.entry.1.key", "FilterPolicy"),
            ("Attributes.entry.1.value", policy),
            ("Attributes.entry.2.key", "RawMessageDelivery"),
            ("Attributes.entry.2.value", "true"),
        ],
    ]
    .concat();
    let arn = server.sns("Subscribe", &asked).text("SubscriptionArn");
    assert_eq!(server.sns_error("Subscribe", &QUEUE).1, "InvalidParameter", "with other attributes");
    publish(&server, &[]);
    assert!(outbox(&server).is_empty());
    let attribute = |value| {
        [
            ("MessageAttributes.entry.1.Name", "kind"),
            ("MessageAttributes.entry.1.Value.DataType", "String"),
            ("MessageAttributes.entry.1.Value.StringValue", value),
        ]
    };
    publish(&server, &attribute("other"));
    publish(&server, &attribute("audit"));
    assert_eq!(outbox(&server).len(), 1);
    let set =
        |name, value| [("SubscriptionArn", arn.as_str()), ("AttributeName", name), ("AttributeValue", value)];
    for (name, value) in [
        ("FilterPolicy", "{"),
        ("FilterPolicyScope", "Everything"),
        ("RawMessageDelivery", "maybe"),
        ("RedrivePolicy", "{}"),
        ("DeliveryPolicy", "[]"),
        ("SubscriptionRoleArn", "x"),
        ("Nonsense", "x"),
    ] {
        let error = server.sns_error("SetSubscriptionAttributes", &set(name, value));
        assert_eq!(error, (400, "InvalidParameter".to_owned()), "{name}");
    }
    server.sns("SetSubscriptionAttributes", &set("FilterPolicyScope", "MessageBody"));
    server.sns("Publish", &[("TopicArn", ARN), ("Message", r#"{"kind":"audit"}"#)]);
    publish(&server, &attribute("audit"));
    assert_eq!(outbox(&server).len(), 2);
    let shown = server.sns("GetSubscriptionAttributes", &[("SubscriptionArn", &arn)]);
    assert!(shown.body().contains("<key>FilterPolicyScope</key><value>MessageBody</value>"));
    assert!(shown.body().contains("<key>RawMessageDelivery</key><value>true</value>"));
}

#[test]
fn endpoints_that_are_none_are_refused() {
    let server = with_topic();
    for (protocol, endpoint) in
        [("http", "https://example.com"), ("sms", "+15550100"), ("ftp", "x"), ("email", "x"), ("sqs", "q")]
    {
        let asked = [("TopicArn", ARN), ("Protocol", protocol), ("Endpoint", endpoint)];
        assert_eq!(server.sns_error("Subscribe", &asked), (400, "InvalidParameter".to_owned()), "{protocol}");
    }
    assert_eq!(subscriptions(&server), []);
}

#[test]
fn a_batch_tells_of_each_message() {
    let server = with_topic();
    server.sns("Subscribe", &QUEUE);
    let entry = |number: usize, member: &str| format!("PublishBatchRequestEntries.member.{number}.{member}");
    let batch = |entries: &[(&str, &str)]| {
        let mut asked = vec![("TopicArn".to_owned(), ARN.to_owned())];
        for (index, (id, message)) in entries.iter().enumerate() {
            asked.push((entry(index + 1, "Id"), (*id).to_owned()));
            asked.push((entry(index + 1, "Message"), (*message).to_owned()));
        }
        asked
    };
    let ask = |entries: &[(&str, &str)]| {
        let asked = batch(entries);
        let asked: Vec<(&str, &str)> = asked.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        server.ask_sns("PublishBatch", &asked)
    };
    let answer = ask(&[("a", "1"), ("b", ""), ("c", "3")]);
    assert_eq!(
        (answer.texts("Id"), answer.text("Code")),
        (vec!["a".into(), "c".into(), "b".into()], "InvalidParameter".into())
    );
    let texts: Vec<String> = outbox(&server).into_iter().map(|(_, message)| message.message).collect();
    assert_eq!(texts, ["1", "3"]);
    let large = "x".repeat(131_073);
    let many: Vec<String> = (0..11).map(|number| number.to_string()).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|id| (id.as_str(), "m")).collect();
    for (entries, code) in [
        (&[][..], "EmptyBatchRequest"),
        (&many, "TooManyEntriesInBatchRequest"),
        (&[("a", "1"), ("a", "2")], "BatchEntryIdsNotDistinct"),
        (&[("a b", "1")], "InvalidBatchEntryId"),
        (&[("a", &large), ("b", &large)], "BatchRequestTooLong"),
    ] {
        assert_eq!(ask(entries).text("Code"), code);
    }
    assert_eq!(subscriptions(&server)[0].state, SubscriptionState::Confirmed);
    assert_eq!(outbox(&server).len(), 2);
}
