//! Mitigation of audit findings: actions, tasks, and what each execution changed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::FindingPlace;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};
use crate::writer::Change;

/// What a task does to a finding, as an account has defined it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationAction {
    pub name: String,
    /// A UUID.
    pub action_id: String,
    /// The role whose rights it has.
    pub role_arn: String,
    /// AWS's `MitigationActionParams`: exactly one member.
    pub params: Json,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    pub modified_ms: i64,
}

/// A task: actions on findings of an audit. Its actions are as they were when it was started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationTask {
    /// As the caller chose it.
    pub id: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED` or `CANCELED`.
    pub status: String,
    /// The `clientRequestToken` of the request that made it.
    pub token: String,
    /// AWS's `AuditMitigationActionsTaskTarget`, as it was given.
    pub target: Json,
    /// The audit that the findings are of, if they are of one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_task: Option<String>,
    /// The names of the actions for each check, in the order in which they run.
    pub mapping: BTreeMap<String, Vec<String>>,
    /// All actions of the mapping.
    pub actions: Vec<TaskAction>,
    /// In milliseconds since 1970.
    pub started_ms: i64,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// When it undoes itself, in milliseconds since 1970; none is never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo_at_ms: Option<i64>,
    /// The approval that it comes from: then only findings that were in that are meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
}

/// A mitigation action in a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaskAction {
    pub name: String,
    /// A UUID.
    pub action_id: String,
    pub role_arn: String,
    /// AWS's `MitigationActionParams`.
    pub params: Json,
}

/// How far a task is. Written with each execution.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationProgress {
    pub task: String,
    pub stage: MitigationStage,
    /// In [`MitigationStage::Planning`]: the check whose findings are looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// In [`MitigationStage::Planning`]: the last finding of the check that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_finding: Option<FindingPlace>,
    /// In [`MitigationStage::Verifying`]: the place ([`Cursor::seq`](crate::Cursor)) of the last execution that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<i64>,
    /// Findings, by check.
    #[serde(default)]
    pub counts: BTreeMap<String, MitigationCounts>,
}

/// What a task is doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum MitigationStage {
    /// Findings become executions.
    #[default]
    Planning,
    /// Actions are carried out.
    Executing,
    /// The checks look at the resources once more; the task itself has ended.
    Verifying,
    /// There is nothing left to do.
    Done,
}

/// How many findings of a check came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationCounts {
    pub total: u64,
    #[serde(default)]
    pub succeeded: u64,
    #[serde(default)]
    pub failed: u64,
    #[serde(default)]
    pub skipped: u64,
}

/// One action on one finding, in one task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MitigationExecution {
    pub task: String,
    /// The finding's id.
    pub finding: String,
    pub check: String,
    /// The action's name.
    pub action: String,
    /// A UUID.
    pub action_id: String,
    /// From 0: its place among the actions on this finding.
    pub order: u32,
    /// AWS's `AuditMitigationActionsExecutionStatus`. One that is `PENDING` in a task that was canceled is `CANCELED`.
    pub status: String,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_ms: Option<i64>,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// What it changed, one entry for each record, in the order of the first change. What undoing it takes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// What the check said about the finding's resource afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<Verified>,
    /// When its changes were undone, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_ms: Option<i64>,
}

/// Whether a finding is there any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Verified {
    /// The check does not find it any more.
    Fixed,
    /// The check finds it still.
    NotFixed,
    /// The check has not enough to judge by.
    NoData,
}

impl MitigationAction {
    /// The member of [`MitigationAction::params`] that is there, for example `updateDeviceCertificateParams`.
    pub fn member(&self) -> &str {
        member(&self.params)
    }
}

impl TaskAction {
    /// As [`MitigationAction::member`].
    pub fn member(&self) -> &str {
        member(&self.params)
    }
}

fn member(params: &Json) -> &str {
    params.as_object().and_then(|members| members.keys().next()).map_or("", String::as_str)
}

impl Record for MitigationAction {
    const KIND: Kind = Kind {
        table: "mitigation_action",
        columns: &[Column::text("member")],
        indexes: &[Index::on(&["member"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.member().into()]
    }
}

impl MitigationTask {
    /// It has not come to its end.
    pub fn in_progress(&self) -> bool {
        self.status == "IN_PROGRESS"
    }

    /// Somebody ended it before its time.
    pub fn is_canceled(&self) -> bool {
        self.status == "CANCELED"
    }
}

impl Record for MitigationTask {
    const KIND: Kind = Kind {
        table: "mitigation_task",
        columns: &[
            Column::text("status"),
            Column::text("token"),
            Column::text("audit_task"),
            Column::integer("started_ms"),
            Column::integer("in_progress"),
            Column::integer("undo_at_ms"),
        ],
        indexes: &[
            Index::on(&["started_ms"]),
            Index::on(&["token"]),
            Index::where_not_zero("in_progress", &["in_progress"]),
            Index::where_not_zero("undo_at_ms", &["undo_at_ms"]),
        ],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.status.as_str().into(),
            self.token.as_str().into(),
            self.audit_task.as_deref().into(),
            self.started_ms.into(),
            self.in_progress().into(),
            self.undo_at_ms.unwrap_or(0).into(),
        ]
    }
}

impl MitigationCounts {
    /// Findings that have not come to their end.
    pub fn waiting(&self) -> u64 {
        self.total.saturating_sub(self.succeeded + self.failed + self.skipped)
    }
}

impl Record for MitigationProgress {
    const KIND: Kind = Kind {
        table: "mitigation_progress",
        columns: &[Column::integer("open")],
        indexes: &[Index::where_not_zero("open", &["open"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.task)
    }

    fn columns(&self) -> Vec<Value> {
        vec![(self.stage != MitigationStage::Done).into()]
    }
}

impl MitigationExecution {
    /// The id of the execution of an action on a finding.
    pub fn id_of(task: &str, finding: &str, action: &str) -> String {
        link_id(&[task, finding, action])
    }

    /// It waits to be carried out.
    pub fn is_pending(&self) -> bool {
        self.status == "PENDING"
    }

    /// Its status in the light of its task's.
    pub fn status_in(&self, task: &MitigationTask) -> &str {
        if task.is_canceled() && self.is_pending() { "CANCELED" } else { &self.status }
    }
}

impl Record for MitigationExecution {
    const KIND: Kind = Kind {
        table: "mitigation_execution",
        columns: &[
            Column::text("task"),
            Column::text("finding"),
            Column::text("status"),
            Column::integer("place"),
        ],
        indexes: &[Index::on(&["task"]), Index::on(&["task", "status"]), Index::on(&["finding", "task"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.task, &self.finding, &self.action))
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.task.as_str().into(),
            self.finding.as_str().into(),
            self.status.as_str().into(),
            i64::from(self.order).into(),
        ]
    }
}

impl Verified {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "FIXED",
            Self::NotFixed => "NOT_FIXED",
            Self::NoData => "NO_DATA",
        }
    }
}

pub(crate) const KINDS: &[Kind] =
    &[MitigationAction::KIND, MitigationTask::KIND, MitigationProgress::KIND, MitigationExecution::KIND];
