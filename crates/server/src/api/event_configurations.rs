//! Which events of the registry are published.

use std::collections::BTreeMap;

use thingwarden_store::records::EventConfigurations;
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::types::{
    Configuration, DescribeEventConfigurationsInput, DescribeEventConfigurationsOutput, EventType,
    UpdateEventConfigurationsInput,
};
use thingwarden_wire::{Empty, Timestamp};

use super::cx::Cx;
use super::error::ApiError;

/// All types of events; those that were never enabled are disabled.
pub(super) fn describe(
    _cx: &Cx,
    store: &Reader<'_>,
    _input: DescribeEventConfigurationsInput,
) -> Result<DescribeEventConfigurationsOutput, ApiError> {
    let stored = store.get::<EventConfigurations>(EventConfigurations::ID)?;
    let enabled = |event: EventType| {
        stored.as_ref().and_then(|stored| stored.enabled.get(event.as_str()).copied()).unwrap_or(false)
    };
    let all = EventType::ALL.iter().map(|event| (*event, Configuration { enabled: Some(enabled(*event)) }));
    Ok(DescribeEventConfigurationsOutput {
        event_configurations: Some(all.collect()),
        creation_date: stored.as_ref().map(|stored| Timestamp::from_epoch_ms(stored.created_ms)),
        last_modified_date: stored.as_ref().map(|stored| Timestamp::from_epoch_ms(stored.modified_ms)),
    })
}

/// Changes the types that are given, and leaves the others.
pub(super) fn update(
    cx: &Cx,
    store: &Writer<'_>,
    input: UpdateEventConfigurationsInput,
) -> Result<Empty, ApiError> {
    let stored = store.get::<EventConfigurations>(EventConfigurations::ID)?;
    let mut changed = stored.unwrap_or(EventConfigurations {
        enabled: BTreeMap::new(),
        created_ms: cx.now_ms,
        modified_ms: cx.now_ms,
    });
    for (event, configuration) in input.event_configurations.unwrap_or_default() {
        changed.enabled.insert(event.as_str().to_owned(), configuration.enabled == Some(true));
    }
    changed.modified_ms = cx.now_ms;
    store.put(&changed)?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use thingwarden_wire::Code;

    use crate::api::testing::{Api, NOW_MS};

    #[test]
    fn events_are_disabled_until_somebody_enables_them() {
        let mut api = Api::new();
        let fresh = api.call("DescribeEventConfigurations", json!({}));
        assert_eq!(fresh["eventConfigurations"].as_object().unwrap().len(), 11);
        assert_eq!(fresh["eventConfigurations"]["CA_CERTIFICATE"], json!({"Enabled": false}));
        assert_eq!(fresh.get("creationDate"), None);
        let update = |api: &Api, event: &str, enabled: bool| {
            let changes = json!({event: {"Enabled": enabled}});
            api.call("UpdateEventConfigurations", json!({"eventConfigurations": changes}));
        };
        update(&api, "THING", true);
        update(&api, "CERTIFICATE", true);
        api.advance_seconds(5);
        update(&api, "THING", false);
        let changed = api.call("DescribeEventConfigurations", json!({}));
        assert_eq!(changed["eventConfigurations"]["CERTIFICATE"], json!({"Enabled": true}));
        assert_eq!(changed["eventConfigurations"]["THING"], json!({"Enabled": false}));
        assert_eq!(changed["creationDate"], NOW_MS / 1000);
        assert_eq!(changed["lastModifiedDate"], NOW_MS / 1000 + 5);
        let unknown = json!({"eventConfigurations": {"SHADOW": {"Enabled": true}}});
        assert_eq!(api.error("UpdateEventConfigurations", unknown), Code::InvalidRequestException);
    }
}
