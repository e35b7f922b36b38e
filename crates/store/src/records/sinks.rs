//! How far findings of audits are on their way out of the server, and the last numbers of each check.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::FindingPlace;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::{Record, link_id};
use crate::records::RetryState;

/// One audit on its way to one sink. Runs of a sink are carried out in the order in which they were added.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SinkRun {
    /// The sink's name in the configuration.
    pub sink: String,
    /// The audit task.
    pub task: String,
    pub state: SinkRunState,
    /// What comes next.
    #[serde(default)]
    pub place: SinkPlace,
    /// Findings that the sink took.
    #[serde(default)]
    pub sent: u64,
    /// Findings that it refused.
    #[serde(default)]
    pub refused: u64,
    /// What was counted on the way, in the server's own form.
    #[serde(default)]
    pub summary: Json,
    #[serde(flatten)]
    pub retries: RetryState,
    /// In milliseconds since 1970.
    pub created_ms: i64,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_ms: Option<i64>,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SinkRunState {
    /// It is under way, or waits for its turn.
    Waiting,
    Done,
    /// It was given up.
    Failed,
}

/// How far a run is: everything before was taken by the sink.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SinkPlace {
    /// Nothing was sent.
    #[default]
    Start,
    /// After a finding of a check, or at its first; checks follow each other by name.
    Findings { check: String, after: Option<FindingPlace> },
    /// After a finding that is fixed.
    Fixed { fixed_ms: i64, seq: i64 },
    /// Before the word that it is all.
    End,
}

/// Up to where a sink knows what was fixed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SinkPosition {
    pub sink: String,
    /// The start of the last audit that it knows completely, in milliseconds since 1970.
    pub through_ms: i64,
}

/// What a check came to the last time that a schedule, or somebody by hand, ran it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckNumbers {
    pub check: String,
    /// The name of the schedule; `OnDemand` without one.
    pub schedule: String,
    /// Resources that were judged.
    pub examined: u64,
    /// Non-compliant resources, suppressed ones not counted.
    pub non_compliant: u64,
    pub suppressed: u64,
    /// When the audit was started, in milliseconds since 1970.
    pub started_ms: i64,
}

impl SinkRunState {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "WAITING",
            Self::Done => "DONE",
            Self::Failed => "FAILED",
        }
    }
}

impl SinkRun {
    /// A run that has not begun.
    pub fn waiting(sink: &str, task: &str, created_ms: i64) -> Self {
        Self {
            sink: sink.to_owned(),
            task: task.to_owned(),
            state: SinkRunState::Waiting,
            place: SinkPlace::Start,
            sent: 0,
            refused: 0,
            summary: Json::Null,
            retries: RetryState::at(created_ms),
            created_ms,
            ended_ms: None,
        }
    }
}

impl Record for SinkRun {
    const KIND: Kind = Kind {
        table: "sink_run",
        columns: &[Column::text("sink"), Column::integer("waiting"), Column::integer("created_ms")],
        indexes: &[Index::where_not_zero("waiting", &["sink"]), Index::on(&["created_ms"])],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(link_id(&[&self.sink, &self.task]))
    }

    fn columns(&self) -> Vec<Value> {
        let waiting = self.state == SinkRunState::Waiting;
        vec![self.sink.as_str().into(), waiting.into(), self.created_ms.into()]
    }
}

impl Record for SinkPosition {
    const KIND: Kind = Kind { table: "sink_position", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.sink)
    }
}

impl Record for CheckNumbers {
    const KIND: Kind = Kind { table: "check_numbers", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Owned(link_id(&[&self.check, &self.schedule]))
    }
}

pub(crate) const KINDS: &[Kind] = &[SinkRun::KIND, SinkPosition::KIND, CheckNumbers::KIND];
