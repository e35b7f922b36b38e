//! Roles that the service assumes to act for an account: those of mitigation actions and of notifications.

use std::collections::BTreeMap;

use thingwarden_engine::policy::Context;
use thingwarden_store::{Reader, StoreError};

use crate::api::roles;
use crate::auth::Caller;
use crate::iam::{identity::Holder, role_caller};
use crate::sts::trust::lets_service;

/// The service that assumes them, as trust policies name it.
pub(crate) const SERVICE: &str = "iot.amazonaws.com";
/// What the sessions are called.
const SESSION: &str = "thingwarden";

/// Why a role cannot be assumed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RoleError {
    #[error("role `{0}` does not exist")]
    NotFound(String),
    #[error("role `{0}` does not let {SERVICE} assume it: its trust policy has to allow that")]
    NotTrusted(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session of a role of the account that `store` reads, with all that bounds it. `source_arn` is the resource that the
/// service acts for: trust policies may ask for it, and for its account, against confused deputies (IAM user guide, "The
/// confused deputy problem").
///
/// # Errors
/// When there is no such role in this account, or it does not trust the service.
pub(crate) fn assume(store: &Reader<'_>, role_arn: &str, source_arn: &str) -> Result<Caller, RoleError> {
    let role = roles::find(store, role_arn)?.ok_or_else(|| RoleError::NotFound(role_arn.to_owned()))?;
    let account = &*store.scope().account;
    let arn = role.arn(account);
    let context = Context::new()
        .with("aws:SourceAccount", [account])
        .with("aws:SourceArn", [source_arn])
        .with("aws:PrincipalIsAWSService", ["true"])
        .with("aws:PrincipalServiceName", [SERVICE]);
    // A trust policy that cannot be read trusts nobody.
    if !lets_service(&role, &arn, SERVICE, context).unwrap_or(false) {
        return Err(RoleError::NotTrusted(role_arn.to_owned()));
    }
    let store = store.in_scope(&store.scope().global())?;
    Ok(role_caller(&store, &role, SESSION, &BTreeMap::new())?)
}

#[cfg(test)]
pub(crate) mod tests;
