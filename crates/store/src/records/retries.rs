//! What is tried again until it is taken.

use serde::{Deserialize, Serialize};

/// How trying stands. Its members are those of the record that has it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RetryState {
    /// Failed attempts since something was taken.
    #[serde(default)]
    pub attempts: u32,
    /// When the first of them was, in milliseconds since 1970; none where only their number counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since_ms: Option<i64>,
    /// When it is tried next, in milliseconds since 1970.
    #[serde(default)]
    pub next_ms: i64,
    /// Why the last attempt failed, or something was refused; at most 1 KiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

impl RetryState {
    /// Nothing was tried yet; it is from this moment on, in milliseconds since 1970.
    pub fn at(next_ms: i64) -> Self {
        Self { next_ms, ..Self::default() }
    }
}
