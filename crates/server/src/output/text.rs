//! Text for people: nothing from the input reaches a terminal as a command, lines wrap, numbers group.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// True for characters that do something instead of showing something: C0 and C1 controls, and the format characters that
/// reorder or hide text (Unicode UAX #9; CVE-2021-42574).
pub(crate) fn is_hostile(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Writes hostile characters as `\u{1b}`, so that the text is one harmless line.
pub(crate) fn escape(text: &str) -> Cow<'_, str> {
    escape_if(text, is_hostile)
}

/// As [`escape`], for the characters that `hostile` picks.
pub(crate) fn escape_if(text: &str, hostile: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&hostile) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hostile(character) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        } else {
            out.push(character);
        }
    }
    Cow::Owned(out)
}

/// At most `max` characters; a longer text ends in `…` and is that long altogether.
pub(crate) fn clip(text: &str, max: usize) -> Cow<'_, str> {
    if text.chars().count() <= max {
        return Cow::Borrowed(text);
    }
    let mut short: String = text.chars().take(max.saturating_sub(1)).collect();
    short.push('…');
    Cow::Owned(short)
}

/// Breaks a text at spaces into lines of at most `width` columns, and in the middle of a word only when the word alone is
/// wider than a line.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let mut column = line.width();
        for character in word.chars() {
            let wide = character.width().unwrap_or(0);
            if column + wide > width && !line.is_empty() {
                lines.push(std::mem::take(&mut line));
                column = 0;
            }
            line.push(character);
            column += wide;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// `1,204`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 finding`, `2 findings`, `3 policies`.
pub(crate) fn counted(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{} {stem}ies", grouped(number)),
        (_, None) => format!("{} {noun}s", grouped(number)),
    }
}

/// `512 bytes`, `4.1 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return counted(bytes, "byte");
    }
    let mut value = bytes as f64;
    let mut shown = "bytes";
    for unit in UNITS {
        if value < 1023.95 {
            break;
        }
        value /= 1024.0;
        shown = unit;
    }
    format!("{value:.1} {shown}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_passes() {
        assert_eq!(escape("plain – ünï"), "plain – ünï");
        assert_eq!(escape("a\u{1b}[31mb\nc\t\u{9b}2J"), "a\\u{1b}[31mb\\u{a}c\\u{9}\\u{9b}2J");
        assert_eq!(escape("user\u{202e}txt.exe\u{2066}\u{200f}"), "user\\u{202e}txt.exe\\u{2066}\\u{200f}");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_in_the_middle() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij k", 4), ["abcd", "efgh", "ij k"]);
        assert_eq!(wrap("日本語 x", 4), ["日本", "語 x"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
    }

    #[test]
    fn numbers_read_well() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1000), grouped(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        assert_eq!(
            [counted(1, "policy"), counted(0, "policy"), counted(2000, "byte")],
            ["1 policy", "0 policies", "2,000 bytes"]
        );
        assert_eq!(
            [size(1), size(1023), size(1024), size(5_000_000)],
            ["1 byte", "1,023 bytes", "1.0 KiB", "4.8 MiB"]
        );
    }

    #[test]
    fn a_clipped_text_is_as_long_as_allowed() {
        assert_eq!(clip("abcdef", 6), "abcdef");
        assert_eq!(clip("äbcdefg", 6), "äbcde…");
    }
}
