//! What the commands that look into a server's folder share. They read beside a server that is running.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{AuditTag, AuditTask};
use thingwarden_store::{DATABASE_FILE, Options, ReadOnly, Reader, Scope, StoreError};

/// Which folder, account and region.
#[derive(Debug, clap::Args)]
pub(super) struct StoredArgs {
    /// Folder of the server; it may be running
    #[arg(long, value_name = "DIR", default_value = "./thingwarden-data")]
    data: PathBuf,
    /// Only of this account
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Only of this region
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TableFormat {
    /// For people
    Table,
    /// One JSON object per line
    Json,
}

impl StoredArgs {
    /// Opens the store for looking.
    pub(super) fn open(&self) -> anyhow::Result<ReadOnly> {
        open(&self.data)
    }

    /// The accounts and regions that are meant.
    pub(super) fn scopes(&self, store: &ReadOnly) -> anyhow::Result<Vec<Scope>> {
        let mut scopes = store.read(&Scope::new("", ""), |store| store.scopes())?;
        scopes.retain(|scope| {
            self.account.as_ref().is_none_or(|account| **account == *scope.account)
                && self.region.as_ref().is_none_or(|region| **region == *scope.region)
        });
        Ok(scopes)
    }
}

/// Opens the store in the folder of a server for looking.
pub(super) fn open(folder: &Path) -> anyhow::Result<ReadOnly> {
    let name = folder.display();
    if !folder.join(DATABASE_FILE).is_file() {
        bail!("`{name}` is not the folder of a server: it has no `{DATABASE_FILE}`");
    }
    let options = Options { folder: folder.to_owned() };
    ReadOnly::open(&options).with_context(|| format!("cannot read the store in `{name}`"))
}

/// A moment of the store for people.
pub(super) fn moment(at_ms: i64) -> String {
    Timestamp::from_millis(at_ms).to_string()
}

/// The same to the second, for tables.
pub(super) fn second(at_ms: i64) -> String {
    moment(at_ms - at_ms.rem_euclid(1000))
}

/// The moment that a text means: of an audit task by its id or a tag, or a time. None when it means nothing here.
pub(super) fn moment_of(store: &Reader<'_>, text: &str) -> Result<Option<i64>, StoreError> {
    if let Some(task) = store.get::<AuditTask>(text)? {
        return Ok(Some(task.started_ms));
    }
    if let Some(tag) = store.get::<AuditTag>(text)? {
        return Ok(Some(tag.started_ms));
    }
    let seconds =
        || text.parse::<i64>().ok().filter(|_| text.len() > 4).map(|seconds| seconds.saturating_mul(1000));
    Ok(Timestamp::parse(text).ok().map(Timestamp::millis).or_else(seconds))
}

/// The audit task with such an id, or with such a tag.
pub(super) fn task_of(store: &Reader<'_>, text: &str) -> Result<Option<AuditTask>, StoreError> {
    if let Some(task) = store.get::<AuditTask>(text)? {
        return Ok(Some(task));
    }
    match store.get::<AuditTag>(text)? {
        Some(tag) => store.get::<AuditTask>(&tag.task),
        None => Ok(None),
    }
}

/// A resource identifier without the names of its members: `open:1` of a policy version.
pub(super) fn in_words(identifier: &serde_json::Value) -> String {
    match identifier {
        serde_json::Value::Object(members) => members.values().map(in_words).collect::<Vec<_>>().join(":"),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
