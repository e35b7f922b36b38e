//! The kinds of records, one file per resource.

mod things;

pub use things::*;

use crate::kind::Kind;
use crate::record::Record;

/// All kinds, in the order in which their tables are made.
pub(crate) const KINDS: &[Kind] = &[Thing::KIND];
