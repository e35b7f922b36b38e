//! New audit tasks.

use std::collections::BTreeMap;

use thingwarden_engine::ids::encode_hex;
use thingwarden_store::records::{AuditCheckRun, AuditTask};
use thingwarden_store::{StoreError, Writer};
use thingwarden_wire::types::{AuditTaskStatus, AuditTaskType};

/// What began a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BegunBy {
    /// Somebody asked for it.
    Request,
    /// The schedule with this name.
    Schedule(String),
    /// Connections that became suspicious.
    Connections,
}

/// A task that is to look at the fleet with these checks and thresholds; none when the system gives no random numbers.
pub(crate) fn new_task(
    begun_by: BegunBy,
    checks: BTreeMap<String, BTreeMap<String, String>>,
    now_ms: i64,
) -> Option<AuditTask> {
    let is_live = begun_by == BegunBy::Connections;
    let (task_type, schedule) = match begun_by {
        BegunBy::Request | BegunBy::Connections => (AuditTaskType::OnDemandAuditTask, None),
        BegunBy::Schedule(name) => (AuditTaskType::ScheduledAuditTask, Some(name)),
    };
    Some(AuditTask {
        id: encode_hex(&crate::random::bytes::<16>()?),
        status: AuditTaskStatus::InProgress.as_str().to_owned(),
        task_type: task_type.as_str().to_owned(),
        schedule,
        started_ms: now_ms,
        ended_ms: None,
        checks,
        is_live,
    })
}

/// Writes down a new task with its checks, none of which has begun.
///
/// # Errors
/// When the store fails.
pub(crate) fn add_task(store: &Writer<'_>, task: &AuditTask) -> Result<(), StoreError> {
    store.insert(task)?;
    for check in task.checks.keys() {
        store.insert(&AuditCheckRun::waiting(&task.id, check))?;
    }
    Ok(())
}
