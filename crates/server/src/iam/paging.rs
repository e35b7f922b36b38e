//! Listings: `MaxItems`, `Marker`, `IsTruncated`. A marker is a sealed place, good for its own listing only.

use thingwarden_store::{Cursor, Filter, Order, Query, Reader, Record, Value};

use super::cx::Cx;
use crate::query::{Form, QueryError, Text, Xml};

/// Items on a page if nobody says (IAM API reference, `MaxItems`).
const DEFAULT_ITEMS: usize = 100;
const ITEMS_MAX: i64 = 1000;
const MARKER: Text =
    Text { min: 1, max: 1024, pattern: "[\\u0020-\\u00FF]+", matches: |text| text.is_ascii() };

/// What a caller asked for.
#[derive(Debug)]
pub(super) struct Asked {
    marker: Option<String>,
    pub(super) limit: usize,
}

/// A page.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Where the next one begins; none on the last.
    marker: Option<String>,
}

impl Asked {
    /// Takes `MaxItems` and `Marker`.
    pub(super) fn take(form: &mut Form) -> Result<Self, QueryError> {
        let limit = form.integer("MaxItems", 1..=ITEMS_MAX)?.and_then(|limit| usize::try_from(limit).ok());
        let marker = form.optional("Marker", &MARKER)?;
        Ok(Self { marker, limit: limit.unwrap_or(DEFAULT_ITEMS) })
    }

    /// The place after which the page begins, in this listing.
    pub(super) fn place(&self, cx: &Cx, listing: &str) -> Result<Option<Cursor>, QueryError> {
        let Some(marker) = &self.marker else { return Ok(None) };
        let place = cx.app.paging.unseal(&context(cx, listing), marker);
        place.map(Some).ok_or_else(|| {
            let message = "the marker is not one that this listing gave: begin again without it, and with the same filters";
            QueryError::validation(message)
        })
    }
}

impl<T> Page<T> {
    pub(super) fn new(cx: &Cx, listing: &str, items: Vec<T>, next: Option<&Cursor>) -> Self {
        let marker = next.map(|cursor| cx.app.paging.seal(&context(cx, listing), cursor));
        Self { items, marker }
    }

    /// The elements with which every listing ends.
    pub(super) fn end(&self, xml: &mut Xml) {
        xml.text("IsTruncated", if self.marker.is_some() { "true" } else { "false" });
        xml.maybe("Marker", self.marker.as_deref());
    }
}

/// A page of records by name.
pub(super) fn list<T: Record>(
    cx: &Cx,
    store: &Reader<'_>,
    asked: &Asked,
    kind: &str,
    filters: &[Filter<'_>],
) -> Result<Page<T>, QueryError> {
    let listing = format!("{kind} {filters:?}");
    let after = asked.place(cx, &listing)?;
    let query = Query { filters, order: Order::By("id"), descending: false, after, limit: asked.limit };
    let page = store.list::<T>(&query)?;
    Ok(Page::new(cx, &listing, page.items, page.next.as_ref()))
}

/// A page of what was put together in memory, sorted by a key that each item has for itself.
pub(super) fn slice<T>(
    cx: &Cx,
    asked: &Asked,
    listing: &str,
    sorted: Vec<T>,
    key: impl Fn(&T) -> String,
) -> Result<Page<T>, QueryError> {
    let begin = match asked.place(cx, listing)?.and_then(|cursor| cursor.value) {
        Some(Value::Text(last)) => sorted.partition_point(|item| key(item) <= last),
        _ => 0,
    };
    let more = sorted.len().saturating_sub(begin) > asked.limit;
    let items: Vec<T> = sorted.into_iter().skip(begin).take(asked.limit).collect();
    let last = items.last().filter(|_| more).map(|last| Cursor { value: Some(key(last).into()), seq: 0 });
    Ok(Page::new(cx, listing, items, last.as_ref()))
}

fn context<'a>(cx: &'a Cx, listing: &'a str) -> [&'a str; 3] {
    ["iam", cx.caller.account(), listing]
}

/// A page over several kinds of records, one kind after another. Each kind has a letter, in rising order.
#[derive(Debug)]
pub(super) struct Gather<T> {
    listing: String,
    after: Option<String>,
    limit: usize,
    items: Vec<T>,
    /// The place of the last item.
    last: Option<String>,
    more: bool,
}

impl<T> Gather<T> {
    pub(super) fn new(cx: &Cx, asked: &Asked, listing: String) -> Result<Self, QueryError> {
        let after = match asked.place(cx, &listing)?.and_then(|cursor| cursor.value) {
            Some(Value::Text(after)) => Some(after),
            _ => None,
        };
        Ok(Self { listing, after, limit: asked.limit, items: vec![], last: None, more: false })
    }

    /// The records of a kind, by name, that `keep` makes an item of.
    pub(super) fn records<R: Record>(
        &mut self,
        letter: char,
        store: &Reader<'_>,
        keep: &mut dyn FnMut(R) -> Result<Option<T>, QueryError>,
    ) -> Result<(), QueryError> {
        let name = self.after.as_deref().and_then(|after| after.strip_prefix(letter));
        let mut after = name.map(|name| Cursor { value: Some(name.into()), seq: i64::MAX });
        while !self.more && (after.is_some() || self.is_ahead(letter)) {
            let query = Query { order: Order::By("id"), after, limit: DEFAULT_ITEMS, ..Query::default() };
            let page = store.list::<R>(&query)?;
            for record in page.items {
                let id = record.id().into_owned();
                self.one(letter, &id, || keep(record))?;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        Ok(())
    }

    /// One thing, if `keep` makes an item of it and the page is not full.
    pub(super) fn one(
        &mut self,
        letter: char,
        id: &str,
        keep: impl FnOnce() -> Result<Option<T>, QueryError>,
    ) -> Result<(), QueryError> {
        let place = format!("{letter}{id}");
        if self.more || self.after.as_ref().is_some_and(|after| place <= *after) {
            return Ok(());
        }
        let Some(item) = keep()? else { return Ok(()) };
        if self.items.len() == self.limit {
            self.more = true;
        } else {
            self.items.push(item);
            self.last = Some(place);
        }
        Ok(())
    }

    pub(super) fn page(self, cx: &Cx) -> Page<T> {
        let last = self.last.filter(|_| self.more).map(|place| Cursor { value: Some(place.into()), seq: 0 });
        Page::new(cx, &self.listing, self.items, last.as_ref())
    }

    /// Whether the page begins before this kind.
    fn is_ahead(&self, letter: char) -> bool {
        self.after.as_deref().and_then(|after| after.chars().next()).is_none_or(|first| first < letter)
    }
}
