#![doc = include_str!("unauthenticated_cognito_role_overly_permissive.md")]

use super::super::prelude::*;
use super::cognito_role::{each_pool_role, report};
use crate::fleet::IdentityPool;
use crate::policy::analysis::iot_api_access;
use crate::policy::document::Document;

pub(super) const CHECK: Check = Check {
    name: "UNAUTHENTICATED_COGNITO_ROLE_OVERLY_PERMISSIVE_CHECK",
    severity: Severity::Critical,
    resource_type: ResourceType::CognitoIdentityPool,
    enabled_by_default: true,
    reads: &[Fact::IdentityPools, Fact::Roles],
    thresholds: &[],
    reasons: &[ADMIN, BROAD_DATA_PLANE],
    manual: include_str!("unauthenticated_cognito_role_overly_permissive.md"),
    run,
};

const ADMIN: Reason = Reason {
    code: "ALLOWS_ACCESS_TO_IOT_ADMIN_ACTIONS",
    text: "Role of unauthenticated identities allows access to IoT administrative actions:",
};

const BROAD: Reason = Reason {
    text: "Role of unauthenticated identities allows broad access to IoT data plane actions:",
    ..BROAD_DATA_PLANE
};

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_pool_role(fleet, found, |pool| &pool.unauthenticated_roles, judge);
}

fn judge(pool: &IdentityPool, role: &str, documents: &[&Document], found: &mut Findings) {
    let access = iot_api_access(documents);
    // Guests get nothing of the control plane: not even reading one thing.
    let admin = action_names(&[&access.thing_write, &access.thing_read, &access.other]);
    report(pool, role, ADMIN, &admin, found);
    report(pool, role, BROAD, &broad_action_names(documents), found);
}
