//! Any bytes from a client of MQTT 3.1.1 or 5, after its CONNECT or instead of it: read or refused, and answered. Another
//! codec understands every answer.

#![no_main]

use std::sync::Arc;

use bytes::BytesMut;
use libfuzzer_sys::fuzz_target;
use rmqtt_codec::{v3, v5};
use thingwarden_mqtt::{
    Accepted, Connection, Intent, Limits, Outbox, Qos, Queued, Reason, Tree, Version,
};
use tokio_util::codec::Decoder;

const CONNECT_311: &[u8] = b"\x10\x0d\0\x04MQTT\x04\x02\0\x3c\0\x01a";
const CONNECT_5: &[u8] = b"\x10\x0e\0\x04MQTT\x05\x02\0\x3c\0\0\x01a";

fuzz_target!(|input: &[u8]| {
    let Some((first, rest)) = input.split_first() else { return };
    let limits = Arc::new(Limits::default());
    let mut connection = Connection::new(Arc::clone(&limits));
    let start: &[u8] = match first & 3 {
        0 => CONNECT_311,
        1 => CONNECT_5,
        _ => b"",
    };
    let sent = [start, rest].concat();
    let (mut outbox, mut tree) = (Outbox::default(), Tree::default());
    let mut written = BytesMut::new();
    let mut refused = None;
    for piece in sent.chunks(usize::from(first >> 2).max(1)) {
        connection.input().extend_from_slice(piece);
        loop {
            match connection.next(1000) {
                Ok(None) => break,
                Ok(Some(intent)) => answer(&mut connection, intent, &limits, &mut outbox, &mut tree),
                Err(error) => {
                    refused = Some(error);
                    connection.end(error.reason(), Some("why")).expect("can be said");
                    break;
                }
            }
        }
        written.extend_from_slice(&connection.output().split());
        if refused.is_some() || connection.is_closed() {
            break;
        }
    }
    while !written.is_empty() {
        assert!(understood(connection.version(), &mut written), "an answer that nobody understands");
    }
});

fn answer(
    connection: &mut Connection,
    intent: Intent,
    limits: &Limits,
    outbox: &mut Outbox,
    tree: &mut Tree<u8, Qos>,
) {
    match intent {
        Intent::Connect(_) => {
            let accepted = Accepted { session_present: false, assigned_client_id: Some("b") };
            connection.accept(accepted).expect("it asked");
        }
        Intent::Publish(message, id) => {
            let message = Arc::new(message);
            tree.matches(&message.topic, &mut |_| {
                let message = Arc::clone(&message);
                let qos = message.qos;
                let queued = Queued { message, qos, retain: false, subscription_ids: [1].into(), key: None, handed: 0 };
                let _ = outbox.push(queued, limits);
            });
            if let Some(id) = id {
                connection.published(id, Reason::Success).expect("it is open");
            }
            while outbox.take_expired(1000).is_some() {}
            while outbox.peek(connection.window()).is_some() {
                let Some(sending) = outbox.send() else { break };
                connection.deliver(&sending, 1000).expect("it is open");
            }
        }
        Intent::Subscribe(subscribe) => {
            let mut reasons = vec![];
            for (filter, options) in &subscribe.filters {
                reasons.push(match filter {
                    Ok(filter) => {
                        tree.insert(filter, 0, options.qos);
                        Reason::GrantedQos1
                    }
                    Err(_) => Reason::TopicFilterInvalid,
                });
            }
            connection.subscribed(subscribe.packet_id, &reasons).expect("it is open");
        }
        Intent::Unsubscribe(unsubscribe) => {
            for filter in unsubscribe.filters.iter().flatten() {
                tree.remove(filter, &0);
            }
            let reasons = vec![Reason::Success; unsubscribe.filters.len()];
            connection.unsubscribed(unsubscribe.packet_id, &reasons).expect("it is open");
        }
        Intent::Acknowledge(id) => drop(outbox.acknowledge(id)),
        Intent::Disconnect { .. } => {}
    }
}

fn understood(version: Version, written: &mut BytesMut) -> bool {
    // AWS's return code 7 is none of the standard's.
    if version == Version::V311 && written.starts_with(b"\x20\x02\0\x07") {
        let _ = written.split_to(4);
        return true;
    }
    match version {
        Version::V5 => matches!(v5::Codec::new(0, 0).decode(written), Ok(Some(_))),
        Version::V311 => matches!(v3::Codec::new(0).decode(written), Ok(Some(_))),
    }
}
