//! What the fleet index shall hold.

use std::collections::BTreeSet;

use thingwarden_store::records::IndexingConfiguration;
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::Empty;
use thingwarden_wire::types::{
    DeviceDefenderIndexingMode, Field, FieldType, GetIndexingConfigurationInput,
    GetIndexingConfigurationOutput, NamedShadowIndexingMode, ThingConnectivityIndexingMode,
    ThingGroupIndexingConfiguration, ThingGroupIndexingMode, ThingIndexingConfiguration, ThingIndexingMode,
    UpdateIndexingConfigurationInput,
};

use super::cx::Cx;
use super::error::ApiError;

/// Names of shadows that are indexed (IndexingFilter of the API reference).
const SHADOW_NAMES_MAX: usize = 10;
/// Targets of geolocation that are indexed (IndexingFilter of the API reference).
const GEO_LOCATIONS_MAX: usize = 1;
/// Fields in one list: more than AWS indexes.
const FIELDS_MAX: usize = 50;
/// The longest name of a field: more than AWS's attributes and their paths have.
const FIELD_NAME_CHARS_MAX: usize = 1024;

/// Indexing is off until somebody turns it on.
pub(super) fn get(
    _cx: &Cx,
    store: &Reader<'_>,
    _input: GetIndexingConfigurationInput,
) -> Result<GetIndexingConfigurationOutput, ApiError> {
    let stored = store.get::<IndexingConfiguration>(IndexingConfiguration::ID)?.unwrap_or_default();
    let mut things = match stored.things {
        Some(things) => super::stored(things)?,
        None => ThingIndexingConfiguration {
            custom_fields: None,
            device_defender_indexing_mode: Some(DeviceDefenderIndexingMode::Off),
            filter: None,
            managed_fields: None,
            named_shadow_indexing_mode: Some(NamedShadowIndexingMode::Off),
            thing_connectivity_indexing_mode: Some(ThingConnectivityIndexingMode::Off),
            thing_indexing_mode: ThingIndexingMode::Off,
        },
    };
    let mut groups = match stored.thing_groups {
        Some(groups) => super::stored(groups)?,
        None => ThingGroupIndexingConfiguration {
            custom_fields: None,
            managed_fields: None,
            thing_group_indexing_mode: ThingGroupIndexingMode::Off,
        },
    };
    if things.managed_fields.is_none() {
        things.managed_fields = managed_of_things(&things);
    }
    if groups.managed_fields.is_none() {
        groups.managed_fields = managed_of_groups(&groups);
    }
    Ok(GetIndexingConfigurationOutput {
        thing_group_indexing_configuration: Some(groups),
        thing_indexing_configuration: Some(things),
    })
}

/// Replaces the configuration of things or of thing groups, whichever is given.
pub(super) fn update(
    _cx: &Cx,
    store: &Writer<'_>,
    input: UpdateIndexingConfigurationInput,
) -> Result<Empty, ApiError> {
    let mut changed = store.get::<IndexingConfiguration>(IndexingConfiguration::ID)?.unwrap_or_default();
    if let Some(mut things) = input.thing_indexing_configuration {
        check_things(&things)?;
        things.thing_connectivity_indexing_mode.get_or_insert(ThingConnectivityIndexingMode::Off);
        things.device_defender_indexing_mode.get_or_insert(DeviceDefenderIndexingMode::Off);
        things.named_shadow_indexing_mode.get_or_insert(NamedShadowIndexingMode::Off);
        changed.things = Some(super::storable(&things)?);
    }
    if let Some(groups) = input.thing_group_indexing_configuration {
        check_fields(groups.managed_fields.as_deref(), groups.custom_fields.as_deref())?;
        changed.thing_groups = Some(super::storable(&groups)?);
    }
    store.put(&changed)?;
    Ok(Empty {})
}

/// The fields that are indexed without being asked for, by mode (Managed fields, AWS IoT guide).
fn managed_of_things(things: &ThingIndexingConfiguration) -> Option<Vec<Field>> {
    let registry = things.thing_indexing_mode != ThingIndexingMode::Off;
    let shadow = things.thing_indexing_mode == ThingIndexingMode::RegistryAndShadow;
    let named = things.named_shadow_indexing_mode == Some(NamedShadowIndexingMode::On);
    let connectivity = things.thing_connectivity_indexing_mode == Some(ThingConnectivityIndexingMode::Status);
    let violations = things.device_defender_indexing_mode == Some(DeviceDefenderIndexingMode::Violations);
    managed(&[
        (registry, "thingName", FieldType::String),
        (registry, "thingId", FieldType::String),
        (registry, "registry.version", FieldType::Number),
        (registry, "registry.thingTypeName", FieldType::String),
        (registry, "registry.thingGroupNames", FieldType::String),
        (shadow, "shadow.version", FieldType::Number),
        (shadow, "shadow.hasDelta", FieldType::Boolean),
        (named, "shadow.name.*.version", FieldType::Number),
        (named, "shadow.name.*.hasDelta", FieldType::Boolean),
        (connectivity, "connectivity.connected", FieldType::Boolean),
        (connectivity, "connectivity.disconnectReason", FieldType::String),
        (connectivity, "connectivity.timestamp", FieldType::Number),
        (connectivity, "connectivity.version", FieldType::Number),
        (violations, "deviceDefender.violationCount", FieldType::Number),
    ])
}

fn managed_of_groups(groups: &ThingGroupIndexingConfiguration) -> Option<Vec<Field>> {
    let on = groups.thing_group_indexing_mode == ThingGroupIndexingMode::On;
    managed(&[
        (on, "description", FieldType::String),
        (on, "parentGroupNames", FieldType::String),
        (on, "thingGroupId", FieldType::String),
        (on, "thingGroupName", FieldType::String),
        (on, "version", FieldType::Number),
    ])
}

/// What is on, or nothing when nothing is.
fn managed(fields: &[(bool, &str, FieldType)]) -> Option<Vec<Field>> {
    let on = fields.iter().filter(|(on, ..)| *on);
    let named: Vec<Field> =
        on.map(|(_, name, kind)| Field { name: Some((*name).to_owned()), r#type: Some(*kind) }).collect();
    (!named.is_empty()).then_some(named)
}

fn check_things(things: &ThingIndexingConfiguration) -> Result<(), ApiError> {
    let shadows = things.named_shadow_indexing_mode == Some(NamedShadowIndexingMode::On);
    let more = shadows
        || things.thing_connectivity_indexing_mode == Some(ThingConnectivityIndexingMode::Status)
        || things.device_defender_indexing_mode == Some(DeviceDefenderIndexingMode::Violations);
    if more && things.thing_indexing_mode == ThingIndexingMode::Off {
        let message = "connectivity, violations and named shadows are indexed only when `thingIndexingMode` is not `OFF`";
        return Err(ApiError::invalid(message));
    }
    if let Some(filter) = &things.filter {
        let names = filter.named_shadow_names.as_deref().unwrap_or_default();
        if !names.is_empty() && !shadows {
            let message = "`namedShadowNames` needs `namedShadowIndexingMode` to be `ON`";
            return Err(ApiError::invalid(message));
        }
        if names.len() > SHADOW_NAMES_MAX {
            return Err(ApiError::invalid(format!("at most {SHADOW_NAMES_MAX} named shadows are indexed")));
        }
        if filter.geo_locations.as_ref().is_some_and(|targets| targets.len() > GEO_LOCATIONS_MAX) {
            return Err(ApiError::invalid(format!(
                "at most {GEO_LOCATIONS_MAX} geolocation target is indexed"
            )));
        }
    }
    check_fields(things.managed_fields.as_deref(), things.custom_fields.as_deref())
}

/// Each field has a name, which is not another field's, and a type.
fn check_fields(managed: Option<&[Field]>, custom: Option<&[Field]>) -> Result<(), ApiError> {
    let mut seen = BTreeSet::new();
    for fields in [managed, custom].into_iter().flatten() {
        if fields.len() > FIELDS_MAX {
            return Err(ApiError::invalid(format!("at most {FIELDS_MAX} fields can be given")));
        }
        for field in fields {
            let name = field.name.as_deref().unwrap_or_default();
            if !(1..=FIELD_NAME_CHARS_MAX).contains(&name.chars().count()) || field.r#type.is_none() {
                let message =
                    format!("a field needs a name of 1 to {FIELD_NAME_CHARS_MAX} characters and a type");
                return Err(ApiError::invalid(message));
            }
            if !seen.insert(name) {
                let shown = super::shown(name);
                return Err(ApiError::invalid(format!("field `{shown}` is given more than once")));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
