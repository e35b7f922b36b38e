#![doc = include_str!("iot_role_alias_overly_permissive.md")]

use super::super::prelude::*;
use super::role_alias::{each_role_alias, services_used};
use crate::policy::analysis::{broad_data_plane_actions_of, iot_api_access, services};

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

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_role_alias(fleet, found, |alias, found| {
        let granted = services(&alias.documents);
        let administrative: Vec<&str> = granted.administrative().collect();
        if !administrative.is_empty() {
            match services_used(fleet, alias.role_arn) {
                Some(used) => {
                    let both: Vec<&str> = administrative.into_iter().filter(|name| used.contains(*name)).collect();
                    // `*` grants administration of every service there is, so of every one used.
                    let both = if granted.all_administrative() { used.iter().map(String::as_str).collect() } else { both };
                    alias.report(USED_SERVICES, &both, found);
                }
                None => alias.gap_of_use(found),
            }
        }
        alias.report(SECURITY_AUDITING, &granted.security_auditing(), found);
        let access = iot_api_access(&alias.documents);
        for (reason, actions) in
            [(THING_READ, &access.thing_read_broad), (NON_THING, &access.other), (THING_WRITE, &access.thing_write)]
        {
            alias.report(reason, &actions.names().collect::<Vec<_>>(), found);
        }
        let broad: Vec<&str> = broad_data_plane_actions_of(&alias.documents).iter().map(|grant| grant.action).collect();
        let text = "Role alias allows broad access to IoT data plane actions:";
        alias.report(Reason { text, ..BROAD_DATA_PLANE }, &broad, found);
    });
}
