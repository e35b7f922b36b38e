//! Role aliases, identity pools, the IAM roles that they lead to, and logging options.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use thingwarden_engine::fleet::{IdentityPool, Logging, LoggingState, Role, RoleAlias, ServiceUse};
use thingwarden_engine::policy::document::Dialect;
use thingwarden_engine::policy::parse;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::{
    self, IamRole, LoggingOptions, LoggingOptionsV2, StoredIdentityPool, StoredServiceUse,
};
use thingwarden_store::{Query, Reader};

use super::StoreView;
use crate::api::arn;
use crate::iam::identity::{self, Holder};
use crate::iam::policies;

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
                && let Some(role) = self.role_of(&iam, &arn)
            {
                roles.by_arn.insert(arn, role);
            }
        }
        roles
    }

    /// The role with its policies; none when the account has no such role.
    fn role_of(&self, iam: &Reader<'_>, arn: &str) -> Option<Role> {
        let account = &iam.scope().account;
        let Some(("role", _, name)) = crate::iam::arn::parts(account, arn) else { return None };
        let stored = self.attempt(identity::find::<IamRole>(iam, name))?;
        if stored.arn(account) != arn {
            return None;
        }
        let identity = &stored.identity;
        let mut role = Role { arn: arn.to_owned(), ..Role::default() };
        let mut add = |what: String, document: &str| match parse(document, Dialect::Identity) {
            Ok(document) => role.documents.push(Arc::new(document)),
            Err(error) => role.missing.push(format!("{what}: {error}")),
        };
        for (policy, document) in &identity.inline_policies {
            add(format!("inline policy `{policy}` of role `{name}`"), document);
        }
        let mut absent = vec![];
        for arn in self.attempt(identity::attached(iam, identity)) {
            let policy = self.attempt(policies::find(iam, &arn));
            match policy.as_ref().and_then(|policy| policy.versions.get(&policy.default_version)) {
                Some(version) => add(format!("managed policy `{arn}`"), &version.document),
                None => absent.push(format!("managed policy `{arn}`")),
            }
        }
        role.missing.extend(absent);
        Some(role)
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
