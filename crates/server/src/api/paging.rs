//! Page tokens: sealed places in a listing.
//!
//! A token holds where the next page begins, and a MAC over that, the operation, the account and the filters. So a token
//! that was made up, or came from another listing, is refused instead of answering something else. Its alphabet is that of
//! base64 with `+` and `/`, which is what the model's pattern of a `marker` takes.

use anyhow::{Context, ensure};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::hmac;
use serde_json::json;
use thingwarden_engine::ids::{decode_hex, encode_hex};
use thingwarden_store::records::ServerSecret;
use thingwarden_store::{Cursor, Page, Query, Reader, Record, Scope, Store, StoreError, Value};

use super::cx::{Cx, at_start};
use super::error::ApiError;
use crate::random;

/// Bytes of the MAC in a token: as many as nobody guesses (128 bits).
const MAC_BYTES: usize = 16;
/// The longest token that is looked at: a place may hold a name.
const TOKEN_BYTES_MAX: usize = 4096;

/// What the key is called in the store.
const KEY_NAME: &str = "page-tokens";

/// The key that seals tokens.
pub(crate) struct PagingKey(hmac::Key);

impl std::fmt::Debug for PagingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PagingKey")
    }
}

impl PagingKey {
    /// The store's own key, which is made once: tokens stay good over restarts.
    ///
    /// # Errors
    /// When the store fails, or the system gives no random numbers.
    pub(crate) fn open(store: &Store) -> anyhow::Result<Self> {
        let fresh = random::bytes::<32>().context("the system gives no random numbers")?;
        let secret = store.write_waiting(&Scope::new("", ""), at_start(), move |writer| {
            if let Some(kept) = writer.get::<ServerSecret>(KEY_NAME)? {
                return Ok::<_, StoreError>(kept);
            }
            let made = ServerSecret { name: KEY_NAME.to_owned(), hex: encode_hex(&fresh) };
            writer.insert(&made)?;
            Ok(made)
        })?;
        let mut bytes = [0; 32];
        ensure!(decode_hex(&secret.hex, &mut bytes), "the key of page tokens in the store is damaged");
        Ok(Self::new(&bytes))
    }

    /// From 32 random bytes.
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The token of a place in a listing. `listing` says which one: account, operation, filters ...
    pub(crate) fn seal(&self, listing: &[&str], cursor: &Cursor) -> String {
        let value = match &cursor.value {
            None | Some(Value::Null) => json!(null),
            Some(Value::Integer(integer)) => json!(integer),
            Some(Value::Text(text)) => json!(text),
        };
        let place = json!([cursor.seq, value]).to_string();
        let mac = self.mac(listing, place.as_bytes());
        let mut token = mac.as_ref().get(..MAC_BYTES).unwrap_or_default().to_vec();
        token.extend_from_slice(place.as_bytes());
        STANDARD_NO_PAD.encode(token)
    }

    /// The place that a token was made for; none when it was not made here, for this listing.
    pub(crate) fn unseal(&self, listing: &[&str], token: &str) -> Option<Cursor> {
        if token.len() > TOKEN_BYTES_MAX {
            return None;
        }
        let bytes = STANDARD_NO_PAD.decode(token).ok()?;
        let (given, place) = bytes.split_at_checked(MAC_BYTES)?;
        let right = self.mac(listing, place);
        if !bool::from(subtle::ConstantTimeEq::ct_eq(given, right.as_ref().get(..MAC_BYTES)?)) {
            return None;
        }
        let (seq, value): (i64, serde_json::Value) = serde_json::from_slice(place).ok()?;
        let value = match value {
            serde_json::Value::Null => None,
            serde_json::Value::String(text) => Some(Value::Text(text)),
            serde_json::Value::Number(number) => Some(Value::Integer(number.as_i64()?)),
            _ => return None,
        };
        Some(Cursor { value, seq })
    }

    fn mac(&self, listing: &[&str], place: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        for part in listing {
            context.update(part.as_bytes());
            context.update(&[0]);
        }
        context.update(place);
        context.sign()
    }
}

/// A page as an answer has it.
#[derive(Debug)]
pub(super) struct Listing<T> {
    pub(super) items: Vec<T>,
    /// The token of the next page; none on the last.
    pub(super) next_token: Option<String>,
}

/// What a caller asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    /// The token of the page; an empty one is none.
    pub(super) token: Option<&'a str>,
    /// How many results at most; checked by the model's constraints.
    pub(super) limit: Option<i32>,
    /// How many if nobody says.
    pub(super) default: usize,
}

impl Asked<'_> {
    /// The number of results on a page.
    pub(super) fn size(&self) -> usize {
        self.limit
            .and_then(|limit| usize::try_from(limit).ok())
            .filter(|limit| *limit > 0)
            .unwrap_or(self.default)
    }
}

/// A page of records. `query` says which and in what order; its place and limit are set here.
pub(super) fn list<T: Record>(
    cx: &Cx,
    store: &Reader<'_>,
    asked: Asked<'_>,
    query: &Query<'_>,
) -> Result<Listing<T>, ApiError> {
    let listing = format!("{:?} {:?} {}", query.filters, query.order, query.descending);
    listed(cx, asked, &listing, |after, limit| store.list::<T>(&Query { after, limit, ..query.clone() }))
}

/// A page of what `list` shows after a place, at most so many. `listing` says what that is.
pub(super) fn listed<T>(
    cx: &Cx,
    asked: Asked<'_>,
    listing: &str,
    list: impl FnOnce(Option<Cursor>, usize) -> Result<Page<T>, StoreError>,
) -> Result<Listing<T>, ApiError> {
    let page = list(open(cx, asked.token, listing)?, asked.size())?;
    Ok(Listing { items: page.items, next_token: page.next.map(|cursor| seal(cx, &cursor, listing)) })
}

/// A page of texts that were put together in memory, sorted and without repetition.
pub(super) fn slice(
    cx: &Cx,
    asked: Asked<'_>,
    listing: &str,
    sorted: Vec<String>,
) -> Result<Listing<String>, ApiError> {
    let after = open(cx, asked.token, listing)?;
    let begin = match after.and_then(|cursor| cursor.value) {
        Some(Value::Text(last)) => sorted.partition_point(|text| *text <= last),
        _ => 0,
    };
    let more = sorted.len().saturating_sub(begin) > asked.size();
    let items: Vec<String> = sorted.into_iter().skip(begin).take(asked.size()).collect();
    let place =
        items.last().filter(|_| more).map(|last| Cursor { value: Some(last.as_str().into()), seq: 0 });
    Ok(Listing { next_token: place.map(|cursor| seal(cx, &cursor, listing)), items })
}

fn seal(cx: &Cx, cursor: &Cursor, listing: &str) -> String {
    cx.app.paging.seal(&place(cx, listing), cursor)
}

fn open(cx: &Cx, token: Option<&str>, listing: &str) -> Result<Option<Cursor>, ApiError> {
    match token {
        None | Some("") => Ok(None),
        Some(token) => cx.app.paging.unseal(&place(cx, listing), token).map(Some).ok_or_else(|| {
            let message = "the page token is not one that this listing gave: begin again without it, and with the same filters";
            ApiError::invalid(message)
        }),
    }
}

fn place<'a>(cx: &'a Cx, listing: &'a str) -> [&'a str; 4] {
    [&cx.scope.account, &cx.scope.region, cx.operation.info().name, listing]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::testing;

    fn page(cx: &Cx, token: Option<&str>, limit: i32) -> (Vec<String>, Option<String>) {
        let names = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let page = slice(cx, Asked { token, limit: Some(limit), default: 50 }, "letters", names).unwrap();
        (page.items, page.next_token)
    }

    #[test]
    fn pages_follow_each_other_and_the_last_has_no_token() {
        let (_folder, cx) = testing::cx();
        let (first, token) = page(&cx, None, 2);
        assert_eq!(first, ["a", "b"]);
        let (second, token) = page(&cx, token.as_deref(), 2);
        assert_eq!(second, ["c", "d"]);
        let (third, token) = page(&cx, token.as_deref(), 2);
        assert_eq!((third, token), (vec!["e".to_owned()], None));
        assert_eq!(page(&cx, None, 5).1, None);
    }

    fn asked(token: &str) -> Asked<'_> {
        Asked { token: Some(token), limit: None, default: 50 }
    }

    #[test]
    fn tokens_of_other_listings_and_made_up_ones_are_refused() {
        let (_folder, cx) = testing::cx();
        let token = page(&cx, None, 2).1.unwrap();
        let mut other = cx.clone();
        other.operation = thingwarden_wire::Operation::ListThingTypes;
        let mut elsewhere = cx.clone();
        elsewhere.scope = thingwarden_store::Scope::new("999999999999", "us-east-1");
        for cx in [&other, &elsewhere] {
            assert!(slice(cx, asked(&token), "letters", vec![]).is_err());
        }
        assert!(slice(&cx, asked(&token), "digits", vec![]).is_err());
        let mut changed = token.clone().into_bytes();
        for index in 0..changed.len() {
            let kept = changed[index];
            changed[index] = if kept == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(changed.clone()).unwrap();
            assert!(slice(&cx, asked(&text), "letters", vec![]).is_err(), "byte {index}");
            changed[index] = kept;
        }
        assert!(slice(&cx, asked(&token), "letters", vec![]).is_ok());
    }
}
