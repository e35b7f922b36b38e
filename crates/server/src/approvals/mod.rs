//! What is done about new findings at the end of an audit: by itself, or after somebody was asked.
//!
//! The end of an audit leaves a draft for each check and rule, in its own transaction, and waits for nothing. [`worker`] looks for the
//! findings that are new ([`draft`]), tries out what would be done about the first of them, and makes an approval of it. Those who are
//! asked hear of it from [`poster`], and answer by a signed callback ([`callback`]) or an operation; either way is [`decide`]. What is
//! approved becomes a mitigation task of the same id, in one transaction, so it is started once, whatever happens to the process.

mod approver;
mod callback;
mod decide;
mod draft;
mod message;
mod overview;
mod poster;
#[cfg(test)]
mod tests;
mod worker;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::sync::Arc;

use ring::digest::{SHA256, digest};
use thingwarden_engine::audit::Check;
use thingwarden_engine::audit::checks::find;
use thingwarden_engine::ids::encode_hex;
use thingwarden_store::records::{
    Approval, ApprovalDecision, ApprovalDraft, ApprovalMessage, ApprovalMode, ApprovalState, AuditCheckRun,
    AuditTask,
};
use thingwarden_store::{Scope, StoreError, Writer, link_id};

pub(crate) use self::approver::Approver;
pub(crate) use self::callback::public;
#[cfg(fuzzing)]
pub(crate) use self::callback::read_any;
pub(crate) use self::decide::{Verdict, decide};
pub(crate) use self::message::told;
pub(crate) use self::overview::queues;
use crate::api::{App, audit_mitigation_tasks as tasks_api};
use crate::config::approvals::ApprovalRule;
use crate::config::audit::Config;
use crate::egress::Client;
use crate::workers::Workers;

/// What the trail calls the server's own work on approvals.
const PRINCIPAL: &str = "thingwarden:approvals";

/// Rules and approvers as they are configured; without rules, nothing is done.
#[derive(Debug, Default)]
pub(crate) struct Approvals {
    rules: Vec<ApprovalRule>,
    approvers: Vec<Arc<Approver>>,
}

impl Approvals {
    /// From the configuration.
    ///
    /// # Errors
    /// When a secret cannot be read. The text never has the secret in it.
    pub(crate) fn open(
        file: &Config,
        environment: &[(OsString, OsString)],
        egress: &Client,
    ) -> anyhow::Result<Self> {
        let approvers = file.approvers.iter().map(|one| Approver::open(one, environment, egress));
        Ok(Self { rules: file.approvals.clone(), approvers: approvers.collect::<anyhow::Result<_>>()? })
    }
}

/// Begins all work on approvals.
///
/// # Errors
/// When the system gives no thread.
pub(crate) fn start(app: &Arc<App>, workers: &mut Workers) -> std::io::Result<()> {
    let of_thread = Arc::clone(app);
    workers.thread("approvals", |stop, runtime| worker::run_until_stopped(of_thread, stop, runtime))?;
    for approver in &app.approvals.approvers {
        let (app, approver) = (Arc::clone(app), Arc::clone(approver));
        workers.task("approvers", |stop| poster::work(app, approver, stop));
    }
    Ok(())
}

/// Notes in the transaction that ends an audit for which findings actions are configured.
///
/// # Errors
/// When the store fails.
pub(crate) fn audit_ended(
    app: &App,
    store: &Writer<'_>,
    task: &AuditTask,
    runs: &[AuditCheckRun],
    now_ms: i64,
) -> Result<(), StoreError> {
    if task.status != "COMPLETED" {
        return Ok(());
    }
    for run in runs.iter().filter(|run| run.non_compliant > 0) {
        let Some(check) = find(&run.check) else { continue };
        for rule in app.approvals.rules.iter().filter(|rule| rule.is_about(check)) {
            let mapping = BTreeMap::from([(check.name.to_owned(), rule.actions.clone())]);
            let error = tasks_api::actions(store, &mapping).err().map(|error| error.told.message);
            // A rule for all checks is for those that its actions apply to.
            if error.is_some() && !rule.names(check) {
                tracing::debug!(check = check.name, error, "the actions of an approval do not apply");
                continue;
            }
            let approval = Approval { error, ..approval(store.scope(), task, check, rule, now_ms) };
            store.put(&ApprovalDraft { approval, after: None, complete: false })?;
        }
    }
    Ok(())
}

fn approval(scope: &Scope, task: &AuditTask, check: &Check, rule: &ApprovalRule, now_ms: i64) -> Approval {
    let is_auto = rule.mode == ApprovalMode::Auto;
    let decided = ApprovalDecision { by: PRINCIPAL.to_owned(), name: None, reason: None, at_ms: now_ms };
    Approval {
        id: id_of(scope, &task.id, check.name, &rule.actions),
        mode: rule.mode,
        state: if is_auto { ApprovalState::Approved } else { ApprovalState::Pending },
        audit_task: task.id.clone(),
        audit_started_ms: task.started_ms,
        check: check.name.to_owned(),
        severity: check.severity.as_str().to_owned(),
        actions: rule.actions.clone(),
        approvers: rule.approvers.clone(),
        findings: 0,
        resources: vec![],
        created_ms: now_ms,
        expires_ms: now_ms.saturating_add(i64::from(rule.expires_seconds) * 1000),
        token: String::new(),
        decided: is_auto.then_some(decided),
        error: None,
        outcome: None,
    }
}

/// One for each audit, check and list of actions; short enough to be typed.
fn id_of(scope: &Scope, task: &str, check: &str, actions: &[String]) -> String {
    let text = link_id(&[&scope.account, &scope.region, task, check, &actions.join(",")]);
    let hash = digest(&SHA256, text.as_bytes());
    format!("approval-{}", encode_hex(hash.as_ref().get(..8).unwrap_or_default()))
}

/// Writes an approval, and that there is something to tell.
fn save(store: &Writer<'_>, approval: &Approval) -> Result<(), StoreError> {
    store.put(approval)?;
    for approver in &approval.approvers {
        let known = store.get::<ApprovalMessage>(&ApprovalMessage::id_of(&approval.id, approver))?;
        let mut message = known.unwrap_or_else(|| ApprovalMessage {
            approval: approval.id.clone(),
            approver: approver.clone(),
            told: Default::default(),
            news: Default::default(),
            retries: Default::default(),
            response_url: None,
            response_until_ms: 0,
        });
        if approval.news() > message.news {
            message.news = approval.news();
            message.retries.next_ms = store.actor().at_ms;
            (message.retries.attempts, message.retries.failing_since_ms) = (0, None);
            store.put(&message)?;
        }
    }
    Ok(())
}
