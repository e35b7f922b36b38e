//! What a task would do, before it does it: the very actions are carried out, in a transaction that is never kept.
//!
//! So a plan has what the role may not do, what the store refuses, and what an action leaves for the one after it. Who
//! would lose what is asked of the policy engine, with the policies in force before and after.

mod short;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use thingwarden_engine::policy::PolicySet;
use thingwarden_engine::prove::{self, Answer, Diff};
use thingwarden_store::records::{
    PolicyAttachment, PolicyVersion, TaskAction, ThingGroup, ThingGroupMember, ThingPrincipal, place_of,
};
use thingwarden_store::{Actor, Change, Filter, Query, Reader, Record, Scope, StoreError, Writer};

use super::actions::{self, Done, Work};
use super::execution::is_suppressed;
use super::failure::Failure;
use crate::api::{ApiError, App, arn_name, iot_arn};
use crate::audits::findings::RunFinding;
use crate::device_access::DeviceAccess;

/// Principals whose access is compared: each comparison is a search.
const COMPARED_MAX: usize = 10;
/// Principals and things that are looked for at all.
const USERS_MAX: usize = 1000;
/// Names that are shown of many.
const SHOWN_MAX: usize = 10;

/// What would be done about a finding.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlannedFinding {
    finding_id: String,
    check_name: String,
    resource: Json,
    /// Then nothing would be done.
    is_suppressed: bool,
    actions: Vec<PlannedAction>,
    used_by: UsedBy,
    /// Whose access would change, of the first principals that it might change for.
    access: Vec<AccessChange>,
    /// There are more principals than were compared.
    more_access: bool,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedAction {
    action_name: String,
    outcome: PlannedOutcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    changes: Vec<PlannedChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum PlannedOutcome {
    /// It would change what is in `changes`.
    Changes,
    /// It would succeed and change nothing.
    NothingChanged,
    /// It would fail.
    Fails,
    /// It would not be tried.
    Skipped,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct PlannedChange {
    kind: String,
    id: String,
    /// Null when it would be new.
    before: Json,
    /// Null when it would be gone.
    after: Json,
    /// Of a policy that would have another version in force: how the documents differ, line by line.
    #[serde(skip_serializing_if = "Option::is_none")]
    document_diff: Option<String>,
}

/// Who uses what would change.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct UsedBy {
    principals: usize,
    things: usize,
    /// Some of the things.
    thing_names: Vec<String>,
    group_names: Vec<String>,
    /// There are more principals or things than were counted.
    more: bool,
}

/// What a principal could do before and not after, or the other way round: one request for each action.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccessChange {
    principal: String,
    thing_names: Vec<String>,
    loses: Vec<Request>,
    gains: Vec<Request>,
    /// What could not be compared.
    unknown: Vec<String>,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    action: &'static str,
    resource: String,
}

/// Why the transaction of a rehearsal is not kept.
enum Rehearsed {
    /// It never is: this is what it was for.
    Done(Box<Rehearsal>),
    Failed(ApiError),
}

struct Rehearsal {
    attempts: Vec<Result<Done, (String, String)>>,
    /// The access of the principals that are affected, as it would be.
    access: Vec<DeviceAccess>,
    affected: Affected,
}

impl From<StoreError> for Rehearsed {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<ApiError> for Rehearsed {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

/// Plans the actions on one finding.
///
/// # Errors
/// When the store fails.
pub(crate) async fn plan(
    app: Arc<App>,
    scope: Scope,
    finding: RunFinding,
    actions: Vec<TaskAction>,
    now_ms: i64,
) -> Result<PlannedFinding, ApiError> {
    let store = app.store.clone();
    let suppressed = store.read(&scope, |store| is_suppressed(store, &finding, now_ms))?;
    let mut planned = PlannedFinding {
        finding_id: finding.id.clone(),
        check_name: finding.check.clone(),
        resource: finding.resource.identifier.clone(),
        is_suppressed: suppressed,
        actions: vec![],
        used_by: UsedBy::default(),
        access: vec![],
        more_access: false,
    };
    let rehearsal = if suppressed {
        None
    } else {
        let (app, in_scope, wanted) = (Arc::clone(&app), scope.clone(), actions.clone());
        let actor = Actor {
            principal: "thingwarden:mitigation".to_owned(),
            operation: "mitigation:Plan".to_owned(),
            request_id: String::new(),
            source_ip: None,
            at_ms: now_ms,
        };
        let work = move |store: &Writer<'_>| -> Result<(), Rehearsed> {
            Err(Rehearsed::Done(Box::new(rehearse(&app, &in_scope, store, &finding, &wanted, now_ms)?)))
        };
        match store.write(&scope, actor, work).await {
            Ok(()) => None,
            Err(Rehearsed::Done(rehearsal)) => Some(*rehearsal),
            Err(Rehearsed::Failed(error)) => return Err(error),
        }
    };
    let (attempts, rehearsed) = match rehearsal {
        Some(Rehearsal { attempts, access, affected }) => (attempts, Some((access, affected))),
        None => (vec![], None),
    };
    planned.actions = store.read(&scope, |store| planned_actions(store, &actions, attempts))?;
    let Some((after, affected)) = rehearsed else { return Ok(planned) };
    planned.more_access = affected.principals.len() > after.len() || affected.used_by.more;
    planned.used_by = affected.used_by;
    // The search takes its time, and is nobody else's business.
    let compared = tokio::task::spawn_blocking(move || {
        store.read(&scope, |store| {
            let mut found = vec![];
            for after in &after {
                let before = DeviceAccess::of(store, &after.principal)?;
                found.extend(compare(&before, after, &place_of(store)?));
            }
            Ok::<_, ApiError>(found)
        })
    });
    planned.access = compared.await.map_err(ApiError::failed)??;
    Ok(planned)
}

fn rehearse(
    app: &Arc<App>,
    scope: &Scope,
    store: &Writer<'_>,
    finding: &RunFinding,
    actions: &[TaskAction],
    now_ms: i64,
) -> Result<Rehearsal, ApiError> {
    let (mut attempts, mut changes) = (vec![], vec![]);
    for action in actions {
        let work = Work { app, scope, action, finding, now_ms };
        match actions::carry_out(&work, store) {
            Ok(done) => {
                changes.extend(done.changes.clone());
                attempts.push(Ok(done));
            }
            Err(Failure::Store(error)) => return Err(error.into()),
            // What it did up to there stays in this transaction, so nothing after it can be told from it.
            Err(Failure::Refused { code, message }) => {
                attempts.push(Err((code, message)));
                break;
            }
        }
    }
    let affected = Affected::by(store, &changes)?;
    let compared = affected.principals.iter().take(COMPARED_MAX);
    let access: Result<Vec<DeviceAccess>, ApiError> =
        compared.map(|principal| DeviceAccess::of(store, principal)).collect();
    Ok(Rehearsal { attempts, access: access?, affected })
}

/// One for each action, also for those that would not be tried.
fn planned_actions(
    store: &Reader<'_>,
    actions: &[TaskAction],
    attempts: Vec<Result<Done, (String, String)>>,
) -> Result<Vec<PlannedAction>, ApiError> {
    let mut attempts = attempts.into_iter();
    let mut planned = vec![];
    for action in actions {
        let mut one = PlannedAction {
            action_name: action.name.clone(),
            outcome: PlannedOutcome::Skipped,
            error_code: None,
            message: None,
            changes: vec![],
        };
        match attempts.next() {
            None => {}
            Some(Err((code, message))) => {
                one.outcome = PlannedOutcome::Fails;
                (one.error_code, one.message) = (Some(code), Some(message));
            }
            Some(Ok(Done { note, changes })) => {
                let is_idle = changes.is_empty();
                one.outcome = if is_idle { PlannedOutcome::NothingChanged } else { PlannedOutcome::Changes };
                one.message = note;
                let all = changes.clone();
                let told: Result<Vec<PlannedChange>, ApiError> =
                    changes.into_iter().map(|change| planned_change(store, change, &all)).collect();
                one.changes = told?;
            }
        }
        planned.push(one);
    }
    Ok(planned)
}

/// `all` are the changes of the same action: the version that a policy would have in force is among them.
fn planned_change(store: &Reader<'_>, change: Change, all: &[Change]) -> Result<PlannedChange, ApiError> {
    let mut document_diff = None;
    if change.kind == "policy" {
        let version = |policy: &Option<Json>| policy.as_ref()?.get("default_version")?.as_i64();
        if let (Some(old), Some(new)) = (version(&change.before), version(&change.after))
            && old != new
        {
            let old = store.get::<PolicyVersion>(&PolicyVersion::id_of(&change.id, old))?;
            let new_id = PolicyVersion::id_of(&change.id, new);
            let made = all.iter().find(|one| one.kind == "policy_version" && one.id == new_id);
            let made = made.and_then(|one| one.after.as_ref()?.get("document")?.as_str().map(str::to_owned));
            let new = match made {
                Some(document) => Some(document),
                None => store.get::<PolicyVersion>(&new_id)?.map(|version| version.document),
            };
            let old = old.map(|version| version.document).unwrap_or_default();
            document_diff = Some(line_diff(&pretty(&old), &pretty(&new.unwrap_or_default())));
        }
    }
    Ok(PlannedChange {
        kind: change.kind,
        id: change.id,
        before: change.before.unwrap_or_default(),
        after: change.after.unwrap_or_default(),
        document_diff,
    })
}

/// A document with a line for each member; as it is when it is no JSON.
fn pretty(document: &str) -> String {
    let parsed = serde_json::from_str::<Json>(document);
    parsed.and_then(|parsed| serde_json::to_string_pretty(&parsed)).unwrap_or_else(|_| document.to_owned())
}

/// All lines of both texts in order, each after ` `, `-` or `+`.
fn line_diff(old: &str, new: &str) -> String {
    let diff = similar::TextDiff::from_lines(old, new);
    let line = |change: similar::Change<&str>| format!("{}{}", change.tag(), change.value().trim_end());
    diff.iter_all_changes().map(line).collect::<Vec<_>>().join("\n")
}

/// Whose access changes might touch.
#[derive(Debug, Default)]
struct Affected {
    principals: BTreeSet<String>,
    things: BTreeSet<String>,
    used_by: UsedBy,
}

impl Affected {
    fn by(store: &Reader<'_>, changes: &[Change]) -> Result<Self, StoreError> {
        let mut found = Self::default();
        for change in changes {
            match change.kind.as_str() {
                "policy" => found.add_policy(store, &change.id)?,
                "certificate" => {
                    found.principals.insert(iot_arn(store.scope(), &format!("cert/{}", change.id)));
                }
                "thing_group_member" => {
                    let member = change.after.as_ref().or(change.before.as_ref());
                    let thing = member.and_then(|member| member.get("thing")?.as_str());
                    found.things.extend(thing.map(str::to_owned));
                }
                _ => {}
            }
        }
        found.follow(store)?;
        let UsedBy { group_names, more, .. } = std::mem::take(&mut found.used_by);
        found.used_by = UsedBy {
            principals: found.principals.len(),
            things: found.things.len(),
            thing_names: found.things.iter().take(SHOWN_MAX).cloned().collect(),
            group_names,
            more,
        };
        Ok(found)
    }

    /// The principals that a policy is attached to, and the things in the groups that it is attached to or in those below.
    fn add_policy(&mut self, store: &Reader<'_>, policy: &str) -> Result<(), StoreError> {
        for attached in self.some::<PolicyAttachment>(store, &[Filter::eq("policy", policy)])? {
            let Some(group) = arn_name(store.scope(), "thinggroup", &attached.target) else {
                self.principals.insert(attached.target);
                continue;
            };
            self.used_by.group_names.push(group.to_owned());
            if let Some(group) = store.get::<ThingGroup>(group)? {
                let members = [Filter::Prefix("path", &group.path())];
                let members = self.some::<ThingGroupMember>(store, &members)?;
                self.things.extend(members.into_iter().map(|member| member.thing));
            }
        }
        Ok(())
    }

    /// From things to principals, and from principals to things.
    fn follow(&mut self, store: &Reader<'_>) -> Result<(), StoreError> {
        for thing in self.things.clone() {
            let attached = self.some::<ThingPrincipal>(store, &[Filter::eq("thing", thing)])?;
            self.principals.extend(attached.into_iter().map(|one| one.principal));
        }
        for principal in self.principals.clone() {
            let attached = self.some::<ThingPrincipal>(store, &[Filter::eq("principal", principal)])?;
            self.things.extend(attached.into_iter().map(|one| one.thing));
        }
        Ok(())
    }

    fn some<T: Record>(&mut self, store: &Reader<'_>, filters: &[Filter<'_>]) -> Result<Vec<T>, StoreError> {
        let room = USERS_MAX.saturating_sub(self.principals.len().max(self.things.len()));
        let page = store.list::<T>(&Query { limit: room, ..Query::all(filters) })?;
        self.used_by.more |= page.next.is_some();
        Ok(page.items)
    }
}

/// What a principal would lose and gain; none when that is nothing.
fn compare(before: &DeviceAccess, after: &DeviceAccess, scope: &prove::Scope) -> Option<AccessChange> {
    let nothing = Arc::new(PolicySet::compile([]));
    let mut change = AccessChange {
        principal: before.principal.clone(),
        thing_names: before.things.iter().take(SHOWN_MAX).cloned().collect(),
        loses: vec![],
        gains: vec![],
        unknown: vec![],
    };
    let mut note = |diff: Diff| {
        for (differences, told) in [(diff.removed, &mut change.loses), (diff.added, &mut change.gains)] {
            for difference in differences {
                match difference.answer {
                    Answer::Proof => {}
                    Answer::OutOfBounds(reasons) => change.unknown.extend(reasons),
                    Answer::Witness(witness) => {
                        told.push(Request { action: witness.action, resource: witness.resource });
                    }
                }
            }
        }
    };
    // A certificate that lets nobody in has no ways: all that the other has is lost or gained.
    let ways = before.ways.len().max(after.ways.len());
    for way in 0..ways {
        let (old, new) = (before.ways.get(way), after.ways.get(way));
        let Some((device, _)) = old.or(new) else { continue };
        let set = |way: Option<&(_, Arc<PolicySet>)>| Arc::clone(way.map_or(&nothing, |(_, set)| set));
        note(prove::diff(&set(old), &set(new), std::slice::from_ref(device), scope));
    }
    for list in [&mut change.loses, &mut change.gains] {
        list.sort();
        list.dedup();
    }
    let is_nothing = change.loses.is_empty() && change.gains.is_empty() && change.unknown.is_empty();
    (!is_nothing).then_some(change)
}
