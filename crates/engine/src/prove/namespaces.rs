//! What of the topics can a device touch that policies give other devices by who they are?
//!
//! A policy that lets a device publish on `lamps/${iot:Connection.Thing.ThingName}/*`, or subscribe to it, gives each device topics
//! of its own. The same policy, or another one, may let it into those of others: then the name binds nothing. A topic that is the
//! device's own in one such way is no other's in another: `cmd/all/LAMP/on` is the lamp's by `cmd/all/${...}/*`, though a thing that
//! is called `all` may publish on it by `cmd/${...}/*`. A resource with a second variable says nothing of names.

use crate::policy::analysis::automaton::Token;
use crate::policy::document::Effect;
use crate::policy::resolve::{Applicable, CLIENT_ID, about, normal};

use super::answer::{Answer, Scope};
use super::ask::{Ground, Moment, request_in};
use super::cross_device::{Crossing, deliveries_in};
use super::device::{Case, Client, THING_NAME};
use super::identity::{SUB, unspelled_id};
use super::shape::{Form, Part, Word};

/// What gives a device topics.
const GRANTS: [&str; 3] = ["iot:Publish", "iot:Subscribe", "iot:Receive"];

/// Topics that are each device's own, by a variable in the resource.
#[derive(PartialEq)]
struct Namespace {
    /// What stands before the name, in the ARN of a topic.
    before: String,
    /// The variable, by its normal name.
    key: String,
    behind: Vec<Behind>,
}

/// What stands behind the name.
#[derive(PartialEq)]
enum Behind {
    Text(String),
    /// Anything: for `*`, and for `#` of a filter.
    Rest,
    /// One level: for `+` of a filter.
    Level,
}

/// Whether a device can publish on topics of another device, and receive from them, where policies give each device topics that have
/// what it is in them: the name of its thing, its client id, its id as an Amazon Cognito identity, or a field of its certificate. The
/// cases are alternatives. Reserved topics are another question.
pub fn namespaces(cases: &[Case<'_>], scope: &Scope) -> [(&'static str, Answer<Crossing>); 2] {
    let ask = |is_receiving: bool| {
        Answer::first(cases.iter().map(|case| {
            let ground = Ground { set: case.set, scope };
            let all = namespaces_in(ground);
            Answer::first(all.iter().map(|namespace| touch(ground, case, namespace, &all, is_receiving)))
        }))
    };
    [("publishNamed", ask(false)), ("receiveNamed", ask(true))]
}

fn touch(
    ground: Ground<'_>,
    case: &Case<'_>,
    namespace: &Namespace,
    all: &[Namespace],
    is_receiving: bool,
) -> Answer<Crossing> {
    let actions: &[&str] = if is_receiving { &["iot:Subscribe", "iot:Receive"] } else { &["iot:Publish"] };
    let form = namespace.form();
    let sessions = case.device.sessions();
    let wanted = sessions.iter().filter(|session| !is_receiving || session.client != Client::None);
    let moments = wanted.flat_map(|session| session.connected(ground, actions));
    Answer::first(moments.map(|moment: Moment| {
        let names = |of: &Namespace| -> Vec<String> {
            let things = case.device.names().filter(|_| matches!(of.key.as_str(), CLIENT_ID | THING_NAME));
            things.map(str::to_owned).chain(moment.context.get(&of.key).iter().cloned()).collect()
        };
        let mut own = names(namespace);
        own.extend(case.device.own_names(&moment.context));
        if namespace.key == SUB {
            // No device but an identity has a name of this form; with one that is left out the search knows its characters.
            own.push(unspelled_id(&[ground.set]));
        }
        let own_topics = all.iter().flat_map(|one| names(one).into_iter().map(|name| one.pattern(&name)));
        let space = Some(everything_but(own_topics.chain([second_resource(ground.scope)]).collect()));
        let found = if is_receiving {
            deliveries_in(ground, &moment, &form, &own, space).map(Vec::from)
        } else {
            request_in(ground, &moment, "iot:Publish", &form, &own, space).map(|witness| vec![witness])
        };
        found.map(|requests| {
            let topic = requests.last().map(|witness| witness.resource.as_str()).unwrap_or_default();
            let name = topic.strip_prefix(&namespace.before).unwrap_or(topic).split('/').next();
            Crossing { thing: name.unwrap_or_default().to_owned(), requests }
        })
    }))
}

/// All resources but these.
pub(super) fn everything_but(patterns: Vec<Vec<Token>>) -> Vec<Applicable> {
    let side =
        |effect, patterns| Applicable { index: 0, effect, negated: false, patterns, tests: Vec::new() };
    vec![side(Effect::Allow, vec![vec![Token::AnyString]]), side(Effect::Deny, patterns)]
}

/// Topics that have a topic's resource in them. A `*` for the account takes these in as well (`arn:aws:iot:*:*:topic/wills` matches
/// `...:123456789012:topic/lamps/a:topic/wills`); nobody means them, and no device listens there.
fn second_resource(scope: &Scope) -> Vec<Token> {
    let text = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
    [text(&scope.arn("topic/")), vec![Token::AnyString], text(":topic/"), vec![Token::AnyString]].concat()
}

/// The namespaces that the policies make: the name is a whole level, and what stands before it is spelled.
fn namespaces_in(ground: Ground<'_>) -> Vec<Namespace> {
    let allows = about(ground.set, &GRANTS).filter(|statement| statement.effect == Effect::Allow);
    let resources =
        allows.filter_map(|statement| statement.resources.as_ref().filter(|resources| !resources.negated));
    let mut found = Vec::new();
    for pattern in resources.flat_map(|resources| &resources.patterns) {
        if let Some(namespace) = Namespace::of(ground.scope, &pattern.node.to_string())
            && !found.contains(&namespace)
        {
            found.push(namespace);
        }
    }
    found
}

impl Namespace {
    fn of(scope: &Scope, pattern: &str) -> Option<Self> {
        let resource = pattern.splitn(6, ':').nth(5)?;
        let topic = resource.strip_prefix("topic/").or_else(|| resource.strip_prefix("topicfilter/"))?;
        let (before, rest) = topic.split_once("${")?;
        let (key, rest) = rest.split_once('}')?;
        let key = normal(key);
        let is_identity =
            matches!(key.as_str(), CLIENT_ID | THING_NAME | SUB) || key.starts_with("iot:certificate.");
        let is_level =
            (before.is_empty() || before.ends_with('/')) && (rest.is_empty() || rest.starts_with('/'));
        if !is_identity
            || !is_level
            || before.contains(['*', '?', '$', '+', '#'])
            || rest.contains(['?', '$'])
        {
            return None;
        }
        let mut behind = Vec::new();
        for piece in rest.split_inclusive(['*', '+', '#']) {
            let text = piece.trim_end_matches(['*', '+', '#']);
            if !text.is_empty() {
                behind.push(Behind::Text(text.to_owned()));
            }
            match piece.chars().last() {
                Some('*' | '#') => behind.push(Behind::Rest),
                Some('+') => behind.push(Behind::Level),
                _ => {}
            }
        }
        Some(Self { before: scope.arn(&format!("topic/{before}")), key, behind })
    }

    /// Its topics, under any name.
    fn form(&self) -> Form {
        let behind = self.behind.iter().map(|behind| match behind {
            Behind::Text(text) => Part::Text(text.clone()),
            Behind::Rest => Part::Rest,
            // Letters and digits will do: one such level is as good as any.
            Behind::Level => Part::Word(Word::Job),
        });
        let name = if self.key == SUB { Word::Identity } else { Word::Thing };
        let head = [Part::Text(self.before.clone()), Part::Word(name)];
        Form::of(head.into_iter().chain(behind).collect())
    }

    /// Its topics under this name.
    fn pattern(&self, name: &str) -> Vec<Token> {
        let mut tokens: Vec<Token> = self.before.chars().chain(name.chars()).map(Token::Char).collect();
        for behind in &self.behind {
            match behind {
                Behind::Text(text) => tokens.extend(text.chars().map(Token::Char)),
                Behind::Rest | Behind::Level => tokens.push(Token::AnyString),
            }
        }
        tokens
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::super::device::Device;
    use super::super::tests::{policies, scope};
    use super::*;
    use crate::policy::{Context, Decision, Request, decide};

    fn check(statements: &[&str], publish: Option<&str>, receive: Option<&str>) {
        let set = policies(statements);
        let found = namespaces(&Case::generic(&set), &scope());
        let shown = found.each_ref().map(|(_, answer)| match answer {
            Answer::Proof => None,
            Answer::Witness(crossing) => Some(crossing.requests.last().unwrap().name().to_owned()),
            Answer::OutOfBounds(reasons) => panic!("{reasons:?}"),
        });
        assert_eq!(shown, [publish, receive].map(|name| name.map(str::to_owned)), "{statements:?}");
    }

    #[test]
    fn topics_of_other_devices() {
        let connect = "Allow Connect client/${iot:Connection.Thing.ThingName}";
        let own = "Allow Publish topic/${iot:Connection.Thing.ThingName}/*";
        check(
            &[connect, own, "Allow Subscribe topicfilter/press/*", "Allow Receive topic/*"],
            None,
            Some("topic/press/"),
        );
        check(
            &[connect, own, "Allow Subscribe *", "Allow Receive topic/${iot:Connection.Thing.ThingName}/*"],
            None,
            None,
        );
        check(
            &[
                connect,
                own,
                "Allow Subscribe topicfilter/${iot:Connection.Thing.ThingName}/*",
                "Allow Receive *",
            ],
            None,
            None,
        );
        check(&[connect, own, "Allow Publish topic/press/cmd"], Some("topic/press/cmd"), None);
        let of_certificate = "Allow Publish topic/lamps/${iot:Certificate.Subject.Title}/state";
        check(
            &[
                connect,
                of_certificate,
                "Allow Subscribe topicfilter/lamps/+/state",
                "Allow Receive topic/lamps/*",
            ],
            None,
            Some("topic/lamps/x/state"),
        );
        // What a device subscribes to by its name is its own, too: who publishes there steers it.
        let own_filter = "Allow Subscribe topicfilter/${iot:Connection.Thing.ThingName}/#";
        check(&[connect, own_filter, "Allow Publish topic/press/*"], Some("topic/press/x"), None);
        check(
            &[connect, own_filter, "Allow Publish topic/${iot:Connection.Thing.ThingName}/state"],
            None,
            None,
        );
        let by_level = "Allow Subscribe topicfilter/cmd/${iot:Connection.Thing.ThingName}/+/now";
        check(
            &[connect, by_level, "Allow Publish topic/cmd/press/?/now"],
            Some("topic/cmd/press/x/now"),
            None,
        );
        check(&[connect, by_level, "Allow Publish topic/cmd/press/now"], None, None);
        // A `*` for the account does not reach into the topic.
        check(
            &[
                connect,
                "Allow Publish topic/lamps/area/${iot:Connection.Thing.ThingName}/*",
                "Allow Publish arn:aws:iot:*:*:topic/wills",
            ],
            None,
            None,
        );
        // `cmd/all/own-thing/...` is the device's, though a thing that is called `all` may publish on it.
        check(
            &[
                connect,
                "Allow Publish topic/cmd/${iot:Connection.Thing.ThingName}/*",
                "Allow Subscribe topicfilter/cmd/all/${iot:Connection.Thing.ThingName}/*",
                "Allow Receive topic/cmd/all/${iot:Connection.Thing.ThingName}/*",
            ],
            None,
            None,
        );
        check(
            &[connect, "Allow Publish topic/plant/state", "Allow Subscribe *", "Allow Receive *"],
            None,
            None,
        );
    }

    const NAME: &str = "${iot:Connection.Thing.ThingName}";

    /// Whether the pattern, in which `*` is the only wildcard, matches the text.
    fn matches(pattern: &str, text: &str) -> bool {
        match pattern.split_once('*') {
            None => pattern == text,
            Some((before, after)) => text.strip_prefix(before).is_some_and(|rest| {
                (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|rest| matches(after, rest)))
            }),
        }
    }

    /// Whether the topic is that of this name by a resource that has the device's name once, as a whole level behind spelled text.
    fn is_of(name: &str, topic: &str, resources: &[&str]) -> bool {
        resources.iter().any(|resource| {
            let is_level = resource.split('/').filter(|level| *level == NAME).count() == 1;
            let is_spelled = resource.split(NAME).next().is_some_and(|before| !before.contains('*'));
            is_level && is_spelled && matches(&resource.replace(NAME, name), topic)
        })
    }

    proptest! {
        #[test]
        fn topics_are_whose_brute_force_says(
            all in prop::collection::vec(
                (
                    select(vec!["Allow", "Allow", "Deny"]),
                    select(vec!["Publish", "Subscribe"]),
                    prop::collection::vec(select(vec!["a", "b", "*", "a*", NAME]), 1..4),
                ),
                1..6,
            ),
        ) {
            let resources: Vec<String> = all.iter().map(|(_, _, levels)| levels.join("/")).collect();
            let statement = |((effect, action, _), resource): (&(&str, &str, Vec<&str>), &String)| {
                let kind = if *action == "Publish" { "topic" } else { "topicfilter" };
                format!("{effect} {action} {kind}/{resource}")
            };
            let mut statements: Vec<String> = all.iter().zip(&resources).map(statement).collect();
            statements.push(format!("Allow Connect client/{NAME}"));
            let set = policies(&statements.iter().map(String::as_str).collect::<Vec<_>>());
            let granting: Vec<&str> = all.iter().zip(&resources).filter(|((effect, ..), _)| *effect == "Allow")
                .map(|(_, resource)| resource.as_str()).collect();
            let own = Device::generic(&[&set]).first().and_then(|device| device.names().next().map(str::to_owned)).unwrap();
            let context = Context::new()
                .with("iot:ClientId", [&own])
                .with("iot:Connection.Thing.ThingName", [&own])
                .with("iot:Connection.Thing.IsAttached", ["true"]);
            let publishes = |topic: &str| {
                let resource = scope().arn(&format!("topic/{topic}"));
                let request = Request { action: "iot:Publish", resource: &resource, context: &context };
                decide(&set, &request) == Decision::Allowed
            };
            let crosses = |topic: &str, name: &str| {
                name != own && is_of(name, topic, &granting) && !is_of(&own, topic, &granting)
            };
            let [(_, found), _] = namespaces(&Case::generic(&set), &scope());
            match found {
                Answer::Witness(crossing) => {
                    let topic = crossing.requests[0].name().strip_prefix("topic/").unwrap();
                    prop_assert!(crosses(topic, &crossing.thing), "{} {} {:?}", topic, crossing.thing, statements);
                }
                found => {
                    let words = ["a", "b", "x", own.as_str()];
                    let one: Vec<String> = words.map(str::to_owned).to_vec();
                    let longer = |shorter: &[String]| -> Vec<String> {
                        shorter.iter().flat_map(|head| words.map(|word| format!("{head}/{word}"))).collect()
                    };
                    let two = longer(&one);
                    let three = longer(&two);
                    for topic in one.iter().chain(&two).chain(&three) {
                        let crossing = ["a", "b", "x"].iter().any(|name| crosses(topic, name));
                        prop_assert!(!crossing || !publishes(topic), "{} {:?} {:?}", topic, found, statements);
                    }
                }
            }
        }
    }
}
