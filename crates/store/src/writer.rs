//! Writing: changes to records, each with its entry in the audit trail.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::error::StoreError;
use crate::kind::Value;
use crate::reader::Reader;
use crate::record::Record;
use crate::scope::{self, Scope};
use crate::sql::Sql;
use crate::statements::{self, Statement};
use crate::trail::{self, Actor};

/// What a record was before some work and what it is after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The kind's [table](crate::Kind::table).
    pub kind: String,
    /// The record's id.
    pub id: String,
    /// None when it was not there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<serde_json::Value>,
    /// None when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<serde_json::Value>,
}

/// The changes that some work makes. Several changes of one record are one.
#[derive(Default)]
struct Journal {
    changes: Vec<Change>,
    /// Where in `changes` a record is, by kind and id.
    places: HashMap<(&'static str, String), usize>,
}

impl Journal {
    fn note<T: Record>(&mut self, id: &str, before: Option<&T>, after: Option<&T>) -> Result<(), StoreError> {
        let json = |record: &T| {
            serde_json::to_value(record).map_err(|error| StoreError::Corrupt {
                what: format!("a record of {}", T::KIND.table),
                why: error.to_string(),
            })
        };
        let after = after.map(json).transpose()?;
        let place = self.places.entry((T::KIND.table, id.to_owned())).or_insert(self.changes.len());
        if let Some(known) = self.changes.get_mut(*place) {
            known.after = after;
            return Ok(());
        }
        let before = before.map(json).transpose()?;
        self.changes.push(Change { kind: T::KIND.table.to_owned(), id: id.to_owned(), before, after });
        Ok(())
    }
}

/// A transaction that changes things. Reads in it see its own changes. All of it is kept, or nothing.
pub struct Writer<'a> {
    reader: Reader<'a>,
    scope_id: i64,
    actor: Arc<Actor>,
    touched: Rc<RefCell<BTreeSet<&'static str>>>,
    /// What is changed, when somebody wants to know.
    journal: Option<Rc<RefCell<Journal>>>,
}

impl std::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("scope", &self.reader.scope).finish_non_exhaustive()
    }
}

impl<'a> Deref for Writer<'a> {
    type Target = Reader<'a>;

    fn deref(&self) -> &Self::Target {
        &self.reader
    }
}

impl<'a> Writer<'a> {
    pub(crate) fn new(sql: &'a dyn Sql, scope: &Scope, actor: Arc<Actor>) -> Result<Self, StoreError> {
        Self::open(sql, scope, actor, Rc::default())
    }

    fn open(
        sql: &'a dyn Sql,
        scope: &Scope,
        actor: Arc<Actor>,
        touched: Rc<RefCell<BTreeSet<&'static str>>>,
    ) -> Result<Self, StoreError> {
        let scope_id = match scope::number(sql, scope)? {
            Some(number) => number,
            None => add_scope(sql, scope)?,
        };
        let reader = Reader::new(sql, scope, Some(scope_id));
        Ok(Self { reader, scope_id, actor, touched, journal: None })
    }

    /// The same transaction in another account or region.
    ///
    /// # Errors
    /// When the database fails.
    pub fn write_in_scope(&self, scope: &Scope) -> Result<Writer<'a>, StoreError> {
        let writer = Self::open(self.reader.sql, scope, Arc::clone(&self.actor), Rc::clone(&self.touched))?;
        Ok(Self { journal: self.journal.clone(), ..writer })
    }

    /// The same transaction in somebody else's name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn acting_as(&self, actor: Actor) -> Result<Writer<'a>, StoreError> {
        Ok(Self { actor: Arc::new(actor), ..self.write_in_scope(&self.reader.scope)? })
    }

    /// Does some work in the same transaction and says what it changed: one entry for each record that was not the same
    /// afterwards, in the order of the first change. Kinds that are not [trailed](crate::Kind::trailed) count too.
    ///
    /// # Errors
    /// What `work` says, or the database.
    pub fn journaled<R, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Writer<'a>) -> Result<R, E>,
    ) -> Result<(R, Vec<Change>), E> {
        let journal: Rc<RefCell<Journal>> = Rc::default();
        let mut writer = self.write_in_scope(&self.reader.scope)?;
        writer.journal = Some(Rc::clone(&journal));
        let result = work(&writer)?;
        let mut changes = journal.take().changes;
        changes.retain(|change| change.before != change.after);
        Ok((result, changes))
    }

    /// Who writes.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Adds a record.
    ///
    /// # Errors
    /// `AlreadyExists` when there is one with its id.
    pub fn insert<T: Record>(&self, record: &T) -> Result<(), StoreError> {
        if self.try_insert(record)? {
            return Ok(());
        }
        Err(StoreError::AlreadyExists { kind: T::KIND.table, id: record.id().into_owned() })
    }

    /// Changes a record.
    ///
    /// # Errors
    /// `NotFound` when there is none with its id.
    pub fn update<T: Record>(&self, record: &T) -> Result<(), StoreError> {
        let id = record.id();
        let before = self.before::<T>(&id)?;
        let body = body(record)?;
        let Statement { sql, parameters } =
            statements::update(&T::KIND, self.scope_id, &id, record.columns(), body);
        if self.reader.sql.execute(&sql, &parameters)? == 0 {
            return Err(StoreError::NotFound { kind: T::KIND.table, id: id.into_owned() });
        }
        self.changed(&id, before.as_ref(), Some(record))
    }

    /// Adds a record, or changes the one with its id.
    ///
    /// # Errors
    /// When the database fails.
    pub fn put<T: Record>(&self, record: &T) -> Result<(), StoreError> {
        if self.try_insert(record)? { Ok(()) } else { self.update(record) }
    }

    /// Removes a record; false when there was none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn delete<T: Record>(&self, id: &str) -> Result<bool, StoreError> {
        let before = self.before::<T>(id)?;
        let Statement { sql, parameters } = statements::delete(&T::KIND, self.scope_id, id);
        if self.reader.sql.execute(&sql, &parameters)? == 0 {
            return Ok(false);
        }
        self.changed(id, before.as_ref(), None)?;
        Ok(true)
    }

    /// Removes the oldest entries of the audit trail from before a time, at most `limit` of them; says how many.
    ///
    /// # Errors
    /// When the database fails.
    pub fn forget_trail(&self, before_ms: i64, limit: i64) -> Result<usize, StoreError> {
        trail::forget(self.reader.sql, self.scope_id, before_ms, limit)
    }

    fn try_insert<T: Record>(&self, record: &T) -> Result<bool, StoreError> {
        let id = record.id();
        let Statement { sql, parameters } =
            statements::insert(&T::KIND, self.scope_id, &id, record.columns(), body(record)?);
        if self.reader.sql.execute(&sql, &parameters)? == 0 {
            return Ok(false);
        }
        self.changed(&id, None, Some(record))?;
        Ok(true)
    }

    /// The record as it is, where the trail, a journal or the numbers of counted indexes need it.
    fn before<T: Record>(&self, id: &str) -> Result<Option<T>, StoreError> {
        let is_needed =
            T::KIND.trailed || self.journal.is_some() || T::KIND.indexes.iter().any(|index| index.counted);
        if is_needed { self.reader.get::<T>(id) } else { Ok(None) }
    }

    fn changed<T: Record>(&self, id: &str, before: Option<&T>, after: Option<&T>) -> Result<(), StoreError> {
        self.touched.borrow_mut().insert(T::KIND.table);
        self.count::<T>(before, after)?;
        if let Some(journal) = &self.journal {
            journal.borrow_mut().note(id, before, after)?;
        }
        if !T::KIND.trailed {
            return Ok(());
        }
        let [before, after] = [before, after].map(|record| record.map(T::trailed));
        let change = trail::Change { kind: T::KIND.table, id, before, after };
        trail::append(self.reader.sql, self.scope_id, &self.actor, &change)
    }

    /// Keeps the numbers of counted indexes.
    fn count<T: Record>(&self, before: Option<&T>, after: Option<&T>) -> Result<(), StoreError> {
        let mut counted = T::KIND.indexes.iter().filter(|index| index.counted).peekable();
        if counted.peek().is_none() {
            return Ok(());
        }
        let [before, after] = [before, after].map(|record| record.map(T::columns));
        for index in counted {
            let of =
                |columns: &Option<Vec<Value>>| columns.as_ref().and_then(|all| index.values(&T::KIND, all));
            let (before, after) = (of(&before), of(&after));
            if before == after {
                continue;
            }
            let up = after.map(|values| statements::count_up(&T::KIND, index, self.scope_id, &values));
            let down = before.map(|values| statements::count_down(&T::KIND, index, self.scope_id, &values));
            for Statement { sql, parameters } in up.into_iter().chain(down.into_iter().flatten()) {
                self.reader.sql.execute(&sql, &parameters)?;
            }
        }
        Ok(())
    }

    /// The tables that were changed.
    pub(crate) fn touched(&self) -> BTreeSet<&'static str> {
        self.touched.borrow().clone()
    }
}

fn body<T: Record>(record: &T) -> Result<String, StoreError> {
    serde_json::to_string(record).map_err(|error| StoreError::Corrupt {
        what: format!("a new record of {}", T::KIND.table),
        why: error.to_string(),
    })
}

fn add_scope(sql: &dyn Sql, scope: &Scope) -> Result<i64, StoreError> {
    let parameters = [Value::from(&*scope.account), Value::from(&*scope.region)];
    sql.execute("INSERT INTO scope (account, region) VALUES (?1, ?2)", &parameters)?;
    scope::number(sql, scope)?.ok_or(StoreError::Stopped)
}
