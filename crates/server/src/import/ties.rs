//! What ties things together: groups, attachments of certificates to things, and of policies to their targets.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::ids::CertificateId;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    Certificate, Policy, PolicyAttachment, ThingGroup, ThingGroupMember, ThingPrincipal,
};

use super::ledger::Ledger;
use super::registry::{require_thing, set, set_time};
use super::tally::Kind;
use super::{ImportError, uuid};
use crate::snapshot::in_full::Source;
use crate::snapshot::stated::StatedGroup;

/// All ties of a snapshot, until what they tie is there.
#[derive(Debug, Default)]
pub(super) struct Ties {
    pub(super) groups: Groups,
    pub(super) members: Vec<Member>,
    pub(super) principals: Vec<Principal>,
    pub(super) targets: Vec<Target>,
}

/// A thing in a group.
#[derive(Debug)]
pub(super) struct Member {
    group: Box<str>,
    thing: Box<str>,
    source: Source,
}

/// A principal of a thing.
#[derive(Debug)]
pub(super) struct Principal {
    thing: Box<str>,
    who: Who,
    exclusive: bool,
    source: Source,
}

/// A principal, small enough for millions of them.
#[derive(Debug)]
enum Who {
    Certificate(CertificateId),
    Other(Box<str>),
}

/// A policy on a target.
#[derive(Debug)]
pub(super) struct Target {
    policy: Box<str>,
    target: Box<str>,
    source: Source,
}

/// All thing groups of a snapshot, by name.
#[derive(Debug, Default)]
pub(super) struct Groups(BTreeMap<String, (StatedGroup, Source)>);

impl Ties {
    /// What describes a group comes after, or before, the list with its name.
    pub(super) fn group(&mut self, group: StatedGroup, source: Source) {
        let known = self.groups.0.get(&group.name);
        if known.is_none_or(|(known, _)| known.metadata.is_none()) {
            self.groups.0.insert(group.name.clone(), (group, source));
        }
    }

    pub(super) fn member(&mut self, group: String, thing: String, source: Source) {
        self.members.push(Member { group: group.into(), thing: thing.into(), source });
    }

    pub(super) fn principal(&mut self, thing: String, principal: String, exclusive: bool, source: Source) {
        let who = match certificate_of(&principal) {
            Some(id) => Who::Certificate(id),
            None => Who::Other(principal.into()),
        };
        self.principals.push(Principal { thing: thing.into(), who, exclusive, source });
    }

    pub(super) fn target(&mut self, policy: String, target: String, source: Source) {
        self.targets.push(Target { policy: policy.into(), target: target.into(), source });
    }
}

impl Groups {
    /// Parents before their children, since a group knows all that is above it.
    pub(super) fn write(mut self, ledger: &mut Ledger, writer: &Writer<'_>) -> Result<(), ImportError> {
        while let Some(name) = self.0.keys().next().cloned() {
            self.write_with_parents(ledger, writer, name)?;
        }
        Ok(())
    }

    fn write_with_parents(
        &mut self,
        ledger: &mut Ledger,
        writer: &Writer<'_>,
        name: String,
    ) -> Result<(), ImportError> {
        // From the group up to the first that is written, or has no parent.
        let mut chain = Vec::new();
        let mut above: BTreeSet<String> = BTreeSet::new();
        let mut next = Some(name);
        while let Some(name) = next.take() {
            let Some((group, source)) = self.0.remove(&name) else { break };
            let parent = group.metadata.as_ref().and_then(|metadata| metadata.parent.clone());
            above.insert(name);
            next = parent.filter(|parent| !above.contains(parent));
            chain.push((group, source));
        }
        chain.into_iter().rev().try_for_each(|(group, source)| write_group(ledger, writer, &group, &source))
    }
}

fn write_group(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    stated: &StatedGroup,
    source: &Source,
) -> Result<(), ImportError> {
    let name = &stated.name;
    let parent = stated.metadata.as_ref().and_then(|metadata| metadata.parent.as_deref());
    let ancestors = match parent {
        None => "/".to_owned(),
        Some(parent) => match writer.get::<ThingGroup>(parent)? {
            Some(parent) => parent.path(),
            None => {
                let why = format!("thing group `{name}`: its parent `{parent}` is not in the snapshot");
                ledger.tally.refuse(Kind::Group, source, &why);
                return Ok(());
            }
        },
    };
    let new = ThingGroup {
        name: name.clone(),
        group_id: uuid()?,
        ancestors,
        description: None,
        attributes: BTreeMap::new(),
        version: 1,
        created_ms: ledger.now_ms,
    };
    let present = writer.get::<ThingGroup>(name)?;
    if stated.metadata.is_some() && present.is_some_and(|present| present.ancestors != new.ancestors) {
        // Groups and members below know the place.
        let why = format!("thing group `{name}` has another parent here, and groups cannot be moved");
        ledger.tally.refuse(Kind::Group, source, &why);
        return Ok(());
    }
    let made = |before: Option<&ThingGroup>| {
        let mut made = before.unwrap_or(&new).clone();
        set(&mut made.group_id, stated.group_id.as_ref());
        set(&mut made.version, stated.version.as_ref());
        if let Some(properties) = &stated.properties {
            made.description.clone_from(&properties.description);
            let payload = properties.attribute_payload.as_ref();
            made.attributes = payload.and_then(|payload| payload.attributes.clone()).unwrap_or_default();
        }
        set_time(
            &mut made.created_ms,
            stated.metadata.as_ref().and_then(|metadata| metadata.creation_date.0),
        );
        made
    };
    ledger.put(writer, Kind::Group, source, made).map(drop)
}

pub(super) fn write_member(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    member: Member,
) -> Result<(), ImportError> {
    let Member { group, thing, source } = member;
    let Some(found) = writer.get::<ThingGroup>(&group)? else {
        let why = format!("thing `{thing}` is in thing group `{group}`, which is not in the snapshot");
        ledger.tally.refuse(Kind::Member, &source, &why);
        return Ok(());
    };
    require_thing(ledger, writer, &source, &thing)?;
    let new = ThingGroupMember { group: group.into(), thing: thing.into(), path: found.path() };
    ledger.put(writer, Kind::Member, &source, |_| new.clone()).map(drop)
}

pub(super) fn write_principal(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    principal: Principal,
) -> Result<(), ImportError> {
    let Principal { thing, who, exclusive, source } = principal;
    let principal = match who {
        Who::Certificate(id) => {
            let id = id.to_string();
            if !writer.exists::<Certificate>(&id)? {
                let why = format!("thing `{thing}` has certificate `{id}`, which is not in the snapshot");
                ledger.tally.refuse(Kind::Principal, &source, &why);
                return Ok(());
            }
            certificate_arn(writer, &id)
        }
        Who::Other(other) => other.into(),
    };
    require_thing(ledger, writer, &source, &thing)?;
    let new = ThingPrincipal { thing: thing.into(), principal, exclusive };
    let made = |before: Option<&ThingPrincipal>| {
        let mut made = before.unwrap_or(&new).clone();
        // ListThingPrincipals does not say how a principal is attached.
        made.exclusive |= exclusive;
        made
    };
    ledger.put(writer, Kind::Principal, &source, made).map(drop)
}

pub(super) fn write_target(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    target: Target,
) -> Result<(), ImportError> {
    let Target { policy, target, source } = target;
    let group = target.split_once(":thinggroup/").map(|(_, name)| name);
    let missing = if !writer.exists::<Policy>(&policy)? {
        Some(format!("policy `{policy}` is attached to `{target}`, but not in the snapshot"))
    } else if let Some(id) = certificate_of(&target) {
        let id = id.to_string();
        let is_there = writer.exists::<Certificate>(&id)?;
        (!is_there)
            .then(|| format!("policy `{policy}` is on certificate `{id}`, which is not in the snapshot"))
    } else if let Some(name) = group {
        let is_there = writer.exists::<ThingGroup>(name)?;
        (!is_there)
            .then(|| format!("policy `{policy}` is on thing group `{name}`, which is not in the snapshot"))
    } else {
        None
    };
    if let Some(why) = missing {
        ledger.tally.refuse(Kind::Target, &source, &why);
        return Ok(());
    }
    // One spelling of a certificate's id, however the snapshot writes it.
    let target = match certificate_of(&target) {
        Some(id) => certificate_arn(writer, &id.to_string()),
        None => target.into(),
    };
    let new = PolicyAttachment { policy: policy.into(), target };
    ledger.put(writer, Kind::Target, &source, |_| new.clone()).map(drop)
}

fn certificate_arn(writer: &Writer<'_>, id: &str) -> String {
    crate::api::iot_arn(writer.scope(), &format!("cert/{id}"))
}

fn certificate_of(arn: &str) -> Option<CertificateId> {
    let (front, id) = arn.rsplit_once('/')?;
    if front.starts_with("arn:") && front.ends_with(":cert") { CertificateId::parse(id) } else { None }
}
