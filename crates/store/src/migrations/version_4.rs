//! Connections have columns to find those of a certificate and the displaced ones by, and are counted by client id and by
//! certificate, so that audits need not read all of them.

use std::ops::ControlFlow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::kind::Value;
use crate::record::Record;
use crate::records::{CertificateConnections, ClientConnections, ConnectionKind, StoredConnection};
use crate::sql::{Row, Sql};

/// Connections that are in memory at a time.
const BATCH: i64 = 1000;

pub(super) fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    sql.execute("ALTER TABLE connection_event ADD COLUMN certificate INTEGER", &[])?;
    sql.execute("ALTER TABLE connection_event ADD COLUMN displaced INTEGER", &[])?;
    for (table, columns) in [
        ("client_connections", "last_ms INTEGER, open INTEGER"),
        ("certificate_connections", "connected_ms INTEGER, several_ms INTEGER"),
    ] {
        let table = format!(
            "CREATE TABLE {table} (seq {}, scope INTEGER NOT NULL, id TEXT NOT NULL, {columns}, body TEXT NOT NULL,
             UNIQUE (scope, id))",
            sql.sequence_type()
        );
        sql.execute(&table, &[])?;
    }
    let mut last = 0;
    loop {
        let mut events: Vec<(i64, i64, StoredConnection)> = vec![];
        let query = "SELECT seq, scope, body FROM connection_event WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        sql.query(query, &[last.into(), BATCH.into()], &mut |row| {
            events.push((integer(row, 0)?, integer(row, 1)?, parse(row.text(2)?)?));
            Ok(ControlFlow::Continue(()))
        })?;
        let Some((seq, ..)) = events.last() else { return Ok(()) };
        last = *seq;
        events.iter().try_for_each(|(seq, scope, event)| count(sql, *seq, *scope, event))?;
    }
}

fn count(sql: &dyn Sql, seq: i64, scope: i64, event: &StoredConnection) -> Result<(), StoreError> {
    let certificate = event.certificate();
    sql.execute(
        "UPDATE connection_event SET certificate = ?1, displaced = ?2 WHERE seq = ?3",
        &[
            certificate.map_or(0, |certificate| StoredConnection::number(&certificate)).into(),
            (event.kind == ConnectionKind::Displaced).into(),
            seq.into(),
        ],
    )?;
    change(sql, scope, &event.client_id, |before| ClientConnections::after(before, event))?;
    match certificate {
        Some(certificate) if event.kind == ConnectionKind::Connected => {
            let after = |before| CertificateConnections::after(before, certificate, event);
            change(sql, scope, &certificate.to_string(), after)
        }
        _ => Ok(()),
    }
}

/// Puts a record in the place of the one with its id, if there is one.
fn change<T: Record + DeserializeOwned + Serialize>(
    sql: &dyn Sql,
    scope: i64,
    id: &str,
    after: impl Fn(Option<T>) -> T,
) -> Result<(), StoreError> {
    let mut before = None;
    let table = T::KIND.table;
    let query = format!("SELECT body FROM {table} WHERE scope = ?1 AND id = ?2");
    sql.query(&query, &[scope.into(), id.into()], &mut |row| {
        before = Some(parse(row.text(0)?)?);
        Ok(ControlFlow::Break(()))
    })?;
    let after = after(before);
    let body = serde_json::to_string(&after).map_err(|error| damaged(&error.to_string()))?;
    let names: Vec<&str> = T::KIND.columns.iter().map(|column| column.name).collect();
    let [first, second] = names.as_slice() else { return Err(damaged("columns")) };
    let statement = format!(
        "INSERT INTO {table} (scope, id, {first}, {second}, body) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (scope, id) DO UPDATE SET {first} = excluded.{first}, {second} = excluded.{second}, body = excluded.body"
    );
    let mut parameters = vec![scope.into(), id.into()];
    parameters.extend(after.columns());
    parameters.push(body.into());
    sql.execute(&statement, &parameters).map(drop)
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
    StoreError::Corrupt { what: "a connection".to_owned(), why: why.to_owned() }
}
