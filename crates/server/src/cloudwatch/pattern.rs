//! Filter patterns ([filter pattern
//! syntax](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html)): terms, and comparisons of
//! the members of records.

use serde_json::Value;

/// The longest pattern (CloudWatch Logs API, `FilterPattern`).
const CHARS_MAX: usize = 1024;
/// Parentheses inside of each other.
const DEPTH_MAX: usize = 16;

/// Which records are wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Pattern {
    All,
    Terms(Terms),
    Members(Condition),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Terms {
    all: Vec<String>,
    any: Vec<String>,
    none: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    Or(Vec<Condition>),
    And(Vec<Condition>),
    Compare(Selector, Operator, Operand),
    Is(Selector, Kind),
    Exists(Selector, bool),
}

/// `$.a.b[0]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selector(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Index(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// What a member is compared with; a text may have `*` for anything.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Text(String),
    Number(f64, String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    True,
    False,
}

impl Pattern {
    /// # Errors
    /// What is not understood, and where.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        if text.chars().count() > CHARS_MAX {
            return Err(format!("a filter pattern has at most {CHARS_MAX} characters"));
        }
        let trimmed = text.trim();
        match trimmed.chars().next() {
            None => Ok(Self::All),
            Some('{') => {
                let inner = trimmed.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
                let inner = inner.ok_or("a filter pattern that begins with `{` ends with `}`")?;
                let mut parser = Parser { rest: inner, depth: 0 };
                let condition = parser.or()?;
                parser.skip();
                if parser.rest.is_empty() { Ok(Self::Members(condition)) } else { Err(parser.unexpected()) }
            }
            Some('[') => Err(
                "patterns of fields that are separated by spaces, `[...]`, are not served: records are JSON"
                    .to_owned(),
            ),
            Some('%') => Err("regular expressions, `%...%`, are not served".to_owned()),
            Some(_) => terms(trimmed).map(Self::Terms),
        }
    }

    /// Whether a record, as it was written, is wanted.
    pub(super) fn fits(&self, line: &str) -> bool {
        match self {
            Self::All => true,
            Self::Terms(terms) => {
                terms.all.iter().all(|term| line.contains(term))
                    && (terms.any.is_empty() || terms.any.iter().any(|term| line.contains(term)))
                    && !terms.none.iter().any(|term| line.contains(term))
            }
            Self::Members(condition) => {
                serde_json::from_str(line).is_ok_and(|record: Value| condition.fits(&record))
            }
        }
    }
}

/// Words and quoted phrases: all of them, one of those after `?`, none of those after `-`. Upper and lower case differ.
fn terms(text: &str) -> Result<Terms, String> {
    let (mut found, mut rest) = (Terms::default(), text);
    while let Some(first) = rest.chars().next() {
        if first.is_whitespace() {
            rest = rest.trim_start();
            continue;
        }
        let (list, after) = match first {
            '?' => (&mut found.any, rest.strip_prefix('?').unwrap_or(rest)),
            '-' => (&mut found.none, rest.strip_prefix('-').unwrap_or(rest)),
            _ => (&mut found.all, rest),
        };
        let (term, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted_text(quoted)?,
            None => {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                let (word, after) = after.split_at_checked(end).unwrap_or((after, ""));
                if word.chars().any(|c| !(c.is_alphanumeric() || c == '_')) {
                    return Err(format!("the term `{word}` has to be in double quotes"));
                }
                (word.to_owned(), after)
            }
        };
        if term.is_empty() {
            return Err("a term is empty".to_owned());
        }
        list.push(term);
        rest = after;
    }
    Ok(found)
}

/// What comes before the closing quote, and the rest.
fn quoted_text(text: &str) -> Result<(String, &str), String> {
    let (mut found, mut chars) = (String::new(), text.char_indices());
    while let Some((place, c)) = chars.next() {
        match c {
            '"' => return Ok((found, text.get(place + 1..).unwrap_or_default())),
            '\\' => found.extend(chars.next().map(|(_, c)| c)),
            c => found.push(c),
        }
    }
    Err("a double quote is not closed".to_owned())
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    fn skip(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn take(&mut self, token: &str) -> bool {
        self.skip();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn unexpected(&self) -> String {
        match self.rest.trim() {
            "" => "the filter pattern ends too early".to_owned(),
            rest => format!("the filter pattern is not understood at `{rest}`"),
        }
    }

    fn or(&mut self) -> Result<Condition, String> {
        let mut all = vec![self.and()?];
        while self.take("||") {
            all.push(self.and()?);
        }
        Ok(if all.len() > 1 { Condition::Or(all) } else { all.remove(0) })
    }

    fn and(&mut self) -> Result<Condition, String> {
        let mut all = vec![self.one()?];
        while self.take("&&") {
            all.push(self.one()?);
        }
        Ok(if all.len() > 1 { Condition::And(all) } else { all.remove(0) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        if !self.take("(") {
            return self.comparison();
        }
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(format!("there are more than {DEPTH_MAX} parentheses inside of each other"));
        }
        let inner = self.or()?;
        self.depth -= 1;
        if self.take(")") { Ok(inner) } else { Err(self.unexpected()) }
    }

    fn comparison(&mut self) -> Result<Condition, String> {
        let selector = self.selector()?;
        if self.take("NOT EXISTS") {
            return Ok(Condition::Exists(selector, false));
        }
        if self.take("EXISTS") {
            return Ok(Condition::Exists(selector, true));
        }
        if self.take("IS") {
            let kinds = [("NULL", Kind::Null), ("TRUE", Kind::True), ("FALSE", Kind::False)];
            let kind = kinds.into_iter().find(|(word, _)| self.take(word));
            return kind.map(|(_, kind)| Condition::Is(selector, kind)).ok_or_else(|| self.unexpected());
        }
        let operators = [
            ("!=", Operator::NotEqual),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::GreaterOrEqual),
            ("=", Operator::Equal),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        let found = operators.into_iter().find(|(token, _)| self.take(token));
        let (_, operator) = found.ok_or_else(|| self.unexpected())?;
        let operand = self.operand()?;
        let is_order = !matches!(operator, Operator::Equal | Operator::NotEqual);
        if is_order && matches!(operand, Operand::Text(_)) {
            return Err("`<`, `<=`, `>` and `>=` compare with numbers only".to_owned());
        }
        Ok(Condition::Compare(selector, operator, operand))
    }

    fn selector(&mut self) -> Result<Selector, String> {
        if !self.take("$") {
            return Err(self.unexpected());
        }
        let mut steps = vec![];
        loop {
            if let Some(rest) = self.rest.strip_prefix('.') {
                let end =
                    rest.find(|c: char| !(c.is_alphanumeric() || "_-@".contains(c))).unwrap_or(rest.len());
                let (name, rest) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if name.is_empty() {
                    return Err(self.unexpected());
                }
                steps.push(Step::Member(name.to_owned()));
                self.rest = rest;
            } else if let Some(rest) = self.rest.strip_prefix('[') {
                let (inside, rest) = rest.split_once(']').ok_or_else(|| self.unexpected())?;
                let inside = inside.trim();
                steps.push(match inside.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
                    Some(name) => Step::Member(name.to_owned()),
                    None => Step::Index(inside.parse().map_err(|_| self.unexpected())?),
                });
                self.rest = rest;
            } else if steps.is_empty() {
                return Err(self.unexpected());
            } else {
                return Ok(Selector(steps));
            }
        }
    }

    fn operand(&mut self) -> Result<Operand, String> {
        self.skip();
        if self.rest.starts_with('%') {
            return Err("regular expressions, `%...%`, are not served".to_owned());
        }
        if let Some(quoted) = self.rest.strip_prefix('"') {
            let (text, rest) = quoted_text(quoted)?;
            self.rest = rest;
            return Ok(Operand::Text(text));
        }
        let ends = |c: char| c.is_whitespace() || "()&|\"{}".contains(c);
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        if word.is_empty() {
            return Err(self.unexpected());
        }
        let operand = match word.parse::<f64>() {
            Ok(number) if number.is_finite() => Operand::Number(number, word.to_owned()),
            _ => Operand::Text(word.to_owned()),
        };
        self.rest = rest;
        Ok(operand)
    }
}

impl Condition {
    fn fits(&self, record: &Value) -> bool {
        match self {
            Self::Or(all) => all.iter().any(|one| one.fits(record)),
            Self::And(all) => all.iter().all(|one| one.fits(record)),
            Self::Exists(selector, wanted) => selector.find(record).is_some() == *wanted,
            Self::Is(selector, kind) => selector.find(record).is_some_and(|found| match kind {
                Kind::Null => found.is_null(),
                Kind::True => *found == Value::Bool(true),
                Kind::False => *found == Value::Bool(false),
            }),
            Self::Compare(selector, operator, operand) => {
                selector.find(record).is_some_and(|found| compare(found, *operator, operand))
            }
        }
    }
}

impl Selector {
    fn find<'v>(&self, record: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(record, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Index(index) => value.get(index),
        })
    }
}

/// A member that is not there, or of another kind, never fits; not even with `!=`.
fn compare(found: &Value, operator: Operator, operand: &Operand) -> bool {
    match (found, operand) {
        (Value::Number(found), Operand::Number(number, _)) => {
            let Some(found) = found.as_f64() else { return false };
            match operator {
                Operator::Equal => found == *number,
                Operator::NotEqual => found != *number,
                Operator::Less => found < *number,
                Operator::LessOrEqual => found <= *number,
                Operator::Greater => found > *number,
                Operator::GreaterOrEqual => found >= *number,
            }
        }
        (Value::String(found), Operand::Text(text) | Operand::Number(_, text)) => match operator {
            Operator::Equal => is_like(found, text),
            Operator::NotEqual => !is_like(found, text),
            _ => false,
        },
        _ => false,
    }
}

/// Whether a text is a pattern's, in which `*` stands for anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
    }
    true
}

/// Reads any text as a pattern and asks it about a record, for fuzzing.
#[cfg(fuzzing)]
pub fn fuzz(text: &str, line: &str) {
    let Ok(pattern) = Pattern::parse(text) else { return };
    let fits = pattern.fits(line);
    assert!(fits || pattern != Pattern::All);
    let inner = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    if let Some(Ok(same)) = inner.map(|inner| Pattern::parse(&format!("{{({inner})}}"))) {
        assert_eq!(same, pattern, "parentheses around all of it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORD: &str = r#"{"reason":"DUPLICATE_CLIENT_ID","eventType":"Disconnect","sourcePort":1883,"a":{"b":[true,null]}}"#;

    fn check(pattern: &str, expected: bool) {
        let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        assert_eq!(parsed.fits(RECORD), expected, "{pattern}");
    }

    #[test]
    fn members_are_compared() {
        check("", true);
        check(r#"{ $.reason = "DUPLICATE_CLIENT_ID" }"#, true);
        check(r#"{$.reason= "DUPLICATE_CLIENT_ID" }"#, true);
        check("{ $.reason = DUPLICATE_CLIENT_ID }", true);
        check(r#"{ $.reason != "DUPLICATE_CLIENT_ID" }"#, false);
        check(r#"{ $.nothing != "x" }"#, false);
        check(r#"{ $.reason = "DUPLICATE*" && $.eventType = "*connect" }"#, true);
        check(r#"{ $.reason = "*CLIENT*" && $.eventType = "Connect" }"#, false);
        check(r#"{ $.eventType = "Connect" || $.sourcePort > 1024 }"#, true);
        check(r#"{ ($.eventType = "Connect" || $.sourcePort = 1883) && ($.reason = "x") }"#, false);
        check("{ $.sourcePort <= 1882 }", false);
        check("{ $.a.b[0] IS TRUE && $.a.b[1] IS NULL && $.c NOT EXISTS && $.a EXISTS }", true);
        check(r#"{ $.["reason"] = "D*_*_ID" }"#.replace(".[", "[").as_str(), true);
    }

    #[test]
    fn terms_are_looked_for() {
        check("DUPLICATE_CLIENT_ID", true);
        check("duplicate_client_id", false);
        check("Disconnect -DUPLICATE_CLIENT_ID", false);
        check("?Connect ?Disconnect", true);
        check(r#""\"sourcePort\":1883" Disconnect"#, true);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let check = |pattern: &str, expected: &str| {
            assert_eq!(Pattern::parse(pattern).unwrap_err(), expected, "{pattern}");
        };
        check(
            "[a, b]",
            "patterns of fields that are separated by spaces, `[...]`, are not served: records are JSON",
        );
        check("{ $.a = %x% }", "regular expressions, `%...%`, are not served");
        check("{ $.a = 1", "a filter pattern that begins with `{` ends with `}`");
        check("{ $.a }", "the filter pattern ends too early");
        check("{ $.a = 1 $.b = 2 }", "the filter pattern is not understood at `$.b = 2`");
        check("{ $.a < x }", "`<`, `<=`, `>` and `>=` compare with numbers only");
        check("{ a = 1 }", "the filter pattern is not understood at `a = 1`");
        check("a-b", "the term `a-b` has to be in double quotes");
        check("\"open", "a double quote is not closed");
        let deep = format!("{{ {}$.a = 1{} }}", "(".repeat(17), ")".repeat(17));
        check(&deep, "there are more than 16 parentheses inside of each other");
        check(&"x".repeat(1025), "a filter pattern has at most 1024 characters");
    }

    #[test]
    fn wildcards_are_anything() {
        for (text, pattern, expected) in [
            ("abc", "abc", true),
            ("abc", "a*c", true),
            ("abc", "*", true),
            ("", "*", true),
            ("aba", "a*a", true),
            ("a", "a*a", false),
            ("xaybz", "*a*b*", true),
            ("xbyaz", "*a*b*", false),
        ] {
            assert_eq!(is_like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
