//! Findings as each audit shows them, whoever reads them: the API, sinks, mitigation, approvals, the command line.
//!
//! The store keeps a finding for as long as runs of its check find it unchanged ([`FindingSpan`]). A finding *of a run* is that
//! record seen from the run; its id is made of the task's and of the record's place, so that it can be told apart from that of
//! every other run and be found again without a record of its own.

use std::collections::HashMap;
use std::ops::ControlFlow;

use thingwarden_store::records::{AuditCheckRun, AuditTask, AuditedResource, FindingPlace, FindingSpan};
use thingwarden_store::{Cursor, Filter, Order, Page, Query, Reader, StoreError, Value, link_id, link_parts};

use super::resources::Meant;

/// Hex digits of a task's id that are in the ids of its findings: 60 bits, so that no two tasks share them.
const TASK_DIGITS: usize = 15;
/// What is left of a UUID of version 8 (RFC 9562, 5.8) after those, the version and the variant: 62 bits.
const SEQ_BITS: u32 = 62;

/// One non-compliant resource with one reason, as one run of a check found it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunFinding {
    /// A UUID, another one in each run.
    pub(crate) id: String,
    pub(crate) task: String,
    pub(crate) check: String,
    /// When the task was started, in milliseconds since 1970.
    pub(crate) task_started_ms: i64,
    /// In milliseconds since 1970.
    pub(crate) found_ms: i64,
    pub(crate) severity: String,
    /// What findings and suppressions of the resource are found by.
    pub(crate) resource_key: String,
    pub(crate) resource: AuditedResource,
    pub(crate) related: Vec<AuditedResource>,
    pub(crate) reason_code: String,
    pub(crate) reason: String,
    pub(crate) suppressed: bool,
    /// When an audit first found it, in milliseconds since 1970.
    pub(crate) first_seen_ms: i64,
    /// When an audit last found it again after it had been fixed, in milliseconds since 1970.
    pub(crate) regressed_ms: Option<i64>,
}

/// Some of the findings of a run of a check, in the order of their resources.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FindingPage {
    pub(crate) items: Vec<RunFinding>,
    /// Where the next page begins; none when there is no more.
    pub(crate) next: Option<FindingPlace>,
}

/// Which audits are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When<'a> {
    /// One task, by its id.
    Task(&'a str),
    /// Those that found something from a moment to another, both included, in milliseconds since 1970.
    Time { from_ms: i64, to_ms: i64 },
}

/// Which findings are meant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) when: When<'a>,
    pub(crate) check: Option<&'a str>,
    pub(crate) resource: Option<&'a Meant>,
    pub(crate) suppressed: Option<bool>,
}

/// A run of a check that found something.
struct Run {
    task: String,
    task_started_ms: i64,
    check: String,
    number: i64,
    found_ms: i64,
    /// It looked at some resources only.
    is_live: bool,
}

/// The finding with an id; none when there is none, or its audit is not kept any more.
///
/// # Errors
/// When the store fails.
pub(crate) fn get(store: &Reader<'_>, id: &str) -> Result<Option<RunFinding>, StoreError> {
    if let Some(span) = store.get::<FindingSpan>(id)? {
        let run = span.old_task.as_ref().map(|task| Run::of(store, task, &span.check)).transpose()?.flatten();
        // Its place does not matter: it has its old id.
        return Ok(run.filter(|run| run.sees(&span)).map(|run| run.finding(0, span)));
    }
    let Some((task, seq)) = parts(id) else { return Ok(None) };
    let Some(span) = store.all::<FindingSpan>(&[Filter::eq("seq", seq)])?.pop() else { return Ok(None) };
    for task in store.all::<AuditTask>(&[Filter::Prefix("id", &task)])? {
        if let Some(run) = Run::of(store, &task.id, &span.check)?.filter(|run| run.sees(&span)) {
            let finding = run.finding(seq, span);
            return Ok((finding.id == id).then_some(finding));
        }
    }
    Ok(None)
}

/// The findings of a task's run of a check after a place, at most `limit`.
///
/// # Errors
/// When the store fails.
pub(crate) fn page(
    store: &Reader<'_>,
    task: &str,
    check: &str,
    after: Option<&FindingPlace>,
    limit: usize,
) -> Result<FindingPage, StoreError> {
    let Some(run) = Run::of(store, task, check)? else { return Ok(FindingPage::default()) };
    let mut page = FindingPage::default();
    let mut last = None;
    run.each(store, after, limit.saturating_add(1), None, &mut |seq, span| {
        if page.items.len() == limit {
            page.next = last.take();
            return Ok(ControlFlow::Break(()));
        }
        last = Some(FindingPlace { resource_key: span.content.resource_key.clone(), seq });
        page.items.push(run.finding(seq, span));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(page)
}

/// Shows all findings of a task's run of a check, without collecting them.
///
/// # Errors
/// When the store fails or `visit` says so.
pub(crate) fn each<E: From<StoreError>>(
    store: &Reader<'_>,
    task: &str,
    check: &str,
    visit: &mut dyn FnMut(RunFinding) -> Result<(), E>,
) -> Result<(), E> {
    let Some(run) = Run::of(store, task, check)? else { return Ok(()) };
    let mut failed = None;
    run.each(store, None, usize::MAX, None, &mut |seq, span| {
        Ok(match visit(run.finding(seq, span)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                failed = Some(error);
                ControlFlow::Break(())
            }
        })
    })?;
    failed.map_or(Ok(()), Err)
}

/// The findings that are meant after a place, at most `limit`: audit by audit, check by check, in the order of their resources.
/// A place stays right, whatever audits come and go meanwhile.
///
/// # Errors
/// When the store fails.
pub(crate) fn list(
    store: &Reader<'_>,
    wanted: &Wanted<'_>,
    after: Option<&Cursor>,
    limit: usize,
) -> Result<Page<RunFinding>, StoreError> {
    let mut listing = Listing {
        store,
        wanted,
        limit,
        tasks: HashMap::new(),
        of_resource: HashMap::new(),
        items: vec![],
        last: None,
        next: None,
    };
    let mut filters = match wanted.when {
        When::Task(task) => vec![Filter::eq("task", task)],
        When::Time { from_ms, to_ms } => vec![
            Filter::NotZero("number"),
            Filter::at_least("found_ms", from_ms),
            Filter::at_most("found_ms", to_ms),
        ],
    };
    filters.extend(wanted.check.map(|check| Filter::eq("check_name", check)));
    let order = match wanted.when {
        When::Task(_) => Order::Inserted,
        When::Time { .. } => Order::By("found_ms"),
    };
    let after = after.and_then(place_of);
    let mut flow = ControlFlow::Continue(());
    if let Some((cursor, place)) = &after {
        // The run that the page before ended in, unless it went meanwhile.
        for run in store.all::<AuditCheckRun>(&[Filter::eq("seq", cursor.seq)])? {
            flow = listing.add(cursor, run, Some(place))?;
        }
    }
    if flow.is_continue() {
        let query = Query { order, after: after.map(|(cursor, _)| cursor), ..Query::all(&filters) };
        store.each_with_cursor(&query, &mut |cursor, run| listing.add(&cursor, run, None))?;
    }
    Ok(Page { items: listing.items, next: listing.next })
}

/// A page of findings of several runs.
struct Listing<'a> {
    store: &'a Reader<'a>,
    wanted: &'a Wanted<'a>,
    limit: usize,
    /// When tasks were started.
    tasks: HashMap<String, Option<i64>>,
    /// Where only a resource is wanted: what there is about it, by check. It is little, and many runs may have seen it.
    of_resource: HashMap<String, Vec<(i64, FindingSpan)>>,
    items: Vec<RunFinding>,
    /// The place of the last item.
    last: Option<Cursor>,
    next: Option<Cursor>,
}

impl Listing<'_> {
    /// Adds what a run found after a place.
    fn add(
        &mut self,
        cursor: &Cursor,
        run: AuditCheckRun,
        after: Option<&FindingPlace>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let (Some(number), Some(found_ms)) = (run.number, run.found_ms) else {
            return Ok(ControlFlow::Continue(()));
        };
        let task_started_ms = match self.tasks.get(&run.task) {
            Some(known) => *known,
            None => {
                let started_ms = self.store.get::<AuditTask>(&run.task)?.map(|task| task.started_ms);
                self.tasks.insert(run.task.clone(), started_ms);
                started_ms
            }
        };
        let Some(task_started_ms) = task_started_ms else { return Ok(ControlFlow::Continue(())) };
        let is_live = run.is_live();
        let run = Run { task: run.task, task_started_ms, check: run.check, number, found_ms, is_live };
        let (store, suppressed) = (self.store, self.wanted.suppressed);
        match self.wanted.resource {
            Some(resource) => {
                let mut spans = match self.of_resource.remove(&run.check) {
                    Some(spans) => spans,
                    None => of_resource(store, &run.check, resource)?,
                };
                for (seq, span) in &mut spans {
                    let is_after = after.is_none_or(|after| {
                        (&span.content.resource_key, *seq) > (&after.resource_key, after.seq)
                    });
                    let is_wanted = suppressed.is_none_or(|wanted| span.content.suppressed == wanted);
                    if is_after
                        && is_wanted
                        && run.sees(span)
                        && self.push(cursor, &run, *seq, span.clone()).is_break()
                    {
                        break;
                    }
                }
                self.of_resource.insert(run.check, spans);
            }
            None => {
                let limit = self.limit.saturating_add(1).saturating_sub(self.items.len());
                run.each(store, after, limit, suppressed, &mut |seq, span| {
                    Ok(self.push(cursor, &run, seq, span))
                })?;
            }
        }
        Ok(if self.next.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    fn push(&mut self, cursor: &Cursor, run: &Run, seq: i64, span: FindingSpan) -> ControlFlow<()> {
        if self.items.len() == self.limit {
            self.next = self.last.take();
            return ControlFlow::Break(());
        }
        self.last = Some(cursor_of(cursor, &span.content.resource_key, seq));
        self.items.push(run.finding(seq, span));
        ControlFlow::Continue(())
    }
}

fn of_resource(
    store: &Reader<'_>,
    check: &str,
    resource: &Meant,
) -> Result<Vec<(i64, FindingSpan)>, StoreError> {
    let filters = [Filter::eq("check_name", check), resource.filter()];
    let mut spans = vec![];
    let query = Query { order: Order::By("resource_key"), ..Query::all(&filters) };
    store.each_with_cursor(&query, &mut |cursor, span: FindingSpan| {
        spans.push((cursor.seq, span));
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(spans)
}

/// The place of a finding in a listing over several runs: that of its run, and its own.
fn cursor_of(run: &Cursor, resource_key: &str, seq: i64) -> Cursor {
    let found_ms = match run.value {
        Some(Value::Integer(found_ms)) => found_ms.to_string(),
        _ => String::new(),
    };
    Cursor { value: Some(link_id(&[&found_ms, &run.seq.to_string(), resource_key]).into()), seq }
}

fn place_of(cursor: &Cursor) -> Option<(Cursor, FindingPlace)> {
    let Some(Value::Text(text)) = &cursor.value else { return None };
    let [found_ms, run, resource_key] = <[String; 3]>::try_from(link_parts(text)).ok()?;
    let value = found_ms.parse().ok().map(Value::Integer);
    Some((Cursor { value, seq: run.parse().ok()? }, FindingPlace { resource_key, seq: cursor.seq }))
}

impl Run {
    /// A task's run of a check; none when it found nothing, or has not ended.
    fn of(store: &Reader<'_>, task: &str, check: &str) -> Result<Option<Self>, StoreError> {
        let Some(run) = store.get::<AuditCheckRun>(&link_id(&[task, check]))? else { return Ok(None) };
        let (Some(number), Some(found_ms)) = (run.number, run.found_ms) else { return Ok(None) };
        let Some(task) = store.get::<AuditTask>(task)? else { return Ok(None) };
        let (is_live, task_started_ms) = (run.is_live(), task.started_ms);
        Ok(Some(Self { task: task.id, task_started_ms, check: run.check, number, found_ms, is_live }))
    }

    /// What a live run found begins with it; what others had found before stands, and is not what it looked at.
    fn sees(&self, span: &FindingSpan) -> bool {
        if self.is_live { span.first_run == self.number } else { span.is_seen_by(self.number) }
    }

    /// Shows what it found after a place.
    fn each(
        &self,
        store: &Reader<'_>,
        after: Option<&FindingPlace>,
        limit: usize,
        suppressed: Option<bool>,
        visit: &mut dyn FnMut(i64, FindingSpan) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let mut filters = vec![Filter::eq("check_name", self.check.as_str())];
        if self.is_live {
            filters.push(Filter::eq("first_run", self.number));
        } else {
            filters.push(Filter::at_most("first_run", self.number));
            filters.push(Filter::at_least("until_run", self.number.saturating_add(1)));
        }
        filters.extend(suppressed.map(|suppressed| Filter::eq("suppressed", suppressed)));
        let after =
            after.map(|place| Cursor { value: Some(place.resource_key.as_str().into()), seq: place.seq });
        let query = Query { order: Order::By("resource_key"), after, limit, ..Query::all(&filters) };
        store.each_with_cursor(&query, &mut |cursor, span| visit(cursor.seq, span))
    }

    /// A finding that it sees.
    fn finding(&self, seq: i64, span: FindingSpan) -> RunFinding {
        let FindingSpan { content, first_seen_ms, regressed_ms, .. } = span;
        let is_old = span.old_task.is_some_and(|task| task == self.task);
        RunFinding {
            id: if is_old { span.id } else { id(&self.task, seq) },
            task: self.task.clone(),
            check: self.check.clone(),
            task_started_ms: self.task_started_ms,
            found_ms: self.found_ms,
            severity: content.severity,
            resource_key: content.resource_key,
            resource: content.resource,
            related: content.related,
            reason_code: content.reason_code,
            reason: content.reason,
            suppressed: content.suppressed,
            first_seen_ms,
            regressed_ms,
        }
    }
}

/// The id of a finding of a task that is kept at a place: a UUID of version 8, which is for what a program puts into it.
fn id(task: &str, seq: i64) -> String {
    let digits = |from: usize, to: usize| task.get(from..to).unwrap_or_default();
    let last = seq.unsigned_abs() & ((1 << SEQ_BITS) - 1) | 0b10 << SEQ_BITS;
    let (high, low) = (last >> 48, last & 0xffff_ffff_ffff);
    format!("{}-{}-8{}-{high:04x}-{low:012x}", digits(0, 8), digits(8, 12), digits(12, TASK_DIGITS))
}

/// The beginning of the task's id and the place that an id was made of.
fn parts(id: &str) -> Option<(String, i64)> {
    let parts: Vec<&str> = id.split('-').collect();
    let [first, second, third, high, low] = parts.as_slice() else { return None };
    let task = format!("{first}{second}{}", third.strip_prefix('8')?);
    let last = u64::from_str_radix(&format!("{high}{low}"), 16).ok()?;
    Some((task, i64::try_from(last & ((1 << SEQ_BITS) - 1)).ok()?))
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
