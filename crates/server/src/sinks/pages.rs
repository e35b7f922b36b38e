//! The findings of an audit from the store, a page at a time: first what it found, check by check, then what it found fixed.
//! A page ends at a place where the next one can begin, also after a restart.

use thingwarden_engine::audit::Severity;
use thingwarden_store::records::{AuditTask, FindingPlace, FindingSpan, SinkPlace, SinkPosition};
use thingwarden_store::{Cursor, Filter, Order, Query, Reader, StoreError, Value, link_id};

use super::asff::Mapping;
use super::finding::{About, SinkFinding};
use super::summary::rank;
use crate::audits::findings::{self, RunFinding};

/// Findings of a page. Security Hub takes as many in one call.
pub(super) const PAGE: usize = 100;

/// Findings that a page may have beyond that, so that those of one id stay together.
const BEYOND_MAX: usize = 64;

/// Part of an audit's findings.
#[derive(Debug, PartialEq)]
pub(super) struct Page {
    pub(super) findings: Vec<SinkFinding>,
    /// Where the next one begins.
    pub(super) next: SinkPlace,
}

/// Which findings, for whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) task: &'a AuditTask,
    pub(super) about: &'a About,
    /// Less severe ones are left out.
    pub(super) min_severity: Severity,
    /// What gives several findings one id, if something does.
    pub(super) joins: Option<&'a Mapping>,
    /// From when on, in milliseconds since 1970, what was fixed is told.
    pub(super) fixed_from_ms: i64,
}

/// From when on a sink has to be told what was fixed: after the last audit that it knows completely. A sink that knows none is told about
/// this audit alone, or, when it `catches_up`, about everything that the store remembers, since it may have heard of it before this
/// store or this configuration knew of the sink. Of an audit from before, as a clock that was set back has it, everything is told again.
pub(super) fn fixed_from_ms(position: Option<&SinkPosition>, catches_up: bool, task: &AuditTask) -> i64 {
    match position {
        Some(position) => position.through_ms.saturating_add(1).min(task.started_ms),
        None if catches_up => i64::MIN,
        None => task.started_ms,
    }
}

impl Wanted<'_> {
    /// What follows after a place. The page may be empty and yet not the last.
    pub(super) fn page(&self, store: &Reader<'_>, place: &SinkPlace) -> Result<Page, StoreError> {
        match place {
            SinkPlace::Start => match self.task.checks.keys().next() {
                Some(check) => self.found(store, check, None),
                None => self.fixed(store, None),
            },
            SinkPlace::Findings { check, after } => self.found(store, check, after.as_ref()),
            SinkPlace::Fixed { fixed_ms, seq } => {
                self.fixed(store, Some(Cursor { value: Some(Value::Integer(*fixed_ms)), seq: *seq }))
            }
            SinkPlace::End => Ok(Page { findings: vec![], next: SinkPlace::End }),
        }
    }

    fn found(
        &self,
        store: &Reader<'_>,
        check: &str,
        after: Option<&FindingPlace>,
    ) -> Result<Page, StoreError> {
        let list = |after: Option<&FindingPlace>, limit: usize| {
            findings::page(store, &self.task.id, check, after, limit)
        };
        let mut page = list(after, PAGE)?;
        while let (Some(place), Some(mapping), Some(last)) = (&page.next, self.joins, page.items.last())
            && page.items.len() < PAGE + BEYOND_MAX
        {
            // One id goes out once, with all that it stands for.
            let id = |record: &RunFinding| mapping.id(self.about, &SinkFinding::found(record.clone()));
            let mut following = list(Some(place), 1)?;
            match following.items.pop() {
                Some(next) if id(&next) == id(last) => page.items.push(next),
                _ => break,
            }
            page.next = following.next;
        }
        let next = match page.next {
            Some(place) => SinkPlace::Findings { check: check.to_owned(), after: Some(place) },
            None => self.after_check(check),
        };
        let wanted = page.items.into_iter().filter(|one| self.is_severe(&one.severity) && self.is_news(one));
        Ok(Page { findings: wanted.map(SinkFinding::found).collect(), next })
    }

    /// Whether to tell of a finding: what connections show is told once and if it matters, what an audit finds each time.
    fn is_news(&self, finding: &RunFinding) -> bool {
        let began_ms = finding.regressed_ms.unwrap_or(finding.first_seen_ms);
        !self.task.is_live || (began_ms >= finding.task_started_ms && !finding.suppressed)
    }

    /// The checks of a task follow each other by name.
    fn after_check(&self, check: &str) -> SinkPlace {
        let mut later = self.task.checks.keys().filter(|name| name.as_str() > check);
        match later.next() {
            Some(check) => SinkPlace::Findings { check: check.clone(), after: None },
            None => SinkPlace::Fixed { fixed_ms: self.fixed_from_ms, seq: 0 },
        }
    }

    fn fixed(&self, store: &Reader<'_>, after: Option<Cursor>) -> Result<Page, StoreError> {
        let filters = [
            Filter::NotZero("fixed_ms"),
            Filter::at_least("fixed_ms", self.fixed_from_ms),
            Filter::at_most("fixed_ms", self.task.started_ms),
        ];
        let query = Query { order: Order::By("fixed_ms"), after, limit: PAGE, ..Query::all(&filters) };
        let page = store.list::<FindingSpan>(&query)?;
        let next = match page.next {
            Some(Cursor { value: Some(Value::Integer(fixed_ms)), seq }) => SinkPlace::Fixed { fixed_ms, seq },
            _ => SinkPlace::End,
        };
        let mut findings = vec![];
        for span in page.items {
            if self.is_severe(&span.content.severity) && !self.goes_on(store, &span)? {
                findings.push(SinkFinding::fixed(span));
            }
        }
        Ok(Page { findings, next })
    }

    /// Whether another finding that has the same id is still there: for another reason, or of another version of the policy.
    fn goes_on(&self, store: &Reader<'_>, fixed: &FindingSpan) -> Result<bool, StoreError> {
        if self.joins.is_none() {
            return Ok(false);
        }
        let resource = &fixed.content.resource;
        let policy = resource.identifier.pointer("/policyVersionIdentifier/policyName");
        let versions = policy
            .and_then(serde_json::Value::as_str)
            .map(|name| link_id(&[&resource.resource_type, name, ""]));
        let alike = match &versions {
            Some(versions) => Filter::Prefix("resource_key", versions),
            None => Filter::eq("resource_key", fixed.content.resource_key.as_str()),
        };
        let filters = [Filter::eq("check_name", fixed.check.as_str()), alike, Filter::eq("latest", true)];
        let others = store.all::<FindingSpan>(&filters)?;
        Ok(others.iter().any(|one| one.is_standing() && !one.content.suppressed))
    }

    fn is_severe(&self, severity: &str) -> bool {
        rank(severity) <= rank(self.min_severity.as_str())
    }
}

#[cfg(test)]
mod tests;
