//! The API on the wire: what a request may say, how it says it, and how it is answered.
//!
//! `generated` comes from the service model in `model/` by `cargo xtask gen`: types, tables, exceptions. The rest
//! interprets the tables. A request passes through in this order:
//!
//! 1. [`route`](route::route): method and path to an operation and its labels;
//! 2. [`decode`](decode::decode): labels, query, headers and body to one JSON object of members with the right types;
//! 3. [`validate`](validate::validate): all constraints of the model, in the words that AWS uses;
//! 4. [`Call::parse`]: the typed input; [`Call::encode`] writes its answer.
//!
//! [`read`](decode::read) does steps 2 to 4.
//!
//! Nothing here does I/O, reads a clock or knows another package of ours. No input is trusted: sizes, depths and
//! encodings are bounded in [`limits`].

pub mod decode;
pub mod error;
mod generated;
mod json;
pub mod limits;
mod operation;
mod path;
mod pattern;
mod percent;
pub mod route;
mod scalar;
pub mod shape;
mod time;
pub mod validate;

pub use error::{Code, ErrorResponse, WireError};
pub use json::parse as parse_json;
pub use operation::{Call, Empty, Operation, OperationInfo, Paginator};
pub use scalar::{Blob, Secret, Timestamp};

/// Inputs, outputs and what they are made of, named as in the service model; inputs end in `Input`, outputs in `Output`.
pub mod types {
    pub use crate::generated::enums::*;
    pub use crate::generated::types::*;
}
