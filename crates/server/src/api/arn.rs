//! ARNs of the resources of AWS IoT.

use thingwarden_store::Scope;

/// `arn:aws:iot:REGION:ACCOUNT:RESOURCE`.
pub(crate) fn iot(scope: &Scope, resource: &str) -> String {
    format!("arn:aws:iot:{}:{}:{resource}", scope.region, scope.account)
}

/// What follows the account in an ARN of AWS IoT that belongs to this account and region.
pub(crate) fn resource_in<'a>(scope: &Scope, arn: &'a str) -> Option<&'a str> {
    let rest = arn.strip_prefix("arn:aws:iot:")?.strip_prefix(&*scope.region)?.strip_prefix(':')?;
    rest.strip_prefix(&*scope.account)?.strip_prefix(':')
}

/// The name in an ARN of this account and region, for example that of a `thinggroup`.
pub(crate) fn name_in<'a>(scope: &Scope, resource_type: &str, arn: &'a str) -> Option<&'a str> {
    let name = resource_in(scope, arn)?.strip_prefix(resource_type)?.strip_prefix('/')?;
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_arns_of_the_own_account_and_region_have_a_name() {
        let scope = Scope::new("123456789012", "us-east-1");
        let check = |arn, expected| assert_eq!(name_in(&scope, "thing", arn), expected, "{arn}");
        check("arn:aws:iot:us-east-1:123456789012:thing/t", Some("t"));
        check("arn:aws:iot:us-east-1:123456789012:thing/a/b", Some("a/b"));
        check("arn:aws:iot:us-east-1:123456789012:thing/", None);
        check("arn:aws:iot:us-east-1:123456789012:thinggroup/t", None);
        check("arn:aws:iot:us-east-2:123456789012:thing/t", None);
        check("arn:aws:iot:us-east-1:123456789013:thing/t", None);
        check("arn:aws:iot:us-east-1:123456789012", None);
        check("t", None);
    }
}
