//! The one policy semantics of Thingwarden: audit, broker decisions, API authorization and analysis all come here.

pub mod document;
