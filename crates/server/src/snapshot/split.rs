//! Cuts a stream of JSON text into records without parsing them.
//!
//! A file may hold one document, several one after another (one a line, or pretty-printed), or a list of documents. A
//! document longer than a record may be is opened, and the lists that [`List`] knows are cut into their elements. Only
//! the structure is looked at: strings, brackets, and what may stand before a bracket. That is enough to find the end of
//! a damaged record and go on with the next.

use std::sync::Arc;

use memchr::{memchr, memchr3};

use super::json::PAGE_TOKENS;
use super::limits::{GARBAGE_BYTES_MAX, RECORD_BYTES_MAX, SIBLING_BYTES_MAX, SIBLINGS_BYTES_MAX};
use super::lists::List;
use super::window::{Place, Window};

/// Takes the records of a stream, in order.
pub(super) trait JsonSink {
    /// One document.
    fn document(&mut self, at: Place, text: &[u8]);
    /// One element of a list in a document too long to be taken as a whole. `siblings` is a JSON object of the small
    /// members that came before the list.
    fn element(&mut self, at: Place, list: List, siblings: &Arc<str>, text: &[u8]);
    /// Something that is no JSON, or not readable as a record; `sample` is the beginning of it.
    fn broken(&mut self, at: Place, what: String, list: Option<List>, sample: &[u8]);
}

/// How the text between records is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Between {
    /// It is an error.
    Error,
    /// It is a log's own text and does not matter.
    Noise,
}

/// Why a record could not be cut out.
#[derive(Debug)]
struct Trouble {
    what: String,
    at: Place,
    list: Option<List>,
}

/// Where a scan ended.
#[derive(Debug, PartialEq, Eq)]
enum Scan {
    /// The value has this many bytes.
    Complete(usize),
    TooLong,
    /// Not JSON, seen this many bytes after the start.
    Broken(usize, &'static str),
    /// The stream ended inside the value.
    Ended,
}

/// Finds the end of one JSON value.
#[derive(Debug)]
struct Scanner {
    at: usize,
    in_string: bool,
    /// The last byte outside strings that is not whitespace; `"` after a string.
    previous: u8,
    depth: u32,
    /// Of the open brackets, innermost lowest: 1 is an object.
    objects: u128,
}

impl Scanner {
    fn new() -> Self {
        Self { at: 0, in_string: false, previous: 0, depth: 0, objects: 0 }
    }

    /// Looks at `bytes` from where it stopped; `None` asks for more bytes.
    fn step(&mut self, bytes: &[u8]) -> Option<Scan> {
        while let Some((&byte, _)) = bytes.get(self.at..).and_then(<[u8]>::split_first) {
            if self.in_string {
                let rest = bytes.get(self.at..).unwrap_or_default();
                let Some(ahead) = memchr3(b'"', b'\\', b'\n', rest) else {
                    self.at = bytes.len();
                    return None;
                };
                self.at += ahead;
                match rest.get(ahead) {
                    Some(b'"') => {
                        self.at += 1;
                        self.in_string = false;
                        self.previous = b'"';
                        if self.depth == 0 {
                            return Some(Scan::Complete(self.at));
                        }
                    }
                    Some(b'\\') if rest.len() > ahead + 1 => self.at += 2,
                    Some(b'\\') => return None,
                    _ => return Some(Scan::Broken(self.at, "a line ends inside a string")),
                }
                continue;
            }
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    if self.depth == 0 && self.previous != 0 {
                        return Some(Scan::Complete(self.at));
                    }
                    self.at += 1;
                    continue;
                }
                b'"' => {
                    if !matches!(self.previous, 0 | b',' | b':' | b'[' | b'{') {
                        return Some(Scan::Broken(
                            self.at,
                            "a string where `,`, `:` or a closing bracket belongs",
                        ));
                    }
                    self.in_string = true;
                }
                b'{' | b'[' => {
                    let key_expected = self.previous == b',' && self.objects & 1 == 1;
                    if key_expected || !matches!(self.previous, 0 | b',' | b':' | b'[') {
                        return Some(Scan::Broken(self.at, "an opening bracket where none can be"));
                    }
                    if self.depth >= 126 {
                        return Some(Scan::Broken(self.at, "nested more than 126 levels deep"));
                    }
                    self.depth += 1;
                    self.objects = self.objects << 1 | u128::from(byte == b'{');
                }
                b'}' | b']' => {
                    if self.depth == 0 {
                        // The end of what a number or word stands in.
                        return Some(Scan::Complete(self.at));
                    }
                    if (self.objects & 1 == 1) != (byte == b'}') {
                        return Some(Scan::Broken(self.at, "a closing bracket of the wrong kind"));
                    }
                    self.depth -= 1;
                    self.objects >>= 1;
                    if self.depth == 0 {
                        return Some(Scan::Complete(self.at + 1));
                    }
                }
                b',' if self.depth == 0 => return Some(Scan::Complete(self.at)),
                0 => return Some(Scan::Broken(self.at, "a NUL byte")),
                _ => {}
            }
            self.previous = byte;
            self.at += 1;
        }
        None
    }
}

/// Measures the value at the start of the window.
fn scan(window: &mut Window<'_>, limit: usize) -> Scan {
    let mut scanner = Scanner::new();
    loop {
        match scanner.step(window.ahead()) {
            Some(Scan::Complete(length)) if length > limit => return Scan::TooLong,
            Some(outcome) => return outcome,
            None if scanner.at > limit => return Scan::TooLong,
            None => {}
        }
        if !window.more() {
            let word = scanner.depth == 0 && scanner.previous != 0 && !scanner.in_string;
            return if word { Scan::Complete(scanner.at) } else { Scan::Ended };
        }
    }
}

/// Drops the value at the start of the window, however long it is.
fn skip(window: &mut Window<'_>) -> Result<(), &'static str> {
    let mut scanner = Scanner::new();
    loop {
        match scanner.step(window.ahead()) {
            Some(Scan::Complete(length)) => {
                window.consume(length);
                return Ok(());
            }
            Some(Scan::Broken(at, what)) => {
                window.consume(at);
                return Err(what);
            }
            _ => {
                window.consume(scanner.at);
                scanner.at = 0;
            }
        }
        if !window.more() {
            return Err(TRUNCATED);
        }
    }
}

const TRUNCATED: &str = "the text ends inside a JSON value";

/// Cuts the whole stream. Ends early only where going on makes no sense (binary data).
pub(super) fn split(window: &mut Window<'_>, between: Between, sink: &mut dyn JsonSink) {
    let mut open: Vec<Place> = Vec::new();
    if window.fill(3).starts_with(b"\xef\xbb\xbf") {
        window.consume(3);
    }
    while let Some(byte) = next_byte(window) {
        let at = window.place();
        match byte {
            b'{' => {
                if !document(window, sink) && !resynchronize(window) {
                    return;
                }
            }
            b'[' => {
                open.push(at);
                window.consume(1);
                if open.len() > 16 {
                    sink.broken(at, "lists within lists, more than 16 deep".to_owned(), None, &[]);
                    return;
                }
            }
            b']' if !open.is_empty() => {
                open.pop();
                window.consume(1);
            }
            b',' if !open.is_empty() => window.consume(1),
            _ if !open.is_empty() => match scan(window, RECORD_BYTES_MAX) {
                Scan::Complete(length) if length > 0 => {
                    sink.document(at, window.ahead().get(..length).unwrap_or_default());
                    window.consume(length);
                }
                _ => {
                    sink.broken(at, "expected a JSON object".to_owned(), None, &[]);
                    open.clear();
                    if !resynchronize(window) {
                        return;
                    }
                }
            },
            _ => {
                if !prefix(window, byte) {
                    if between == Between::Error || byte == 0 {
                        let what = if byte == 0 {
                            "a NUL byte: not JSON text".to_owned()
                        } else {
                            "expected a JSON object or list".to_owned()
                        };
                        let sample = head(window);
                        sink.broken(at, what, None, &sample);
                    }
                    if byte == 0 || !resynchronize(window) {
                        return;
                    }
                }
            }
        }
    }
    if let Some(at) = open.first() {
        sink.broken(*at, "the text ends before the list that begins here does".to_owned(), None, &[]);
    }
}

/// The next byte that is not whitespace; whitespace before it is consumed.
fn next_byte(window: &mut Window<'_>) -> Option<u8> {
    loop {
        let bytes = window.ahead();
        let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let found = bytes.get(blank).copied();
        window.consume(blank);
        if found.is_some() {
            return found;
        }
        if !window.more() {
            return None;
        }
    }
}

/// Log exports put a time, and sometimes a stream's name, before each JSON object of a line. Consumes it.
fn prefix(window: &mut Window<'_>, first: u8) -> bool {
    if !first.is_ascii_digit() {
        return false;
    }
    let bytes = window.fill(512);
    let line = bytes.get(..bytes.len().min(512)).unwrap_or_default();
    let line = memchr(b'\n', line).and_then(|end| line.get(..end)).unwrap_or(line);
    let Some(length) = memchr(b'{', line) else { return false };
    window.consume(length);
    true
}

/// Goes to the next line that begins with a bracket, as documents do; false when there is none.
fn resynchronize(window: &mut Window<'_>) -> bool {
    let begins = |window: &Window<'_>| matches!(window.ahead().first(), Some(b'{' | b'['));
    if window.place().column == 1 && begins(window) {
        return true;
    }
    let from = window.place().offset;
    while window.place().offset - from < GARBAGE_BYTES_MAX {
        if window.ahead().is_empty() && !window.more() {
            return false;
        }
        match memchr(b'\n', window.ahead()) {
            Some(end) => {
                window.consume(end + 1);
                window.fill(1);
                if begins(window) || matches!(window.ahead().first(), Some(byte) if byte.is_ascii_digit()) {
                    return true;
                }
            }
            None => window.consume(window.ahead().len()),
        }
    }
    false
}

/// Handles the object at the start of the window; false when the stream must be synchronized again.
fn document(window: &mut Window<'_>, sink: &mut dyn JsonSink) -> bool {
    let at = window.place();
    match scan(window, RECORD_BYTES_MAX) {
        Scan::Complete(length) => {
            sink.document(at, window.ahead().get(..length).unwrap_or_default());
            window.consume(length);
            true
        }
        Scan::TooLong | Scan::Broken(..) | Scan::Ended => {
            let sample = head(window);
            match open(window, sink) {
                Ok(()) => true,
                Err(trouble) => {
                    let what = if trouble.what == TRUNCATED {
                        format!(
                            "the text ends at byte {} inside a JSON value that begins here",
                            trouble.at.offset
                        )
                    } else if trouble.at == at {
                        trouble.what
                    } else {
                        format!("line {}, column {}: {}", trouble.at.line, trouble.at.column, trouble.what)
                    };
                    sink.broken(at, what, trouble.list, &sample);
                    false
                }
            }
        }
    }
}

/// Reads an object member by member and hands out the elements of its known lists.
fn open(window: &mut Window<'_>, sink: &mut dyn JsonSink) -> Result<(), Trouble> {
    let start = window.place();
    let mut siblings = String::from("{");
    let mut known = None;
    let mut dropped = None;
    window.consume(1);
    loop {
        match expect(window, None)? {
            b'}' => {
                window.consume(1);
                break;
            }
            b',' => {
                window.consume(1);
                continue;
            }
            b'"' => {}
            _ => return Err(trouble(window, None, "expected a member's name")),
        }
        let name =
            take(window, 1024, None)?.ok_or_else(|| trouble(window, None, "a member's name is too long"))?;
        if expect(window, None)? != b':' {
            return Err(trouble(window, None, "expected `:`"));
        }
        window.consume(1);
        let first = expect(window, None)?;
        let list = serde_json::from_slice::<String>(&name).ok().and_then(|name| List::of_member(&name));
        if let (b'[', Some(list)) = (first, list) {
            known = Some(list);
            elements(window, list, &format!("{siblings}}}").into(), sink)?;
            append(&mut siblings, &name, b"[]");
            continue;
        }
        match take(window, SIBLING_BYTES_MAX, None)? {
            Some(value) if siblings.len() + value.len() < SIBLINGS_BYTES_MAX => {
                append(&mut siblings, &name, &value)
            }
            // That there is a token says enough.
            _ if is_page_token(&name) => append(&mut siblings, &name, b"true"),
            _ => dropped = Some(name),
        }
    }
    if known.is_some() {
        siblings.push('}');
        sink.document(start, siblings.as_bytes());
        return Ok(());
    }
    let member = dropped.map(|name| format!(": {}", String::from_utf8_lossy(&name))).unwrap_or_default();
    let what = format!("a JSON object of more than {RECORD_BYTES_MAX} bytes{member}");
    // It was read to its end, so the next record begins right here.
    sink.broken(start, what, None, siblings.as_bytes());
    Ok(())
}

fn is_page_token(name: &[u8]) -> bool {
    serde_json::from_slice::<String>(name).is_ok_and(|name| PAGE_TOKENS.contains(&name.as_str()))
}

fn append(siblings: &mut String, name: &[u8], value: &[u8]) {
    let (Ok(name), Ok(value)) = (std::str::from_utf8(name), std::str::from_utf8(value)) else { return };
    if siblings.len() > 1 {
        siblings.push(',');
    }
    siblings.push_str(name);
    siblings.push(':');
    siblings.push_str(value);
}

fn elements(
    window: &mut Window<'_>,
    list: List,
    siblings: &Arc<str>,
    sink: &mut dyn JsonSink,
) -> Result<(), Trouble> {
    window.consume(1);
    loop {
        match expect(window, Some(list))? {
            b']' => {
                window.consume(1);
                return Ok(());
            }
            b',' => window.consume(1),
            _ => {
                let at = window.place();
                match scan(window, RECORD_BYTES_MAX) {
                    Scan::Complete(0) => return Err(trouble(window, Some(list), "expected an element")),
                    Scan::Complete(length) => {
                        sink.element(at, list, siblings, window.ahead().get(..length).unwrap_or_default());
                        window.consume(length);
                    }
                    Scan::TooLong => {
                        let what = format!("an element of more than {RECORD_BYTES_MAX} bytes");
                        sink.broken(at, what, Some(list), &[]);
                        skip(window).map_err(|what| trouble(window, Some(list), what))?;
                    }
                    Scan::Broken(ahead, what) => {
                        window.consume(ahead);
                        return Err(trouble(window, Some(list), what));
                    }
                    Scan::Ended => {
                        window.consume(window.ahead().len());
                        return Err(trouble(window, Some(list), TRUNCATED));
                    }
                }
            }
        }
    }
}

/// Takes the value at the start of the window; `None` when it is longer than `limit`, and then it is dropped.
fn take(window: &mut Window<'_>, limit: usize, list: Option<List>) -> Result<Option<Vec<u8>>, Trouble> {
    match scan(window, limit) {
        Scan::Complete(length) => {
            let value = window.ahead().get(..length).unwrap_or_default().to_vec();
            window.consume(length);
            Ok(Some(value))
        }
        Scan::TooLong => {
            skip(window).map_err(|what| trouble(window, list, what))?;
            Ok(None)
        }
        Scan::Broken(ahead, what) => {
            window.consume(ahead);
            Err(trouble(window, list, what))
        }
        Scan::Ended => {
            window.consume(window.ahead().len());
            Err(trouble(window, list, TRUNCATED))
        }
    }
}

/// The beginning of what is broken, for guessing what it was.
fn head(window: &Window<'_>) -> Vec<u8> {
    let bytes = window.ahead();
    bytes.get(..bytes.len().min(4096)).unwrap_or_default().to_vec()
}

fn expect(window: &mut Window<'_>, list: Option<List>) -> Result<u8, Trouble> {
    match next_byte(window) {
        Some(byte) => Ok(byte),
        None => Err(trouble(window, list, TRUNCATED)),
    }
}

fn trouble(window: &Window<'_>, list: Option<List>, what: &str) -> Trouble {
    Trouble { what: what.to_owned(), at: window.place(), list }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
