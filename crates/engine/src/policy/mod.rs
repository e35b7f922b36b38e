//! The one policy semantics of Thingwarden: audit, broker decisions, API authorization and analysis all come here.

pub mod document;
mod json;
pub mod parse;
mod pattern_text;
mod text;

pub use document::{Dialect, Document, Effect, Pattern, Span, Version};
pub use json::JsonErrorKind;
pub use parse::{PolicyParseError, PolicyParseErrorKind, parse, parse_bytes};
pub use text::{Position, line_column};
