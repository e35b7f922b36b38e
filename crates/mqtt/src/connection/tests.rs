//! What a client may send when, and what it is answered.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::message::Qos;
use crate::outbox::{Outbox, Queued};
use crate::topic::TopicError;

const CONNECT_311: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";
const CONNECT_5: &[u8] = b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a";

fn connection(bytes: &[u8]) -> Connection {
    let mut connection = Connection::new(Arc::new(Limits::default()));
    connection.input().extend_from_slice(bytes);
    connection
}

/// A client that was let in, and has then sent this.
fn open(connect: &[u8], then: &[u8]) -> Connection {
    let mut connection = connection(connect);
    assert!(matches!(connection.next(0), Ok(Some(Intent::Connect(_)))));
    connection.accept(Accepted { session_present: false, assigned_client_id: None }).unwrap();
    connection.output().clear();
    connection.input().extend_from_slice(then);
    connection
}

fn error(connect: &[u8], then: &[u8]) -> PeerError {
    let mut connection = open(connect, then);
    loop {
        match connection.next(0) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("no error"),
            Err(error) => return error,
        }
    }
}

#[test]
fn a_client_connects_and_is_told_the_limits() {
    let mut connection = connection(CONNECT_5);
    let Ok(Some(Intent::Connect(connect))) = connection.next(0) else { panic!() };
    assert_eq!((&*connect.client_id, connect.keep_alive_seconds, connect.clean_start), ("a", 60, true));
    assert_eq!(connection.silence_max(), Duration::from_secs(90));
    connection.accept(Accepted { session_present: false, assigned_client_id: Some("x") }).unwrap();
    let expected: &[u8] = &[
        0x20, 28, 0, 0, 25, // CONNACK, no session, success
        0x11, 0, 0, 0, 0, // session expiry
        0x21, 0, 100, // receive maximum
        0x24, 1, // maximum QoS
        0x27, 0, 0x02, 0x21, 0x45, // maximum packet size
        0x22, 0, 8, // topic alias maximum
        0x13, 0, 60, // keep-alive
        0x12, 0, 1, b'x', // client id
    ];
    assert_eq!(&connection.output()[..], expected);
    assert_eq!(
        connection.accept(Accepted { session_present: false, assigned_client_id: None }),
        Err(Misuse::NotConnecting)
    );
}

#[test]
fn nothing_is_read_before_the_answer_to_connect() {
    let mut connection = connection(&[CONNECT_311, b"\xc0\0"].concat());
    assert!(matches!(connection.next(0), Ok(Some(Intent::Connect(_)))));
    assert_eq!(connection.next(0), Ok(None));
    connection.accept(Accepted { session_present: true, assigned_client_id: None }).unwrap();
    assert_eq!(connection.next(0), Ok(None));
    assert_eq!(&connection.output()[..], b"\x20\x02\x01\x00\xd0\x00");
}

#[test]
fn a_refusal_is_said_as_aws_says_it() {
    for (connect, reason, expected) in [
        (CONNECT_311, Reason::NotAuthorized, &b"\x20\x02\0\x07"[..]),
        (CONNECT_5, Reason::NotAuthorized, b"\x20\x08\0\x87\x05\x1f\0\x02no"),
        (CONNECT_311, Reason::ServerBusy, b"\x20\x02\0\x03"),
        (CONNECT_311, Reason::MalformedPacket, b""),
    ] {
        let mut connection = connection(connect);
        connection.next(0).unwrap();
        connection.end(reason, Some("no")).unwrap();
        assert_eq!(&connection.output()[..], expected, "{reason:?}");
        assert!(connection.is_closed());
    }
}

#[test]
fn who_is_cut_off_is_told_why_in_mqtt_5() {
    let check = |connect, expected: &[u8]| {
        let mut connection = open(connect, b"\xc0\0");
        connection.end(Reason::SessionTakenOver, None).unwrap();
        assert_eq!(connection.next(0), Ok(None), "nothing is read any more");
        assert_eq!(&connection.output()[..], expected);
    };
    check(CONNECT_311, b"");
    check(CONNECT_5, b"\xe0\x02\x8e\0");
}

#[test]
fn nothing_is_waited_for_before_connect() {
    // The head of a PUBLISH, whose body would be waited for after CONNECT.
    assert_eq!(connection(b"\x30\xff\x7f").next(0), Err(PeerError::Protocol(CONNECT_ONCE)));
    assert_eq!(connection(b"\x10").next(0), Ok(None));
}

#[test]
fn every_limit_can_be_another() {
    let limits = Limits {
        client_id_bytes: 23,
        topic_bytes: 300,
        topic_slashes: 9,
        topic_aliases: 1,
        keep_alive_seconds_min: 90,
        session_expiry_seconds_max: 60,
        ..Limits::default()
    };
    let with = |bytes: &[u8]| {
        let mut connection = Connection::new(Arc::new(limits.clone()));
        connection.input().extend_from_slice(bytes);
        connection
    };
    let id = |length: u8| {
        [b"\x10", &[length + 12][..], b"\0\x04MQTT\x04\x02\0\x3c\0", &[length], &vec![b'x'; length.into()]]
            .concat()
    };
    assert!(matches!(with(&id(23)).next(0), Ok(Some(Intent::Connect(_)))));
    assert_eq!(with(&id(24)).next(0), Err(PeerError::ClientId("it is too long")));
    let mut client = with(b"\x10\x13\0\x04MQTT\x05\x02\0\x3c\x05\x11\0\0\x0e\x10\0\x01a");
    let Ok(Some(Intent::Connect(connect))) = client.next(0) else { panic!() };
    assert_eq!((connect.keep_alive_seconds, connect.session_expiry_seconds), (90, 60));
    client.accept(Accepted { session_present: false, assigned_client_id: None }).unwrap();
    let publish = |topic: &str, alias: u8| {
        let head = [0x30, 0x80 | (topic.len() as u8 + 6) & 0x7f, ((topic.len() + 6) >> 7) as u8];
        let topic = [&u16::to_be_bytes(topic.len() as u16)[..], topic.as_bytes()].concat();
        [&head[..], &topic, &[3, 0x23, 0, alias]].concat()
    };
    client.input().extend_from_slice(&publish(&format!("{}{}", "x/".repeat(9), "y".repeat(282)), 1));
    assert!(matches!(client.next(0), Ok(Some(Intent::Publish(..)))));
    client.input().extend_from_slice(&publish(&"x".repeat(200), 2));
    assert_eq!(client.next(0), Err(PeerError::TopicAlias(2)));
    assert_eq!(Topic::parse(&"/".repeat(10), &limits), Err(TopicError::TooDeep { slashes: 10, max: 9 }));
    assert!(Topic::parse(&"/".repeat(301), &limits.of_kept_topics()).is_ok());
}

#[test]
fn keep_alive_is_kept_within_limits() {
    for (asked, given) in [(0, 1200), (1, 30), (60, 60), (1200, 1200), (65535, 1200)] {
        let mut bytes = CONNECT_311.to_vec();
        bytes[10..12].copy_from_slice(&u16::to_be_bytes(asked));
        let Ok(Some(Intent::Connect(connect))) = connection(&bytes).next(0) else { panic!() };
        assert_eq!(connect.keep_alive_seconds, given);
    }
}

#[test]
fn connect_comes_first_and_once() {
    assert_eq!(connection(b"\xc0\0").next(0), Err(PeerError::Protocol("CONNECT comes first, and once")));
    assert_eq!(error(CONNECT_311, CONNECT_311), PeerError::Protocol("CONNECT comes first, and once"));
    assert_eq!(connection(b"\x10\x0d\0\x04MQTT\x03\x02\0\x3c\0\x01a").next(0), Err(PeerError::Version(3)));
    assert_eq!(
        connection(b"\x10\x0f\0\x06MQIsdp\x03\x02\0\x3c\0\x01a").next(0),
        Err(PeerError::Malformed("not MQTT"))
    );
}

#[test]
fn client_ids_are_limited() {
    let with_id = |flags: u8, id: &str| {
        let mut bytes = vec![0x10, 0, 0, 4];
        bytes.extend_from_slice(b"MQTT\x04");
        bytes.extend_from_slice(&[flags, 0, 60, 0, id.len() as u8]);
        bytes.extend_from_slice(id.as_bytes());
        let length = bytes.len() - 2;
        let said = [(length & 0x7f) as u8, (length >> 7) as u8];
        bytes.splice(1..2, if length < 128 { vec![said[0]] } else { vec![said[0] | 0x80, said[1]] });
        connection(&bytes).next(0)
    };
    assert!(with_id(2, &"x".repeat(128)).is_ok());
    assert_eq!(with_id(2, &"x".repeat(129)), Err(PeerError::ClientId("it is too long")));
    assert!(with_id(2, "").is_ok());
    assert_eq!(with_id(0, ""), Err(PeerError::ClientId("it is empty, and the session is not clean")));
    assert_eq!(with_id(2, "$a"), Err(PeerError::ClientId("`$` at its beginning is reserved")));
}

#[test]
fn qos_2_is_refused() {
    assert_eq!(error(CONNECT_311, b"\x34\x05\0\x01a\0\x01"), PeerError::Qos);
    assert_eq!(error(CONNECT_5, b"\x34\x06\0\x01a\0\x01\0"), PeerError::Qos);
    assert_eq!(error(CONNECT_311, b"\x62\x02\0\x01"), PeerError::Qos);
    // Asked for in a subscription, it is granted as 1.
    let mut connection = open(CONNECT_311, b"\x82\x06\0\x01\0\x01a\x02");
    let Ok(Some(Intent::Subscribe(subscribe))) = connection.next(0) else { panic!() };
    assert_eq!(subscribe.filters[0].1.qos, Qos::AtLeastOnce);
}

#[test]
fn malformed_packets_are_told_from_protocol_errors_and_limits() {
    for (then, expected) in [
        (&b"\x30\x03\0\x01\0"[..], PeerError::Malformed("text has a null character")),
        (b"\x30\x03\0\x01+", PeerError::Topic(TopicError::Wildcard)),
        (b"\x30\x02\0\0", PeerError::Topic(TopicError::Empty)),
        (b"\x38\x03\0\x01a", PeerError::Malformed("a duplicate of quality of service 0")),
        (b"\x36\x05\0\x01a\0\x01", PeerError::Malformed("quality of service 3")),
        (b"\x32\x05\0\x01a\0\0", PeerError::Protocol("a packet id is 0")),
        (b"\x80\x06\0\x01\0\x01a\x00", PeerError::Malformed("reserved flags in the first byte")),
        (b"\x82\x06\0\x01\0\x01a\x04", PeerError::Malformed("reserved bits of a subscription")),
        (b"\x82\x02\0\x01", PeerError::Protocol("a packet without topic filters")),
        (b"\xa2\x02\0\x01", PeerError::Protocol("a packet without topic filters")),
        (b"\x40\x03\0\x01\0", PeerError::Malformed("bytes after the end of a packet")),
        (b"\xc0\x01\0", PeerError::TooLarge { bytes: 1, max: 0 }),
        (b"\x20\x02\0\0", PeerError::TooLarge { bytes: 2, max: 0 }),
        (b"\xf0\0", PeerError::Protocol("a packet that clients do not send")),
        (
            b"\xa2\x1d\0\x01\0\x01a\0\x01a\0\x01a\0\x01a\0\x01a\0\x01a\0\x01a\0\x01a\0\x01a",
            PeerError::Filters(9),
        ),
    ] {
        assert_eq!(error(CONNECT_311, then), expected, "{then:x?}");
    }
    for (then, expected) in [
        (&b"\x30\x08\0\x01a\x04\x01\0\x01\0"[..], PeerError::Protocol("a property comes twice")),
        (b"\x30\x06\0\x01a\x02\x11\0", PeerError::Malformed("a property that this packet does not have")),
        (b"\x30\x05\0\x01a\x81\0", PeerError::Malformed("a length is padded")),
        (b"\xf0\0", PeerError::Authentication),
        (b"\xe0\x07\0\x05\x11\0\0\0\x05", PeerError::Protocol("a session that was to end is kept")),
    ] {
        assert_eq!(error(CONNECT_5, then), expected, "{then:x?}");
    }
}

#[test]
fn topic_aliases_stand_for_topics() {
    let set = b"\x30\x07\0\x01a\x03\x23\0\x08";
    let used = b"\x30\x06\0\0\x03\x23\0\x08";
    let mut connection = open(CONNECT_5, &[&set[..], used].concat());
    for _ in 0..2 {
        let Ok(Some(Intent::Publish(message, None))) = connection.next(0) else { panic!() };
        assert_eq!(message.topic.as_str(), "a");
    }
    assert_eq!(error(CONNECT_5, used), PeerError::TopicAlias(8));
    assert_eq!(error(CONNECT_5, b"\x30\x07\0\x01a\x03\x23\0\x09"), PeerError::TopicAlias(9));
    assert_eq!(error(CONNECT_5, b"\x30\x07\0\x01a\x03\x23\0\x00"), PeerError::TopicAlias(0));
}

#[test]
fn no_more_messages_are_taken_than_the_receive_maximum_says() {
    let publish = b"\x32\x05\0\x01a\0\x01";
    assert_eq!(error(CONNECT_311, &publish.repeat(101)), PeerError::ReceiveMaximum);
    let mut connection = open(CONNECT_311, &publish.repeat(300));
    for _ in 0..300 {
        let Ok(Some(Intent::Publish(_, Some(id)))) = connection.next(0) else { panic!() };
        connection.published(id, Reason::Success).unwrap();
    }
    assert_eq!(connection.output().len(), 300 * 4);
}

#[test]
fn properties_are_passed_on_and_expiry_counts_down() {
    let properties =
        b"\x02\0\0\0\x0a\x03\0\x01c\x08\0\x01r\x09\0\x01d\x01\x01\x26\0\x01n\0\x01v\x26\0\x01n\0\x01w";
    let mut publish = vec![0x30, 0, 0, 1, b'a', properties.len() as u8];
    publish.extend_from_slice(properties);
    publish.push(b'!');
    publish[1] = publish.len() as u8 - 2;
    let mut connection = open(CONNECT_5, &publish);
    let Ok(Some(Intent::Publish(message, None))) = connection.next(1000) else { panic!() };
    assert_eq!(message.expires_ms, Some(11_000));
    let mut outbox = Outbox::default();
    let queued = Queued {
        message: Arc::new(message),
        qos: Qos::AtMostOnce,
        retain: false,
        subscription_ids: [5].into(),
        key: None,
        handed: 0,
    };
    outbox.push(queued, &Limits::default()).unwrap();
    let sending = outbox.send().unwrap();
    assert_eq!(connection.deliver(&sending, 4500), Ok(true));
    let written = connection.output().split();
    let expected = b"\x02\0\0\0\x07\x01\x01\x03\0\x01c\x08\0\x01r\x09\0\x01d\x26\0\x01n\0\x01v\x26\0\x01n\0\x01w\x0b\x05";
    assert_eq!(&written[6..6 + expected.len()], expected);
    assert_eq!(written.last(), Some(&b'!'));
    // A client of MQTT 3.1.1 gets the same message without them.
    let mut old = open(CONNECT_311, b"");
    assert_eq!(old.deliver(&sending, 4500), Ok(true));
    assert_eq!(&old.output()[..], b"\x30\x04\0\x01a!");
}

#[test]
fn packets_that_a_client_does_not_take_are_not_sent() {
    let mut connection = open(b"\x10\x13\0\x04MQTT\x05\x02\0\x3c\x05\x27\0\0\0\x07\0\x01a", b"");
    let send = |payload: &[u8], connection: &mut Connection| {
        let message = Message {
            topic: Topic::parse("a", &Limits::default()).unwrap(),
            payload: bytes::Bytes::copy_from_slice(payload),
            qos: Qos::AtMostOnce,
            retain: false,
            expires_ms: None,
            properties: None,
        };
        let queued = Queued {
            message: Arc::new(message),
            qos: Qos::AtMostOnce,
            retain: false,
            subscription_ids: [].into(),
            key: None,
            handed: 0,
        };
        connection.deliver(&Sending { queued, packet_id: None, dup: false }, 0)
    };
    assert_eq!(send(b"x", &mut connection), Ok(true));
    assert_eq!(connection.output().len(), 7);
    assert_eq!(send(b"xy", &mut connection), Ok(false));
    assert_eq!(connection.output().len(), 7);
}

#[test]
fn going_may_leave_the_will() {
    let check = |connect, then: &[u8], expected| {
        let mut connection = open(connect, then);
        let Ok(Some(Intent::Disconnect { with_will, .. })) = connection.next(0) else { panic!() };
        assert_eq!(with_will, expected);
    };
    check(CONNECT_311, b"\xe0\0", false);
    check(CONNECT_5, b"\xe0\0", false);
    check(CONNECT_5, b"\xe0\x01\0", false);
    check(CONNECT_5, b"\xe0\x01\x04", true);
    check(CONNECT_5, b"\xe0\x01\x81", true);
}

proptest! {
    /// However a stream is cut, the intents are the same.
    #[test]
    fn where_bytes_are_cut_does_not_matter(cuts in vec(1..9usize, 0..40)) {
        let stream: &[u8] = b"\x32\x05\0\x01a\0\x01\x82\x06\0\x02\0\x01a\x01\xc0\0\x30\x04\0\x01bx\xe0\0";
        let mut whole = open(CONNECT_311, stream);
        let mut expected = vec![];
        while let Ok(Some(intent)) = whole.next(0) {
            expected.push(intent);
        }
        let mut connection = open(CONNECT_311, b"");
        let (mut rest, mut found) = (stream, vec![]);
        for cut in cuts.into_iter().chain(std::iter::repeat(7)) {
            let (now, later) = rest.split_at(cut.min(rest.len()));
            connection.input().extend_from_slice(now);
            while let Some(intent) = connection.next(0).unwrap() {
                found.push(intent);
            }
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(found, expected);
    }
}

#[test]
fn a_client_id_that_is_not_taken_is_told_in_the_version_of_who_asked() {
    for (connect, told) in [
        (&b"\x10\x0c\0\x04MQTT\x04\0\0\x3c\0\0"[..], &b"\x20\x02\0\x02"[..]),
        (b"\x10\x0f\0\x04MQTT\x05\x02\0\x3c\0\0\x02$a", b"\x20\x03\0\x85\0"),
    ] {
        let mut connection = connection(connect);
        let Err(error) = connection.next(0) else { panic!() };
        connection.end(error.reason(), None).unwrap();
        assert_eq!(connection.output(), told);
    }
}
