//! Topic names and topic filters, and which filter fits which name.
//!
//! AWS's rules where they differ from the standard: `a/#` does not fit `a` (AWS IoT guide, "MQTT topics"), length and
//! depth are limited, and names that begin with `$` are AWS's own.

use std::fmt;
use std::sync::Arc;

use crate::limits::Limits;

/// A topic that messages are published to: no wildcards, not empty, within the limits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Topic(Arc<str>);

/// A topic filter as a client subscribes to it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Filter {
    text: Arc<str>,
    /// Where the pattern begins: behind `$share/NAME/`.
    pattern_at: usize,
}

/// Why a text is no topic or no filter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// It has no characters.
    #[error("it is empty")]
    Empty,
    /// It has more bytes than [`Limits::topic_bytes`].
    #[error("it has {bytes} bytes, at most {max} are allowed")]
    TooLong {
        /// What it has.
        bytes: usize,
        /// What is allowed.
        max: usize,
    },
    /// It has more slashes than [`Limits::topic_slashes`].
    #[error("it has {slashes} slashes, at most {max} are allowed")]
    TooDeep {
        /// What it has.
        slashes: usize,
        /// What is allowed.
        max: usize,
    },
    /// A topic with `+` or `#`.
    #[error("a topic has no wildcards")]
    Wildcard,
    /// A filter in which a wildcard is not a whole level, or `#` not the last.
    #[error("`+` must be a whole level, `#` the last one")]
    MisplacedWildcard,
    /// `$share` without a name or a filter.
    #[error("a shared subscription is `$share/NAME/FILTER`, its name without wildcards")]
    Share,
    /// It has a character that MQTT does not allow.
    #[error("it has a null character")]
    Null,
}

impl Topic {
    /// Reads the name of a topic.
    ///
    /// # Errors
    /// When it is empty, too long, too deep, or has wildcards or null characters.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TopicError> {
        let counted = match text.strip_prefix("$aws/rules/") {
            // Basic ingest: the name of the rule is no part of the topic.
            Some(rest) => rest.split_once('/').map_or("", |(_, topic)| topic),
            None => text,
        };
        check(text, counted, limits)?;
        if text.contains(['+', '#']) {
            return Err(TopicError::Wildcard);
        }
        Ok(Self(text.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with `$`: AWS's own topics.
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('$')
    }
}

impl Filter {
    /// Reads a filter, shared or not.
    ///
    /// # Errors
    /// When it is empty, too long, too deep, or a wildcard or `$share` is not where it may be.
    pub fn parse(text: &str, limits: &Limits) -> Result<Self, TopicError> {
        let pattern = match text.strip_prefix("$share/") {
            Some(rest) => {
                let (name, pattern) = rest.split_once('/').ok_or(TopicError::Share)?;
                if name.is_empty() || pattern.is_empty() || name.contains(['+', '#']) {
                    return Err(TopicError::Share);
                }
                if name.len() > limits.topic_bytes {
                    return Err(TopicError::TooLong { bytes: name.len(), max: limits.topic_bytes });
                }
                pattern
            }
            None => text,
        };
        check(pattern, pattern, limits)?;
        if text.contains('\0') {
            return Err(TopicError::Null);
        }
        let mut levels = pattern.split('/').peekable();
        while let Some(level) = levels.next() {
            let has_wildcard = level.contains(['+', '#']);
            if has_wildcard && (level.len() > 1 || (level == "#" && levels.peek().is_some())) {
                return Err(TopicError::MisplacedWildcard);
            }
        }
        Ok(Self { text: text.into(), pattern_at: text.len() - pattern.len() })
    }

    /// As the client wrote it, `$share/NAME/` included.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What topics are compared with.
    pub fn pattern(&self) -> &str {
        self.text.get(self.pattern_at..).unwrap_or_default()
    }

    /// The name under which the subscription is shared.
    pub fn share(&self) -> Option<&str> {
        let name = self.text.get(..self.pattern_at)?.strip_prefix("$share/")?;
        name.strip_suffix('/')
    }

    /// Whether it has wildcards.
    pub fn is_wildcard(&self) -> bool {
        self.pattern().contains(['+', '#'])
    }
}

fn check(text: &str, counted: &str, limits: &Limits) -> Result<(), TopicError> {
    if text.is_empty() {
        return Err(TopicError::Empty);
    }
    if text.len() > limits.topic_bytes {
        return Err(TopicError::TooLong { bytes: text.len(), max: limits.topic_bytes });
    }
    let slashes = counted.bytes().filter(|byte| *byte == b'/').count();
    if slashes > limits.topic_slashes {
        return Err(TopicError::TooDeep { slashes, max: limits.topic_slashes });
    }
    if text.contains('\0') { Err(TopicError::Null) } else { Ok(()) }
}

/// Whether a filter's pattern fits a topic. [`crate::Tree`] answers the same for many filters at once.
pub fn matches(pattern: &str, topic: &str) -> bool {
    if topic.starts_with('$') && pattern.starts_with(['+', '#']) {
        return false;
    }
    let (mut pattern, mut topic) = (pattern.split('/'), topic.split('/'));
    loop {
        match (pattern.next(), topic.next()) {
            (None, None) | (Some("#"), Some(_)) => return true,
            (Some("+"), Some(_)) => {}
            (Some(wanted), Some(level)) if wanted == level => {}
            _ => return false,
        }
    }
}

impl fmt::Debug for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(text: &str) -> Result<Topic, TopicError> {
        Topic::parse(text, &Limits::default())
    }

    fn filter(text: &str) -> Result<Filter, TopicError> {
        Filter::parse(text, &Limits::default())
    }

    #[test]
    fn topics_are_limited() {
        assert!(topic("a").is_ok());
        assert!(topic("/").is_ok());
        assert_eq!(topic(""), Err(TopicError::Empty));
        assert_eq!(topic("a/+"), Err(TopicError::Wildcard));
        assert_eq!(topic("a#"), Err(TopicError::Wildcard));
        assert_eq!(topic("a\0"), Err(TopicError::Null));
        assert!(topic("1/2/3/4/5/6/7/8").is_ok());
        assert_eq!(topic("1/2/3/4/5/6/7/8/9"), Err(TopicError::TooDeep { slashes: 8, max: 7 }));
        assert!(topic("$aws/rules/r/1/2/3/4/5/6/7/8").is_ok());
        assert!(topic("$aws/rules/r/1/2/3/4/5/6/7/8/9").is_err());
        assert!(topic(&"x".repeat(256)).is_ok());
        assert_eq!(topic(&"x".repeat(257)), Err(TopicError::TooLong { bytes: 257, max: 256 }));
    }

    #[test]
    fn wildcards_are_whole_levels() {
        for good in ["#", "+", "a/#", "+/a/+", "/+", "a//b", "$aws/things/t/#"] {
            assert_eq!(filter(good).map(|filter| filter.as_str().to_owned()), Ok(good.to_owned()));
        }
        for bad in ["a#", "#/a", "a+/b", "a/#/b", "++"] {
            assert_eq!(filter(bad), Err(TopicError::MisplacedWildcard), "{bad}");
        }
    }

    #[test]
    fn a_shared_filter_has_a_name_and_a_pattern() {
        let shared = filter("$share/workers/jobs/+/new").unwrap();
        assert_eq!((shared.share(), shared.pattern()), (Some("workers"), "jobs/+/new"));
        assert!(shared.is_wildcard());
        let plain = filter("jobs").unwrap();
        assert_eq!((plain.share(), plain.pattern(), plain.is_wildcard()), (None, "jobs", false));
        for bad in ["$share/a", "$share//b", "$share/a/", "$share/+/b"] {
            assert_eq!(filter(bad), Err(TopicError::Share), "{bad}");
        }
    }

    #[test]
    fn what_fits() {
        let check =
            |pattern, topic, expected| assert_eq!(matches(pattern, topic), expected, "{pattern} {topic}");
        check("a/b", "a/b", true);
        check("a/b", "a/c", false);
        check("a/+", "a/b", true);
        check("a/+", "a/b/c", false);
        check("a/+", "a/", true);
        check("+", "/", false);
        check("+/+", "/", true);
        check("#", "a/b/c", true);
        check("a/#", "a/b/c", true);
        check("a/#", "a/", true);
        // Where AWS differs from the standard.
        check("a/#", "a", false);
        check("#", "$aws/x", false);
        check("+/x", "$aws/x", false);
        check("$aws/#", "$aws/x", true);
    }
}
