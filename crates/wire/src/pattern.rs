//! Patterns of the service model, which are Java's, matched against a whole value.

use std::sync::OnceLock;

use regex::Regex;

/// One pattern: as the model writes it, and for the matcher, compiled when it is first needed.
pub struct Pattern {
    /// As the model writes it; messages quote this.
    pub java: &'static str,
    rust: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub const fn new(java: &'static str, rust: &'static str) -> Self {
        Self { java, rust, compiled: OnceLock::new() }
    }

    /// Whether the whole of `text` matches. A pattern that does not compile matches nothing (a test holds that all do).
    pub fn matches(&self, text: &str) -> bool {
        self.compiled().is_some_and(|regex| regex.is_match(text))
    }

    pub(crate) fn compiled(&self) -> Option<&Regex> {
        self.compiled.get_or_init(|| Regex::new(self.rust).ok()).as_ref()
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Pattern").field(&self.java).finish()
    }
}
