//! The one binary.

mod online;
mod snapshot;

fn main() {}
