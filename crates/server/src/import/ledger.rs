//! How one record of a snapshot meets what the store has, and what is remembered of that.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use thingwarden_store::{Record, StoreError, Writer};

use super::ImportError;
use super::tally::{Kind, Tally};
use crate::api::policy_verdicts::Judge;
use crate::snapshot::in_full::Source;

/// Travels into each transaction and back.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) tally: Tally,
    pub(super) now_ms: i64,
    /// Change what is there and differs.
    pub(super) replace: bool,
    /// Policies of one text are judged once.
    pub(super) judge: Judge,
    /// Hashes of kind and id of all that came: whether this import wrote it.
    seen: HashMap<u64, bool>,
    hashes: RandomState,
}

/// What a record became.
#[derive(Debug)]
pub(super) enum Became<T> {
    New(T),
    Changed {
        before: T,
        after: T,
    },
    /// It is there, changed by nobody.
    Same,
}

impl Ledger {
    pub(super) fn new(now_ms: i64, replace: bool) -> Self {
        Self { now_ms, replace, ..Self::default() }
    }

    /// Adds what `make(None)` gives, or changes what is there to what `make` makes of it. Several records of one snapshot
    /// about one thing complete each other; what was there before and differs stays, unless it shall be replaced.
    pub(super) fn put<T: Record + PartialEq>(
        &mut self,
        writer: &Writer<'_>,
        kind: Kind,
        source: &Source,
        make: impl Fn(Option<&T>) -> T,
    ) -> Result<Became<T>, ImportError> {
        let new = make(None);
        let id = new.id().into_owned();
        let mark = self.mark::<T>(&id);
        match writer.insert(&new) {
            Ok(()) => {
                self.seen.insert(mark, true);
                self.tally.of(kind).added += 1;
                return Ok(Became::New(new));
            }
            Err(StoreError::AlreadyExists { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        let before = writer.require::<T>(&id)?;
        let after = make(Some(&before));
        let seen = self.seen.get(&mark).copied();
        if after == before {
            if seen.is_none() {
                self.seen.insert(mark, false);
                self.tally.of(kind).unchanged += 1;
            }
            return Ok(Became::Same);
        }
        match (seen, self.replace) {
            (Some(true), _) => {}
            (_, true) => {
                // Counted as unchanged by an earlier record of the snapshot that said less.
                if seen.is_some() {
                    self.tally.of(kind).unchanged -= 1;
                }
                self.seen.insert(mark, true);
                self.tally.of(kind).replaced += 1;
            }
            (None, false) => {
                self.seen.insert(mark, false);
                self.tally.keep(kind, source, &id);
                return Ok(Became::Same);
            }
            (Some(false), false) => return Ok(Became::Same),
        }
        writer.update(&after)?;
        Ok(Became::Changed { before, after })
    }

    /// Whether this import wrote the record.
    pub(super) fn wrote<T: Record>(&self, id: &str) -> bool {
        self.seen.get(&self.mark::<T>(id)) == Some(&true)
    }

    /// Takes back what this import added.
    pub(super) fn take_back<T: Record>(
        &mut self,
        writer: &Writer<'_>,
        kind: Kind,
        id: &str,
    ) -> Result<(), ImportError> {
        writer.delete::<T>(id)?;
        let mark = self.mark::<T>(id);
        self.seen.remove(&mark);
        self.tally.of(kind).added -= 1;
        Ok(())
    }

    fn mark<T: Record>(&self, id: &str) -> u64 {
        self.hashes.hash_one((T::KIND.table, id))
    }
}
