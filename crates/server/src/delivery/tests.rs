//! Deliveries from the outbox to servers of every kind.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use thingwarden_store::records::{Delivery, DeliveryState, Message, Subscription, SubscriptionState, Topic};
use thingwarden_store::{Actor, Scope, StoreError, Writer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::lane::{self, End, Key, Report};
use super::*;
use crate::api::App;
use crate::egress::AddressRules;
use crate::http::Stop;
use crate::sns::{NewMessage, publish};
use crate::workers::Workers;

const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:t";

struct World {
    _folder: TempDir,
    app: Arc<App>,
}

fn scope() -> Scope {
    Scope::new("123456789012", "us-east-1")
}

fn arn(at: u8) -> String {
    format!("{TOPIC}:6ba7b810-9dad-11d1-80b4-00c04fd430c{at}")
}

fn key(at: u8) -> Key {
    let scope = scope();
    Key { account: scope.account, region: scope.region, target: arn(at) }
}

impl World {
    fn new(change: impl FnOnce(&mut App)) -> Self {
        let (folder, mut app) = crate::api::testing::app();
        change(&mut app);
        let world = Self { _folder: folder, app: Arc::new(app) };
        world.write(|store| {
            let attributes = Default::default();
            store.insert(&Topic {
                name: "t".to_owned(),
                attributes,
                policy: None,
                policy_ids: Default::default(),
                signature_version: 1,
                created_ms: 1,
            })
        });
        world
    }

    fn write<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Writer<'_>) -> Result<R, StoreError> + Send + 'static,
    ) -> R {
        let actor = Actor {
            principal: "test".to_owned(),
            operation: "test".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: 1,
        };
        let store = self.app.store.clone();
        // Tests run in a runtime, where waiting for the store is not allowed.
        std::thread::spawn(move || store.write_waiting(&scope(), actor, work).unwrap()).join().unwrap()
    }

    fn subscribe(&self, at: u8, protocol: &str, endpoint: &str, change: impl FnOnce(&mut Subscription)) {
        let arn = arn(at);
        let uuid = arn.rsplit(':').next().unwrap();
        let mut subscription = Subscription::new("t", uuid, protocol, endpoint, "123456789012", 1);
        subscription.state = SubscriptionState::Confirmed;
        change(&mut subscription);
        self.write(move |store| store.put(&subscription));
    }

    fn publish(&self, texts: &[&str]) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        self.write(move |store| {
            for text in texts {
                let new = NewMessage { subject: Some("s".to_owned()), ..NewMessage::text(text) };
                publish(store, 5, TOPIC, &new).unwrap();
            }
            Ok(())
        });
    }

    async fn lane(&self, at: u8) -> Report {
        let (_trigger, stop) = Stop::new();
        lane::run(&self.app, &key(at), &stop).await
    }

    fn kept(&self) -> (Vec<Delivery>, usize) {
        let read = |store: &thingwarden_store::Reader<'_>| {
            Ok::<_, StoreError>((store.all::<Delivery>(&[])?, store.all::<Message>(&[])?.len()))
        };
        self.app.store.read(&scope(), read).unwrap()
    }
}

type Seen = Arc<Mutex<Vec<String>>>;

/// A server that answers its requests with these status lines, the last for ever; and what it was sent.
async fn answering(statuses: &'static [&'static str]) -> (String, Seen) {
    answering_with(statuses, "{}").await
}

async fn answering_with(statuses: &'static [&'static str], body: &'static str) -> (String, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let seen: Seen = Arc::default();
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = String::new();
            let mut chunk = [0; 65536];
            while let Ok(read @ 1..) = stream.read(&mut chunk).await {
                request.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
                let length = request.split("content-length: ").nth(1);
                let length: usize = length.and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
                if request.split_once("\r\n\r\n").is_some_and(|(_, body)| body.len() >= length) {
                    break;
                }
            }
            let at = {
                let mut seen = kept.lock().unwrap();
                seen.push(request);
                seen.len() - 1
            };
            let status = statuses[at.min(statuses.len() - 1)];
            let length = body.len();
            let text =
                format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}");
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (base, seen)
}

fn body(request: &str) -> &str {
    request.split_once("\r\n\r\n").unwrap().1
}

fn messages(seen: &Seen) -> Vec<String> {
    let text = |request: &String| {
        let document: Value = serde_json::from_str(body(request)).unwrap();
        document["Message"].as_str().unwrap().to_owned()
    };
    seen.lock().unwrap().iter().map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_in_order_as_sns_sends_them() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["200 OK"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.publish(&["a", "b", "c"]);
    assert_eq!(world.lane(1).await.end, End::Empty);
    assert_eq!(messages(&seen), ["a", "b", "c"]);
    assert_eq!(world.kept(), (vec![], 0));
    let first = seen.lock().unwrap()[0].to_lowercase();
    for line in [
        "post / http/1.1",
        "x-amz-sns-message-type: notification",
        &format!("x-amz-sns-topic-arn: {}", TOPIC.to_lowercase()),
        &format!("x-amz-sns-subscription-arn: {}", arn(1).to_lowercase()),
        "x-amz-sns-message-id: ",
        "content-type: text/plain; charset=utf-8",
        "user-agent: amazon simple notification service agent",
    ] {
        assert!(first.contains(line), "{line} is not in {first}");
    }
    assert!(!first.contains("rawdelivery"));
}

#[tokio::test(flavor = "multi_thread")]
async fn raw_messages_come_alone() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["204 No Content"]).await;
    world.subscribe(1, "http", &base, |subscription| subscription.raw = true);
    world.publish(&["{\"a\":1}"]);
    world.lane(1).await;
    let seen = seen.lock().unwrap().remove(0);
    assert!(seen.contains("x-amz-sns-rawdelivery: true") && seen.ends_with("\r\n\r\n{\"a\":1}"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_is_tried_again_before_the_next() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["500 x", "429 x", "200 OK"]).await;
    let policy = r#"{"healthyRetryPolicy":{"numRetries":3,"numNoDelayRetries":3}}"#;
    world.subscribe(1, "http", &base, |subscription| subscription.delivery_policy = Some(policy.to_owned()));
    world.publish(&["a", "b"]);
    for attempts in 1..=2 {
        assert!(matches!(world.lane(1).await.end, End::Until(_)));
        let (deliveries, _) = world.kept();
        assert_eq!((deliveries.len(), deliveries[0].retries.attempts), (2, attempts));
        assert!(
            deliveries[0].retries.last_error.as_ref().unwrap().starts_with("HTTP status"),
            "{deliveries:?}"
        );
    }
    assert_eq!(world.lane(1).await.end, End::Empty);
    assert_eq!(messages(&seen), ["a", "a", "a", "b"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_due_waits_unless_the_clock_was_wrong() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["503 x"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.publish(&["a"]);
    let End::Until(until_ms) = world.lane(1).await.end else { panic!("it did not fail") };
    assert_eq!(world.lane(1).await.end, End::Until(until_ms));
    assert_eq!(seen.lock().unwrap().len(), 1);
    world.write(|store| {
        let mut delivery = store.all::<Delivery>(&[])?.remove(0);
        delivery.retries.next_ms = i64::MAX;
        store.update(&delivery)
    });
    world.lane(1).await;
    assert_eq!(seen.lock().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_arrive_is_dead_and_can_be_brought_back() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["404 x", "404 x", "200 OK"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.publish(&["a", "b"]);
    assert_eq!(world.lane(1).await.end, End::Empty);
    let (deliveries, messages_kept) = world.kept();
    assert_eq!(messages_kept, 2);
    for delivery in &deliveries {
        assert_eq!(
            (delivery.state, delivery.retries.last_error.as_deref()),
            (DeliveryState::Dead, Some("HTTP status 404"))
        );
    }
    let all = world.app.store.read(&scope(), |store| queues(store, None, 9)).unwrap();
    assert_eq!((all.len(), all[0].dead, all[0].waiting, all[0].attempts), (1, 2, 0, 1));
    assert_eq!(all[0].endpoint, Some(("http".to_owned(), base)));
    assert_eq!(world.write(|store| redrive(store, Some("another"), 7)), 0);
    assert_eq!(world.write(|store| redrive(store, None, 7)), 2);
    assert_eq!(world.lane(1).await.end, End::Empty);
    assert_eq!(messages(&seen), ["a", "b", "a", "b"]);
    assert_eq!(world.kept(), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_deliveries_are_thrown_away_when_somebody_says_so_or_when_they_are_old() {
    let world = World::new(|_| {});
    let (base, _) = answering(&["400 x"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.publish(&["a", "b", "c"]);
    world.lane(1).await;
    assert_eq!(world.write(|store| outbox::forget_dead(store, 5)), 0);
    let one = world.kept().0.remove(0);
    world.write(move |store| outbox::done(store, &one));
    assert_eq!(world.kept().1, 2);
    assert_eq!(world.write(|store| purge(store, DeliveryState::Waiting, None)), 0);
    assert_eq!(world.write(|store| outbox::forget_dead(store, 6)), 2);
    assert_eq!(world.kept(), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_that_are_not_public_are_refused_and_everybody_can_see_it() {
    let world = World::new(|app| app.egress = crate::egress::testing::client(AddressRules::default()));
    let (base, seen) = answering(&["200 OK"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.publish(&["a"]);
    world.lane(1).await;
    let (deliveries, _) = world.kept();
    assert_eq!(deliveries[0].state, DeliveryState::Dead);
    assert!(
        deliveries[0].retries.last_error.as_ref().unwrap().contains("`127.0.0.1` is at 127.0.0.1"),
        "{deliveries:?}"
    );
    assert_eq!(seen.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_is_gone_gets_nothing_and_a_message_stays_for_others() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["200 OK"]).await;
    world.subscribe(1, "http", &base, |_| {});
    world.subscribe(2, "http", &base, |_| {});
    world.publish(&["a"]);
    world.subscribe(1, "http", &base, |subscription| subscription.state = SubscriptionState::Deleted);
    assert_eq!(world.lane(1).await.end, End::Empty);
    assert_eq!(seen.lock().unwrap().len(), 0);
    assert_eq!((world.kept().0.len(), world.kept().1), (1, 1));
    world.lane(2).await;
    assert_eq!(messages(&seen), ["a"]);
    assert_eq!(world.kept(), (vec![], 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_gets_the_event_of_sns() {
    let (base, seen) = answering(&["202 Accepted"]).await;
    let function = "arn:aws:lambda:us-east-1:123456789012:function:f";
    let url = base.clone();
    let world = World::new(move |app| {
        let settings = [("THINGWARDEN_NOTIFICATIONS__FUNCTIONS".into(), format!("{function}={url}").into())];
        app.notifications = crate::config::load(None, &settings, &[]).unwrap().settings.notifications;
        app.egress = crate::egress::testing::client(AddressRules::default());
    });
    world.subscribe(1, "lambda", function, |_| {});
    world.publish(&["a"]);
    world.lane(1).await;
    let seen = seen.lock().unwrap().remove(0);
    assert!(seen.starts_with("POST /2015-03-31/functions/f/invocations HTTP/1.1"), "{seen}");
    assert!(seen.contains("x-amz-invocation-type: Event"), "{seen}");
    let event: Value = serde_json::from_str(body(&seen)).unwrap();
    assert_eq!(
        (&event["Records"][0]["Sns"]["Message"], &event["Records"][0]["EventSource"]),
        (&"a".into(), &"aws:sns".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn aws_is_called_where_its_endpoint_was_set() {
    let answer = r#"{"QueueUrl":"http://sqs.example.com/123456789012/q","MessageId":"m"}"#;
    let (base, seen) = answering_with(&["200 OK"], answer).await;
    let url = base.clone();
    let world = World::new(move |app| {
        let variables = [
            ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "secret"),
            ("AWS_ENDPOINT_URL_SQS", &url),
            ("AWS_ENDPOINT_URL_LAMBDA", &url),
            ("AWS_ENDPOINT_URL_SNS", &url),
        ];
        app.aws = crate::egress::testing::aws(&variables);
    });
    let queue = "arn:aws:sqs:eu-west-1:123456789012:q";
    world.subscribe(1, "sqs", queue, |_| {});
    world.subscribe(2, "lambda", "arn:aws:lambda:us-east-1:123456789012:function:f", |_| {});
    let policy = format!(r#"{{"deadLetterTargetArn":"{queue}"}}"#);
    world.subscribe(3, "nonsense", "x", |subscription| subscription.redrive_policy = Some(policy));
    world.publish(&["a"]);
    world.write(|store| {
        let new = NewMessage { subject: Some("s&".to_owned()), ..NewMessage::text("far".to_owned()) };
        publish(store, 5, "arn:aws:sns:us-west-2:999999999999:far", &new).unwrap();
        Ok(())
    });
    for at in 1..=3 {
        assert_eq!(world.lane(at).await.end, End::Empty);
    }
    let (_trigger, stop) = Stop::new();
    for target in
        [target::dead_letter_queue(&arn(3)), "sns:arn:aws:sns:us-west-2:999999999999:far".to_owned()]
    {
        assert_eq!(lane::run(&world.app, &Key { target, ..key(1) }, &stop).await.end, End::Empty);
    }
    assert_eq!(world.kept(), (vec![], 0));

    let seen = seen.lock().unwrap();
    let starts: Vec<&str> = seen.iter().map(|request| request.lines().next().unwrap()).collect();
    let invoke = "POST /2015-03-31/functions/arn%3Aaws%3Alambda%3Aus%2Deast%2D1%3A123456789012%3Afunction%3Af/invocations HTTP/1.1";
    // The URL of the queue is known by the second time.
    assert_eq!(starts, [&["POST / HTTP/1.1"; 2][..], &[invoke], &["POST / HTTP/1.1"; 2][..]].concat());
    assert!(
        seen[0].contains("x-amz-target: AmazonSQS.GetQueueUrl")
            && seen[0].contains("/eu-west-1/sqs/aws4_request")
    );
    let sent: Value = serde_json::from_str(body(&seen[1])).unwrap();
    assert_eq!(sent["QueueUrl"], "http://sqs.example.com/123456789012/q");
    for request in [&seen[1], &seen[3]] {
        let sent: Value = serde_json::from_str(body(request)).unwrap();
        let document: Value = serde_json::from_str(sent["MessageBody"].as_str().unwrap()).unwrap();
        assert_eq!(document["Message"], "a");
    }
    let form = "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aus-west-2%3A999999999999%3Afar&Subject=s%26&Message=far";
    assert!(seen[4].contains("/us-west-2/sns/aws4_request"), "{}", seen[4]);
    assert_eq!(body(&seen[4]), form);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_aws_are_told_apart() {
    let gone = r#"{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"no queue"}"#;
    let throttled = r#"{"__type":"com.amazonaws.sqs#RequestThrottled"}"#;
    for (body, state) in [(gone, DeliveryState::Dead), (throttled, DeliveryState::Waiting)] {
        let (base, _) = answering_with(&["400 x"], body).await;
        let keys = [("AWS_ACCESS_KEY_ID", "A"), ("AWS_SECRET_ACCESS_KEY", "s"), ("AWS_ENDPOINT_URL", &base)];
        let aws = crate::egress::testing::aws(&keys);
        let world = World::new(|app| app.aws = aws);
        world.subscribe(1, "sqs", "arn:aws:sqs:eu-west-1:123456789012:q", |_| {});
        world.publish(&["a"]);
        world.lane(1).await;
        let (deliveries, _) = world.kept();
        assert_eq!(deliveries[0].state, state, "{deliveries:?}");
        assert!(
            deliveries[0].retries.last_error.as_ref().unwrap().starts_with("HTTP status 400: {"),
            "{deliveries:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_worker_finds_what_waits_and_a_silent_target_holds_up_nobody() {
    let world = World::new(|_| {});
    let (base, seen) = answering(&["200 OK"]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    world.subscribe(1, "http", &format!("http://{}", silent.local_addr().unwrap()), |_| {});
    world.subscribe(2, "http", &base, |_| {});
    world.publish(&["before"]);
    let mut workers = Workers::new();
    start(&world.app, &mut workers);
    let (mut stream, _) = silent.accept().await.unwrap();
    assert!(stream.read(&mut [0; 100]).await.unwrap() > 0);
    world.publish(&["after", "more"]);
    // Nothing but what the silent one has not got is left.
    let mut changes = world.app.store.changes::<Delivery>();
    let left = async {
        while world.kept().0.iter().any(|delivery| delivery.target == arn(2)) {
            changes.changed().await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(30), left).await.unwrap();
    assert_eq!(messages(&seen), ["before", "after", "more"]);
    assert_eq!(world.kept().0.len(), 3);
    drop(stream);
    tokio::task::spawn_blocking(|| workers.stop()).await.unwrap();
}

/// A mail server that takes everything; what it was told.
async fn mail_server() -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen: Arc<Mutex<String>> = Arc::default();
    let kept = Arc::clone(&seen);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reading, mut writing) = stream.into_split();
            let mut lines = tokio::io::AsyncBufReadExt::lines(tokio::io::BufReader::new(reading));
            writing.write_all(b"220 hello\r\n").await.unwrap();
            let mut is_data = false;
            while let Ok(Some(line)) = lines.next_line().await {
                kept.lock().unwrap().push_str(&format!("{line}\n"));
                let answer = match line.as_str() {
                    "." => "250 taken",
                    _ if is_data => continue,
                    "DATA" => "354 go on",
                    _ if line.starts_with("RCPT TO:<nobody@") => "550 nobody",
                    _ => "250 well",
                };
                is_data = line == "DATA";
                writing.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
            }
        }
    });
    (address, seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn people_get_mails() {
    let (address, seen) = mail_server().await;
    let settings = [
        ("THINGWARDEN_NOTIFICATIONS__SMTP_SERVER".into(), address.into()),
        ("THINGWARDEN_NOTIFICATIONS__SMTP_TLS".into(), "none".into()),
        ("THINGWARDEN_NOTIFICATIONS__SMTP_FROM".into(), "Thingwarden <tw@example.org>".into()),
    ];
    let settings = crate::config::load(None, &settings, &[]).unwrap().settings.notifications;
    let world = World::new(|app| app.mailer = Mailer::open(&settings).unwrap());
    world.subscribe(1, "email", "you@example.org", |_| {});
    world.subscribe(2, "email", "nobody@example.org", |_| {});
    world.publish(&["hello\r\n.\r\nDATA"]);
    assert_eq!(world.lane(1).await.end, End::Empty);
    let mail = seen.lock().unwrap().clone();
    for line in [
        "MAIL FROM:<tw@example.org>",
        "RCPT TO:<you@example.org>",
        "Subject: s",
        "From: Thingwarden <tw@example.org>",
    ] {
        assert!(mail.contains(line), "{line} is not in {mail}");
    }
    // A dot alone in the message does not end it.
    assert!(mail.contains("hello\n..\nDATA\n") && mail.contains("Action=3DUnsubscribe"), "{mail}");
    world.lane(2).await;
    let (deliveries, _) = world.kept();
    assert_eq!(deliveries[0].state, DeliveryState::Dead);
    assert!(deliveries[0].retries.last_error.as_ref().unwrap().contains("nobody"), "{deliveries:?}");
}

#[test]
fn a_mail_server_needs_all_that_belongs_to_it() {
    let problems = |variables: &[(&str, &str)]| {
        let settings: Vec<_> = variables
            .iter()
            .map(|(name, value)| (format!("THINGWARDEN_NOTIFICATIONS__{name}").into(), (*value).into()))
            .collect();
        crate::config::load(None, &settings, &[]).map(|_| ()).unwrap_err().to_string()
    };
    assert!(problems(&[("SMTP_SERVER", "mail.example.org")]).contains("without `notifications.smtp_from`"));
    assert!(problems(&[("SMTP_USER", "me")]).contains("without `notifications.smtp_password_file`"));
    assert!(problems(&[("SMTP_FROM", "nobody")]).contains("expected a mail address"));
}
