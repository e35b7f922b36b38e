//! Places in a policy text, and names from it in messages.

use std::fmt::{self, Write as _};

/// Line and column, both from 1; the column counts characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Where the byte `offset` of `text` stands, for the `start` or `end` of a [`Span`](super::document::Span). An offset
/// past the end is the end; one inside a character is that character. Lines end with a line feed.
pub fn line_column(text: &str, offset: u32) -> Position {
    let mut position = Position { line: 1, column: 1 };
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    for (start, character) in text.char_indices() {
        if start + character.len_utf8() > offset {
            break;
        }
        if character == '\n' {
            position = Position { line: position.line.saturating_add(1), column: 1 };
        } else {
            position.column = position.column.saturating_add(1);
        }
    }
    position
}

/// Where several bytes of `text` stand, as [`line_column`] says it, in one pass if they are in order.
pub fn line_columns(text: &str, offsets: impl IntoIterator<Item = u32>) -> Vec<Position> {
    let mut at = Position { line: 1, column: 1 };
    let mut done = 0;
    let mut places = Vec::new();
    for offset in offsets {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(text.len());
        if offset < done {
            (at, done) = (Position { line: 1, column: 1 }, 0);
        }
        for character in text.get(done..offset).unwrap_or_default().chars() {
            at = match character {
                '\n' => Position { line: at.line.saturating_add(1), column: 1 },
                _ => Position { column: at.column.saturating_add(1), ..at },
            };
        }
        done = offset;
        places.push(at);
    }
    places
}

/// Text from a policy inside a message: in backticks, control characters escaped, cut after 80 characters, so that no
/// document can write to a terminal or flood a log.
pub(super) struct Quoted<'a>(pub(super) &'a str);

const QUOTED_CHARS_MAX: usize = 80;

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('`')?;
        for character in self.0.chars().take(QUOTED_CHARS_MAX) {
            if character == '"' || character == '\'' || character == '\\' {
                f.write_char(character)?;
            } else {
                write!(f, "{}", character.escape_debug())?;
            }
        }
        if self.0.chars().nth(QUOTED_CHARS_MAX).is_some() {
            f.write_char('…')?;
        }
        f.write_char('`')
    }
}

/// Names for a message: `` `a`, `b` or `c` ``.
pub(super) struct OneOf<'a>(pub(super) &'a [&'a str]);

impl fmt::Display for OneOf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.0.iter().enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == self.0.len() => " or ",
                _ => ", ",
            };
            write!(f, "{separator}`{name}`")?;
        }
        Ok(())
    }
}

/// The candidate that was probably meant by `name`: equal but for case, or at most two single-character edits away.
pub(super) fn closest<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    const NAME_CHARS_MAX: usize = 64;
    if name.chars().nth(NAME_CHARS_MAX).is_some() {
        return None;
    }
    let name = name.to_ascii_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (edits(&name, &candidate.to_ascii_lowercase()), candidate))
        .filter(|(edits, _)| *edits <= 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance, one row at a time.
fn edits(from: &str, to: &str) -> usize {
    let to: Vec<char> = to.chars().collect();
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (index, from) in from.chars().enumerate() {
        let mut next = vec![index + 1];
        for ((to, above_left), above) in to.iter().zip(&row).zip(row.iter().skip(1)) {
            let left = next.last().copied().unwrap_or(0);
            next.push((above_left + usize::from(from != *to)).min(above + 1).min(left + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters() {
        let text = "aé\r\n😀b";
        for (offset, line, column) in
            [(0, 1, 1), (1, 1, 2), (2, 1, 2), (3, 1, 3), (5, 2, 1), (9, 2, 2), (10, 2, 3), (99, 2, 3)]
        {
            assert_eq!(line_column(text, offset), Position { line, column }, "{offset}");
        }
    }

    #[test]
    fn quoted_text_cannot_reach_the_terminal() {
        assert_eq!(Quoted("a\u{1b}[31m\n\"b").to_string(), "`a\\u{1b}[31m\\n\"b`");
        assert_eq!(Quoted(&"x".repeat(81)).to_string(), format!("`{}…`", "x".repeat(80)));
    }

    #[test]
    fn closest_names() {
        let names = ["StringEquals", "StringLike", "Null"];
        assert_eq!(closest("stringequals", names), Some("StringEquals"));
        assert_eq!(closest("StringEqual", names), Some("StringEquals"));
        assert_eq!(closest("Regex", names), None);
        assert_eq!(closest(&"x".repeat(100_000), names), None);
    }

    #[test]
    fn one_of() {
        assert_eq!(OneOf(&["a", "b", "c"]).to_string(), "`a`, `b` or `c`");
        assert_eq!(OneOf(&["a"]).to_string(), "`a`");
    }
}
