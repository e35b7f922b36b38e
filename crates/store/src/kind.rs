//! What a kind of record looks like in the database.

/// A kind of record: its table, the columns that it is looked up by, and the indexes over them.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The table, in snake case; also the word for the kind in messages and in the audit trail.
    pub table: &'static str,
    /// Columns beside `seq`, `scope`, `id` and `body`. Their values are made from the record at each write.
    pub columns: &'static [Column],
    /// Indexes. Each begins with the scope and ends with the order of insertion by itself.
    pub indexes: &'static [Index],
    /// Whether changes are entered in the audit trail. False only for what the server derives or measures by itself.
    pub trailed: bool,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name, in snake case.
    pub name: &'static str,
    /// Its type.
    pub column_type: ColumnType,
}

/// The types that columns have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// 64 bits, signed.
    Integer,
    /// UTF-8, compared by bytes.
    Text,
}

/// An index over columns.
#[derive(Clone, Copy, Debug)]
pub struct Index {
    /// The columns, most significant first.
    pub columns: &'static [&'static str],
    /// Only rows in which this integer column is not 0. Look them up with [`Filter::NotZero`](crate::Filter::NotZero).
    pub only_not_zero: Option<&'static str>,
    /// Whether the number of records with the same values of these columns, of which there are two, is kept at each write:
    /// [`Reader::groups`](crate::Reader::groups) then costs what it shows and not what there is.
    pub counted: bool,
    /// Whether it holds the records' ids: [`Reader::each_value`](crate::Reader::each_value) then need not look at the records.
    pub with_id: bool,
    /// Columns that it holds beside those that it is ordered by: a filter on them is decided without looking at the records.
    pub including: &'static [&'static str],
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing. Found by no filter.
    Null,
    /// For [`ColumnType::Integer`].
    Integer(i64),
    /// For [`ColumnType::Text`].
    Text(String),
}

impl Column {
    /// A column of integers.
    pub const fn integer(name: &'static str) -> Self {
        Self { name, column_type: ColumnType::Integer }
    }

    /// A column of texts.
    pub const fn text(name: &'static str) -> Self {
        Self { name, column_type: ColumnType::Text }
    }
}

impl Index {
    /// An index over all rows.
    pub const fn on(columns: &'static [&'static str]) -> Self {
        Self { columns, only_not_zero: None, counted: false, with_id: false, including: &[] }
    }

    /// An index over the rows in which an integer column is not 0.
    pub const fn where_not_zero(column: &'static str, columns: &'static [&'static str]) -> Self {
        Self { only_not_zero: Some(column), ..Self::on(columns) }
    }

    /// An index over all rows by two columns, with the number of records for each pair of their values.
    pub const fn counted(columns: &'static [&'static str; 2]) -> Self {
        Self { counted: true, ..Self::on(columns) }
    }

    /// The same with the records' ids in it.
    pub const fn with_id(self) -> Self {
        Self { with_id: true, ..self }
    }

    /// The same with more columns in it.
    pub const fn including(self, including: &'static [&'static str]) -> Self {
        Self { including, ..self }
    }
}

impl Index {
    /// The values that a record has in the index's columns; none when it is not counted, for want of one of them.
    pub(crate) fn values(&self, kind: &Kind, columns: &[Value]) -> Option<Vec<Value>> {
        let value = |name: &&str| {
            let at = kind.columns.iter().position(|column| column.name == *name)?;
            columns.get(at).filter(|value| **value != Value::Null).cloned()
        };
        self.columns.iter().map(value).collect()
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}
