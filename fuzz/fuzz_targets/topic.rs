//! Any text as a topic, and filters on the lines after it: the tree of subscriptions finds those that fit, one by one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use thingwarden_mqtt::{Filter, Limits, Match, Topic, Tree, matches};

fuzz_target!(|input: &[u8]| {
    let Some((topic, filters)) = thingwarden_fuzz::two(input) else { return };
    thingwarden::fuzzing::service_topic(topic);
    let limits = Limits::default();
    let Ok(topic) = Topic::parse(topic, &limits) else { return };
    let filters = filters.split('\n').filter_map(|text| Filter::parse(text, &limits).ok());
    let mut filters: Vec<Filter> = filters.collect();
    filters.sort();
    filters.dedup();
    let mut tree = Tree::default();
    for (place, filter) in filters.iter().enumerate() {
        assert_eq!(Filter::parse(filter.as_str(), &limits).as_ref(), Ok(filter));
        assert_eq!(tree.insert(filter, place, ()), None);
    }
    let mut found = vec![];
    tree.matches(&topic, &mut |fitting| match fitting {
        Match::One(place, ()) => found.push(*place),
        Match::OneOf(first, rest) => found.extend(first.iter().chain(rest).map(|(place, ())| *place)),
    });
    found.sort_unstable();
    let fits = |filter: &Filter| matches(filter.pattern(), topic.as_str());
    let expected: Vec<usize> = (0..filters.len()).filter(|place| fits(&filters[*place])).collect();
    assert_eq!(found, expected);
    for (place, filter) in filters.iter().enumerate() {
        assert_eq!(tree.remove(filter, &place), Some(()));
    }
    assert!(tree.is_empty());
});
