//! Role aliases and what an account has set.

use serde_json::Value;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    AuditCheckSettings, AuditConfiguration, AuditNotification, AuditSuppression, LoggingLevel,
    LoggingOptions, LoggingOptionsV2, ProvisioningHook, ProvisioningTemplate, ProvisioningTemplateVersion,
    RoleAlias,
};

use super::ledger::{Became, Ledger};
use super::registry::{set, set_time};
use super::tally::Kind;
use super::{ImportError, uuid};
use crate::audits::resources::meant;
use crate::provisioning::Template;
use crate::snapshot::in_full::Source;
use crate::snapshot::stated::{
    StatedAuditConfiguration, StatedLogging, StatedNotification, StatedProvisioningTemplate, StatedRoleAlias,
    StatedSuppression,
};

/// How long credentials are good for if nobody says (CreateRoleAlias).
const CREDENTIAL_SECONDS: i64 = 3600;

pub(super) fn role_alias(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedRoleAlias,
) -> Result<(), ImportError> {
    let new = RoleAlias {
        name: stated.name.clone(),
        role_arn: stated.role_arn.clone(),
        credential_duration_seconds: CREDENTIAL_SECONDS,
        created_ms: ledger.now_ms,
        modified_ms: ledger.now_ms,
    };
    let made = |before: Option<&RoleAlias>| {
        let mut made = before.unwrap_or(&new).clone();
        made.role_arn.clone_from(&stated.role_arn);
        set(&mut made.credential_duration_seconds, stated.credential_duration_seconds.as_ref());
        set_time(&mut made.created_ms, stated.creation_date.0);
        set_time(&mut made.modified_ms, stated.last_modified_date.0);
        made
    };
    ledger.put(writer, Kind::RoleAlias, source, made).map(drop)
}

/// A role alias that only a list names.
pub(super) fn listed_alias(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    (name, source): (String, Source),
) -> Result<(), ImportError> {
    if !writer.exists::<RoleAlias>(&name)? {
        let why = format!("role alias `{name}` is listed, but not described");
        ledger.tally.refuse(Kind::RoleAlias, &source, &why);
    }
    Ok(())
}

pub(super) fn provisioning_template(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedProvisioningTemplate,
) -> Result<(), ImportError> {
    let (Some(body), Some(role_arn)) = (&stated.body, &stated.role_arn) else { return Ok(()) };
    if let Err(error) = Template::parse(body) {
        let why = format!("provisioning template `{}`: {error}", stated.name);
        ledger.tally.refuse(Kind::ProvisioningTemplate, source, &why);
        return Ok(());
    }
    let number = stated.version.unwrap_or(1).max(1);
    let now_ms = ledger.now_ms;
    let made = |before: Option<&ProvisioningTemplate>| {
        let hook = stated.hook.as_ref().map(|hook| ProvisioningHook {
            target_arn: hook.target_arn.clone(),
            payload_version: hook.payload_version.clone(),
        });
        let mut made = ProvisioningTemplate {
            name: stated.name.clone(),
            description: stated.description.clone(),
            enabled: stated.enabled,
            kind: stated.kind.clone().unwrap_or_else(|| "FLEET_PROVISIONING".to_owned()),
            role_arn: role_arn.clone(),
            hook,
            default_version: number,
            last_version: before.map_or(number, |before| before.last_version.max(number)),
            created_ms: before.map_or(now_ms, |before| before.created_ms),
            modified_ms: before.map_or(now_ms, |before| before.modified_ms),
        };
        set_time(&mut made.created_ms, stated.creation_date.0);
        set_time(&mut made.modified_ms, stated.last_modified_date.0);
        made
    };
    if let Became::Same = ledger.put(writer, Kind::ProvisioningTemplate, source, made)?
        && !ledger.wrote::<ProvisioningTemplate>(&stated.name)
    {
        return Ok(());
    }
    let version = |before: Option<&ProvisioningTemplateVersion>| ProvisioningTemplateVersion {
        template: stated.name.clone(),
        version: number,
        body: body.clone(),
        created_ms: before.map_or(now_ms, |before| before.created_ms),
    };
    ledger.put(writer, Kind::ProvisioningTemplateVersion, source, version).map(drop)
}

/// A provisioning template that only a list names.
pub(super) fn listed_template(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    (name, source): (String, Source),
) -> Result<(), ImportError> {
    if !writer.exists::<ProvisioningTemplate>(&name)? {
        let why = format!("provisioning template `{name}` is listed, but not described");
        ledger.tally.refuse(Kind::ProvisioningTemplate, &source, &why);
    }
    Ok(())
}

pub(super) fn logging_v1(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    role_arn: &str,
    level: Option<&str>,
) -> Result<(), ImportError> {
    let log_level = level.unwrap_or("DISABLED").to_owned();
    let new = LoggingOptions { role_arn: role_arn.to_owned(), log_level };
    ledger.put(writer, Kind::Logging, source, |_| new.clone()).map(drop)
}

pub(super) fn logging_v2(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedLogging,
) -> Result<(), ImportError> {
    let new = LoggingOptionsV2 {
        role_arn: stated.role_arn.clone(),
        default_level: stated.default_log_level.clone(),
        disabled: stated.disable_all_logs,
        event_configurations: stated.event_configurations.clone(),
    };
    let became = ledger.put(writer, Kind::Logging, source, |_| new.clone())?;
    if let (Became::New(_) | Became::Changed { .. }, Some(level)) = (became, &stated.default_log_level) {
        // As SetV2LoggingOptions does: the default level is listed with the levels of targets.
        let target_type = "DEFAULT".to_owned();
        writer.put(&LoggingLevel { target_type, target_name: None, log_level: level.clone() })?;
    }
    Ok(())
}

pub(super) fn audit_configuration(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedAuditConfiguration,
) -> Result<(), ImportError> {
    // Of an account that was never configured all checks are listed, disabled, and no role.
    let Some(role_arn) = &stated.role_arn else { return Ok(()) };
    let target = |(kind, one): (&String, &StatedNotification)| {
        let (target_arn, role_arn, enabled) = (one.target_arn.clone(), one.role_arn.clone(), one.enabled);
        (kind.clone(), AuditNotification { target_arn, role_arn, enabled })
    };
    let checks = stated.audit_check_configurations.iter().map(|(name, check)| {
        let thresholds = check.configuration.clone();
        (name.clone(), AuditCheckSettings { enabled: check.enabled, thresholds })
    });
    let new = AuditConfiguration {
        role_arn: role_arn.clone(),
        notification_targets: stated.audit_notification_target_configurations.iter().map(target).collect(),
        checks: checks.collect(),
    };
    ledger.put(writer, Kind::AuditConfiguration, source, |_| new.clone()).map(drop)
}

pub(super) fn suppression(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    source: &Source,
    stated: &StatedSuppression,
) -> Result<(), ImportError> {
    let identifier = serde_json::from_value(stated.identifier.clone()).map_err(|error| error.to_string());
    let resource_key = match identifier.and_then(|identifier| meant(&identifier)) {
        Ok(meant) => meant.key,
        Err(why) => {
            ledger.tally.refuse(
                Kind::Suppression,
                source,
                &format!("suppression of {}: {why}", stated.check),
            );
            return Ok(());
        }
    };
    let new = AuditSuppression {
        check: stated.check.clone(),
        resource_key,
        identifier: stated.identifier.clone(),
        expires_ms: stated.expires.map(Timestamp::millis),
        description: stated.description.clone(),
        token: uuid()?,
        created_ms: ledger.now_ms,
    };
    let made = |before: Option<&AuditSuppression>| {
        let mut made = before.unwrap_or(&new).clone();
        made.expires_ms = new.expires_ms;
        made.description.clone_from(&new.description);
        made
    };
    ledger.put(writer, Kind::Suppression, source, made).map(drop)
}

/// ARNs and accounts in AWS's `ResourceIdentifier`, as they will be.
///
/// # Errors
/// One belongs to another account.
pub(super) fn translate_identifier(
    identifier: &mut Value,
    account: &str,
    translate: &dyn Fn(&str) -> Result<String, String>,
) -> Result<(), String> {
    let Some(members) = identifier.as_object_mut() else { return Ok(()) };
    for (name, value) in members {
        match value {
            Value::String(text) if name == "account" => {
                translate(&format!("arn:aws:iam::{text}:root"))?;
                account.clone_into(text);
            }
            Value::String(text) => *text = translate(text)?,
            _ => {}
        }
    }
    Ok(())
}
