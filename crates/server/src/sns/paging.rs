//! Listings: `NextToken`, a sealed place that is good for its own listing only.

use thingwarden_store::{Cursor, Filter, Page as StorePage, Query, Reader, Record, Value};

use super::error::invalid;
use crate::iam::Cx;
use crate::query::{Form, QueryError, Xml};

/// Items on a page ([ListTopics](https://docs.aws.amazon.com/sns/latest/api/API_ListTopics.html)).
pub(super) const ITEMS: usize = 100;

/// A page.
#[derive(Debug)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// Where the next one begins; none on the last.
    token: Option<String>,
}

impl<T> Page<T> {
    pub(super) fn new(cx: &Cx, listing: &str, items: Vec<T>, next: Option<&Cursor>) -> Self {
        let token = next.map(|cursor| cx.app.paging.seal(&context(cx, listing), cursor));
        Self { items, token }
    }

    /// The element with which every listing ends.
    pub(super) fn end(&self, xml: &mut Xml) {
        xml.maybe("NextToken", self.token.as_deref());
    }
}

/// A page of records as they came. `listing` names the operation and what it is about.
pub(super) fn list<T: Record>(
    cx: &Cx,
    store: &Reader<'_>,
    form: &mut Form,
    listing: &str,
    filters: &[Filter<'_>],
) -> Result<Page<T>, QueryError> {
    let after = place(cx, form, listing)?;
    let page: StorePage<T> = store.list(&Query { after, limit: ITEMS, ..Query::all(filters) })?;
    Ok(Page::new(cx, listing, page.items, page.next.as_ref()))
}

/// Takes `NextToken`: the place after which the page begins.
pub(super) fn place(cx: &Cx, form: &mut Form, listing: &str) -> Result<Option<Cursor>, QueryError> {
    let Some(token) = form.take("NextToken").filter(|token| !token.is_empty()) else { return Ok(None) };
    let place = cx.app.paging.unseal(&context(cx, listing), &token);
    place.map(Some).ok_or_else(|| invalid("NextToken Reason: it is not one that this listing gave out"))
}

/// As [`place`], of a listing over several accounts: the account, and the place in it.
pub(super) fn place_in_accounts(
    cx: &Cx,
    form: &mut Form,
    listing: &str,
) -> Result<Option<(String, Cursor)>, QueryError> {
    Ok(place(cx, form, listing)?.and_then(|cursor| match cursor.value {
        Some(Value::Text(account)) => Some((account, Cursor { value: None, seq: cursor.seq })),
        _ => None,
    }))
}

fn context<'a>(cx: &'a Cx, listing: &'a str) -> [&'a str; 4] {
    ["sns", cx.caller.account(), &cx.region, listing]
}

impl<T> Page<T> {
    /// The same page of something else.
    pub(super) fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), token: self.token }
    }
}
