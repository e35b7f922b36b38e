//! Reads DER (ITU-T X.690) value by value, without recursion and without trusting a length.
//!
//! Certificates made by old or careless tools must still be read by an auditor, so two deviations are accepted:
//! lengths written in more bytes than necessary, and integers with needless leading bytes.

use super::time::parse_time;
use crate::time::Timestamp;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OID: u8 = 0x06;
pub(super) const ENUMERATED: u8 = 0x0a;
pub(super) const UTC_TIME: u8 = 0x17;
pub(super) const GENERALIZED_TIME: u8 = 0x18;
pub(super) const SEQUENCE: u8 = 0x30;
pub(super) const SET: u8 = 0x31;

/// The tag of `[number] EXPLICIT` or of a constructed `[number] IMPLICIT`.
pub(super) const fn constructed(number: u8) -> u8 {
    0xa0 | number
}

/// The tag of a primitive `[number] IMPLICIT`.
pub(super) const fn primitive(number: u8) -> u8 {
    0x80 | number
}

/// Where and why bytes are not what the format asks for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} at byte {offset}: {fault}")]
pub struct DerError {
    /// Bytes from the start of the input.
    pub offset: usize,
    /// What was being read, such as `subject`.
    pub field: &'static str,
    pub fault: DerFault,
}

/// What is wrong at one place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DerFault {
    #[error("the data ends {missing} bytes too early")]
    Truncated { missing: usize },
    #[error("expected {expected}, found tag 0x{found:02x}")]
    UnexpectedTag { expected: &'static str, found: u8 },
    #[error("nothing is left where {expected} must be")]
    Missing { expected: &'static str },
    #[error("the length is not in a form that DER allows")]
    BadLength,
    #[error("tags above 30 have no place here")]
    LongTag,
    #[error("{count} bytes follow where it should end")]
    Trailing { count: usize },
    #[error("`{text}` is not a date and time")]
    BadTime { text: String },
    #[error("{reason}")]
    BadValue { reason: &'static str },
}

/// One value: its tag, its content, and its whole encoding.
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) content: &'a [u8],
    /// Tag, length and content.
    pub(super) raw: &'a [u8],
    /// Of the tag, from the start of the input.
    pub(super) offset: usize,
}

/// A cursor over the content of one constructed value.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, offset: 0 }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) const fn offset(&self) -> usize {
        self.offset
    }

    pub(super) fn error(&self, field: &'static str, fault: DerFault) -> DerError {
        DerError { offset: self.offset, field, fault }
    }

    /// The tag of the next value, if there is one.
    pub(super) fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, whatever its tag.
    pub(super) fn any(&mut self, field: &'static str) -> Result<Value<'a>, DerError> {
        let Some((&tag, after_tag)) = self.rest.split_first() else {
            return Err(self.error(field, DerFault::Missing { expected: "a value" }));
        };
        if tag & 0x1f == 0x1f {
            return Err(self.error(field, DerFault::LongTag));
        }
        let Some((&first, after_length)) = after_tag.split_first() else {
            return Err(self.error(field, DerFault::Truncated { missing: 1 }));
        };
        let (length, body) = if first < 0x80 {
            (usize::from(first), after_length)
        } else {
            let count = usize::from(first & 0x7f);
            // 0 is the indefinite form; four bytes already say four gigabytes.
            if count == 0 || count > 4 {
                return Err(self.error(field, DerFault::BadLength));
            }
            let Some((digits, body)) = after_length.split_at_checked(count) else {
                return Err(self.error(field, DerFault::Truncated { missing: count - after_length.len() }));
            };
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), body)
        };
        let header = self.rest.len() - body.len();
        let Some((content, after)) = body.split_at_checked(length) else {
            return Err(self.error(field, DerFault::Truncated { missing: length - body.len() }));
        };
        let raw = self.rest.get(..header + length).unwrap_or_default();
        let value = Value { tag, content, raw, offset: self.offset };
        self.rest = after;
        self.offset += header + length;
        Ok(value)
    }

    /// The next value, which must have this tag.
    pub(super) fn expect(
        &mut self,
        tag: u8,
        field: &'static str,
        expected: &'static str,
    ) -> Result<Value<'a>, DerError> {
        match self.peek() {
            None => Err(self.error(field, DerFault::Missing { expected })),
            Some(found) if found != tag => {
                Err(self.error(field, DerFault::UnexpectedTag { expected, found }))
            }
            Some(_) => self.any(field),
        }
    }

    /// The next value when it has this tag, else nothing is consumed.
    pub(super) fn optional(&mut self, tag: u8, field: &'static str) -> Result<Option<Value<'a>>, DerError> {
        if self.peek() == Some(tag) { self.any(field).map(Some) } else { Ok(None) }
    }

    pub(super) fn sequence(&mut self, field: &'static str) -> Result<Value<'a>, DerError> {
        self.expect(SEQUENCE, field, "a sequence")
    }

    pub(super) fn integer(&mut self, field: &'static str) -> Result<&'a [u8], DerError> {
        let value = self.expect(INTEGER, field, "an integer")?;
        if value.content.is_empty() {
            let fault = DerFault::BadValue { reason: "the integer has no digits" };
            return Err(DerError { offset: value.offset, field, fault });
        }
        Ok(value.content)
    }

    /// A bit string of whole bytes.
    pub(super) fn bit_string(&mut self, field: &'static str) -> Result<&'a [u8], DerError> {
        let value = self.expect(BIT_STRING, field, "a bit string")?;
        match value.content.split_first() {
            Some((0, bytes)) => Ok(bytes),
            _ => {
                let fault = DerFault::BadValue { reason: "the bit string is not of whole bytes" };
                Err(DerError { offset: value.offset, field, fault })
            }
        }
    }

    /// A `UTCTime` or `GeneralizedTime`.
    pub(super) fn time(&mut self, field: &'static str) -> Result<Timestamp, DerError> {
        let value = match self.peek() {
            Some(UTC_TIME | GENERALIZED_TIME) => self.any(field)?,
            Some(found) => {
                return Err(self.error(field, DerFault::UnexpectedTag { expected: "a time", found }));
            }
            None => return Err(self.error(field, DerFault::Missing { expected: "a time" })),
        };
        parse_time(value.content, value.tag == UTC_TIME).ok_or_else(|| DerError {
            offset: value.offset,
            field,
            fault: DerFault::BadTime {
                text: value
                    .content
                    .iter()
                    .take(32)
                    .copied()
                    .flat_map(std::ascii::escape_default)
                    .map(char::from)
                    .collect(),
            },
        })
    }

    /// Nothing may be left.
    pub(super) fn finish(&self, field: &'static str) -> Result<(), DerError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(self.error(field, DerFault::Trailing { count: self.rest.len() }))
        }
    }
}

impl<'a> Value<'a> {
    /// A cursor over the content of this constructed value.
    pub(super) const fn reader(&self) -> Reader<'a> {
        Reader { rest: self.content, offset: self.offset + (self.raw.len() - self.content.len()) }
    }

    /// The length is written as DER wants it, in as few bytes as possible.
    pub(super) const fn has_shortest_length(&self) -> bool {
        let header = match self.content.len() {
            0..0x80 => 2,
            0x80..0x100 => 3,
            0x100..0x1_0000 => 4,
            0x1_0000..0x100_0000 => 5,
            _ => 6,
        };
        self.raw.len() - self.content.len() == header
    }
}

/// An unsigned number without leading zero bytes. A number that its maker encoded as negative by leaving out the
/// zero in front is read as what was meant.
pub(super) fn unsigned(content: &[u8]) -> &[u8] {
    let zeros = content.iter().take_while(|&&byte| byte == 0).count();
    content.get(zeros..).unwrap_or_default()
}
