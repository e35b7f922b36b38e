//! What is said of all that a device can do, and of what policies say in vain, against brute force.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p thingwarden-engine --lib prove::reach_properties` runs more than the usual cases.

use proptest::collection::vec;
use proptest::prelude::*;

use super::properties::{
    OWN, Spoken, contexts, crossing_statement, device, filters_of, is_allowed, scope, statement, texts,
};
use super::shape::is_possible;
use super::tests::policies;
use super::*;
use crate::policy::{Context, Decision, PolicySet, Request, decide};

fn statements() -> impl Strategy<Value = Vec<String>> {
    vec(prop_oneof![statement(), crossing_statement()], 1..6)
}

fn set_of(statements: &[String]) -> PolicySet {
    policies(&statements.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Names of clients and things.
fn names() -> Vec<String> {
    let mut names = texts(&['a', 'b', 'x'], 2);
    names.retain(|name| !name.is_empty());
    names
}

fn topics() -> Vec<String> {
    let reserved = ["$aws/things/", "$aws/events/", "$aws/things"].into_iter().flat_map(|before| {
        ["a", "b", "x"].into_iter().flat_map(move |name| {
            ["", "/", "/shadow/get", "/jobs/get", "/x"].map(|rest| format!("{before}{name}{rest}"))
        })
    });
    texts(&['a', 'b', '/', 'x'], 3).into_iter().chain(reserved).collect()
}

fn filters() -> Vec<String> {
    let reserved =
        ["$aws/#", "$aws/+", "$aws/things/#", "$aws/+/#", "$aws/things/+/#", "$aws/things/+/shadow/get"];
    let wild = texts(&['a', '+', '#', '/'], 3);
    let named = ["$aws/things/a/#", "$aws/things/b/#", "$aws/+/a/#", "$aws/things/b/shadow/+"];
    wild.into_iter().chain(topics()).chain(reserved.into_iter().chain(named).map(str::to_owned)).collect()
}

/// Whose a resource is, told by its text.
fn space_of(resource: &str) -> Space {
    let (kind, name) = resource.split_once('/').unwrap();
    let of_thing = |name: &str| match name.split('/').next() {
        Some(OWN) => Space::Own,
        _ => Space::Others,
    };
    match kind {
        "client" if name == OWN => Space::Own,
        "client" => Space::Others,
        "thing" => of_thing(name),
        _ => match name.strip_prefix("$aws/things/") {
            // A name alone is no topic of a thing's own.
            Some(rest) if rest.contains('/') => of_thing(rest),
            Some(_) => Space::Others,
            None if name.starts_with("$aws/+/") || name == "$aws/#" => Space::Others,
            None if name.starts_with('$') => Space::Reserved,
            None => Space::Application,
        },
    }
}

/// What the device can do, by brute force: action, whether over HTTP, resource.
fn everything(set: &PolicySet, spoken: Spoken) -> Vec<(&'static str, bool, String)> {
    let named = |kind: &str, names: Vec<String>| -> Vec<String> {
        let all = names.into_iter().map(|name| format!("{kind}{name}"));
        all.filter(|resource| is_possible(&scope(), &scope().arn(resource))).collect()
    };
    let (topics, filters) = (named("topic/", topics()), named("topicfilter/", filters()));
    let things = named("thing/", names().into_iter().flat_map(|name| [format!("{name}/x"), name]).collect());
    let mut found = Vec::new();
    let mut try_all = |action: &'static str, http: bool, resources: &[String], context: &Context| {
        let allowed = resources.iter().filter(|resource| is_allowed(set, action, resource, context));
        found.extend(allowed.map(|resource| (action, http, resource.clone())));
    };
    let mut pairs = Vec::new();
    let clients =
        if spoken.client { names() } else { ["a", "b", "x", "aa", "bx"].map(str::to_owned).to_vec() };
    for client in clients {
        for context in contexts(Some(&client), spoken) {
            let resource = format!("client/{client}");
            if !is_allowed(set, "iot:Connect", &resource, &context) {
                continue;
            }
            try_all("iot:Connect", false, &[resource], &context);
            try_all("iot:Publish", false, &topics, &context);
            try_all("iot:Subscribe", false, &filters, &context);
            let received = topics.iter().filter(|topic| {
                is_allowed(set, "iot:Receive", topic, &context)
                    && filters_of(topic.strip_prefix("topic/").unwrap()).iter().any(|filter| {
                        let resource = format!("topicfilter/{filter}");
                        is_possible(&scope(), &scope().arn(&resource))
                            && is_allowed(set, "iot:Subscribe", &resource, &context)
                    })
            });
            pairs.extend(received.cloned());
        }
    }
    for context in contexts(None, spoken) {
        try_all("iot:Publish", true, &topics, &context);
        try_all("iot:GetThingShadow", true, &things, &context);
    }
    found.extend(pairs.into_iter().map(|topic| ("iot:Receive", false, topic)));
    found
}

proptest! {
    #[test]
    fn what_is_reached_is_what_brute_force_says(statements in statements()) {
        let (set, spoken) = (set_of(&statements), Spoken::of(statements.iter()));
        let found = reach(&[Case { set: &set, device: device() }], &scope());
        for (action, http, resource) in everything(&set, spoken) {
            let space = space_of(&resource);
            let is_told = found.reached.iter().any(|one| (one.action, one.http, one.space) == (action, http, space));
            prop_assert!(is_told, "{action} {http} {resource} {space:?} {statements:?}");
        }
        for one in &found.reached {
            match &one.answer {
                Answer::Proof => prop_assert!(false, "{one:?} {statements:?}"),
                Answer::OutOfBounds(_) => prop_assert!(spoken.client, "{one:?} {statements:?}"),
                Answer::Witness(requests) => {
                    for witness in requests {
                        let request = Request { action: witness.action, resource: &witness.resource, context: &witness.context };
                        prop_assert_eq!(decide(&set, &request), Decision::Allowed);
                        prop_assert!(is_possible(&scope(), &witness.resource), "{witness} {statements:?}");
                    }
                    let about = requests.last().unwrap();
                    if one.space != Space::Other {
                        prop_assert_eq!(space_of(about.name()), one.space, "{} {:?}", about, statements);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_dead_makes_no_difference(statements in statements()) {
        let (set, spoken) = (set_of(&statements), Spoken::of(statements.iter()));
        let found = dead(&set, &[Case { set: &set, device: device() }], &Places::only(scope()));
        for dead in found {
            let index = dead.statement.statement;
            if matches!(dead.why, Why::OutOfBounds(_) | Why::LiteralWildcard { .. } | Why::VariableNeverResolves { .. }) {
                continue;
            }
            let mut left = statements.clone();
            left.remove(index);
            let without = set_of(&left);
            let [before, after] = [&set, &without].map(|set| everything(set, spoken));
            prop_assert_eq!(before, after, "{} {:?} {:?}", index, dead.why, statements);
            let found = diff(&set, &without, &[device()], &scope());
            for change in found.added.iter().chain(&found.removed) {
                prop_assert_eq!(change.answer.witness(), None, "{} {:?} {:?}", index, dead.why, statements);
            }
        }
    }
}
