//! A verdict belongs to a version of a policy, and has columns to find it by.
//!
//! In version 1 there was one for each policy that an audit had seen. Here every version gets one that nobody has worked out
//! yet; the server does so at its start.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::json;

use crate::error::StoreError;
use crate::kind::Value;
use crate::sql::{Row, Sql};

pub(super) fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    let table = format!(
        "CREATE TABLE policy_verdict (seq {}, scope INTEGER NOT NULL, id TEXT NOT NULL, policy TEXT,
         in_force INTEGER, flaws INTEGER, revision INTEGER, body TEXT NOT NULL, UNIQUE (scope, id))",
        sql.sequence_type()
    );
    sql.execute("DROP TABLE policy_verdict", &[])?;
    sql.execute(&table, &[])?;
    let mut in_force = HashMap::new();
    sql.query("SELECT scope, id, body FROM policy", &[], &mut |row| {
        in_force.insert((integer(row, 0)?, row.text(1)?.to_owned()), default_version(row.text(2)?)?);
        Ok(ControlFlow::Continue(()))
    })?;
    let mut versions = vec![];
    sql.query("SELECT scope, id, policy, version FROM policy_version ORDER BY seq", &[], &mut |row| {
        let policy = (integer(row, 0)?, row.text(2)?.to_owned());
        versions.push((row.text(1)?.to_owned(), policy, integer(row, 3)?));
        Ok(ControlFlow::Continue(()))
    })?;
    for (id, policy, version) in versions {
        let in_force = in_force.get(&policy) == Some(&version);
        let (scope, policy) = policy;
        let flaws = json!({"revision": 0});
        let body = json!({"policy": policy, "version": version, "in_force": in_force, "flaws": flaws});
        sql.execute(
            "INSERT INTO policy_verdict (scope, id, policy, in_force, flaws, revision, body)
             VALUES (?1, ?2, ?3, ?4, 0, 0, ?5)",
            &[scope.into(), id.into(), policy.into(), in_force.into(), body.to_string().into()],
        )?;
    }
    Ok(())
}

fn integer(row: &dyn Row, column: usize) -> Result<i64, StoreError> {
    match row.value(column)? {
        Value::Integer(integer) => Ok(integer),
        Value::Null | Value::Text(_) => Err(damaged("a number is missing")),
    }
}

fn default_version(body: &str) -> Result<i64, StoreError> {
    let policy: serde_json::Value =
        serde_json::from_str(body).map_err(|error| damaged(&error.to_string()))?;
    policy.get("default_version").and_then(serde_json::Value::as_i64).ok_or_else(|| damaged("no version"))
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt { what: "a policy".to_owned(), why: why.to_owned() }
}
