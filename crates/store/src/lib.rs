//! What remembers.
