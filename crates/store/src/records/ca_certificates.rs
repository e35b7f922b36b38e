//! CA certificates and registration codes.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
