//! Policies, their versions and their attachments.

use crate::kind::Kind;

pub(crate) const KINDS: &[Kind] = &[];
