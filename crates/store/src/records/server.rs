//! What the server remembers for itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::kind::Kind;
use crate::record::Record;

/// A secret of the server's own, such as the key that page tokens are sealed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerSecret {
    /// What it is for.
    pub name: String,
    /// The secret, in hex.
    pub hex: String,
}

impl Record for ServerSecret {
    const KIND: Kind = Kind { table: "server_secret", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(&self.name)
    }
}

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(crate) const KINDS: &[Kind] = &[ServerSecret::KIND];
