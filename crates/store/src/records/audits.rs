//! Audit configuration, tasks, findings, schedules and suppressions.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
