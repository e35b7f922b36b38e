//! Single questions with known answers; `properties.rs` compares with brute force.

use std::sync::Arc;

use super::*;
use crate::policy::{Dialect, PolicySet, PolicySource, parse};

pub(super) fn scope() -> Scope {
    Scope::example()
}

/// Policies of statements, each `EFFECT ACTION RESOURCE [CONDITION]`, the resource without the start of its ARN.
pub(super) fn policies(statements: &[&str]) -> PolicySet {
    let json: Vec<String> = statements
        .iter()
        .map(|statement| {
            let mut words = statement.splitn(4, ' ');
            let mut next = || words.next();
            let (effect, action, resource) = (next().unwrap(), next().unwrap(), next().unwrap());
            let condition = next().map(|text| format!(r#","Condition":{text}"#)).unwrap_or_default();
            let (key, resource) = match resource.strip_prefix('!') {
                Some(resource) => ("NotResource", resource),
                None => ("Resource", resource),
            };
            let is_whole = resource == "*" || resource.starts_with("arn:");
            let resource = if is_whole { resource.to_owned() } else { scope().arn(resource) };
            format!(r#"{{"Effect":"{effect}","Action":"iot:{action}","{key}":"{resource}"{condition}}}"#)
        })
        .collect();
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, json.join(","));
    let document = Arc::new(parse(&text, Dialect::Iot).unwrap());
    PolicySet::compile([PolicySource { name: "p".into(), version: String::new(), document }])
}

fn lamp() -> Device {
    let thing = Thing { name: "lamp".into(), ..Thing::default() };
    Device { certificate: Some(Default::default()), things: vec![thing], ..Device::default() }
}

fn check_quarantined(statements: &[&str], expected: Option<&str>) {
    let set = policies(statements);
    let answer = quarantined(&[Case { set: &set, device: lamp() }], &scope());
    match expected {
        None => assert_eq!(answer, Answer::Proof, "{statements:?}"),
        Some(expected) => assert_eq!(answer.witness().unwrap().to_string(), expected, "{statements:?}"),
    }
}

#[test]
fn quarantine() {
    check_quarantined(&[], None);
    check_quarantined(&["Allow Connect client/lamp"], Some("iot:Connect on client/lamp"));
    check_quarantined(&["Allow Connect client/*"], Some("iot:Connect on client/lamp"));
    check_quarantined(&["Allow * *", "Deny * *"], None);
    check_quarantined(&["Allow Connect client/x?y"], Some("iot:Connect on client/xzy"));
    check_quarantined(&["Allow Connect client/lamp", "Deny Connect client/lamp"], None);
    // Without a connection subscriptions are no use; publishing is possible over HTTP.
    check_quarantined(&["Allow Subscribe topicfilter/*", "Allow Receive *"], None);
    check_quarantined(&["Allow Publish topic/a"], Some("iot:Publish on topic/a"));
    check_quarantined(&["Allow Publish topic/a", "Deny * !topic/b"], None);
    // No topic has a `+`.
    check_quarantined(&["Allow Publish topic/a/+"], None);
    check_quarantined(&["Allow Publish topic/1/2/3/4/5/6/7/8/9"], None);
    let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    check_quarantined(
        &[
            &format!("Allow Connect client/${{iot:Connection.Thing.ThingName}} {attached}"),
            &format!("Deny Connect client/lamp {attached}"),
        ],
        None,
    );
    check_quarantined(&["Allow Connect client/a${iot:ClientId}"], None);
    check_quarantined(
        &["Allow Connect client/${iot:ClientId}", "Deny Connect client/lamp"],
        Some("iot:Connect on client/x"),
    );
    let elsewhere = r#"{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#;
    let not_there = r#"{"NotIpAddress":{"aws:SourceIp":"10.0.0.0/9"}}"#;
    check_quarantined(
        &[&format!("Allow Connect client/* {elsewhere}"), "Deny Connect client/lamp"],
        Some("iot:Connect on client/x"),
    );
    check_quarantined(
        &[
            &format!("Allow GetThingShadow thing/lamp {elsewhere}"),
            &format!("Deny GetThingShadow * {not_there}"),
            r#"Deny GetThingShadow * {"IpAddress":{"aws:SourceIp":["10.0.0.0/10","10.64.0.0/10"]}}"#,
        ],
        None,
    );
    check_quarantined(
        &[
            r#"Allow Connect client/* {"StringLike":{"iot:ClientId":"a*"},"StringNotEquals":{"iot:ClientId":["a","ax"]}}"#,
        ],
        Some("iot:Connect on client/ay"),
    );
}

fn check_diff(old: &[&str], new: &[&str], expected: Relation, added: &[&str], removed: &[&str]) {
    let (old, new) = (policies(old), policies(new));
    let found = diff(&old, &new, &Device::generic(&[&old, &new]), &scope());
    let shown = |changes: &[Change]| -> Vec<String> {
        changes.iter().map(|change| change.answer.witness().map_or("?".into(), ToString::to_string)).collect()
    };
    assert_eq!((shown(&found.added), shown(&found.removed)), (strings(added), strings(removed)));
    assert_eq!(found.relation(), expected);
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

#[test]
fn differences() {
    check_diff(&["Allow Publish topic/*"], &["Allow Publish topic/*"], Relation::Equal, &[], &[]);
    check_diff(
        &["Allow Publish topic/*"],
        &["Allow Publish topic/a/*"],
        Relation::Narrower,
        &[],
        &["iot:Publish on topic/x"],
    );
    check_diff(
        &["Allow Publish topic/a*", "Allow Publish topic/b*"],
        &["Allow Publish topic/*"],
        Relation::Wider,
        &["iot:Publish on topic/x"],
        &[],
    );
    check_diff(
        &["Allow Publish topic/a?"],
        &["Allow Publish topic/?b"],
        Relation::Incomparable,
        &["iot:Publish on topic/xb"],
        &["iot:Publish on topic/ax"],
    );
    // The same in other words: topics have no `+`, and a thing's name is its own.
    check_diff(
        &["Allow Publish topic/a"],
        &["Allow Publish topic/a", "Allow Publish topic/+"],
        Relation::Equal,
        &[],
        &[],
    );
    check_diff(
        &["Allow Publish topic/${iot:ClientId}/a"],
        &["Allow Publish topic/${iot:Connection.Thing.ThingName}/a"],
        Relation::Narrower,
        &[],
        &["iot:Publish on topic/own-client/a"],
    );
    let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    check_diff(
        &["Allow Connect client/${iot:ClientId}"],
        &[&format!("Allow Connect client/${{iot:Connection.Thing.ThingName}} {attached}")],
        Relation::Narrower,
        &[],
        &["iot:Connect on client/x"],
    );
}

fn check_crossings(statements: &[&str], expected: &[&str]) {
    let set = policies(statements);
    let found = cross_device(&Case::generic(&set), &scope());
    let shown: Vec<String> = found
        .crossings()
        .map(|(contact, crossing)| {
            let requests: Vec<String> = crossing.requests.iter().map(ToString::to_string).collect();
            format!("{} {}: {}", contact.as_str(), crossing.thing, requests.join(", "))
        })
        .collect();
    assert_eq!(shown, strings(expected), "{statements:?}");
    assert_eq!(
        found.is_isolated(),
        expected.is_empty(),
        "{statements:?} {:?}",
        found.unknown().collect::<Vec<_>>()
    );
}

#[test]
fn crossings() {
    let attached = r#"{"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#;
    let bound = format!("Allow Connect client/${{iot:Connection.Thing.ThingName}} {attached}");
    check_crossings(
        &[
            &bound,
            "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*",
            "Allow Subscribe topicfilter/$aws/things/${iot:Connection.Thing.ThingName}/shadow/*",
            "Allow Receive topic/*",
            "Allow GetThingShadow thing/${iot:Connection.Thing.ThingName}",
        ],
        &[],
    );
    check_crossings(&["Allow Connect client/${iot:ClientId}"], &["connectAs x: iot:Connect on client/x"]);
    check_crossings(&[&format!("Allow Connect client/${{iot:ClientId}} {attached}")], &[]);
    check_crossings(
        &[&bound, "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}*"],
        &["publish own-thingx: iot:Publish on topic/$aws/things/own-thingx/shadow/update"],
    );
    check_crossings(
        &[
            &bound,
            "Allow Subscribe topicfilter/$aws/things/+/shadow/*",
            "Allow Receive topic/$aws/things/*/delta",
        ],
        &[
            "receive x: iot:Subscribe on topicfilter/$aws/things/+/shadow/update/delta, iot:Receive on topic/$aws/things/x/shadow/update/delta",
        ],
    );
    // The filter is denied only as it is spelled.
    check_crossings(
        &[
            &bound,
            "Allow Subscribe topicfilter/$aws/*",
            "Deny Subscribe topicfilter/$aws/things/*",
            "Allow Receive topic/*/shadow/update",
        ],
        &["receive x: iot:Subscribe on topicfilter/$aws/#, iot:Receive on topic/$aws/things/x/shadow/update"],
    );
    check_crossings(
        &[
            &bound,
            "Allow Subscribe topicfilter/*",
            "Allow Receive topic/*",
            "Deny Receive topic/$aws/things/*",
        ],
        &[],
    );
    // A wildcard in the first level is none of what begins with `$`.
    check_crossings(&[&bound, "Allow Subscribe topicfilter/+/things/#", "Allow Receive topic/*"], &[]);
    check_crossings(
        &[&bound, "Allow GetThingShadow thing/*/cfg", "Allow DescribeJobExecution thing/*/cfg"],
        &["iot:GetThingShadow x: iot:GetThingShadow on thing/x/cfg"],
    );
    // A policy that names its device is the policy of that device.
    check_crossings(&["Allow Connect client/lamp", "Allow Publish topic/$aws/things/lamp/*"], &[]);
    check_crossings(
        &["Allow Connect client/lamp", "Allow Publish topic/$aws/things/pump/jobs/get"],
        &["publish pump: iot:Publish on topic/$aws/things/pump/jobs/get"],
    );
    check_crossings(
        &["Allow Publish topic/$aws/things/lamp/shadow/update", "Allow GetThingShadow thing/lamp"],
        &[],
    );
    // Clients have names of their own, and the policy is about one thing; with a variable, or two things, it would not be.
    let client = "Allow Connect client/press-*";
    let own = "Allow Publish topic/$aws/things/lamp/shadow/update";
    check_crossings(&[client, own], &["connectAs press-x: iot:Connect on client/press-x"]);
    check_crossings(&[&bound, own], &["publish lamp: iot:Publish on topic/$aws/things/lamp/shadow/update"]);
    check_crossings(
        &[client, own, "Allow GetThingShadow thing/pump"],
        &[
            "connectAs press-x: iot:Connect on client/press-x",
            "publish lamp: iot:Publish on topic/$aws/things/lamp/shadow/update",
            "iot:GetThingShadow pump: iot:GetThingShadow on thing/pump",
        ],
    );
    // What its certificate says is the device's own name, too.
    check_crossings(
        &[
            "Allow Connect client/${iot:Certificate.Subject.CommonName}",
            "Allow Publish topic/$aws/things/${iot:ClientId}/shadow/update",
        ],
        &[],
    );
    // The name is bound by a condition instead of the resource.
    check_crossings(
        &[
            r#"Allow Connect client/* {"StringLike":{"iot:ClientId":"dev-*"}}"#,
            r#"Deny Connect client/* {"Bool":{"iot:Connection.Thing.IsAttached":"false"}}"#,
        ],
        &[],
    );
    check_crossings(
        &[r#"Allow Connect client/* {"StringLike":{"iot:ClientId":"dev-*"}}"#],
        &["connectAs dev-x: iot:Connect on client/dev-x"],
    );
}

#[test]
fn what_is_reached_by_namespace() {
    let set = policies(&[
        "Allow Connect client/${iot:Connection.Thing.ThingName}",
        "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}/*",
        "Allow Publish topic/plant/*",
        "Deny Publish topic/plant/control/*",
        "Allow Subscribe topicfilter/#",
        "Allow Receive topic/*",
    ]);
    let found = reach(&[Case { set: &set, device: lamp() }], &scope());
    let shown: Vec<String> = found
        .reached
        .iter()
        .map(|reached| {
            let way = if reached.http { "HTTP" } else { "MQTT" };
            let witnesses = reached.answer.witness().unwrap();
            format!(
                "{way} {}: {}",
                reached.space.as_str(),
                witnesses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "MQTT own: iot:Connect on client/lamp",
            "MQTT own: iot:Publish on topic/$aws/things/lamp/x",
            "MQTT application: iot:Publish on topic/plant/x",
            "HTTP application: iot:Publish on topic/plant/x",
            "MQTT application: iot:Subscribe on topicfilter/#, iot:Receive on topic/x",
            "MQTT application: iot:Subscribe on topicfilter/#",
        ]
    );
    let publish = found.sets.iter().find(|sets| sets.action == "iot:Publish" && !sets.http).unwrap();
    assert_eq!(publish.client_id.as_deref(), Some("lamp"));
    assert_eq!(publish.allowed[0].patterns, [scope().arn("topic/$aws/things/lamp/*")]);
    assert_eq!(publish.denied[0].patterns, [scope().arn("topic/plant/control/*")]);
}

fn check_dead(statements: &[&str], expected: &[(usize, Why)]) {
    let set = policies(statements);
    let found: Vec<(usize, Why)> = dead(&set, &Case::generic(&set), &Places::only(scope()))
        .into_iter()
        .map(|dead| (dead.statement.statement, dead.why))
        .collect();
    assert_eq!(found, expected, "{statements:?}");
}

/// A name that a condition on client ids spells is not anybody's: its device has that id as its thing and in no other way.
#[test]
fn the_radius_of_a_device_whose_client_id_is_spelled() {
    let set = policies(&[
        r#"Allow Connect client/* {"StringEquals":{"iot:ClientId":["${iot:Connection.Thing.ThingName}","lamp"]}}"#,
        r#"Allow Subscribe topicfilter/* {"Bool":{"iot:Connection.Thing.IsAttached":"false"}}"#,
        "Allow Receive topic/*",
    ]);
    let (sets, place) = ([set], scope());
    let names: Names = ["lamp", "press", "saw"].map(str::to_owned).into_iter().collect();
    let radius = BlastRadius::new(&names, &sets, &[], &place);
    let thing = Thing { name: "press".into(), ..Thing::default() };
    let press = Device { things: vec![thing], ..lamp() };
    let touched = |device: Device| radius.of(&[Way { set: 0, device }]).others;
    // Connected as `lamp`, the press receives what all others do.
    assert_eq!([touched(lamp()), touched(press)], [0, 2]);
}

/// A number that meets a condition may be what a resource spells, and another one not.
#[test]
fn numbers_in_resources_are_out_of_bounds() {
    let key = "iot:Connection.Thing.Attributes[k]";
    let of = policies(&[
        &format!(r#"Allow Publish topic/1.49 {{"NumericLessThan":{{"{key}":"1.5"}}}}"#),
        &format!("Deny Publish topic/${{{key}}}"),
    ]);
    let found = within(&of, &policies(&[]), &Device::generic(&[&of]), &scope());
    assert!(matches!(found.as_slice(), [Change { answer: Answer::OutOfBounds(_), .. }]), "{found:?}");
}

/// What must equal another field must meet its own conditions too.
#[test]
fn fields_that_must_be_equal() {
    let [name, kind] = ["iot:Certificate.Subject.CommonName", "iot:Connection.Thing.ThingTypeName"];
    let all = [name, kind, "iot:ClientId"];
    for (key, other) in all
        .into_iter()
        .flat_map(|key| all.map(|other| (key, other)))
        .filter(|(a, b)| a != b && *b != "iot:ClientId")
    {
        let publish = format!(
            r#"Allow Publish topic/a {{"StringEquals":{{"{key}":"${{{other}}}"}},"StringLike":{{"{key}":"A*"}}}}"#
        );
        let set = policies(&["Allow Connect client/*", &publish]);
        let found = within(&set, &policies(&["Allow Connect client/*"]), &Device::generic(&[&set]), &scope());
        assert!(found.iter().any(|change| change.answer.witness().is_some()), "{key} {other} {found:?}");
    }
}

/// Names that conditions ask for are none that resources spell by accident: `*gateway` is met by more than `gateway`.
#[test]
fn names_that_meet_conditions_are_not_those_that_resources_spell() {
    let own = "Allow Connect client/${iot:Connection.Thing.ThingName}";
    let shadow = "Allow Publish topic/$aws/things/gateway/shadow/update";
    let set = |condition: &str| policies(&[own, &format!("{shadow} {condition}")]);
    for (condition, touches) in [
        (r#"{"StringLike":{"iot:Connection.Thing.ThingName":"*gateway"}}"#, true),
        (r#"{"StringLike":{"iot:Connection.Thing.ThingName":"g*way"}}"#, true),
        (r#"{"StringLike":{"iot:Connection.Thing.ThingName":"gate?ay"}}"#, true),
        (r#"{"StringEquals":{"iot:Connection.Thing.ThingName":"gateway"}}"#, false),
        (r#"{"StringEqualsIgnoreCase":{"iot:Connection.Thing.ThingName":"gateway"}}"#, true),
        (r#"{"StringEqualsIgnoreCase":{"iot:Connection.Thing.ThingName":["GATEWAY","G*"]}}"#, true),
    ] {
        let set = set(condition);
        let found = cross_device(&Case::generic(&set), &scope());
        assert_eq!(!found.is_isolated(), touches, "{condition}");
    }
    // Likewise of other fields, and of two of them.
    let field = "iot:Connection.Thing.ThingTypeName";
    let of = policies(&["Allow Publish topic/b", &format!("Deny Publish topic/${{{field}}}")]);
    let over = policies(&[&format!(r#"Allow Publish topic/* {{"StringNotLike":{{"{field}":"*b"}}}}"#)]);
    assert!(!within(&of, &over, &Device::generic(&[&of, &over]), &scope()).is_empty());
    let other = "iot:Connection.Thing.Attributes[k]";
    let like = |key: &str| format!(r#"{{"StringLike":{{"{field}":"*p","{key}":"*p"}}}}"#);
    let of = policies(&[
        &format!("Allow Publish topic/${{{field}}} {}", like(other)),
        &format!("Deny Publish topic/${{{other}}}"),
    ]);
    assert!(!within(&of, &policies(&[]), &Device::generic(&[&of]), &scope()).is_empty());
}

#[test]
fn dead_parts() {
    check_dead(
        &["Allow Connect client/${iot:ClientId}", "Allow Publish topic/a/*", "Deny Publish topic/a/b"],
        &[],
    );
    check_dead(&["Allow Publish topic/a/+"], &[(0, Why::NoRequest)]);
    check_dead(&["Allow Publish topicfilter/a"], &[(0, Why::NoRequest)]);
    check_dead(&["Allow Frobnicate *"], &[(0, Why::NoAction)]);
    check_dead(&["Allow Publish topic/a", "Deny * topic/*"], &[(0, Why::AllDenied)]);
    check_dead(
        &["Allow Subscribe topicfilter/*", "Deny Subscribe topicfilter/a/#"],
        &[(1, Why::LiteralWildcard { resource: scope().arn("topicfilter/a/#") })],
    );
    check_dead(
        &["Allow Publish topic/${iot:Nothing}/a"],
        &[(0, Why::VariableNeverResolves { key: "iot:Nothing".into() }), (0, Why::NoRequest)],
    );
    check_dead(
        &[r#"Allow Publish topic/a {"StringEquals":{"iot:Nothing":"a"}}"#],
        &[(0, Why::ConditionNeverHolds { operator: "StringEquals".into(), key: "iot:Nothing".into() })],
    );
    check_dead(
        &[r#"Allow Publish topic/a {"NumericEquals":{"aws:EpochTime":"soon"}}"#],
        &[(0, Why::ConditionNeverHolds { operator: "NumericEquals".into(), key: "aws:EpochTime".into() })],
    );
    check_dead(&[r#"Allow Publish topic/a {"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}"#], &[]);
}

#[test]
fn flips_are_near_and_tried() {
    let set = policies(&[
        r#"Allow Publish topic/${iot:ClientId}/state {"Bool":{"iot:Connection.Thing.IsAttached":"true"}}"#,
        "Deny Publish topic/secret/*",
    ]);
    let context = crate::policy::Context::new()
        .with("iot:ClientId", ["lamp"])
        .with("iot:Connection.Thing.IsAttached", ["false"]);
    let ask = |resource: &str| {
        let resource = scope().arn(resource);
        flips(&set, &crate::policy::Request { action: "iot:Publish", resource: &resource, context: &context })
    };
    let attach = |more: &[(&str, &str)]| {
        let pair = |(key, value): &(&str, &str)| ((*key).to_owned(), vec![(*value).to_owned()]);
        Flip::Context(more.iter().map(pair).collect())
    };
    let found = ask("topic/lamp/state");
    assert_eq!(found.flips[0], attach(&[("iot:Connection.Thing.IsAttached", "true")]));
    assert!(matches!(found.flips[1], Flip::DropCondition(..)), "{found:?}");
    assert_eq!(found.flips[2], Flip::AddAllow);
    let found = ask("topic/other/state");
    assert_eq!(
        found.flips[0],
        attach(&[("iot:Connection.Thing.IsAttached", "true"), ("iot:ClientId", "other")])
    );
    let found = ask("topic/secret/a");
    assert!(matches!(found.flips[..], [Flip::RemoveAndAllow(_)]), "{found:?}");
}

fn radius(statements: &[&str], own: &str) -> (Names, Touched) {
    let names: Names =
        ["lamp", "lamp-2", "press-1", "press-2", "pump"].map(str::to_owned).into_iter().collect();
    let sets = [policies(statements)];
    let place = scope();
    let thing = Thing { name: own.into(), ..Thing::default() };
    let device = Device { certificate: Some(Default::default()), things: vec![thing], ..Device::default() };
    let touched = BlastRadius::new(&names, &sets, &[], &place).of(&[Way { set: 0, device }]);
    (names, touched)
}

fn check_radius(statements: &[&str], own: &str, expected: &[&str]) {
    let (names, touched) = radius(statements, own);
    let found: Vec<&str> = touched
        .ranges
        .iter()
        .cloned()
        .flatten()
        .filter_map(|index| names.get(index))
        .filter(|name| *name != own)
        .collect();
    assert_eq!(found, expected, "{statements:?}");
    assert_eq!((touched.others, touched.at_least), (expected.len(), None));
}

#[test]
fn the_radius_counts_things() {
    let bound = "Allow Connect client/${iot:Connection.Thing.ThingName}";
    check_radius(
        &[bound, "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}/*"],
        "lamp",
        &[],
    );
    check_radius(&[bound, "Allow GetThingShadow thing/press-*"], "lamp", &["press-1", "press-2"]);
    check_radius(&[bound, "Allow GetThingShadow thing/press-*"], "press-1", &["press-2"]);
    check_radius(&["Allow Connect *"], "pump", &["lamp", "lamp-2", "press-1", "press-2"]);
    check_radius(&["Allow Connect *", "Deny Connect client/*-2"], "pump", &["lamp", "press-1"]);
    // Policies that speak of connecting as this device alone, or as some.
    let reads_all = ["Allow Subscribe topicfilter/$aws/things/*", "Allow Receive *"];
    for client in ["Allow Connect client/lamp", "Allow Connect client/lam?", "Allow Connect !client/press-1"]
    {
        check_radius(
            &[client, reads_all[0], reads_all[1]],
            "lamp",
            &["lamp-2", "press-1", "press-2", "pump"],
        );
    }
    // No client id is longer than itself.
    let longer = "Allow Connect client/?${iot:ClientId}*";
    let touched = radius(&[longer, "Allow Connect client/press-1"], "lamp").1;
    assert_eq!((touched.others, touched.at_least.is_some()), (1, true), "{touched:?}");
    // Not bound to the name: what begins with it.
    check_radius(
        &[bound, "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}*"],
        "lamp",
        &["lamp-2"],
    );
    check_radius(&[bound, "Allow Publish topic/$aws/things/${iot:Connection.Thing.ThingName}*"], "pump", &[]);
    check_radius(
        &[
            bound,
            "Allow Subscribe topicfilter/$aws/things/+/shadow/#",
            "Allow Receive topic/*p*/update/delta",
        ],
        "pump",
        &["lamp", "lamp-2", "press-1", "press-2"],
    );
    check_radius(
        &[
            bound,
            "Allow Subscribe topicfilter/$aws/things/+/shadow/#",
            "Allow Receive topic/$aws/things/l*/update/delta",
        ],
        "pump",
        &["lamp", "lamp-2"],
    );
}

fn check_role(own: &[&str], role: &[&str], expected: usize) {
    let names: Names = ["lamp", "lamp-2", "press-1", "press-2"].map(str::to_owned).into_iter().collect();
    let sets = [policies(own), policies(role)];
    let aliases = [Alias { name: "uploads".into(), set: 1, open: None }];
    let place = scope();
    let touched = BlastRadius::new(&names, &sets, &aliases, &place).of(&[Way { set: 0, device: lamp() }]);
    assert_eq!((touched.others, touched.at_least), (expected, None), "{own:?} {role:?}");
    assert_eq!(touched.aliases.len(), usize::from(own != ["Allow Connect client/lamp"]), "{own:?}");
}

#[test]
fn the_radius_counts_what_role_aliases_bring() {
    let assume = ["Allow AssumeRoleWithCertificate rolealias/up*"];
    check_role(&["Allow Connect client/lamp"], &["Allow * *"], 0);
    check_role(&assume, &["Allow * *"], 3);
    check_role(&assume, &["Allow UpdateThing thing/press-*"], 2);
    check_role(&assume, &["Allow Publish topic/$aws/things/press-1/shadow/update"], 1);
    check_role(&assume, &["Allow Connect client/lamp-*"], 1);
    // The role is bound to the device's own name.
    check_role(&assume, &["Allow * thing/${credentials-iot:ThingName}"], 0);
    check_role(&assume, &["Allow * thing/${credentials-iot:ThingName}*"], 1);
    check_role(&assume, &["Allow * *", "Deny * thing/*", "Deny * client/*", "Deny * topic/$aws/*"], 0);
    let if_own = r#"Allow DeleteThing thing/* {"StringLike":{"credentials-iot:ThingName":"press-*"}}"#;
    check_role(&assume, &[if_own], 0);
}
