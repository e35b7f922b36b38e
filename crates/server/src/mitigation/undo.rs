//! Undoing: what an execution changed becomes again what it was, to the byte, as its journal has it.
//!
//! A record is restored only when it still is what the execution left. One that somebody changed since is theirs: then
//! nothing of that execution is undone, and the difference is said. Executions are undone in the opposite order, so that two
//! that changed the same policy come apart again.

use serde::Serialize;
use serde_json::Value as Json;
use thingwarden_store::records::{
    CaCertificate, Certificate, LoggingLevel, LoggingOptions, LoggingOptionsV2, MitigationExecution, Policy,
    PolicyVerdict, PolicyVersion, ThingGroupMember,
};
use thingwarden_store::{Change, Cursor, Filter, Order, Page, Query, Reader, Record, StoreError, Writer};

/// A kind of record that can be restored.
struct Restorable {
    kind: &'static str,
    current: fn(&Reader<'_>, &str) -> Result<Option<Json>, StoreError>,
    restore: fn(&Writer<'_>, &str, Option<&Json>) -> Result<(), StoreError>,
}

/// Everything that actions change.
const RESTORABLE: &[Restorable] = &[
    of::<CaCertificate>(),
    of::<Certificate>(),
    of::<LoggingLevel>(),
    of::<LoggingOptions>(),
    of::<LoggingOptionsV2>(),
    of::<Policy>(),
    of::<PolicyVerdict>(),
    of::<PolicyVersion>(),
    of::<ThingGroupMember>(),
];

const fn of<T: Record>() -> Restorable {
    Restorable {
        kind: T::KIND.table,
        current: |store, id| store.get::<T>(id)?.map(|record| json(&record)).transpose(),
        restore: |store, id, before| match before {
            Some(before) => store.put::<T>(&serde_json::from_value(before.clone()).map_err(damaged::<T>)?),
            None => store.delete::<T>(id).map(drop),
        },
    }
}

fn json<T: Record>(record: &T) -> Result<Json, StoreError> {
    serde_json::to_value(record).map_err(damaged::<T>)
}

fn damaged<T: Record>(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt {
        what: format!("a record of {} in a journal", T::KIND.table),
        why: error.to_string(),
    }
}

/// What became of one execution.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Undone {
    pub(crate) finding_id: String,
    pub(crate) action_name: String,
    pub(crate) outcome: Outcome,
    /// The records that were restored, or would have been.
    pub(crate) records: Vec<RecordName>,
    /// What is in the way of [`Outcome::MovedOn`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) differences: Vec<Difference>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Outcome {
    /// Everything is as it was before.
    Undone,
    /// It was undone earlier.
    AlreadyUndone,
    /// It had changed nothing.
    NothingChanged,
    /// Somebody has changed a record since: nothing was undone.
    MovedOn,
}

/// A record, as the audit trail names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct RecordName {
    pub(crate) kind: String,
    pub(crate) id: String,
}

/// Where a record is not what the execution left.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Difference {
    pub(crate) kind: String,
    pub(crate) id: String,
    /// The member that differs; none when the record as a whole is there or not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<String>,
    /// What the execution left; null for nothing.
    pub(crate) expected: Json,
    /// What is there now; null for nothing.
    pub(crate) found: Json,
}

/// Which executions of a task.
#[derive(Clone, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) task: &'a str,
    /// Only of this finding.
    pub(crate) finding: Option<&'a str>,
    /// After this place, the last execution first.
    pub(crate) after: Option<Cursor>,
    /// At most so many.
    pub(crate) limit: usize,
}

/// Undoes some executions of a task.
///
/// # Errors
/// When the store fails.
pub(crate) fn undo(store: &Writer<'_>, wanted: &Wanted<'_>, now_ms: i64) -> Result<Page<Undone>, StoreError> {
    let mut filters = vec![Filter::eq("task", wanted.task)];
    filters.extend(wanted.finding.map(|finding| Filter::eq("finding", finding)));
    let query = Query {
        order: Order::Inserted,
        descending: true,
        after: wanted.after.clone(),
        limit: wanted.limit,
        ..Query::all(&filters)
    };
    let page = store.list::<MitigationExecution>(&query)?;
    let items: Result<Vec<Undone>, StoreError> =
        page.items.into_iter().map(|execution| undo_one(store, execution, now_ms)).collect();
    Ok(Page { items: items?, next: page.next })
}

fn undo_one(store: &Writer<'_>, execution: MitigationExecution, now_ms: i64) -> Result<Undone, StoreError> {
    let changes = &execution.changes;
    let mut undone = Undone {
        finding_id: execution.finding.clone(),
        action_name: execution.action.clone(),
        outcome: Outcome::NothingChanged,
        records: named(changes),
        differences: vec![],
    };
    if changes.is_empty() {
        return Ok(undone);
    }
    if execution.undone_ms.is_some() {
        return Ok(Undone { outcome: Outcome::AlreadyUndone, ..undone });
    }
    undone.differences = put_back(store, changes)?;
    if !undone.differences.is_empty() {
        return Ok(Undone { outcome: Outcome::MovedOn, ..undone });
    }
    store.update(&MitigationExecution { undone_ms: Some(now_ms), ..execution })?;
    Ok(Undone { outcome: Outcome::Undone, ..undone })
}

/// The records that some work changed.
pub(crate) fn named(changes: &[Change]) -> Vec<RecordName> {
    let name = |change: &Change| RecordName { kind: change.kind.clone(), id: change.id.clone() };
    changes.iter().map(name).collect()
}

/// Restores what some work changed, or nothing when a record is not what that work left: then what is in the way is said.
///
/// # Errors
/// When the store fails, or a kind of record cannot be restored.
pub(crate) fn put_back(store: &Writer<'_>, changes: &[Change]) -> Result<Vec<Difference>, StoreError> {
    let mut found = vec![];
    let mut open = vec![];
    for change in changes {
        let kind = restorable(&change.kind)?;
        let current = (kind.current)(store, &change.id)?;
        // Somebody may have put it back by hand.
        if current != change.before {
            found.extend(differences(change, current.as_ref()));
            open.push((kind, change));
        }
    }
    if found.is_empty() {
        for (kind, change) in open.into_iter().rev() {
            (kind.restore)(store, &change.id, change.before.as_ref())?;
        }
    }
    Ok(found)
}

/// What is in the way, for people.
pub(crate) fn in_words(differences: &[Difference]) -> String {
    let one = |difference: &Difference| {
        let Difference { kind, id, member, .. } = difference;
        // Parts of a composite id are kept apart by a character that nobody types.
        let id = id.replace('\u{1f}', "/");
        match member {
            Some(member) => format!("`{member}` of {kind} `{id}` was changed since"),
            None => format!("{kind} `{id}` was made or removed since"),
        }
    };
    differences.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn restorable(kind: &str) -> Result<&'static Restorable, StoreError> {
    let found = RESTORABLE.iter().find(|known| known.kind == kind);
    found.ok_or_else(|| StoreError::Corrupt {
        what: "a journal".to_owned(),
        why: format!("records of {kind} cannot be restored"),
    })
}

/// Where `current` is not what the change left; nothing when it is.
fn differences(change: &Change, current: Option<&Json>) -> Vec<Difference> {
    let difference = |member: Option<&str>, expected: Option<&Json>, found: Option<&Json>| Difference {
        kind: change.kind.clone(),
        id: change.id.clone(),
        member: member.map(str::to_owned),
        expected: expected.cloned().unwrap_or_default(),
        found: found.cloned().unwrap_or_default(),
    };
    match (&change.after, current) {
        (Some(Json::Object(expected)), Some(Json::Object(found))) => {
            let only_found = found.keys().filter(|name| !expected.contains_key(*name));
            let names = expected.keys().chain(only_found);
            let differing = names.filter(|name| expected.get(*name) != found.get(*name));
            differing.map(|name| difference(Some(name), expected.get(name), found.get(name))).collect()
        }
        (expected, found) if expected.as_ref() == found => vec![],
        (expected, found) => vec![difference(None, expected.as_ref(), found)],
    }
}

#[cfg(test)]
pub(super) mod tests;
