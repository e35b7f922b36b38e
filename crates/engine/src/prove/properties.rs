//! The answers against brute force: small alphabets, every request up to a length tried with `decide`.
//!
//! `PROPTEST_CASES=300000 cargo test --release -p thingwarden-engine --lib prove::properties` runs more than the usual cases.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::device::spells;
use super::shape::is_possible;
use super::tests::policies;
use super::*;
use crate::policy::{Context, Decision, PolicySet, Request, decide};

/// The device's one thing.
pub(super) const OWN: &str = "a";
/// The id of the device as an identity, where it is one.
pub(super) const ID: &str = "b";

pub(super) fn scope() -> Scope {
    Scope::example()
}

pub(super) fn device() -> Device {
    let thing = Thing { name: OWN.into(), ..Thing::default() };
    Device { certificate: Some(Context::new()), things: vec![thing], ..Device::default() }
}

/// The same as an identity.
fn identity() -> Device {
    Device { identity: Identity::Known(ID.into()), ..device() }
}

/// The statement that speaks of the identity's id in place of the thing's name.
fn of_identity(statement: String) -> String {
    statement.replace("iot:Connection.Thing.ThingName", "cognito-identity.amazonaws.com:sub")
}

fn pattern() -> impl Strategy<Value = String> {
    let pieces = vec![
        "a",
        "b",
        "/",
        "*",
        "*",
        "?",
        "+",
        "#",
        "${iot:ClientId}",
        "${iot:Connection.Thing.ThingName}",
        "${iot:Connection.Thing.ThingTypeName}",
    ];
    vec(select(pieces), 0..4).prop_map(|pieces| pieces.concat())
}

pub(super) fn condition() -> impl Strategy<Value = String> {
    let text = select(vec![
        "a",
        "b",
        "a*",
        "*b",
        "?",
        "b?*",
        "${iot:ClientId}",
        "${iot:Connection.Thing.ThingName}",
    ]);
    let on_text = select(vec![
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringNotLike",
        "StringEqualsIgnoreCase",
    ]);
    let text_key = select(vec!["iot:ClientId", "iot:Connection.Thing.ThingName"]);
    let address = select(vec!["10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "11.0.0.0/8"]);
    let on_address = select(vec!["IpAddress", "NotIpAddress"]);
    prop_oneof![
        5 => Just(String::new()),
        3 => (on_text, text_key, vec(text, 1..3)).prop_map(|(operator, key, values)| {
            format!(r#" {{"{operator}":{{"{key}":{values:?}}}}}"#)
        }),
        2 => (on_address, vec(address, 1..3)).prop_map(|(operator, values)| {
            format!(r#" {{"{operator}":{{"aws:SourceIp":{values:?}}}}}"#)
        }),
        1 => select(vec!["true", "false"]).prop_map(|value| {
            format!(r#" {{"Bool":{{"iot:Connection.Thing.IsAttached":"{value}"}}}}"#)
        }),
    ]
}

pub(super) fn statement() -> impl Strategy<Value = String> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny", "Deny"]);
    let action = select(vec!["Connect", "Publish", "Subscribe", "GetThingShadow", "*"]);
    let kind = select(vec!["client/", "topic/", "topicfilter/", "thing/", "!client/", "!topic/", "*"]);
    (effect, action, kind, pattern(), condition()).prop_map(|(effect, action, kind, pattern, condition)| {
        // An action on the kind of resource that it has, mostly.
        let kind = match (action, kind) {
            (_, "*") => "",
            ("Publish", "!client/") => "!topic/",
            ("Publish", "client/" | "thing/") => "topic/",
            ("Connect", "topic/" | "thing/") => "client/",
            ("Subscribe", "topic/" | "thing/") => "topicfilter/",
            ("GetThingShadow", "topic/" | "client/") => "thing/",
            (_, kind) => kind,
        };
        let resource = if kind.is_empty() { "*".to_owned() } else { format!("{kind}{pattern}") };
        format!("{effect} {action} {resource}{condition}")
    })
}

fn set() -> impl Strategy<Value = (Vec<String>, PolicySet)> {
    vec(statement(), 1..5).prop_map(|statements| {
        let texts: Vec<&str> = statements.iter().map(String::as_str).collect();
        let set = policies(&texts);
        (statements, set)
    })
}

/// Every text up to a length.
pub(super) fn texts(characters: &[char], length: usize) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut from = 0;
    for _ in 0..length {
        let to = all.len();
        for index in from..to {
            for character in characters {
                all.push(format!("{}{character}", all[index]));
            }
        }
        from = to;
    }
    all
}

/// What brute force need not try, because the statements say nothing about it.
#[derive(Clone, Copy)]
pub(super) struct Spoken {
    pub(super) client: bool,
    address: bool,
    /// The device is an identity.
    identity: bool,
    /// Its certificate belongs to its thing exclusively.
    exclusive: bool,
}

impl Spoken {
    pub(super) fn of<'t>(statements: impl Iterator<Item = &'t String> + Clone) -> Self {
        let contain = |word: &str| statements.clone().any(|statement| statement.contains(word));
        Self { client: contain("ClientId"), address: contain("SourceIp"), identity: false, exclusive: false }
    }
}

/// Every context of the device's requests, as far as the policies of these tests can tell them apart. `client`: of clients that
/// are connected; over HTTP there is none.
pub(super) fn contexts(client: Option<&str>, spoken: Spoken) -> Vec<Context> {
    contexts_as(OWN, client, spoken)
}

/// As [`contexts`], of a device that is attached to this thing.
fn contexts_as(own: &str, client: Option<&str>, spoken: Spoken) -> Vec<Context> {
    let base = match client {
        None => Context::new(),
        Some(client) if client == own || spoken.exclusive => Context::new()
            .with("iot:ClientId", [client])
            .with("iot:Connection.Thing.ThingName", [own])
            .with("iot:Connection.Thing.IsAttached", ["true"]),
        Some(client) => {
            Context::new().with("iot:ClientId", [client]).with("iot:Connection.Thing.IsAttached", ["false"])
        }
    };
    let base = if spoken.identity { base.with("cognito-identity.amazonaws.com:sub", [ID]) } else { base };
    let addresses = ["10.1.2.3", "10.1.9.9", "10.9.9.9", "11.1.1.1", "12.1.1.1", "::1"];
    let count = if spoken.address { addresses.len() } else { 1 };
    addresses.iter().take(count).map(|address| base.clone().with("aws:SourceIp", [*address])).collect()
}

pub(super) fn is_allowed(set: &PolicySet, action: &str, resource: &str, context: &Context) -> bool {
    decide(set, &Request { action, resource: &scope().arn(resource), context }) == Decision::Allowed
}

/// Something that a device can do, by brute force.
fn something(set: &PolicySet, spoken: Spoken) -> Option<String> {
    for client in texts(&['a', 'b', 'x'], 3).into_iter().filter(|client| !client.is_empty()) {
        let resource = format!("client/{client}");
        if contexts(Some(&client), spoken)
            .iter()
            .any(|context| is_allowed(set, "iot:Connect", &resource, context))
        {
            return Some(resource);
        }
    }
    let topics =
        texts(&['a', 'b', '/', 'x'], 4).into_iter().map(|topic| ("iot:Publish", format!("topic/{topic}")));
    let things =
        texts(&['a', 'b', 'x'], 3).into_iter().map(|name| ("iot:GetThingShadow", format!("thing/{name}")));
    for (action, resource) in topics.chain(things) {
        if is_possible(&scope(), &scope().arn(&resource))
            && contexts(None, spoken).iter().any(|context| is_allowed(set, action, &resource, context))
        {
            return Some(resource);
        }
    }
    None
}

/// A right that one has and the other has not, by brute force.
fn surplus(
    of: &PolicySet,
    over: &PolicySet,
    action: &str,
    resources: &[String],
    spoken: Spoken,
) -> Option<String> {
    let clients: Vec<String> = match action {
        "iot:GetThingShadow" => vec![],
        action if action != "iot:Connect" && !spoken.client => vec![OWN.to_owned(), "x".to_owned()],
        _ => texts(&['a', 'b', 'x'], 3).into_iter().filter(|client| !client.is_empty()).collect(),
    };
    let clients: Vec<Option<&str>> =
        clients.iter().map(|client| Some(client.as_str())).chain([None]).collect();
    for client in clients {
        if client.is_none() && matches!(action, "iot:Connect" | "iot:Subscribe") {
            continue;
        }
        for resource in resources {
            if action == "iot:Connect" && client != resource.strip_prefix("client/") {
                continue;
            }
            for context in contexts(client, spoken) {
                if is_allowed(of, action, resource, &context) && !is_allowed(over, action, resource, &context)
                {
                    return Some(format!("{resource} {client:?}"));
                }
            }
        }
    }
    None
}

fn possible(kind: &str, characters: &[char], length: usize) -> Vec<String> {
    let all = texts(characters, length).into_iter().map(|text| format!("{kind}{text}"));
    all.filter(|resource| is_possible(&scope(), &scope().arn(resource))).collect()
}

proptest! {
    #[test]
    fn quarantine_is_what_brute_force_says((statements, set) in set()) {
        let found = something(&set, Spoken::of(statements.iter()));
        match quarantined(&[Case { set: &set, device: device() }], &scope()) {
            Answer::Proof => prop_assert_eq!(found, None, "{:?}", statements),
            Answer::Witness(witness) => {
                let request =
                    Request { action: witness.action, resource: &witness.resource, context: &witness.context };
                prop_assert_eq!(decide(&set, &request), Decision::Allowed);
                prop_assert!(is_possible(&scope(), &witness.resource), "{} {:?}", witness, statements);
            }
            // Only where a pattern has the client id in its middle.
            Answer::OutOfBounds(reasons) => {
                let spoken_of = statements.iter().any(|one| one.contains("ClientId}"));
                prop_assert!(spoken_of, "{:?} {:?}", reasons, statements);
            }
        }
    }

    #[test]
    fn differences_are_what_brute_force_says((old_text, old) in set(), (new_text, new) in set()) {
        let found = diff(&old, &new, &[device()], &scope());
        let answer = |changes: &[Change], action: &str| {
            let change = changes.iter().find(|change| change.action == action);
            change.map_or(Answer::Proof, |change| change.answer.clone())
        };
        let asked = [
            ("iot:Connect", possible("client/", &['a', 'b', 'x'], 3)),
            ("iot:Publish", possible("topic/", &['a', 'b', '/', 'x'], 3)),
            ("iot:Subscribe", possible("topicfilter/", &['a', '+', '/', 'x'], 3)),
            ("iot:GetThingShadow", possible("thing/", &['a', 'b', 'x'], 3)),
        ];
        for (action, resources) in &asked {
            for (of, over, changes) in [(&new, &old, &found.added), (&old, &new, &found.removed)] {
                match answer(changes, action) {
                    Answer::Proof => {
                        // The client id of other requests than to connect is one that no policy spells.
                        let spoken = Spoken::of(old_text.iter().chain(&new_text));
                        if *action == "iot:Connect" || !spoken.client {
                            let brute = surplus(of, over, action, resources, spoken);
                            prop_assert_eq!(brute, None, "{} {:?} {:?}", action, old_text, new_text);
                        }
                    }
                    Answer::Witness(witness) => {
                        let allowed = |set| decide(set, &Request {
                            action: witness.action, resource: &witness.resource, context: &witness.context,
                        }) == Decision::Allowed;
                        prop_assert!(allowed(of) && !allowed(over), "{} {:?} {:?}", witness, old_text, new_text);
                        prop_assert!(is_possible(&scope(), &witness.resource));
                    }
                    Answer::OutOfBounds(reasons) => {
                        let spoken_of = old_text.iter().chain(&new_text).any(|one| one.contains("ClientId}"));
                        prop_assert!(spoken_of, "{:?}", reasons);
                    }
                }
            }
        }
    }
}

/// A pattern of a reserved topic, or one that takes some.
fn reserved() -> impl Strategy<Value = String> {
    let pieces = vec![
        "$aws/things/",
        "$aws/things/",
        "a",
        "b",
        "+",
        "#",
        "/",
        "*",
        "?",
        "*/",
        "/shadow/get",
        "/jobs/get",
        "$aws/",
        "shadow",
        "get",
        "${iot:ClientId}",
        "${iot:Connection.Thing.ThingName}",
    ];
    vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat())
}

pub(super) fn crossing_statement() -> impl Strategy<Value = String> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let kind = select(vec![
        "Connect client/",
        "Publish topic/",
        "Subscribe topicfilter/",
        "Receive topic/",
        "Receive topic/*",
        "Subscribe !topicfilter/",
        "Connect client/*",
        "GetThingShadow thing/",
    ]);
    (effect, kind, reserved(), condition()).prop_map(|(effect, kind, pattern, condition)| {
        let pattern = match kind {
            "Connect client/" | "GetThingShadow thing/" => {
                pattern.replace("$aws/things/", "").replace("/shadow/get", "")
            }
            kind if kind.ends_with('*') => String::new(),
            _ => pattern,
        };
        format!("{effect} {kind}{pattern}{condition}")
    })
}

/// A way to touch another thing, by brute force; only some of the topics are tried.
fn crosses(set: &PolicySet, contact: Contact, spoken: Spoken) -> Option<String> {
    let is_other = |name: &String| !name.is_empty() && name != OWN && !(spoken.identity && name == ID);
    let others: Vec<String> = texts(&['a', 'b', 'x'], 2).into_iter().filter(is_other).collect();
    crosses_to(set, contact, spoken, &others)
}

fn crosses_to(set: &PolicySet, contact: Contact, spoken: Spoken, others: &[String]) -> Option<String> {
    crosses_as(OWN, set, contact, spoken, others)
}

fn crosses_as(
    own: &str,
    set: &PolicySet,
    contact: Contact,
    spoken: Spoken,
    others: &[String],
) -> Option<String> {
    let contexts = |client: Option<&str>, spoken: Spoken| contexts_as(own, client, spoken);
    let mut clients: Vec<String> = match spoken.client {
        true => texts(&['a', 'b', 'x'], 2).into_iter().filter(|name| !name.is_empty()).collect(),
        false => ["a", "b", "x", "aa", "bx"].map(str::to_owned).to_vec(),
    };
    clients.push(own.to_owned());
    let connected = || {
        clients.iter().flat_map(|client| {
            let resource = format!("client/{client}");
            contexts(Some(client), spoken)
                .into_iter()
                .filter(move |context| is_allowed(set, "iot:Connect", &resource, context))
        })
    };
    for other in others {
        let topics = ["shadow/get", "jobs/get", "jobs/notify", "shadow/get/accepted", "shadow/name/x/get"]
            .map(|rest| format!("$aws/things/{other}/{rest}"));
        match contact {
            Contact::ConnectAs => {
                let resource = format!("client/{other}");
                if contexts(Some(other), spoken).iter().any(|c| is_allowed(set, "iot:Connect", &resource, c))
                {
                    return Some(resource);
                }
            }
            Contact::Publish => {
                for context in connected().chain(contexts(None, spoken)) {
                    for topic in [&topics[0], &topics[1], &topics[4]] {
                        if is_allowed(set, "iot:Publish", &format!("topic/{topic}"), &context) {
                            return Some(topic.clone());
                        }
                    }
                }
            }
            Contact::Receive => {
                for context in connected() {
                    for topic in &topics {
                        if !is_allowed(set, "iot:Receive", &format!("topic/{topic}"), &context) {
                            continue;
                        }
                        for filter in filters_of(topic) {
                            if is_allowed(set, "iot:Subscribe", &format!("topicfilter/{filter}"), &context) {
                                return Some(format!("{filter} {topic}"));
                            }
                        }
                    }
                }
            }
            Contact::Api(action) => {
                let resources =
                    [format!("thing/{other}"), format!("thing/{other}/x"), format!("thing/{other}/get")];
                for resource in resources.iter().take(if action.contains("Shadow") { 3 } else { 1 }) {
                    if contexts(None, spoken).iter().any(|c| is_allowed(set, action, resource, c)) {
                        return Some(resource.clone());
                    }
                }
            }
        }
    }
    None
}

/// Every filter that matches the topic, levels being what they are or `+`, or cut off by `#`.
pub(super) fn filters_of(topic: &str) -> Vec<String> {
    let levels: Vec<&str> = topic.split('/').collect();
    let mut all = vec![];
    let mut begun = vec![String::new()];
    for (index, level) in levels.iter().enumerate() {
        let slash = if index == 0 { "" } else { "/" };
        all.extend(begun.iter().map(|text| format!("{text}{slash}#")));
        begun = begun
            .iter()
            .flat_map(|text| [format!("{text}{slash}{level}"), format!("{text}{slash}+")])
            .collect();
    }
    all.extend(begun);
    all.retain(|filter| filter_matches(filter, topic));
    all
}

/// Statements of a device, or of one that is an identity too.
fn crossing_statements() -> impl Strategy<Value = (Vec<String>, Device)> {
    let either = |(statement, is_of_identity)| match is_of_identity {
        true => of_identity(statement),
        false => statement,
    };
    let of_both = (crossing_statement(), any::<bool>()).prop_map(either);
    prop_oneof![
        vec(crossing_statement(), 1..6).prop_map(|statements| (statements, device())),
        vec(of_both, 1..6).prop_map(|statements| (statements, identity())),
    ]
}

proptest! {
    #[test]
    fn crossings_are_what_brute_force_says((statements, device) in crossing_statements()) {
        let texts: Vec<&str> = statements.iter().map(String::as_str).collect();
        let set = policies(&texts);
        let identity = device.identity != Identity::None;
        let spoken = Spoken { identity, ..Spoken::of(statements.iter()) };
        let found = cross_device(&[Case { set: &set, device }], &scope());
        for (contact, answer) in &found.contacts {
            match answer {
                Answer::Proof => {
                    prop_assert_eq!(crosses(&set, *contact, spoken), None, "{:?} {:?}", contact, statements);
                }
                Answer::Witness(crossing) => {
                    prop_assert!(crossing.thing != OWN && !(spoken.identity && crossing.thing == ID));
                    for witness in &crossing.requests {
                        let request = Request {
                            action: witness.action, resource: &witness.resource, context: &witness.context,
                        };
                        prop_assert_eq!(decide(&set, &request), Decision::Allowed);
                        prop_assert!(is_possible(&scope(), &witness.resource), "{} {:?}", witness, statements);
                        prop_assert!(witness.name().contains(&crossing.thing) || witness.action == "iot:Subscribe");
                    }
                    if let [subscribe, receive] = crossing.requests.as_slice() {
                        let filter = subscribe.name().strip_prefix("topicfilter/").unwrap();
                        let topic = receive.name().strip_prefix("topic/").unwrap();
                        prop_assert!(filter_matches(filter, topic), "{} {}", filter, topic);
                    }
                }
                Answer::OutOfBounds(reasons) => prop_assert!(spoken.client, "{:?} {:?}", reasons, statements),
            }
        }
    }
}

proptest! {
    #[test]
    fn the_radius_holds_what_brute_force_touches(statements in vec(crossing_statement(), 1..6)) {
        let texts_of: Vec<&str> = statements.iter().map(String::as_str).collect();
        let set = policies(&texts_of);
        let spoken = Spoken::of(statements.iter());
        let all = texts(&['a', 'b', 'x'], 2).into_iter().filter(|name| !name.is_empty());
        let names: Names = all.collect();
        let (sets, place) = ([set], scope());
        let radius = BlastRadius::new(&names, &sets, &[], &place);
        let touched = radius.of(&[Way { set: 0, device: device() }]);
        let inside = |name: &str| {
            let index = names.find(name).unwrap();
            touched.ranges.iter().any(|range| range.contains(&index))
        };
        for name in (0..names.len()).filter_map(|index| names.get(index)).filter(|name| *name != OWN) {
            let brute = Contact::all().any(|contact| crosses_to(&sets[0], contact, spoken, &[name.to_owned()]).is_some());
            prop_assert!(!brute || inside(name) || touched.at_least.is_some(), "{} {:?}", name, statements);
            // The other way round: with nothing but this name in the fleet a search finds a witness.
            if inside(name) {
                let found = cross_device(&[Case { set: &sets[0], device: device() }], &place);
                prop_assert!(!found.is_isolated(), "{} {:?}", name, statements);
            }
        }
    }
}

proptest! {
    /// What is proved of devices that policies do not name holds for each of them.
    #[test]
    fn what_is_proved_of_nobody_holds_for_everybody(statements in vec(crossing_statement(), 1..6), exclusive in any::<bool>()) {
        let texts_of: Vec<&str> = statements.iter().map(String::as_str).collect();
        let set = policies(&texts_of);
        let spoken = Spoken { exclusive, ..Spoken::of(statements.iter()) };
        let mut devices = Device::generic(&[&set]);
        if exclusive {
            devices = devices.into_iter().flat_map(Device::exclusively).collect();
        }
        let cases: Vec<Case<'_>> = devices.into_iter().map(|device| Case { set: &set, device }).collect();
        let found = cross_device(&cases, &scope());
        let proved: Vec<Contact> = found.contacts.iter().filter(|(_, answer)| answer.is_proof()).map(|(contact, _)| *contact).collect();
        if proved.is_empty() || is_of_named_devices(&set) {
            return Ok(());
        }
        // For each condition on names there are some that meet it and some that do not.
        for own in ["cc", "ac", "cb", "bcc", "acb"].into_iter().filter(|name| !spells(&set, name)) {
            let others: Vec<String> = texts(&['a', 'b', 'x'], 2).into_iter().filter(|name| !name.is_empty()).collect();
            for contact in &proved {
                let crossing = crosses_as(own, &set, *contact, spoken, &others);
                prop_assert_eq!(crossing, None, "{} {} {:?} {:?}", own, exclusive, contact, statements);
            }
        }
    }
}

/// Such policies are those of the devices that they name.
fn is_of_named_devices(set: &PolicySet) -> bool {
    Device::generic(&[set]).iter().flat_map(Device::names).all(|name| spells(set, name))
}
