//! What remembers: records in transactions, consistent pictures for readers, migrations, the audit trail.
//!
//! Every kind of record has a table: its place in the order of insertion, the account and region it belongs to, its id,
//! the columns that it is looked up by, and the record itself as JSON. A record's struct says all of that ([`Record`]);
//! the SQL is made from it, in `statements.rs` and nowhere else, in the part of the language that SQLite and
//! PostgreSQL share. What is special to a database is behind [`sql::Backend`].
//!
//! There is one writer and any number of readers. Writes that come together are committed together, and each is answered
//! after the commit that makes it durable. A reader sees one moment of the store and blocks nobody.
//!
//! Whatever changes a record leaves an entry in the audit trail, in the same transaction.

mod error;
mod kind;
mod migrations;
mod query;
mod read_only;
mod reader;
mod record;
pub mod records;
mod scope;
mod sql;
mod sqlite;
mod statements;
mod store;
mod trail;
mod writer;
mod writer_thread;

pub use error::StoreError;
pub use kind::{Column, ColumnType, Index, Kind, Value};
pub use query::{Cursor, Filter, Order, Page, Query};
pub use read_only::ReadOnly;
pub use reader::{Body, Reader};
pub use record::{Record, link_id, link_parts};
pub use scope::Scope;
pub use store::{DATABASE_FILE, Options, Store};
pub use trail::{Actor, Touched, TrailEntry, TrailQuery};
pub use writer::{Change, Writer};

#[cfg(test)]
mod tests;
