//! Role aliases.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
