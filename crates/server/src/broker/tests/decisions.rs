//! The broker, TestAuthorization and the engine by itself say the same; and what a proof shows as possible, the broker allows.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use thingwarden_engine::policy::{
    Context, Decision, Dialect, PolicySet, PolicySource, Request, decide, parse,
};
use thingwarden_engine::prove::reach;

use thingwarden_store::records::place_of;

use super::super::rights::{Action, ConnectAttributes};
use super::*;
use crate::device_access::DeviceAccess;

const ATTRIBUTES: ConnectAttributes = ConnectAttributes { is_persistent: false, has_will: false };

fn statement() -> impl Strategy<Value = String> {
    let effect = select(vec!["Allow", "Allow", "Allow", "Deny"]);
    let kind = select(vec![
        ("Connect", "client/"),
        ("Publish", "topic/"),
        ("Subscribe", "topicfilter/"),
        ("Receive", "topic/"),
        ("*", ""),
    ]);
    let pieces = vec![
        "a",
        "b",
        "t",
        "/",
        "*",
        "?",
        "+",
        "#",
        "$aws/things/",
        "/shadow/get",
        "${iot:ClientId}",
        "${iot:Connection.Thing.ThingName}",
    ];
    let pattern = vec(select(pieces), 0..5).prop_map(|pieces| pieces.concat());
    let condition = select(vec![
        "",
        "",
        "",
        r#","Condition":{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#,
        r#","Condition":{"StringNotLike":{"iot:ClientId":"a*"}}"#,
        r#","Condition":{"StringEquals":{"iot:ClientId":["t","b"]}}"#,
    ]);
    (effect, kind, pattern, condition).prop_map(|(effect, (action, kind), pattern, condition)| {
        let resource = format!("{kind}{pattern}");
        let resource = match (action, resource.as_str()) {
            ("*", _) => "*".to_owned(),
            _ => format!("arn:aws:iot:*:*:{resource}"),
        };
        format!(r#"{{"Effect":"{effect}","Action":"iot:{action}","Resource":"{resource}"{condition}}}"#)
    })
}

/// The policies of the tests, always the same ones.
fn documents(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let statements = vec(statement(), 1..5);
    let document = |_| {
        let statements = statements.new_tree(&mut runner).unwrap().current();
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
    };
    (0..count).map(document).collect()
}

/// A house whose certificate belongs to the thing `t`.
fn house() -> House {
    let house = House::new(&[]);
    house.api.call("CreateThing", json!({"thingName": "t"}));
    house.api.call("AttachThingPrincipal", json!({"thingName": "t", "principal": house.certificate_arn}));
    house
}

fn put_in_force(house: &House, document: &str) {
    let made = json!({"policyName": "all", "policyDocument": document, "setAsDefault": true});
    let made = house.api.call("CreatePolicyVersion", made);
    let version: i64 = made["policyVersionId"].as_str().unwrap().parse().unwrap();
    let before = json!({"policyName": "all", "policyVersionId": (version - 1).to_string()});
    house.api.call("DeletePolicyVersion", before);
}

#[test]
fn the_broker_decides_as_test_authorization_and_the_engine_do() {
    let house = house();
    let scope = house.api.read(place_of);
    let names = ["a", "b/a", "t", "a/b/t", "$aws/things/t/shadow/get", "$aws/things/b/shadow/get"];
    let filters = ["a/+", "#", "+/b", "$aws/things/+/shadow/get", "a/#"];
    let mut seen = BTreeSet::new();
    for document in documents(80) {
        put_in_force(&house, &document);
        let parsed = Arc::new(parse(&document, Dialect::Iot).unwrap());
        let source = PolicySource { name: "all".into(), version: "1".into(), document: parsed };
        let set = PolicySet::compile([source]);
        for client in ["t", "a", "b/a"] {
            let rights = house.broker.rights(&house.owner(), Some(client)).unwrap().unwrap();
            let mut context = Context::new().with("iot:ClientId", [client]);
            let attached = client == "t";
            context.insert("iot:Connection.Thing.IsAttached", [attached.to_string()]);
            if attached {
                context.insert("iot:Connection.Thing.ThingName", [client]);
            }
            let topics = names
                .iter()
                .flat_map(|name| [("PUBLISH", Action::Publish, *name), ("RECEIVE", Action::Receive, *name)]);
            let all = names.iter().chain(&filters).map(|name| ("SUBSCRIBE", Action::Subscribe, *name));
            let mut asked =
                vec![("CONNECT", format!("client/{client}"), rights.decide_connect(client, ATTRIBUTES))];
            for (word, action, name) in topics.chain(all) {
                let kind = if word == "SUBSCRIBE" { "topicfilter" } else { "topic" };
                asked.push((word, format!("{kind}/{name}"), rights.decide(action, name)));
            }
            let infos: Vec<_> = asked
                .iter()
                .map(|(word, resource, _)| json!({"actionType": word, "resources": [scope.arn(resource)]}))
                .collect();
            let test = |infos: &[serde_json::Value]| {
                let test =
                    json!({"principal": house.certificate_arn, "clientId": client, "authInfos": infos});
                house.api.call("TestAuthorization", test)["authResults"].as_array().unwrap().clone()
            };
            // AWS takes ten at once.
            let tested: Vec<_> = infos.chunks(10).flat_map(test).collect();
            assert_eq!(tested.len(), asked.len());
            for ((word, resource, decided), tested) in asked.iter().zip(&tested) {
                let told = tested["authDecision"].as_str().unwrap();
                let expected = match decided {
                    Decision::Allowed => "ALLOWED",
                    Decision::ExplicitDeny => "EXPLICIT_DENY",
                    Decision::ImplicitDeny => "IMPLICIT_DENY",
                };
                assert_eq!(told, expected, "{word} {resource} {client} {document}");
                let action = match *word {
                    "CONNECT" => "iot:Connect",
                    "PUBLISH" => "iot:Publish",
                    "RECEIVE" => "iot:Receive",
                    _ => "iot:Subscribe",
                };
                let request = Request { action, resource: &scope.arn(resource), context: &context };
                assert_eq!(decide(&set, &request), *decided, "{word} {resource} {client} {document}");
                seen.insert(expected);
            }
        }
    }
    assert_eq!(seen.len(), 3);
}

#[test]
fn what_a_proof_shows_the_broker_allows() {
    let house = house();
    let scope = house.api.read(place_of);
    let mut replayed = 0;
    for document in documents(80) {
        put_in_force(&house, &document);
        let arn = house.certificate_arn.clone();
        let access = house.api.read(|store| Ok(DeviceAccess::of(store, &arn).unwrap()));
        for reached in reach(&access.cases(), &scope).reached {
            for witness in reached.answer.witness().into_iter().flatten() {
                let client = match witness.context.get("iot:ClientId").first() {
                    Some(client) if !reached.http => client.to_string(),
                    _ => continue,
                };
                let rights = house.broker.rights(&house.owner(), Some(&client)).unwrap().unwrap();
                let (kind, name) = witness.name().split_once('/').unwrap();
                let decided = match (witness.action, kind) {
                    ("iot:Connect", "client") => rights.decide_connect(name, ATTRIBUTES),
                    ("iot:Publish", "topic") => rights.decide(Action::Publish, name),
                    ("iot:RetainPublish", "topic") => rights.decide(Action::RetainPublish, name),
                    ("iot:Subscribe", "topicfilter") => rights.decide(Action::Subscribe, name),
                    ("iot:Receive", "topic") => rights.decide(Action::Receive, name),
                    _ => continue,
                };
                assert_eq!(decided, Decision::Allowed, "{witness} {client} {document}");
                replayed += 1;
            }
        }
    }
    assert!(replayed > 100, "{replayed}");
}

#[test]
fn packets_are_answered_as_decided() {
    let house = house();
    let (mut granted, mut refused) = (0, 0);
    for document in documents(40) {
        let connect = r#""Statement":[{"Effect":"Allow","Action":"iot:Connect","Resource":"*"},"#;
        let document = document.replacen(r#""Statement":["#, connect, 1);
        put_in_force(&house, &document);
        let rights = house.broker.rights(&house.owner(), Some("t")).unwrap().unwrap();
        if rights.decide_connect("t", ATTRIBUTES) != Decision::Allowed {
            continue;
        }
        for filter in ["a", "t/+", "a/#", "$aws/things/+/shadow/get", "$aws/things/t/shadow/get"] {
            let mut client = house.connect("t", CLEAN, 0, &[]);
            let body = [&[0, 1, 0, 0, filter.len() as u8], filter.as_bytes(), &[1]].concat();
            let sent = send(&mut client, &[&[0x82, body.len() as u8], &*body].concat());
            if sent.is_ok() {
                settle(&mut client);
            }
            let is_granted = sent.is_ok() && take(&mut client).last().is_some_and(|code| *code < 0x80);
            let expected = rights.decide(Action::Subscribe, filter) == Decision::Allowed;
            assert_eq!(is_granted, expected, "{filter} {document}");
            if expected { granted += 1 } else { refused += 1 }
        }
    }
    assert!(granted > 10 && refused > 10, "{granted} {refused}");
}
