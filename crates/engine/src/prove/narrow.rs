//! What is left of statements once the beginning of a resource is known: patterns without what has matched it, and without
//! those that cannot match any more. Statements of different policies often leave the same, and are then the same question.

use crate::policy::analysis::automaton::Token;
use crate::policy::document::Effect;
use crate::policy::resolve::Applicable;

use super::shape::Word;

/// What a pattern says of the names that stand where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// Of none: it cannot match.
    Nothing,
    /// Of this one alone.
    Name(String),
    /// Of any that a wildcard takes.
    Many,
}

/// Whether the statements can be cut: nothing in them is about a name that only the search knows.
pub(super) fn can_be_cut(statements: &[Applicable]) -> bool {
    let is_plain = |token: &Token| matches!(token, Token::Char(_) | Token::AnyChar | Token::AnyString);
    statements
        .iter()
        .all(|statement| statement.tests.is_empty() && statement.patterns.iter().flatten().all(is_plain))
}

/// What has to follow the text so that the pattern matches: any of these.
pub(super) fn cut<'t>(pattern: &'t [Token], text: &str) -> Vec<&'t [Token]> {
    let mut places = vec![0];
    for character in text.chars() {
        let mut next = Vec::with_capacity(places.len());
        for mut place in places {
            while pattern.get(place) == Some(&Token::AnyString) {
                next.push(place);
                place += 1;
            }
            match pattern.get(place) {
                Some(Token::Char(own)) if *own == character => next.push(place + 1),
                Some(Token::AnyChar) => next.push(place + 1),
                _ => {}
            }
        }
        next.sort_unstable();
        next.dedup();
        // A `*` that is reached takes all that places before it could.
        let star = next.iter().rposition(|place| pattern.get(*place) == Some(&Token::AnyString));
        next.drain(..star.unwrap_or(0));
        places = next;
        if places.is_empty() {
            break;
        }
    }
    places.into_iter().filter_map(|place| pattern.get(place..)).collect()
}

/// What the statements say of that which follows the text.
pub(super) fn behind(statements: &[Applicable], text: &str) -> Vec<Applicable> {
    kept(statements, |pattern| cut(pattern, text).into_iter().map(<[Token]>::to_vec).collect())
}

/// The statements with other patterns for each of theirs. Those that apply to nothing any more are left out.
pub(super) fn kept(
    statements: &[Applicable],
    patterns: impl Fn(&[Token]) -> Vec<Vec<Token>>,
) -> Vec<Applicable> {
    let one = |statement: &Applicable| {
        let patterns: Vec<_> = statement.patterns.iter().flat_map(|pattern| patterns(pattern)).collect();
        let applies = statement.negated || !patterns.is_empty();
        applies.then(|| Applicable { patterns, tests: Vec::new(), ..*statement })
    };
    statements.iter().filter_map(one).collect()
}

/// Whether there is a statement that allows something.
pub(super) fn may_allow(statements: &[Applicable]) -> bool {
    statements.iter().any(|statement| statement.effect == Effect::Allow)
}

/// A pattern where a name begins. In filters a level may be a wildcard of MQTT.
pub(super) fn says(pattern: &[Token], in_filter: bool) -> Says {
    let mut name = String::new();
    for token in pattern {
        match token {
            Token::Char('/') => break,
            Token::Char('+' | '#') if in_filter => return Says::Many,
            Token::Char(character) if Word::Thing.allows(*character, name.is_empty()) => {
                name.push(*character)
            }
            Token::Char(_) => return Says::Nothing,
            Token::AnyChar | Token::AnyString | Token::Variable(_) | Token::Name => return Says::Many,
        }
    }
    if Word::Thing.accepts(&name) { Says::Name(name) } else { Says::Nothing }
}

/// A text that is the same for statements that say the same, whatever their order: the same only then.
pub(super) fn key(statements: &[Applicable]) -> String {
    let (mut plain, mut negated) = ((Vec::new(), Vec::new()), Vec::new());
    for statement in statements {
        let mut patterns: Vec<String> = statement.patterns.iter().map(|pattern| spelled(pattern)).collect();
        match (statement.negated, statement.effect) {
            (false, Effect::Allow) => plain.0.append(&mut patterns),
            (false, Effect::Deny) => plain.1.append(&mut patterns),
            (true, effect) => {
                patterns.sort_unstable();
                patterns.dedup();
                negated.push((effect, patterns.concat()));
            }
        }
    }
    let mut key = String::new();
    for (mark, mut patterns) in [("\0a", plain.0), ("\0d", plain.1)] {
        patterns.sort_unstable();
        patterns.dedup();
        key.push_str(mark);
        key.extend(patterns);
    }
    negated.sort_unstable();
    negated.dedup();
    for (effect, patterns) in negated {
        key.push_str(if effect == Effect::Allow { "\0A" } else { "\0D" });
        key.push_str(&patterns);
    }
    key.push_str("\0e");
    key
}

/// A pattern as text of which no other one is the beginning.
fn spelled(pattern: &[Token]) -> String {
    let mut text = String::with_capacity(pattern.len() + 2);
    for token in pattern {
        match token {
            Token::Char('\0') => text.push_str("\0z"),
            Token::Char(character) => text.push(*character),
            Token::AnyChar => text.push_str("\0?"),
            Token::AnyString => text.push_str("\0*"),
            Token::Name => text.push_str("\0n"),
            Token::Variable(key) => {
                text.push_str("\0v");
                text.push_str(&key.0.to_ascii_lowercase());
                text.push_str("\0w");
            }
        }
    }
    text.push_str("\0;");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let token = |character| match character {
            '*' => Token::AnyString,
            '?' => Token::AnyChar,
            other => Token::Char(other),
        };
        text.chars().map(token).collect()
    }

    #[test]
    fn patterns_are_cut() {
        let check = |pattern: &str, text: &str, expected: &[&str]| {
            let pattern = tokens(pattern);
            let found = cut(&pattern, text);
            let expected: Vec<Vec<Token>> = expected.iter().map(|text| tokens(text)).collect();
            assert_eq!(found, expected.iter().map(Vec::as_slice).collect::<Vec<_>>());
        };
        check("abc", "ab", &["c"]);
        check("abc", "b", &[]);
        check("abc", "abc", &[""]);
        check("a*c", "ab", &["*c"]);
        check("*bc", "ab", &["*bc", "c"]);
        check("*b*c", "ab", &["*c"]);
        check("**b", "xb", &["*b", ""]);
        check("a?*", "ax", &["*"]);
    }

    #[test]
    fn patterns_say_of_whom_they_speak() {
        let check = |pattern: &str, expected: Says| assert_eq!(says(&tokens(pattern), false), expected);
        check("lamp/shadow/*", Says::Name("lamp".into()));
        check("lamp", Says::Name("lamp".into()));
        check("lamp*", Says::Many);
        check("*", Says::Many);
        check("?", Says::Many);
        check("/x", Says::Nothing);
        check("", Says::Nothing);
        check("+/x", Says::Nothing);
        assert_eq!(says(&tokens("+/x"), true), Says::Many);
    }
}
