//! SQLite in one file, with a write-ahead log: one writer, many readers, each commit on disk before it is answered.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::hooks::Wal;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OpenFlags};

use crate::error::StoreError;
use crate::kind::{ColumnType, Value};
use crate::sql::{Backend, EachRow, Row, Sql, WriteConnection};

/// Prepared statements kept by a connection: more than there are different statements.
const STATEMENTS_MAX: usize = 512;
/// Connections that wait for the next reader; more are opened and closed as needed.
const IDLE_READERS_MAX: usize = 16;

/// Pages that the log grows by until a checkpoint is tried: 16 MiB.
const CHECKPOINT_PAGES: i32 = 4000;

/// A database file.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    readers: Arc<Readers>,
}

/// Connections that wait for the next reader. Each keeps the moment that it saw last, for as long as nothing is committed:
/// taking and giving back a moment costs as much as finding a record.
#[derive(Debug, Default)]
struct Readers {
    idle: Mutex<Vec<ReadConnection>>,
    /// Commits so far.
    commits: AtomicU64,
}

#[derive(Debug)]
struct ReadConnection {
    connection: Connection,
    /// How many commits there were when its transaction began, if it is in one.
    begun: Option<u64>,
}

/// The connection that writes.
struct Writer {
    connection: Connection,
    readers: Arc<Readers>,
}

impl Sqlite {
    /// A database in this file, which is made when it is not there.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), readers: Arc::default() }
    }

    fn open(&self, flags: OpenFlags) -> Result<Connection, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)
            .map_err(StoreError::database("opening the database"))?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        let settings =
            "PRAGMA busy_timeout = 10000; PRAGMA mmap_size = 1073741824; PRAGMA cache_size = -16384;
            PRAGMA temp_store = MEMORY;";
        connection.execute_batch(settings).map_err(StoreError::database("setting up a connection"))?;
        // Otherwise SQLite looks at values of parameters when it plans, and prepares a statement anew for each other value.
        connection
            .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(StoreError::database("setting up a connection"))?;
        Ok(connection)
    }
}

impl Readers {
    fn idle(&self) -> MutexGuard<'_, Vec<ReadConnection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn commits(&self) -> u64 {
        self.commits.load(Ordering::Acquire)
    }

    /// What was committed is what the next reader sees; and nobody who is not reading keeps the log from beginning again.
    fn committed(&self) {
        self.commits.fetch_add(1, Ordering::Release);
        // A connection that cannot end its transaction is of no use any more.
        self.idle().retain_mut(|reader| reader.end().is_ok());
    }
}

impl ReadConnection {
    /// Sees everything that was committed before this moment.
    fn begin(&mut self, commits: u64) -> Result<(), StoreError> {
        if self.begun == Some(commits) {
            return Ok(());
        }
        self.end()?;
        Sql::execute(&self.connection, "BEGIN", &[])?;
        self.begun = Some(commits);
        Ok(())
    }

    fn end(&mut self) -> Result<(), StoreError> {
        if self.begun.take().is_some() {
            Sql::execute(&self.connection, "COMMIT", &[])?;
        }
        Ok(())
    }
}

/// Whether it is time to move the log's pages into the database. SQLite itself, past its limit, tries at each commit and goes
/// through the whole log for it, also while a long read makes that useless; so here each try waits for as many pages again.
/// `tried` is the length of the log at the last try.
fn is_checkpoint_due(tried: &mut i32, pages: i32) -> bool {
    if pages < *tried {
        // The log has begun again.
        *tried = 0;
    }
    let is_due = pages.saturating_sub(*tried) >= CHECKPOINT_PAGES;
    if is_due {
        *tried = pages;
    }
    is_due
}

impl Backend for Sqlite {
    fn read(&self, work: &mut dyn FnMut(&dyn Sql)) -> Result<(), StoreError> {
        let idle = self.readers.idle().pop();
        let mut reader = match idle {
            Some(reader) => reader,
            None => ReadConnection { connection: self.open(OpenFlags::SQLITE_OPEN_READ_ONLY)?, begun: None },
        };
        reader.begin(self.readers.commits())?;
        // Should `work` panic, the connection is closed, and with it the transaction.
        work(&reader.connection);
        if reader.begun != Some(self.readers.commits()) {
            reader.end()?;
        }
        let mut idle = self.readers.idle();
        if idle.len() < IDLE_READERS_MAX {
            idle.push(reader);
        }
        Ok(())
    }

    fn writer(&self) -> Result<Box<dyn WriteConnection>, StoreError> {
        let mut connection = self.open(OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE)?;
        // FULL: the log is flushed at each commit, so an acknowledged write outlives a power cut, not just a crash.
        let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
            PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;";
        connection.execute_batch(settings).map_err(StoreError::database("setting up the writer"))?;
        let mut tried = 0;
        let checkpoint = move |log: &mut Wal, pages| {
            if is_checkpoint_due(&mut tried, pages)
                && let Err(error) = log.checkpoint()
            {
                tracing::warn!(%error, "the log stays as long as it is for now");
            }
            Ok(())
        };
        connection.wal_hook(Some(checkpoint)).map_err(StoreError::database("setting up the writer"))?;
        Ok(Box::new(Writer { connection, readers: Arc::clone(&self.readers) }))
    }
}

impl Sql for Connection {
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<usize, StoreError> {
        let mut statement =
            self.prepare_cached(sql).map_err(StoreError::database("preparing a statement"))?;
        statement
            .execute(rusqlite::params_from_iter(parameters))
            .map_err(StoreError::database("running a statement"))
    }

    fn query(&self, sql: &str, parameters: &[Value], each: &mut EachRow<'_>) -> Result<(), StoreError> {
        let mut statement = self.prepare_cached(sql).map_err(StoreError::database("preparing a query"))?;
        let mut rows = statement
            .query(rusqlite::params_from_iter(parameters))
            .map_err(StoreError::database("running a query"))?;
        while let Some(row) = rows.next().map_err(StoreError::database("reading a row"))? {
            if each(row)? == ControlFlow::Break(()) {
                break;
            }
        }
        Ok(())
    }

    fn column_type(&self, column_type: ColumnType) -> &'static str {
        match column_type {
            ColumnType::Integer => "INTEGER",
            ColumnType::Text => "TEXT",
        }
    }

    fn sequence_type(&self) -> &'static str {
        // AUTOINCREMENT: a number is never given twice, so a listing never meets an old place again.
        "INTEGER PRIMARY KEY AUTOINCREMENT"
    }

    fn clustered(&self) -> &'static str {
        " WITHOUT ROWID"
    }
}

impl Writer {
    fn run(&self, sql: &str) -> Result<(), StoreError> {
        Sql::execute(&self.connection, sql, &[]).map(drop)
    }
}

impl WriteConnection for Writer {
    fn begin(&self) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE")
    }

    fn commit(&self) -> Result<(), StoreError> {
        self.run("COMMIT")?;
        self.readers.committed();
        Ok(())
    }

    fn rollback(&self) -> Result<(), StoreError> {
        self.run("ROLLBACK")
    }

    fn begin_part(&self) -> Result<(), StoreError> {
        self.run("SAVEPOINT part")
    }

    fn keep_part(&self) -> Result<(), StoreError> {
        self.run("RELEASE part")
    }

    fn undo_part(&self) -> Result<(), StoreError> {
        self.run("ROLLBACK TO part")?;
        self.run("RELEASE part")
    }

    fn as_sql(&self) -> &dyn Sql {
        &self.connection
    }
}

impl Row for rusqlite::Row<'_> {
    fn value(&self, column: usize) -> Result<Value, StoreError> {
        match self.get_ref(column).map_err(StoreError::database("reading a column"))? {
            ValueRef::Null => Ok(Value::Null),
            ValueRef::Integer(integer) => Ok(Value::Integer(integer)),
            ValueRef::Text(text) => Ok(Value::Text(utf8(text)?.to_owned())),
            ValueRef::Real(_) | ValueRef::Blob(_) => {
                Err(damaged("a column has a type that none is declared with"))
            }
        }
    }

    fn text(&self, column: usize) -> Result<&str, StoreError> {
        match self.get_ref(column).map_err(StoreError::database("reading a column"))? {
            ValueRef::Text(text) => utf8(text),
            _ => Err(damaged("a column is not text")),
        }
    }
}

fn utf8(bytes: &[u8]) -> Result<&str, StoreError> {
    std::str::from_utf8(bytes).map_err(|_| damaged("a text is not UTF-8"))
}

fn damaged(why: &str) -> StoreError {
    StoreError::Corrupt { what: "the database".to_owned(), why: why.to_owned() }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(integer) => ValueRef::Integer(*integer),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
        }))
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn count(sqlite: &Sqlite) -> Option<Value> {
        let mut found = None;
        sqlite.read(&mut |sql| found = crate::sql::one(sql, "SELECT count(*) FROM t", &[]).unwrap()).unwrap();
        found
    }

    #[test]
    fn an_idle_reader_keeps_its_moment_until_the_next_commit_and_no_longer() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::new(&folder.path().join("db"));
        let writer = sqlite.writer().unwrap();
        writer.as_sql().execute("CREATE TABLE t (a INTEGER)", &[]).unwrap();
        assert_eq!(count(&sqlite), Some(Value::Integer(0)));
        assert!(sqlite.readers.idle().iter().all(|reader| reader.begun.is_some()));
        for expected in 1..4 {
            writer.begin().unwrap();
            writer.as_sql().execute("INSERT INTO t VALUES (1)", &[]).unwrap();
            assert_eq!(count(&sqlite), Some(Value::Integer(expected - 1)), "not committed yet");
            writer.commit().unwrap();
            assert!(sqlite.readers.idle().iter().all(|reader| reader.begun.is_none()));
            assert_eq!(count(&sqlite), Some(Value::Integer(expected)));
            assert_eq!(count(&sqlite), Some(Value::Integer(expected)));
        }
    }

    #[test]
    fn a_statement_is_prepared_once_whatever_its_parameters_are() {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::new(&folder.path().join("db"));
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let connection = sqlite.open(flags).unwrap();
        let table = "CREATE TABLE t (a INTEGER, b INTEGER); CREATE INDEX t_by_b ON t (b) WHERE a <> 0;
            INSERT INTO t VALUES (1, 1), (1, 2), (0, 3)";
        connection.execute_batch(table).unwrap();
        let mut statement = connection.prepare("SELECT b FROM t WHERE a <> 0 AND b >= ?1 LIMIT ?2").unwrap();
        for values in [[1, 5], [2, 5], [2, 1], [0, 2]] {
            let rows = statement.query_map(values, |row| row.get::<_, i64>(0)).unwrap();
            assert!(rows.map(Result::unwrap).count() > 0);
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn a_checkpoint_that_did_not_help_is_not_tried_again_at_once() {
        let mut tried = 0;
        let mut due = |pages| is_checkpoint_due(&mut tried, pages);
        assert!(!due(3999) && due(4000));
        assert!(!due(4010) && !due(7999) && due(8000));
        // The log began again, and has its usual room.
        assert!(!due(5) && !due(3999) && due(4005));
    }
}
