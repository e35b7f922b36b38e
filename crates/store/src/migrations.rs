//! From an empty folder, or from what an older version wrote, to what this version reads.
//!
//! An older store goes through the steps that it has not seen, one after another. Then what is absent is made from the kinds
//! of records as they are: everything in an empty folder, the tables of new kinds elsewhere. So a new kind needs no step; a
//! step is what a new column or index of an old kind needs. All of it is one transaction, and the table `version` says how
//! far a store is.

use crate::error::StoreError;
use crate::kind::Value;
use crate::sql::{self, Sql};
use crate::{records, statements, trail};

mod version_2;
mod version_3;
mod version_4;
mod version_5;

/// A step from one version to the next.
struct Migration {
    /// The version that it leads to.
    version: i64,
    /// What it does, for the log.
    what: &'static str,
    run: fn(&dyn Sql) -> Result<(), StoreError>,
}

/// Steps from the first released version on, in order.
const MIGRATIONS: &[Migration] = &[
    Migration {
        version: 2,
        what: "versions of policies get verdicts, RSA keys their lengths",
        run: version_2::run,
    },
    Migration { version: 3, what: "indexes of dates hold the ids of certificates", run: version_3::run },
    Migration {
        version: 4,
        what: "connections are counted by client id and certificate",
        run: version_4::run,
    },
    Migration {
        version: 5,
        what: "findings are kept for as long as they stand, and not by each audit",
        run: version_5::run,
    },
    Migration {
        version: 6,
        what: "lengths of names are kept, so that whoever looks knows them",
        // The table is made with everything else that is absent; without it nobody could look.
        run: |_| Ok(()),
    },
];

/// The version of the first release.
const FIRST_VERSION: i64 = 1;

/// Brings the database to the newest version.
pub fn run(sql: &dyn Sql) -> Result<(), StoreError> {
    let newest = newest();
    sql.execute("CREATE TABLE IF NOT EXISTS version (version INTEGER NOT NULL)", &[])?;
    match sql::one(sql, "SELECT max(version) FROM version", &[])? {
        Some(Value::Integer(found)) if found > newest => Err(StoreError::TooNew { found, known: newest }),
        Some(Value::Integer(found)) => {
            for migration in MIGRATIONS.iter().filter(|migration| migration.version > found) {
                tracing::info!(version = migration.version, what = migration.what, "migrating the store");
                (migration.run)(sql)?;
                reached(sql, migration.version)?;
            }
            create_absent(sql)
        }
        _ => {
            create_absent(sql)?;
            reached(sql, newest)
        }
    }
}

/// Whether the database has the version that this program writes.
pub fn is_current(sql: &dyn Sql) -> Result<(), StoreError> {
    let newest = newest();
    let found = match sql::one(sql, "SELECT max(version) FROM version", &[])? {
        Some(Value::Integer(found)) => found,
        _ => 0,
    };
    if found > newest {
        return Err(StoreError::TooNew { found, known: newest });
    }
    if found < newest {
        let why = format!("it has version {found}, not {newest}: start this version's server on it once");
        return Err(StoreError::Corrupt { what: "the store".to_owned(), why });
    }
    Ok(())
}

fn newest() -> i64 {
    MIGRATIONS.last().map_or(FIRST_VERSION, |last| last.version)
}

/// Makes the tables and indexes that are not there.
fn create_absent(sql: &dyn Sql) -> Result<(), StoreError> {
    let scope = format!(
        "CREATE TABLE IF NOT EXISTS scope (number {}, account TEXT NOT NULL, region TEXT NOT NULL, UNIQUE (account, region))",
        sql.sequence_type()
    );
    let tables = records::kinds().flat_map(|kind| statements::create(kind, sql));
    for statement in std::iter::once(scope).chain(trail::create(sql)).chain(tables) {
        sql.execute(&statement, &[])?;
    }
    Ok(())
}

fn reached(sql: &dyn Sql, version: i64) -> Result<(), StoreError> {
    sql.execute("INSERT INTO version (version) VALUES (?1)", &[Value::Integer(version)]).map(drop)
}

#[cfg(test)]
mod tests;
