//! The notation of strings in a policy: `*`, `?`, `${key}`, `${key, 'default'}` and the escapes `${*}`, `${?}`, `${$}`.
//!
//! Where the documentation is silent:
//! - `${` without a closing `}`, and an empty `${}`, are plain text.
//! - A key is taken as written, blanks included; what is not a known key simply has no value, and a statement whose
//!   variable has no value grants nothing. So `${iot:ClientId, default}`, where the quotes were forgotten, is a variable
//!   named `iot:ClientId, default`: reading it as plain text would take the sting out of a `Deny`.
//! - Variables do not nest. A default ends at the next `'`.

use super::document::{Pattern, Piece, Variable};

/// Which parts of the notation are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syntax {
    /// `*` and `?` are wildcards, not plain characters.
    pub(super) wildcards: bool,
    /// `${...}` is a variable or an escape, not plain characters.
    pub(super) variables: bool,
}

/// Reads a string of a policy. Every string is some pattern.
pub(super) fn parse_pattern(text: &str, syntax: Syntax) -> Pattern {
    let mut pieces = Pieces::default();
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let after = rest.get(character.len_utf8()..).unwrap_or_default();
        rest = match character {
            '*' if syntax.wildcards => pieces.any_string(after),
            '?' if syntax.wildcards => pieces.other(Piece::AnyChar, after),
            '$' if syntax.variables => match variable(rest) {
                Some((Dollar::Escape(escaped), after)) => pieces.character(escaped, after),
                Some((Dollar::Variable(variable), after)) => pieces.other(Piece::Variable(variable), after),
                None => pieces.character(character, after),
            },
            _ => pieces.character(character, after),
        };
    }
    pieces.finish()
}

/// Pieces under construction: literals are merged, and so are adjacent `*`. Each method gives back the text to go on with.
#[derive(Default)]
struct Pieces {
    done: Vec<Piece>,
    literal: String,
}

impl Pieces {
    fn character<'t>(&mut self, character: char, after: &'t str) -> &'t str {
        self.literal.push(character);
        after
    }

    fn any_string<'t>(&mut self, after: &'t str) -> &'t str {
        self.flush();
        if self.done.last() != Some(&Piece::AnyString) {
            self.done.push(Piece::AnyString);
        }
        after
    }

    fn other<'t>(&mut self, piece: Piece, after: &'t str) -> &'t str {
        self.flush();
        self.done.push(piece);
        after
    }

    fn flush(&mut self) {
        if !self.literal.is_empty() {
            self.done.push(Piece::Literal(std::mem::take(&mut self.literal)));
        }
    }

    fn finish(mut self) -> Pattern {
        self.flush();
        Pattern { pieces: self.done }
    }
}

enum Dollar {
    Escape(char),
    Variable(Variable),
}

/// At `$`: the variable or escape that begins here and the text behind it, if one does.
fn variable(text: &str) -> Option<(Dollar, &str)> {
    let inner = text.strip_prefix("${")?;
    for escaped in ['*', '?', '$'] {
        if let Some(after) = inner.strip_prefix(escaped).and_then(|rest| rest.strip_prefix('}')) {
            return Some((Dollar::Escape(escaped), after));
        }
    }
    if let Some(found) = with_default(inner) {
        return Some(found);
    }
    let (key, after) = inner.split_once('}')?;
    (!key.is_empty()).then(|| (Dollar::Variable(Variable { key: key.to_owned(), default: None }), after))
}

/// `key, 'default'}`.
fn with_default(inner: &str) -> Option<(Dollar, &str)> {
    let (key, rest) = inner.split_once(',')?;
    let key = key.trim_end();
    if key.is_empty() || key.contains('}') {
        return None;
    }
    let (default, rest) = rest.trim_start().strip_prefix('\'')?.split_once('\'')?;
    let after = rest.trim_start().strip_prefix('}')?;
    Some((Dollar::Variable(Variable { key: key.to_owned(), default: Some(default.to_owned()) }), after))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FULL: Syntax = Syntax { wildcards: true, variables: true };

    fn literal(text: &str) -> Piece {
        Piece::Literal(text.to_owned())
    }

    fn variable(key: &str, default: Option<&str>) -> Piece {
        Piece::Variable(Variable { key: key.to_owned(), default: default.map(str::to_owned) })
    }

    fn check(text: &str, pieces: &[Piece]) {
        let pattern = parse_pattern(text, FULL);
        assert_eq!(pattern.pieces, pieces, "{text}");
        assert_eq!(parse_pattern(&pattern.to_string(), FULL), pattern, "{text} shown as {pattern}");
    }

    #[test]
    fn wildcards_and_text() {
        check("", &[]);
        check("a/+/#", &[literal("a/+/#")]);
        check("a***b??", &[literal("a"), Piece::AnyString, literal("b"), Piece::AnyChar, Piece::AnyChar]);
        check("*?*", &[Piece::AnyString, Piece::AnyChar, Piece::AnyString]);
    }

    #[test]
    fn variables_and_escapes() {
        check("t/${iot:ClientId}/x", &[literal("t/"), variable("iot:ClientId", None), literal("/x")]);
        check("${a, 'b c'}", &[variable("a", Some("b c"))]);
        check("${a ,'}*'  }*", &[variable("a", Some("}*")), Piece::AnyString]);
        check("${a, ''}", &[variable("a", Some(""))]);
        check("a${*}b${?}${$}{x}", &[literal("a*b?${x}")]);
        check(
            "${iot:Connection.Thing.Attributes[a b]}",
            &[variable("iot:Connection.Thing.Attributes[a b]", None)],
        );
    }

    #[test]
    fn what_is_no_variable_is_text_and_what_is_misspelled_is_a_variable_without_value() {
        check("$aws/things/$", &[literal("$aws/things/$")]);
        check("${}", &[literal("${}")]);
        check("${iot:ClientId", &[literal("${iot:ClientId")]);
        check("$${a}", &[literal("$"), variable("a", None)]);
        check("${a, b}", &[variable("a, b", None)]);
        check("${a, 'b}", &[variable("a, 'b", None)]);
        check("${a}, 'b'}", &[variable("a", None), literal(", 'b'}")]);
        check("${ a }", &[variable(" a ", None)]);
        check("${a${b}}", &[variable("a${b", None), literal("}")]);
        check("$(*)", &[literal("$("), Piece::AnyString, literal(")")]);
    }

    #[test]
    fn switched_off_notation_is_text() {
        let plain = Syntax { wildcards: false, variables: false };
        assert_eq!(parse_pattern("*?${a}", plain).as_literal(), Some("*?${a}"));
        let wild = Syntax { wildcards: true, variables: false };
        assert_eq!(parse_pattern("${a}*", wild).pieces, [literal("${a}"), Piece::AnyString]);
    }
}
