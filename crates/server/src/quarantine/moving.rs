//! Into quarantine, and out of it: each in the caller's transaction.

use thingwarden_store::records::{
    Certificate, Policy, PolicyAttachment, PolicyFlaws, PolicyVersion, Thing, ThingGroup, ThingGroupMember,
    ThingPrincipal,
};
use thingwarden_store::{Change, Filter, StoreError, Writer};

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
    let target = iot_arn(store.scope(), &format!("thinggroup/{name}"));
    // A group with policies is somebody's own idea of a quarantine; the proof tells whether it is one.
    if store.count::<PolicyAttachment>(&[Filter::eq("target", target.as_str())])? == 0 {
        make_policy(store)?;
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
    let version = PolicyVersion { policy: POLICY.to_owned(), version: 1, document, created_ms };
    store.insert(&version)?;
    policy_verdicts::put(store, &version, PolicyFlaws::of_text(DENY_ALL))?;
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

/// Every certificate of the thing that could connect. One on its way to another account is not the owner's to change.
fn deactivate(store: &Writer<'_>, thing: &str) -> Result<(), Failure> {
    for attached in store.all::<ThingPrincipal>(&[Filter::eq("thing", thing)])? {
        let Some(id) = arn_name(store.scope(), "cert", &attached.principal) else { continue };
        let Some(certificate) = store.get::<Certificate>(id)? else { continue };
        if certificate.status == "ACTIVE" {
            store.update(&Certificate {
                status: "INACTIVE".to_owned(),
                customer_version: certificate.customer_version + 1,
                generation_id: uuid()?,
                modified_ms: store.actor().at_ms,
                ..certificate
            })?;
        }
    }
    Ok(())
}

fn uuid() -> Result<String, Failure> {
    random::uuid().ok_or(Failure::NoRandomness)
}
