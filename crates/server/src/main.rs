//! The one binary.

mod snapshot;

fn main() {}
