//! What an account has set: logging, audit checks, suppressions; and which account it is.

use std::collections::BTreeMap;

use serde::Deserialize;
use thingwarden_engine::audit::Suppression;
use thingwarden_engine::audit::resource::Resource;
use thingwarden_engine::audit::suppression::SuppressedResource;
use thingwarden_engine::fleet::LoggingState;
use thingwarden_engine::ids::CertificateId;

use super::CheckConfiguration;
use super::digest::Output;
use super::items::Item;
use super::json::{Members, Time, without_place};
use super::stated;

/// Answers about the account itself; false when it is something else.
pub(super) fn object(members: &Members<'_>, text: &[u8], line: u32, output: &mut Output<'_>) -> bool {
    let text = std::str::from_utf8(text).unwrap_or_default();
    if members.has("eventType") {
        return false;
    }
    if members.has("defaultLogLevel") || members.has("disableAllLogs") {
        output.stated(line, || stated::logging_v2(text));
        let disabled = members.raw("disableAllLogs") == Some("true");
        output.push(line, Item::LoggingV2(state(members, "defaultLogLevel", disabled)));
    } else if members.has("logLevel") {
        output.stated(line, || stated::logging_v1(members));
        output.push(line, Item::LoggingV1(state(members, "logLevel", false)));
    } else if let Some(raw) = members.raw("auditCheckConfigurations") {
        output.stated(line, || stated::audit_configuration(text));
        checks(raw, line, output);
    } else if members.has("checkName") && members.has("resourceIdentifier") {
        suppression_of(members, line, output);
    } else if members.has("Account") && (members.has("UserId") || members.has("Arn")) {
        match members.text("Account") {
            Some(account) => output.push(line, Item::Account(account.into_owned())),
            None => return false,
        }
    } else {
        return false;
    }
    true
}

fn state(members: &Members<'_>, level: &str, disabled: bool) -> LoggingState {
    let level = members.text(level);
    let logs = level.is_some_and(|level| level != "DISABLED");
    if logs && !disabled { LoggingState::Enabled } else { LoggingState::Disabled }
}

fn checks(raw: &str, line: u32, output: &mut Output<'_>) {
    #[derive(Deserialize)]
    struct Check {
        #[serde(default)]
        enabled: bool,
        #[serde(default)]
        configuration: Option<BTreeMap<String, String>>,
    }
    match serde_json::from_str::<BTreeMap<String, Check>>(raw) {
        Ok(checks) => {
            let configuration = |check: Check| CheckConfiguration {
                enabled: check.enabled,
                configuration: check.configuration.unwrap_or_default(),
            };
            let checks = checks.into_iter().map(|(name, check)| (name, configuration(check))).collect();
            output.push(line, Item::Checks(checks));
        }
        Err(error) => output.broken(line, format!("audit configuration: {}", without_place(&error)), &[]),
    }
}

/// An element of `suppressions`.
pub(super) fn suppression(raw: &str, line: u32, output: &mut Output<'_>) {
    match Members::parse(raw.as_bytes()) {
        Ok(members) => suppression_of(&members, line, output),
        Err(error) => output.broken(line, format!("audit suppression: {}", without_place(&error)), &[]),
    }
}

fn suppression_of(members: &Members<'_>, line: u32, output: &mut Output<'_>) {
    let check = members.text("checkName").unwrap_or_default().into_owned();
    let fail = |what: &str| format!("suppression of `{check}`: {what}");
    let identifier = Members::parse(members.raw("resourceIdentifier").unwrap_or_default().as_bytes());
    let resource = identifier.ok().and_then(|identifier| resource(&identifier));
    let Some(resource) = resource else {
        return output.broken(line, fail("a `resourceIdentifier` that names no resource"), &[]);
    };
    let indefinite = members.raw("suppressIndefinitely") == Some("true");
    let expires = match members.raw("expirationDate") {
        Some(raw) if !indefinite => match serde_json::from_str::<Time>(raw).ok().and_then(|time| time.0) {
            Some(time) => Some(time),
            None => return output.broken(line, fail("an unreadable `expirationDate`"), &[]),
        },
        // Taken as forever only where it says so: a suppression hides findings.
        None if !indefinite => {
            return output.broken(line, fail("neither `expirationDate` nor `suppressIndefinitely`"), &[]);
        }
        _ => None,
    };
    let description = members.text("description").unwrap_or_default().into_owned();
    output.stated(line, || {
        let identifier = members.raw("resourceIdentifier").unwrap_or_default();
        stated::suppression(&check, identifier, expires, &description)
    });
    output.push(line, Item::Suppression(Box::new(Suppression { check, resource, expires, description })));
}

/// AWS's `ResourceIdentifier`, of which exactly one member is set.
fn resource(identifier: &Members<'_>) -> Option<SuppressedResource> {
    let text = |name: &str| identifier.text(name).map(|text| text.into_owned());
    let id = |name: &str| text(name).and_then(|id| CertificateId::parse(&id));
    if let Some(raw) = identifier.raw("issuerCertificateIdentifier") {
        let issuer = Members::parse(raw.as_bytes()).ok()?;
        return CertificateId::parse(&issuer.text("issuerId")?).map(SuppressedResource::Issuer);
    }
    let resource = if let Some(id) = id("deviceCertificateId") {
        Resource::DeviceCertificate(id)
    } else if let Some(arn) = text("deviceCertificateArn") {
        Resource::DeviceCertificate(CertificateId::parse(arn.rsplit('/').next()?)?)
    } else if let Some(id) = id("caCertificateId") {
        Resource::CaCertificate(id)
    } else if let Some(id) = text("cognitoIdentityPoolId") {
        Resource::CognitoIdentityPool(id)
    } else if let Some(id) = text("clientId") {
        Resource::ClientId(id)
    } else if let Some(raw) = identifier.raw("policyVersionIdentifier") {
        let policy = Members::parse(raw.as_bytes()).ok()?;
        Resource::IotPolicy {
            name: policy.text("policyName")?.into_owned(),
            version: policy.text("policyVersionId")?.into_owned(),
        }
    } else if let Some(arn) = text("iamRoleArn") {
        Resource::IamRole { arn }
    } else if let Some(arn) = text("roleAliasArn") {
        Resource::RoleAlias { arn }
    } else {
        Resource::AccountSettings { account: text("account")? }
    };
    Some(SuppressedResource::Exactly(resource))
}
