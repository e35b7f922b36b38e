//! What names, paths, ARNs and documents may look like, as IAM's service model has it.

use crate::query::Text;

const NAME_PATTERN: &str = "[\\w+=,.@-]+";
const TAG_PATTERN: &str = "[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";

/// The name of a user or role.
pub(crate) const NAME: Text = Text { min: 1, max: 64, pattern: NAME_PATTERN, matches: is_name };
/// The name of an existing user where the model has 128 characters, of a policy.
pub(crate) const LONG_NAME: Text = Text { min: 1, max: 128, pattern: NAME_PATTERN, matches: is_name };
/// The path of a user or role.
pub(crate) const PATH: Text =
    Text { min: 1, max: 512, pattern: "(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)", matches: is_path };
/// The path of a policy.
pub(crate) const POLICY_PATH: Text =
    Text { min: 1, max: 512, pattern: "((/[A-Za-z0-9\\.,\\+@=_-]+)*)/", matches: is_policy_path };
/// What the paths of a listing begin with.
pub(crate) const PATH_PREFIX: Text =
    Text { min: 1, max: 512, pattern: "\\u002F[\\u0021-\\u007F]*", matches: is_path_prefix };
/// Anything that may be an ARN; whether it is one shows when it is looked up.
pub(crate) const ARN: Text = Text { min: 20, max: 2048, pattern: "arn:.*", matches: is_printable };
/// An access key id.
pub(crate) const ACCESS_KEY_ID: Text = Text { min: 16, max: 128, pattern: "[\\w]+", matches: is_word };
/// A policy document.
pub(crate) const DOCUMENT: Text =
    Text { min: 1, max: 131_072, pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+", matches: is_latin };
/// A description.
pub(crate) const DESCRIPTION: Text = Text {
    min: 0,
    max: 1000,
    pattern: "[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
    matches: |text| text.chars().all(|c| is_latin_char(c) && !matches!(c, '\u{7f}'..='\u{a0}')),
};
/// The id of a policy's version.
pub(crate) const VERSION_ID: Text =
    Text { min: 1, max: 64, pattern: "v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?", matches: is_version_id };
/// The key of a tag.
pub(crate) const TAG_KEY: Text = Text { min: 1, max: 128, pattern: TAG_PATTERN, matches: is_tag };
/// The value of a tag.
pub(crate) const TAG_VALUE: Text = Text { min: 0, max: 256, pattern: TAG_PATTERN, matches: is_tag };
/// The name of a role's session.
pub(crate) const SESSION_NAME: Text = Text { min: 2, max: 64, pattern: "[\\w+=,.@-]*", matches: is_name };
/// An external id.
pub(crate) const EXTERNAL_ID: Text = Text {
    min: 2,
    max: 1224,
    pattern: "[\\w+=,.@:\\/-]*",
    matches: |text| text.chars().all(|c| is_name_char(c) || matches!(c, ':' | '/')),
};

fn is_name_char(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '_' | '+' | '=' | ',' | '.' | '@' | '-')
}

fn is_name(text: &str) -> bool {
    text.chars().all(is_name_char)
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn is_path(text: &str) -> bool {
    text == "/"
        || (text.len() > 2
            && text.starts_with('/')
            && text.ends_with('/')
            && text.chars().all(|c| matches!(c, '\u{21}'..='\u{7e}')))
}

fn is_policy_path(text: &str) -> bool {
    let whole = text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    text == "/" || whole.is_some_and(|inner| inner.split('/').all(|part| !part.is_empty() && is_name(part)))
}

fn is_path_prefix(text: &str) -> bool {
    text.starts_with('/') && text.chars().all(|c| matches!(c, '\u{21}'..='\u{7f}'))
}

fn is_printable(text: &str) -> bool {
    text.chars().all(|c| !c.is_control())
}

fn is_latin_char(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{ff}')
}

fn is_latin(text: &str) -> bool {
    text.chars().all(is_latin_char)
}

fn is_version_id(text: &str) -> bool {
    let number = text.strip_prefix('v').map(|rest| rest.split('.').next().unwrap_or(rest));
    number.is_some_and(|number| {
        !number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit()) && !number.is_empty()
    })
}

/// Letters, numbers and separators of any script; of the separators, only blanks.
fn is_tag(text: &str) -> bool {
    let allowed = |c: char| {
        c.is_alphanumeric()
            || (c.is_whitespace() && !c.is_control())
            || matches!(c, '_' | '.' | ':' | '/' | '=' | '+' | '-' | '@')
    };
    text.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_their_patterns() {
        let check = |text: &Text, good: &[&str], bad: &[&str]| {
            for value in good {
                assert!(text.check("X", value).is_ok(), "{value} is {text:?}");
            }
            for value in bad {
                assert!(text.check("X", value).is_err(), "{value} is not {text:?}");
            }
        };
        let long = "a".repeat(65);
        check(&NAME, &["a", "A_+=,.@-9"], &["", "a b", "a/b", "ä", "a\n", &long]);
        check(&PATH, &["/", "/a/", "/a//b/"], &["", "a", "/a", "a/", "//", "/a b/", "/é/"]);
        check(&POLICY_PATH, &["/", "/a/", "/a/b.c/"], &["", "/a", "//", "/a//b/", "/a*b/"]);
        check(&PATH_PREFIX, &["/", "/a", "/a/"], &["", "a", "/ "]);
        check(&VERSION_ID, &["v1", "v10", "v1.x"], &["1", "v", "v0", "v1x", "v01"]);
        check(&TAG_KEY, &["a b", "Ünï:/=+-@._", "a\u{a0}b"], &["", "a\n", "a*", "a\"b", "a\u{0}"]);
        check(&DOCUMENT, &["{\r\n\t}", "ÿ"], &["", "\u{100}", "\u{0}"]);
        check(&DESCRIPTION, &["", "a\nÿ"], &["\u{7f}", "\u{a0}", "€"]);
    }
}
