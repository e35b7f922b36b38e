//! Topics that policies give by who a device is, against brute force: small alphabets, every topic of a namespace up to a length, and
//! every filter that matches it, tried with `decide`.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::properties::{OWN, Spoken, condition, contexts, device, filters_of, is_allowed, scope, texts};
use super::shape::is_possible;
use super::tests::policies;
use super::*;
use crate::policy::{Context, Decision, PolicySet, Request, decide};

/// A right on topics with the device's name as a level.
#[derive(Clone, Debug)]
struct Named {
    /// Action and kind of resource.
    right: &'static str,
    before: &'static str,
    key: &'static str,
    behind: &'static str,
}

impl Named {
    fn statement(&self) -> String {
        format!("Allow {}{}${{{}}}{}", self.right, self.before, self.key, self.behind)
    }

    /// Topics that are the name's.
    fn topics(&self, name: &str) -> Vec<String> {
        let begin = format!("{}{name}", self.before);
        let ends = match self.behind.strip_suffix(['*', '#', '+']) {
            None => return vec![format!("{begin}{}", self.behind)],
            Some(_) if self.behind.ends_with('+') => texts(&['a', 'b', 'x'], 2),
            Some(_) => texts(&['a', 'b', '/', 'x'], 2),
        };
        let fixed = self.behind.trim_end_matches(['*', '#', '+']);
        ends.iter().filter(|end| !end.is_empty()).map(|end| format!("{begin}{fixed}{end}")).collect()
    }

    /// Whether a topic is the name's.
    fn has(&self, name: &str, topic: &str) -> bool {
        let rest = topic.strip_prefix(self.before).and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| match self.behind.strip_suffix(['*', '#', '+']) {
            None => rest == self.behind,
            Some(fixed) => rest.starts_with(fixed),
        })
    }

    /// What the device is called, as far as this goes.
    fn own<'c>(&self, context: &'c Context) -> Vec<&'c str> {
        context.get(self.key).iter().map(String::as_str).chain([OWN]).collect()
    }
}

fn named() -> impl Strategy<Value = Named> {
    let before = select(vec!["", "b/", "a/b/"]);
    let key =
        select(vec!["iot:Connection.Thing.ThingName", "iot:Connection.Thing.ThingName", "iot:ClientId"]);
    let right = select(vec![
        ("Publish topic/", vec!["", "/a", "/*", "/a/*"]),
        ("Receive topic/", vec!["", "/a", "/*"]),
        ("Subscribe topicfilter/", vec!["", "/#", "/*", "/+", "/a/+"]),
    ]);
    let right = right.prop_flat_map(|(right, behind)| (Just(right), select(behind)));
    (before, key, right).prop_map(|(before, key, (right, behind))| Named { right, before, key, behind })
}

/// Other statements, which give nobody topics by name.
fn statement() -> impl Strategy<Value = String> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let kind = select(vec![
        "Connect client/",
        "Connect client/*",
        "Publish topic/",
        "Publish topic/",
        "Subscribe topicfilter/",
        "Subscribe topicfilter/",
        "Receive topic/",
        "Receive topic/*",
        "Subscribe !topicfilter/",
    ]);
    let pieces = vec!["a", "b", "/", "/", "*", "?", "+", "#"];
    (effect, kind, vec(select(pieces), 0..5), condition()).prop_map(|(effect, kind, pieces, condition)| {
        let pattern = if kind.ends_with('*') { String::new() } else { pieces.concat() };
        format!("{effect} {kind}{pattern}{condition}")
    })
}

/// A topic of another's that can be published on, or received from, by brute force; names and topics are short.
fn touched(
    set: &PolicySet,
    namespace: &Named,
    all: &[Named],
    is_receiving: bool,
    spoken: Spoken,
) -> Option<String> {
    let clients: Vec<String> = match spoken.client {
        true => texts(&['a', 'b', 'x'], 2).into_iter().filter(|name| !name.is_empty()).collect(),
        false => ["a", "b", "x", "aa", "bx"].map(str::to_owned).to_vec(),
    };
    let connected = clients.iter().flat_map(|client| {
        let resource = format!("client/{client}");
        let all = contexts(Some(client), spoken).into_iter();
        all.filter(move |context| is_allowed(set, "iot:Connect", &resource, context))
    });
    let over_http = if is_receiving { vec![] } else { contexts(None, spoken) };
    let contexts: Vec<Context> = connected.chain(over_http).collect();
    for name in texts(&['a', 'b', 'x'], 2).iter().filter(|name| !name.is_empty() && *name != OWN) {
        for topic in namespace.topics(name) {
            let resource = format!("topic/{topic}");
            if !is_possible(&scope(), &scope().arn(&resource)) {
                continue;
            }
            let others =
                contexts.iter().filter(|context| is_of_another(namespace, all, name, &topic, context));
            for context in others {
                let found = match is_receiving {
                    false => is_allowed(set, "iot:Publish", &resource, context),
                    true => {
                        is_allowed(set, "iot:Receive", &resource, context)
                            && filters_of(&topic).iter().any(|filter| {
                                is_allowed(set, "iot:Subscribe", &format!("topicfilter/{filter}"), context)
                            })
                    }
                };
                if found {
                    return Some(topic);
                }
            }
        }
    }
    None
}

/// Whether a topic that is the name's is none of the device's own, by any of its rights.
fn is_of_another(namespace: &Named, all: &[Named], name: &str, topic: &str, context: &Context) -> bool {
    let is_own = |one: &Named| one.own(context).iter().any(|own| one.has(own, topic));
    !namespace.own(context).contains(&name) && !all.iter().any(is_own)
}

/// A case tries some ten thousand requests.
fn config() -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: usual.cases.div_ceil(4), ..usual }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn topics_of_others_by_name_are_what_brute_force_says(
        given in vec(named(), 0..3),
        more in vec(statement(), 1..6),
    ) {
        let statements: Vec<String> = given.iter().map(Named::statement).chain(more).collect();
        let set = policies(&statements.iter().map(String::as_str).collect::<Vec<_>>());
        let spoken = Spoken::of(statements.iter());
        for (question, answer) in namespaces(&[Case { set: &set, device: device() }], &scope()) {
            let is_receiving = question == "receiveNamed";
            match answer {
                Answer::Proof => {
                    for namespace in &given {
                        let found = touched(&set, namespace, &given, is_receiving, spoken);
                        prop_assert_eq!(found, None, "{} {:?} {:?}", question, namespace, statements);
                    }
                }
                Answer::Witness(crossing) => {
                    for witness in &crossing.requests {
                        let (resource, context) = (&witness.resource, &witness.context);
                        let request = Request { action: witness.action, resource, context };
                        prop_assert_eq!(decide(&set, &request), Decision::Allowed);
                        prop_assert!(is_possible(&scope(), resource), "{} {:?}", witness, statements);
                    }
                    let last = crossing.requests.last().unwrap();
                    let topic = last.name().strip_prefix("topic/").unwrap();
                    let is_theirs = |named: &Named| {
                        let (name, context) = (&crossing.thing, &last.context);
                        named.has(name, topic) && is_of_another(named, &given, name, topic, context)
                    };
                    prop_assert!(given.iter().any(is_theirs), "{} {} {:?}", crossing.thing, topic, statements);
                    prop_assert!(crossing.thing != OWN);
                    if let [subscribe, receive] = crossing.requests.as_slice() {
                        let filter = subscribe.name().strip_prefix("topicfilter/").unwrap();
                        prop_assert!(filter_matches(filter, topic), "{} {}", filter, receive);
                    }
                }
                Answer::OutOfBounds(reasons) => {
                    prop_assert!(spoken.client, "{:?} {:?}", reasons, statements);
                }
            }
        }
    }
}
