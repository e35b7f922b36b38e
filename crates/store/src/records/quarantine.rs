//! Things in quarantine.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;
use crate::writer::Change;

/// A thing that is, was or shall be in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantine {
    /// The thing's name.
    pub thing: String,
    pub state: QuarantineState,
    /// Who asked for the state: the ARN of a principal.
    pub by: String,
    /// When that was, in milliseconds since 1970.
    pub asked_ms: i64,
    /// When the server last did or tried what was asked, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub done_ms: Option<i64>,
    /// What was changed for the quarantine; what releasing restores. Empty when it is not in force.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changes: Vec<Change>,
    /// Why what was asked last was not done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// What the policy engine says about what the thing can still do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<Json>,
}

/// Where a quarantine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum QuarantineState {
    /// It was asked for.
    Asked,
    /// The thing is in quarantine.
    InForce,
    /// Its end was asked for.
    ReleaseAsked,
    /// Everything is as it was before.
    Released,
    /// It was asked for and could not be done.
    Failed,
}

impl QuarantineState {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "ASKED",
            Self::InForce => "IN_FORCE",
            Self::ReleaseAsked => "RELEASE_ASKED",
            Self::Released => "RELEASED",
            Self::Failed => "FAILED",
        }
    }
}

impl Quarantine {
    /// Whether the server has something to do.
    pub fn is_waiting(&self) -> bool {
        matches!(self.state, QuarantineState::Asked | QuarantineState::ReleaseAsked)
    }
}

impl Record for Quarantine {
    const KIND: Kind = Kind {
        table: "quarantine",
        columns: &[Column::text("state"), Column::integer("waiting")],
        indexes: &[Index::where_not_zero("waiting", &["waiting"])],
        trailed: true,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.thing)
    }

    fn columns(&self) -> Vec<Value> {
        vec![self.state.as_str().into(), self.is_waiting().into()]
    }
}

pub(crate) const KINDS: &[Kind] = &[Quarantine::KIND];
