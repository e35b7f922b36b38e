//! An account's audit configuration.

use std::collections::BTreeMap;

use thingwarden_engine::audit::Settings;
use thingwarden_store::records::{AuditCheckSettings, AuditConfiguration, AuditNotification, ScheduledAudit};
use thingwarden_store::{Reader, Writer};
use thingwarden_wire::types::{
    AuditCheckConfiguration, AuditNotificationTarget, AuditNotificationType, ConfigName,
    DeleteAccountAuditConfigurationInput, DescribeAccountAuditConfigurationInput,
    DescribeAccountAuditConfigurationOutput, UpdateAccountAuditConfigurationInput,
};
use thingwarden_wire::{Code, Empty};

use super::audit_checks::{configuration, known, of_aws};
use super::cx::Cx;
use super::error::ApiError;
use super::{roles, scheduled_audits};

/// Members that are not named keep their values (`PATCH`).
pub(super) fn update(
    _: &Cx,
    store: &Writer<'_>,
    input: UpdateAccountAuditConfigurationInput,
) -> Result<Empty, ApiError> {
    let stored = configuration(store)?;
    let is_first = stored.is_none();
    let mut new = stored.unwrap_or_default();
    match input.role_arn {
        Some(arn) => {
            roles::check_arn(&arn)?;
            new.role_arn = arn;
        }
        None if is_first => return Err(ApiError::invalid("the first configuration needs `roleArn`")),
        None => {}
    }
    for (kind, given) in input.audit_notification_target_configurations.unwrap_or_default() {
        merge_target(new.notification_targets.entry(kind.as_str().to_owned()).or_default(), given)?;
    }
    let checks = input.audit_check_configurations.unwrap_or_default();
    for (name, given) in &checks {
        merge_check(&mut new, name, given)?;
    }
    if is_first && !new.checks.values().any(|check| check.enabled) {
        let message =
            "the first configuration needs `auditCheckConfigurations` with at least one enabled check";
        return Err(ApiError::invalid(message));
    }
    refuse_to_disable_scheduled(store, &new)?;
    store.put(&new)?;
    Ok(Empty {})
}

fn merge_target(target: &mut AuditNotification, given: AuditNotificationTarget) -> Result<(), ApiError> {
    target.enabled = given.enabled.unwrap_or(target.enabled);
    target.target_arn = given.target_arn.or(target.target_arn.take());
    if let Some(arn) = given.role_arn {
        roles::check_arn(&arn)?;
        target.role_arn = Some(arn);
    }
    if target.enabled && (target.target_arn.is_none() || target.role_arn.is_none()) {
        let message = "a notification target that is enabled needs `targetArn` and `roleArn`";
        return Err(ApiError::invalid(message));
    }
    Ok(())
}

/// A map of thresholds replaces the one before.
fn merge_check(
    configuration: &mut AuditConfiguration,
    name: &str,
    given: &AuditCheckConfiguration,
) -> Result<(), ApiError> {
    let check = known(name)?;
    let settings = configuration.checks.entry(name.to_owned()).or_default();
    settings.enabled = given.enabled.unwrap_or(settings.enabled);
    if let Some(thresholds) = &given.configuration {
        let mut tried = Settings::default();
        for (key, value) in thresholds {
            let set = tried.set(check, key.as_str(), value);
            set.map_err(|error| ApiError::invalid(error.to_string()))?;
        }
        settings.thresholds = thresholds
            .iter()
            .map(|(key, value)| (key.as_str().to_owned(), value.trim().to_owned()))
            .collect();
    }
    Ok(())
}

/// A check that a schedule runs stays enabled.
fn refuse_to_disable_scheduled(store: &Reader<'_>, new: &AuditConfiguration) -> Result<(), ApiError> {
    let schedules = store.all::<ScheduledAudit>(&[])?;
    for schedule in &schedules {
        let is_off = |check: &&String| !new.checks.get(*check).is_some_and(|settings| settings.enabled);
        if let Some(check) = schedule.checks.iter().find(is_off) {
            return Err(ApiError::invalid(format!(
                "audit check `{check}` cannot be disabled: the scheduled audit `{}` runs it",
                schedule.name
            )));
        }
    }
    Ok(())
}

/// Every check of AWS is listed. This server's own are listed once they were configured, so that a client that knows AWS's
/// checks alone meets no others unless it asked for them.
pub(super) fn describe(
    _: &Cx,
    store: &Reader<'_>,
    _: DescribeAccountAuditConfigurationInput,
) -> Result<DescribeAccountAuditConfigurationOutput, ApiError> {
    let stored = configuration(store)?;
    let role_arn = stored.as_ref().map(|stored| stored.role_arn.clone());
    let stored = stored.unwrap_or_default();
    let mut checks: BTreeMap<String, AuditCheckConfiguration> =
        of_aws().map(|check| (check.name.to_owned(), shown(&AuditCheckSettings::default()))).collect();
    checks.extend(stored.checks.iter().map(|(name, settings)| (name.clone(), shown(settings))));
    let targets = stored.notification_targets.into_iter().filter_map(|(kind, target)| {
        let shown = AuditNotificationTarget {
            enabled: Some(target.enabled),
            role_arn: target.role_arn,
            target_arn: target.target_arn,
        };
        Some((AuditNotificationType::parse(&kind)?, shown))
    });
    Ok(DescribeAccountAuditConfigurationOutput {
        audit_check_configurations: Some(checks),
        audit_notification_target_configurations: Some(targets.collect()),
        role_arn,
    })
}

fn shown(settings: &AuditCheckSettings) -> AuditCheckConfiguration {
    let thresholds: BTreeMap<ConfigName, String> = settings
        .thresholds
        .iter()
        .filter_map(|(key, value)| Some((ConfigName::parse(key)?, value.clone())))
        .collect();
    AuditCheckConfiguration {
        configuration: (!thresholds.is_empty()).then_some(thresholds),
        enabled: Some(settings.enabled),
    }
}

/// Back to what it was before the first configuration. Schedules run checks that are then disabled, so they go with it or
/// stand against it.
pub(super) fn delete(
    cx: &Cx,
    store: &Writer<'_>,
    input: DeleteAccountAuditConfigurationInput,
) -> Result<Empty, ApiError> {
    if !store.exists::<AuditConfiguration>(AuditConfiguration::ID)? {
        let message = "the account has no audit configuration";
        return Err(ApiError::new(Code::ResourceNotFoundException, message));
    }
    let schedules = store.all::<ScheduledAudit>(&[])?;
    if !schedules.is_empty() && input.delete_scheduled_audits != Some(true) {
        return Err(ApiError::invalid(format!(
            "{} scheduled audits need the configuration: delete them, or set `deleteScheduledAudits`",
            schedules.len()
        )));
    }
    for schedule in &schedules {
        scheduled_audits::remove(cx, store, &schedule.name)?;
    }
    store.delete::<AuditConfiguration>(AuditConfiguration::ID)?;
    Ok(Empty {})
}

#[cfg(test)]
mod tests;
