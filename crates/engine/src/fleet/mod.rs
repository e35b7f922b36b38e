//! What a fleet is to a check: a consistent, read-only picture.
