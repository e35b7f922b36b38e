//! Device certificates and their transfers.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
