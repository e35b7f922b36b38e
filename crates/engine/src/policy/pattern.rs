//! Matching of strings against patterns: whole string, variables resolved in place, nothing allocated.

use super::context::{Context, Key, Resolved};
use super::document::{Pattern, Piece};

/// A [`Pattern`] made ready for matching.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Matcher {
    parts: Box<[Part]>,
    has_variables: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    AnyChar,
    AnyString,
    Variable { key: Key, default: Option<Box<str>> },
}

/// How a variable without a value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoValue {
    /// Nothing matches the pattern.
    MatchesNothing,
    /// Any string may stand there.
    MatchesAnything,
}

impl Matcher {
    pub(super) fn new(pattern: &Pattern) -> Self {
        Self::from_pieces(&pattern.pieces)
    }

    pub(super) fn from_pieces(pieces: &[Piece]) -> Self {
        let part = |piece: &Piece| match piece {
            Piece::Literal(text) => Part::Text(text.as_str().into()),
            Piece::AnyChar => Part::AnyChar,
            Piece::AnyString => Part::AnyString,
            Piece::Variable(variable) => Part::Variable {
                key: Key::new(&variable.key),
                default: variable.default.as_deref().map(Into::into),
            },
        };
        let parts: Box<[Part]> = pieces.iter().map(part).collect();
        let has_variables = parts.iter().any(|part| matches!(part, Part::Variable { .. }));
        Self { parts, has_variables }
    }

    /// The text that every matching string begins with.
    pub(super) fn prefix(&self) -> &str {
        match self.parts.first() {
            Some(Part::Text(text)) => text,
            _ => "",
        }
    }

    /// Whether the whole of `text` matches, by characters.
    pub(super) fn matches(&self, text: &str, context: &Context, no_value: NoValue) -> bool {
        self.run::<Exactly>(0, text, context, no_value)
    }

    /// As [`Matcher::matches`] for a text that is known to begin with [`Matcher::prefix`]; `rest` is what follows it.
    pub(super) fn matches_after_prefix(&self, rest: &str, context: &Context, no_value: NoValue) -> bool {
        let skip = usize::from(matches!(self.parts.first(), Some(Part::Text(_))));
        self.run::<Exactly>(skip, rest, context, no_value)
    }

    /// As [`Matcher::matches`], without regard to ASCII case and for patterns that hold no variables.
    pub(super) fn matches_ignoring_ascii_case(&self, text: &str) -> bool {
        const NOTHING: &Context = &Context::EMPTY;
        self.run::<IgnoringAsciiCase>(0, text, NOTHING, NoValue::MatchesNothing)
    }

    /// Whether the whole of `text` equals this pattern, which has no wildcards, when both are put in lower case
    /// character by character (Unicode, independent of language). A variable without a value equals nothing.
    pub(super) fn equals_ignoring_case(&self, text: &str, context: &Context) -> bool {
        let mut left = text.chars().flat_map(char::to_lowercase);
        for part in &self.parts {
            let Some(part) = part.text(context) else { return false };
            for expected in part.chars().flat_map(char::to_lowercase) {
                if left.next() != Some(expected) {
                    return false;
                }
            }
        }
        left.next().is_none()
    }

    /// True when each variable has a value or a default.
    pub(super) fn is_resolved(&self, context: &Context) -> bool {
        !self.has_variables || self.unresolved(context).next().is_none()
    }

    /// The variables that have neither value nor default, and why.
    pub(super) fn unresolved<'a>(
        &'a self,
        context: &'a Context,
    ) -> impl Iterator<Item = (&'a Key, Resolved<'a>)> {
        self.parts.iter().filter_map(|part| match part {
            Part::Variable { key, default: None } => match context.variable(key) {
                Resolved::Value(_) => None,
                why => Some((key, why)),
            },
            _ => None,
        })
    }

    /// Walks pattern and text together. On a mismatch the last `*` swallows one character more and the walk goes on
    /// behind it; earlier `*` need not be tried again, because whatever they could give up the last one can take. So
    /// the time is at most the product of both lengths.
    fn run<C: Compare>(&self, first: usize, text: &str, context: &Context, no_value: NoValue) -> bool {
        // Patterns that differ only behind a `*` are common; most of them are out at once.
        if let Some([.., _, Part::Text(end)]) = self.parts.get(first..)
            && !C::ends_with(text, end)
        {
            return false;
        }
        let (mut at, mut rest) = (first, text);
        let mut last_star: Option<(usize, &str)> = None;
        loop {
            let step = match self.parts.get(at) {
                None if rest.is_empty() => return true,
                None => None,
                Some(Part::Text(text)) => C::strip(rest, text),
                Some(Part::AnyChar) => after_first_char(rest),
                Some(Part::AnyString) => Some(Self::star(&mut last_star, at, rest)),
                Some(part @ Part::Variable { .. }) => match (part.text(context), no_value) {
                    (Some(value), _) => C::strip(rest, value),
                    (None, NoValue::MatchesNothing) => return false,
                    (None, NoValue::MatchesAnything) => Some(Self::star(&mut last_star, at, rest)),
                },
            };
            match (step, last_star) {
                (Some(after), _) => (at, rest) = (at + 1, after),
                (None, None) => return false,
                (None, Some((star, from))) => {
                    let Some(after) = after_first_char(from) else { return false };
                    last_star = Some((star, after));
                    (at, rest) = (star + 1, after);
                }
            }
        }
    }

    fn star<'t>(last_star: &mut Option<(usize, &'t str)>, at: usize, rest: &'t str) -> &'t str {
        *last_star = Some((at, rest));
        rest
    }
}

impl Part {
    /// What stands here, when that is one fixed text.
    fn text<'a>(&'a self, context: &'a Context) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::AnyChar | Self::AnyString => None,
            Self::Variable { key, default } => match context.variable(key) {
                Resolved::Value(value) => Some(value),
                Resolved::Absent | Resolved::Refused => default.as_deref(),
            },
        }
    }
}

trait Compare {
    /// `text` without `prefix`, if it begins with it.
    fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str>;

    fn ends_with(text: &str, suffix: &str) -> bool;
}

struct Exactly;

impl Compare for Exactly {
    fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
        text.strip_prefix(prefix)
    }

    fn ends_with(text: &str, suffix: &str) -> bool {
        text.ends_with(suffix)
    }
}

struct IgnoringAsciiCase;

impl Compare for IgnoringAsciiCase {
    fn strip<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
        let (head, tail) = text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then_some(tail)
    }

    fn ends_with(text: &str, suffix: &str) -> bool {
        let start = text.len().checked_sub(suffix.len());
        start.and_then(|start| text.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(suffix))
    }
}

fn after_first_char(text: &str) -> Option<&str> {
    let mut characters = text.chars();
    characters.next()?;
    Some(characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::super::pattern_text::{Syntax, parse_pattern};
    use super::*;

    fn matcher(pattern: &str) -> Matcher {
        Matcher::new(&parse_pattern(pattern, Syntax { wildcards: true, variables: true }))
    }

    fn context() -> Context {
        Context::new().with("id", ["a*b"]).with("plain", ["x"])
    }

    fn check(pattern: &str, text: &str, expected: bool) {
        let matcher = matcher(pattern);
        let context = context();
        assert_eq!(matcher.matches(text, &context, NoValue::MatchesNothing), expected, "{pattern} on {text}");
        if let Some(rest) = text.strip_prefix(matcher.prefix()) {
            let matches = matcher.matches_after_prefix(rest, &context, NoValue::MatchesNothing);
            assert_eq!(matches, expected, "{pattern} on {text}, after the prefix");
        } else {
            assert!(!expected, "the prefix of {pattern} is one of {text}");
        }
    }

    #[test]
    fn wildcards() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a/*", "a/b/c", true),
            ("a/*", "a", false),
            ("*/c", "a/b/c", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-b-b-c-", false),
            ("*ab", "aab", true),
            ("*aab", "aaab", true),
            ("a??c", "aéöc", true),
            ("a?c", "a😀c", true),
            ("?", "", false),
            ("*?", "", false),
            ("*?*?", "ab", true),
            ("*?*?", "b", false),
            ("A", "a", false),
            ("a/+/#", "a/b/c", false),
            ("a/+/#", "a/+/#", true),
        ] {
            check(pattern, text, expected);
        }
    }

    #[test]
    fn values_of_variables_are_literal() {
        check("t/${id}", "t/a*b", true);
        check("t/${id}", "t/axb", false);
        check("*${plain}*${plain}", "-x-x", true);
        check("*${plain}*${plain}", "-x-", false);
        check("${none, 'd*'}", "d*", true);
        check("${none, 'd*'}", "de", false);
    }

    #[test]
    fn a_variable_without_value_matches_nothing_or_anything() {
        let matcher = matcher("t/${none}/x");
        let check = |text: &str, no_value: NoValue, expected: bool| {
            assert_eq!(matcher.matches(text, &context(), no_value), expected, "{text}");
        };
        check("t//x", NoValue::MatchesNothing, false);
        check("t/a/b/x", NoValue::MatchesNothing, false);
        check("t//x", NoValue::MatchesAnything, true);
        check("t/a/b/x", NoValue::MatchesAnything, true);
        check("t/a/b", NoValue::MatchesAnything, false);
    }

    #[test]
    fn ignoring_case() {
        assert!(matcher("IOT:pub*").matches_ignoring_ascii_case("iot:Publish"));
        assert!(!matcher("iot:pub?").matches_ignoring_ascii_case("iot:Publish"));
        assert!(!matcher("é").matches_ignoring_ascii_case("É"), "beyond ASCII, case counts");
        for (pattern, text, expected) in [
            ("ÄB", "äb", true),
            ("${plain}Y", "Xy", true),
            ("a", "ab", false),
            ("ab", "a", false),
            ("${none}", "", false),
            ("İ", "i\u{307}", true),
        ] {
            assert_eq!(matcher(pattern).equals_ignoring_case(text, &context()), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn hostile_patterns_take_no_exponential_time() {
        let pattern = "*a".repeat(200);
        check(&format!("{pattern}b"), &"a".repeat(1_000), false);
    }
}
