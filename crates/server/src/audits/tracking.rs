//! Findings over time: the same check, resource and reason are the same finding, however many audits report it.

use std::collections::HashMap;
use std::ops::ControlFlow;

use thingwarden_engine::audit::report::ReportedFinding;
use thingwarden_engine::audit::{Check, CheckOutcome};
use thingwarden_store::records::{AuditCheckHistory, AuditTask, FindingState, TrackedFinding};
use thingwarden_store::{Filter, Query, Scope, StoreError};

use super::Auditor;
use super::resources::{audited, key};

impl Auditor {
    /// What the findings of a check become by what its run found, and that it came to its end, if it did. A finding that has
    /// not changed is not written again.
    pub(super) fn track(
        &self,
        scope: &Scope,
        task: &AuditTask,
        outcome: &CheckOutcome,
    ) -> Result<(Vec<TrackedFinding>, Option<AuditCheckHistory>), StoreError> {
        // A run that broke off, or had nothing to judge by, says nothing about what was fixed.
        let complete = outcome.error_code.is_none() && outcome.gaps.is_empty();
        if !complete && outcome.findings.is_empty() {
            return Ok((vec![], None));
        }
        let changes = self.changes(scope, task, outcome, complete)?;
        let check = outcome.check.name.to_owned();
        let history = complete.then_some(AuditCheckHistory { check, complete_ms: task.started_ms });
        Ok((changes, history))
    }

    fn changes(
        &self,
        scope: &Scope,
        task: &AuditTask,
        outcome: &CheckOutcome,
        complete: bool,
    ) -> Result<Vec<TrackedFinding>, StoreError> {
        let check = outcome.check;
        let mut found: HashMap<String, &ReportedFinding> = HashMap::new();
        for one in &outcome.findings {
            let id = TrackedFinding::id_of(check.name, &key(&one.finding.resource), one.finding.reason.code);
            found.insert(id, one);
        }
        let mut changes = vec![];
        let of_check = [Filter::eq("check_name", check.name)];
        self.app.store.read(scope, |store| {
            store.each(&Query::all(&of_check), &mut |known: TrackedFinding| {
                let id = TrackedFinding::id_of(&known.check, &known.resource_key, &known.reason_code);
                let seen = found.remove(&id);
                changes.extend(next(known, seen.map(|seen| seen.suppressed), task.started_ms, complete));
                Ok::<_, StoreError>(ControlFlow::Continue(()))
            })
        })?;
        let mut new: Vec<TrackedFinding> =
            found.into_values().map(|one| first_seen(check, one, task.started_ms)).collect();
        new.sort_by(|a, b| (&a.resource_key, &a.reason_code).cmp(&(&b.resource_key, &b.reason_code)));
        changes.extend(new);
        Ok(changes)
    }
}

/// What a known finding becomes that a run saw (and whether suppressed) or did not see; none when it stays as it is, also when
/// a run is repeated.
fn next(
    mut known: TrackedFinding,
    seen: Option<bool>,
    run_ms: i64,
    complete: bool,
) -> Option<TrackedFinding> {
    match (known.state, seen) {
        (FindingState::Fixed, None) => None,
        (_, None) if !complete => None,
        (_, None) => {
            known.state = FindingState::Fixed;
            known.fixed_ms = Some(run_ms);
            Some(known)
        }
        (state, Some(suppressed)) => {
            let next = match state {
                FindingState::Fixed => FindingState::Regressed,
                _ if known.last_seen_ms >= run_ms => state,
                _ => FindingState::Open,
            };
            if next == state && suppressed == known.suppressed {
                return None;
            }
            if state == FindingState::Fixed {
                known.regressed_ms = Some(run_ms);
            }
            known.state = next;
            known.suppressed = suppressed;
            known.last_seen_ms = run_ms;
            known.fixed_ms = None;
            Some(known)
        }
    }
}

fn first_seen(check: &'static Check, one: &ReportedFinding, run_ms: i64) -> TrackedFinding {
    let resource = audited(&one.finding.resource, &[]);
    TrackedFinding {
        check: check.name.to_owned(),
        resource_key: key(&one.finding.resource),
        resource_type: resource.resource_type,
        identifier: resource.identifier,
        reason_code: one.finding.reason.code.to_owned(),
        severity: check.severity.as_str().to_owned(),
        state: FindingState::New,
        first_seen_ms: run_ms,
        last_seen_ms: run_ms,
        fixed_ms: None,
        regressed_ms: None,
        suppressed: one.suppressed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(state: FindingState, last_seen_ms: i64) -> TrackedFinding {
        TrackedFinding {
            check: "C".to_owned(),
            resource_key: "r".to_owned(),
            resource_type: "CLIENT_ID".to_owned(),
            identifier: serde_json::Value::Null,
            reason_code: "R".to_owned(),
            severity: "LOW".to_owned(),
            state,
            first_seen_ms: 1,
            last_seen_ms,
            fixed_ms: (state == FindingState::Fixed).then_some(2),
            regressed_ms: None,
            suppressed: false,
        }
    }

    fn check(state: FindingState, seen: bool, expected: Option<FindingState>) {
        let change = next(known(state, 1), seen.then_some(false), 10, true);
        let to = change.map(|changed| changed.state);
        assert_eq!(to, expected, "{state:?} seen: {seen}");
    }

    #[test]
    fn a_finding_goes_through_its_life() {
        use FindingState::{Fixed, New, Open, Regressed};
        check(New, true, Some(Open));
        check(New, false, Some(Fixed));
        check(Open, true, None);
        check(Open, false, Some(Fixed));
        check(Fixed, true, Some(Regressed));
        check(Fixed, false, None);
        check(Regressed, true, Some(Open));
        check(Regressed, false, Some(Fixed));
    }

    #[test]
    fn an_incomplete_run_fixes_nothing_and_a_repeated_one_changes_nothing() {
        assert_eq!(next(known(FindingState::Open, 1), None, 10, false), None);
        assert_eq!(next(known(FindingState::New, 10), Some(false), 10, true), None);
        assert_eq!(next(known(FindingState::Regressed, 10), Some(false), 10, true), None);
        assert!(next(known(FindingState::Open, 1), Some(true), 10, true).is_some(), "suppression is noted");
    }
}
