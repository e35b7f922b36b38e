//! The tree finds what a comparison with each filter finds, whatever was added and removed before.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::limits::Limits;
use crate::topic::matches;

fn filter(text: &str) -> Filter {
    Filter::parse(text, &Limits::default()).unwrap()
}

fn topic(text: &str) -> Topic {
    Topic::parse(text, &Limits::default()).unwrap()
}

fn found(tree: &Tree<u8, u8>, name: &str) -> Vec<(u8, u8)> {
    let mut found = vec![];
    tree.matches(&topic(name), &mut |matched| match matched {
        Match::One(key, options) => found.push((*key, *options)),
        Match::OneOf(from, before) => found.extend(from.iter().chain(before).next().copied()),
    });
    found.sort_unstable();
    found
}

/// Few levels, so that filters and topics meet often.
fn level() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "a", "b", "$x"])
}

fn a_topic() -> impl Strategy<Value = String> {
    vec(level(), 1..4).prop_map(|levels| not_empty(levels.join("/")))
}

fn a_filter() -> impl Strategy<Value = String> {
    let level = prop_oneof![3 => level(), 1 => Just("+")];
    (vec(level, 0..4), any::<bool>()).prop_map(|(mut levels, below)| {
        levels.extend(below.then_some("#"));
        not_empty(levels.join("/"))
    })
}

fn not_empty(text: String) -> String {
    if text.is_empty() { "/".to_owned() } else { text }
}

proptest! {
    #[test]
    fn the_tree_finds_what_fits(
        steps in vec((a_filter(), 0..3u8, any::<bool>()), 0..40),
        topics in vec(a_topic(), 1..10),
    ) {
        let mut tree = Tree::default();
        let mut kept = BTreeMap::new();
        for (step, (text, key, add)) in steps.into_iter().enumerate() {
            let options = step as u8;
            let name = (text.clone(), key);
            if add {
                prop_assert_eq!(tree.insert(&filter(&text), key, options), kept.insert(name, options));
            } else {
                prop_assert_eq!(tree.remove(&filter(&text), &key), kept.remove(&name));
            }
        }
        for name in topics {
            let fitting = kept.iter().filter(|((pattern, _), _)| matches(pattern, &name));
            let mut expected: Vec<(u8, u8)> = fitting.map(|((_, key), options)| (*key, *options)).collect();
            expected.sort_unstable();
            prop_assert_eq!(found(&tree, &name), expected, "{}", name);
        }
        for (pattern, key) in kept.into_keys() {
            tree.remove(&filter(&pattern), &key);
        }
        prop_assert!(tree.is_empty());
    }
}

#[test]
fn members_of_a_share_take_turns() {
    let mut tree = Tree::default();
    for key in [1, 2, 3] {
        tree.insert(&filter("$share/g/a/+"), key, 0);
    }
    tree.insert(&filter("$share/h/a/b"), 9, 0);
    tree.insert(&filter("a/b"), 7, 0);
    let mut turns: Vec<u8> = (0..6)
        .flat_map(|_| {
            let all = found(&tree, "a/b");
            assert_eq!(all.len(), 3, "one of each share, and who is alone");
            assert!(all.contains(&(7, 0)) && all.contains(&(9, 0)));
            all
        })
        .map(|(key, _)| key)
        .filter(|key| *key < 7)
        .collect();
    turns.sort_unstable();
    assert_eq!(turns, [1, 1, 2, 2, 3, 3]);
    for key in [1, 2, 3] {
        assert_eq!(tree.remove(&filter("$share/g/a/+"), &key), Some(0));
    }
    assert_eq!(found(&tree, "a/b"), [(7, 0), (9, 0)]);
}
