//! What the text of a parameter may look like.

use super::error::QueryError;

/// A constraint on text, as the service models have it.
#[derive(Clone, Copy)]
pub(crate) struct Text {
    /// Fewest characters.
    pub(crate) min: usize,
    /// Most characters.
    pub(crate) max: usize,
    /// The pattern, for the message.
    pub(crate) pattern: &'static str,
    /// Whether a text is of the pattern.
    pub(crate) matches: fn(&str) -> bool,
}

impl Text {
    /// Checks a value; `member` is the parameter's name.
    ///
    /// # Errors
    /// `ValidationError` with the constraint that does not hold.
    pub(crate) fn check(&self, member: &str, value: &str) -> Result<(), QueryError> {
        let length = value.chars().count();
        let refuse = |constraint: &str| Err(QueryError::constraint(member, constraint));
        if length < self.min {
            return refuse(&format!("Member must have length greater than or equal to {}", self.min));
        }
        if length > self.max {
            return refuse(&format!("Member must have length less than or equal to {}", self.max));
        }
        if !(self.matches)(value) {
            return refuse(&format!("Member must satisfy regular expression pattern: {}", self.pattern));
        }
        Ok(())
    }
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.pattern)
    }
}
