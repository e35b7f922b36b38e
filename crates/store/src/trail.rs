//! The audit trail: who changed what, when, by which request, from what to what. Entries are added, never changed, and
//! removed only when they are older than somebody wants to keep them.

use std::fmt::Write;
use std::ops::ControlFlow;

use serde::Serialize;
use serde_json::Value as Json;

use crate::error::StoreError;
use crate::kind::{ColumnType, Value};
use crate::scope::Scope;
use crate::sql::{Row, Sql};

/// Who changes something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// The ARN of the principal, or the name of the server's own job.
    pub principal: String,
    /// What is being done, for example `iot:CreateThing`.
    pub operation: String,
    /// The request's id.
    pub request_id: String,
    /// Where the request came from; none for the server's own jobs.
    pub source_ip: Option<String>,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// One entry.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TrailEntry {
    /// Its number. Grows.
    pub seq: i64,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
    /// The ARN of the principal, or the name of the server's own job.
    pub principal: String,
    /// What was being done.
    pub operation: String,
    /// The request's id.
    pub request_id: String,
    /// Where the request came from.
    pub source_ip: Option<String>,
    /// The kind of record.
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// What it was; none when it is new.
    pub before: Option<Json>,
    /// What it is; none when it is gone.
    pub after: Option<Json>,
}

/// Which entries.
#[derive(Clone, Debug, Default)]
pub struct TrailQuery<'a> {
    /// Of this kind of record.
    pub kind: Option<&'a str>,
    /// Of the record with this id.
    pub id: Option<&'a str>,
    /// By this principal.
    pub principal: Option<&'a str>,
    /// Of this request.
    pub request_id: Option<&'a str>,
    /// Not before, in milliseconds since 1970.
    pub from_ms: Option<i64>,
    /// Before, in milliseconds since 1970.
    pub to_ms: Option<i64>,
    /// With a smaller number, for the next page.
    pub before_seq: Option<i64>,
    /// At most so many.
    pub limit: usize,
}

/// That a record was made, changed or removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Touched {
    /// The number of the trail's entry. Grows.
    pub seq: i64,
    /// Whose record.
    pub scope: Scope,
    /// The kind of record: its table.
    pub kind: String,
    /// The record's id.
    pub id: String,
}

pub(crate) struct Change<'a> {
    pub kind: &'static str,
    pub id: &'a str,
    pub before: Option<Json>,
    pub after: Option<Json>,
}

/// The statements that make the trail's table, each where it is absent.
pub(crate) fn create(dialect: &dyn Sql) -> Vec<String> {
    let (sequence, integer, text) = (
        dialect.sequence_type(),
        dialect.column_type(ColumnType::Integer),
        dialect.column_type(ColumnType::Text),
    );
    vec![
        format!(
            "CREATE TABLE IF NOT EXISTS trail (seq {sequence}, scope {integer} NOT NULL, at_ms {integer} NOT NULL,
             principal {text} NOT NULL, operation {text} NOT NULL, request_id {text} NOT NULL, source_ip {text},
             kind {text} NOT NULL, id {text} NOT NULL, before {text}, after {text})"
        ),
        "CREATE INDEX IF NOT EXISTS trail_by_record ON trail (scope, kind, id, seq)".to_owned(),
        "CREATE INDEX IF NOT EXISTS trail_by_time ON trail (scope, at_ms, seq)".to_owned(),
    ]
}

pub(crate) fn append(
    sql: &dyn Sql,
    scope: i64,
    actor: &Actor,
    change: &Change<'_>,
) -> Result<(), StoreError> {
    let text = |json: &Option<Json>| Value::from(json.as_ref().map(ToString::to_string));
    let parameters = [
        Value::Integer(scope),
        Value::Integer(actor.at_ms),
        Value::from(actor.principal.as_str()),
        Value::from(actor.operation.as_str()),
        Value::from(actor.request_id.as_str()),
        Value::from(actor.source_ip.as_deref()),
        Value::from(change.kind),
        Value::from(change.id),
        text(&change.before),
        text(&change.after),
    ];
    let statement = "INSERT INTO trail (scope, at_ms, principal, operation, request_id, source_ip, kind, id, before, after)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    sql.execute(statement, &parameters).map(drop)
}

/// Removes the oldest entries from before a time, at most `limit` of them; says how many.
pub(crate) fn forget(sql: &dyn Sql, scope: i64, before_ms: i64, limit: i64) -> Result<usize, StoreError> {
    let statement = "DELETE FROM trail WHERE seq IN
        (SELECT seq FROM trail WHERE scope = ?1 AND at_ms < ?2 ORDER BY at_ms, seq LIMIT ?3)";
    sql.execute(statement, &[Value::Integer(scope), Value::Integer(before_ms), Value::Integer(limit)])
}

pub(crate) fn read(sql: &dyn Sql, scope: i64, query: &TrailQuery<'_>) -> Result<Vec<TrailEntry>, StoreError> {
    let mut statement =
        "SELECT seq, at_ms, principal, operation, request_id, source_ip, kind, id, before, after
        FROM trail WHERE scope = ?1"
            .to_owned();
    let mut parameters = vec![Value::Integer(scope)];
    let conditions: [(&str, Option<Value>); 7] = [
        ("kind =", query.kind.map(Value::from)),
        ("id =", query.id.map(Value::from)),
        ("principal =", query.principal.map(Value::from)),
        ("request_id =", query.request_id.map(Value::from)),
        ("at_ms >=", query.from_ms.map(Value::from)),
        ("at_ms <", query.to_ms.map(Value::from)),
        ("seq <", query.before_seq.map(Value::from)),
    ];
    for (condition, value) in conditions {
        if let Some(value) = value {
            parameters.push(value);
            let _ = write!(statement, " AND {condition} ?{}", parameters.len());
        }
    }
    statement.push_str(" ORDER BY seq DESC");
    if let Ok(limit) = i64::try_from(query.limit) {
        parameters.push(Value::Integer(limit));
        let _ = write!(statement, " LIMIT ?{}", parameters.len());
    }
    let mut entries = vec![];
    sql.query(&statement, &parameters, &mut |row| {
        entries.push(entry(row)?);
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(entries)
}

/// What the trail says of all accounts and regions after an entry, oldest first, at most `limit`.
pub(crate) fn touched_after(sql: &dyn Sql, seq: i64, limit: usize) -> Result<Vec<Touched>, StoreError> {
    let statement = "SELECT trail.seq, scope.account, scope.region, trail.kind, trail.id
        FROM trail JOIN scope ON scope.number = trail.scope WHERE trail.seq > ?1 ORDER BY trail.seq LIMIT ?2";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = vec![];
    sql.query(statement, &[Value::Integer(seq), Value::Integer(limit)], &mut |row| {
        let Value::Integer(seq) = row.value(0)? else { return Err(damaged("a number is missing")) };
        let scope = Scope::new(row.text(1)?, row.text(2)?);
        found.push(Touched { seq, scope, kind: row.text(3)?.to_owned(), id: row.text(4)?.to_owned() });
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(found)
}

/// The number of the newest entry; 0 when there is none.
pub(crate) fn newest(sql: &dyn Sql) -> Result<i64, StoreError> {
    match crate::sql::one(sql, "SELECT MAX(seq) FROM trail", &[])? {
        Some(Value::Integer(seq)) => Ok(seq),
        _ => Ok(0),
    }
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt { what: "the audit trail".to_owned(), why: why.to_owned() }
}

fn entry(row: &dyn Row) -> Result<TrailEntry, StoreError> {
    let integer = |column| match row.value(column)? {
        Value::Integer(integer) => Ok(integer),
        _ => Err(damaged("a number is missing")),
    };
    let optional = |column| match row.value(column)? {
        Value::Text(text) => Ok(Some(text)),
        _ => Ok::<_, StoreError>(None),
    };
    let json = |column| match optional(column)? {
        None => Ok(None),
        Some(text) => serde_json::from_str(&text).map(Some).map_err(|error| damaged(&error.to_string())),
    };
    let text = |column| row.text(column).map(str::to_owned);
    Ok(TrailEntry {
        seq: integer(0)?,
        at_ms: integer(1)?,
        principal: text(2)?,
        operation: text(3)?,
        request_id: text(4)?,
        source_ip: optional(5)?,
        kind: text(6)?,
        id: text(7)?,
        before: json(8)?,
        after: json(9)?,
    })
}
