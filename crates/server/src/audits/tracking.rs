//! What a run of a check changes about findings: what it finds is compared with what stands, and only what is not the same is
//! written. Everything else follows from that: what each run shows, and what is new, open, fixed or regressed.
//!
//! A live run looks at resources that nobody knows anything about. It adds what it finds, and leaves what is known of others.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;

use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{Check, CheckOutcome, Resource};
use thingwarden_store::records::{AuditCheckHistory, AuditTask, FindingContent, FindingSpan, RunMark};
use thingwarden_store::{Filter, Order, Query, Reader, Scope, StoreError, Value, link_id};

use super::Auditor;
use super::resources::{audited, key, related};

/// What a run of a check leaves about findings.
#[derive(Debug, Default)]
pub(super) struct Tracked {
    /// Records that are new or not the same any more.
    pub(super) spans: Vec<FindingSpan>,
    /// None when the run says nothing about findings.
    pub(super) history: Option<AuditCheckHistory>,
}

impl Auditor {
    /// Compares what a run of a check found with what stands.
    pub(super) fn track(
        &self,
        scope: &Scope,
        task: &AuditTask,
        outcome: &CheckOutcome,
        at_ms: i64,
    ) -> Result<Tracked, StoreError> {
        // A run that broke off, or had nothing to judge by, says nothing about what was fixed.
        let complete = outcome.error_code.is_none() && outcome.gaps.is_empty();
        if outcome.findings.is_empty() && (!complete || task.is_live) {
            return Ok(Tracked::default());
        }
        let check = outcome.check;
        if self.app.store.read(scope, |store| has_left_overs(store, check.name))? {
            self.forget_run(scope, &task.id, check.name, at_ms)?;
        }
        self.app.store.read(scope, |store| {
            let history = history(store, check.name)?;
            let run = RunMark { run: next_run(&history), ms: task.started_ms };
            let complete_until_ms = complete.then_some(outcome.judged_until.millis());
            let comparison =
                Comparison { store, check, run, is_live: task.is_live, complete_until_ms, history: &history };
            let spans = comparison.changes(&outcome.findings)?;
            let history = if task.is_live {
                AuditCheckHistory { full_run: Some(history.full_run()), runs: run.run, ..history }
            } else {
                AuditCheckHistory {
                    complete_ms: if complete { Some(task.started_ms) } else { history.complete_ms },
                    last_ms: Some(task.started_ms),
                    full_run: None,
                    runs: run.run,
                    ..history
                }
            };
            Ok(Tracked { spans, history: Some(history) })
        })
    }

    /// Takes back what a run of a check has written that did not come to its end.
    pub(super) fn forget_run(
        &self,
        scope: &Scope,
        task: &str,
        check: &str,
        at_ms: i64,
    ) -> Result<(), StoreError> {
        loop {
            let check = check.to_owned();
            let gone = self.write(scope, "Forget", task, at_ms, move |store| {
                let run = next_run(&history(store, &check)?);
                let filters = left_overs(&check, run);
                let query = Query {
                    order: Order::By("resource_key"),
                    limit: super::keeper::BATCH,
                    ..Query::all(&filters)
                };
                let spans = store.list::<FindingSpan>(&query)?.items;
                let count = spans.len();
                for span in spans {
                    let id = span.id.clone();
                    match span.without_run(run) {
                        Some(before) => store.update(&before)?,
                        None => drop(store.delete::<FindingSpan>(&id)?),
                    }
                }
                Ok(count)
            })?;
            if gone == 0 {
                return Ok(());
            }
        }
    }
}

/// The number of the run of a check that is under way, or will be the next.
fn next_run(history: &AuditCheckHistory) -> i64 {
    history.runs.saturating_add(1)
}

/// What is known of a check over all its runs.
pub(crate) fn history(store: &Reader<'_>, check: &str) -> Result<AuditCheckHistory, StoreError> {
    let none = || AuditCheckHistory { check: check.to_owned(), ..AuditCheckHistory::default() };
    Ok(store.get(check)?.unwrap_or_else(none))
}

/// Whether it is known that a check finds something about a resource.
pub(super) fn is_known(store: &Reader<'_>, check: &Check, resource: &Resource) -> Result<bool, StoreError> {
    let filters = [
        Filter::eq("check_name", check.name),
        Filter::eq("resource_key", key(resource)),
        Filter::eq("latest", true),
    ];
    Ok(store.all::<FindingSpan>(&filters)?.iter().any(FindingSpan::is_standing))
}

fn left_overs(check: &str, run: i64) -> [Filter<'_>; 2] {
    [Filter::eq("check_name", check), Filter::at_least("changed_run", run)]
}

/// Whether a run has written something and did not come to its end, for which the store was to blame.
fn has_left_overs(store: &Reader<'_>, check: &str) -> Result<bool, StoreError> {
    let run = next_run(&history(store, check)?);
    Ok(store.count::<FindingSpan>(&left_overs(check, run))? > 0)
}

fn content(check: &Check, found: &ReportedFinding) -> FindingContent {
    let finding = &found.finding;
    FindingContent {
        severity: check.severity.as_str().to_owned(),
        resource_key: key(&finding.resource),
        resource: audited(&finding.resource, &finding.additional),
        related: related(finding),
        reason_code: finding.reason.code.to_owned(),
        reason: finding.sentence().to_owned(),
        suppressed: found.suppressed,
    }
}

/// What a run finds, against what stands.
struct Comparison<'a> {
    store: &'a Reader<'a>,
    check: &'static Check,
    run: RunMark,
    /// It looks at resources of which nothing stands, or stood when it was decided to look at them.
    is_live: bool,
    /// Up to which moment what it does not find is not there, in milliseconds since 1970; none when it was not complete.
    complete_until_ms: Option<i64>,
    /// The runs before.
    history: &'a AuditCheckHistory,
}

impl Comparison<'_> {
    /// The records that the run changes, each once.
    fn changes(&self, found: &[ReportedFinding]) -> Result<Vec<FindingSpan>, StoreError> {
        // By digest, and in the order in which they were found.
        let mut new: HashMap<String, usize> = HashMap::with_capacity(found.len());
        for (place, found) in found.iter().enumerate() {
            new.insert(content(self.check, found).digest()?, place);
        }
        let mut gone = HashSet::new();
        let standing = [Filter::NotZero("standing"), Filter::eq("check_name", self.check.name)];
        if !self.is_live {
            self.store.each_value::<FindingSpan, StoreError>("digest", &standing, &mut |id, digest| {
                let same = if let Value::Text(digest) = digest { new.remove(&digest) } else { None };
                if same.is_none() {
                    gone.insert(id.to_owned());
                }
                Ok(ControlFlow::Continue(()))
            })?;
        }
        let mut new: Vec<usize> = new.into_values().collect();
        new.sort_unstable();
        let mut changed: HashMap<String, FindingSpan> = HashMap::new();
        let mut spans = vec![];
        for place in new {
            let Some(content) = found.get(place).map(|found| content(self.check, found)) else { continue };
            let is_over =
                |span: &FindingSpan| self.is_live || span.until.is_some() || gone.contains(&span.id);
            let mut known = self.latest(&content)?.into_iter();
            // A check may have several findings for one reason: one that is still there is not the one that changed.
            let before = known.find(|span| is_over(span) && !changed.contains_key(&span.id));
            spans.push(self.found(content, place, before.as_ref()));
            if let Some(before) = before {
                changed.insert(before.id.clone(), self.closed(before, true));
            }
        }
        for id in gone {
            let Entry::Vacant(place) = changed.entry(id) else { continue };
            let before = self.store.require::<FindingSpan>(place.key())?;
            let after = self.closed(before.clone(), false);
            if after != before {
                place.insert(after);
            }
        }
        let mut changed: Vec<FindingSpan> = changed.into_values().collect();
        changed.sort_by(|a, b| a.id.cmp(&b.id));
        spans.extend(changed);
        Ok(spans)
    }

    /// What is known last about a resource for a reason.
    fn latest(&self, content: &FindingContent) -> Result<Vec<FindingSpan>, StoreError> {
        let filters = [
            Filter::eq("check_name", self.check.name),
            Filter::eq("resource_key", content.resource_key.as_str()),
            Filter::eq("latest", true),
        ];
        let mut known = self.store.all::<FindingSpan>(&filters)?;
        known.retain(|span| span.content.reason_code == content.reason_code);
        Ok(known)
    }

    fn found(&self, content: FindingContent, place: usize, before: Option<&FindingSpan>) -> FindingSpan {
        let regressed_ms = match before {
            Some(before) if before.fixed.is_some() => Some(self.run.ms),
            Some(before) => before.regressed_ms,
            None => None,
        };
        FindingSpan {
            // What a run finds lies together.
            id: link_id(&[self.check.name, &self.run.run.to_string(), &format!("{place:06}")]),
            check: self.check.name.to_owned(),
            content,
            first_run: self.run.run,
            until: None,
            replaced: None,
            fixed: None,
            first_seen_ms: before.map_or(self.run.ms, |before| before.first_seen_ms),
            regressed_ms,
            last_seen_ms: None,
            live_ms: self.is_live.then_some(self.run.ms),
            old_task: None,
        }
    }

    /// What the run did not find so any more; `replaced`, when it found it in another form.
    fn closed(&self, mut span: FindingSpan, replaced: bool) -> FindingSpan {
        if span.until.is_none() {
            span.last_seen_ms = span.seen_ms(self.history);
            span.until = Some(self.run);
        }
        if replaced {
            span.replaced = Some(self.run);
        } else if self
            .complete_until_ms
            .is_some_and(|until_ms| span.last_seen_ms.is_none_or(|ms| ms <= until_ms))
        {
            span.fixed = Some(self.run);
        }
        span
    }
}

#[cfg(test)]
mod tests;
