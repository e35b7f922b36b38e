//! Names of audit checks in requests.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::audit::Check;
use thingwarden_engine::audit::checks::{ALL, find};
use thingwarden_store::Reader;
use thingwarden_store::records::AuditConfiguration;

use super::error::ApiError;
use super::shown;

/// Checks whose names begin so are this server's own.
const OWN_PREFIX: &str = "THINGWARDEN_";

/// The check of this name.
///
/// # Errors
/// `InvalidRequestException` when there is none.
pub(super) fn known(name: &str) -> Result<&'static Check, ApiError> {
    find(name).ok_or_else(|| {
        let name = shown(name);
        ApiError::invalid(format!("there is no audit check `{name}`: `thingwarden checks` lists them"))
    })
}

/// The checks that AWS has.
pub(super) fn of_aws() -> impl Iterator<Item = &'static Check> {
    ALL.iter().copied().filter(|check| !check.name.starts_with(OWN_PREFIX))
}

/// The account's configuration, if it has one.
pub(super) fn configuration(store: &Reader<'_>) -> Result<Option<AuditConfiguration>, ApiError> {
    Ok(store.get(AuditConfiguration::ID)?)
}

/// Checks for an audit, each once: known and enabled, with their thresholds.
///
/// # Errors
/// `InvalidRequestException` when there is none, or one is unknown or not enabled.
pub(super) fn enabled(
    store: &Reader<'_>,
    names: &[String],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, ApiError> {
    if names.is_empty() {
        return Err(ApiError::invalid("`targetCheckNames` is empty: name at least one audit check"));
    }
    let configuration = configuration(store)?.unwrap_or_default();
    let mut enabled = BTreeMap::new();
    for name in names.iter().collect::<BTreeSet<_>>() {
        let check = known(name)?;
        match configuration.checks.get(check.name) {
            Some(settings) if settings.enabled => {
                enabled.insert(name.clone(), settings.thresholds.clone());
            }
            _ => {
                let message = format!(
                    "audit check `{name}` is not enabled: enable it with UpdateAccountAuditConfiguration"
                );
                return Err(ApiError::invalid(message));
            }
        }
    }
    Ok(enabled)
}
