//! What of the topics can a device touch that policies give other devices by who they are?
//!
//! A policy that lets a device publish on `lamps/${iot:Connection.Thing.ThingName}/*` gives each device topics of its own. The
//! same policy, or another one, may let it into those of others: then the name binds nothing.

use crate::policy::document::Effect;
use crate::policy::resolve::{about, normal};

use super::answer::{Answer, Scope};
use super::ask::{Ground, Moment, request};
use super::cross_device::{Crossing, deliveries_in};
use super::device::{Case, Client};
use super::shape::{Form, Part, Word};

/// Topics that are each device's own, by a variable in the resource.
struct Namespace {
    form: Form,
    /// What stands before the name, in the ARN.
    before: String,
    /// The variable, by its normal name.
    key: String,
}

/// Whether a device can publish on topics of another device, and receive from them, where `iot:Publish` is allowed to each device
/// on topics that have what it is in them: the name of its thing, its client id, or a field of its certificate. The cases are
/// alternatives. Reserved topics are another question.
pub fn namespaces(cases: &[Case<'_>], scope: &Scope) -> [(&'static str, Answer<Crossing>); 2] {
    let ask = |is_receiving: bool| {
        Answer::first(cases.iter().map(|case| {
            let ground = Ground { set: case.set, scope };
            Answer::first(
                namespaces_in(ground).iter().map(|namespace| touch(ground, case, namespace, is_receiving)),
            )
        }))
    };
    [("publishNamed", ask(false)), ("receiveNamed", ask(true))]
}

fn touch(ground: Ground<'_>, case: &Case<'_>, namespace: &Namespace, is_receiving: bool) -> Answer<Crossing> {
    let actions: &[&str] = if is_receiving { &["iot:Subscribe", "iot:Receive"] } else { &["iot:Publish"] };
    let sessions = case.device.sessions();
    let wanted = sessions.iter().filter(|session| !is_receiving || session.client != Client::None);
    let moments = wanted.flat_map(|session| session.connected(ground, actions));
    Answer::first(moments.map(|moment: Moment| {
        let mut own: Vec<String> = case.device.names().map(str::to_owned).collect();
        own.extend(moment.context.get(&namespace.key).iter().cloned());
        let found = if is_receiving {
            deliveries_in(ground, &moment, &namespace.form, &own, None).map(Vec::from)
        } else {
            request(ground, &moment, "iot:Publish", &namespace.form, &own).map(|witness| vec![witness])
        };
        found.map(|requests| {
            let topic = requests.last().map(|witness| witness.resource.as_str()).unwrap_or_default();
            let name = topic.strip_prefix(&namespace.before).unwrap_or(topic).split('/').next();
            Crossing { thing: name.unwrap_or_default().to_owned(), requests }
        })
    }))
}

/// The namespaces that the policies make: the name is a whole level, and what stands before it is spelled.
fn namespaces_in(ground: Ground<'_>) -> Vec<Namespace> {
    let allows = about(ground.set, &["iot:Publish"]).filter(|statement| statement.effect == Effect::Allow);
    let resources =
        allows.filter_map(|statement| statement.resources.as_ref().filter(|resources| !resources.negated));
    let patterns = resources.flat_map(|resources| &resources.patterns);
    patterns.filter_map(|pattern| namespace(ground.scope, &pattern.node.to_string())).collect()
}

fn namespace(scope: &Scope, pattern: &str) -> Option<Namespace> {
    let topic = pattern.splitn(6, ':').nth(5)?.strip_prefix("topic/")?;
    let (before, rest) = topic.split_once("${")?;
    let (key, behind) = rest.split_once('}')?;
    let key = normal(key);
    let is_identity = matches!(key.as_str(), "iot:clientid" | "iot:connection.thing.thingname")
        || key.starts_with("iot:certificate.");
    let is_level =
        (before.is_empty() || before.ends_with('/')) && (behind.is_empty() || behind.starts_with('/'));
    if !is_identity || !is_level || before.contains(['*', '?', '$']) || behind.contains(['?', '$']) {
        return None;
    }
    let before = scope.arn(&format!("topic/{before}"));
    let mut head = vec![Part::Text(before.clone()), Part::Word(Word::Thing)];
    let mut texts = behind.split('*').peekable();
    while let Some(text) = texts.next() {
        if !text.is_empty() {
            head.push(Part::Text(text.to_owned()));
        }
        if texts.peek().is_some() {
            head.push(Part::Topic);
        }
    }
    Some(Namespace { form: Form::of(head), before, key })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{policies, scope};
    use super::*;

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
            Some("topic/press/x"),
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
        check(
            &[connect, "Allow Publish topic/plant/state", "Allow Subscribe *", "Allow Receive *"],
            None,
            None,
        );
    }
}
