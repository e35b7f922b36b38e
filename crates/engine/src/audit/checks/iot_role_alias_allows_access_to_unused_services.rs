#![doc = include_str!("iot_role_alias_allows_access_to_unused_services.md")]

use std::collections::BTreeSet;

use super::super::prelude::*;
use super::role_alias::{each_role_alias, services_used};
use crate::policy::analysis::{ServiceGrant, services};

pub(super) const CHECK: Check = Check {
    name: "IOT_ROLE_ALIAS_ALLOWS_ACCESS_TO_UNUSED_SERVICES_CHECK",
    severity: Severity::Medium,
    resource_type: ResourceType::RoleAlias,
    enabled_by_default: true,
    reads: &[Fact::RoleAliases, Fact::Roles, Fact::ServiceLastAccessed],
    thresholds: &[],
    reasons: &[UNUSED],
    manual: include_str!("iot_role_alias_allows_access_to_unused_services.md"),
    run,
};

const UNUSED: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_UNUSED_SERVICES",
    text: "Role alias allows access to services that it did not use in the last year:",
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_role_alias(fleet, found, |alias, found| {
        let Some(used) = services_used(fleet, alias.role_arn) else { return alias.gap_of_use(found) };
        let granted = services(&alias.documents);
        let is_unused = |name: &&str| !used.contains(*name);
        let names: BTreeSet<&str> = granted.services.iter().map(ServiceGrant::namespace).filter(is_unused).collect();
        let mut unused: Vec<String> = names.into_iter().map(str::to_owned).collect();
        if granted.all.is_some() {
            unused.push("every other service".to_owned());
        }
        alias.report(UNUSED, &unused, found);
    });
}
