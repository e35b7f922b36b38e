#![doc = include_str!("unauthenticated_cognito_role_overly_permissive.md")]

use super::super::prelude::*;
use super::cognito_role::{each_pool_role, report};
use crate::fleet::IdentityPool;
use crate::policy::analysis::{broad_data_plane_actions_of, iot_api_access};
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

fn run(fleet: &dyn FleetView, _: &Settings, found: &mut Findings) {
    each_pool_role(fleet, found, |pool| &pool.unauthenticated_roles, judge);
}

fn judge(pool: &IdentityPool, role: &str, documents: &[&Document], found: &mut Findings) {
    let access = iot_api_access(documents);
    // Guests get nothing of the control plane: not even reading one thing.
    let admin: Vec<&str> = access.thing_write.names().chain(access.thing_read.names()).chain(access.other.names()).collect();
    if !admin.is_empty() {
        report(pool, role, ADMIN, &admin, found);
    }
    let broad = broad_data_plane_actions_of(documents);
    if !broad.is_empty() {
        let actions: Vec<&str> = broad.iter().map(|grant| grant.action).collect();
        let reason = Reason { text: "Role of unauthenticated identities allows broad access to IoT data plane actions:", ..BROAD_DATA_PLANE };
        report(pool, role, reason, &actions, found);
    }
}
