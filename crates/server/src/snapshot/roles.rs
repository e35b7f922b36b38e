//! Puts IAM roles together from records that know each other by name only.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::fleet::{self, FleetBuilder};

use super::items::{Item, ReadDocument};

/// One record about a role or a managed policy.
#[derive(Debug)]
pub(crate) struct RolePart(Item);

impl RolePart {
    /// None of an item about something else.
    pub(super) fn of(item: Item) -> Option<Self> {
        let is_part = matches!(
            item,
            Item::Role { .. }
                | Item::RoleInlineNames { .. }
                | Item::RoleInline { .. }
                | Item::RoleAttached { .. }
                | Item::ManagedPolicy { .. }
        );
        is_part.then_some(Self(item))
    }
}

/// What was collected about one role.
#[derive(Debug, Default)]
struct Role {
    arn: Option<String>,
    inline: BTreeMap<String, ReadDocument>,
    /// Names of all inline policies, when somebody listed them.
    inline_names: Option<BTreeSet<String>>,
    /// ARNs of all attached policies, when somebody listed them.
    attached: Option<BTreeSet<String>>,
}

/// All roles of a snapshot.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    by_name: BTreeMap<String, Role>,
    managed: BTreeMap<String, ReadDocument>,
    /// ARNs that other records use, by the role's name.
    mentioned: BTreeMap<String, String>,
}

impl Roles {
    /// Notes a role's ARN that some other record uses.
    pub(crate) fn mention(&mut self, arn: &str) {
        let name = arn.rsplit('/').next().unwrap_or_default();
        self.mentioned.entry(name.to_owned()).or_insert_with(|| arn.to_owned());
    }

    pub(crate) fn part(&mut self, RolePart(item): RolePart) {
        match item {
            Item::Role { name, arn } => {
                let role = self.by_name.entry(name).or_default();
                role.arn = role.arn.take().or(arn);
            }
            Item::RoleInlineNames { role, names } => {
                self.by_name.entry(role).or_default().inline_names.get_or_insert_default().extend(names);
            }
            Item::RoleInline { role, policy, document } => {
                self.by_name.entry(role).or_default().inline.insert(policy, document);
            }
            Item::RoleAttached { role, policies } => self.attached(role, policies),
            // Only the version in force grants anything.
            Item::ManagedPolicy { arn, is_default: true, document } => {
                self.managed.insert(arn, document);
            }
            _ => {}
        }
    }

    /// These managed policies are attached to a role.
    pub(crate) fn attached(&mut self, role: String, policies: Vec<String>) {
        self.by_name.entry(role).or_default().attached.get_or_insert_default().extend(policies);
    }

    /// Fills the builder.
    pub(super) fn finish(self, account: &str, builder: &mut FleetBuilder) {
        for (arn, role) in self.by_arn(account) {
            let into = builder.role(&arn);
            into.documents.extend(role.documents);
            into.missing.extend(role.missing);
        }
    }

    /// The roles by their ARNs. What a role may do beyond what is in the snapshot is named with the role.
    pub(crate) fn by_arn(self, account: &str) -> BTreeMap<String, fleet::Role> {
        let mut roles: BTreeMap<String, fleet::Role> = BTreeMap::new();
        for (name, role) in self.by_name {
            let arn = role.arn.or_else(|| self.mentioned.get(&name).cloned());
            let arn = arn.unwrap_or_else(|| format!("arn:aws:iam::{account}:role/{name}"));
            let into =
                roles.entry(arn.clone()).or_insert_with(|| fleet::Role { arn, ..fleet::Role::default() });
            for (policy, document) in &role.inline {
                match document {
                    Ok(document) => into.documents.push(document.clone()),
                    Err(error) => into.missing.push(format!("inline policy `{policy}`: {error}")),
                }
            }
            match &role.inline_names {
                Some(names) => {
                    for policy in names.iter().filter(|policy| !role.inline.contains_key(*policy)) {
                        into.missing.push(format!(
                            "inline policy `{policy}` is not in the snapshot (get-role-policy)"
                        ));
                    }
                }
                None => {
                    into.missing.push("its inline policies are not listed (list-role-policies)".to_owned())
                }
            }
            match &role.attached {
                Some(policies) => {
                    for arn in policies {
                        match self.managed.get(arn) {
                            Some(Ok(document)) => into.documents.push(document.clone()),
                            Some(Err(error)) => into.missing.push(format!("managed policy `{arn}`: {error}")),
                            None => into.missing.push(format!(
                                "managed policy `{arn}` is not in the snapshot (get-policy-version)"
                            )),
                        }
                    }
                }
                None => into
                    .missing
                    .push("its attached policies are not listed (list-attached-role-policies)".to_owned()),
            }
        }
        roles
    }
}
