//! What setting the machine's clock changes, and what not.

use thingwarden_engine::time::Duration as Span;
use thingwarden_store::records::ClientConnections;

use super::*;
use crate::clock::{self, Clocks};
use crate::connections;

/// The clocks as if the machine's had been set.
fn set_by_hours(hours: i64) -> Clocks {
    let clocks = clock::both();
    Clocks { now: clocks.now + Span::hours(hours), ..clocks }
}

#[test]
fn a_certificate_ends_by_the_machines_clock() {
    let house = House::new(&[]);
    let principal = house.owner().principal;
    let left = |hours| principal.time_left(set_by_hours(hours)).unwrap();
    let hour = Duration::from_secs(3600);
    assert!(left(-3) > left(0) + 2 * hour && left(0) > left(3) + 2 * hour);
    assert_eq!(left(24 * 365 * 100), Duration::ZERO);
}

#[test]
fn connections_look_at_their_dates_again_when_the_clock_is_set() {
    let house = House::new(&[]);
    let mut one = house.connect("one", CLEAN, 0, &[]);
    let mut set_by_ms = 0;
    assert!(!house.broker.notice_clock(set_by_hours(0), &mut set_by_ms));
    assert!(!is_touched(&one.wake()));
    for hours in [3, -3] {
        assert!(house.broker.notice_clock(set_by_hours(hours), &mut set_by_ms));
        assert!(!house.broker.notice_clock(set_by_hours(hours), &mut set_by_ms), "once is enough");
        // Nothing has ended: it goes on, and hears of the next time.
        assert_eq!(publish(&mut one, "t", "x"), 0x10);
        assert!(!is_touched(&one.wake()));
    }
}

#[test]
fn a_message_waits_as_long_as_it_says_whatever_the_clock_says() {
    let mut house = House::new(&[]);
    let mut one = house.connect("one", CLEAN, 200, &[]);
    // Retained for 100 seconds.
    send(&mut one, b"\x33\x0c\0\x01a\0\x09\x05\x02\0\0\0\x64x").unwrap();
    settle(&mut one);
    let space = house.broker.all_spaces().remove(0);
    space.forget_expired(clock::steady() + Span::seconds(99));
    assert_eq!(ids::<RetainedMessage>(&house), ["a"]);
    let read = |house: &House, clocks: Clocks| {
        house.api.read(|store| stored::Restored::read(store, &house.broker.limits, clocks))
    };
    // Another process, with another steady clock: what is left is what was left by the machine's.
    let (now, steady) = (clock::both().now + Span::seconds(50), clock::Steady::from_millis(7));
    let found = read(&house, Clocks { now, steady });
    let left_ms = found.retained[0].expires_ms.unwrap() - steady.millis();
    assert!((45_000..=50_000).contains(&left_ms), "{left_ms}");
    let found = read(&house, Clocks { now: now + Span::seconds(51), steady });
    assert_eq!((found.retained.len(), found.expired), (0, vec!["a".to_owned()]));
    house.restart();
    assert_eq!(ids::<RetainedMessage>(&house), ["a"]);
}

#[test]
fn a_session_stays_when_the_clock_went_back_before_a_restart() {
    let house = House::new(&[]);
    house.connect("one", PERSISTENT, 200, &[]).leave(&End::Lost);
    let _ = ids::<MqttSession>(&house);
    let left = |hours| {
        let limits = &house.broker.limits;
        let found = house.api.read(|store| stored::Restored::read(store, limits, set_by_hours(hours)));
        found.sessions.first().map(|(_, kept)| kept.left)
    };
    // No longer than it may.
    assert_eq!((left(-3), left(3)), (Some(Duration::from_secs(200)), None));
}

#[test]
fn a_connection_ends_after_it_began_also_when_the_clock_went_back() {
    let house = House::new(&[]);
    let hour = 3_600_000;
    let event = |kind, at_ms| StoredConnection {
        client_id: "one".to_owned(),
        principal: house.certificate_id().to_owned(),
        at_ms,
        kind,
        source_ip: None,
        is_live: true,
    };
    let events = [
        event(ConnectionKind::Connected, 5 * hour),
        event(ConnectionKind::Disconnected, 2 * hour),
        event(ConnectionKind::Connected, 2 * hour + 1),
    ];
    house
        .api
        .try_write(move |store| {
            events.iter().try_for_each(|event| connections::put(store, event).map(drop)).map_err(drop)
        })
        .unwrap();
    let mut known = house.api.read(|store| store.all::<StoredConnection>(&[]));
    known.sort_by_key(|event| StoredConnection::place(event.at_ms, event.kind));
    let known: Vec<_> = known.iter().map(|event| (event.kind, event.at_ms)).collect();
    use ConnectionKind::{Connected, Disconnected};
    assert_eq!(known, [(Connected, 2 * hour + 1), (Connected, 5 * hour), (Disconnected, 5 * hour + 1)]);
    let client = house.api.read(|store| store.get::<ClientConnections>("one")).unwrap();
    assert_eq!(client.open.map(|open| open.at_ms), Some(2 * hour + 1));
}
