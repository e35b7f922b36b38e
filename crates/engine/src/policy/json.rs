//! A strict JSON reader (RFC 8259) that remembers where every value stands. Policies are read with it, not with a general
//! JSON library, because an error must name its line and column, a key that comes twice must be refused, and the depth
//! must be bounded.

use super::document::Span;
use super::text::{Quoted, line_column};
use crate::limits::POLICY_JSON_DEPTH_MAX;

/// A JSON value and the bytes that it takes in the text.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) span: Span,
}

#[derive(Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    /// As written; a policy never calculates with it at this stage.
    Number(String),
    String(String),
    Array(Vec<Node>),
    /// In the order of the text; no name comes twice.
    Object(Vec<Member>),
}

#[derive(Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) name_span: Span,
    pub(super) node: Node,
}

/// What is wrong with a text as JSON. Where, is said by the error that carries this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JsonErrorKind {
    /// `found` is `None` at the end of the text.
    #[error("expected {expected}, found {}", Found(*.found))]
    Expected { expected: &'static str, found: Option<char> },
    #[error("the text begins with a byte order mark; save it as UTF-8 without one")]
    ByteOrderMark,
    #[error("the control character U+{:04X} must be written as an escape in a string", u32::from(*.0))]
    ControlCharacter(char),
    #[error("`\\u{0:04x}` is half of a surrogate pair, which is no character")]
    LoneSurrogate(u16),
    #[error("nested deeper than {max} levels")]
    TooDeep { max: usize },
    #[error("duplicate member {}, already given in line {first_line}", Quoted(.name))]
    DuplicateMember { name: String, first_line: u32 },
    #[error("expected the end of the text after the document, found {}", Found(Some(*.found)))]
    TrailingContent { found: char },
}

/// A [`JsonErrorKind`] at a byte of the text.
#[derive(Debug)]
pub(super) struct JsonError {
    pub(super) offset: usize,
    pub(super) kind: JsonErrorKind,
}

struct Found(Option<char>);

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(character) => write!(f, "{}", Quoted(character.encode_utf8(&mut [0; 4]))),
            None => f.write_str("the end of the text"),
        }
    }
}

/// Reads the one JSON value that `text` is.
pub(super) fn read(text: &str) -> Result<Node, JsonError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    if text.starts_with('\u{feff}') {
        return Err(reader.error(JsonErrorKind::ByteOrderMark));
    }
    reader.skip_whitespace();
    let node = reader.value()?;
    reader.skip_whitespace();
    match reader.peek_char() {
        None => Ok(node),
        Some(found) => Err(reader.error(JsonErrorKind::TrailingContent { found })),
    }
}

impl Value {
    /// The kind of value, for error messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn error(&self, kind: JsonErrorKind) -> JsonError {
        JsonError { offset: self.at, kind }
    }

    fn expected(&self, expected: &'static str) -> JsonError {
        self.error(JsonErrorKind::Expected { expected, found: self.peek_char() })
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek_char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.peek() == Some(byte);
        self.at += usize::from(hit);
        hit
    }

    fn skip_whitespace(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// From `start` to where the reader stands. Texts are far shorter than 4 GiB: the caller bounds them.
    fn span_from(&self, start: usize) -> Span {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Span { start: narrow(start), end: narrow(self.at) }
    }

    fn value(&mut self) -> Result<Node, JsonError> {
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => self.nested(Self::object)?,
            Some(b'[') => self.nested(Self::array)?,
            Some(b'"') => Value::String(self.string()?),
            Some(b'-' | b'0'..=b'9') => Value::Number(self.number()?),
            Some(b't') => self.word("true", Value::Bool(true))?,
            Some(b'f') => self.word("false", Value::Bool(false))?,
            Some(b'n') => self.word("null", Value::Null)?,
            _ => return Err(self.expected("a JSON value")),
        };
        Ok(Node { value, span: self.span_from(start) })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Value, JsonError>) -> Result<Value, JsonError> {
        if self.depth == POLICY_JSON_DEPTH_MAX {
            return Err(self.error(JsonErrorKind::TooDeep { max: POLICY_JSON_DEPTH_MAX }));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_whitespace();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, JsonError> {
        let mut members: Vec<Member> = Vec::new();
        if self.eat(b'}') {
            return Ok(Value::Object(members));
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(self.expected("a member name in double quotes"));
            }
            let start = self.at;
            let name = self.string()?;
            let name_span = self.span_from(start);
            // Documents have at most some thousand members, so a search per member costs less than a set.
            if let Some(first) = members.iter().find(|member| member.name == name) {
                let first_line = line_column(self.text, first.name_span.start).line;
                let kind = JsonErrorKind::DuplicateMember { name, first_line };
                return Err(JsonError { offset: start, kind });
            }
            self.skip_whitespace();
            if !self.eat(b':') {
                return Err(self.expected("`:`"));
            }
            self.skip_whitespace();
            let node = self.value()?;
            members.push(Member { name, name_span, node });
            self.skip_whitespace();
            if self.eat(b'}') {
                return Ok(Value::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `}`"));
            }
            self.skip_whitespace();
        }
    }

    fn array(&mut self) -> Result<Value, JsonError> {
        let mut nodes = Vec::new();
        if self.eat(b']') {
            return Ok(Value::Array(nodes));
        }
        loop {
            nodes.push(self.value()?);
            self.skip_whitespace();
            if self.eat(b']') {
                return Ok(Value::Array(nodes));
            }
            if !self.eat(b',') {
                return Err(self.expected("`,` or `]`"));
            }
            self.skip_whitespace();
        }
    }

    fn word(&mut self, word: &'static str, value: Value) -> Result<Value, JsonError> {
        if !self.rest().starts_with(word) {
            return Err(self.expected("a JSON value"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<String, JsonError> {
        let start = self.at;
        self.eat(b'-');
        if !self.eat(b'0') {
            self.digits()?;
        }
        if self.eat(b'.') {
            self.digits()?;
        }
        if self.eat(b'e') || self.eat(b'E') {
            let _signed = self.eat(b'+') || self.eat(b'-');
            self.digits()?;
        }
        Ok(self.text.get(start..self.at).unwrap_or_default().to_owned())
    }

    fn digits(&mut self) -> Result<(), JsonError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.expected("a digit"));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.at += 1;
        let mut string = String::new();
        loop {
            let rest = self.rest();
            let plain = rest.find(|c: char| c == '"' || c == '\\' || c < ' ').unwrap_or(rest.len());
            string.push_str(rest.get(..plain).unwrap_or_default());
            self.at += plain;
            match self.peek_char() {
                Some('"') => {
                    self.at += 1;
                    return Ok(string);
                }
                Some('\\') => string.push(self.escape()?),
                Some(control) => return Err(self.error(JsonErrorKind::ControlCharacter(control))),
                None => return Err(self.expected("`\"` at the end of the string")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let start = self.at;
        self.at += 1;
        let character = match self.peek() {
            Some(plain @ (b'"' | b'\\' | b'/')) => char::from(plain),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(start),
            _ => return Err(self.expected("one of `\" \\ / b f n r t u` after a backslash")),
        };
        self.at += 1;
        Ok(character)
    }

    /// After `\`, at `u`: one escape, or two that make a surrogate pair.
    fn unicode_escape(&mut self, start: usize) -> Result<char, JsonError> {
        let first = self.hex4()?;
        let second = if (0xd800..0xdc00).contains(&first) && self.rest().starts_with("\\u") {
            self.at += 1;
            Some(self.hex4()?)
        } else {
            None
        };
        let decoded = char::decode_utf16(std::iter::once(first).chain(second)).next();
        match decoded {
            Some(Ok(character)) => Ok(character),
            _ => Err(JsonError { offset: start, kind: JsonErrorKind::LoneSurrogate(first) }),
        }
    }

    /// `u` and four hexadecimal digits.
    fn hex4(&mut self) -> Result<u16, JsonError> {
        self.at += 1;
        let mut unit: u16 = 0;
        for _ in 0..4 {
            let digit =
                self.peek_char().and_then(|c| c.to_digit(16)).and_then(|digit| u16::try_from(digit).ok());
            let Some(digit) = digit else { return Err(self.expected("a hexadecimal digit")) };
            unit = (unit << 4) | digit;
            self.at += 1;
        }
        Ok(unit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_error(text: &str, offset: usize, message: &str) {
        let error = read(text).unwrap_err();
        assert_eq!((error.offset, error.kind.to_string()), (offset, message.to_owned()), "{text}");
    }

    fn string_of(text: &str) -> String {
        match read(text).unwrap().value {
            Value::String(string) => string,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn strings_are_unescaped() {
        assert_eq!(string_of(r#" "a\"\\\/\b\f\n\r\t\u00e9\uD83D\uDE00é" "#), "a\"\\/\u{8}\u{c}\n\r\té😀é");
    }

    #[test]
    fn numbers_keep_their_text_and_spans_cover_tokens() {
        let node = read(r#" [-0.50e+2, {"a" : [] }]"#).unwrap();
        let Value::Array(nodes) = &node.value else { panic!() };
        assert!(matches!(&nodes[0].value, Value::Number(raw) if raw == "-0.50e+2"));
        assert_eq!((nodes[0].span, nodes[1].span), (Span { start: 2, end: 10 }, Span { start: 12, end: 23 }));
    }

    #[test]
    fn errors_name_the_place_and_what_was_expected() {
        check_error("", 0, "expected a JSON value, found the end of the text");
        check_error("\u{feff}{}", 0, "the text begins with a byte order mark; save it as UTF-8 without one");
        check_error("{} x", 3, "expected the end of the text after the document, found `x`");
        check_error("{\"a\":1,}", 7, "expected a member name in double quotes, found `}`");
        check_error("{\"a\" 1}", 5, "expected `:`, found `1`");
        check_error("[1 2]", 3, "expected `,` or `]`, found `2`");
        check_error("[01]", 2, "expected `,` or `]`, found `1`");
        check_error("[1.]", 3, "expected a digit, found `]`");
        check_error("[+1]", 1, "expected a JSON value, found `+`");
        check_error("[nul]", 1, "expected a JSON value, found `n`");
        check_error("\"a\nb\"", 2, "the control character U+000A must be written as an escape in a string");
        check_error("\"abc", 4, "expected `\"` at the end of the string, found the end of the text");
        check_error(r#""\x""#, 2, "expected one of `\" \\ / b f n r t u` after a backslash, found `x`");
        check_error(r#""\u12g4""#, 5, "expected a hexadecimal digit, found `g`");
        check_error(r#""\ud800\u0041""#, 1, "`\\ud800` is half of a surrogate pair, which is no character");
        check_error("{\"a\":1,\n\"\\u0061\":2}", 8, "duplicate member `a`, already given in line 1");
        check_error("'a'", 0, "expected a JSON value, found `'`");
        check_error("[\u{1b}]", 1, "expected a JSON value, found `\\u{1b}`");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(POLICY_JSON_DEPTH_MAX)).is_ok());
        check_error(
            &nested(POLICY_JSON_DEPTH_MAX + 1),
            POLICY_JSON_DEPTH_MAX,
            "nested deeper than 32 levels",
        );
        assert!(read(&"[".repeat(1_000_000)).is_err());
    }
}
