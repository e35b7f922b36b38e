//! Who calls, and whether they may: signatures, credentials, callers, authorization.
//!
//! A request goes through in this order, and nothing of it reads the store or a clock by itself:
//!
//! 1. [`Verifier::verify`](sigv4::Verifier::verify): the signature, with a [`Credential`] that the caller of this module
//!    looks up;
//! 2. [`Caller`]: who that credential stands for, with the policies that apply;
//! 3. [`authorize()`](authorize::authorize()) for operations of AWS IoT, [`authorize_access`](authorize::authorize_access)
//!    for every other service: a [`Permit`](authorize::Permit) or a [`Refusal`](authorize::Refusal).

pub mod authorize;
mod caller;
mod credential;
pub mod sigv4;

pub use caller::{Caller, Kind};
pub use credential::{Credential, SecretKey, Session};
