//! A quarantine stays one: a thing that gets another certificate, or leaves the group, is put back.
//!
//! The audit trail says which things were touched since it was last read, so it costs nothing for all others.

use std::collections::BTreeSet;

use thingwarden_store::records::{
    Certificate, PolicyAttachment, Quarantine, QuarantineState, ThingGroup, ThingGroupMember, ThingPrincipal,
};
use thingwarden_store::{Filter, Reader, Record, Scope, StoreError, Touched, link_parts};

use super::{Rule, moving};
use crate::api::{App, iot_arn};

/// Entries of the trail that are read at a time.
const ENTRIES_MAX: usize = 1000;

/// Up to where the trail was read.
#[derive(Debug, Default)]
pub(super) struct Place(Option<i64>);

/// A thing in quarantine that is out of it.
#[derive(Debug)]
pub(super) struct Escaped {
    pub(super) scope: Scope,
    pub(super) quarantine: Quarantine,
}

/// Which things have come out of their quarantine since the last call; at the first one, of all.
///
/// # Errors
/// When the store fails; then the place is as before.
pub(super) fn escaped(app: &App, place: &mut Place) -> Result<Vec<Escaped>, StoreError> {
    let nowhere = Scope::new("", "");
    let Some(mut seq) = place.0 else {
        let newest = app.store.read(&nowhere, |store| store.newest_touched())?;
        let mut found = vec![];
        for scope in app.store.read(&nowhere, |store| store.scopes())? {
            found.extend(of_scope(app, &scope, all)?);
        }
        place.0 = Some(newest);
        return Ok(found);
    };
    let mut found = vec![];
    loop {
        let touched = app.store.read(&nowhere, |store| store.touched_after(seq, ENTRIES_MAX))?;
        let Some(last) = touched.last() else { break };
        seq = last.seq;
        let scopes: BTreeSet<(&str, &str)> =
            touched.iter().map(|one| (&*one.scope.account, &*one.scope.region)).collect();
        for (account, region) in scopes {
            let scope = Scope::new(account, region);
            let here = touched.iter().filter(|one| one.scope == scope);
            found.extend(of_scope(app, &scope, |store| things(store, &app.quarantine, here))?);
        }
    }
    place.0 = Some(seq);
    Ok(found)
}

fn of_scope(
    app: &App,
    scope: &Scope,
    things: impl FnOnce(&Reader<'_>) -> Result<BTreeSet<String>, StoreError>,
) -> Result<Vec<Escaped>, StoreError> {
    app.store.read(scope, |store| {
        let mut found = vec![];
        for thing in things(store)? {
            let Some(quarantine) = store.get::<Quarantine>(&thing)? else { continue };
            let is_in_force = quarantine.state == QuarantineState::InForce;
            if is_in_force && !moving::is_in(store, &app.quarantine, &thing)? {
                found.push(Escaped { scope: scope.clone(), quarantine });
            }
        }
        Ok(found)
    })
}

fn all(store: &Reader<'_>) -> Result<BTreeSet<String>, StoreError> {
    let filters = [Filter::eq("state", QuarantineState::InForce.as_str())];
    Ok(store.all::<Quarantine>(&filters)?.into_iter().map(|one| one.thing).collect())
}

/// The things that touched records are about.
fn things<'t>(
    store: &Reader<'_>,
    rule: &Rule,
    touched: impl Iterator<Item = &'t Touched>,
) -> Result<BTreeSet<String>, StoreError> {
    let group_arn = rule.group.as_ref().map(|group| iot_arn(store.scope(), &format!("thinggroup/{group}")));
    let mut found = BTreeSet::new();
    for one in touched {
        let kind = one.kind.as_str();
        let mut parts = link_parts(&one.id).into_iter();
        if kind == ThingPrincipal::KIND.table {
            found.extend(parts.next());
        } else if kind == ThingGroupMember::KIND.table {
            found.extend(parts.nth(1));
        } else if kind == Certificate::KIND.table {
            let principal = iot_arn(store.scope(), &format!("cert/{}", one.id));
            let attached = store.all::<ThingPrincipal>(&[Filter::eq("principal", principal)])?;
            found.extend(attached.into_iter().map(|one| one.thing));
        } else if (kind == PolicyAttachment::KIND.table && parts.nth(1) == group_arn)
            || (kind == ThingGroup::KIND.table && rule.group.as_ref() == Some(&one.id))
        {
            found.extend(all(store)?);
        }
    }
    Ok(found)
}
