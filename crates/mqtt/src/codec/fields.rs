//! The fields that packets are made of (MQTT 5, section 1.5): reading with checks, writing.

use bytes::{BufMut, BytesMut};

use crate::error::{Misuse, PeerError};
use crate::message::PacketId;

/// The rest of a packet that is being read.
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Everything that is left.
    pub(super) fn rest(self) -> &'a [u8] {
        self.rest
    }

    /// That nothing is left.
    pub(super) fn end(&self) -> Result<(), PeerError> {
        if self.is_empty() { Ok(()) } else { Err(PeerError::Malformed("bytes after the end of a packet")) }
    }

    pub(super) fn bytes(&mut self, count: usize) -> Result<&'a [u8], PeerError> {
        let (taken, rest) =
            self.rest.split_at_checked(count).ok_or(PeerError::Malformed("a field is cut off"))?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], PeerError> {
        self.bytes(N)?.try_into().map_err(|_| PeerError::Malformed("a field is cut off"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, PeerError> {
        self.array().map(|[byte]| byte)
    }

    /// A byte that is 0 or 1.
    pub(super) fn flag(&mut self) -> Result<bool, PeerError> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(PeerError::Protocol("a flag is neither 0 nor 1")),
        }
    }

    pub(super) fn two(&mut self) -> Result<u16, PeerError> {
        self.array().map(u16::from_be_bytes)
    }

    pub(super) fn four(&mut self) -> Result<u32, PeerError> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn packet_id(&mut self) -> Result<PacketId, PeerError> {
        PacketId::new(self.two()?).ok_or(PeerError::Protocol("a packet id is 0"))
    }

    pub(super) fn binary(&mut self) -> Result<&'a [u8], PeerError> {
        let length = self.two()?;
        self.bytes(length.into())
    }

    /// Text without null characters (MQTT-1.5.4-1, MQTT-1.5.4-2).
    pub(super) fn text(&mut self) -> Result<&'a str, PeerError> {
        let text =
            std::str::from_utf8(self.binary()?).map_err(|_| PeerError::Malformed("text is not UTF-8"))?;
        if text.contains('\0') {
            return Err(PeerError::Malformed("text has a null character"));
        }
        Ok(text)
    }

    /// A number of variable length, in as few bytes as it needs (MQTT-1.5.5-1).
    pub(super) fn number(&mut self) -> Result<u32, PeerError> {
        let mut number = 0;
        for index in 0..4 {
            let byte = self.byte()?;
            number |= u32::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                let is_padded = byte == 0 && index > 0;
                return if is_padded { Err(PeerError::Malformed("a length is padded")) } else { Ok(number) };
            }
        }
        Err(PeerError::Malformed("a length has more than four bytes"))
    }
}

/// The largest number of variable length.
const NUMBER_MAX: usize = 268_435_455;

/// How many bytes a number of variable length takes.
pub(super) fn number_length(number: usize) -> usize {
    match number {
        0..=0x7f => 1,
        0x80..=0x3fff => 2,
        0x4000..=0x1f_ffff => 3,
        _ => 4,
    }
}

pub(super) fn put_number(out: &mut BytesMut, number: usize) -> Result<(), Misuse> {
    if number > NUMBER_MAX {
        return Err(Misuse::TooLong);
    }
    let mut rest = number;
    loop {
        let byte = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            out.put_u8(byte);
            return Ok(());
        }
        out.put_u8(byte | 0x80);
    }
}

/// Bytes with their length before them.
pub(super) fn put_binary(out: &mut BytesMut, bytes: &[u8]) -> Result<(), Misuse> {
    out.put_u16(u16::try_from(bytes.len()).map_err(|_| Misuse::TooLong)?);
    out.put_slice(bytes);
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_are_read_as_they_are_written(number in 0..=NUMBER_MAX) {
            let mut out = BytesMut::new();
            put_number(&mut out, number).unwrap();
            prop_assert_eq!(out.len(), number_length(number));
            let mut fields = Fields::new(&out);
            prop_assert_eq!(fields.number(), Ok(number as u32));
            prop_assert!(fields.is_empty());
        }
    }

    #[test]
    fn numbers_are_not_padded_and_not_long() {
        assert!(Fields::new(&[0x84, 0x00]).number().is_err());
        assert!(Fields::new(&[0xff, 0xff, 0xff, 0xff, 0x01]).number().is_err());
        assert!(Fields::new(&[0x80]).number().is_err());
        assert_eq!(put_number(&mut BytesMut::new(), NUMBER_MAX + 1), Err(Misuse::TooLong));
    }

    #[test]
    fn text_has_no_null_characters() {
        assert!(Fields::new(b"\0\x02a\0").text().is_err());
        assert!(Fields::new(b"\0\x01\xff").text().is_err());
        assert_eq!(Fields::new("\0\x02é".as_bytes()).text(), Ok("é"));
    }
}
