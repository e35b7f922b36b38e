//! Questions for many records.

use crate::kind::Value;

/// Which records, in which order, and how many.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// All of them must hold.
    pub filters: &'a [Filter<'a>],
    /// The order.
    pub order: Order,
    /// Largest first.
    pub descending: bool,
    /// Begin after this place, as [`Page::next`] gave it.
    pub after: Option<Cursor>,
    /// At most so many.
    pub limit: usize,
}

/// A condition on a column, or on `id`.
#[derive(Clone, Debug)]
pub enum Filter<'a> {
    /// Equal.
    Eq(&'static str, Value),
    /// At most, compared by bytes where it is text.
    AtMost(&'static str, Value),
    /// At least.
    AtLeast(&'static str, Value),
    /// Text that begins so.
    Prefix(&'static str, &'a str),
    /// An integer other than 0; uses an index [over these rows](crate::Index::where_not_zero).
    NotZero(&'static str),
}

impl Filter<'_> {
    /// Equal.
    pub fn eq(column: &'static str, value: impl Into<Value>) -> Self {
        Self::Eq(column, value.into())
    }

    /// At most.
    pub fn at_most(column: &'static str, value: impl Into<Value>) -> Self {
        Self::AtMost(column, value.into())
    }

    /// At least.
    pub fn at_least(column: &'static str, value: impl Into<Value>) -> Self {
        Self::AtLeast(column, value.into())
    }
}

/// The order of a listing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the records came. Changing a record does not move it.
    #[default]
    Inserted,
    /// By a column that is never null (or `id`), then as they came.
    By(&'static str),
}

/// A place in a listing that stays right while records come and go: after everything up to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The value of the column of [`Order::By`].
    pub value: Option<Value>,
    /// The place in the order of insertion.
    pub seq: i64,
}

/// Part of a listing.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The records.
    pub items: Vec<T>,
    /// Where the next page begins; none when there is no more.
    pub next: Option<Cursor>,
}

impl<'a> Query<'a> {
    /// All records that these filters let through, as they came.
    pub const fn all(filters: &'a [Filter<'a>]) -> Self {
        Self { filters, order: Order::Inserted, descending: false, after: None, limit: usize::MAX }
    }
}

impl Default for Query<'_> {
    fn default() -> Self {
        Self::all(&[])
    }
}
