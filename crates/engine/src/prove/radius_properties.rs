//! The number of things touched against the slow way: each device and each thing of a small fleet by itself, with the thing's
//! name spelled out.

use proptest::collection::vec;
use proptest::prelude::*;

use super::ask::{CONNECT, Ground, replayed, request};
use super::cross_device::{deliveries_in, topics_published, topics_received};
use super::device::Client;
use super::properties::{crossing_statement, scope, texts};
use super::requests::thing_tails;
use super::shape::{Form, Part};
use super::tests::policies;
use super::*;
use crate::policy::{Context, PolicySet};

fn device(names: &[&str], ways: Ways) -> Device {
    let things = names.iter().map(|name| Thing { name: (*name).to_owned(), ..Thing::default() });
    Device { certificate: Some(Context::new()), things: things.collect(), ways, ..Device::default() }
}

/// Whether a device touches a thing. `None`: nobody knows.
fn touches(set: &PolicySet, device: &Device, name: &str) -> Option<bool> {
    let mut known = true;
    for contact in Contact::all() {
        for session in device.sessions() {
            let place = scope();
            let ground = Ground { set, scope: &place };
            let moments = match (contact, &session.client) {
                (Contact::ConnectAs, Client::Any { .. }) => session.moments(&[set], &[CONNECT]),
                (Contact::Publish, _) => session.connected(ground, &["iot:Publish"]),
                (Contact::Receive, Client::Is(_) | Client::Any { .. }) => {
                    session.connected(ground, &["iot:Subscribe", "iot:Receive"])
                }
                (Contact::Api(action), Client::None) => session.moments(&[set], &[action]),
                _ => continue,
            };
            let spelled = |kind: &str, tails: Vec<Vec<Part>>| Form {
                head: vec![Part::Text(place.arn(&format!("{kind}{name}")))],
                tails,
            };
            for moment in moments {
                let found: Answer<()> = match contact {
                    Contact::ConnectAs => {
                        match replayed(ground, CONNECT, place.arn(&format!("client/{name}")), &moment) {
                            Some(_) => return Some(true),
                            None if moment.open.is_empty() => continue,
                            None => Answer::OutOfBounds(vec![]),
                        }
                    }
                    Contact::Publish => {
                        let form = spelled("topic/$aws/things/", topics_published(&place).tails);
                        request(ground, &moment, "iot:Publish", &form, &[]).map(|_| ())
                    }
                    Contact::Receive => {
                        let form = spelled("topic/$aws/things/", topics_received(&place).tails);
                        deliveries_in(ground, &moment, &form, &[], None).map(|_| ())
                    }
                    Contact::Api(action) => {
                        let form = spelled("thing/", thing_tails(action));
                        request(ground, &moment, action, &form, &[]).map(|_| ())
                    }
                };
                match found {
                    Answer::Witness(()) if moment.open.is_empty() => return Some(true),
                    Answer::Proof => {}
                    Answer::Witness(()) | Answer::OutOfBounds(_) => known = false,
                }
            }
        }
    }
    known.then_some(false)
}

/// A case asks hundreds of questions.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(8), ..usual }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn the_radius_is_what_single_searches_find(
        statements in vec(crossing_statement(), 1..6),
        more in vec(crossing_statement(), 1..4),
    ) {
        let more_names = ["abb", "bab", "axb"].map(str::to_owned);
        let names = texts(&['a', 'b', 'x'], 2).into_iter().chain(more_names);
        let names: Names = names.filter(|name| !name.is_empty()).collect();
        let set = |statements: &[String]| policies(&statements.iter().map(String::as_str).collect::<Vec<_>>());
        let all: Vec<String> = statements.iter().chain(&more).cloned().collect();
        let sets = [set(&statements), set(&all)];
        let place = scope();
        let radius = BlastRadius::new(&names, &sets, &[], &place);
        let principals: Vec<Vec<Way>> = [vec!["a"], vec!["b"], vec!["a", "bb"], vec![]]
            .into_iter()
            .enumerate()
            .map(|(index, own)| {
                // With more policies when it is connected as a thing, as policies of groups are.
                let as_thing = own.iter().map(|name| Way { set: 1, device: device(&[name], Ways::AsThing) });
                let without = Way { set: index % 2, device: device(&own, Ways::WithoutThing) };
                as_thing.chain([without]).collect()
            })
            .collect();
        let touched = radius.of_all(&principals, 2, Clone::clone);
        for (ways, touched) in principals.iter().zip(&touched) {
            let own: Vec<&str> = ways.iter().flat_map(|way| way.device.names()).collect();
            let mut others = 0;
            for (place, name) in (0..names.len()).filter_map(|place| Some((place, names.get(place)?))) {
                if own.contains(&name) {
                    continue;
                }
                let inside = touched.ranges.iter().any(|range| range.contains(&place));
                others += usize::from(inside);
                let slow: Vec<Option<bool>> =
                    ways.iter().map(|way| touches(&sets[way.set], &way.device, name)).collect();
                if slow.contains(&Some(true)) {
                    prop_assert!(inside || touched.at_least.is_some(), "{} {:?} {:?}", name, own, all);
                } else if !slow.contains(&None) {
                    prop_assert!(!inside, "{} {:?} {:?}", name, own, all);
                }
            }
            prop_assert_eq!(touched.others, others, "{:?} {:?}", own, all);
            prop_assert_eq!(touched, &BlastRadius::new(&names, &sets, &[], &place).of(ways));
        }
    }
}
