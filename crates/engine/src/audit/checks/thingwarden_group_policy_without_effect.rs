#![doc = include_str!("thingwarden_group_policy_without_effect.md")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::super::prelude::*;
use crate::fleet::{GroupedDevice, PolicyInForce, Presence};
use crate::ids::CertificateId;
use crate::limits::RELATED_RESOURCES_MAX;
use crate::prove::{Answer, Scope, Ways, Witness, connects};

pub(super) const CHECK: Check = Check {
    name: "THINGWARDEN_GROUP_POLICY_WITHOUT_EFFECT_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::IotPolicy,
    enabled_by_default: false,
    reads: &[Fact::Policies, Fact::PolicyTargets, Fact::ThingGroups, Fact::ThingPrincipals],
    thresholds: &[],
    reasons: &[WITHOUT_EFFECT],
    manual: include_str!("thingwarden_group_policy_without_effect.md"),
    run,
};

const WITHOUT_EFFECT: Reason = Reason {
    code: "GROUP_POLICY_WITHOUT_EFFECT",
    text: "Policy of a thing group does not hold for devices whose client ids are not the names of their things.",
};

/// A certificate with more client ids than this is judged by its policies.
const CLIENT_IDS_MAX: usize = 16;

/// What a group's policy is to one device.
enum Effect {
    Holds,
    /// It does not hold; the client id that shows it, and from where that is known.
    Without(String, &'static str),
    /// The device cannot connect at all.
    Unused,
    Unknown(Vec<String>),
}

/// A policy over all devices.
struct Judged {
    policy: PolicyInForce,
    devices: u64,
    without: u64,
    shown: Vec<Related>,
    unknown: BTreeMap<String, u64>,
}

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    if let Presence::Partial(unread) = fleet.presence(Fact::ConnectionLog) {
        unread.into_iter().for_each(|why| found.gap(why, None));
    }
    let scope = Scope::of_fleet(fleet.account(), fleet.region());
    let mut judged: BTreeMap<Arc<str>, Judged> = BTreeMap::new();
    fleet.each_grouped_device(&mut |device| {
        let clients = seen(fleet, &device.certificate);
        let mut asking = Asking { device, scope: &scope, as_things: HashMap::new() };
        for policy in &device.group_policies {
            let effect = match &clients {
                Some(clients) => asking.as_seen(policy, clients),
                None => asking.as_allowed(policy),
            };
            let judged = judged.entry(Arc::clone(&policy.name)).or_insert_with(|| Judged::new(policy));
            judged.add(device, effect);
        }
    });
    judged.into_values().for_each(|judged| judged.report(found));
}

/// The client ids that a certificate was seen with; none when there were none, or too many.
fn seen(fleet: &dyn FleetView, certificate: &CertificateId) -> Option<BTreeSet<String>> {
    let mut clients = BTreeSet::new();
    fleet.each_connection_of(certificate, fleet.now() - LOG_WINDOW, &mut |event| {
        if clients.len() <= CLIENT_IDS_MAX && !clients.contains(event.client_id) {
            clients.insert(event.client_id.to_owned());
        }
    });
    (1..=CLIENT_IDS_MAX).contains(&clients.len()).then_some(clients)
}

/// Asks about one device.
struct Asking<'a> {
    device: &'a GroupedDevice,
    scope: &'a Scope,
    /// By the place among its ways, whether it can connect so.
    as_things: HashMap<usize, Answer<Witness>>,
}

impl Asking<'_> {
    /// The ways in which the policy holds.
    fn ways_of(&self, policy: &PolicyInForce) -> Vec<usize> {
        let ways = self.device.ways.iter().enumerate();
        let holds = ways.filter(|(_, (_, set))| set.sources().iter().any(|source| source.name == policy.name));
        holds.map(|(way, _)| way).collect()
    }

    fn as_seen(&self, policy: &PolicyInForce, clients: &BTreeSet<String>) -> Effect {
        let ways = self.ways_of(policy);
        let mut things = ways.iter().filter_map(|way| self.device.ways.get(*way)).flat_map(|(device, _)| &device.things);
        match clients.first() {
            Some(client) if !things.any(|thing| thing.exclusive || clients.contains(&thing.name)) => {
                Effect::Without(client.clone(), "connected as")
            }
            _ => Effect::Holds,
        }
    }

    fn as_allowed(&mut self, policy: &PolicyInForce) -> Effect {
        let holding = self.ways_of(policy);
        match self.first(&holding) {
            Answer::Witness(_) => return Effect::Holds,
            Answer::OutOfBounds(reasons) => return Effect::Unknown(reasons),
            Answer::Proof => {}
        }
        let others: Vec<usize> = (0..self.device.ways.len()).filter(|way| !holding.contains(way)).collect();
        match self.first(&others) {
            Answer::Witness(witness) => {
                let client = witness.name().strip_prefix("client/").unwrap_or_default();
                Effect::Without(client.to_owned(), "may connect as")
            }
            Answer::OutOfBounds(reasons) => Effect::Unknown(reasons),
            Answer::Proof => Effect::Unused,
        }
    }

    /// Whether it can connect in one of these ways.
    fn first(&mut self, ways: &[usize]) -> Answer<Witness> {
        let mut unknown = Answer::Proof;
        for way in ways {
            let case = self.device.cases().nth(*way);
            let ask = || connects(case.as_slice(), self.scope);
            match self.as_things.entry(*way).or_insert_with(ask) {
                Answer::Witness(witness) => return Answer::Witness(witness.clone()),
                Answer::OutOfBounds(reasons) => unknown = Answer::OutOfBounds(reasons.clone()),
                Answer::Proof => {}
            }
        }
        unknown
    }
}

impl Judged {
    fn new(policy: &PolicyInForce) -> Self {
        let (shown, unknown) = (vec![], BTreeMap::new());
        Self { policy: policy.clone(), devices: 0, without: 0, shown, unknown }
    }

    fn add(&mut self, device: &GroupedDevice, effect: Effect) {
        self.devices += 1;
        match effect {
            Effect::Holds | Effect::Unused => {}
            Effect::Unknown(reasons) => *self.unknown.entry(reasons.join(", ")).or_default() += 1,
            Effect::Without(client, how) => {
                self.without += 1;
                if self.shown.len() < RELATED_RESOURCES_MAX {
                    let way = device.ways.iter().find(|(device, _)| device.ways == Ways::WithoutThing);
                    let things = way.into_iter().flat_map(|(device, _)| device.names());
                    let things = things.take(CLIENT_IDS_MAX).collect::<Vec<_>>().join(", ");
                    let witness = format!("of thing {things}, {how} {client}");
                    let additional = vec![("WITNESS", witness), ("CLIENT_ID", client), ("THING_NAME", things)];
                    let resource = Resource::DeviceCertificate(device.certificate);
                    self.shown.push(Related { resource, additional });
                }
            }
        }
    }

    fn report(self, found: &mut Findings) {
        found.examined();
        let resource = self.policy.resource();
        for (reason, count) in self.unknown {
            found.gap_many(format!("out of bounds: {reason}"), Some(&resource), count);
        }
        let Some(first) = self.shown.first() else { return };
        let witness = first.additional.first().map(|(_, text)| format!("certificate {} {text}", first.resource));
        let finding = found.push(&self.policy, WITHOUT_EFFECT);
        finding.with("WITNESS", witness.unwrap_or_default());
        finding.with("DEVICES_WITHOUT_EFFECT", self.without.to_string());
        finding.with("DEVICES", self.devices.to_string());
        finding.related = self.shown;
    }
}
