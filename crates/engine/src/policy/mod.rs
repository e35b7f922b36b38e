//! The one policy semantics of Thingwarden: audit, broker decisions, API authorization and analysis all come here.
//!
//! [`parse()`] reads a document, [`PolicySet::compile`] makes the policies of a principal ready, [`decide`] answers a
//! request in nanoseconds and [`explain`] answers it with evidence. In short:
//!
//! - A `Deny` that applies beats every `Allow`; without either the answer is no. Order does not matter.
//! - A statement applies when action, resource and all conditions match. Actions ignore ASCII case; resources are compared
//!   by characters, as a whole. `*` stands for any characters, `/` included, `?` for exactly one. MQTT's `+` and `#` are
//!   ordinary characters
//!   ([publish and subscribe policies](https://docs.aws.amazon.com/iot/latest/developerguide/pub-sub-policy.html)).
//! - A variable stands for its value character by character; a `*` in a value is no wildcard.
//! - **A variable without value never widens access.** In an `Allow`, the pattern matches nothing; under `NotResource`
//!   the whole statement does not apply. In a `Deny`, the variable stands for anything; under `NotResource` the pattern
//!   excepts nothing.
//! - **An error never drops a `Deny`.** A condition that cannot be evaluated, because a variable has no value or because
//!   a text is no number, date, address and so on, is false in an `Allow` and true in a `Deny`. [`Context`] says which
//!   values variables have, `condition.rs` how values are compared.

pub mod analysis;
mod certificate_keys;
mod condition;
mod context;
mod decide;
pub mod document;
mod explain;
mod json;
mod lint;
pub mod parse;
mod pattern;
mod pattern_text;
pub(crate) mod resolve;
mod set;
mod text;
pub(crate) mod value;
pub(crate) mod vocabulary;

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod reference;

pub use context::Context;
pub use decide::{Decision, Request, decide};
pub use document::{Dialect, Document, Effect, Pattern, Span, Version};
pub use explain::{
    EvaluationError, EvaluationErrorKind, Explanation, Mismatch, StatementRef, explain, mismatches,
};
pub use json::JsonErrorKind;
pub use lint::{Lint, LintSeverity, lint};
pub use parse::{PolicyParseError, PolicyParseErrorKind, parse, parse_bytes};
pub use set::{PolicySet, PolicySource};
pub use text::{Position, line_column, line_columns};
