//! Findings are kept for as long as runs find them unchanged, and not by each audit; certificates that revocation lists name are
//! looked up among those in force.
//!
//! Until version 4 each task had its findings, and what became of a finding over all tasks was a record beside them. Here each
//! of a task's findings becomes a span of its one run, under its old id. What the last run found and is still there stays open,
//! so that the next audit need not write it again.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use crate::error::StoreError;
use crate::kind::Value;
use crate::record::{Record, link_id};
use crate::records::{AuditedResource, FindingContent, FindingSpan, RunMark};
use crate::sql::{Row, Sql};

/// Findings that are in memory at a time.
const BATCH: i64 = 1000;

/// A finding of a task, as version 4 has it.
#[derive(Deserialize)]
struct Finding {
    id: String,
    task: String,
    check: String,
    task_started_ms: i64,
    #[serde(flatten)]
    content: FindingContent,
}

/// A finding over all tasks, as version 4 has it.
#[derive(Deserialize)]
struct Tracked {
    check: String,
    resource_key: String,
    resource_type: String,
    identifier: Json,
    reason_code: String,
    severity: String,
    first_seen_ms: i64,
    last_seen_ms: i64,
    fixed_ms: Option<i64>,
    regressed_ms: Option<i64>,
    #[serde(default)]
    suppressed: bool,
}

/// Checks of an account and region.
type Check = (i64, String);

#[derive(Default)]
struct Runs {
    /// The number of a task's run of a check.
    numbers: HashMap<(i64, String, String), i64>,
    /// The number of the last run of a check.
    last: HashMap<Check, i64>,
}

impl Runs {
    /// The number of the run that found something; none when its task or its end is not there.
    fn number(&self, scope: i64, finding: &Finding) -> Option<i64> {
        self.numbers.get(&(scope, finding.task.clone(), finding.check.clone())).copied()
    }
}

pub(super) fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    for index in [
        "certificate_by_issuer_serial",
        // Made again in another order.
        "certificate_count_by_in_force_key_digest_repeated",
        "certificate_count_by_status_issuance_repeated",
    ] {
        sql.execute(&format!("DROP INDEX IF EXISTS {index}"), &[])?;
    }
    for column in ["check_name TEXT", "number INTEGER", "found_ms INTEGER"] {
        sql.execute(&format!("ALTER TABLE audit_check_run ADD COLUMN {column}"), &[])?;
    }
    let table = format!(
        "CREATE TABLE finding_span (seq {}, scope INTEGER NOT NULL, id TEXT NOT NULL, check_name TEXT, resource_key TEXT,
         first_run INTEGER, until_run INTEGER, changed_run INTEGER, suppressed INTEGER, latest INTEGER, standing INTEGER,
         digest TEXT, life INTEGER, fixed_ms INTEGER, gone_ms INTEGER, body TEXT NOT NULL, UNIQUE (scope, id))",
        sql.sequence_type()
    );
    sql.execute(&table, &[])?;
    let runs = number_runs(sql)?;
    let newest = newest_of_each(sql, &runs)?;
    findings(sql, &runs, &newest)?;
    tracked_alone(sql, &runs, &newest)?;
    histories(sql, &runs)?;
    for table in ["audit_finding", "tracked_finding"] {
        sql.execute(&format!("DROP TABLE {table}"), &[])?;
    }
    begin_again(sql)
}

/// Numbers the runs that found something, check by check, in the order of their tasks.
fn number_runs(sql: &dyn Sql) -> Result<Runs, StoreError> {
    let mut found_ms = HashMap::new();
    let query =
        "SELECT scope, task, check_name, max(found_ms) FROM audit_finding GROUP BY scope, task, check_name";
    sql.query(query, &[], &mut |row| {
        found_ms
            .insert((integer(row, 0)?, row.text(1)?.to_owned(), row.text(2)?.to_owned()), integer(row, 3)?);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut all = vec![];
    let query = "SELECT r.seq, r.scope, r.body FROM audit_check_run r JOIN audit_task t ON t.scope = r.scope AND t.id = r.task
         ORDER BY t.started_ms, t.seq, r.seq";
    sql.query(query, &[], &mut |row| {
        all.push((integer(row, 0)?, integer(row, 1)?, parse::<Json>(row.text(2)?)?));
        Ok(ControlFlow::Continue(()))
    })?;
    let mut runs = Runs::default();
    for (seq, scope, mut body) in all {
        let text = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default().to_owned();
        let (task, check, status) = (text("task"), text("check"), text("status"));
        let key = (scope, task, check.clone());
        // What a run that had not ended has found is forgotten.
        let found = found_ms.get(&key).copied().filter(|_| status != "IN_PROGRESS");
        let mut number = None;
        if let (Some(found_ms), Some(members)) = (found, body.as_object_mut()) {
            let last = runs.last.entry((scope, check.clone())).or_default();
            *last += 1;
            number = Some(*last);
            runs.numbers.insert(key, *last);
            members.insert("number".to_owned(), json!(last));
            members.insert("found_ms".to_owned(), json!(found_ms));
        }
        sql.execute(
            "UPDATE audit_check_run SET check_name = ?1, number = ?2, found_ms = ?3, body = ?4 WHERE seq = ?5",
            &[check.into(), number.into(), found.into(), body.to_string().into(), seq.into()],
        )?;
    }
    Ok(runs)
}

/// The place of the newest finding of each check, resource and reason.
fn newest_of_each(sql: &dyn Sql, runs: &Runs) -> Result<HashMap<(i64, String), i64>, StoreError> {
    let mut newest = HashMap::new();
    each_finding(sql, &mut |seq, scope, finding| {
        if runs.number(scope, &finding).is_some() {
            newest.insert((scope, identity(&finding.check, &finding.content)), seq);
        }
        Ok(())
    })?;
    Ok(newest)
}

fn findings(sql: &dyn Sql, runs: &Runs, newest: &HashMap<(i64, String), i64>) -> Result<(), StoreError> {
    each_finding(sql, &mut |seq, scope, finding| {
        let Some(number) = runs.number(scope, &finding) else { return Ok(()) };
        let id = identity(&finding.check, &finding.content);
        let is_newest = newest.get(&(scope, id.clone())) == Some(&seq);
        let tracked = if is_newest { tracked(sql, scope, &id)? } else { None };
        let is_last = runs.last.get(&(scope, finding.check.clone())) == Some(&number);
        let is_open = is_last && tracked.as_ref().is_some_and(|tracked| tracked.fixed_ms.is_none());
        let next = |ms: i64| RunMark { run: number + 1, ms };
        let fixed = tracked.as_ref().and_then(|tracked| tracked.fixed_ms).map(next);
        let span = FindingSpan {
            id: finding.id,
            check: finding.check,
            content: finding.content,
            first_run: number,
            until: (!is_open).then(|| next(finding.task_started_ms)),
            replaced: tracked.is_none().then(|| next(finding.task_started_ms)),
            fixed,
            first_seen_ms: tracked.as_ref().map_or(finding.task_started_ms, |tracked| tracked.first_seen_ms),
            regressed_ms: tracked.as_ref().and_then(|tracked| tracked.regressed_ms),
            last_seen_ms: (!is_open).then_some(finding.task_started_ms),
            live_ms: None,
            old_task: Some(finding.task),
        };
        insert(sql, scope, &span)
    })
}

/// Findings over all tasks of which no task is kept: spans that no run sees.
fn tracked_alone(sql: &dyn Sql, runs: &Runs, newest: &HashMap<(i64, String), i64>) -> Result<(), StoreError> {
    let mut alone = vec![];
    sql.query("SELECT scope, id, body FROM tracked_finding ORDER BY seq", &[], &mut |row| {
        let (scope, id) = (integer(row, 0)?, row.text(1)?.to_owned());
        if !newest.contains_key(&(scope, id.clone())) {
            alone.push((scope, id, parse::<Tracked>(row.text(2)?)?));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    for (scope, id, tracked) in alone {
        let last = runs.last.get(&(scope, tracked.check.clone())).copied().unwrap_or_default();
        let mark = |ms: i64| RunMark { run: last, ms };
        let span = FindingSpan {
            id,
            check: tracked.check,
            content: FindingContent {
                severity: tracked.severity,
                resource_key: tracked.resource_key,
                resource: AuditedResource {
                    resource_type: tracked.resource_type,
                    identifier: tracked.identifier,
                    additional: [].into(),
                },
                related: vec![],
                reason: tracked.reason_code.clone(),
                reason_code: tracked.reason_code,
                suppressed: tracked.suppressed,
            },
            first_run: last,
            until: Some(mark(tracked.last_seen_ms)),
            replaced: None,
            fixed: tracked.fixed_ms.map(mark),
            first_seen_ms: tracked.first_seen_ms,
            regressed_ms: tracked.regressed_ms,
            last_seen_ms: Some(tracked.last_seen_ms),
            live_ms: None,
            old_task: None,
        };
        insert(sql, scope, &span)?;
    }
    Ok(())
}

/// Histories know how many runs there were, and one more: the run that what was fixed has as its end.
fn histories(sql: &dyn Sql, runs: &Runs) -> Result<(), StoreError> {
    for ((scope, check), last) in &runs.last {
        let mut complete_ms = None;
        let query = "SELECT body FROM audit_check_history WHERE scope = ?1 AND id = ?2";
        sql.query(query, &[(*scope).into(), check.as_str().into()], &mut |row| {
            complete_ms = parse::<Json>(row.text(0)?)?.get("complete_ms").and_then(Json::as_i64);
            Ok(ControlFlow::Break(()))
        })?;
        let body =
            json!({"check": check, "complete_ms": complete_ms, "last_ms": complete_ms, "runs": last + 1});
        sql.execute(
            "INSERT INTO audit_check_history (scope, id, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (scope, id) DO UPDATE SET body = excluded.body",
            &[(*scope).into(), check.as_str().into(), body.to_string().into()],
        )?;
    }
    Ok(())
}

/// Who was on the way through a task's findings begins again at the first of the check, or of the moment: nothing of that is done twice.
fn begin_again(sql: &dyn Sql) -> Result<(), StoreError> {
    for (table, columns, begin) in [
        ("sink_run", "sink TEXT, waiting INTEGER, created_ms INTEGER, ", begin_sink as fn(&mut Json)),
        ("approval_draft", "", |draft| {
            draft.as_object_mut().map(|members| members.remove("after"));
        }),
        ("mitigation_progress", "open INTEGER, ", |progress| {
            if progress.get("stage").and_then(Json::as_str) == Some("PLANNING") {
                progress.as_object_mut().map(|members| members.remove("after"));
            }
        }),
    ] {
        // These kinds are younger than version 1, and came without a step of their own.
        let absent = format!(
            "CREATE TABLE IF NOT EXISTS {table} (seq {}, scope INTEGER NOT NULL, id TEXT NOT NULL, {columns}body TEXT NOT NULL,
             UNIQUE (scope, id))",
            sql.sequence_type()
        );
        sql.execute(&absent, &[])?;
        let mut changed = vec![];
        sql.query(&format!("SELECT seq, body FROM {table}"), &[], &mut |row| {
            let before: Json = parse(row.text(1)?)?;
            let mut after = before.clone();
            begin(&mut after);
            if after != before {
                changed.push((integer(row, 0)?, after.to_string()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        for (seq, body) in changed {
            sql.execute(&format!("UPDATE {table} SET body = ?1 WHERE seq = ?2"), &[body.into(), seq.into()])?;
        }
    }
    Ok(())
}

fn begin_sink(run: &mut Json) {
    let Some(place) = run.get_mut("place") else { return };
    if let Some(check) = place.pointer("/findings/check").cloned() {
        *place = json!({"findings": {"check": check, "after": null}});
    } else if let Some(seq) = place.pointer_mut("/fixed/seq") {
        *seq = json!(0);
    }
}

fn each_finding(
    sql: &dyn Sql,
    visit: &mut dyn FnMut(i64, i64, Finding) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut last = 0;
    loop {
        let mut some: Vec<(i64, i64, Finding)> = vec![];
        let query = "SELECT seq, scope, body FROM audit_finding WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        sql.query(query, &[last.into(), BATCH.into()], &mut |row| {
            some.push((integer(row, 0)?, integer(row, 1)?, parse(row.text(2)?)?));
            Ok(ControlFlow::Continue(()))
        })?;
        let Some((seq, ..)) = some.last() else { return Ok(()) };
        last = *seq;
        for (seq, scope, finding) in some {
            visit(seq, scope, finding)?;
        }
    }
}

fn identity(check: &str, content: &FindingContent) -> String {
    link_id(&[check, &content.resource_key, &content.reason_code])
}

fn tracked(sql: &dyn Sql, scope: i64, id: &str) -> Result<Option<Tracked>, StoreError> {
    let mut found = None;
    let query = "SELECT body FROM tracked_finding WHERE scope = ?1 AND id = ?2";
    sql.query(query, &[scope.into(), id.into()], &mut |row| {
        found = Some(parse(row.text(0)?)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}

fn insert(sql: &dyn Sql, scope: i64, span: &FindingSpan) -> Result<(), StoreError> {
    let body = serde_json::to_string(span).map_err(|error| damaged(&error.to_string()))?;
    let mut parameters: Vec<Value> = vec![scope.into(), span.id.as_str().into(), body.into()];
    parameters.extend(span.columns());
    sql.execute(
        "INSERT INTO finding_span (scope, id, body, check_name, resource_key, first_run, until_run, changed_run, suppressed,
         latest, standing, digest, life, fixed_ms, gone_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
        &parameters,
    )
    .map(drop)
}

fn integer(row: &dyn Row, column: usize) -> Result<i64, StoreError> {
    match row.value(column)? {
        Value::Integer(integer) => Ok(integer),
        Value::Null | Value::Text(_) => Err(damaged("a number is missing")),
    }
}

fn parse<T: DeserializeOwned>(body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|error| damaged(&error.to_string()))
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt { what: "a record of audits".to_owned(), why: why.to_owned() }
}
