//! Java's patterns in the syntax of the `regex` crate.
//!
//! Without flags, Java takes `\w`, `\d`, `\s` and the POSIX classes as ASCII, and lets `.` stop at five line terminators
//! (`java.util.regex.Pattern`). Both are spelled out here, so that the two engines agree.

use anyhow::{Context, Result, bail};

use super::model::Model;
use super::tables;

const SPACES: &str = r"\t\n\x0B\x0C\r\x20";

/// The file of all patterns of inputs.
pub fn patterns(model: &Model) -> Result<String> {
    let mut text = "use crate::pattern::Pattern;\n".to_owned();
    for (index, java) in tables::patterns(model)?.iter().enumerate() {
        let rust = translate(java).with_context(|| java.clone())?;
        text.push_str(&format!(
            "\npub(crate) static PATTERN_{index}: Pattern = Pattern::new({}, {});\n",
            raw(java),
            raw(&format!(r"\A(?:{rust})\z"))
        ));
    }
    Ok(text)
}

/// A raw string literal.
fn raw(text: &str) -> String {
    if text.contains('"') { format!("r#\"{text}\"#") } else { format!("r\"{text}\"") }
}

/// Translates a pattern that is to match a whole value.
fn translate(java: &str) -> Result<String> {
    let mut rust = String::new();
    let mut in_class = false;
    let mut rest = java.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' => {
                let escaped = rest.next().context("a backslash at the end")?;
                rust.push_str(&escape(escaped, &mut rest, in_class)?);
            }
            '[' => {
                if in_class {
                    bail!("a class in a class");
                }
                in_class = true;
                rust.push('[');
            }
            ']' => {
                in_class = false;
                rust.push(']');
            }
            '&' | '~' | '-' if in_class && rest.peek() == Some(&character) => bail!("a set operation"),
            '(' if !in_class && rest.peek() == Some(&'?') => bail!("a group with a flag"),
            '.' if !in_class => rust.push_str(r"[^\n\r\u{85}\u{2028}\u{2029}]"),
            character => rust.push(character),
        }
    }
    Ok(rust)
}

fn escape(
    escaped: char,
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    in_class: bool,
) -> Result<String> {
    let class = |inner: &str| if in_class { inner.to_owned() } else { format!("[{inner}]") };
    Ok(match escaped {
        'w' => class("0-9A-Za-z_"),
        'd' => class("0-9"),
        's' => class(SPACES),
        // A class inside of a class is a union in both engines.
        'S' => format!("[^{SPACES}]"),
        'x' => {
            let digits: String = rest.by_ref().take(2).collect();
            format!(r"\x{digits}")
        }
        'p' => {
            let name: String = rest.by_ref().skip(1).take_while(|character| *character != '}').collect();
            match name.as_str() {
                "Graph" => class("!-~"),
                "Upper" => class("A-Z"),
                "Digit" => class("0-9"),
                "Cntrl" => class(r"\x00-\x1F\x7F"),
                "C" | "L" | "N" | "Z" => format!(r"\p{{{name}}}"),
                other => bail!("the class `{other}` is not known here"),
            }
        }
        'n' | 'r' | 't' => format!(r"\{escaped}"),
        punctuation if punctuation.is_ascii_punctuation() => format!(r"\{punctuation}"),
        other => bail!("the escape `\\{other}` is not known here"),
    })
}

#[cfg(test)]
mod tests {
    use super::translate;

    fn check(java: &str, expected: &str) {
        assert_eq!(translate(java).unwrap(), expected, "{java}");
    }

    #[test]
    fn classes_are_ascii_unless_java_says_otherwise() {
        check(r"[\w=,@-]+", "[0-9A-Za-z_=,@-]+");
        check(r"[\p{Graph}\x20]*", r"[!-~\x20]*");
        check(r"[\p{Upper}\p{Digit}_]+", "[A-Z0-9_]+");
        check(r"[^\p{Cntrl}]*", r"[^\x00-\x1F\x7F]*");
        check(r"[^\p{C}]*", r"[^\p{C}]*");
        check(r"\d{12}", "[0-9]{12}");
        check(r"https?://.*", r"https?://[^\n\r\u{85}\u{2028}\u{2029}]*");
        check(r"[a.]\.", r"[a.]\.");
    }

    #[test]
    fn what_the_engines_do_differently_is_refused() {
        for java in [r"[a-z&&[b]]", r"(?i)a", r"\b", r"[a--b]", r"\p{Alpha}", "a\\"] {
            assert!(translate(java).is_err(), "{java}");
        }
    }
}
