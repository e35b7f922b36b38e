//! Logging options and levels.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
