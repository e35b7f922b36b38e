//! Device shadows: what a thing shall be and what it says it is, for when it is away.
//!
//! `document.rs` is the shadow and how it changes; `topics.rs` says which topics are requests and where answers go; here a
//! request meets the store. Who asks comes through one of two doors, MQTT (`broker/shadows.rs`) or HTTPS (`data_plane/`),
//! which have asked for permission.

mod document;
mod topics;

use thingwarden_store::records::{StoredSection, ThingShadow};
use thingwarden_store::{Reader, StoreError, Writer};

#[cfg(fuzzing)]
pub(crate) use self::document::fuzzing;
pub(crate) use self::document::{Asked, Refused};
use self::document::{Document, Section, Update, Updated};
pub(crate) use self::topics::{Shadow, Verb, is_open_to_devices, request};

/// What came of a request: the answer, and what is told to who follows the shadow.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Done {
    pub(crate) accepted: serde_json::Value,
    pub(crate) delta: Option<serde_json::Value>,
    pub(crate) documents: Option<serde_json::Value>,
}

/// Why nothing came of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failed {
    /// With the token of whoever asked, as far as it was read.
    #[error("{0}")]
    Refused(Refused, Asked),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Carries out a request. `now_s` is in seconds since 1970.
///
/// # Errors
/// When it is refused, or the store fails.
pub(crate) fn carry_out(
    store: &Writer<'_>,
    shadow: &Shadow,
    verb: Verb,
    payload: &[u8],
    now_s: i64,
) -> Result<Done, Failed> {
    let read = Asked::parse(payload).map_err(|refused| Failed::Refused(refused, Asked::default()));
    let (asked, members) = read?;
    let refuse = |refused| Failed::Refused(refused, asked.clone());
    let (document, is_there) = find(store, shadow)?;
    match verb {
        Verb::Get if is_there => Ok(Done::only(document.shown(&asked, now_s))),
        Verb::Delete if is_there => {
            let document = Document { version: document.version, ..Document::default() };
            store.put(&record(shadow, &document, true))?;
            Ok(Done::only(document.deleted(&asked, now_s)))
        }
        Verb::Get | Verb::Delete => Err(refuse(Refused::not_found(&shadow.shown()))),
        Verb::Update => {
            let update = Update::parse(members).map_err(refuse)?;
            let updated = document.update(&update, &asked, now_s).map_err(refuse)?;
            let Updated { document, accepted, delta, documents } = updated;
            store.put(&record(shadow, &document, false))?;
            Ok(Done { accepted, delta, documents: Some(documents) })
        }
    }
}

impl Done {
    fn only(accepted: serde_json::Value) -> Self {
        Self { accepted, delta: None, documents: None }
    }
}

/// A shadow and whether it is there; one that is not has the version from which it goes on.
fn find(store: &Reader<'_>, shadow: &Shadow) -> Result<(Document, bool), StoreError> {
    let id = ThingShadow::id_of(&shadow.thing, shadow.name.as_deref());
    let Some(found) = store.get::<ThingShadow>(&id)? else { return Ok((Document::default(), false)) };
    let section = |stored: StoredSection| Section { state: stored.state, metadata: stored.metadata };
    let (desired, reported) = (section(found.desired), section(found.reported));
    Ok((Document { version: found.version, desired, reported }, !found.is_deleted))
}

fn record(shadow: &Shadow, document: &Document, is_deleted: bool) -> ThingShadow {
    let section =
        |part: &Section| StoredSection { state: part.state.clone(), metadata: part.metadata.clone() };
    ThingShadow {
        thing: shadow.thing.clone(),
        name: shadow.name.clone(),
        version: document.version,
        is_deleted,
        desired: section(&document.desired),
        reported: section(&document.reported),
    }
}
