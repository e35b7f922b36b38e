//! ARNs of the resources of AWS IoT.

use thingwarden_store::Scope;

use super::cx::Cx;
use super::error::ApiError;

/// The longest name of a thing or a group (service model, `ThingName`, `ThingGroupName`, `BillingGroupName`).
const NAME_BYTES_MAX: usize = 128;

/// `arn:aws:iot:REGION:ACCOUNT:RESOURCE`.
pub(crate) fn iot(scope: &Scope, resource: &str) -> String {
    format!("arn:aws:iot:{}:{}:{resource}", scope.region, scope.account)
}

/// The ARN of a mitigation action.
pub(crate) fn mitigation_action(scope: &Scope, name: &str) -> String {
    iot(scope, &format!("mitigationaction/{name}"))
}

/// The ARN of a provisioning template.
pub(crate) fn provisioning_template(scope: &Scope, name: &str) -> String {
    iot(scope, &format!("provisioningtemplate/{name}"))
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

/// The name of something that a request gives by name, by ARN, or by both.
///
/// # Errors
/// `InvalidRequestException` when neither is given, the ARN is not one of such a thing in this account and region, or the
/// two differ.
pub(super) fn given(
    cx: &Cx,
    resource_type: &str,
    name: Option<String>,
    arn: Option<String>,
) -> Result<String, ApiError> {
    let Some(arn) = arn else {
        return name.ok_or_else(|| {
            ApiError::invalid(format!("the name or the ARN of a {resource_type} is missing"))
        });
    };
    let Some(named) = name_in(&cx.scope, resource_type, &arn).filter(|named| named.len() <= NAME_BYTES_MAX)
    else {
        let shown = super::shown(&arn);
        let message = format!("`{shown}` is not the ARN of a {resource_type} of this account and region");
        return Err(ApiError::invalid(message));
    };
    if name.is_some_and(|name| name != named) {
        return Err(ApiError::invalid(format!("the name and the ARN of the {resource_type} differ")));
    }
    Ok(named.to_owned())
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
