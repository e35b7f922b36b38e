//! Billing groups.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
