//! What clients are to each other, without sockets: bytes in, bytes out, and time as it is told.

use std::sync::Arc;
use std::time::Duration;

use prometheus_client::registry::Registry;
use serde_json::json;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    ConnectionKind, MqttDelivery, MqttSession, MqttWill, QueuedMessage, RetainedMessage, StoredConnection,
    Thing,
};
use tokio::time::Instant;

use super::admission::{Refused, admit};
use super::changes::{Changes, Key, Outdated, Wake};
use super::client::Client;
use super::end::End;
use super::rights::Peer;
use super::session::Owner;
use super::*;
use crate::api::testing::Api;
use crate::config;
use crate::http::StopTrigger;

mod clocks;
mod decisions;
mod plain;
mod quotas;
mod runtime_metrics;

const ALL: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:*","Resource":"*"}}"#;

/// A broker with one certificate that may do everything, under policy `all`.
struct House {
    runtime: tokio::runtime::Runtime,
    api: Api,
    broker: Arc<Broker>,
    settings: Box<Settings>,
    certificate_arn: String,
    der: Vec<u8>,
    trigger: StopTrigger,
}

pub(super) fn make(
    runtime: &tokio::runtime::Runtime,
    api: &Api,
    settings: &Settings,
) -> (StopTrigger, Arc<Broker>) {
    let (trigger, stop) = Stop::new();
    let _in_runtime = runtime.enter();
    let credentials = Arc::new(Credentials::new(api.app().store.clone(), vec![]));
    let broker = Broker::new(api.app(), credentials, settings, &mut Registry::default(), stop);
    (trigger, broker.unwrap())
}

impl House {
    fn new(settings: &[(&'static str, &str)]) -> Self {
        let api = Api::new();
        let given = settings.iter().map(|(key, text)| config::Override {
            key,
            option: "test",
            text: (*text).to_owned(),
        });
        let settings = config::load(None, &[], &given.collect::<Vec<_>>()).unwrap().settings;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (trigger, broker) = make(&runtime, &api, &settings);
        let settings = Box::new(settings);
        api.call("CreatePolicy", json!({"policyName": "all", "policyDocument": ALL}));
        let made = api.call("CreateKeysAndCertificate", json!({"setAsActive": true}));
        let certificate_arn = made["certificateArn"].as_str().unwrap().to_owned();
        api.call("AttachPolicy", json!({"policyName": "all", "target": certificate_arn}));
        let pem = made["certificatePem"].as_str().unwrap();
        let block = thingwarden_engine::pki::pem::PemBlocks::new(pem.as_bytes()).next();
        let der = block.unwrap().unwrap().der.to_vec();
        Self { runtime, api, broker, settings, certificate_arn, der, trigger }
    }

    /// As if the process had been killed: a broker that knows what the store knows.
    fn restart(&mut self) {
        let (trigger, broker) = make(&self.runtime, &self.api, &self.settings);
        (self.trigger, self.broker) = (trigger, broker);
    }

    fn certificate_id(&self) -> &str {
        self.certificate_arn.rsplit('/').next().unwrap()
    }

    fn owner(&self) -> Owner {
        let principal = admit(&self.broker.app, &self.der, Broker::now()).unwrap();
        Owner {
            principal,
            peer: Peer { address: [192, 0, 2, 1].into(), port: 5, server_name: None, is_secure: true },
        }
    }

    /// A client of MQTT 5 that is let in, whose session lasts so long.
    fn connect(&self, id: &str, flags: u8, expiry_seconds: u8, will: &[u8]) -> Client {
        let mut client = Client::new(Arc::clone(&self.broker), self.owner());
        let mut body = b"\0\x04MQTT\x05".to_vec();
        body.extend_from_slice(&[flags, 0, 60, 5, 0x11, 0, 0, 0, expiry_seconds, 0, id.len() as u8]);
        body.extend_from_slice(id.as_bytes());
        body.extend_from_slice(will);
        let packet = [&[0x10, body.len() as u8], &*body].concat();
        send(&mut client, &packet).unwrap();
        let length = usize::from(client.output()[1]);
        assert_eq!(client.output().split_to(2 + length)[3], 0, "let in");
        client
    }

    fn end_what_is_over(&self, after: Duration) {
        for space in self.broker.all_spaces() {
            self.broker.end_what_is_over(&space, Instant::now() + after);
        }
    }
}

const CLEAN: u8 = 0x02;
const PERSISTENT: u8 = 0;

fn send(client: &mut Client, bytes: &[u8]) -> Result<(), End> {
    client.input().extend_from_slice(bytes);
    client.proceed()
}

/// Waits until everything that is to be answered is.
fn settle(client: &mut Client) {
    let waiting = tokio::runtime::Builder::new_current_thread().build().unwrap();
    while client.is_waiting() {
        waiting.block_on(client.wake().woken());
        client.proceed().unwrap();
    }
}

fn take(client: &mut Client) -> Vec<u8> {
    client.output().split().to_vec()
}

fn subscribe(client: &mut Client, filter: &str) {
    let body = [&[0, 1, 0, 0, filter.len() as u8], filter.as_bytes(), &[1]].concat();
    send(client, &[&[0x82, body.len() as u8], &*body].concat()).unwrap();
    settle(client);
    assert_eq!(take(client).last(), Some(&1), "granted");
}

fn publish(client: &mut Client, topic: &str, payload: &str) -> u8 {
    let body = [&[0, topic.len() as u8], topic.as_bytes(), &[0, 9, 0], payload.as_bytes()].concat();
    send(client, &[&[0x32, body.len() as u8], &*body].concat()).unwrap();
    settle(client);
    let answer = take(client);
    answer.get(4).copied().unwrap_or(0)
}

/// The payload of the one message that a client gets now; empty when there is none.
fn message(client: &mut Client) -> String {
    client.proceed().unwrap();
    let bytes = take(client);
    let Some((head, rest)) = bytes.split_at_checked(2) else { return String::new() };
    let topic = usize::from(u16::from_be_bytes([rest[0], rest[1]]));
    let id = if head[0] & 2 == 0 { 0 } else { 2 };
    let properties = usize::from(rest[2 + topic + id]);
    String::from_utf8(rest[3 + topic + id + properties..usize::from(head[1])].to_vec()).unwrap()
}

/// Topic `w`, payload `last`, after so many seconds.
fn will(delay_seconds: u8) -> Vec<u8> {
    [&[5, 0x18, 0, 0, 0, delay_seconds][..], b"\0\x01w\0\x04last"].concat()
}

const WITH_WILL: u8 = 0x04;

#[test]
fn a_will_waits_for_the_client_to_come_back() {
    let house = House::new(&[]);
    let mut watcher = house.connect("watcher", CLEAN, 0, &[]);
    subscribe(&mut watcher, "w");
    let mut one = house.connect("one", PERSISTENT | WITH_WILL, 200, &will(30));
    one.leave(&End::Lost);
    house.end_what_is_over(Duration::from_secs(29));
    assert_eq!(message(&mut watcher), "");
    house.end_what_is_over(Duration::from_secs(31));
    assert_eq!(message(&mut watcher), "last");
    // Who comes back in time leaves none.
    let mut one = house.connect("one", PERSISTENT | WITH_WILL, 200, &will(30));
    one.leave(&End::Lost);
    let _back = house.connect("one", PERSISTENT, 200, &[]);
    house.end_what_is_over(Duration::from_secs(31));
    assert_eq!(message(&mut watcher), "");
    // The end of the session is the end of waiting (MQTT-3.1.3-9).
    let mut one = house.connect("one", PERSISTENT | WITH_WILL, 5, &will(30));
    one.leave(&End::Lost);
    house.end_what_is_over(Duration::from_secs(6));
    assert_eq!(message(&mut watcher), "last");
}

/// Publishes something that a session keeps: what was noted before is in the store then, too.
fn fence(house: &House, reader: &mut Client) {
    subscribe(reader, "fence");
    publish(&mut house.connect("fencer", CLEAN, 0, &[]), "fence", "x");
    assert_eq!(message(reader), "x");
}

#[test]
fn wills_of_a_killed_server_are_published_by_the_next_one() {
    let mut house = House::new(&[]);
    let mut watcher = house.connect("watcher", PERSISTENT, 200, &[]);
    subscribe(&mut watcher, "w");
    let _at_once = house.connect("at-once", CLEAN | WITH_WILL, 0, &will(0));
    let _waits = house.connect("waits", PERSISTENT | WITH_WILL, 200, &will(30));
    let _comes_back = house.connect("comes-back", PERSISTENT | WITH_WILL, 200, &will(30));
    let mut polite = house.connect("polite", PERSISTENT | WITH_WILL, 200, &will(0));
    polite.leave(&End::Client { with_will: false });
    fence(&house, &mut watcher);
    house.restart();
    let mut watcher = house.connect("watcher", CLEAN, 200, &[]);
    subscribe(&mut watcher, "w");
    let _back = house.connect("comes-back", PERSISTENT, 200, &[]);
    house.end_what_is_over(Duration::ZERO);
    assert_eq!(message(&mut watcher), "last");
    house.end_what_is_over(Duration::from_secs(29));
    assert_eq!(message(&mut watcher), "");
    house.end_what_is_over(Duration::from_secs(31));
    assert_eq!(message(&mut watcher), "last");
    fence(&house, &mut watcher);
    assert_eq!(ids::<MqttWill>(&house), [""; 0]);
}

#[test]
fn the_will_of_a_certificate_that_was_deactivated_meanwhile_is_forgotten() {
    let mut house = House::new(&[]);
    let mut watcher = house.connect("watcher", PERSISTENT, 200, &[]);
    let _one = house.connect("one", CLEAN | WITH_WILL, 0, &will(0));
    fence(&house, &mut watcher);
    assert_eq!(ids::<MqttWill>(&house).len(), 1);
    let status = json!({"certificateId": house.certificate_id(), "newStatus": "INACTIVE"});
    house.api.call("UpdateCertificate", status.clone());
    house.restart();
    house.end_what_is_over(Duration::ZERO);
    house
        .api
        .call("UpdateCertificate", json!({"certificateId": house.certificate_id(), "newStatus": "ACTIVE"}));
    let mut watcher = house.connect("watcher", CLEAN, 200, &[]);
    fence(&house, &mut watcher);
    assert_eq!(ids::<MqttWill>(&house), [""; 0]);
}

#[test]
fn retained_messages_that_have_expired_leave_the_store() {
    let mut house = House::new(&[]);
    let mut one = house.connect("one", CLEAN, 200, &[]);
    let mut retain = |topic: &str, seconds: u8| {
        let body = [&[0, 1], topic.as_bytes(), &[0, 9, 5, 2, 0, 0, 0, seconds], b"x"].concat();
        send(&mut one, &[&[0x33, body.len() as u8], &*body].concat()).unwrap();
        settle(&mut one);
    };
    retain("a", 100);
    retain("b", 200);
    let space = house.broker.all_spaces().remove(0);
    space.forget_expired(clock::steady());
    space.forget_expired(clock::steady() + thingwarden_engine::time::Duration::seconds(150));
    retain("c", 0);
    assert_eq!(ids::<RetainedMessage>(&house), ["b", "c"]);
    // What expires while the process is away is forgotten at the start.
    house.restart();
    let mut one = house.connect("one", CLEAN, 200, &[]);
    fence(&house, &mut one);
    assert_eq!(ids::<RetainedMessage>(&house), ["b"]);
}

#[test]
fn a_session_ends_in_its_time_and_its_messages_with_it() {
    let house = House::new(&[]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    subscribe(&mut one, "t");
    one.leave(&End::Client { with_will: false });
    assert_eq!(publish(&mut sender, "t", "a"), 0);
    house.end_what_is_over(Duration::from_secs(99));
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    assert_eq!(message(&mut one), "a");
    one.leave(&End::Lost);
    house.end_what_is_over(Duration::from_secs(101));
    assert_eq!(publish(&mut sender, "t", "b"), 0x10, "nobody is there");
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    assert_eq!(message(&mut one), "");
}

#[test]
fn who_is_displaced_neither_gets_nor_changes_anything_more() {
    let house = House::new(&[]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    for flags in [CLEAN, PERSISTENT] {
        let mut old = house.connect("twin", PERSISTENT, 100, &[]);
        subscribe(&mut old, "t");
        let mut new = house.connect("twin", flags, 100, &[]);
        subscribe(&mut new, "t");
        publish(&mut sender, "t", "x");
        assert!(matches!(old.proceed(), Err(End::TakenOver)));
        old.leave(&End::TakenOver);
        assert_eq!(take(&mut old), [0xe0, 2, 0x8e, 0]);
        assert_eq!(message(&mut new), "x");
        new.leave(&End::Client { with_will: false });
        house.end_what_is_over(Duration::from_secs(101));
    }
}

#[test]
fn a_full_queue_is_one_clients_trouble() {
    let house = House::new(&[("limits.mqtt_queued_messages", "3")]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    let (mut slow, mut quick) = (house.connect("slow", CLEAN, 0, &[]), house.connect("quick", CLEAN, 0, &[]));
    subscribe(&mut slow, "t");
    subscribe(&mut quick, "t");
    for (text, id) in ('a'..='j').map(String::from).zip(1..) {
        publish(&mut sender, "t", &text);
        assert_eq!(message(&mut quick), text);
        send(&mut quick, &[0x40, 2, 0, id]).unwrap();
    }
    assert_eq!(house.broker.metrics.messages_dropped.get(), 7);
    assert_eq!(slow.output().len(), 0);
    slow.proceed().unwrap();
    assert_eq!(take(&mut slow).iter().filter(|byte| **byte == 0x32).count(), 3);
}

#[test]
fn the_limits_are_awss_unless_somebody_sets_them() {
    let of = |given: &[(&'static str, &str)]| {
        let given =
            given.iter().map(|(key, text)| config::Override { key, option: "test", text: (*text).into() });
        limits(&config::load(None, &[], &given.collect::<Vec<_>>()).unwrap().settings)
    };
    assert_eq!(of(&[]), Limits::default());
    let set = of(&[("limits.mqtt_topic_bytes", "300"), ("limits.mqtt_message_expiry_seconds_max", "5")]);
    assert_eq!(set, Limits { topic_bytes: 300, message_expiry_seconds_max: 5, ..Limits::default() });
}

#[test]
fn a_connection_over_websocket_lasts_as_long_as_is_set() {
    for (given, seconds) in [(vec![], 86_400), (vec![("limits.mqtt_websocket_seconds", "60")], 60)] {
        let house = House::new(&given);
        let client = Client::new(Arc::clone(&house.broker), house.owner()).over_websocket();
        let (left, over) = client.time_left();
        let (most, end) = (Duration::from_secs(seconds), over());
        assert!(left <= most && left + Duration::from_secs(30) > most && matches!(end, End::WebSocketAge));
    }
}

#[test]
fn what_was_taken_under_wider_limits_stays() {
    let deep = "1/2/3/4/5/6/7/8/9";
    let mut house = House::new(&[("limits.mqtt_topic_slashes", "8")]);
    let mut away = house.connect("away", PERSISTENT, 60, b"");
    subscribe(&mut away, deep);
    away.leave(&End::Lost);
    let mut sender = house.connect("sender", CLEAN, 0, b"");
    assert_eq!(publish(&mut sender, deep, "kept"), 0);
    settle(&mut sender);
    house.settings.limits.mqtt_topic_slashes = 7;
    house.restart();
    let mut back = house.connect("away", PERSISTENT, 60, b"");
    assert_eq!(message(&mut back), "kept");
    let mut sender = house.connect("sender", CLEAN, 0, b"");
    let length = (deep.len() + 4) as u8;
    let again = [&[0x30, length, 0, deep.len() as u8], deep.as_bytes(), b"\0x"].concat();
    assert!(matches!(send(&mut sender, &again), Err(End::Peer(_))));
}

#[test]
fn sessions_and_retained_messages_are_bounded() {
    let house = House::new(&[("limits.mqtt_sessions", "2"), ("limits.mqtt_retained_messages", "1")]);
    let mut one = house.connect("one", CLEAN, 0, &[]);
    let mut two = house.connect("two", PERSISTENT, 100, &[]);
    two.leave(&End::Lost);
    let mut third = Client::new(Arc::clone(&house.broker), house.owner());
    let refused = send(&mut third, b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a").unwrap_err();
    assert!(matches!(refused, End::SessionsFull));
    third.leave(&refused);
    assert_eq!(take(&mut third), [0x20, 3, 0, 0x97, 0]);
    let _two = house.connect("two", PERSISTENT, 100, &[]);
    let mut retain = |topic: &str, payload: &str| {
        let body = [&[0, 1], topic.as_bytes(), &[0, 9, 0], payload.as_bytes()].concat();
        send(&mut one, &[&[0x33, body.len() as u8], &*body].concat()).unwrap();
        settle(&mut one);
        take(&mut one).get(4).copied().unwrap_or(0)
    };
    assert_eq!([retain("a", "x"), retain("b", "x"), retain("a", "y")], [0x10, 0x97, 0x10]);
    assert_eq!([retain("a", ""), retain("b", "x")], [0x10, 0x10]);
}

#[test]
fn whose_certificate_it_is_is_known_by_the_oldest_registration() {
    let mut house = House::new(&[]);
    let now = Broker::now();
    let pem = house.api.call("DescribeCertificate", json!({"certificateId": house.certificate_id()}));
    let pem = pem["certificateDescription"]["certificatePem"].clone();
    house.api.advance_seconds(60);
    house.api.speak_for("210987654321", "us-east-1");
    house.api.call("RegisterCertificateWithoutCA", json!({"certificatePem": pem, "status": "ACTIVE"}));
    let admitted = admit(&house.broker.app, &house.der, now).unwrap();
    assert_eq!(&*admitted.scope.account, "123456789012");
    house.api.speak_for("123456789012", "us-east-1");
    let deactivate = json!({"certificateId": house.certificate_id(), "newStatus": "INACTIVE"});
    house.api.call("UpdateCertificate", deactivate);
    let admitted = admit(&house.broker.app, &house.der, now).unwrap();
    assert_eq!(&*admitted.scope.account, "210987654321");
    assert!(matches!(admit(&house.broker.app, b"", now), Err(Refused::Unreadable(_))));
    let late = Timestamp::parse("2050-01-01T00:00:00Z").unwrap();
    assert!(matches!(admit(&house.broker.app, &house.der, late), Err(Refused::OutsideValidity { .. })));
}

#[test]
fn a_change_binds_the_next_packet_and_ends_who_may_not_stay() {
    let house = House::new(&[]);
    let mut one = house.connect("one", CLEAN, 0, &[]);
    assert_eq!(publish(&mut one, "t", "x"), 0x10);
    let detach = json!({"policyName": "all", "target": house.certificate_arn});
    house.api.call("DetachPolicy", detach);
    assert!(matches!(one.proceed(), Err(End::Denied(_))));
    let mut client = Client::new(Arc::clone(&house.broker), house.owner());
    let refused = send(&mut client, b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a");
    assert!(matches!(refused, Err(End::Denied(_))));
    client.leave(&refused.unwrap_err());
    assert_eq!(take(&mut client), [0x20, 3, 0, 0x87, 0]);
}

#[test]
fn what_comes_between_the_loss_of_a_right_to_subscribe_and_its_reading_is_not_sent() {
    let house = House::new(&[]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    let mut receiver = house.connect("receiver", CLEAN, 60, &[]);
    for filter in ["secret/#", "secret/both", "open"] {
        subscribe(&mut receiver, filter);
    }
    let without = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iot:*","Resource":"*"},
        {"Effect":"Deny","Action":"iot:Subscribe","Resource":"arn:aws:iot:*:*:topicfilter/secret/#"}]}"#;
    let version = json!({"policyName": "all", "policyDocument": without, "setAsDefault": true});
    house.api.call("CreatePolicyVersion", version);
    // The receiver has not been woken yet, so it is in the tree for all of these.
    for (topic, payload) in [("secret/x", "lost"), ("secret/both", "kept"), ("open", "fence")] {
        assert_eq!(publish(&mut sender, topic, payload), 0);
    }
    receiver.proceed().unwrap();
    let bytes = String::from_utf8_lossy(&take(&mut receiver)).into_owned();
    assert!(!bytes.contains("lost") && bytes.contains("kept") && bytes.contains("fence"), "{bytes}");
    assert_eq!(publish(&mut sender, "secret/x", "lost"), 0x10, "nobody is subscribed any more");
}

fn is_touched(wake: &Wake) -> bool {
    wake.take_outdated(&mut vec![]) != Outdated::Nothing
}

#[test]
fn nobody_is_told_of_what_does_not_concern_them_and_all_when_much_has_happened() {
    let api = Api::new();
    let changes = Changes::new(api.app().store.clone()).unwrap();
    let thing = |name: &str| Key::new(&api.scope(), Key::THING, name);
    let (one, other) = (Arc::new(Wake::default()), Arc::new(Wake::default()));
    let place = changes.place();
    let _one = changes.subscribe(&[thing("one")], &one, place);
    let other_registration = changes.subscribe(&[thing("other")], &other, place);
    api.call("CreateThing", json!({"thingName": "one"}));
    changes.catch_up().unwrap();
    assert_eq!((is_touched(&one), is_touched(&other)), (true, false));
    // Whoever read the store before somebody else read the trail may have missed something.
    let late = Arc::new(Wake::default());
    let _late = changes.subscribe(&[thing("one")], &late, place);
    assert!(is_touched(&late));
    api.write(|store: &Writer<'_>| {
        for number in 0..10_001 {
            store.insert(&Thing {
                name: format!("many-{number}"),
                thing_id: String::new(),
                attributes: [].into(),
                type_name: None,
                billing_group: None,
                version: 1,
                created_ms: 0,
            })?;
        }
        Ok(())
    });
    changes.catch_up().unwrap();
    assert!(is_touched(&other));
    drop(other_registration);
    changes.forget_unused();
    assert_eq!(changes.records(), 0, "what nobody depends on is forgotten");
    let _again = changes.subscribe(&[thing("one")], &one, changes.place());
    assert!(!is_touched(&one), "the trail was read to its end");
}

/// Whether all connections have done what follows from the changes until now.
fn are_settled(house: &House) -> bool {
    let mut settling = std::pin::pin!(house.broker.changes.settle());
    settling.as_mut().poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
}

#[test]
fn a_version_that_is_not_in_force_concerns_nobody() {
    let house = House::new(&[]);
    let mut one = house.connect("one", CLEAN, 0, &[]);
    let draft = json!({"policyName": "all", "policyDocument": ALL.replace("iot:*", "iot:Connect")});
    house.api.call("CreatePolicyVersion", draft);
    assert!(are_settled(&house));
    assert_eq!(publish(&mut one, "x", "y"), 0x10, "nobody is subscribed, and it may");
    house.api.call("SetDefaultPolicyVersion", json!({"policyName": "all", "policyVersionId": "2"}));
    assert!(!are_settled(&house));
    assert_eq!(publish(&mut one, "x", "y"), 0x87);
    assert!(are_settled(&house));
    house.api.call("DeletePolicyVersion", json!({"policyName": "all", "policyVersionId": "1"}));
    assert!(are_settled(&house));
}

#[test]
fn a_change_is_settled_when_the_connections_it_concerns_have_heard_or_ended() {
    let house = House::new(&[]);
    let (mut one, mut other) = (house.connect("one", CLEAN, 0, &[]), house.connect("other", CLEAN, 0, &[]));
    assert!(are_settled(&house));
    let version =
        json!({"policyName": "all", "policyDocument": ALL.replace("iot:*", "*"), "setAsDefault": true});
    house.api.call("CreatePolicyVersion", version);
    assert!(!are_settled(&house));
    one.proceed().unwrap();
    assert!(!are_settled(&house));
    other.proceed().unwrap();
    assert!(are_settled(&house));
    let status = json!({"certificateId": house.certificate_id(), "newStatus": "INACTIVE"});
    house.api.call("UpdateCertificate", status);
    let end = one.proceed().unwrap_err();
    one.leave(&end);
    drop(other);
    assert!(!are_settled(&house), "its last bytes are not out");
    drop(one);
    assert!(are_settled(&house));
}

#[test]
fn what_is_read_again_of_rights_is_what_was_touched() {
    let house = House::new(&[]);
    let version = |action: &str, effect: &str| {
        let document = json!({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "iot:*", "Resource": "*"},
            {"Effect": effect, "Action": action, "Resource": "*"},
        ]});
        json!({"policyName": "all", "policyDocument": document.to_string(), "setAsDefault": true})
    };
    let mut one = house.connect("one", CLEAN, 0, &[]);
    assert_eq!(publish(&mut one, "t", "x"), 0x10);
    // Twice each: what was registered for the first change is gone, and has to be registered again.
    for effect in ["Deny", "Allow", "Deny", "Allow"] {
        house.api.call("CreatePolicyVersion", version("iot:Publish", effect));
        assert_eq!(publish(&mut one, "t", "x"), if effect == "Deny" { 0x87 } else { 0x10 });
        let oldest = house.api.call("ListPolicyVersions", json!({"policyName": "all"}));
        let versions = oldest["policyVersions"].as_array().unwrap().iter();
        for old in versions.filter(|version| version["isDefaultVersion"] == false) {
            let id = old["versionId"].clone();
            house.api.call("DeletePolicyVersion", json!({"policyName": "all", "policyVersionId": id}));
        }
    }
    let deny = ALL.replace("Allow", "Deny").replace("iot:*", "iot:Publish");
    house.api.call("CreatePolicy", json!({"policyName": "deny", "policyDocument": deny}));
    for _ in 0..2 {
        let attached = json!({"policyName": "deny", "target": house.certificate_arn});
        house.api.call("AttachPolicy", attached.clone());
        assert_eq!(publish(&mut one, "t", "x"), 0x87);
        house.api.call("DetachPolicy", attached);
        assert_eq!(publish(&mut one, "t", "x"), 0x10);
    }
    house
        .api
        .call("UpdateCertificate", json!({"certificateId": house.certificate_id(), "newStatus": "INACTIVE"}));
    assert!(matches!(one.proceed(), Err(End::Credentials)));
}

/// Kinds and clients of the history, in order.
fn history(house: &House) -> Vec<(ConnectionKind, String)> {
    house.runtime.block_on(house.broker.history.flush());
    let query = thingwarden_store::Query {
        order: thingwarden_store::Order::By("place"),
        ..thingwarden_store::Query::all(&[])
    };
    let all = house.api.read(|store| store.list::<StoredConnection>(&query)).items;
    all.into_iter().map(|event| (event.kind, event.client_id)).collect()
}

#[test]
fn the_history_tells_who_was_displaced_and_who_was_there_when_the_server_was_killed() {
    use ConnectionKind::{Connected, Disconnected, Displaced};
    let house = House::new(&[]);
    let told = |events: &[(ConnectionKind, &str)]| -> Vec<(ConnectionKind, String)> {
        events.iter().map(|(kind, client)| (*kind, (*client).to_owned())).collect()
    };
    let mut old = house.connect("twin", CLEAN, 0, &[]);
    // Events of one millisecond are in the order of their kinds, so time has to pass.
    let now = Broker::now();
    while Broker::now() <= now {}
    let _new = house.connect("twin", CLEAN, 0, &[]);
    assert!(old.proceed().is_err());
    old.leave(&End::TakenOver);
    let expected = told(&[(Connected, "twin"), (Displaced, "twin"), (Connected, "twin")]);
    assert_eq!(history(&house), expected);
    let later = Timestamp::from_millis(Broker::now().millis() + 1);
    history::close_open(&house.broker.app.store, later).unwrap();
    history::close_open(&house.broker.app.store, later).unwrap();
    assert_eq!(history(&house), [expected, told(&[(Disconnected, "twin")])].concat());
}

/// All ids of a kind of record.
fn ids<T: thingwarden_store::Record>(house: &House) -> Vec<String> {
    house.runtime.block_on(house.broker.journal.flush());
    house.api.read(|store| store.all::<T>(&[])).iter().map(|record| record.id().into_owned()).collect()
}

#[test]
fn what_was_acknowledged_outlives_the_process() {
    let mut house = House::new(&[]);
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    subscribe(&mut one, "t");
    one.leave(&End::Lost);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    for text in ["a", "b", "c"] {
        assert_eq!(publish(&mut sender, "t", text), 0);
    }
    house.restart();
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    let sent = {
        one.proceed().unwrap();
        take(&mut one)
    };
    assert_eq!(sent.iter().filter(|byte| **byte == 0x32).count(), 3, "all of them, for the first time");
    send(&mut one, &[0x40, 2, 0, 1]).unwrap();
    assert_eq!(ids::<QueuedMessage>(&house), ["2", "3"], "what is acknowledged is forgotten");
    house.restart();
    let mut one = house.connect("one", PERSISTENT, 100, &[]);
    one.proceed().unwrap();
    let sent = take(&mut one);
    assert_eq!(sent.first(), Some(&0x3a), "sent again");
    assert_eq!(sent.get(5..7), Some(&[0, 2][..]), "with its packet id");
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    assert_eq!(publish(&mut sender, "t", "d"), 0);
    for id in [2, 3, 4] {
        one.proceed().unwrap();
        send(&mut one, &[0x40, 2, 0, id]).unwrap();
    }
    assert_eq!(ids::<MqttDelivery>(&house), [""; 0]);
    assert_eq!(ids::<QueuedMessage>(&house), [""; 0]);
    assert_eq!(ids::<MqttSession>(&house), ["one"]);
    one.leave(&End::Lost);
    house.end_what_is_over(Duration::from_secs(101));
    assert_eq!(ids::<MqttSession>(&house), [""; 0]);
}

#[test]
fn sessions_that_end_leave_nothing_and_those_of_a_moment_cost_nothing() {
    let mut house = House::new(&[]);
    let mut passing = house.connect("passing", CLEAN, 0, &[]);
    subscribe(&mut passing, "t");
    let mut staying = house.connect("staying", PERSISTENT, 100, &[]);
    subscribe(&mut staying, "t");
    staying.leave(&End::Lost);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    publish(&mut sender, "t", "a");
    publish(&mut sender, "t", "b");
    let deliveries = ids::<MqttDelivery>(&house);
    assert!(deliveries.len() == 2 && deliveries.iter().all(|id| id.starts_with("staying")), "{deliveries:?}");
    assert_eq!(ids::<MqttSession>(&house), ["staying"]);
    // A clean start ends the session that there was, also when it was there before the restart.
    house.restart();
    let mut staying = house.connect("staying", CLEAN, 100, &[]);
    assert_eq!(message(&mut staying), "");
    assert_eq!(ids::<MqttDelivery>(&house), [""; 0]);
    assert_eq!(ids::<QueuedMessage>(&house), [""; 0]);
    assert_eq!(ids::<MqttSession>(&house), ["staying"]);
}

#[test]
fn retained_messages_and_subscriptions_are_there_after_a_restart() {
    let mut house = House::new(&[]);
    let mut one = house.connect("one", PERSISTENT, 200, &[]);
    subscribe(&mut one, "kept");
    subscribe(&mut one, "given-up");
    send(&mut one, b"\xa2\x0d\0\x02\0\0\x08given-up").unwrap();
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    for (topic, text) in [("a", "x"), ("b", "y"), ("a", "z"), ("b", "")] {
        let body = [&[0, 1], topic.as_bytes(), &[0, 9, 0], text.as_bytes()].concat();
        send(&mut sender, &[&[0x33, body.len() as u8], &*body].concat()).unwrap();
        settle(&mut sender);
        take(&mut sender);
    }
    house.runtime.block_on(house.broker.journal.flush());
    house.restart();
    let mut reader = house.connect("reader", CLEAN, 0, &[]);
    let body = |filter: &str| [&[0, 1, 0, 0, filter.len() as u8], filter.as_bytes(), &[1]].concat();
    for (filter, expected) in [("a", "z"), ("b", "")] {
        let body = body(filter);
        send(&mut reader, &[&[0x82, body.len() as u8], &*body].concat()).unwrap();
        let answer = take(&mut reader);
        assert!(answer.ends_with(expected.as_bytes()), "{answer:?}");
    }
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    assert_eq!(publish(&mut sender, "kept", "1"), 0);
    assert_eq!(publish(&mut sender, "given-up", "1"), 0x10);
    // It was connected until the end, so its time has begun with the restart.
    house.end_what_is_over(Duration::from_secs(199));
    house.restart();
    house.end_what_is_over(Duration::from_secs(201));
    assert_eq!(ids::<MqttSession>(&house), [""; 0]);
}
