//! Thing groups and who is in them.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
