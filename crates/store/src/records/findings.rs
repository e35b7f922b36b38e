//! Findings of audits, each kept for as long as the runs of its check find it unchanged.
//!
//! Every run of a check that finds something has a number. A finding is written when a run finds it first and when a later
//! one does not find it, or not in the same form; between the two it is what each run found, without being written again.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use thingwarden_engine::ids::{encode_hex, sha256};

use super::AuditedResource;
use crate::error::StoreError;
use crate::kind::{Column, Index, Kind, Value};
use crate::record::Record;

/// Bytes of a digest: as many as nobody finds two contents for (64 bits of work would do for half as many).
const DIGEST_BYTES: usize = 16;

/// What a finding says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingContent {
    pub severity: String,
    /// What findings and suppressions of the resource are found by.
    pub resource_key: String,
    pub resource: AuditedResource,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<AuditedResource>,
    pub reason_code: String,
    pub reason: String,
    pub suppressed: bool,
}

/// A run of a check, as findings remember it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunMark {
    /// Its number.
    pub run: i64,
    /// When its task was started, in milliseconds since 1970.
    pub ms: i64,
}

/// One non-compliant resource with one reason, over all runs that found it in the same form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingSpan {
    /// Unique. Of a finding that version 4 of the store kept for its task, the id that the API gave it.
    pub id: String,
    pub check: String,
    pub content: FindingContent,
    /// The number of the first run that found it so.
    pub first_run: i64,
    /// The first run after that which did not; none as long as every run does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<RunMark>,
    /// The run that found it again after that, or found it in another form: what it found is a span of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<RunMark>,
    /// The complete run that did not find it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<RunMark>,
    /// When an audit first found it, in whatever form, in milliseconds since 1970.
    pub first_seen_ms: i64,
    /// When an audit last found it after it had been fixed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regressed_ms: Option<i64>,
    /// When the last run that found it so was started; none as long as every run does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_ms: Option<i64>,
    /// When the live audit that found it so first was started; none when an audit of everything did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub live_ms: Option<i64>,
    /// Of a finding that version 4 of the store kept: its task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_task: Option<String>,
}

/// Where a finding is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingState {
    /// No complete run of the check has followed the one that found it for the first time.
    New,
    /// Found for longer than that, without a break.
    Open,
    /// It had been fixed, is there again, and no complete run has followed.
    Regressed,
    /// The last complete run of the check did not find it.
    Fixed,
}

/// A place among the findings of a run of a check, in the order of their resources: after this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingPlace {
    pub resource_key: String,
    /// The place in the order of insertion ([`Cursor::seq`](crate::Cursor)).
    pub seq: i64,
}

/// What there is to know about a check over all its runs. Those of live audits look at some resources only, and so say nothing
/// about others.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCheckHistory {
    pub check: String,
    /// When the last run that looked at everything, with nothing missing, was started, in milliseconds since 1970.
    #[serde(default)]
    pub complete_ms: Option<i64>,
    /// When the last run that looked at everything and said something about findings was started.
    #[serde(default)]
    pub last_ms: Option<i64>,
    /// The number of that run; none when it is the last of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub full_run: Option<i64>,
    /// The number of the last run that said something about findings; the next one gets the number after it.
    #[serde(default)]
    pub runs: i64,
}

impl AuditCheckHistory {
    /// The number of the last run that looked at everything.
    pub fn full_run(&self) -> i64 {
        self.full_run.unwrap_or(self.runs)
    }
}

impl FindingContent {
    /// The same for the same content only.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn digest(&self) -> Result<String, StoreError> {
        let json = serde_json::to_vec(self)
            .map_err(|error| StoreError::Corrupt { what: "a finding".to_owned(), why: error.to_string() })?;
        Ok(encode_hex(sha256(&json).get(..DIGEST_BYTES).unwrap_or_default()))
    }
}

impl FindingSpan {
    /// Whether the run with a number found it.
    pub fn is_seen_by(&self, run: i64) -> bool {
        self.first_run <= run && self.until.is_none_or(|until| run < until.run)
    }

    /// When the last run that found it so was started, in milliseconds since 1970; none when that is not known.
    pub fn seen_ms(&self, history: &AuditCheckHistory) -> Option<i64> {
        // As long as every run that looks at everything finds it, the last of them did.
        let live_ms = self.live_ms.filter(|_| self.first_run > history.full_run());
        self.last_seen_ms.or(live_ms).or(history.last_ms)
    }

    /// Nothing newer is known about the finding.
    pub fn is_latest(&self) -> bool {
        self.replaced.is_none()
    }

    /// It is there, as far as anybody knows.
    pub fn is_standing(&self) -> bool {
        self.is_latest() && self.fixed.is_none()
    }

    /// When it was fixed, if nothing has been heard of it since, in milliseconds since 1970.
    pub fn fixed_ms(&self) -> Option<i64> {
        self.fixed.filter(|_| self.is_latest()).map(|fixed| fixed.ms)
    }

    /// From when on no later run has anything to do with it, in milliseconds since 1970.
    pub fn gone_ms(&self) -> Option<i64> {
        self.fixed.or(self.replaced).map(|mark| mark.ms)
    }

    /// Where it is in its life.
    pub fn state(&self, history: &AuditCheckHistory) -> FindingState {
        FindingState::of(self.life(), history)
    }

    /// When it came, in milliseconds since 1970, negative when it had been fixed before; 0 when it is fixed. States follow from
    /// it and from the check's history, so that a run need not write what is still there.
    fn life(&self) -> i64 {
        match (self.fixed, self.regressed_ms) {
            (Some(_), _) => 0,
            (None, Some(regressed_ms)) => regressed_ms.saturating_neg(),
            (None, None) => self.first_seen_ms,
        }
    }

    /// As if a run had not been; none when there would be no such record then.
    pub fn without_run(mut self, run: i64) -> Option<Self> {
        let before = |mark: Option<RunMark>| mark.filter(|mark| mark.run < run);
        (self.until, self.replaced, self.fixed) =
            (before(self.until), before(self.replaced), before(self.fixed));
        if self.until.is_none() {
            self.last_seen_ms = None;
        }
        (self.first_run < run).then_some(self)
    }

    fn changed_run(&self) -> i64 {
        let marks = [self.until, self.replaced, self.fixed];
        marks.into_iter().flatten().map(|mark| mark.run).fold(self.first_run, i64::max)
    }
}

impl FindingState {
    /// The state that follows from the column `life` and the check's history.
    pub fn of(life: i64, history: &AuditCheckHistory) -> Self {
        let followed = history.complete_ms.is_some_and(|ms| life.saturating_abs() < ms);
        match (life, followed) {
            (0, _) => Self::Fixed,
            (_, true) => Self::Open,
            (..0, false) => Self::Regressed,
            (1.., false) => Self::New,
        }
    }

    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "NEW",
            Self::Open => "OPEN",
            Self::Regressed => "REGRESSED",
            Self::Fixed => "FIXED",
        }
    }
}

impl Record for FindingSpan {
    const KIND: Kind = Kind {
        table: "finding_span",
        columns: &[
            Column::text("check_name"),
            Column::text("resource_key"),
            Column::integer("first_run"),
            Column::integer("until_run"),
            Column::integer("changed_run"),
            Column::integer("suppressed"),
            Column::integer("latest"),
            Column::integer("standing"),
            Column::text("digest"),
            Column::integer("life"),
            Column::integer("fixed_ms"),
            Column::integer("gone_ms"),
        ],
        indexes: &[
            Index::on(&["check_name", "resource_key"]).including(&[
                "first_run",
                "until_run",
                "changed_run",
                "suppressed",
                "latest",
            ]),
            Index::where_not_zero("standing", &["check_name", "digest"]).with_id().including(&["standing"]),
            Index::where_not_zero("latest", &["check_name", "life"]).including(&["latest"]),
            Index::where_not_zero("fixed_ms", &["fixed_ms"]),
            Index::where_not_zero("gone_ms", &["gone_ms"]),
        ],
        trailed: false,
    };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.id)
    }

    /// One that every run finds ends after all others. Only such a one has a digest: what a run did not find is not there
    /// to be found unchanged.
    fn columns(&self) -> Vec<Value> {
        let is_open = self.until.is_none();
        // A content that is no JSON is written nowhere: the record itself fails first.
        let digest = if is_open { self.content.digest().unwrap_or_default() } else { String::new() };
        vec![
            self.check.as_str().into(),
            self.content.resource_key.as_str().into(),
            self.first_run.into(),
            self.until.map_or(i64::MAX, |until| until.run).into(),
            self.changed_run().into(),
            self.content.suppressed.into(),
            self.is_latest().into(),
            self.is_standing().into(),
            digest.into(),
            self.life().into(),
            self.fixed_ms().into(),
            self.gone_ms().into(),
        ]
    }
}

impl Record for AuditCheckHistory {
    const KIND: Kind = Kind { table: "audit_check_history", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.check)
    }
}

pub(crate) const KINDS: &[Kind] = &[FindingSpan::KIND, AuditCheckHistory::KIND];

#[cfg(test)]
mod tests {
    use super::*;

    fn span() -> FindingSpan {
        FindingSpan {
            id: "s".to_owned(),
            check: "C".to_owned(),
            content: FindingContent {
                severity: "LOW".to_owned(),
                resource_key: "r".to_owned(),
                resource: AuditedResource {
                    resource_type: "CLIENT_ID".to_owned(),
                    identifier: serde_json::Value::Null,
                    additional: [].into(),
                },
                related: vec![],
                reason_code: "R".to_owned(),
                reason: "r".to_owned(),
                suppressed: false,
            },
            first_run: 3,
            until: None,
            replaced: None,
            fixed: None,
            first_seen_ms: 30,
            regressed_ms: None,
            last_seen_ms: None,
            live_ms: None,
            old_task: None,
        }
    }

    fn mark(run: i64) -> Option<RunMark> {
        Some(RunMark { run, ms: run * 10 })
    }

    #[test]
    fn the_state_follows_from_when_it_came_and_the_last_complete_run() {
        let state = |span: &FindingSpan, complete_ms: Option<i64>| {
            span.state(&AuditCheckHistory { complete_ms, ..AuditCheckHistory::default() })
        };
        let found = span();
        assert_eq!(state(&found, None), FindingState::New, "a run that was not complete found it");
        assert_eq!(state(&found, Some(20)), FindingState::New);
        assert_eq!(state(&found, Some(30)), FindingState::New);
        assert_eq!(state(&found, Some(31)), FindingState::Open);
        let again = FindingSpan { regressed_ms: Some(50), ..span() };
        assert_eq!(state(&again, Some(50)), FindingState::Regressed);
        assert_eq!(state(&again, Some(60)), FindingState::Open);
        let fixed = FindingSpan { until: mark(4), fixed: mark(5), ..again };
        assert_eq!(state(&fixed, Some(50)), FindingState::Fixed);
    }

    #[test]
    fn a_run_sees_what_began_by_then_and_had_not_ended() {
        let seen = |span: &FindingSpan| (1..8).filter(|run| span.is_seen_by(*run)).collect::<Vec<_>>();
        assert_eq!(seen(&span()), [3, 4, 5, 6, 7]);
        assert_eq!(seen(&FindingSpan { until: mark(5), ..span() }), [3, 4]);
    }

    #[test]
    fn what_a_live_run_found_was_seen_then_until_a_run_that_looks_at_everything_finds_it() {
        let live = FindingSpan { live_ms: Some(35), ..span() };
        let history =
            |full_run, last_ms| AuditCheckHistory { full_run, last_ms, runs: 4, ..Default::default() };
        assert_eq!(live.seen_ms(&history(Some(2), Some(20))), Some(35));
        assert_eq!(span().seen_ms(&history(Some(3), Some(30))), Some(30), "others do not count");
        assert_eq!(live.seen_ms(&history(None, Some(40))), Some(40));
        let closed = FindingSpan { until: mark(4), last_seen_ms: Some(37), ..live };
        assert_eq!(closed.seen_ms(&history(None, Some(40))), Some(37));
        assert_eq!(span().seen_ms(&history(None, None)), None);
    }

    #[test]
    fn a_run_that_is_forgotten_leaves_what_was_before_it() {
        let before = FindingSpan { until: mark(4), last_seen_ms: Some(30), ..span() };
        let after = FindingSpan { fixed: mark(5), ..before.clone() };
        assert_eq!(after.changed_run(), 5);
        assert_eq!(after.clone().without_run(5), Some(before.clone()));
        assert_eq!(after.clone().without_run(6), Some(after));
        assert_eq!(before.without_run(4), Some(span()));
        assert_eq!(span().without_run(3), None);
    }

    #[test]
    fn what_is_fixed_and_came_back_is_nobodys_last_word() {
        let again = FindingSpan { until: mark(4), fixed: mark(4), replaced: mark(6), ..span() };
        assert_eq!((again.fixed_ms(), again.gone_ms(), again.is_latest()), (None, Some(40), false));
        let fixed = FindingSpan { replaced: None, ..again };
        assert_eq!((fixed.fixed_ms(), fixed.is_standing()), (Some(40), false));
    }

    #[test]
    fn a_digest_tells_contents_apart() {
        let one = span().content;
        assert_eq!(one.digest().unwrap(), one.digest().unwrap());
        assert_eq!(one.digest().unwrap().len(), 2 * DIGEST_BYTES);
        let suppressed = FindingContent { suppressed: true, ..one.clone() };
        assert_ne!(one.digest().unwrap(), suppressed.digest().unwrap());
    }
}
