#![doc = include_str!("iot_role_alias_overly_permissive.md")]

use super::super::prelude::*;
use super::role_alias::{each_role_alias, services_used};
use crate::policy::analysis::{iot_api_access, services};

pub(super) const CHECK: Check = Check {
    name: "IOT_ROLE_ALIAS_OVERLY_PERMISSIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::RoleAlias,
    enabled_by_default: true,
    reads: &[Fact::RoleAliases, Fact::Roles],
    thresholds: &[],
    reasons: &[USED_SERVICES, SECURITY_AUDITING, THING_READ, NON_THING, THING_WRITE, BROAD_DATA_PLANE],
    manual: include_str!("iot_role_alias_overly_permissive.md"),
    run,
};

const USED_SERVICES: Reason = Reason {
    code: "ALLOWS_BROAD_ACCESS_TO_USED_SERVICES",
    text: "Role alias allows administrative access to services that it uses:",
};
const SECURITY_AUDITING: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_SECURITY_AUDITING_SERVICES",
    text: "Role alias allows access to security auditing services:",
};
const THING_READ: Reason = Reason {
    code: "ALLOWS_BROAD_ACCESS_TO_IOT_THING_ADMIN_READ_ACTIONS",
    text: "Role alias allows broad access to IoT actions that read things:",
};
const NON_THING: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_IOT_NON_THING_ADMIN_ACTIONS",
    text: "Role alias allows access to IoT administrative actions:",
};
const THING_WRITE: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_IOT_THING_ADMIN_WRITE_ACTIONS",
    text: "Role alias allows access to IoT actions that manage things:",
};

const BROAD: Reason =
    Reason { text: "Role alias allows broad access to IoT data plane actions:", ..BROAD_DATA_PLANE };

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_role_alias(fleet, found, |alias, found| {
        let granted = services(&alias.documents);
        if granted.services.iter().chain(&granted.all).any(|grant| grant.administrative) {
            match services_used(fleet, alias.role_arn) {
                Some(used) => {
                    let is_administered = |name: &&String| granted.of(name).is_some_and(|grant| grant.administrative);
                    alias.report(USED_SERVICES, &used.iter().filter(is_administered).cloned().collect::<Vec<_>>(), found);
                }
                None => alias.gap_of_use(found),
            }
        }
        let auditing: Vec<String> = granted.security_auditing().into_iter().map(|(name, _)| name.to_owned()).collect();
        alias.report(SECURITY_AUDITING, &auditing, found);
        let access = iot_api_access(&alias.documents);
        for (reason, actions) in
            [(THING_READ, &access.thing_read_broad), (NON_THING, &access.other), (THING_WRITE, &access.thing_write)]
        {
            alias.report(reason, &action_names(&[actions]), found);
        }
        alias.report(BROAD, &broad_action_names(&alias.documents), found);
    });
}
