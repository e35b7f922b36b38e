//! Verdicts on versions of policies, and certificates with RSA keys, have columns to find them by.
//!
//! In version 1 there was a verdict for each policy that an audit had seen. Here every version gets one that nobody has
//! worked out yet; the server does so at its start.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde_json::{Value as Json, json};
use thingwarden_engine::pki::pem::{PemBlocks, PemContent};
use thingwarden_engine::pki::{Certificate, KeyKind};

use crate::error::StoreError;
use crate::kind::Value;
use crate::sql::{Row, Sql};

/// Certificates that are in memory at a time.
const BATCH: i64 = 1000;

pub(super) fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    verdicts(sql)?;
    rsa_keys(sql)
}

fn verdicts(sql: &dyn Sql) -> Result<(), StoreError> {
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

fn rsa_keys(sql: &dyn Sql) -> Result<(), StoreError> {
    sql.execute("ALTER TABLE certificate ADD COLUMN rsa_bits INTEGER", &[])?;
    let mut last = 0;
    loop {
        let (mut seen, mut found) = (0, vec![]);
        let query = "SELECT seq, body FROM certificate WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        sql.query(query, &[last.into(), BATCH.into()], &mut |row| {
            (seen, last) = (seen + 1, integer(row, 0)?);
            found.extend(with_rsa_bits(row.text(1)?)?.map(|(bits, body)| (last, bits, body)));
            Ok(ControlFlow::Continue(()))
        })?;
        for (seq, bits, body) in found {
            let update = "UPDATE certificate SET rsa_bits = ?1, body = ?2 WHERE seq = ?3";
            sql.execute(update, &[bits.into(), body.into(), seq.into()])?;
        }
        if seen < BATCH {
            // Nothing in the column of those that are left is as good as 0, and quicker than to write them all.
            return Ok(());
        }
    }
}

/// The length of a certificate's RSA key, and the record with it; none when its key is of another kind.
fn with_rsa_bits(body: &str) -> Result<Option<(i64, String)>, StoreError> {
    let mut record: Json = serde_json::from_str(body).map_err(|error| damaged(&error.to_string()))?;
    let pem = record.get("pem").and_then(Json::as_str).unwrap_or_default();
    let certificate = PemBlocks::new(pem.as_bytes())
        .filter_map(Result::ok)
        .find(|block| block.content() == PemContent::Certificate)
        .and_then(|block| Certificate::parse(&block.der).ok());
    let Some(KeyKind::Rsa { bits }) = certificate.map(|certificate| certificate.public_key.kind()) else {
        return Ok(None);
    };
    let facts = record.get_mut("facts").and_then(Json::as_object_mut);
    facts.ok_or_else(|| damaged("no facts"))?.insert("rsa_bits".to_owned(), bits.into());
    Ok(Some((bits.into(), record.to_string())))
}

fn integer(row: &dyn Row, column: usize) -> Result<i64, StoreError> {
    match row.value(column)? {
        Value::Integer(integer) => Ok(integer),
        Value::Null | Value::Text(_) => Err(damaged("a number is missing")),
    }
}

fn default_version(body: &str) -> Result<i64, StoreError> {
    let policy: Json = serde_json::from_str(body).map_err(|error| damaged(&error.to_string()))?;
    policy.get("default_version").and_then(Json::as_i64).ok_or_else(|| damaged("no version"))
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt { what: "a record of version 1".to_owned(), why: why.to_owned() }
}
