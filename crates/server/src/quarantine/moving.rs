//! Into quarantine, and out of it: each in the caller's transaction.

use thingwarden_store::records::{
    Certificate, Policy, PolicyAttachment, PolicyFlaws, PolicyVersion, Thing, ThingGroup, ThingGroupMember,
    ThingPrincipal, place_of,
};
use thingwarden_store::{Change, Filter, Reader, Record, StoreError, Writer};

use super::Rule;
use crate::api::{arn_name, iot_arn, policy_verdicts};
use crate::random;

/// The policy of a quarantine group that has none.
const POLICY: &str = "thingwarden-quarantine";
const DENY_ALL: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iot:*","Resource":"*"}]}"#;

/// Why a thing is not put into quarantine.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("thing `{0}` does not exist")]
    NoThing(String),
    #[error("the system gives no random numbers")]
    NoRandomness,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Puts a thing into quarantine and says what that changed. The group, with its policy, is made when there is none; that
/// stays when the thing is released.
pub(super) fn put_in(store: &Writer<'_>, rule: &Rule, name: &str) -> Result<Vec<Change>, Failure> {
    if !store.exists::<Thing>(name)? {
        return Err(Failure::NoThing(name.to_owned()));
    }
    let group = rule.group.as_deref().map(|group| prepare(store, group)).transpose()?;
    let ((), changes) = store.journaled(|store| {
        if let Some(group) = group {
            shift(store, name, &group)?;
        }
        if rule.deactivate { deactivate(store, name) } else { Ok(()) }
    })?;
    Ok(changes)
}

/// Whether a thing is where [`put_in`] would put it; what is no thing any more is nowhere else.
pub(super) fn is_in(store: &Reader<'_>, rule: &Rule, name: &str) -> Result<bool, StoreError> {
    if !store.exists::<Thing>(name)? {
        return Ok(true);
    }
    if let Some(group) = &rule.group {
        let is_member = store.exists::<ThingGroupMember>(&ThingGroupMember::id_of(group, name))?;
        if !is_member || policies(store, group)? == 0 {
            return Ok(false);
        }
    }
    Ok(!rule.deactivate || active(store, name)?.is_empty())
}

/// The journal of a quarantine that was put in force again: of a record, the last change counts, for what somebody made of
/// it in between is theirs. A group that the thing had to leave for this one is forgotten when it had to leave another one of
/// that hierarchy, since it is in one at most.
pub(super) fn merge(mut journal: Vec<Change>, again: Vec<Change>) -> Vec<Change> {
    let is_left = |change: &Change| change.kind == ThingGroupMember::KIND.table && change.after.is_none();
    let has_left = again.iter().any(is_left);
    journal.retain(|old| {
        let is_replaced = again.iter().any(|new| (&new.kind, &new.id) == (&old.kind, &old.id));
        !(is_replaced || (has_left && is_left(old)))
    });
    journal.extend(again);
    journal
}

/// How many policies a group has.
fn policies(store: &Reader<'_>, group: &str) -> Result<u64, StoreError> {
    let target = iot_arn(store.scope(), &format!("thinggroup/{group}"));
    store.count::<PolicyAttachment>(&[Filter::eq("target", target)])
}

/// The group, which denies everything.
fn prepare(store: &Writer<'_>, name: &str) -> Result<ThingGroup, Failure> {
    let group = match store.get::<ThingGroup>(name)? {
        Some(group) => group,
        None => {
            let group = ThingGroup {
                name: name.to_owned(),
                group_id: uuid()?,
                ancestors: "/".to_owned(),
                description: Some("things in quarantine".to_owned()),
                attributes: std::collections::BTreeMap::new(),
                version: 1,
                created_ms: store.actor().at_ms,
            };
            store.insert(&group)?;
            group
        }
    };
    // A group with policies is somebody's own idea of a quarantine; the proof tells whether it is one.
    if policies(store, name)? == 0 {
        make_policy(store)?;
        let target = iot_arn(store.scope(), &format!("thinggroup/{name}"));
        store.insert(&PolicyAttachment { policy: POLICY.to_owned(), target })?;
    }
    Ok(group)
}

fn make_policy(store: &Writer<'_>) -> Result<(), Failure> {
    if store.exists::<Policy>(POLICY)? {
        return Ok(());
    }
    let created_ms = store.actor().at_ms;
    let document = DENY_ALL.to_owned();
    let version =
        PolicyVersion { policy: POLICY.to_owned(), version: 1, document, created_ms, comparison: None };
    store.insert(&version)?;
    policy_verdicts::put(store, &version, PolicyFlaws::of_text(DENY_ALL, &place_of(store)?))?;
    policy_verdicts::put_in_force(store, POLICY, version.version)?;
    store.insert(&Policy {
        name: POLICY.to_owned(),
        default_version: 1,
        last_version: 1,
        generation_id: uuid()?,
        created_ms,
        modified_ms: created_ms,
    })?;
    Ok(())
}

/// Into the group, and out of another one of the same hierarchy, since a thing is in one at most. The number of groups that
/// a thing may be in is a quota for its owner and does not keep it out of quarantine.
fn shift(store: &Writer<'_>, thing: &str, group: &ThingGroup) -> Result<(), Failure> {
    let path = group.path();
    let root = |path: &str| path.split('/').find(|name| !name.is_empty()).map(str::to_owned);
    for member in store.all::<ThingGroupMember>(&[Filter::eq("thing", thing)])? {
        if member.group == group.name {
            return Ok(());
        }
        if root(&member.path) == root(&path) {
            store.delete::<ThingGroupMember>(&ThingGroupMember::id_of(&member.group, thing))?;
        }
    }
    store.insert(&ThingGroupMember { group: group.name.clone(), thing: thing.to_owned(), path })?;
    Ok(())
}

fn deactivate(store: &Writer<'_>, thing: &str) -> Result<(), Failure> {
    for certificate in active(store, thing)? {
        store.update(&Certificate {
            status: "INACTIVE".to_owned(),
            customer_version: certificate.customer_version + 1,
            generation_id: uuid()?,
            modified_ms: store.actor().at_ms,
            ..certificate
        })?;
    }
    Ok(())
}

/// Every certificate of the thing that could connect. One on its way to another account is not the owner's to change.
fn active(store: &Reader<'_>, thing: &str) -> Result<Vec<Certificate>, StoreError> {
    let mut found = vec![];
    for attached in store.all::<ThingPrincipal>(&[Filter::eq("thing", thing)])? {
        let Some(id) = arn_name(store.scope(), "cert", &attached.principal) else { continue };
        found.extend(store.get::<Certificate>(id)?.filter(|certificate| certificate.status == "ACTIVE"));
    }
    Ok(found)
}

fn uuid() -> Result<String, Failure> {
    random::uuid().ok_or(Failure::NoRandomness)
}
