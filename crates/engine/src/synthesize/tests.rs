//! Proposals: they are inside, they cover, and they say when there is none.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::policy::{Dialect, PolicySource, parse};

const START: &str = "arn:aws:iot:us-east-1:123456789012:";

fn scope() -> Scope {
    Scope::example()
}

fn compiled(statements: &[String]) -> Arc<PolicySet> {
    // A policy for each, since together they may be longer than one policy.
    let source = |(index, statement): (usize, &String)| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
        let document = parse(&text, Dialect::Iot).unwrap_or_else(|error| panic!("{error}: {text}"));
        let name = format!("current-{index}");
        PolicySource { name: name.into(), version: "1".into(), document: Arc::new(document) }
    };
    Arc::new(PolicySet::compile(statements.iter().enumerate().map(source)))
}

fn statement(effect: &str, action: &str, resource: &str, condition: &str) -> String {
    format!(r#"{{"Effect":"{effect}","Action":"iot:{action}","Resource":"{START}{resource}"{condition}}}"#)
}

fn thing(name: &str) -> Thing {
    Thing { name: name.to_owned(), ..Thing::default() }
}

fn context(name: &str) -> Context {
    thing(name).context(&Context::new()).with("iot:ClientId", [name])
}

fn seen(current: &Arc<PolicySet>, requests: &[(&str, &'static str, String)]) -> Synthesis {
    let mut synthesis = Synthesis::new(Arc::clone(current), scope());
    for (name, action, resource) in requests {
        let own = thing(name);
        let owner = Owner { thing: Some(&own), client_id: Some(name), common_name: None };
        synthesis.observe(owner, action, resource, &context(name));
    }
    synthesis
}

fn none(_: &str) -> Vec<Device> {
    Vec::new()
}

#[test]
fn a_policy_in_variables_for_all_devices() {
    let current = compiled(&[statement("Allow", "*", "*", "")]);
    let requests: Vec<(String, &'static str, String)> = (0..50)
        .flat_map(|number| {
            let name = format!("sensor-{number}");
            [
                (name.clone(), "iot:Connect", format!("client/{name}")),
                (name.clone(), "iot:Publish", format!("topic/dt/{name}/temperature")),
                (name.clone(), "iot:Subscribe", format!("topicfilter/cmd/{name}/#")),
                (name.clone(), "iot:Publish", format!("topic/$aws/things/{name}/jobs/job-{number}/update")),
            ]
        })
        .collect();
    let requests: Vec<_> =
        requests.iter().map(|(name, action, text)| (name.as_str(), *action, text.clone())).collect();
    let proposal = seen(&current, &requests).propose(None, &none).unwrap();
    for text in [
        "client/${iot:Connection.Thing.ThingName}\"",
        "topic/dt/${iot:Connection.Thing.ThingName}/temperature\"",
        "topicfilter/cmd/${iot:Connection.Thing.ThingName}/#\"",
        "topic/$aws/things/${iot:Connection.Thing.ThingName}/jobs/*/update\"",
    ] {
        assert!(proposal.document.contains(text), "{text}: {}", proposal.document);
    }
    assert_eq!(proposal.diff.relation(), crate::prove::Relation::Narrower);
    assert_eq!(proposal.generalized.len(), 1, "{:?}", proposal.generalized);
    assert!(proposal.diff.removed.iter().any(|change| change.action == "iot:Receive"));
    let other = context("sensor-1");
    let resource = format!("{START}topic/dt/sensor-2/temperature");
    assert!(!proposal.allows(&Request { action: "iot:Publish", resource: &resource, context: &other }));
}

#[test]
fn conditions_and_denials_stay() {
    let attached = r#","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    let current = compiled(&[
        statement("Allow", "Connect", "client/*", attached),
        statement("Allow", "Publish", "topic/*", ""),
        statement("Deny", "Publish", "topic/*/secret", ""),
    ]);
    let mut requests = vec![("one", "iot:Connect", "client/one".to_owned())];
    for number in 0..40 {
        requests.push(("one", "iot:Publish", format!("topic/x/{number}/y")));
    }
    let proposal = seen(&current, &requests).propose(None, &none).unwrap();
    assert!(proposal.document.contains("IsAttached"), "{}", proposal.document);
    assert!(proposal.document.contains("topic/x/*/y"), "{}", proposal.document);
    assert!(!proposal.keeps_denies, "`x/*/y` is no secret");
    let requests: Vec<_> =
        (0..40).map(|number| ("one", "iot:Publish", format!("topic/x/y/{number}"))).collect();
    let proposal = seen(&current, &requests).propose(None, &none).unwrap();
    assert!(proposal.keeps_denies, "{}", proposal.document);
    assert_eq!(proposal.unused.len(), 1);
}

#[test]
fn a_wildcard_never_goes_beyond_the_current_policy() {
    let allowed: Vec<String> =
        (0..20).map(|number| statement("Allow", "Publish", &format!("topic/room/{number}"), "")).collect();
    let current = compiled(&allowed);
    let requests: Vec<_> =
        (0..20).map(|number| ("one", "iot:Publish", format!("topic/room/{number}"))).collect();
    let proposal = seen(&current, &requests).propose(None, &none).unwrap();
    assert!(proposal.generalized.is_empty());
    assert_eq!(proposal.diff.relation(), crate::prove::Relation::Equal);
}

#[test]
fn what_does_not_fit_is_said() {
    let long = "x".repeat(60);
    let name = |number: usize| format!("topic/{number}/{long}");
    let allowed: Vec<String> =
        (0..60).map(|number| statement("Allow", "Publish", &name(number), "")).collect();
    let current = compiled(&allowed);
    let requests: Vec<_> = (0..60).map(|number| ("one", "iot:Publish", name(number))).collect();
    let error = seen(&current, &requests).propose(None, &none).unwrap_err();
    assert!(matches!(error, NoProposal::TooLong { characters, max: 2048 } if characters > 6000), "{error}");
    let nothing = seen(&current, &[("one", "iot:Publish", "topic/other".to_owned())]);
    assert_eq!(nothing.propose(None, &none).unwrap_err(), NoProposal::NothingSeen);
}

#[test]
fn many_ids_do_not_take_memory() {
    let current = compiled(&[statement("Allow", "Publish", "topic/*", "")]);
    let requests: Vec<_> =
        (0..7_000).map(|number| ("sensor", "iot:Publish", format!("topic/sensor/{number}/x"))).collect();
    let synthesis = seen(&current, &requests);
    assert!(synthesis.seen.values().all(|seen| seen.templates.len() <= TEMPLATES_MAX));
    let proposal = synthesis.propose(None, &none).unwrap();
    assert!(
        proposal.document.contains("topic/${iot:Connection.Thing.ThingName}/*/x"),
        "{}",
        proposal.document
    );
}

fn pattern() -> impl Strategy<Value = String> {
    let pieces = vec!["a", "b", "/", "*", "?", "+", "${iot:Connection.Thing.ThingName}", "${iot:ClientId}"];
    vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat())
}

fn any_statement() -> impl Strategy<Value = String> {
    let condition = select(vec![
        "",
        "",
        "",
        r#","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#,
        r#","Condition":{"StringLike":{"iot:ClientId":"a*"}}"#,
        r#","Condition":{"StringNotEquals":{"iot:Connection.Thing.ThingName":["b","*"]}}"#,
    ]);
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let about =
        select(vec![("Publish", "topic/"), ("Receive", "topic/"), ("Subscribe", "topicfilter/"), ("*", "")]);
    (effect, about, pattern(), condition).prop_map(|(effect, (action, kind), pattern, condition)| {
        statement(effect, action, &format!("{kind}{pattern}"), condition)
    })
}

fn topic() -> impl Strategy<Value = String> {
    vec(select(vec!["a", "b", "aa", "x"]), 1..4).prop_map(|levels| levels.join("/"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Whatever the policies and whatever was seen: a proposal allows all of it that counts, and nothing that the policies in force
    /// do not allow.
    #[test]
    fn proposals_cover_and_are_inside(
        statements in vec(any_statement(), 1..5),
        requests in vec((select(vec!["a", "b", "aa"]), select(vec![("iot:Publish", "topic/"), ("iot:Receive", "topic/"),
            ("iot:Subscribe", "topicfilter/")]), topic()), 1..30),
        others in vec((select(vec!["a", "b", "aa", "zz"]), select(vec![("iot:Publish", "topic/"), ("iot:Receive", "topic/"),
            ("iot:Subscribe", "topicfilter/"), ("iot:Connect", "client/"), ("iot:GetThingShadow", "thing/")]), topic()), 60),
    ) {
        let current = compiled(&statements);
        let requests: Vec<_> =
            requests.into_iter().map(|(name, (action, kind), topic)| (name, action, format!("{kind}{topic}"))).collect();
        let named = |text: &str| -> Vec<Device> {
            let spelled = ["a", "b", "aa", "zz"].into_iter().filter(|name| text.contains(*name));
            let device = |name| Device { certificate: Some(Context::new()), things: vec![thing(name)], ..Device::default() };
            spelled.map(device).collect()
        };
        let Ok(proposal) = seen(&current, &requests).propose(None, &named) else { return Ok(()) };
        prop_assert!(proposal.characters <= 2_048);
        let parsed = parse(&proposal.document, Dialect::Iot);
        prop_assert!(parsed.is_ok(), "{}", proposal.document);
        for (name, action, resource) in &requests {
            let (resource, context) = (format!("{START}{resource}"), context(name));
            let request = Request { action, resource: &resource, context: &context };
            if decide(&current, &request) == Decision::Allowed {
                prop_assert!(proposal.allows(&request), "{name} {action} {resource}: {}", proposal.document);
            }
        }
        for (name, (action, kind), topic) in &others {
            let (resource, context) = (format!("{START}{kind}{topic}"), context(name));
            let request = Request { action, resource: &resource, context: &context };
            if proposal.allows(&request) {
                prop_assert_eq!(decide(&current, &request), Decision::Allowed, "{} {} {}: {}", name, action, &resource, &proposal.document);
            }
        }
    }
}
