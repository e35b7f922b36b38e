//! Role aliases, identity pools, the IAM roles that they lead to, and logging options.

use std::collections::{BTreeMap, HashMap};

use thingwarden_engine::fleet::{IdentityPool, Logging, LoggingState, Role, RoleAlias, ServiceUse};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Query;
use thingwarden_store::records::{
    self, LoggingOptions, LoggingOptionsV2, StoredIdentityPool, StoredServiceUse,
};

use super::StoreView;
use crate::api::arn;
use crate::iam::facts;

/// What leads to roles, and the roles.
#[derive(Debug, Default)]
pub(super) struct Roles {
    pub(super) aliases: Vec<RoleAlias>,
    pub(super) pools: Vec<IdentityPool>,
    /// Those of the account that aliases and pools name.
    pub(super) by_arn: HashMap<String, Role>,
    pub(super) used: HashMap<String, ServiceUse>,
}

impl StoreView<'_> {
    pub(super) fn roles(&self) -> &Roles {
        self.roles.get_or_init(|| self.read_roles())
    }

    fn read_roles(&self) -> Roles {
        let mut roles = Roles::default();
        let scope = self.reader.scope();
        self.stream(&Query::default(), &mut |alias: records::RoleAlias| {
            let arn = arn::iot(scope, &format!("rolealias/{}", alias.name));
            roles.aliases.push(RoleAlias { arn, role_arn: alias.role_arn, source: None });
        });
        self.stream(&Query::default(), &mut |pool: StoredIdentityPool| {
            roles.pools.push(IdentityPool {
                id: pool.id,
                authenticated_roles: pool.authenticated_roles,
                unauthenticated_roles: pool.unauthenticated_roles,
                source: None,
            });
        });
        self.stream(&Query::default(), &mut |one: StoredServiceUse| {
            let last_authenticated: BTreeMap<_, _> = one
                .last_used_ms
                .into_iter()
                .map(|(service, last)| (service, last.map(Timestamp::from_millis)))
                .collect();
            roles.used.insert(one.role_arn, ServiceUse { last_authenticated });
        });
        let of_pools = roles
            .pools
            .iter()
            .flat_map(|pool| pool.authenticated_roles.iter().chain(&pool.unauthenticated_roles));
        let of_aliases = roles.aliases.iter().map(|alias| &alias.role_arn);
        let arns: Vec<String> = of_aliases.chain(of_pools).cloned().collect();
        let Some(iam) = self.attempt(self.reader.in_scope(&scope.global()).map(Some)) else { return roles };
        for arn in arns {
            if !roles.by_arn.contains_key(&arn)
                && let Some(role) = self.attempt(facts::role(&iam, &arn))
            {
                roles.by_arn.insert(arn, role);
            }
        }
        roles
    }

    pub(super) fn read_logging(&self) -> Logging {
        let v1 = self.attempt(self.reader.get::<LoggingOptions>(LoggingOptions::ID));
        let v2 = self.attempt(self.reader.get::<LoggingOptionsV2>(LoggingOptionsV2::ID));
        let logs = |level: Option<&str>| level.is_some_and(|level| level != "DISABLED");
        let state = |logs: bool| if logs { LoggingState::Enabled } else { LoggingState::Disabled };
        Logging {
            v1: state(v1.is_some_and(|options| logs(Some(&options.log_level)))),
            v2: state(v2.is_some_and(|options| logs(options.default_level.as_deref()) && !options.disabled)),
            source: None,
        }
    }
}
