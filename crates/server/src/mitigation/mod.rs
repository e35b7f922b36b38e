//! Mitigation of audit findings: actions that change things with the rights of a role, and say what they changed.
//!
//! `api/audit_mitigation_tasks.rs` writes a task down, `tasks` makes executions of its findings, `runner` has them carried out
//! one by one ([`execution`]), `verify` lets the checks look at the resources again. Each step is a transaction that also says
//! how far the task is.

pub(crate) mod actions;
mod execution;
pub(crate) mod failure;
pub(crate) mod kinds;
pub(crate) mod plan;
pub(crate) mod role;
mod runner;
pub(crate) mod tasks;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod time_box;
pub(crate) mod undo;
mod verify;

pub(crate) use execution::is_suppressed;
#[cfg(test)]
pub(crate) use runner::Runner;
pub(crate) use runner::start;

use thingwarden_store::Actor;

/// What the trail calls the server's own work on tasks. What actions do is in the name of their roles.
const PRINCIPAL: &str = "thingwarden:mitigation";

fn actor(operation: &str, task: &str, at_ms: i64) -> Actor {
    Actor {
        principal: PRINCIPAL.to_owned(),
        operation: format!("mitigation:{operation}"),
        request_id: task.to_owned(),
        source_ip: None,
        at_ms,
    }
}
