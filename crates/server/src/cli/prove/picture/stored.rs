//! The fleet in the folder of a server. Of each of millions of records, only what is kept of it is read.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use serde::Deserialize;
use thingwarden_engine::prove::speaks_of_certificates;
use thingwarden_store::records as stored;
use thingwarden_store::{Query, ReadOnly, Reader, Record, StoreError};

use super::principal::PrincipalId;
use super::registry::Registry;
use super::templates::FoundTemplate;
use super::{DeviceCertificate, Picture, purpose_of};
use crate::iam::facts;

/// Of which certificates the fields are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Fields {
    All,
    /// Of those whose principals have policies that speak of them, and of some more.
    SpokenOf,
}

/// A text in a record.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
struct Text<'b>(#[serde(borrow)] Cow<'b, str>);

#[derive(Debug, Deserialize)]
struct CertificatePart<'b> {
    #[serde(borrow)]
    id: Text<'b>,
    status: Text<'b>,
}

#[derive(Debug, Deserialize)]
struct PemPart {
    pem: Box<str>,
}

#[derive(Debug, Deserialize)]
struct ThingPart<'b> {
    #[serde(borrow)]
    name: Text<'b>,
    type_name: Option<Text<'b>>,
    #[serde(default)]
    attributes: BTreeMap<Text<'b>, Text<'b>>,
    billing_group: Option<Text<'b>>,
}

#[derive(Debug, Deserialize)]
struct TiePart<'b> {
    #[serde(borrow)]
    thing: Text<'b>,
    principal: Text<'b>,
    #[serde(default)]
    exclusive: bool,
}

#[derive(Debug, Deserialize)]
struct AttachmentPart<'b> {
    #[serde(borrow)]
    policy: Text<'b>,
    target: Text<'b>,
}

#[derive(Debug, Deserialize)]
struct MemberPart<'b> {
    #[serde(borrow)]
    group: Text<'b>,
    thing: Text<'b>,
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Picture {
    /// Reads the folder of a server.
    pub(in crate::cli::prove) fn of_store(
        store: &ReadOnly,
        scope: &thingwarden_store::Scope,
        fields: Fields,
    ) -> anyhow::Result<Self> {
        let mut picture = Self {
            account: Some(scope.account.to_string()),
            region: Some(scope.region.to_string()),
            is_of_server: true,
            ..Self::default()
        };
        let read = |reader: &Reader<'_>| {
            picture.lengths = stored::place_of(reader)?.lengths;
            picture.read_policies(reader)?;
            picture.read_certificates(reader, fields)?;
            picture.read_templates(reader)?;
            picture.read_roles(reader)
        };
        let ((), registry) = store.read_both::<_, _, StoreError>(scope, read, Registry::read)?;
        picture.registry = registry;
        Ok(picture)
    }

    fn read_policies(&mut self, reader: &Reader<'_>) -> Result<(), StoreError> {
        for policy in reader.all::<stored::Policy>(&[])? {
            let id = stored::PolicyVersion::id_of(&policy.name, policy.default_version);
            let version: stored::PolicyVersion = reader.require(&id)?;
            self.policy(&policy.name, &policy.default_version.to_string(), &version.document);
        }
        reader.each_body::<stored::PolicyAttachment>(&mut |body| {
            let AttachmentPart { policy, target } = body.read()?;
            self.attach(policy.as_ref(), target.as_ref());
            Ok(())
        })
    }

    /// After the policies and what they are attached to.
    fn read_certificates(&mut self, reader: &Reader<'_>, fields: Fields) -> Result<(), StoreError> {
        let speaks = |name: &&Arc<str>| {
            let source = self.policies.get(&***name);
            source.is_some_and(|source| speaks_of_certificates(&source.document))
        };
        let speaking: HashSet<&str> = self
            .of_principals
            .values()
            .chain(self.of_groups.values())
            .flatten()
            .filter(speaks)
            .map(|name| &**name)
            .collect();
        let any_speaks = |policies: &[Arc<str>]| policies.iter().any(|policy| speaking.contains(&**policy));
        // Whose things are in a group is not known yet.
        let keeps_all = fields == Fields::All || self.of_groups.values().any(|policies| any_speaks(policies));
        let certificates = &mut self.certificates;
        reader.each_body::<stored::Certificate>(&mut |body| {
            let CertificatePart { id, status } = body.read()?;
            let id = PrincipalId::of(id.as_ref());
            let keeps = keeps_all || self.of_principals.get(&id).is_some_and(|policies| any_speaks(policies));
            let pem = if keeps { body.read::<PemPart>()?.pem } else { Box::default() };
            certificates.insert(id, DeviceCertificate { status: self.words.of(status.as_ref()), pem });
            Ok(())
        })
    }

    fn read_templates(&mut self, reader: &Reader<'_>) -> Result<(), StoreError> {
        each(reader, &mut |ca: stored::CaCertificate| {
            let body = ca.registration_config.and_then(|config| config.template_body);
            if ca.status == "ACTIVE" && ca.auto_registration {
                self.template_of_ca(&ca.id, body);
            }
        })?;
        for template in reader.all::<stored::ProvisioningTemplate>(&[])? {
            if template.enabled {
                let id = stored::ProvisioningTemplateVersion::id_of(&template.name, template.default_version);
                let version: stored::ProvisioningTemplateVersion = reader.require(&id)?;
                let found = FoundTemplate {
                    name: template.name.clone(),
                    purpose: purpose_of(Some(&template.kind)),
                    body: Some(version.body),
                    has_hook: template.hook.is_some(),
                };
                self.templates.insert(template.name, found);
            }
        }
        Ok(())
    }

    fn read_roles(&mut self, reader: &Reader<'_>) -> Result<(), StoreError> {
        each(reader, &mut |alias: stored::RoleAlias| {
            self.role_aliases.insert(alias.name, alias.role_arn);
        })?;
        let iam = reader.in_scope(&reader.scope().global())?;
        for arn in self.role_aliases.values() {
            let (Some(stored), Some(role)) = (facts::stored(&iam, arn)?, facts::role(&iam, arn)?) else {
                continue;
            };
            let name = stored.identity.name;
            self.boundaries.extend(stored.identity.boundary.map(|boundary| (name.clone(), boundary)));
            self.trust_policies.insert(name, stored.trust_policy);
            self.roles.insert(arn.clone(), role);
        }
        Ok(())
    }
}

impl Registry {
    fn read(reader: &Reader<'_>) -> Result<Self, StoreError> {
        let mut registry = Self::default();
        reader.each_body::<stored::Thing>(&mut |body| {
            let ThingPart { name, type_name, attributes, billing_group } = body.read()?;
            registry.thing(name.as_ref(), type_name, attributes, billing_group);
            Ok(())
        })?;
        reader.each_body::<stored::ThingPrincipal>(&mut |body| {
            let TiePart { thing, principal, exclusive } = body.read()?;
            registry.tie(thing.as_ref(), principal.as_ref(), exclusive);
            Ok(())
        })?;
        each(reader, &mut |group: stored::ThingGroup| {
            if let Some(parent) = group.ancestor_names().last() {
                registry.parent(&group.name, parent);
            }
        })?;
        reader.each_body::<stored::ThingGroupMember>(&mut |body| {
            let MemberPart { group, thing } = body.read()?;
            registry.member(group.as_ref(), thing.as_ref());
            Ok(())
        })?;
        Ok(registry)
    }
}

fn each<T: Record>(reader: &Reader<'_>, take: &mut dyn FnMut(T)) -> Result<(), StoreError> {
    reader.each::<T, StoreError>(&Query::all(&[]), &mut |record| {
        take(record);
        Ok(ControlFlow::Continue(()))
    })
}
