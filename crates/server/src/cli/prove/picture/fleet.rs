//! The whole fleet, for questions about all principals.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::Context as _;
use thingwarden_engine::policy::{Context, Effect, PolicySet, PolicySource};
use thingwarden_engine::prove::{Alias, Device, Names, Template, Thing, Way, Ways};

use super::principal::PrincipalId;
use super::templates::Takings;
use super::{Picture, certificate_context};

/// A whole fleet, for questions about all principals.
#[derive(Debug)]
pub(in crate::cli::prove) struct Fleet {
    pub(in crate::cli::prove) names: Names,
    /// Sets of policies that principals have, each once.
    pub(in crate::cli::prove) sets: Vec<PolicySet>,
    /// Those that can connect.
    pub(in crate::cli::prove) principals: Vec<FleetPrincipal>,
    pub(in crate::cli::prove) aliases: Vec<Alias>,
    pub(in crate::cli::prove) templates: Vec<Template>,
    /// For each template the things that it attaches to.
    pub(in crate::cli::prove) takings: Vec<Takings>,
    /// How many certificates are not active.
    pub(in crate::cli::prove) inactive: usize,
}

/// A principal with its sets of policies.
#[derive(Debug)]
pub(in crate::cli::prove) struct FleetPrincipal {
    pub(super) id: PrincipalId,
    /// Without a thing.
    alone: usize,
    /// As each of its things, in their order.
    as_things: Vec<usize>,
}

/// Sets of policies, each once.
#[derive(Debug)]
pub(super) struct Sets<'p> {
    picture: &'p Picture,
    /// Policies that only provisioning would make.
    made: HashMap<String, PolicySource>,
    known: HashMap<Vec<Arc<str>>, usize>,
    all: Vec<PolicySet>,
}

impl<'p> Sets<'p> {
    fn of_picture(picture: &'p Picture) -> Self {
        Self { picture, made: HashMap::new(), known: HashMap::new(), all: Vec::new() }
    }

    /// The place of the set of these policies.
    pub(super) fn of(&mut self, mut names: Vec<Arc<str>>) -> anyhow::Result<usize> {
        names.sort_unstable();
        names.dedup();
        if let Some(index) = self.known.get(&names) {
            return Ok(*index);
        }
        let (made, others): (Vec<Arc<str>>, Vec<Arc<str>>) =
            names.iter().cloned().partition(|name| self.made.contains_key(&**name));
        let made = made.iter().filter_map(|name| self.made.get(&**name)).cloned();
        let set = PolicySet::compile(self.picture.sources(&others)?.into_iter().chain(made));
        let index = self.push(set);
        self.known.insert(names, index);
        Ok(index)
    }

    fn push(&mut self, set: PolicySet) -> usize {
        self.all.push(set);
        self.all.len() - 1
    }

    /// Whether there is a policy of this name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.made.contains_key(name) || self.picture.policies.contains_key(name)
    }

    /// Adds a policy that provisioning would make.
    pub(super) fn make(&mut self, policy: PolicySource) {
        self.made.insert(policy.name.to_string(), policy);
    }

    /// Whether a set denies anything.
    pub(super) fn denies(&self, set: usize) -> bool {
        let sources = self.all.get(set).into_iter().flat_map(PolicySet::sources);
        let mut statements = sources.flat_map(|source| &source.document.statements);
        statements.any(|statement| statement.effect == Effect::Deny)
    }
}

impl FleetPrincipal {
    /// A certificate's id, or the text of another principal.
    pub(in crate::cli::prove) fn name(&self) -> String {
        self.id.to_string()
    }
}

impl Picture {
    /// Everything that a look at the whole fleet needs.
    pub(in crate::cli::prove) fn fleet(&self) -> anyhow::Result<Fleet> {
        let mut sets = Sets::of_picture(self);
        let mut principals = Vec::new();
        let mut inactive = 0;
        for id in self.all_principals() {
            if self.certificates.get(id).is_some_and(|certificate| *certificate.status != *"ACTIVE") {
                inactive += 1;
                continue;
            }
            let own = self.policies_of(id);
            let ties = self.registry.ties(id);
            let mut as_things = Vec::with_capacity(ties.len());
            for (thing, _) in ties {
                as_things.push(sets.of(own.iter().chain(self.group_policies(thing)).cloned().collect())?);
            }
            principals.push(FleetPrincipal { id: id.clone(), alone: sets.of(own.to_vec())?, as_things });
        }
        let names = self.registry.names().collect();
        let mut aliases = Vec::new();
        for (name, arn) in &self.role_aliases {
            if let Some((policies, open)) = self.role_policies(arn) {
                let open = open.map(|why| format!("role alias `{name}`: {why}").into());
                aliases.push(Alias { name: name.clone(), set: sets.push(policies), open });
            }
        }
        let found = self.templates.values().map(|found| self.template(found, &mut sets));
        let (templates, takings) = found.collect::<anyhow::Result<Vec<_>>>()?.into_iter().unzip();
        Ok(Fleet { names, sets: sets.all, principals, aliases, templates, takings, inactive })
    }

    /// The names of a principal's things.
    pub(in crate::cli::prove) fn things_of<'p>(
        &'p self,
        principal: &FleetPrincipal,
    ) -> impl Iterator<Item = &'p str> {
        self.registry.ties(&principal.id).iter().map(|(name, _)| &**name)
    }

    /// What a role may do, and why that may not be all; none when devices do not get its credentials.
    fn role_policies(&self, arn: &str) -> Option<(PolicySet, Option<String>)> {
        // The service that asks for credentials on behalf of devices (AWS IoT developer guide, "Authorizing direct calls").
        const PROVIDER: &str = "credentials.iot.amazonaws.com";
        let name = arn.rsplit('/').next().unwrap_or(arn);
        if self.trust_policies.get(name).is_some_and(|text| !text.contains(PROVIDER)) {
            return None;
        }
        let Some(role) = self.roles.get(arn) else {
            return Some((PolicySet::default(), Some(format!("the role `{arn}` is not in the input"))));
        };
        if let Some(boundary) = self.boundaries.get(name) {
            return Some((
                PolicySet::default(),
                Some(format!("permissions boundary `{boundary}` of its role")),
            ));
        }
        let source = |document: &Arc<_>| PolicySource {
            name: name.into(),
            version: String::new(),
            document: Arc::clone(document),
        };
        Some((PolicySet::compile(role.documents.iter().map(source)), role.missing.first().cloned()))
    }

    /// The ways of a principal, for a look at the whole fleet; `asks` says whether policies of a set speak of certificates.
    pub(in crate::cli::prove) fn ways(
        &self,
        principal: &FleetPrincipal,
        asks: impl Fn(usize) -> bool,
    ) -> anyhow::Result<Vec<Way>> {
        let mut sets = principal.as_things.iter().chain([&principal.alone]);
        let certificate = match self.certificates.get(&principal.id) {
            Some(certificate) if sets.any(|set| asks(*set)) => {
                let context = certificate_context(&certificate.pem);
                context.with_context(|| format!("certificate `{}`", principal.id))?
            }
            // Nothing depends on it.
            _ => Some(Context::new()),
        };
        let device = |things: Vec<Thing>, ways: Ways| Device {
            certificate: certificate.clone(),
            identity: principal.id.identity(),
            things,
            anything_goes: false,
            more_names: false,
            ways,
        };
        let things = self.things_for(&principal.id);
        let exclusive = things.iter().position(|thing| thing.exclusive);
        let mut ways = Vec::new();
        for (index, (thing, set)) in things.iter().zip(&principal.as_things).enumerate() {
            if exclusive.is_none_or(|exclusive| exclusive == index) {
                ways.push(Way { set: *set, device: device(vec![thing.clone()], Ways::AsThing) });
            }
        }
        ways.push(Way { set: principal.alone, device: device(things, Ways::WithoutThing) });
        Ok(ways)
    }
}
