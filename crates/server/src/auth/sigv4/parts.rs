//! The parts of a request that a signature covers, as they came.

use super::SignatureError;

/// A request before anybody interpreted it.
#[derive(Clone, Copy, Debug)]
pub struct SignedParts<'a> {
    /// `GET`, as it came.
    pub method: &'a str,
    /// The path as it came, percent-encoded, without query.
    pub path_raw: &'a str,
    /// What follows the `?` as it came; empty without one.
    pub query_raw: &'a str,
    /// All headers in the order in which they came, names in any case.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The whole body.
    pub body: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// The values of a header, in order. `name` in lower case.
    pub(super) fn header(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.headers.iter().filter(move |(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// The value of a header that may come once, without the blanks around it. `name` in lower case.
    ///
    /// # Errors
    /// [`SignatureError::Incomplete`] when it is there twice or not visible ASCII.
    pub(super) fn sole_header(&self, name: &str) -> Result<Option<&'a str>, SignatureError> {
        let mut values = self.header(name);
        let Some(value) = values.next() else { return Ok(None) };
        if values.next().is_some() {
            return Err(SignatureError::Incomplete(format!("the request has the header '{name}' twice.")));
        }
        let value = std::str::from_utf8(value).ok().map(str::trim_ascii);
        let visible = value.filter(|value| value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()));
        let refused = || SignatureError::Incomplete(format!("the header '{name}' is not visible ASCII."));
        visible.map(Some).ok_or_else(refused)
    }
}

/// The `key=value` pairs of a query as they came; a key without `=` has an empty value.
pub(super) fn query_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    let pairs = query.split('&').filter(move |_| !query.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}
