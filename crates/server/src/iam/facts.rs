//! Roles as checks and proofs see them: with the policies that grant them something.

use std::sync::Arc;

use thingwarden_engine::fleet::Role;
use thingwarden_engine::policy::{Dialect, parse};
use thingwarden_store::records::IamRole;
use thingwarden_store::{Reader, StoreError};

use super::identity::{self, Holder};
use super::{arn, policies};

/// The role as it is stored; none when the account has no such role. `iam` is the account's reader for what is in no region.
///
/// # Errors
/// When the store fails.
pub(crate) fn stored(iam: &Reader<'_>, role_arn: &str) -> Result<Option<IamRole>, StoreError> {
    let account = &iam.scope().account;
    let Some(("role", _, name)) = arn::parts(account, role_arn) else { return Ok(None) };
    Ok(identity::find::<IamRole>(iam, name)?.filter(|role| role.arn(account) == role_arn))
}

/// The role with its policies, and those of them that cannot be read.
///
/// # Errors
/// When the store fails.
pub(crate) fn role(iam: &Reader<'_>, role_arn: &str) -> Result<Option<Role>, StoreError> {
    let Some(stored) = stored(iam, role_arn)? else { return Ok(None) };
    let identity = &stored.identity;
    let mut role = Role { arn: role_arn.to_owned(), ..Role::default() };
    let mut add = |what: String, document: &str| match parse(document, Dialect::Identity) {
        Ok(document) => role.documents.push(Arc::new(document)),
        Err(error) => role.missing.push(format!("{what}: {error}")),
    };
    for (policy, document) in &identity.inline_policies {
        add(format!("inline policy `{policy}` of role `{}`", identity.name), document);
    }
    let mut absent = vec![];
    for arn in identity::attached(iam, identity)? {
        let policy = policies::find(iam, &arn)?;
        match policy.as_ref().and_then(|policy| policy.versions.get(&policy.default_version)) {
            Some(version) => add(format!("managed policy `{arn}`"), &version.document),
            None => absent.push(format!("managed policy `{arn}`")),
        }
    }
    role.missing.extend(absent);
    Ok(Some(role))
}
