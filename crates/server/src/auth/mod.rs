//! Who calls, and whether they may.
//!
//! [`Verifier::verify`](sigv4::Verifier::verify) checks a request's signature, with a [`Credential`] that its caller looks
//! up. Nothing here reads the store or a clock by itself.

mod credential;
pub mod sigv4;

pub use credential::{Credential, SecretKey, Session};
