//! What can go wrong in the store, without words of HTTP or AWS.

use std::sync::Arc;

/// Why the store did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such record.
    #[error("no {kind} `{id}`")]
    NotFound {
        /// The record's table.
        kind: &'static str,
        /// The record's id.
        id: String,
    },
    /// There is such a record already.
    #[error("{kind} `{id}` exists already")]
    AlreadyExists {
        /// The record's table.
        kind: &'static str,
        /// The record's id.
        id: String,
    },
    /// More writes are waiting than the queue holds. Try again.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The store is closing, or a write did not come to its end.
    #[error("the store has stopped")]
    Stopped,
    /// What is stored cannot be read: damaged, or written by something else.
    #[error("{what} is damaged: {why}")]
    Corrupt {
        /// Which part.
        what: String,
        /// How it shows.
        why: String,
    },
    /// The folder was written by a newer version of this program.
    #[error("the store has version {found}, this program knows versions up to {known}: use a newer program")]
    TooNew {
        /// The version in the folder.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The database said no.
    #[error("{what}: {source}")]
    Database {
        /// What was being done.
        what: &'static str,
        /// The database's own words.
        source: Arc<rusqlite::Error>,
    },
    /// The system said no.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// The system's own words.
        source: Arc<std::io::Error>,
    },
}

impl StoreError {
    /// Whether the same call may succeed a moment later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Overloaded => true,
            Self::NotFound { .. }
            | Self::AlreadyExists { .. }
            | Self::Stopped
            | Self::Corrupt { .. }
            | Self::TooNew { .. }
            | Self::Database { .. }
            | Self::Io { .. } => false,
        }
    }

    pub(crate) fn database(what: &'static str) -> impl FnOnce(rusqlite::Error) -> Self {
        move |source| Self::Database { what, source: Arc::new(source) }
    }
}
