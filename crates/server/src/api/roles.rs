//! IAM roles that requests name by ARN.

use thingwarden_store::records::{IamRole, iam_name_id};
use thingwarden_store::{Reader, StoreError};

use super::error::ApiError;

/// The longest ARN of a role (service model, `RoleArn`).
const ARN_BYTES_MAX: usize = 2048;
/// The longest name of a role (IAM quotas).
const NAME_BYTES_MAX: usize = 64;

/// A role's ARN, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct RoleArn<'a> {
    account: &'a str,
    /// `/` or a path between two of them.
    path: &'a str,
    name: &'a str,
}

/// That a text is the ARN of a role. Whether there is one is not asked: AWS lets a role come later.
pub(super) fn check_arn(arn: &str) -> Result<(), ApiError> {
    parse(arn).map(drop).ok_or_else(|| {
        let shown = super::shown(arn);
        ApiError::invalid(format!(
            "`{shown}` is not the ARN of a role, as arn:aws:iam::123456789012:role/name"
        ))
    })
}

/// The role with this ARN, when it is one of the account that `store` reads and exists.
pub(crate) fn find(store: &Reader<'_>, arn: &str) -> Result<Option<IamRole>, StoreError> {
    let scope = store.scope();
    let Some(arn) = parse(arn).filter(|arn| arn.account == &*scope.account) else { return Ok(None) };
    let found = store.in_scope(&scope.global())?.get::<IamRole>(&iam_name_id(arn.name))?;
    Ok(found.filter(|role| role.identity.name == arn.name && role.identity.path == arn.path))
}

fn parse(arn: &str) -> Option<RoleArn<'_>> {
    if arn.len() > ARN_BYTES_MAX {
        return None;
    }
    let rest = arn.strip_prefix("arn:")?;
    let (partition, rest) = rest.split_once(":iam::")?;
    let (account, rest) = rest.split_once(":role")?;
    let (_, name) = rest.rsplit_once('/')?;
    let path = rest.strip_suffix(name)?;
    let is_partition = partition == "aws" || partition.strip_prefix("aws-").is_some_and(is_word);
    let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
    let named = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-".contains(&byte);
    let is_name = (1..=NAME_BYTES_MAX).contains(&name.len()) && name.bytes().all(named);
    (is_partition && is_account && is_path && is_name).then_some(RoleArn { account, path, name })
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::{RoleArn, parse};

    #[test]
    fn arns_of_roles_are_taken_apart() {
        let role = |path, name| Some(RoleArn { account: "123456789012", path, name });
        assert_eq!(parse("arn:aws:iam::123456789012:role/r"), role("/", "r"));
        assert_eq!(parse("arn:aws-us-gov:iam::123456789012:role/a/b/r"), role("/a/b/", "r"));
        for wrong in [
            "",
            "arn:aws:iam::123456789012:role/",
            "arn:aws:iam::123456789012:role",
            "arn:aws:iam::123456789012:roles/r",
            "arn:aws:iam::123456789012:user/r",
            "arn:aws:iam::12345678901:role/r",
            "arn:aws:iam:us-east-1:123456789012:role/r",
            "arn:aws:sts::123456789012:role/r",
            "arn:other:iam::123456789012:role/r",
            "arn:aws:iam::123456789012:role/r r",
            "arn:aws:iam::123456789012:role/a b/r",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(parse(&format!("arn:aws:iam::123456789012:role/{}", "x".repeat(65))), None);
    }
}
