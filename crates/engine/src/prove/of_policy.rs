//! What one policy, by itself, says of other devices and to no purpose: the answers that audits report.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::policy::analysis::{administration, grants_some};
use crate::policy::document::{Dialect, Document, Effect};
use crate::policy::{PolicySet, PolicySource, parse};

use super::answer::{Answer, Scope, Witness};
use super::ask::ran_out;
use super::cross_device::{Contact, Crossing, cross_device};
use super::dead::{Why, dead};
use super::device::{Case, Device};
use super::namespaces::namespaces;
use super::scope::{Known, Places};
use super::shape::Lengths;

/// Findings on one policy. Resources are told without the start of their ARNs, so that the same document has the same findings in
/// every account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyProofs {
    /// Ways to touch other devices, each by its name and requests that do it: `iot:Publish topic/...`.
    pub crossings: Vec<(String, Vec<String>)>,
    /// The statements that allow them, from 0.
    pub crossing_statements: BTreeSet<usize>,
    /// A client id of another device under which the policy lets a device connect.
    pub connects_as: Option<String>,
    /// The statements that allow it, from 0.
    pub connect_statements: BTreeSet<usize>,
    /// `Deny` statements without effect, from 0, and why.
    pub dead_denies: Vec<(usize, String)>,
    /// Actions that it allows and that are no device's, with prefix; the first few, sorted.
    pub administers: Vec<String>,
    /// How many there are in all.
    pub administers_total: usize,
    /// The statements that allow them, from 0.
    pub administer_statements: BTreeSet<usize>,
    /// What could not be decided.
    pub out_of_bounds: Vec<String>,
}

/// What a device needs besides a policy that says nothing of it: other policies may say it.
const CONNECT_AS_ITSELF: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Connect","Resource":"arn:*:iot:*:*:client/${iot:Connection.Thing.ThingName}"}}"#;
const RECEIVE: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Receive","Resource":"*"}}"#;

/// How a policy is called that is judged by itself.
const THE_POLICY: &str = "policy";

/// A policy by itself, and with what other policies must say so that a device can make use of it.
pub(super) fn with_the_rest(document: &Arc<Document>) -> (PolicySet, PolicySet) {
    let source = |name: &str, document: Arc<Document>| PolicySource {
        name: name.into(),
        version: String::new(),
        document,
    };
    let mut sources = vec![source(THE_POLICY, Arc::clone(document))];
    let alone = PolicySet::compile(sources.clone());
    for (action, kind, text) in
        [("iot:Connect", "client/", CONNECT_AS_ITSELF), ("iot:Receive", "topic/", RECEIVE)]
    {
        if !grants_some(document, action, kind) {
            let document = parse(text, Dialect::Iot).ok();
            sources.extend(document.map(|document| source("another", Arc::new(document))));
        }
    }
    (alone, PolicySet::compile(sources))
}

impl PolicyProofs {
    /// Of an IoT policy. A policy that allows `iot:Connect` under no client id, or `iot:Receive` on no topic, is judged together with one that lets the
    /// device connect as itself, or receive what it subscribes to. Names are as long as a broker takes.
    pub fn of(document: &Document, lengths: Lengths) -> Self {
        let (alone, set) = with_the_rest(&Arc::new(document.clone()));
        // Whose the policy is, it says itself; the others say only what it leaves out.
        let devices = Device::generic(&[&alone]);
        let cases: Vec<Case<'_>> = devices.into_iter().map(|device| Case { set: &set, device }).collect();
        let mut proofs = Self::default();
        let usual = Scope { lengths, ..Scope::example() };
        let places = Places::of(&[&alone], &usual, Known::default());
        let cut = places.visit(|scope| {
            for (contact, answer) in cross_device(&cases, scope).contacts {
                proofs.add(contact.as_str(), answer);
            }
            for (contact, answer) in namespaces(&cases, scope) {
                proofs.add(contact, answer);
            }
            proofs.out_of_bounds.iter().any(|reason| ran_out(reason))
        });
        proofs.out_of_bounds.extend(cut);
        proofs.add_dead(&alone, &usual);
        let administration = administration(document);
        proofs.administers_total = administration.total;
        proofs.administer_statements =
            administration.statements.iter().map(|source| source.statement).collect();
        proofs.administers = administration.actions;
        proofs
    }

    /// There is nothing to say.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// What the first request of a way to touch other devices is about, without the start of its ARN.
    pub(super) fn resource_of(&self, contact: Contact) -> Option<String> {
        if contact == Contact::ConnectAs {
            return self.connects_as.as_ref().map(|client| format!("client/{client}"));
        }
        let (_, requests) = self.crossings.iter().find(|(name, _)| name == contact.as_str())?;
        requests.first()?.split_once(' ').map(|(_, name)| name.to_owned())
    }

    fn add(&mut self, contact: &str, answer: Answer<Crossing>) {
        match answer {
            Answer::Proof => {}
            Answer::OutOfBounds(reasons) => {
                let reason = format!("{contact}: {}", reasons.join(", "));
                if !self.out_of_bounds.contains(&reason) {
                    self.out_of_bounds.push(reason);
                }
            }
            Answer::Witness(crossing) if contact == Contact::ConnectAs.as_str() => {
                if self.connects_as.is_none() {
                    self.connect_statements = statements(&crossing);
                    self.connects_as = Some(crossing.thing);
                }
            }
            Answer::Witness(crossing) => {
                let name = contact.to_owned();
                if !self.crossings.iter().any(|(known, _)| *known == name) {
                    self.crossing_statements.extend(statements(&crossing));
                    let request = |witness: &Witness| format!("{} {}", witness.action, witness.name());
                    self.crossings.push((name, crossing.requests.iter().map(request).collect()));
                }
            }
        }
    }

    fn add_dead(&mut self, alone: &PolicySet, usual: &Scope) {
        let places = Places::each_of(&[alone], usual, Known::default());
        let denies = dead(alone, &Case::generic(alone), &places).into_iter().filter(|dead| {
            // Literal wildcards are what AWS's check on Deny statements reports.
            dead.statement.effect == Effect::Deny
                && matches!(dead.why, Why::NoAction | Why::NoRequest | Why::ConditionNeverHolds { .. })
        });
        self.dead_denies = denies.map(|dead| (dead.statement.statement, dead.why.to_string())).collect();
    }
}

/// The statements of the policy in question that allow a crossing.
fn statements(crossing: &Crossing) -> BTreeSet<usize> {
    let allowed_by = crossing.requests.iter().flat_map(|witness| &witness.allowed_by);
    allowed_by.filter(|by| &*by.policy == THE_POLICY).map(|by| by.statement).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proofs(statements: &str) -> PolicyProofs {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
        PolicyProofs::of(&parse(&text, Dialect::Iot).unwrap(), Lengths::AWS)
    }

    fn allow(actions: &str, resource: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Action":[{actions}],"Resource":"arn:aws:iot:us-east-1:*:{resource}"}}"#
        )
    }

    #[test]
    fn a_policy_that_lets_receive_nothing_is_judged_with_one_that_does() {
        let connect = allow(r#""iot:Connect""#, "client/${iot:Connection.Thing.ThingName}");
        let subscribe = |actions: &str| {
            let subscribe = allow(actions, "topicfilter/$aws/things/press-*");
            proofs(&format!("{connect},{subscribe}")).crossings
        };
        let alone = subscribe(r#""iot:Subscribe""#);
        assert_eq!(alone.len(), 1, "{alone:?}");
        // `iot:Receive` is about topics, so this one is about nothing.
        assert_eq!(subscribe(r#""iot:Subscribe","iot:Receive""#), alone);
        let elsewhere = allow(r#""iot:Receive""#, "topic/a");
        let subscribe = allow(r#""iot:Subscribe""#, "topicfilter/$aws/things/press-*");
        assert!(proofs(&format!("{connect},{subscribe},{elsewhere}")).crossings.is_empty());
    }

    #[test]
    fn a_client_that_is_called_like_a_wildcard() {
        let connect = allow(r#""iot:Connect""#, "client/${iot:ClientId}");
        let subscribe = allow(r#""iot:Subscribe""#, "topicfilter/$aws/things/${iot:ClientId}/jobs/notify");
        let receive = allow(r#""iot:Receive""#, "topic/$aws/things/*");
        let found = proofs(&format!("{connect},{subscribe},{receive}"));
        let requests = found.crossings.iter().flat_map(|(_, requests)| requests).collect::<Vec<_>>();
        assert!(!requests.is_empty() && found.out_of_bounds.is_empty(), "{found:?}");
    }

    #[test]
    fn nothing_is_proved_where_places_are_cut() {
        let resource = |index: usize| format!(r#""arn:*:*:*:*{index:02}*{}*:client/a""#, 99 - index);
        let text = |count: usize| {
            let resources = (0..count).map(resource).collect::<Vec<_>>().join(",");
            format!(r#"{{"Effect":"Allow","Action":"iot:Connect","Resource":[{resources}]}}"#)
        };
        // In most accounts, this denies nothing that can be asked for.
        let deny = r#"{"Effect":"Deny","Action":"iot:Connect","Resource":"arn:aws:iot:us-east-1:123456789012:topic/a"}"#;
        let whole = proofs(&format!("{},{deny}", text(2)));
        assert!(whole.out_of_bounds.is_empty() && whole.dead_denies.len() == 1, "{whole:?}");
        let cut = proofs(&format!("{},{deny}", text(40)));
        let [budget, others] = cut.out_of_bounds.as_slice() else { panic!("{cut:?}") };
        assert!(ran_out(budget) && others.ends_with("than are looked at"), "{cut:?}");
        assert!(cut.dead_denies.is_empty() && !cut.is_empty(), "{cut:?}");
    }
}
