//! Approval of mitigation: what an audit would have done about its findings, who was asked, and what they said.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{FindingPlace, without};
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};
use crate::records::RetryState;

/// The new findings of one check in one audit, and the actions that one rule has for them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Also the id of the mitigation task that it becomes.
    pub id: String,
    pub mode: ApprovalMode,
    pub state: ApprovalState,
    pub audit_task: String,
    /// When the audit was started, in milliseconds since 1970.
    pub audit_started_ms: i64,
    pub check: String,
    pub severity: String,
    /// The names of mitigation actions, in the order in which they run.
    pub actions: Vec<String>,
    /// Who is asked, or told, by their names in the configuration.
    #[serde(default)]
    pub approvers: Vec<String>,
    /// How many there are.
    #[serde(default)]
    pub findings: u64,
    /// The first of them.
    #[serde(default)]
    pub resources: Vec<ApprovalResource>,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// From when on nobody can decide any more, in milliseconds since 1970.
    pub expires_ms: i64,
    /// A secret that is in the messages to those who are asked, and has to be in what they answer.
    #[serde(default)]
    pub token: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided: Option<ApprovalDecision>,
    /// Why no task could be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<ApprovalOutcome>,
}

/// Whether somebody is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApprovalMode {
    /// Nobody is: it is approved.
    Auto,
    Review,
}

/// Where an approval is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApprovalState {
    /// It waits for somebody to decide.
    Pending,
    /// The task is to be started, or under way.
    Approved,
    Denied,
    /// Nobody decided in time.
    Expired,
    /// The task has come to its end, and the checks have looked again.
    Done,
    /// The task could not be started.
    Failed,
}

/// One of the findings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalResource {
    /// The finding's id.
    pub finding: String,
    /// What the resource is called.
    pub name: String,
    /// What would be done about it, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<String>,
}

/// Who said what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDecision {
    /// The principal, as the audit trail has it.
    pub by: String,
    /// What people call them, if that is known. Nobody has verified it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// In milliseconds since 1970.
    pub at_ms: i64,
}

/// What the task came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalOutcome {
    /// AWS's `AuditMitigationActionsTaskStatus`.
    pub status: String,
    /// Findings whose actions all succeeded.
    pub succeeded: u64,
    pub failed: u64,
    pub skipped: u64,
    /// Executions after which the check did not find the resource any more.
    pub fixed: u64,
    /// Executions after which the check found it still.
    pub not_fixed: u64,
    /// When that was known, in milliseconds since 1970.
    pub ended_ms: i64,
}

/// An approval whose findings are being looked for: written by the end of an audit, which waits for nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalDraft {
    /// As far as it is known.
    pub approval: Approval,
    /// The last finding that was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<FindingPlace>,
    /// All were looked at.
    #[serde(default)]
    pub complete: bool,
}

/// That a finding was in an approval for some actions, over all audits: nobody is asked twice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalMark {
    pub check: String,
    pub resource_key: String,
    pub reason_code: String,
    pub actions: Vec<String>,
    /// The last approval that it was in.
    pub approval: String,
    /// When the audit of that approval was started, in milliseconds since 1970.
    pub audit_started_ms: i64,
}

/// What one approver was told about an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalMessage {
    pub approval: String,
    /// The approver's name in the configuration.
    pub approver: String,
    pub told: ApprovalNews,
    /// What there is to tell.
    pub news: ApprovalNews,
    #[serde(flatten)]
    pub retries: RetryState,
    /// Where the message that was answered can be changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_url: Option<String>,
    /// Until when, in milliseconds since 1970.
    #[serde(default)]
    pub response_until_ms: i64,
}

/// How much of an approval somebody knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApprovalNews {
    #[default]
    Nothing,
    /// That it waits for a decision.
    Asked,
    /// That it was approved.
    Decided,
    /// How it ended.
    Ended,
}

/// A callback that was taken, so that it is not taken again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApprovalCallback {
    /// SHA-256 of its time and body, in hex.
    pub id: String,
    /// In milliseconds since 1970.
    pub at_ms: i64,
}

impl ApprovalMode {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "AUTO",
            Self::Review => "REVIEW",
        }
    }
}

impl ApprovalState {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "PENDING",
            Self::Approved => "APPROVED",
            Self::Denied => "DENIED",
            Self::Expired => "EXPIRED",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
        }
    }
}

impl ApprovalNews {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nothing => "NOTHING",
            Self::Asked => "ASKED",
            Self::Decided => "DECIDED",
            Self::Ended => "ENDED",
        }
    }
}

impl Approval {
    /// Something is still to happen.
    pub fn is_open(&self) -> bool {
        matches!(self.state, ApprovalState::Pending | ApprovalState::Approved)
    }

    /// What there is to tell about it. What nobody was asked is told when it is over.
    pub fn news(&self) -> ApprovalNews {
        match (self.state, self.mode) {
            (ApprovalState::Pending, _) => ApprovalNews::Asked,
            (ApprovalState::Approved, ApprovalMode::Auto) => ApprovalNews::Nothing,
            (ApprovalState::Approved, ApprovalMode::Review) => ApprovalNews::Decided,
            _ => ApprovalNews::Ended,
        }
    }
}

impl Record for Approval {
    const KIND: Kind = Kind {
        table: "approval",
        columns: &[Column::text("state"), Column::integer("open"), Column::integer("created_ms")],
        indexes: &[
            Index::where_not_zero("open", &["open"]),
            Index::on(&["state", "created_ms"]),
            Index::on(&["created_ms"]),
        ],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.state.as_str().into(), self.is_open().into(), self.created_ms.into()]
    }

    fn trailed(&self) -> serde_json::Value {
        without(self, &["token"])
    }
}

impl Record for ApprovalDraft {
    const KIND: Kind = Kind { table: "approval_draft", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.approval.id)
    }
}

impl ApprovalMark {
    /// The id for actions on the finding of a check on a resource for a reason, which it begins with.
    pub fn id_of(check: &str, resource_key: &str, reason_code: &str, actions: &[String]) -> String {
        link_id(&[check, resource_key, reason_code, &actions.join(",")])
    }
}

impl Record for ApprovalMark {
    const KIND: Kind = Kind { table: "approval_mark", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.check, &self.resource_key, &self.reason_code, &self.actions))
    }
}

impl ApprovalMessage {
    /// The id of what an approver was told about an approval.
    pub fn id_of(approval: &str, approver: &str) -> String {
        link_id(&[approval, approver])
    }

    /// There is something to tell.
    pub fn is_waiting(&self) -> bool {
        self.told < self.news
    }
}

impl Record for ApprovalMessage {
    const KIND: Kind = Kind {
        table: "approval_message",
        columns: &[
            Column::text("approval"),
            Column::text("approver"),
            Column::integer("waiting"),
            Column::integer("next_ms"),
        ],
        indexes: &[Index::on(&["approval"]), Index::where_not_zero("waiting", &["approver", "next_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.approval, &self.approver))
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.approval.as_str().into(),
            self.approver.as_str().into(),
            self.is_waiting().into(),
            self.retries.next_ms.into(),
        ]
    }
}

impl Record for ApprovalCallback {
    const KIND: Kind = Kind {
        table: "approval_callback",
        columns: &[Column::integer("at_ms")],
        indexes: &[Index::on(&["at_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.at_ms.into()]
    }
}

pub(crate) const KINDS: &[Kind] =
    &[Approval::KIND, ApprovalDraft::KIND, ApprovalMark::KIND, ApprovalMessage::KIND, ApprovalCallback::KIND];
