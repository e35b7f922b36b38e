//! What decides in Thingwarden: policy semantics, certificate facts, audit checks.
//!
//! Invariants of absence: nothing here reads a file, a socket, a clock or a random number; time is an argument and
//! input arrives as bytes. The same inputs give the same answer, whatever the number of threads.

pub mod audit;
pub mod fleet;
pub mod ids;
pub mod limits;
mod parallel;
pub mod pki;
pub mod policy;
pub mod prove;
pub mod synthesize;
pub mod time;
