//! Logging options of both generations, and levels of single targets.

use std::collections::BTreeSet;

use thingwarden_store::records::{LoggingLevel, LoggingOptions, LoggingOptionsV2};
use thingwarden_store::{Filter, Query, Reader, Writer};
use thingwarden_wire::types::{
    DeleteV2LoggingLevelInput, GetLoggingOptionsInput, GetLoggingOptionsOutput, GetV2LoggingOptionsInput,
    GetV2LoggingOptionsOutput, ListV2LoggingLevelsInput, ListV2LoggingLevelsOutput, LogEventConfiguration,
    LogLevel, LogTarget, LogTargetConfiguration, LogTargetType, SetLoggingOptionsInput,
    SetV2LoggingLevelInput, SetV2LoggingOptionsInput,
};
use thingwarden_wire::{Code, Empty};

use super::cx::Cx;
use super::error::ApiError;
use super::paging::{self, Asked};
use super::roles;

/// Targets with a level of their own (AWS IoT Core quotas, "resource-specific logging configurations").
const LEVELS_MAX: u64 = 1000;
/// The longest name of a target: above all that AWS limits (names 128, client ids 128 bytes, principals 64).
const TARGET_NAME_CHARS_MAX: usize = 256;
/// Event types with a level of their own in one request: more than AWS has.
const EVENT_TYPES_MAX: usize = 100;
/// Results on a page if nobody says.
const PAGE: usize = 25;

pub(super) fn get(
    _cx: &Cx,
    store: &Reader<'_>,
    _input: GetLoggingOptionsInput,
) -> Result<GetLoggingOptionsOutput, ApiError> {
    let options = store.get::<LoggingOptions>(LoggingOptions::ID)?;
    let level =
        options.as_ref().map_or(Some(LogLevel::Disabled), |options| LogLevel::parse(&options.log_level));
    Ok(GetLoggingOptionsOutput { log_level: level, role_arn: options.map(|options| options.role_arn) })
}

/// A level that is not given is `DISABLED`.
pub(super) fn set(_cx: &Cx, store: &Writer<'_>, input: SetLoggingOptionsInput) -> Result<Empty, ApiError> {
    let given = input.logging_options_payload;
    roles::check_arn(&given.role_arn)?;
    let log_level = given.log_level.unwrap_or(LogLevel::Disabled).as_str().to_owned();
    store.put(&LoggingOptions { role_arn: given.role_arn, log_level })?;
    Ok(Empty {})
}

pub(super) fn get_v2(
    _cx: &Cx,
    store: &Reader<'_>,
    _input: GetV2LoggingOptionsInput,
) -> Result<GetV2LoggingOptionsOutput, ApiError> {
    let options = configured(store)?;
    Ok(GetV2LoggingOptionsOutput {
        default_log_level: options.default_level.as_deref().and_then(LogLevel::parse),
        disable_all_logs: Some(options.disabled),
        event_configurations: options.event_configurations.map(super::stored).transpose()?,
        role_arn: options.role_arn,
    })
}

/// Replaces what is given; only `disableAllLogs` is false when it is not given, as its type in the model has it.
pub(super) fn set_v2(
    _cx: &Cx,
    store: &Writer<'_>,
    input: SetV2LoggingOptionsInput,
) -> Result<Empty, ApiError> {
    let mut options = store.get::<LoggingOptionsV2>(LoggingOptionsV2::ID)?.unwrap_or_default();
    if let Some(arn) = input.role_arn {
        roles::check_arn(&arn)?;
        options.role_arn = Some(arn);
    }
    options.disabled = input.disable_all_logs == Some(true);
    if options.role_arn.is_none() && !options.disabled {
        return Err(ApiError::invalid("`roleArn` is missing: without a role nothing can be logged"));
    }
    if let Some(level) = input.default_log_level {
        options.default_level = Some(level.as_str().to_owned());
        store.put(&level_of(LogTargetType::Default, None, level))?;
    }
    if let Some(events) = input.event_configurations {
        check_events(&events)?;
        options.event_configurations = Some(super::storable(&events)?);
    }
    store.put(&options)?;
    Ok(Empty {})
}

pub(super) fn set_level(
    _cx: &Cx,
    store: &Writer<'_>,
    input: SetV2LoggingLevelInput,
) -> Result<Empty, ApiError> {
    let mut options = configured(store)?;
    let LogTarget { target_type, target_name } = input.log_target;
    match (target_type, &target_name) {
        (LogTargetType::Default, None) => {
            options.default_level = Some(input.log_level.as_str().to_owned());
            store.put(&options)?;
        }
        (LogTargetType::Default, Some(_)) => {
            return Err(ApiError::invalid("a target of type `DEFAULT` has no name"));
        }
        (_, Some(name)) if (1..=TARGET_NAME_CHARS_MAX).contains(&name.chars().count()) => {}
        (other, _) => {
            let message =
                format!("a target of type `{other}` needs a name of 1 to {TARGET_NAME_CHARS_MAX} characters");
            return Err(ApiError::invalid(message));
        }
    }
    let level = level_of(target_type, target_name, input.log_level);
    if !store.exists::<LoggingLevel>(&id_of(&level))? && store.count::<LoggingLevel>(&[])? >= LEVELS_MAX {
        return Err(ApiError::limit(format!("there are {LEVELS_MAX} levels already, which is the limit")));
    }
    store.put(&level)?;
    Ok(Empty {})
}

/// Succeeds also when the target has no level of its own.
pub(super) fn delete_level(
    _cx: &Cx,
    store: &Writer<'_>,
    input: DeleteV2LoggingLevelInput,
) -> Result<Empty, ApiError> {
    if input.target_type == LogTargetType::Default {
        return Err(ApiError::invalid("the default level cannot be deleted: set another one"));
    }
    store
        .delete::<LoggingLevel>(&LoggingLevel::id_of(input.target_type.as_str(), Some(&input.target_name)))?;
    Ok(Empty {})
}

pub(super) fn list_levels(
    cx: &Cx,
    store: &Reader<'_>,
    input: ListV2LoggingLevelsInput,
) -> Result<ListV2LoggingLevelsOutput, ApiError> {
    configured(store)?;
    let asked = Asked { token: input.next_token.as_deref(), limit: input.max_results, default: PAGE };
    let only = input.target_type.map(|kind| Filter::eq("target_type", kind.as_str()));
    let page = paging::list::<LoggingLevel>(cx, store, asked, &Query::all(only.as_slice()))?;
    let configuration = |level: LoggingLevel| {
        let target = LogTargetType::parse(&level.target_type);
        LogTargetConfiguration {
            log_level: LogLevel::parse(&level.log_level),
            log_target: target.map(|target_type| LogTarget { target_type, target_name: level.target_name }),
        }
    };
    let log_target_configurations = page.items.into_iter().map(configuration).collect();
    Ok(ListV2LoggingLevelsOutput { log_target_configurations, next_token: page.next_token })
}

fn configured(store: &Reader<'_>) -> Result<LoggingOptionsV2, ApiError> {
    store.get(LoggingOptionsV2::ID)?.ok_or_else(|| {
        let message = "logging is not configured: call SetV2LoggingOptions first";
        ApiError::new(Code::NotConfiguredException, message)
    })
}

fn level_of(target: LogTargetType, name: Option<String>, level: LogLevel) -> LoggingLevel {
    LoggingLevel {
        target_type: target.as_str().to_owned(),
        target_name: name,
        log_level: level.as_str().to_owned(),
    }
}

fn id_of(level: &LoggingLevel) -> String {
    LoggingLevel::id_of(&level.target_type, level.target_name.as_deref())
}

fn check_events(events: &[LogEventConfiguration]) -> Result<(), ApiError> {
    if events.len() > EVENT_TYPES_MAX {
        return Err(ApiError::invalid(format!("more than {EVENT_TYPES_MAX} event types are given")));
    }
    let mut seen = BTreeSet::new();
    for event in events {
        if !seen.insert(event.event_type.as_str()) {
            return Err(ApiError::invalid(format!(
                "event type `{}` is given more than once",
                event.event_type
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
