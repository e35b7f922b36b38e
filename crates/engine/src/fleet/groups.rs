//! Who is in which thing group, and what policies are attached to. A picture holds it only for the check that asks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::interner::{Interner, Symbol};
use super::memory::Fleet;
use super::records::{CertificateStatus, GroupedDevice, PolicyInForce, PolicyVersion};
use super::view::Fact;
use crate::ids::CertificateId;
use crate::policy::{PolicySet, PolicySource};
use crate::prove::{Device, Thing, Ways};

/// One tie between things, groups, principals and policies, or what is known of one end.
#[derive(Clone, Copy, Debug)]
pub enum Tie<'a> {
    /// What conditions can ask of a thing.
    Thing {
        name: &'a str,
        type_name: Option<&'a str>,
        attributes: &'a BTreeMap<String, String>,
    },
    /// A group; the group above it counts when it was described, as listings do not tell it.
    Group {
        name: &'a str,
        is_described: bool,
        parent: Option<&'a str>,
    },
    Member {
        group: &'a str,
        thing: &'a str,
    },
    /// A principal is a certificate's ARN here; others are left out.
    Principal {
        thing: &'a str,
        principal: &'a str,
        exclusive: bool,
    },
    /// The target is the ARN of a certificate or thing group; others are left out.
    Target {
        policy: &'a str,
        target: &'a str,
    },
}

/// All ties.
#[derive(Debug, Default)]
pub(super) struct Groups {
    names: Interner,
    /// The group above each group that was described.
    parents: HashMap<Symbol, Option<Symbol>>,
    /// Groups that were named.
    named: Vec<Symbol>,
    groups_of: HashMap<Symbol, Vec<Symbol>>,
    things_of: BTreeMap<CertificateId, Vec<(Symbol, bool)>>,
    policies_of_group: HashMap<Symbol, Vec<Symbol>>,
    policies_of: HashMap<CertificateId, Vec<Symbol>>,
    /// Types and attributes of things that have them.
    described: HashMap<Symbol, (Option<String>, BTreeMap<String, String>)>,
}

/// Levels of groups that are looked at; AWS has seven.
const DEPTH_MAX: usize = 32;

impl Groups {
    /// What a picture without groups does not hold.
    pub(super) const FACTS: [Fact; 3] = [Fact::PolicyTargets, Fact::ThingGroups, Fact::ThingPrincipals];

    pub(super) fn add(&mut self, tie: Tie<'_>) {
        match tie {
            Tie::Thing { type_name: None, attributes, .. } if attributes.is_empty() => {}
            Tie::Thing { name, type_name, attributes } => {
                let known = self.described.entry(self.names.intern(name)).or_default();
                known.0 = known.0.take().or_else(|| type_name.map(str::to_owned));
                known.1.extend(attributes.iter().map(|(name, value)| (name.clone(), value.clone())));
            }
            Tie::Group { name, is_described, parent } => {
                let group = self.group(name);
                if is_described {
                    let parent = parent.map(|parent| self.group(parent));
                    self.parents.insert(group, parent);
                }
            }
            Tie::Member { group, thing } => {
                let (group, thing) = (self.group(group), self.names.intern(thing));
                add_once(self.groups_of.entry(thing).or_default(), group);
            }
            Tie::Principal { thing, principal, exclusive } => {
                if let Some(certificate) = certificate_in(principal) {
                    let thing = self.names.intern(thing);
                    let things = self.things_of.entry(certificate).or_default();
                    match things.iter_mut().find(|(known, _)| *known == thing) {
                        Some((_, known)) => *known |= exclusive,
                        None => things.push((thing, exclusive)),
                    }
                }
            }
            Tie::Target { policy, target } => {
                let policy = self.names.intern(policy);
                if let Some((_, group)) = target.split_once(":thinggroup/") {
                    let group = self.group(group);
                    add_once(self.policies_of_group.entry(group).or_default(), policy);
                } else if let Some(certificate) = certificate_in(target) {
                    add_once(self.policies_of.entry(certificate).or_default(), policy);
                }
            }
        }
    }

    fn group(&mut self, name: &str) -> Symbol {
        let group = self.names.intern(name);
        if !self.parents.contains_key(&group) {
            self.named.push(group);
        }
        group
    }

    /// Sorts, and tells what is missing: a group whose place is not known may get policies from groups above it.
    pub(super) fn finish(&mut self) -> Vec<String> {
        let (names, parents) = (&self.names, &self.parents);
        let by_name = |one: &Symbol, other: &Symbol| names.text(*one).cmp(names.text(*other));
        for things in self.things_of.values_mut() {
            things.sort_by(|(one, _), (other, _)| by_name(one, other));
        }
        let mut unknown = std::mem::take(&mut self.named);
        unknown.retain(|group| !parents.contains_key(group));
        unknown.sort_by(by_name);
        unknown.dedup();
        if self.policies_of_group.is_empty() {
            return vec![];
        }
        let gap = |group: &Symbol| {
            let name = names.text(*group);
            format!("thing group `{name}` is named, but not described (describe-thing-group)")
        };
        unknown.iter().map(gap).collect()
    }

    /// Shows the devices that groups bring a policy.
    pub(super) fn visit(&self, fleet: &Fleet, visit: &mut dyn FnMut(&GroupedDevice)) {
        let in_force: HashMap<&str, (&PolicyVersion, PolicyInForce)> =
            fleet.policies_in_force().map(|(version, policy)| (&*version.name, (version, policy))).collect();
        let mut sets: HashMap<Vec<Symbol>, Option<Arc<PolicySet>>> = HashMap::new();
        let mut set = |mut policies: Vec<Symbol>| {
            policies.sort_unstable();
            policies.dedup();
            let compiled = sets.entry(policies).or_insert_with_key(|policies| {
                let source = |policy: &Symbol| {
                    let (version, _) = in_force.get(self.names.text(*policy))?;
                    let (name, version, document) = (
                        Arc::clone(&version.name),
                        version.version.to_string(),
                        Arc::clone(&version.document),
                    );
                    Some(PolicySource { name, version, document })
                };
                let sources: Option<Vec<PolicySource>> = policies.iter().map(source).collect();
                // One that is not there makes `Policies` partial; what holds together with it is not known.
                Some(Arc::new(PolicySet::compile(sources?)))
            });
            compiled.clone()
        };
        let active = fleet.devices.iter().filter(|device| device.status == CertificateStatus::Active);
        for certificate in active.map(|device| device.id) {
            let ties = self.things_of.get(&certificate).map(Vec::as_slice).unwrap_or_default();
            if ties.iter().all(|(thing, _)| self.group_policies(*thing).next().is_none()) {
                continue;
            }
            let own = self.policies_of.get(&certificate).cloned().unwrap_or_default();
            let things: Vec<Thing> =
                ties.iter().map(|(thing, exclusive)| self.thing(*thing, *exclusive)).collect();
            let mut ways = Vec::new();
            for ((thing, _), described) in ties.iter().zip(&things) {
                let policies = own.iter().copied().chain(self.group_policies(*thing)).collect();
                let things = vec![described.clone()];
                ways.push((Device { things, ways: Ways::AsThing, ..Device::default() }, set(policies)));
            }
            ways.push((Device { things, ways: Ways::WithoutThing, ..Device::default() }, set(own)));
            let whole: Option<Vec<_>> = ways.into_iter().map(|(device, set)| Some((device, set?))).collect();
            let policy = |source: &PolicySource| {
                let known = in_force.get(&*source.name).map(|(_, policy)| policy.clone());
                known.unwrap_or_else(|| {
                    PolicyInForce::named(Arc::clone(&source.name), source.version.as_str().into())
                })
            };
            if let Some(device) = whole.and_then(|ways| GroupedDevice::of(certificate, ways, policy)) {
                visit(&device);
            }
        }
    }

    fn thing(&self, thing: Symbol, exclusive: bool) -> Thing {
        let (type_name, attributes) = self.described.get(&thing).cloned().unwrap_or_default();
        Thing { name: self.names.text(thing).to_owned(), type_name, attributes, exclusive }
    }

    /// The policies of a thing's groups and of all groups above them.
    fn group_policies(&self, thing: Symbol) -> impl Iterator<Item = Symbol> + '_ {
        let groups = self.groups_of.get(&thing).into_iter().flatten();
        let with_above = groups.flat_map(|group| {
            let above = |group: &Symbol| self.parents.get(group).copied().flatten();
            std::iter::successors(Some(*group), above).take(DEPTH_MAX)
        });
        with_above.filter_map(|group| self.policies_of_group.get(&group)).flatten().copied()
    }
}

fn add_once(list: &mut Vec<Symbol>, one: Symbol) {
    if !list.contains(&one) {
        list.push(one);
    }
}

/// The certificate that an ARN names.
fn certificate_in(arn: &str) -> Option<CertificateId> {
    CertificateId::parse(arn.rsplit_once(":cert/")?.1)
}
