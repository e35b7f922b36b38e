//! Serialization helpers that the JSON forms share: sequences written as they are made, and text that no terminal obeys.

use std::io::{self, Write};

use serde::{Serialize, Serializer};
use thingwarden_engine::time::Timestamp;

use super::text::is_hostile;

/// A list that is made while it is written.
pub(super) struct Lazy<F>(pub(super) F);

impl<F, I> Serialize for Lazy<F>
where
    F: Fn() -> I,
    I: Iterator,
    I::Item: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A map that is made while it is written; its keys must differ.
pub(super) struct LazyMap<F>(pub(super) F);

impl<F, I, V> Serialize for LazyMap<F>
where
    F: Fn() -> I,
    I: Iterator<Item = (&'static str, V)>,
    V: Serialize,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map((self.0)())
    }
}

/// Epoch seconds as AWS's JSON has them: a whole number, with a fraction only when there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seconds(pub(super) Timestamp);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let millis = self.0.millis();
        if millis % 1000 == 0 {
            serializer.serialize_i64(millis / 1000)
        } else {
            serializer.serialize_f64(self.0.seconds_f64())
        }
    }
}

/// Passes JSON on and writes characters that act on a terminal (DEL, C1 controls, bidirectional overrides) as `\u009b`.
/// serde_json escapes only C0 controls. Outside of strings JSON is ASCII, so every such character stands in a string,
/// and the document means the same.
pub(super) struct Careful<W>(pub(super) W);

impl<W: Write> Write for Careful<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // Lead bytes of everything that `is_hostile` knows beyond C0, which serde_json has escaped already.
        let suspicious = bytes.iter().any(|byte| matches!(byte, 0x7f | 0xc2 | 0xd8 | 0xe2 | 0xef));
        match std::str::from_utf8(bytes) {
            Ok(text) if suspicious => {
                for piece in text.split_inclusive(|c: char| c > '\u{1f}' && is_hostile(c)) {
                    match piece.chars().next_back() {
                        Some(last) if last > '\u{1f}' && is_hostile(last) => {
                            let kept = piece.len() - last.len_utf8();
                            self.0.write_all(piece.as_bytes().get(..kept).unwrap_or_default())?;
                            write!(self.0, "\\u{:04x}", u32::from(last))?;
                        }
                        _ => self.0.write_all(piece.as_bytes())?,
                    }
                }
            }
            _ => self.0.write_all(bytes)?,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes one document, indented, with a line end.
pub(super) fn document(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Careful(out);
    serde_json::to_writer_pretty(&mut out, value)?;
    out.write_all(b"\n")
}

/// Writes one value on one line.
pub(super) fn line(value: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    let mut out = Careful(out);
    serde_json::to_writer(&mut out, value)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_characters_are_escaped_and_mean_the_same() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}31m\u{202e}ünï–\u{feff}日本";
        let mut out = Vec::new();
        line(&text, &mut out).unwrap();
        let json = String::from_utf8(out).unwrap();
        assert_eq!(json, "\"a\\u001b[2J\\u007f\\u009b31m\\u202eünï–\\ufeff日本\"\n");
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn seconds_have_a_fraction_only_when_there_is_one() {
        let check = |millis, expected: &str| {
            let shown = serde_json::to_string(&Seconds(Timestamp::from_millis(millis))).unwrap();
            assert_eq!(shown, expected);
        };
        check(1_772_323_200_000, "1772323200");
        check(1_560_161_017_172, "1560161017.172");
        check(-1_500, "-1.5");
    }
}
