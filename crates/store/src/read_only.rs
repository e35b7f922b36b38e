//! The handle to a store that another process may be writing to.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use crate::error::StoreError;
use crate::migrations;
use crate::reader::Reader;
use crate::scope::{self, Scope, ScopeNumbers};
use crate::sql::{Backend, Sql};
use crate::sqlite::Sqlite;
use crate::store::{DATABASE_FILE, Options, read};
use crate::trail;

/// A store that somebody else may be writing to meanwhile, for looking only.
pub struct ReadOnly {
    file: PathBuf,
    backend: Box<dyn Backend>,
    scopes: ScopeNumbers,
}

/// How often two readers are opened until they happen to see the same moment. Writers would have to commit between each two.
const TRIES_MAX: usize = 100;

impl std::fmt::Debug for ReadOnly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReadOnly").finish_non_exhaustive()
    }
}

impl ReadOnly {
    /// Opens the store in a folder as it is.
    ///
    /// # Errors
    /// When there is none, it cannot be read, or it was written by another version.
    pub fn open(options: &Options) -> Result<Self, StoreError> {
        let file = options.folder.join(DATABASE_FILE);
        let backend: Box<dyn Backend> = Box::new(Sqlite::new(&file));
        let mut known = Err(StoreError::Stopped);
        backend.read(&mut |sql| known = migrations::is_current(sql))?;
        known.map(|()| Self { file, backend, scopes: ScopeNumbers::default() })
    }

    /// As [`Store::read`](crate::Store::read).
    ///
    /// # Errors
    /// What `work` says, or the database.
    pub fn read<R, E: From<StoreError>>(
        &self,
        scope: &Scope,
        work: impl FnOnce(&Reader<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        read(self.backend.as_ref(), &self.scopes, scope, work)
    }

    /// Two pieces of work at the same time, on two threads. What both see of kinds with a trail is of one moment.
    ///
    /// # Errors
    /// What one of them says, or the database.
    pub fn read_both<A, B: Send, E: From<StoreError> + Send>(
        &self,
        scope: &Scope,
        one: impl FnOnce(&Reader<'_>) -> Result<A, E>,
        other: impl FnOnce(&Reader<'_>) -> Result<B, E> + Send,
    ) -> Result<(A, B), E> {
        let (mut one, mut other) = (Some(one), Some(other));
        let (mut found, mut other_found) = (None, None);
        for _ in 0..TRIES_MAX {
            // Connections that wait keep the moment that they saw last, so these are new ones.
            let backend = Sqlite::new(&self.file);
            at_one_moment(
                &backend,
                &mut |sql| found = one.take().map(|work| with_reader(sql, scope, work)),
                &mut |sql| other_found = other.take().map(|work| with_reader(sql, scope, work)),
            )?;
            if let (Some(found), Some(other_found)) = (found.take(), other_found.take()) {
                return Ok((found?, other_found?));
            }
        }
        self.read(scope, |reader| match (one, other) {
            (Some(one), Some(other)) => Ok((one(reader)?, other(reader)?)),
            _ => Err(StoreError::Stopped.into()),
        })
    }
}

fn with_reader<R, E: From<StoreError>>(
    sql: &dyn Sql,
    scope: &Scope,
    work: impl FnOnce(&Reader<'_>) -> Result<R, E>,
) -> Result<R, E> {
    work(&Reader::new(sql, scope, scope::number(sql, scope)?))
}

/// Runs both if the trail ends with the same entry for both; neither if not.
fn at_one_moment(
    backend: &dyn Backend,
    one: &mut dyn FnMut(&dyn Sql),
    other: &mut (dyn FnMut(&dyn Sql) + Send),
) -> Result<(), StoreError> {
    // A transaction's moment is that of its first look. Whoever cannot go on drops its ends, and so the other learns of it.
    let (is_open, opened) = channel();
    let (say, said) = channel();
    let (agree, agreed) = channel();
    std::thread::scope(|threads| {
        let helper = threads.spawn(move || {
            let mut newest = Ok(());
            backend.read(&mut |sql| {
                let _ = is_open.send(());
                let Ok(expected) = said.recv() else { return };
                match trail::newest(sql) {
                    Ok(moment) if moment == expected => {
                        let _ = agree.send(());
                        other(sql);
                    }
                    Ok(_) => {}
                    Err(error) => newest = Err(error),
                }
            })?;
            newest
        });
        let mut newest = Ok(());
        let read = backend.read(&mut |sql| {
            if opened.recv().is_err() {
                return;
            }
            match trail::newest(sql) {
                Ok(moment) => {
                    let _ = say.send(moment);
                    if agreed.recv().is_ok() {
                        one(sql);
                    }
                }
                Err(error) => newest = Err(error),
            }
        });
        drop(say);
        let helped = helper.join().unwrap_or_else(|cause| std::panic::resume_unwind(cause));
        read.and(newest).and(helped)
    })
}
