//! What a client sent: `application/x-www-form-urlencoded` parameters, each taken once.
//!
//! A handler takes the parameters that it knows; [`Form::finish`] refuses a request that has others, so that nothing a
//! client asks for is silently left out.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use percent_encoding::percent_decode;

use super::error::QueryError;
use super::text::Text;

/// Parameters of one request: the largest request of IAM has 50 tags, two parameters each.
const PARAMETERS_MAX: usize = 512;
/// Characters of a parameter's name; `TransitiveTagKeys.member.50` is among the longest.
const NAME_CHARS_MAX: usize = 128;

/// The parameters of one request.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    parameters: BTreeMap<String, String>,
}

impl Form {
    /// Reads the body of a POST, or the query of a GET. The parameters of a presigned signature (`X-Amz-...`) are no
    /// parameters of the request.
    ///
    /// # Errors
    /// `MalformedQueryString` when it is no form, has too many parameters, or has one of them twice.
    pub(crate) fn parse(encoded: &[u8]) -> Result<Self, QueryError> {
        let mut parameters = BTreeMap::new();
        for pair in encoded.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at_checked(at).unwrap_or((pair, &[]));
            let name = decode(name)?;
            let value = decode(value.strip_prefix(b"=").unwrap_or(value))?;
            if name.to_ascii_lowercase().starts_with("x-amz-") {
                continue;
            }
            if name.is_empty() || name.chars().count() > NAME_CHARS_MAX {
                return Err(malformed(format!("a parameter's name has 1 to {NAME_CHARS_MAX} characters")));
            }
            if parameters.len() == PARAMETERS_MAX {
                return Err(malformed(format!("there are more than {PARAMETERS_MAX} parameters")));
            }
            if let Some(_twice) = parameters.insert(name.clone(), value) {
                return Err(malformed(format!("the parameter `{name}` is there twice")));
            }
        }
        Ok(Self { parameters })
    }

    /// All parameters, sorted by name.
    #[cfg(fuzzing)]
    pub(crate) fn into_parameters(self) -> Vec<(String, String)> {
        self.parameters.into_iter().collect()
    }

    /// A parameter, without taking it.
    pub(crate) fn peek(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// Takes a parameter, whatever it is.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        self.parameters.remove(name)
    }

    /// Takes a parameter that may be left out.
    ///
    /// # Errors
    /// `ValidationError` when it is not what it must be.
    pub(crate) fn optional(&mut self, name: &str, text: &Text) -> Result<Option<String>, QueryError> {
        let value = self.take(name);
        if let Some(value) = &value {
            text.check(name, value)?;
        }
        Ok(value)
    }

    /// Takes a parameter that must be there.
    ///
    /// # Errors
    /// `ValidationError` when it is not there, or not what it must be.
    pub(crate) fn required(&mut self, name: &str, text: &Text) -> Result<String, QueryError> {
        self.optional(name, text)?.ok_or_else(|| missing(name))
    }

    /// Takes a number that may be left out.
    ///
    /// # Errors
    /// `ValidationError` when it is no number, or out of range.
    pub(crate) fn integer(
        &mut self,
        name: &str,
        range: RangeInclusive<i64>,
    ) -> Result<Option<i64>, QueryError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        let number =
            value.parse::<i64>().map_err(|_| QueryError::constraint(name, "Member must be an integer"))?;
        if number < *range.start() {
            let constraint = format!("Member must have value greater than or equal to {}", range.start());
            return Err(QueryError::constraint(name, &constraint));
        }
        if number > *range.end() {
            let constraint = format!("Member must have value less than or equal to {}", range.end());
            return Err(QueryError::constraint(name, &constraint));
        }
        Ok(Some(number))
    }

    /// Takes `true` or `false`; left out is `false`.
    ///
    /// # Errors
    /// `ValidationError` when it is neither.
    pub(crate) fn boolean(&mut self, name: &str) -> Result<bool, QueryError> {
        match self.take(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(QueryError::constraint(name, "Member must be true or false")),
        }
    }

    /// Takes one of several words; left out is none.
    ///
    /// # Errors
    /// `ValidationError` when it is something else.
    pub(crate) fn choice(
        &mut self,
        name: &str,
        words: &[&'static str],
    ) -> Result<Option<&'static str>, QueryError> {
        let Some(value) = self.take(name) else { return Ok(None) };
        one_of(name, &value, words).map(Some)
    }

    /// Takes a list of texts, `NAME.member.1` and so on. `NAME=` is the empty list.
    ///
    /// # Errors
    /// `ValidationError` when there are more than `max`, or one is not what it must be.
    pub(crate) fn texts(&mut self, name: &str, max: usize, text: &Text) -> Result<Vec<String>, QueryError> {
        self.items(name, max, |form, member| form.optional(member, text))
    }

    /// Takes a list of structures; `take` takes the members of the one whose names begin with what it is given, and
    /// answers none when there are none.
    ///
    /// # Errors
    /// `ValidationError` when there are more than `max`; what `take` says.
    pub(crate) fn items<T>(
        &mut self,
        name: &str,
        max: usize,
        take: impl FnMut(&mut Self, &str) -> Result<Option<T>, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        self.series(name, "member", max, take)
    }

    /// Takes a map, `NAME.entry.1` and so on, as [`Form::items`] takes a list.
    ///
    /// # Errors
    /// As [`Form::items`].
    pub(crate) fn entries<T>(
        &mut self,
        name: &str,
        max: usize,
        take: impl FnMut(&mut Self, &str) -> Result<Option<T>, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        self.series(name, "entry", max, take)
    }

    fn series<T>(
        &mut self,
        name: &str,
        kind: &str,
        max: usize,
        mut take: impl FnMut(&mut Self, &str) -> Result<Option<T>, QueryError>,
    ) -> Result<Vec<T>, QueryError> {
        if self.peek(name) == Some("") {
            self.take(name);
        }
        let mut items = vec![];
        while let Some(item) = take(self, &format!("{name}.{kind}.{}", items.len() + 1))? {
            if items.len() == max {
                let constraint = format!("Member must have length less than or equal to {max}");
                return Err(QueryError::constraint(name, &constraint));
            }
            items.push(item);
        }
        Ok(items)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// `InvalidQueryParameter` with the name of a parameter that nobody took.
    pub(crate) fn finish(&self) -> Result<(), QueryError> {
        match self.parameters.keys().next() {
            None => Ok(()),
            Some(name) => {
                let message =
                    format!("the parameter `{}` is not one of this action here", name.escape_debug());
                Err(QueryError::new(400, "InvalidQueryParameter", message))
            }
        }
    }
}

/// The word of several that a value is.
///
/// # Errors
/// `ValidationError` when it is something else.
pub(crate) fn one_of(name: &str, value: &str, words: &[&'static str]) -> Result<&'static str, QueryError> {
    words.iter().find(|word| **word == value).copied().ok_or_else(|| {
        QueryError::constraint(name, &format!("Member must satisfy enum value set: [{}]", words.join(", ")))
    })
}

/// A required parameter is not there.
pub(crate) fn missing(name: &str) -> QueryError {
    QueryError::constraint(name, "Member must not be null")
}

fn malformed(message: String) -> QueryError {
    QueryError::new(400, "MalformedQueryString", message)
}

/// One name or value; strict, where forms are usually read leniently, so that two readers never see different things.
fn decode(encoded: &[u8]) -> Result<String, QueryError> {
    let spaced: Cow<'_, [u8]> = if encoded.contains(&b'+') {
        encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect()
    } else {
        encoded.into()
    };
    let mut rest = spaced.split(|byte| *byte == b'%');
    rest.next();
    let whole =
        |escape: &[u8]| matches!(escape, [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    if !rest.all(whole) {
        return Err(malformed("a `%` is not followed by two hexadecimal digits".to_owned()));
    }
    let bytes: Vec<u8> = percent_decode(&spaced).collect();
    String::from_utf8(bytes).map_err(|_| malformed("the parameters are not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANY: Text = Text { min: 1, max: 8, pattern: "[^x]*", matches: |text| !text.contains('x') };

    fn form(text: &str) -> Form {
        Form::parse(text.as_bytes()).unwrap()
    }

    fn code<T: std::fmt::Debug>(result: Result<T, QueryError>) -> (&'static str, String) {
        let error = result.unwrap_err();
        (error.code, error.message)
    }

    #[test]
    fn forms_are_decoded() {
        let mut form = form("Action=A&&a+b=c%2bd+%C3%A9&empty=&bare&X-Amz-Date=1&x-amz-signature=2");
        assert_eq!(form.take("Action").as_deref(), Some("A"));
        assert_eq!(form.take("a b").as_deref(), Some("c+d é"));
        assert_eq!(form.take("empty").as_deref(), Some(""));
        assert_eq!(form.take("bare").as_deref(), Some(""));
        form.finish().unwrap();
    }

    #[test]
    fn bad_forms_are_refused() {
        let many: String = (0..=PARAMETERS_MAX).map(|n| format!("p{n}=&")).collect();
        let long = format!("{}=1", "n".repeat(NAME_CHARS_MAX + 1));
        for bad in ["a=%", "a=%4", "a=%4g", "%zz=1", "a=%ff", "a=1&a=2", "a=1&%61=1", "=1", &many, &long] {
            assert_eq!(code(Form::parse(bad.as_bytes())).0, "MalformedQueryString", "{bad}");
        }
    }

    #[test]
    fn what_nobody_takes_is_refused() {
        let mut form = form("A=1&B=2&Tags.member.1.Key=k");
        form.take("A");
        let (code, message) = code(form.finish());
        assert_eq!(code, "InvalidQueryParameter");
        assert!(message.contains("`B`"), "{message}");
    }

    #[test]
    fn constraints_are_named() {
        for (text, expected) in [
            ("", "Member must not be null"),
            ("Name=", "greater than or equal to 1"),
            ("Name=123456789", "less than or equal to 8"),
            ("Name=axb", "pattern: [^x]*"),
        ] {
            let (code, message) = code(form(text).required("Name", &ANY));
            assert_eq!(code, "ValidationError");
            assert!(message.contains(expected) && message.contains("'name'"), "{message}");
        }
        for bad in ["N=0", "N=11", "N=1.5", "N=", "N=99999999999999999999"] {
            assert_eq!(code(form(bad).integer("N", 1..=10)).0, "ValidationError", "{bad}");
        }
        assert_eq!(form("N=10").integer("N", 1..=10).unwrap(), Some(10));
        assert_eq!(code(form("B=yes").boolean("B")).0, "ValidationError");
        assert_eq!(code(form("W=c").choice("W", &["a", "b"])).0, "ValidationError");
        assert_eq!(form("W=b").choice("W", &["a", "b"]).unwrap(), Some("b"));
    }

    #[test]
    fn lists() {
        let mut some = form("L.member.1=a&L.member.2=b&M=&Gap.member.2=a");
        assert_eq!(some.texts("L", 2, &ANY).unwrap(), ["a", "b"]);
        assert_eq!(some.texts("M", 2, &ANY).unwrap(), [""; 0]);
        assert_eq!(some.texts("Gap", 2, &ANY).unwrap(), [""; 0]);
        assert_eq!(code(some.finish()).0, "InvalidQueryParameter", "a gap leaves something over");
        let (code, message) = code(form("L.member.1=a&L.member.2=b&L.member.3=c").texts("L", 2, &ANY));
        assert_eq!(code, "ValidationError");
        assert!(message.contains("less than or equal to 2"), "{message}");
    }
}
