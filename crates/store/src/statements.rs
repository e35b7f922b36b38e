//! The SQL of the store, made from the kinds of records.

use std::fmt::Write;

use crate::kind::{Index, Kind, Value};
use crate::query::{Filter, Order, Query};
use crate::sql::Sql;

/// Greater than every character that texts hold, for the end of a range of texts with one beginning.
const AFTER_ALL: char = '\u{10FFFF}';

/// A statement with its parameters.
#[derive(Debug)]
pub struct Statement {
    pub sql: String,
    pub parameters: Vec<Value>,
}

impl Statement {
    fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), parameters: vec![] }
    }

    fn push(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds a parameter and its mark.
    fn bind(&mut self, value: Value) -> &mut Self {
        self.parameters.push(value);
        let _ = write!(self.sql, "?{}", self.parameters.len());
        self
    }
}

/// The statements that make a kind's table and indexes, each where it is absent.
pub fn create(kind: &Kind, dialect: &dyn Sql) -> Vec<String> {
    let table = kind.table;
    let mut sql = format!(
        "CREATE TABLE IF NOT EXISTS {table} (seq {}, scope INTEGER NOT NULL, id TEXT NOT NULL",
        dialect.sequence_type()
    );
    for column in kind.columns {
        let _ = write!(sql, ", {} {}", column.name, dialect.column_type(column.column_type));
    }
    sql.push_str(", body TEXT NOT NULL, UNIQUE (scope, id))");
    // Without this one a listing of everything would sort everything for each page.
    let in_order = format!("CREATE INDEX IF NOT EXISTS {table}_in_order ON {table} (scope, seq)");
    let indexes = kind.indexes.iter().map(|index| create_index(table, index));
    let counts = kind.indexes.iter().filter(|index| index.counted);
    let counts = counts.flat_map(|index| create_counts(kind, index, dialect));
    [sql, in_order].into_iter().chain(indexes).chain(counts).collect()
}

/// The name of the table with the numbers of a counted index.
fn counts_table(kind: &Kind, index: &Index) -> String {
    format!("{}_count_by_{}", kind.table, index.columns.join("_"))
}

fn create_counts(kind: &Kind, index: &Index, dialect: &dyn Sql) -> [String; 2] {
    let (table, columns) = (counts_table(kind, index), index.columns.join(", "));
    let mut sql = format!("CREATE TABLE IF NOT EXISTS {table} (scope INTEGER NOT NULL");
    for column in kind.columns.iter().filter(|column| index.columns.contains(&column.name)) {
        let _ = write!(sql, ", {} {} NOT NULL", column.name, dialect.column_type(column.column_type));
    }
    let _ = write!(sql, ", records INTEGER NOT NULL, PRIMARY KEY (scope, {columns})){}", dialect.clustered());
    // By the number first: with the columns in the order of the primary key, a database takes that and goes through all.
    let (first, second) = (index.columns.first().unwrap_or(&""), index.columns.last().unwrap_or(&""));
    let repeated = format!(
        "CREATE INDEX IF NOT EXISTS {table}_repeated ON {table} (scope, {first}, records, {second}) WHERE records > 1"
    );
    [sql, repeated]
}

/// Notes that there is one record more with these values of a counted index's columns.
pub fn count_up(kind: &Kind, index: &Index, scope: i64, values: &[Value]) -> Statement {
    let (table, columns) = (counts_table(kind, index), index.columns.join(", "));
    let mut statement = Statement::new("INSERT INTO ");
    statement.push(&table).push(" (scope, ").push(&columns).push(", records) VALUES (");
    statement.bind(Value::Integer(scope));
    for value in values {
        statement.push(", ").bind(value.clone());
    }
    statement.push(", 1) ON CONFLICT (scope, ").push(&columns).push(") DO UPDATE SET records = ");
    statement.push(&table).push(".records + 1");
    statement
}

/// Notes that there is one record less, and forgets values that nobody has.
pub fn count_down(kind: &Kind, index: &Index, scope: i64, values: &[Value]) -> [Statement; 2] {
    let table = counts_table(kind, index);
    ["UPDATE", "DELETE"].map(|verb| {
        let mut statement = Statement::new("");
        match verb {
            "UPDATE" => statement.push("UPDATE ").push(&table).push(" SET records = records - 1"),
            _ => statement.push("DELETE FROM ").push(&table),
        };
        statement.push(" WHERE scope = ").bind(Value::Integer(scope));
        for (column, value) in index.columns.iter().zip(values) {
            statement.push(" AND ").push(column).push(" = ").bind(value.clone());
        }
        if verb == "DELETE" {
            statement.push(" AND records <= 0");
        }
        statement
    })
}

fn create_index(table: &str, index: &Index) -> String {
    let columns = index.columns.join(", ");
    let name = index.columns.join("_");
    let (suffix, only) = match index.only_not_zero {
        None => (String::new(), String::new()),
        Some(column) => (format!("_where_{column}"), format!(" WHERE {column} <> 0")),
    };
    let (with_id, id) = if index.with_id { ("_with_id", ", id") } else { ("", "") };
    let including: String = index.including.iter().map(|column| format!(", {column}")).collect();
    format!(
        "CREATE INDEX IF NOT EXISTS {table}_by_{name}{suffix}{with_id} ON {table} (scope, {columns}, seq{id}{including}){only}"
    )
}

/// Finds the body of a record.
pub fn get(kind: &Kind, scope: i64, id: &str) -> Statement {
    let mut statement = Statement::new("SELECT body FROM ");
    statement.push(kind.table);
    by_id(&mut statement, scope, id);
    statement
}

/// Adds a record; changes no row when there is one with its id.
pub fn insert(kind: &Kind, scope: i64, id: &str, columns: Vec<Value>, body: String) -> Statement {
    let mut statement = Statement::new("INSERT INTO ");
    statement.push(kind.table).push(" (scope, id, body");
    for column in kind.columns {
        statement.push(", ").push(column.name);
    }
    statement.push(") VALUES (").bind(Value::Integer(scope)).push(", ").bind(id.into()).push(", ");
    statement.bind(Value::Text(body));
    for value in columns {
        statement.push(", ").bind(value);
    }
    statement.push(") ON CONFLICT (scope, id) DO NOTHING");
    statement
}

/// Changes a record; changes no row when there is none with its id.
pub fn update(kind: &Kind, scope: i64, id: &str, columns: Vec<Value>, body: String) -> Statement {
    let mut statement = Statement::new("UPDATE ");
    statement.push(kind.table).push(" SET body = ").bind(Value::Text(body));
    for (column, value) in kind.columns.iter().zip(columns) {
        statement.push(", ").push(column.name).push(" = ").bind(value);
    }
    by_id(&mut statement, scope, id);
    statement
}

/// Removes a record.
pub fn delete(kind: &Kind, scope: i64, id: &str) -> Statement {
    let mut statement = Statement::new("DELETE FROM ");
    statement.push(kind.table);
    by_id(&mut statement, scope, id);
    statement
}

fn by_id(statement: &mut Statement, scope: i64, id: &str) {
    statement.push(" WHERE scope = ").bind(Value::Integer(scope)).push(" AND id = ").bind(id.into());
}

/// Counts records.
pub fn count(kind: &Kind, scope: i64, filters: &[Filter<'_>]) -> Statement {
    let mut statement = Statement::new("SELECT count(*) FROM ");
    statement.push(kind.table);
    matching(&mut statement, scope, filters);
    statement
}

/// Lists the ids of records with their values of a column, in the order of these values.
pub fn values(kind: &Kind, scope: i64, column: &str, filters: &[Filter<'_>]) -> Statement {
    let mut statement = Statement::new("SELECT id, ");
    statement.push(column).push(" FROM ").push(kind.table);
    matching(&mut statement, scope, filters);
    statement.push(" ORDER BY ").push(column).push(", seq");
    statement
}

/// The largest value of a column that is not null.
pub fn greatest(kind: &Kind, scope: i64, column: &str, filters: &[Filter<'_>]) -> Statement {
    let mut statement = Statement::new("SELECT max(");
    statement.push(column).push(") FROM ").push(kind.table);
    matching(&mut statement, scope, filters);
    statement
}

/// Counts records by the value of a column.
pub fn groups(kind: &Kind, scope: i64, column: &str, filters: &[Filter<'_>], at_least: u64) -> Statement {
    if let [Filter::Eq(given, _)] = filters
        && let Some(index) =
            kind.indexes.iter().find(|index| index.counted && index.columns == [*given, column])
    {
        return counted_groups(kind, index, scope, column, filters, at_least);
    }
    let mut statement = Statement::new("SELECT ");
    statement.push(column).push(", count(*) FROM ").push(kind.table);
    matching(&mut statement, scope, filters);
    statement.push(" AND ").push(column).push(" IS NOT NULL GROUP BY ").push(column);
    if at_least > 1 {
        let at_least = i64::try_from(at_least).unwrap_or(i64::MAX);
        statement.push(" HAVING count(*) >= ").bind(Value::Integer(at_least));
    }
    statement
}

fn counted_groups(
    kind: &Kind,
    index: &Index,
    scope: i64,
    column: &str,
    filters: &[Filter<'_>],
    at_least: u64,
) -> Statement {
    let mut statement = Statement::new("SELECT ");
    statement.push(column).push(", records FROM ").push(&counts_table(kind, index));
    matching(&mut statement, scope, filters);
    if at_least > 1 {
        let at_least = i64::try_from(at_least).unwrap_or(i64::MAX);
        // The first condition is that of the index of repeated values.
        statement.push(" AND records > 1 AND records >= ").bind(Value::Integer(at_least));
    }
    statement
}

/// Lists records: `seq`, `body` and, where the order is by a column, its value.
pub fn list(kind: &Kind, scope: i64, query: &Query<'_>) -> Statement {
    let mut statement = Statement::new("SELECT seq, body");
    if let Order::By(column) = query.order {
        statement.push(", ").push(column);
    }
    statement.push(" FROM ").push(kind.table);
    let resumed = resumed(query);
    matching(&mut statement, scope, resumed.as_deref().unwrap_or(query.filters));
    let (beyond, direction) = if query.descending { (" < ", " DESC") } else { (" > ", " ASC") };
    match (query.order, query.after.as_ref()) {
        (_, None) => {}
        (Order::By(column), Some(after)) if after.value.is_some() => {
            let value = after.value.clone().unwrap_or(Value::Null);
            statement.push(" AND (").push(column).push(", seq)").push(beyond).push("(");
            statement.bind(value).push(", ").bind(Value::Integer(after.seq)).push(")");
        }
        (_, Some(after)) => {
            statement.push(" AND seq").push(beyond).bind(Value::Integer(after.seq));
        }
    }
    statement.push(" ORDER BY ");
    if let Order::By(column) = query.order {
        statement.push(column).push(direction).push(", ");
    }
    statement.push("seq").push(direction);
    if let Ok(limit) = i64::try_from(query.limit) {
        statement.push(" LIMIT ").bind(Value::Integer(limit));
    }
    statement
}

/// The filters of a later page of an order by a column: the place where it begins is also a bound of the column itself, in
/// place of the filters' own, which are wider. A database uses one such bound of an index, and with the wider one it would
/// go through all earlier pages again.
fn resumed<'a>(query: &Query<'a>) -> Option<Vec<Filter<'a>>> {
    let Order::By(column) = query.order else { return None };
    let place = query.after.as_ref()?.value.clone()?;
    let mut filters = Vec::with_capacity(query.filters.len() + 2);
    for filter in query.filters {
        match filter {
            Filter::AtLeast(named, _) if *named == column && !query.descending => {}
            Filter::AtMost(named, _) if *named == column && query.descending => {}
            Filter::Prefix(named, prefix) if *named == column => filters.push(match query.descending {
                false => Filter::AtMost(column, Value::Text(after_all(prefix))),
                true => Filter::AtLeast(column, (*prefix).into()),
            }),
            other => filters.push(other.clone()),
        }
    }
    filters.push(match query.descending {
        false => Filter::AtLeast(column, place),
        true => Filter::AtMost(column, place),
    });
    Some(filters)
}

/// Greater than every text that begins so.
fn after_all(prefix: &str) -> String {
    format!("{prefix}{AFTER_ALL}")
}

fn matching(statement: &mut Statement, scope: i64, filters: &[Filter<'_>]) {
    statement.push(" WHERE scope = ").bind(Value::Integer(scope));
    for filter in filters {
        match filter {
            Filter::Eq(column, value) => {
                statement.push(" AND ").push(column).push(" = ").bind(value.clone());
            }
            Filter::AtMost(column, value) => {
                statement.push(" AND ").push(column).push(" <= ").bind(value.clone());
            }
            Filter::AtLeast(column, value) => {
                statement.push(" AND ").push(column).push(" >= ").bind(value.clone());
            }
            Filter::Prefix(column, prefix) => {
                statement.push(" AND ").push(column).push(" >= ").bind((*prefix).into());
                statement.push(" AND ").push(column).push(" < ");
                statement.bind(Value::Text(after_all(prefix)));
            }
            // The text of the index's own condition, so that the database sees that the index fits.
            Filter::NotZero(column) => {
                statement.push(" AND ").push(column).push(" <> 0");
            }
        }
    }
}

#[cfg(test)]
mod tests;
