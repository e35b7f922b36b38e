//! What the clients of an account may have and do together.

use super::*;

const CONNECTIONS: &str = "limits.mqtt_connections_per_account";
const SUBSCRIPTIONS: &str = "limits.mqtt_subscriptions_per_account";
const OUTBOUND: &str = "limits.mqtt_outbound_publishes_per_account_per_second";
const QUEUED: &str = "limits.mqtt_queued_messages_per_account_per_second";
const RETAINED: &str = "limits.mqtt_retained_messages_per_topic_per_second";

/// More than a slow machine needs to do one thing twice in a second.
const TRIES: u64 = 30;

impl House {
    fn over(&self, setting: &'static str) -> u64 {
        self.broker.metrics.over_quota(setting).get()
    }

    /// Subscriptions of those who are connected.
    fn subscriptions(&self) -> usize {
        self.broker.space(&self.owner().principal.scope).places.subscriptions()
    }
}

/// The reason in SUBACK.
fn asks(client: &mut Client, filter: &str) -> u8 {
    let body = [&[0, 1, 0, 0, filter.len() as u8], filter.as_bytes(), &[1]].concat();
    send(client, &[&[0x82, body.len() as u8], &*body].concat()).unwrap();
    settle(client);
    take(client).get(5).copied().unwrap()
}

/// How many messages of QoS 1 to topic `t` come, all of them acknowledged.
fn messages(client: &mut Client) -> u64 {
    let mut count = 0;
    loop {
        client.proceed().unwrap();
        let bytes = take(client);
        if bytes.is_empty() {
            return count;
        }
        let (mut rest, mut acknowledged) = (&bytes[..], vec![]);
        while let [0x32, length, _, _, _, high, low, ..] = rest {
            acknowledged.extend([0x40, 2, *high, *low]);
            count += 1;
            rest = &rest[2 + usize::from(*length)..];
        }
        assert!(rest.is_empty(), "{rest:?}");
        send(client, &acknowledged).unwrap();
    }
}

#[test]
fn subscriptions_of_those_who_are_connected_count() {
    let house = House::new(&[(SUBSCRIPTIONS, "2")]);
    let mut one = house.connect("one", PERSISTENT, 60, &[]);
    let mut two = house.connect("two", CLEAN, 0, &[]);
    assert_eq!([asks(&mut one, "a"), asks(&mut one, "b"), asks(&mut one, "c")], [1, 1, 0x97]);
    assert_eq!([asks(&mut one, "a"), asks(&mut two, "a")], [1, 0x97], "what it has it may ask for again");
    one.leave(&End::Lost);
    assert_eq!(house.subscriptions(), 0);
    assert_eq!(asks(&mut two, "a"), 1);
    // Who comes back has what it had, and others get no more.
    let mut one = house.connect("one", PERSISTENT, 60, &[]);
    assert_eq!((house.subscriptions(), asks(&mut two, "b")), (3, 0x97));
    send(&mut one, &[0xa2, 6, 0, 2, 0, 0, 1, b'a']).unwrap();
    assert_eq!(house.subscriptions(), 2);
    two.leave(&End::Client { with_will: false });
    assert_eq!(house.subscriptions(), 1);
    // Taken over, and begun anew.
    let again = house.connect("one", PERSISTENT, 60, &[]);
    assert_eq!(house.subscriptions(), 1);
    let anew = house.connect("one", CLEAN, 0, &[]);
    assert_eq!((house.subscriptions(), house.over(SUBSCRIPTIONS)), (0, 3));
    drop((one, again, anew));
    let free = House::new(&[]);
    let mut many = free.connect("many", CLEAN, 0, &[]);
    assert!((0..50).all(|number| asks(&mut many, &number.to_string()) == 1));
}

#[test]
fn connections_of_an_account_are_as_many_as_may_be() {
    let house = House::new(&[(CONNECTIONS, "1")]);
    let mut one = house.connect("one", CLEAN, 0, &[]);
    let mut two = Client::new(Arc::clone(&house.broker), house.owner());
    let refused = send(&mut two, b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01b");
    assert!(matches!(refused, Err(End::PlacesFull(CONNECTIONS))), "{refused:?}");
    assert_eq!(house.over(CONNECTIONS), 1);
    one.leave(&End::Lost);
    house.connect("two", CLEAN, 0, &[]);
}

#[test]
fn what_is_beyond_the_rate_of_messages_to_clients_is_dropped_and_counted() {
    let house = House::new(&[(OUTBOUND, "1")]);
    let mut reader = house.connect("reader", CLEAN, 0, &[]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    subscribe(&mut reader, "t");
    for number in 0..TRIES {
        publish(&mut sender, "t", &number.to_string());
    }
    let got = messages(&mut reader);
    assert!((1..TRIES).contains(&got), "{got}");
    assert_eq!(got + house.over(OUTBOUND), TRIES);
    assert_eq!((house.over(QUEUED), house.broker.metrics.messages_dropped.get()), (0, 0));
}

#[test]
fn what_is_beyond_the_rate_of_messages_that_wait_is_dropped_and_others_get_it() {
    let house = House::new(&[(QUEUED, "1")]);
    let mut away = house.connect("away", PERSISTENT, 60, &[]);
    let mut there = house.connect("there", CLEAN, 0, &[]);
    subscribe(&mut away, "t");
    subscribe(&mut there, "t");
    away.leave(&End::Lost);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    for number in 0..TRIES {
        assert_eq!(publish(&mut sender, "t", &number.to_string()), 0);
    }
    assert_eq!(messages(&mut there), TRIES);
    let mut back = house.connect("away", PERSISTENT, 60, &[]);
    let got = messages(&mut back);
    assert!((1..TRIES).contains(&got), "{got}");
    assert_eq!(got + house.over(QUEUED), TRIES);
}

#[test]
fn what_is_retained_too_often_is_discarded_and_its_topic_keeps_what_came_before() {
    let house = House::new(&[(RETAINED, "1")]);
    let mut sender = house.connect("sender", CLEAN, 0, &[]);
    let mut retain = |topic: &str, payload: u8| {
        let body = [&[0, topic.len() as u8], topic.as_bytes(), &[0, 9, 0, payload]].concat();
        send(&mut sender, &[&[0x33, body.len() as u8], &*body].concat()).unwrap();
        settle(&mut sender);
        take(&mut sender).get(4).copied().unwrap_or(0)
    };
    let reasons: Vec<u8> = (0..TRIES).map(|number| retain("t", number as u8)).collect();
    assert_eq!(reasons.first(), Some(&0x10));
    let refused = reasons.iter().filter(|reason| **reason == 0x97).count() as u64;
    assert!(refused > 0 && reasons.iter().all(|reason| [0x10, 0x97].contains(reason)), "{reasons:?}");
    assert_eq!((house.over(RETAINED), house.broker.metrics.messages_throttled.get()), (refused, refused));
    assert_eq!(retain("another", 0), 0x10);
    let mut reader = house.connect("reader", CLEAN, 0, &[]);
    send(&mut reader, b"\x82\x07\0\x01\0\0\x01t\x01").unwrap();
    settle(&mut reader);
    let kept = reasons.iter().rposition(|reason| *reason == 0x10).unwrap() as u8;
    assert_eq!(take(&mut reader).last(), Some(&kept));
}
