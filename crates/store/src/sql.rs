//! The seam to a database: what it must be able to do, and no more.
//!
//! Statements use the SQL that SQLite and PostgreSQL share; parameters are written `?1`, `?2`, ...

use std::ops::ControlFlow;

use crate::error::StoreError;
use crate::kind::{ColumnType, Value};

/// A connection inside a transaction.
pub trait Sql {
    /// Runs a statement and gives the number of rows that it changed.
    fn execute(&self, sql: &str, parameters: &[Value]) -> Result<usize, StoreError>;

    /// Runs a query and shows each row.
    fn query(&self, sql: &str, parameters: &[Value], each: &mut EachRow<'_>) -> Result<(), StoreError>;

    /// The text that this database declares a column with.
    fn column_type(&self, column_type: ColumnType) -> &'static str;

    /// The text that declares the column of the order of insertion.
    fn sequence_type(&self) -> &'static str;

    /// What ends the declaration of a table that is kept in the order of its primary key, where a database can do that.
    fn clustered(&self) -> &'static str;
}

/// Looks at a row and says whether to go on.
pub type EachRow<'a> = dyn FnMut(&dyn Row) -> Result<ControlFlow<()>, StoreError> + 'a;

/// A row of a result.
pub trait Row {
    /// The value in a column, counted from 0.
    fn value(&self, column: usize) -> Result<Value, StoreError>;

    /// The text in a column, without copying it.
    fn text(&self, column: usize) -> Result<&str, StoreError>;
}

/// A database.
pub trait Backend: Send + Sync {
    /// Shows one moment of the database.
    fn read(&self, work: &mut dyn FnMut(&dyn Sql)) -> Result<(), StoreError>;

    /// The connection that writes. There is one.
    fn writer(&self) -> Result<Box<dyn WriteConnection>, StoreError>;
}

/// The connection that writes.
pub trait WriteConnection: Send {
    /// Begins a transaction.
    fn begin(&self) -> Result<(), StoreError>;
    /// Makes it durable.
    fn commit(&self) -> Result<(), StoreError>;
    /// Undoes the transaction.
    fn rollback(&self) -> Result<(), StoreError>;
    /// Begins a part of the transaction that can be undone by itself.
    fn begin_part(&self) -> Result<(), StoreError>;
    /// Keeps the part.
    fn keep_part(&self) -> Result<(), StoreError>;
    /// Undoes the part.
    fn undo_part(&self) -> Result<(), StoreError>;
    /// As a connection for statements.
    fn as_sql(&self) -> &dyn Sql;
}

/// The first value of the first row.
pub fn one(sql: &dyn Sql, statement: &str, parameters: &[Value]) -> Result<Option<Value>, StoreError> {
    let mut found = None;
    sql.query(statement, parameters, &mut |row| {
        found = Some(row.value(0)?);
        Ok(ControlFlow::Break(()))
    })?;
    Ok(found)
}
