//! The handle to the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::{oneshot, watch};

use crate::error::StoreError;
use crate::migrations;
use crate::reader::Reader;
use crate::record::Record;
use crate::records;
use crate::scope::{Scope, ScopeNumbers};
use crate::sql::{Backend, Sql};
use crate::sqlite::Sqlite;
use crate::trail::Actor;
use crate::writer::Writer;
use crate::writer_thread::{After, Generations, Job, Turn, WriterThread};

/// Where the store is.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder; it must exist.
    pub folder: PathBuf,
}

/// The store. Clones share it.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    backend: Box<dyn Backend>,
    writer: WriterThread,
    generations: Arc<Generations>,
    scopes: ScopeNumbers,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}

/// The file in the folder.
pub const DATABASE_FILE: &str = "thingwarden.db";

impl Store {
    /// Opens the store in a folder, makes it if there is none, and brings it to the newest version.
    ///
    /// # Errors
    /// When the file cannot be opened, is no store, or was written by a newer version.
    pub fn open(options: &Options) -> Result<Self, StoreError> {
        let path = options.folder.join(DATABASE_FILE);
        make_private(&path)?;
        Self::on(Box::new(Sqlite::new(&path)))
    }

    fn on(backend: Box<dyn Backend>) -> Result<Self, StoreError> {
        let connection = backend.writer()?;
        connection.begin()?;
        migrations::run(connection.as_sql())?;
        connection.commit()?;
        let generations = Arc::new(Generations::of(records::kinds().map(|kind| kind.table)));
        let writer = WriterThread::start(connection, Arc::clone(&generations)).map_err(|source| {
            StoreError::Io { what: "starting the writer".to_owned(), source: Arc::new(source) }
        })?;
        Ok(Self {
            shared: Arc::new(Shared { backend, writer, generations, scopes: ScopeNumbers::default() }),
        })
    }

    /// Reads one moment of an account and region.
    ///
    /// # Errors
    /// What `work` says, or the database.
    pub fn read<R, E: From<StoreError>>(
        &self,
        scope: &Scope,
        work: impl FnOnce(&Reader<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        read(self.shared.backend.as_ref(), &self.shared.scopes, scope, work)
    }

    /// Changes things in an account and region. What `work` did is durable when this returns Ok, and undone when `work`
    /// returns an error. `work` runs on the thread that writes: it must be quick and do nothing but use the store.
    ///
    /// # Errors
    /// What `work` says; `Overloaded` when too many writes are waiting; what the database says.
    pub async fn write<R, E>(
        &self,
        scope: &Scope,
        actor: Actor,
        work: impl FnOnce(&Writer<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_in_turn(Turn::Request, scope, actor, work).await
    }

    /// [`Store::write`] for what may wait: requests come first, and no more than one such write is between two of them. So
    /// no one should be large.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn write_behind<R, E>(
        &self,
        scope: &Scope,
        actor: Actor,
        work: impl FnOnce(&Writer<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.write_in_turn(Turn::Behind, scope, actor, work).await
    }

    async fn write_in_turn<R, E>(
        &self,
        turn: Turn,
        scope: &Scope,
        actor: Actor,
        work: impl FnOnce(&Writer<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answered) = job(scope.clone(), actor, work);
        self.shared.writer.submit(turn, job)?;
        answered.await.unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }

    /// [`Store::write_behind`] for threads that may wait: also while too many writes are waiting.
    ///
    /// # Errors
    /// As [`Store::write_behind`], never `Overloaded`.
    pub fn write_waiting<R, E>(
        &self,
        scope: &Scope,
        actor: Actor,
        work: impl FnOnce(&Writer<'_>) -> Result<R, E> + Send + 'static,
    ) -> Result<R, E>
    where
        R: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let (job, answered) = job(scope.clone(), actor, work);
        self.shared.writer.submit_waiting(job)?;
        answered.blocking_recv().unwrap_or_else(|_| Err(StoreError::Stopped.into()))
    }

    /// How often records of a kind were changed since the store was opened. A cache that is as old as this is right.
    pub fn generation<T: Record>(&self) -> u64 {
        self.shared.generations.get(T::KIND.table).map_or(0, |count| *count.borrow())
    }

    /// Counts from now on the commits that change any of these [tables](crate::Kind::table): one number for whoever looks
    /// often. A commit is counted before the write is answered.
    pub fn tally(&self, tables: impl IntoIterator<Item = &'static str>) -> Arc<AtomicU64> {
        self.shared.generations.tally(tables.into_iter().collect())
    }

    /// Tells when records of a kind were changed, after the commit. The value is [`Store::generation`].
    pub fn changes<T: Record>(&self) -> watch::Receiver<u64> {
        let count = self.shared.generations.get(T::KIND.table);
        count.map_or_else(|| watch::channel(0).1, watch::Sender::subscribe)
    }
}

/// Reads one moment of a database, in one account and region.
pub(crate) fn read<R, E: From<StoreError>>(
    backend: &dyn Backend,
    scopes: &ScopeNumbers,
    scope: &Scope,
    work: impl FnOnce(&Reader<'_>) -> Result<R, E>,
) -> Result<R, E> {
    let mut work = Some(work);
    let mut result = None;
    backend.read(&mut |sql| {
        if let Some(work) = work.take() {
            let number = scopes.committed(sql, scope).map_err(E::from);
            result = Some(number.and_then(|number| work(&Reader::new(sql, scope, number))));
        }
    })?;
    result.unwrap_or_else(|| Err(StoreError::Stopped.into()))
}

fn job<R, E>(
    scope: Scope,
    actor: Actor,
    work: impl FnOnce(&Writer<'_>) -> Result<R, E> + Send + 'static,
) -> (Job, oneshot::Receiver<Result<R, E>>)
where
    R: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let (answer, answered) = oneshot::channel();
    let job = Box::new(move |sql: &dyn Sql| {
        let written = Writer::new(sql, &scope, Arc::new(actor)).map_err(E::from).and_then(|writer| {
            let result = work(&writer)?;
            Ok((result, writer.touched()))
        });
        match written {
            Ok((result, touched)) => After::Keep(
                touched,
                Box::new(move |committed| {
                    let _ = answer.send(committed.map(|()| result).map_err(E::from));
                }),
            ),
            Err(error) => {
                let _ = answer.send(Err(error));
                After::Undo
            }
        }
    });
    (job, answered)
}

/// The database holds secrets of access keys: nobody else may read it, from its first moment on.
fn make_private(path: &Path) -> Result<(), StoreError> {
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .map(drop)
        .map_err(|source| StoreError::Io { what: path.display().to_string(), source: Arc::new(source) })
}
