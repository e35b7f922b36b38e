//! Whose snapshot it is, and as whose it is imported.

use thingwarden_store::Scope;

/// Account and region of the snapshot and of the import.
#[derive(Debug, Default)]
pub(super) struct Owner {
    given: (Option<String>, Option<String>),
    seen: (Option<String>, Option<String>),
}

/// An ARN, taken apart.
struct Parts<'a> {
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl Owner {
    pub(super) fn new(account: Option<String>, region: Option<String>) -> Self {
        Self { given: (account, region), ..Self::default() }
    }

    /// The account that was snapshot. What came first counts.
    pub(super) fn account_seen(&mut self, account: &str) {
        if is_account(account) {
            self.seen.0.get_or_insert_with(|| account.to_owned());
        }
    }

    pub(super) fn arn_seen(&mut self, arn: &str) {
        if let Some(Parts { service: "iot", region, account, .. }) = parts(arn) {
            self.account_seen(account);
            if !region.is_empty() {
                self.seen.1.get_or_insert_with(|| region.to_owned());
            }
        }
    }

    /// Account and region of the snapshot are known.
    pub(super) fn is_seen(&self) -> bool {
        self.seen.0.is_some() && self.seen.1.is_some()
    }

    /// As what the snapshot is imported, with what was seen until now.
    pub(super) fn scope_or(&self, account: &str, region: &str) -> Scope {
        let account = self.given.0.as_ref().or(self.seen.0.as_ref()).map_or(account, String::as_str);
        let region = self.given.1.as_ref().or(self.seen.1.as_ref()).map_or(region, String::as_str);
        Scope::new(account, region)
    }

    /// An ARN of the snapshot as it is in `scope`. What is no ARN, or has no account, stays as it is.
    ///
    /// # Errors
    /// The ARN belongs to another account or region than the snapshot.
    pub(super) fn translate(&self, arn: &str, scope: &Scope) -> Result<String, String> {
        let Some(Parts { service, region, account, resource }) = parts(arn) else {
            return Ok(arn.to_owned());
        };
        let account = match account {
            "" | "aws" => account,
            _ if account == &*scope.account => account,
            _ if self.given.0.is_some() && self.seen.0.as_deref() == Some(account) => &*scope.account,
            _ => {
                let shown: String = arn.chars().take(200).collect();
                return Err(format!(
                    "`{shown}` is of account {account}, and this is an import for {}; --account-id says as which account \
                     to import a snapshot",
                    scope.account
                ));
            }
        };
        let region = match region {
            "" => region,
            _ if region == &*scope.region => region,
            _ if self.given.1.is_some() && self.seen.1.as_deref() == Some(region) => &*scope.region,
            _ => {
                let shown: String = arn.chars().take(200).collect();
                return Err(format!(
                    "`{shown}` is in region {region}, and this is an import for {}; --region says as which region to \
                     import a snapshot",
                    scope.region
                ));
            }
        };
        Ok(format!("arn:aws:{service}:{region}:{account}:{resource}"))
    }
}

/// `None` for what is no ARN of AWS's main partition, which is the only one here.
fn parts(arn: &str) -> Option<Parts<'_>> {
    let mut parts = arn.strip_prefix("arn:aws:")?.splitn(4, ':');
    Some(Parts {
        service: parts.next()?,
        region: parts.next()?,
        account: parts.next()?,
        resource: parts.next()?,
    })
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERT: &str = "arn:aws:iot:eu-west-1:111111111111:cert/ab";

    #[test]
    fn the_first_account_counts_and_the_command_line_wins() {
        let scope = |owner: &Owner| owner.scope_or("000000000000", "us-east-1");
        let mut owner = Owner::default();
        assert_eq!(scope(&owner), Scope::new("000000000000", "us-east-1"));
        owner.account_seen("222222222222");
        assert!(!owner.is_seen());
        owner.arn_seen(CERT);
        assert!(owner.is_seen());
        assert_eq!(scope(&owner), Scope::new("222222222222", "eu-west-1"));
        let mut owner = Owner::new(Some("333333333333".to_owned()), None);
        owner.arn_seen(CERT);
        assert_eq!(scope(&owner), Scope::new("333333333333", "eu-west-1"));
    }

    #[test]
    fn only_the_own_account_is_translated_and_only_when_asked_to() {
        let mut owner = Owner::default();
        owner.arn_seen(CERT);
        let scope = owner.scope_or("0", "0");
        assert_eq!(owner.translate(CERT, &scope).as_deref(), Ok(CERT));
        let other = CERT.replace("1111", "2222");
        assert!(owner.translate(&other, &scope).unwrap_err().contains("--account-id"));
        let elsewhere = CERT.replace("eu-west-1", "eu-west-2");
        assert!(owner.translate(&elsewhere, &scope).unwrap_err().contains("--region"));
        for stays in ["eu-west-1:0a1b", "arn:aws:iam::aws:policy/x", "arn:aws:s3:::bucket"] {
            assert_eq!(owner.translate(stays, &scope).as_deref(), Ok(stays));
        }

        let mut owner = Owner::new(Some("999999999999".to_owned()), Some("us-east-1".to_owned()));
        owner.arn_seen(CERT);
        let scope = owner.scope_or("0", "0");
        let translated = "arn:aws:iot:us-east-1:999999999999:cert/ab";
        assert_eq!(owner.translate(CERT, &scope).as_deref(), Ok(translated));
        let role = "arn:aws:iam::111111111111:role/r";
        assert_eq!(owner.translate(role, &scope).as_deref(), Ok("arn:aws:iam::999999999999:role/r"));
        assert!(owner.translate(&role.replace("1111", "2222"), &scope).is_err());
    }
}
