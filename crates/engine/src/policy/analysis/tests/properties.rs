//! What must hold for every policy.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::super::*;
use super::document;
use crate::policy::{Context, Decision, PolicySet, PolicySource, Request, decide};

#[derive(Clone, Debug)]
struct Draft {
    allow: bool,
    actions: Vec<&'static str>,
    resources: Vec<&'static str>,
    negated: bool,
    condition: Option<&'static str>,
}

const ACTIONS: &[&str] =
    &["iot:Connect", "iot:Publish", "iot:Subscribe", "iot:GetThingShadow", "iot:*", "iot:Pub*"];
const RESOURCES: &[&str] = &[
    "*",
    "@client/*",
    "@client/dev-*",
    "@client/${iot:ClientId}",
    "@client/${iot:Connection.Thing.ThingName}",
    "@client/?*",
    "@topic/*",
    "@topic/$aws/things/*/shadow/update",
    "@topic/$aws/things/dev-*",
    "@topicfilter/$aws/things/+/shadow/#",
    "@topicfilter/a/*",
    "@thing/*",
    "@thing/??",
    "arn:aws:iot:eu-west-1:*:*",
];
const CONDITIONS: &[&str] = &[
    r#"{"Bool": {"iot:Connection.Thing.IsAttached": "true"}}"#,
    r#"{"Bool": {"iot:Connection.Thing.IsAttached": "false"}}"#,
    r#"{"StringLike": {"iot:ClientId": "d*"}}"#,
    r#"{"StringNotLike": {"iot:ClientId": "d*"}}"#,
    r#"{"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}"#,
];

const CLIENT_ID_OPERATORS: &[&str] = &[
    "StringEquals",
    "StringNotEquals",
    "StringEqualsIgnoreCase",
    "StringNotEqualsIgnoreCase",
    "StringLike",
    "StringNotLike",
    "StringLikeIfExists",
    "ForAllValues:StringEquals",
    "ForAnyValue:StringNotLike",
    "ArnLike",
    "ArnNotEquals",
];
const CLIENT_ID_VALUES: &[&str] = &[
    "*",
    "?*",
    "??",
    "a",
    "d*",
    "*d",
    "${iot:ClientId}",
    "${iot:clientid}",
    "*${iot:ClientId}*",
    "${iot:ClientId}*",
    "a${iot:ClientId}",
    "a*${iot:ClientId}",
    "?${iot:ClientId}",
    "${iot:ClientId}*?",
    "${iot:ClientId}${iot:ClientId}",
    "${iot:Connection.Thing.ThingName}",
    "*${iot:Connection.Thing.ThingName}",
    "${iot:Connection.Thing.ThingName, 'd'}*",
];

fn client_id_condition() -> impl Strategy<Value = String> {
    (proptest::sample::select(CLIENT_ID_OPERATORS), proptest::sample::subsequence(CLIENT_ID_VALUES, 1..3))
        .prop_map(|(operator, values)| format!(r#"{{"{operator}": {{"iot:ClientId": {values:?}}}}}"#))
}

/// Statements about Connect, most of them with conditions on the client id.
fn connect_statement() -> impl Strategy<Value = String> {
    let condition = prop_oneof![
        4 => client_id_condition(),
        // Not the last one, on the address: an Allow and a Deny that ask the same of the caller count as independent.
        1 => proptest::sample::select(&CONDITIONS[..4]).prop_map(str::to_owned),
        1 => Just("{}".to_owned()),
    ];
    (
        proptest::bool::weighted(0.7),
        proptest::sample::select(&["*", "@client/*", "@client/?*", "@client/${iot:ClientId}", "@client/d*"][..]),
        proptest::bool::weighted(0.1),
        condition,
    )
        .prop_map(|(allow, resource, negated, condition)| {
            format!(
                r#"{{"Effect": "{}", "Action": "iot:Connect", "{}": "{resource}", "Condition": {condition}}}"#,
                if allow { "Allow" } else { "Deny" },
                if negated { "NotResource" } else { "Resource" },
            )
        })
}

fn draft() -> impl Strategy<Value = Draft> {
    (
        any::<bool>(),
        proptest::sample::subsequence(ACTIONS, 1..3),
        proptest::sample::subsequence(RESOURCES, 1..4),
        proptest::bool::weighted(0.2),
        proptest::option::weighted(0.3, proptest::sample::select(CONDITIONS)),
    )
        .prop_map(|(allow, actions, resources, negated, condition)| Draft {
            allow,
            actions,
            resources,
            negated,
            condition,
        })
}

fn drafts() -> impl Strategy<Value = Vec<Draft>> {
    proptest::collection::vec(draft(), 1..6)
}

fn statement(draft: &Draft, actions: &[String]) -> String {
    let condition =
        draft.condition.map(|condition| format!(", \"Condition\": {condition}")).unwrap_or_default();
    format!(
        r#"{{"Effect": "{}", "Action": {:?}, "{}": {:?}{condition}}}"#,
        if draft.allow { "Allow" } else { "Deny" },
        actions,
        if draft.negated { "NotResource" } else { "Resource" },
        draft.resources,
    )
}

fn plain(draft: &Draft) -> String {
    let actions: Vec<String> = draft.actions.iter().map(|action| (*action).to_owned()).collect();
    statement(draft, &actions)
}

fn broad(statements: &[String]) -> BTreeSet<&'static str> {
    broad_data_plane_actions(&document(&statements.join(", "))).iter().map(|grant| grant.action).collect()
}

/// Wildcard patterns over two letters and the level separator.
fn pattern() -> impl Strategy<Value = String> {
    let piece = proptest::sample::select(&["a", "b", "/", "/", "*", "?"][..]);
    proptest::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

fn glob(pattern: &str, text: &str) -> bool {
    fn matches(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some((b'*', rest)), _) => (0..=text.len()).any(|taken| matches(rest, &text[taken..])),
            (Some((symbol, rest)), Some((first, after))) => {
                (*symbol == b'?' || symbol == first) && matches(rest, after)
            }
            _ => false,
        }
    }
    matches(pattern.as_bytes(), text.as_bytes())
}

/// Whether an MQTT filter matches a topic; `#` stands for at least one level, as AWS's guide has it.
fn delivers(filter: &str, topic: &str) -> bool {
    let (filter, topic): (Vec<&str>, Vec<&str>) = (filter.split('/').collect(), topic.split('/').collect());
    let equal = |filter: &[&str]| filter.iter().zip(&topic).all(|(f, t)| *f == "+" || f == t);
    match filter.split_last() {
        Some((&"#", before)) => topic.len() > before.len() && equal(before),
        _ => filter.len() == topic.len() && equal(&filter),
    }
}

fn is_filter(text: &str) -> bool {
    let levels: Vec<&str> = text.split('/').collect();
    levels.iter().enumerate().all(|(index, level)| match *level {
        "#" => index + 1 == levels.len(),
        "+" => true,
        level => !level.contains(['+', '#']),
    })
}

fn texts(symbols: &str, length: usize) -> Vec<String> {
    let mut all = Vec::new();
    let mut last = vec![String::new()];
    for _ in 0..length {
        last = last.iter().flat_map(|text| symbols.chars().map(move |c| format!("{text}{c}"))).collect();
        all.extend(last.iter().cloned());
    }
    all
}

fn simple(effect: &str, action: &str, kind: &str, patterns: &[String]) -> Option<String> {
    let resources: Vec<String> = patterns.iter().map(|pattern| format!("@{kind}/{pattern}")).collect();
    (!resources.is_empty())
        .then(|| format!(r#"{{"Effect": "{effect}", "Action": "iot:{action}", "Resource": {resources:?}}}"#))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn order_and_spelling_do_not_matter(drafts in drafts()) {
        let statements: Vec<String> = drafts.iter().map(plain).collect();
        let expected = broad(&statements);
        let mut reversed = statements.clone();
        reversed.reverse();
        prop_assert_eq!(&broad(&reversed), &expected);
        let split: Vec<String> = drafts
            .iter()
            .flat_map(|draft| draft.actions.iter().map(|action| statement(draft, &[(*action).to_owned()])))
            .collect();
        prop_assert_eq!(&broad(&split), &expected);
        let respelled: Vec<String> = drafts
            .iter()
            .map(|draft| {
                let actions: Vec<String> = draft
                    .actions
                    .iter()
                    .map(|action| action.replace("Publish", "Publis?").replace("iot:C", "IOT:c"))
                    .collect();
                statement(draft, &actions)
            })
            .collect();
        prop_assert_eq!(&broad(&respelled), &expected);
    }

    #[test]
    fn a_deny_never_widens_and_an_allow_never_narrows(drafts in drafts(), extra in draft()) {
        let mut statements: Vec<String> = drafts.iter().map(plain).collect();
        let before = broad(&statements);
        statements.push(plain(&extra));
        let after = broad(&statements);
        match extra.allow {
            true => prop_assert!(before.is_subset(&after), "{before:?} {after:?}"),
            false => prop_assert!(after.is_subset(&before), "{before:?} {after:?}"),
        }
    }

    #[test]
    fn access_and_services_are_monotone(drafts in drafts(), extra in draft()) {
        let count = |statements: &[String]| {
            let document = document(&statements.join(", "));
            let access = iot_api_access(&[&document]);
            let services = services(&[&document]);
            [
                access.thing_write.total,
                access.thing_read.total,
                access.thing_read_broad.total,
                access.other.total,
                services.services.len(),
                services.services.iter().filter(|grant| grant.administrative).count(),
            ]
        };
        let mut statements: Vec<String> = drafts.iter().map(plain).collect();
        let before = count(&statements);
        statements.push(plain(&extra));
        let after = count(&statements);
        for (before, after) in before.into_iter().zip(after) {
            prop_assert!(if extra.allow { before <= after } else { after <= before }, "{before:?} {after:?}");
        }
    }

    #[test]
    fn connect_is_broad_as_unspelled_names_say(
        allow in proptest::collection::vec(pattern(), 1..4),
        deny in proptest::collection::vec(pattern(), 0..3),
    ) {
        let statements: Vec<String> = simple("Allow", "Connect", "client", &allow)
            .into_iter()
            .chain(simple("Deny", "Connect", "client", &deny))
            .collect();
        let is_in = |patterns: &[String], name: &str| patterns.iter().any(|pattern| glob(pattern, name));
        let expected = (1..12).map(|length| "z".repeat(length)).any(|name| is_in(&allow, &name) && !is_in(&deny, &name));
        prop_assert_eq!(!broad(&statements).is_empty(), expected);
    }

    #[test]
    fn denied_topics_are_reached_as_brute_force_says(
        allow in proptest::collection::vec(pattern(), 1..3),
        deny in proptest::collection::vec(pattern(), 1..3),
        receive in proptest::collection::vec(pattern(), 0..2),
        withheld in proptest::collection::vec(pattern(), 0..2),
    ) {
        let statements: Vec<String> = [
            simple("Deny", "Subscribe", "topicfilter", &deny),
            simple("Allow", "Subscribe", "topicfilter", &allow),
            simple("Allow", "Receive", "topic", &receive),
            simple("Deny", "Receive", "topic", &withheld),
        ]
        .into_iter()
        .flatten()
        .collect();
        let is_in = |patterns: &[String], name: &str| patterns.iter().any(|pattern| glob(pattern, name));
        let subscribes = |filter: &str| {
            filter.contains(['+', '#']) && is_filter(filter) && is_in(&allow, filter) && !is_in(&deny, filter)
        };
        let reaches = |topic: &str| {
            is_in(&deny, topic) && !is_in(&withheld, topic) && (receive.is_empty() || is_in(&receive, topic))
        };
        match misconfigurations(&document(&statements.join(", "))).as_slice() {
            [] => {
                let topics: Vec<String> = texts("abz/", 4).into_iter().filter(|topic| reaches(topic)).collect();
                for filter in texts("abz/+#", 4).iter().filter(|filter| subscribes(filter)) {
                    let reached = topics.iter().find(|topic| delivers(filter, topic));
                    prop_assert!(reached.is_none(), "{filter} {reached:?}");
                }
            }
            [Misconfiguration::DeniedFilterReachable { statement: 0, filter, topic }] => {
                prop_assert!(subscribes(filter) && reaches(topic) && delivers(filter, topic), "{filter} {topic}");
            }
            other => prop_assert!(false, "{other:?}"),
        }
    }

    #[test]
    fn connect_is_broad_exactly_when_decide_lets_foreign_names_in(
        statements in proptest::collection::vec(connect_statement(), 1..4),
        // No statement spells any of these characters, so that no literal tells these names apart.
        names in proptest::collection::vec("[qvwxyzQVWXYZ789]{1,24}", 20),
    ) {
        let document = document(&statements.join(", "));
        let grants = broad_data_plane_actions(&document);
        prop_assert!(grants.iter().all(|grant| grant.action == "iot:Connect" && !grant.undecided));
        let set = PolicySet::compile([PolicySource {
            name: "drafts".into(),
            version: String::new(),
            document: document.into(),
        }]);
        let is_allowed = |name: &str| {
            ["10.0.0.1", "192.0.2.1"].into_iter().any(|address| {
                let context = Context::new()
                    .with("iot:ClientId", [name])
                    .with("aws:SourceIp", [address])
                    .with("iot:Connection.Thing.IsAttached", ["false"]);
                let resource = format!("arn:aws:iot:us-east-1:123456789012:client/{name}");
                let request = Request { action: "iot:Connect", resource: &resource, context: &context };
                decide(&set, &request) == Decision::Allowed
            })
        };
        // The statements tell names of one, two and more characters apart.
        let short = ["x".to_owned(), "xy".to_owned()];
        let allowed = names.iter().chain(&short).any(|name| is_allowed(name));
        prop_assert_eq!(!grants.is_empty(), allowed, "{:?} {:?}", statements, grants);
    }

    #[test]
    fn a_witness_is_allowed_when_it_is_requested(drafts in drafts()) {
        let statements: Vec<String> = drafts.iter().map(plain).collect();
        let document = document(&statements.join(", "));
        let grants = broad_data_plane_actions(&document);
        // By the rule a Deny that its caller can avoid takes nothing away, not even together with others.
        let avoidable = |draft: &&Draft, action: &str| {
            let by_caller = |condition: &str| {
                condition.contains("SourceIp") || (action != "iot:Connect" && condition.contains("ClientId"))
            };
            !draft.allow && draft.condition.is_some_and(by_caller)
        };
        for grant in grants {
            let binding = drafts.iter().filter(|draft| !avoidable(draft, grant.action)).map(plain);
            let set = PolicySet::compile([PolicySource {
                name: "drafts".into(),
                version: String::new(),
                document: super::document(&binding.collect::<Vec<_>>().join(", ")).into(),
            }]);
            let name = grant.witness.rsplit_once("client/").map_or("own", |(_, name)| name);
            let contexts = ["10.0.0.1", "192.0.2.1"].into_iter().flat_map(|address| {
                let detached = Context::new()
                    .with("iot:ClientId", [name])
                    .with("aws:SourceIp", [address])
                    .with("iot:Connection.Thing.IsAttached", ["false"]);
                let attached = detached
                    .clone()
                    .with("iot:Connection.Thing.IsAttached", ["true"])
                    .with("iot:Connection.Thing.ThingName", ["own"]);
                let mut contexts = vec![detached];
                contexts.extend((grant.action != "iot:Connect").then_some(attached));
                // The caller's own client id is up to the caller.
                let renamed: Vec<Context> = contexts
                    .iter()
                    .filter(|_| grant.action != "iot:Connect")
                    .map(|context| context.clone().with("iot:ClientId", ["dev-1"]))
                    .collect();
                contexts.extend(renamed);
                contexts
            });
            let allowed = contexts.into_iter().any(|context| {
                let request = Request { action: grant.action, resource: &grant.witness, context: &context };
                decide(&set, &request) == Decision::Allowed
            });
            prop_assert!(allowed, "{grant:?}");
        }
    }
}
