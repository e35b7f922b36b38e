#![doc = include_str!("authenticated_cognito_role_overly_permissive.md")]

use super::super::prelude::*;
use super::cognito_role::{each_pool_role, report};
use crate::fleet::IdentityPool;
use crate::policy::analysis::iot_api_access;
use crate::policy::document::Document;

pub(super) const CHECK: Check = Check {
    name: "AUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::CognitoIdentityPool,
    enabled_by_default: true,
    reads: &[Fact::IdentityPools, Fact::Roles],
    thresholds: &[],
    reasons: &[THING_READ, NON_THING, THING_WRITE, BROAD_DATA_PLANE],
    manual: include_str!("authenticated_cognito_role_overly_permissive.md"),
    run,
};

const THING_READ: Reason = Reason {
    code: "ALLOWS_BROAD_ACCESS_TO_IOT_THING_ADMIN_READ_ACTIONS",
    text: "Role of authenticated identities allows broad access to IoT actions that read things:",
};
const NON_THING: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_IOT_NON_THING_ADMIN_ACTIONS",
    text: "Role of authenticated identities allows access to IoT administrative actions:",
};
const THING_WRITE: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_IOT_THING_ADMIN_WRITE_ACTIONS",
    text: "Role of authenticated identities allows access to IoT actions that manage things:",
};

const BROAD: Reason = Reason {
    text: "Role of authenticated identities allows broad access to IoT data plane actions:",
    ..BROAD_DATA_PLANE
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_pool_role(fleet, found, |pool| &pool.authenticated_roles, judge);
}

fn judge(pool: &IdentityPool, role: &str, documents: &[&Document], found: &mut Findings) {
    let access = iot_api_access(documents);
    for (reason, granted) in
        [(THING_READ, &access.thing_read_broad), (NON_THING, &access.other), (THING_WRITE, &access.thing_write)]
    {
        report(pool, role, reason, &action_names(&[granted]), found);
    }
    report(pool, role, BROAD, &broad_action_names(documents), found);
}
