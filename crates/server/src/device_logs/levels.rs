//! What is logged of whom.

use serde_json::Value;
use thingwarden_store::records::{LoggingLevel, LoggingOptionsV2};
use thingwarden_store::{Reader, StoreError};

use super::entry::{Level, Who};
use crate::api::{ApiError, effective};

/// The levels that hold for one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Levels {
    usual: Option<Level>,
    /// Types of events with a level of their own.
    by_event: Vec<(String, Option<Level>)>,
}

impl Levels {
    /// Of several targets that fit, the most verbose counts, and any of them before the default. `certificate_arn` is that of
    /// the connection's certificate.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn read(
        store: &Reader<'_>,
        who: &Who,
        certificate_arn: Option<&str>,
    ) -> Result<Self, ApiError> {
        let Some(options) = enabled(store)? else { return Ok(Self::default()) };
        let mut levels = vec![];
        for (kind, name) in [
            ("CLIENT_ID", &*who.client_id),
            ("PRINCIPAL_ID", &*who.principal_id),
            ("SOURCE_IP", &who.address.to_string()),
        ] {
            levels.extend(level_of(store, kind, name)?);
        }
        if let Some(thing) = effective::connected_thing(store, certificate_arn, Some(&who.client_id))? {
            for arn in effective::groups_of(store, &thing.name)? {
                let name = arn.rsplit('/').next().unwrap_or_default();
                levels.extend(level_of(store, "THING_GROUP", name)?);
            }
        }
        if let Some(usual) = levels.into_iter().max() {
            return Ok(Self { usual, by_event: vec![] });
        }
        Ok(Self::of_all(&options))
    }

    /// The levels that hold for what is about no connection: those of no target.
    ///
    /// # Errors
    /// When the store fails.
    pub(crate) fn of_account(store: &Reader<'_>) -> Result<Self, StoreError> {
        Ok(enabled(store)?.map(|options| Self::of_all(&options)).unwrap_or_default())
    }

    fn of_all(options: &LoggingOptionsV2) -> Self {
        let events = options.event_configurations.as_ref().and_then(Value::as_array);
        let by_event = events.into_iter().flatten().filter_map(|event| {
            let text = |member: &str| event.get(member).and_then(Value::as_str);
            Some((text("eventType")?.to_owned(), Level::parse(text("logLevel")?)))
        });
        let usual = options.default_level.as_deref().and_then(Level::parse);
        Self { usual, by_event: by_event.collect() }
    }

    /// Whether a record is to be written.
    pub(crate) fn want(&self, level: Level, event: &str) -> bool {
        let own = self.by_event.iter().find(|(name, _)| name == event).map(|(_, level)| *level);
        own.unwrap_or(self.usual).is_some_and(|most| level <= most)
    }
}

/// None when nothing is to be logged of anybody.
fn enabled(store: &Reader<'_>) -> Result<Option<LoggingOptionsV2>, StoreError> {
    let options = store.get::<LoggingOptionsV2>(LoggingOptionsV2::ID)?;
    Ok(options.filter(|options| !options.disabled))
}

/// The outer one is none when the target has no level; the inner one when it is `DISABLED`.
fn level_of(store: &Reader<'_>, kind: &str, name: &str) -> Result<Option<Option<Level>>, StoreError> {
    let found = store.get::<LoggingLevel>(&LoggingLevel::id_of(kind, Some(name)))?;
    Ok(found.map(|found| Level::parse(&found.log_level)))
}
