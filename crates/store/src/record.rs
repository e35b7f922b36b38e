//! What a record's struct must say.

use std::borrow::Cow;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::kind::{Kind, Value};

/// A struct that the store keeps. The body is its JSON form, so a new field needs `#[serde(default)]`.
pub trait Record: Serialize + DeserializeOwned + Send + 'static {
    /// Table, columns, indexes.
    const KIND: Kind;

    /// Unique among the records of this kind in one account and region. Composite ids are made by [`link_id`].
    fn id(&self) -> Cow<'_, str>;

    /// The values of [`Kind::columns`], in their order.
    fn columns(&self) -> Vec<Value> {
        vec![]
    }

    /// What the audit trail keeps of the record. A record with a secret leaves it out here.
    fn trailed(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The id of something that is identified by several texts, each of which may hold any character.
pub fn link_id(parts: &[&str]) -> String {
    let mut id = String::with_capacity(parts.iter().map(|part| part.len() + 1).sum());
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            id.push('\u{1f}');
        }
        let special = ['\u{1f}', '\u{1e}'];
        for piece in part.split_inclusive(special) {
            // Those that part the texts, in a text, come after a mark.
            match piece.strip_suffix(special) {
                None => id.push_str(piece),
                Some(before) => {
                    id.push_str(before);
                    id.push('\u{1e}');
                    id.push_str(piece.get(before.len()..).unwrap_or_default());
                }
            }
        }
    }
    id
}

/// The texts that [`link_id`] made an id of.
pub fn link_parts(id: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = id.chars();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            ('\u{1f}', _) => parts.push(String::new()),
            ('\u{1e}', Some(part)) => part.extend(characters.next()),
            (_, Some(part)) => part.push(character),
            (_, None) => {}
        }
    }
    parts
}
