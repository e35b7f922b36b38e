//! The number of things touched against the slow way: each device and each thing of a small fleet by itself, with the thing's
//! name spelled out.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::ask::Ground;
use super::properties::{crossing_statement, scope, texts};
use super::tests::policies;
use super::*;
use crate::policy::{Context, PolicySet};

fn device(names: &[&str], ways: Ways) -> Device {
    let things = names.iter().map(|name| Thing { name: (*name).to_owned(), ..Thing::default() });
    Device { certificate: Some(Context::new()), things: things.collect(), ways, ..Device::default() }
}

/// Whether a device touches a thing. `None`: nobody knows.
fn touches(set: &PolicySet, device: &Device, name: &str) -> Option<bool> {
    match one_thing::touches(Ground { set, scope: &scope() }, device, name) {
        Answer::Proof => Some(false),
        Answer::Witness(()) => Some(true),
        Answer::OutOfBounds(_) => None,
    }
}

const COMMON_NAME: &str = "iot:Certificate.Subject.CommonName";

const SUB: &str = "cognito-identity.amazonaws.com:sub";

/// A statement that may speak of a field of the certificate, or of an identity's id, in place of the names.
fn of_name_or_field() -> impl Strategy<Value = String> {
    let in_place = select(vec![None, None, Some(COMMON_NAME), Some(COMMON_NAME), Some(SUB)]);
    (crossing_statement(), in_place).prop_map(|(statement, in_place)| match in_place {
        Some(key) => {
            ["iot:ClientId", "iot:Connection.Thing.ThingName"].iter().fold(statement, |statement, name| {
                statement.replace(&format!("${{{name}}}"), &format!("${{{key}}}"))
            })
        }
        None => statement,
    })
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
        statements in vec(of_name_or_field(), 1..6),
        more in vec(of_name_or_field(), 1..4),
        field in select(vec![None, Some("a"), Some("b"), Some("zz")]),
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
                // A field of the certificate repeats the name, or says another one.
                let field = field.or(own.first().copied()).unwrap_or("x");
                // The second is an identity of this name.
                let (certificate, identity) = match index {
                    1 => (Context::new(), Identity::Known(field.to_owned())),
                    _ => (Context::new().with(COMMON_NAME, [field]), Identity::None),
                };
                let device = |names: &[&str], ways| Device {
                    certificate: Some(certificate.clone()), identity: identity.clone(), ..device(names, ways)
                };
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

/// Statements that let a device ask for a certificate and for the template, and hear the answers.
const CLAIM: [&str; 5] = [
    "Allow Connect client/a",
    "Allow Publish topic/$aws/certificates/create/json",
    "Allow Publish topic/$aws/provisioning-templates/t/provision/cbor",
    "Allow Subscribe topicfilter/$aws/certificates/create/json/accepted",
    "Allow Receive topic/$aws/certificates/*",
];

proptest! {
    #![proptest_config(config())]
    #[test]
    fn a_claim_brings_what_single_searches_find_under_each_name(
        statements in vec(crossing_statement(), 1..5),
        of_groups in vec(crossing_statement(), 0..3),
        begin in select(vec!["", "a", "b"]),
        exclusive in any::<bool>(),
    ) {
        let more_names = ["abb", "bab", "axb"].map(str::to_owned);
        let names = texts(&['a', 'b', 'x'], 2).into_iter().chain(more_names);
        let names: Names = names.filter(|name| !name.is_empty()).collect();
        let set = |statements: &[String]| policies(&statements.iter().map(String::as_str).collect::<Vec<_>>());
        let with_groups: Vec<String> = statements.iter().chain(&of_groups).cloned().collect();
        let claim = CLAIM.map(str::to_owned);
        let sets = [set(&statements), set(&with_groups), set(&claim), set(&claim[1..])];
        let place = scope();
        // A device as each of the things that it may take, or as a new one; the group's policies hold only as the thing.
        let ways = |name: &str| {
            let way = |set: usize, ways: Ways| {
                let mut device = device(&[name], ways);
                device.things.iter_mut().for_each(|thing| thing.exclusive = exclusive);
                Way { set, device }
            };
            vec![way(1, Ways::AsThing), way(0, Ways::WithoutThing)]
        };
        let takes = |name: &str| name.starts_with(begin);
        let template = Template {
            name: "t".to_owned(), by_claim: true, device: ways("new-thing"), ..Template::default()
        };
        let templates = [template];
        let radius = BlastRadius::new(&names, &sets, &[], &place)
            .with_templates(&templates, 2, |_, name| if takes(name) { ways(name) } else { vec![] });
        let may_use = |set: usize| {
            radius.of(&[Way { set, device: device(&["a"], Ways::AsThing) }])
        };
        let (with, without) = (may_use(2), may_use(3));
        prop_assert_eq!((with.templates.as_slice(), without.templates.as_slice()), ([0].as_slice(), [].as_slice()));
        let brings = radius.by_claim(0).unwrap();
        let new = radius.new_device(0).unwrap();
        let all: Vec<&str> = (0..names.len()).filter_map(|index| names.get(index)).collect();
        for name in &all {
            let by = |as_whom: &str| {
                ways(as_whom).iter().map(|way| touches(&sets[way.set], &way.device, name)).collect::<Vec<_>>()
            };
            let index = names.find(name).unwrap();
            let inside = |touched: &Touched| touched.ranges.iter().any(|range| range.contains(&index));
            let as_new = by("new-thing");
            let as_things = all.iter().filter(|own| takes(own)).flat_map(|own| by(own));
            let slow: Vec<Option<bool>> = as_new.iter().copied().chain(as_things).collect();
            for (touched, slow) in [(&new, &as_new), (&brings, &slow)] {
                if slow.contains(&Some(true)) {
                    prop_assert!(inside(touched) || touched.at_least.is_some(), "{} {:?}", name, with_groups);
                } else if !slow.contains(&None) {
                    prop_assert!(!inside(touched), "{} {:?}", name, with_groups);
                }
            }
        }
        let own = usize::from(brings.ranges.iter().any(|range| range.contains(&names.find("a").unwrap())));
        prop_assert_eq!(with.others, brings.others - own);
        prop_assert_eq!(without.others, 0);
    }
}

#[test]
fn a_name_that_a_field_of_the_certificate_must_repeat_is_not_anothers() {
    let names: Names = ["a", "b", "c"].map(str::to_owned).into_iter().collect();
    let sets = [policies(&[
        &format!(
            r#"Allow Connect client/* {{"StringEquals":{{"{COMMON_NAME}":["${{iot:Connection.Thing.ThingName}}"]}}}}"#
        ),
        "Allow Publish topic/$aws/things/*",
    ])];
    let place = scope();
    let radius = BlastRadius::new(&names, &sets, &[], &place);
    let others = |field: &str| {
        let certificate = Some(Context::new().with(COMMON_NAME, [field]));
        radius.of(&[Way { set: 0, device: Device { certificate, ..device(&["a"], Ways::AsThing) } }]).others
    };
    assert_eq!((others("x"), others("a")), (0, 2));
}
