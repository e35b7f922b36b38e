//! Reading: one moment of the store, in one account and region.

use std::ops::ControlFlow;

use serde::Deserialize;

use crate::error::StoreError;
use crate::kind::Value;
use crate::query::{Cursor, Filter, Order, Page, Query};
use crate::record::Record;
use crate::scope::{self, Scope};
use crate::sql::{self, Sql};
use crate::statements::{self, Statement};
use crate::trail::{self, Touched, TrailEntry, TrailQuery};

/// A consistent picture. Cheap to make; keep it no longer than a request takes, or an audit.
pub struct Reader<'a> {
    pub(crate) sql: &'a dyn Sql,
    pub(crate) scope: Scope,
    /// The scope's number; none when nothing was ever written in it.
    pub(crate) scope_id: Option<i64>,
}

/// A record as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct Body<'b> {
    table: &'static str,
    text: &'b str,
}

/// What is done with the id of a record and a value of it.
type EachValue<'a, E> = dyn FnMut(&str, Value) -> Result<ControlFlow<()>, E> + 'a;

impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl<'a> Reader<'a> {
    pub(crate) fn new(sql: &'a dyn Sql, scope: &Scope, scope_id: Option<i64>) -> Self {
        Self { sql, scope: scope.clone(), scope_id }
    }

    /// The account and region that this reads.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The same moment of another account or region.
    ///
    /// # Errors
    /// When the database fails.
    pub fn in_scope(&self, scope: &Scope) -> Result<Reader<'a>, StoreError> {
        Ok(Reader::new(self.sql, scope, scope::number(self.sql, scope)?))
    }

    /// A record.
    ///
    /// # Errors
    /// When the database fails or the record cannot be read.
    pub fn get<T: Record>(&self, id: &str) -> Result<Option<T>, StoreError> {
        let Some(scope) = self.scope_id else { return Ok(None) };
        let mut found = None;
        let Statement { sql, parameters } = statements::get(&T::KIND, scope, id);
        self.sql.query(&sql, &parameters, &mut |row| {
            found = Some(parse::<T>(row.text(0)?)?);
            Ok(ControlFlow::Break(()))
        })?;
        Ok(found)
    }

    /// A record that must be there.
    ///
    /// # Errors
    /// `NotFound` when it is not; otherwise as [`Reader::get`].
    pub fn require<T: Record>(&self, id: &str) -> Result<T, StoreError> {
        self.get(id)?.ok_or_else(|| StoreError::NotFound { kind: T::KIND.table, id: id.to_owned() })
    }

    /// Whether there is such a record.
    ///
    /// # Errors
    /// When the database fails.
    pub fn exists<T: Record>(&self, id: &str) -> Result<bool, StoreError> {
        Ok(self.count::<T>(&[Filter::eq("id", id)])? > 0)
    }

    /// How many records match.
    ///
    /// # Errors
    /// When the database fails.
    pub fn count<T: Record>(&self, filters: &[Filter<'_>]) -> Result<u64, StoreError> {
        let Some(scope) = self.scope_id else { return Ok(0) };
        let Statement { sql, parameters } = statements::count(&T::KIND, scope, filters);
        match sql::one(self.sql, &sql, &parameters)? {
            Some(Value::Integer(count)) => Ok(count.unsigned_abs()),
            _ => Ok(0),
        }
    }

    /// The largest value of a column among the records that match; none when there is no record.
    ///
    /// # Errors
    /// When the database fails.
    pub fn greatest<T: Record>(
        &self,
        column: &'static str,
        filters: &[Filter<'_>],
    ) -> Result<Option<Value>, StoreError> {
        let Some(scope) = self.scope_id else { return Ok(None) };
        let Statement { sql, parameters } = statements::greatest(&T::KIND, scope, column, filters);
        Ok(sql::one(self.sql, &sql, &parameters)?.filter(|value| *value != Value::Null))
    }

    /// The values that a column has among the records that match, each with the number of records that have it: those that
    /// at least so many records have. Nothing is not a value.
    ///
    /// # Errors
    /// When the database fails.
    pub fn groups<T: Record>(
        &self,
        column: &'static str,
        filters: &[Filter<'_>],
        at_least: u64,
    ) -> Result<Vec<(Value, u64)>, StoreError> {
        let Some(scope) = self.scope_id else { return Ok(vec![]) };
        let Statement { sql, parameters } = statements::groups(&T::KIND, scope, column, filters, at_least);
        let mut groups = vec![];
        self.sql.query(&sql, &parameters, &mut |row| {
            if let (value, Value::Integer(count)) = (row.value(0)?, row.value(1)?) {
                groups.push((value, count.unsigned_abs()));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(groups)
    }

    /// All accounts and regions in which anything was ever written.
    ///
    /// # Errors
    /// When the database fails.
    pub fn scopes(&self) -> Result<Vec<Scope>, StoreError> {
        let mut scopes = vec![];
        self.sql.query("SELECT account, region FROM scope ORDER BY number", &[], &mut |row| {
            scopes.push(Scope::new(row.text(0)?, row.text(1)?));
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(scopes)
    }

    /// A page of records.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub fn list<T: Record>(&self, query: &Query<'_>) -> Result<Page<T>, StoreError> {
        let mut page = Page { items: vec![], next: None };
        let mut last = None;
        // One more than asked for tells whether this page is the last.
        let more = Query { limit: query.limit.saturating_add(1), ..query.clone() };
        self.each_with_cursor(&more, &mut |cursor, record| {
            if page.items.len() == query.limit {
                page.next = last.take();
                return Ok(ControlFlow::Break(()));
            }
            page.items.push(record);
            last = Some(cursor);
            Ok(ControlFlow::Continue(()))
        })?;
        Ok(page)
    }

    /// All records that match, at once. For what is few by its nature.
    ///
    /// # Errors
    /// When the database fails or a record cannot be read.
    pub fn all<T: Record>(&self, filters: &[Filter<'_>]) -> Result<Vec<T>, StoreError> {
        Ok(self.list(&Query::all(filters))?.items)
    }

    /// Shows each record that matches, without collecting them.
    ///
    /// # Errors
    /// When the database fails, a record cannot be read, or `visit` says so.
    pub fn each<T: Record, E: From<StoreError>>(
        &self,
        query: &Query<'_>,
        visit: &mut dyn FnMut(T) -> Result<ControlFlow<()>, E>,
    ) -> Result<(), E> {
        let mut failed = None;
        self.each_with_cursor(query, &mut |_, record| match visit(record) {
            Ok(flow) => Ok(flow),
            Err(error) => {
                failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Shows the id of each record that matches with its value of a column, in the order of these values.
    ///
    /// # Errors
    /// When the database fails or `visit` says so.
    pub fn each_value<T: Record, E: From<StoreError>>(
        &self,
        column: &'static str,
        filters: &[Filter<'_>],
        visit: &mut EachValue<'_, E>,
    ) -> Result<(), E> {
        let Some(scope) = self.scope_id else { return Ok(()) };
        let Statement { sql, parameters } = statements::values(&T::KIND, scope, column, filters);
        let mut failed = None;
        self.sql.query(&sql, &parameters, &mut |row| match visit(row.text(0)?, row.value(1)?) {
            Ok(flow) => Ok(flow),
            Err(error) => {
                failed = Some(error);
                Ok(ControlFlow::Break(()))
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    /// Shows each record that matches with its place in this listing.
    ///
    /// # Errors
    /// When the database fails, a record cannot be read, or `visit` says so.
    pub fn each_with_cursor<T: Record>(
        &self,
        query: &Query<'_>,
        visit: &mut dyn FnMut(Cursor, T) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        let Some(scope) = self.scope_id else { return Ok(()) };
        let Statement { sql, parameters } = statements::list(&T::KIND, scope, query);
        self.sql.query(&sql, &parameters, &mut |row| {
            let Value::Integer(seq) = row.value(0)? else { return Err(damaged(T::KIND.table, "no seq")) };
            let value = if let Order::By(_) = query.order { Some(row.value(2)?) } else { None };
            visit(Cursor { value, seq }, parse(row.text(1)?)?)
        })
    }

    /// Shows the body of each record, in the order in which they came: for whoever needs little of many.
    ///
    /// # Errors
    /// When the database fails or `visit` says so.
    pub fn each_body<T: Record>(
        &self,
        visit: &mut dyn FnMut(Body<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Some(scope) = self.scope_id else { return Ok(()) };
        let Statement { sql, parameters } = statements::list(&T::KIND, scope, &Query::all(&[]));
        self.sql.query(&sql, &parameters, &mut |row| {
            visit(Body { table: T::KIND.table, text: row.text(1)? })?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Entries of the audit trail, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn trail(&self, query: &TrailQuery<'_>) -> Result<Vec<TrailEntry>, StoreError> {
        match self.scope_id {
            None => Ok(vec![]),
            Some(scope) => trail::read(self.sql, scope, query),
        }
    }

    /// What was touched in all accounts and regions after an entry of the trail, oldest first, at most `limit`: for
    /// whoever keeps something that follows from records. Only kinds with a trail show.
    ///
    /// # Errors
    /// When the database fails.
    pub fn touched_after(&self, seq: i64, limit: usize) -> Result<Vec<Touched>, StoreError> {
        trail::touched_after(self.sql, seq, limit)
    }

    /// The number of the trail's newest entry; 0 when there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub fn newest_touched(&self) -> Result<i64, StoreError> {
        trail::newest(self.sql)
    }
}

impl<'b> Body<'b> {
    /// The record, or of its fields those that `P` has.
    ///
    /// # Errors
    /// When the record cannot be read.
    pub fn read<P: Deserialize<'b>>(&self) -> Result<P, StoreError> {
        serde_json::from_str(self.text).map_err(|error| damaged(self.table, &error.to_string()))
    }
}

pub(crate) fn parse<T: Record>(body: &str) -> Result<T, StoreError> {
    Body { table: T::KIND.table, text: body }.read()
}

fn damaged(table: &str, why: &str) -> StoreError {
    StoreError::Corrupt { what: format!("a record of {table}"), why: why.to_owned() }
}
