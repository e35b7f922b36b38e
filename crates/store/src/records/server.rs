//! What the server remembers for itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use thingwarden_engine::prove::{self, Lengths};

use crate::error::StoreError;
use crate::kind::Kind;
use crate::reader::Reader;
use crate::record::Record;
use crate::scope::Scope;

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

/// How long names may be where clients connect, by the settings with which the server started last. What is proved of policies
/// depends on it. There is one, in the scope without account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameLengths {
    /// Of a client id, in bytes.
    pub client_id_bytes: u16,
    /// Of a topic or topic filter, in bytes.
    pub topic_bytes: u16,
    /// Slashes of a topic or topic filter.
    pub topic_slashes: u16,
}

impl NameLengths {
    /// The id of the one that there is.
    pub const ID: &str = "names";
}

impl Record for NameLengths {
    const KIND: Kind = Kind { table: "name_lengths", columns: &[], indexes: &[], trailed: false };

    fn id(&self) -> Cow<'_, str> {
        Cow::Borrowed(Self::ID)
    }
}

/// Where requests to the account and region of a reader happen, for proofs.
///
/// # Errors
/// When the database fails.
pub fn place_of(store: &Reader<'_>) -> Result<prove::Scope, StoreError> {
    let kept = store.in_scope(&Scope::new("", ""))?.get::<NameLengths>(NameLengths::ID)?;
    let lengths = kept.map_or(Lengths::AWS, |NameLengths { client_id_bytes, topic_bytes, topic_slashes }| {
        Lengths { client_id_bytes, topic_bytes, topic_slashes }
    });
    let Scope { account, region } = store.scope();
    Ok(prove::Scope {
        partition: "aws".to_owned(),
        region: region.to_string(),
        account: account.to_string(),
        lengths,
    })
}

impl std::fmt::Debug for ServerSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerSecret").field("name", &self.name).finish_non_exhaustive()
    }
}

pub(crate) const KINDS: &[Kind] = &[NameLengths::KIND, ServerSecret::KIND];
