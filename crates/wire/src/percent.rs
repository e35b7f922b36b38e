//! Percent-decoding (RFC 3986 section 2.1), once.

use std::borrow::Cow;

/// Why a text cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PercentError {
    /// `%` without two hexadecimal digits behind it.
    Digits,
    /// The decoded bytes are not UTF-8.
    Utf8,
}

impl PercentError {
    /// The rest of a sentence that starts with what could not be decoded.
    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Digits => "has a `%` that is not followed by two hexadecimal digits",
            Self::Utf8 => "is not UTF-8",
        }
    }
}

/// Decodes `%XX`. A plus stays a plus.
pub(crate) fn decode(text: &str) -> Result<Cow<'_, str>, PercentError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let (high, low) = (digit(bytes.next())?, digit(bytes.next())?);
            decoded.push(high * 16 + low);
        } else {
            decoded.push(byte);
        }
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| PercentError::Utf8)
}

fn digit(byte: Option<u8>) -> Result<u8, PercentError> {
    match byte {
        Some(digit @ b'0'..=b'9') => Ok(digit - b'0'),
        Some(digit @ b'a'..=b'f') => Ok(digit - b'a' + 10),
        Some(digit @ b'A'..=b'F') => Ok(digit - b'A' + 10),
        _ => Err(PercentError::Digits),
    }
}

#[cfg(test)]
mod tests {
    use super::{PercentError, decode};

    fn check(text: &str, expected: Result<&str, PercentError>) {
        assert_eq!(decode(text).as_deref().map_err(|error| *error), expected, "{text}");
    }

    #[test]
    fn decodes_once() {
        check("plain", Ok("plain"));
        check("a%2Fb%25c%20%C3%A9+~", Ok("a/b%c é+~"));
        check("%252F", Ok("%2F"));
        check("%2f%3a", Ok("/:"));
    }

    #[test]
    fn refuses_what_is_not_an_encoding() {
        for text in ["%", "%2", "%G0", "%0G", "a%", "%%41", "%+1", "%é"] {
            check(text, Err(PercentError::Digits));
        }
        for text in ["%FF", "%C3", "%C3%28", "%ED%A0%80", "%C0%AF"] {
            check(text, Err(PercentError::Utf8));
        }
    }
}
