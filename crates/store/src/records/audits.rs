//! Device Defender Audit: configuration, tasks, schedules, suppressions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::audit_facts;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};

/// What an account's audits are like. One record per account and region; none before the first configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditConfiguration {
    /// The role that AWS would read the account with.
    pub role_arn: String,
    /// Where ends of audits are told, by kind (`SNS`).
    #[serde(default)]
    pub notification_targets: BTreeMap<String, AuditNotification>,
    /// Checks that were ever enabled or disabled by name.
    #[serde(default)]
    pub checks: BTreeMap<String, AuditCheckSettings>,
}

/// Where the end of an audit is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditNotification {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_arn: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    #[serde(default)]
    pub enabled: bool,
}

/// One check in an account's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheckSettings {
    pub enabled: bool,
    /// Thresholds in AWS's keys and AWS's form, a decimal number as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub thresholds: BTreeMap<String, String>,
}

/// An audit, asked for or scheduled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditTask {
    /// 32 lower-case hex digits.
    pub id: String,
    /// `IN_PROGRESS`, `COMPLETED`, `FAILED` or `CANCELED`.
    pub status: String,
    /// `ON_DEMAND_AUDIT_TASK` or `SCHEDULED_AUDIT_TASK`.
    pub task_type: String,
    /// The schedule that it is a run of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// In milliseconds since 1970.
    pub started_ms: i64,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
    /// The checks, with the thresholds that were in force when the task was started.
    pub checks: BTreeMap<String, BTreeMap<String, String>>,
    /// Whether connections made the server start it: they are judged up to this moment, and of all resources only those that
    /// they make suspicious.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_live: bool,
}

/// What one check of a task came to, or how far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheckRun {
    pub task: String,
    pub check: String,
    /// AWS's `AuditCheckRunStatus`.
    pub status: String,
    /// Resources that were judged.
    #[serde(default)]
    pub examined: u64,
    /// Non-compliant resources, suppressed ones not counted.
    #[serde(default)]
    pub non_compliant: u64,
    #[serde(default)]
    pub suppressed: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Its number among the runs of the check, by which its findings are known
    /// ([`FindingSpan::is_seen_by`](super::FindingSpan::is_seen_by)); none before its end, and when it found nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<i64>,
    /// When it found them, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found_ms: Option<i64>,
    /// The resources that a live run is to look at, none any more when it has ended; absent when it looks at everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspects: Option<Vec<AuditedResource>>,
}

/// A resource as AWS's findings name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedResource {
    /// AWS's `ResourceType`.
    pub resource_type: String,
    /// AWS's `ResourceIdentifier`.
    pub identifier: Json,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub additional: BTreeMap<String, String>,
}

/// A name that somebody gave an audit, so that others can be compared with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditTag {
    pub name: String,
    pub task: String,
    /// When the task was started, in milliseconds since 1970; the tag means this moment, also when the task is not kept any more.
    pub started_ms: i64,
}

/// A schedule of audits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduledAudit {
    pub name: String,
    /// `DAILY`, `WEEKLY`, `BIWEEKLY` or `MONTHLY`.
    pub frequency: String,
    /// `SUN` to `SAT`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_of_week: Option<String>,
    /// `1` to `31`, or `LAST`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub day_of_month: Option<String>,
    pub checks: Vec<String>,
    /// In milliseconds since 1970. Every second week is counted from here.
    pub created_ms: i64,
    /// When it runs next, in milliseconds since 1970.
    pub due_ms: i64,
}

/// A stated exception for one check and one resource.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditSuppression {
    pub check: String,
    pub resource_key: String,
    /// AWS's `ResourceIdentifier`, as it was given.
    pub identifier: Json,
    /// In force up to, not including, this moment, in milliseconds since 1970; none is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The `clientRequestToken` of the request that made it.
    pub token: String,
    /// In milliseconds since 1970.
    pub created_ms: i64,
}

impl AuditConfiguration {
    /// The id of the only record.
    pub const ID: &'static str = "configuration";
}

impl Record for AuditConfiguration {
    const KIND: Kind = Kind { table: "audit_configuration", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

impl AuditTask {
    /// It has not come to its end.
    pub fn in_progress(&self) -> bool {
        self.status == "IN_PROGRESS"
    }
}

impl Record for AuditTask {
    const KIND: Kind = Kind {
        table: "audit_task",
        columns: &[
            Column::text("status"),
            Column::text("task_type"),
            Column::text("schedule"),
            Column::integer("started_ms"),
            Column::integer("in_progress"),
        ],
        indexes: &[Index::on(&["started_ms"]), Index::where_not_zero("in_progress", &["in_progress"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    fn columns(&self) -> Vec<Value> {
        vec![
            self.status.as_str().into(),
            self.task_type.as_str().into(),
            self.schedule.as_deref().into(),
            self.started_ms.into(),
            self.in_progress().into(),
        ]
    }
}

impl AuditCheckRun {
    /// A run that has not begun, or is under way.
    pub fn waiting(task: &str, check: &str) -> Self {
        Self {
            task: task.to_owned(),
            check: check.to_owned(),
            status: "IN_PROGRESS".to_owned(),
            examined: 0,
            non_compliant: 0,
            suppressed: 0,
            error_code: None,
            message: None,
            number: None,
            found_ms: None,
            suspects: None,
        }
    }

    /// It looks, or looked, at some resources only: what it found is what it was the first to find.
    pub fn is_live(&self) -> bool {
        self.suspects.is_some()
    }

    /// It has not come to its end.
    pub fn in_progress(&self) -> bool {
        self.status == "IN_PROGRESS"
    }
}

impl Record for AuditCheckRun {
    const KIND: Kind = Kind {
        table: "audit_check_run",
        columns: &[
            Column::text("task"),
            Column::text("check_name"),
            Column::integer("number"),
            Column::integer("found_ms"),
        ],
        indexes: &[Index::on(&["task"]), Index::where_not_zero("number", &["found_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(link_id(&[&self.task, &self.check]))
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.task.as_str().into(), self.check.as_str().into(), self.number.into(), self.found_ms.into()]
    }
}

impl Record for AuditTag {
    const KIND: Kind = Kind { table: "audit_tag", columns: &[], indexes: &[], trailed: true };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

impl Record for ScheduledAudit {
    const KIND: Kind = Kind {
        table: "scheduled_audit",
        columns: &[Column::integer("due_ms")],
        indexes: &[Index::on(&["due_ms"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.due_ms.into()]
    }
}

impl AuditSuppression {
    /// The id of the suppression of a check's findings on a resource.
    pub fn id_of(check: &str, resource_key: &str) -> String {
        link_id(&[check, resource_key])
    }
}

impl Record for AuditSuppression {
    const KIND: Kind = Kind {
        table: "audit_suppression",
        columns: &[
            Column::text("check_name"),
            Column::text("resource_key"),
            Column::integer("expires_ms"),
            Column::text("token"),
        ],
        indexes: &[Index::on(&["expires_ms"]), Index::on(&["token"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(Self::id_of(&self.check, &self.resource_key))
    }

    /// One without end is after all others.
    fn columns(&self) -> Vec<Value> {
        vec![
            self.check.as_str().into(),
            self.resource_key.as_str().into(),
            self.expires_ms.unwrap_or(i64::MAX).into(),
            self.token.as_str().into(),
        ]
    }
}

pub(crate) const KINDS: &[Kind] = &[
    AuditConfiguration::KIND,
    AuditTask::KIND,
    AuditCheckRun::KIND,
    AuditTag::KIND,
    ScheduledAudit::KIND,
    AuditSuppression::KIND,
    audit_facts::StoredCrl::KIND,
    audit_facts::StoredIdentityPool::KIND,
    audit_facts::StoredServiceUse::KIND,
];
