//! Event configurations, indexing configuration, domain configurations.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
