//! The fleet as proofs need it: policies, what they are attached to, and whose things are whose.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use thingwarden_engine::fleet::Role;
use thingwarden_engine::ids::CertificateId;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{Certificate, KeyChecker};
use thingwarden_engine::policy::{Context, Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::prove::{Case, Device, Identity, Scope, Thing, Ways};
use thingwarden_store::records as stored;
use thingwarden_store::{Query, ReadOnly, Reader, Record, StoreError};

use self::templates::FoundTemplate;
use crate::cli::progress::Bar;
use crate::iam::facts;
use crate::provisioning::Purpose;
use crate::snapshot::in_full::{self, Word};
use crate::snapshot::roles::Roles;
use crate::snapshot::stated::{Stated, StatedCertificate, StatedProvisioningTemplate, StatedRole};

mod fleet;
mod templates;

pub(super) use fleet::Fleet;

/// What is known of the fleet.
#[derive(Debug, Default)]
pub(in crate::cli) struct Picture {
    pub(in crate::cli) account: Option<String>,
    pub(in crate::cli) region: Option<String>,
    /// Versions in force, by policy name.
    pub(in crate::cli) policies: BTreeMap<String, PolicySource>,
    /// Names of policies by what they are attached to.
    attached: HashMap<Target, Vec<String>>,
    pub(super) certificates: BTreeMap<String, DeviceCertificate>,
    pub(in crate::cli) things: BTreeMap<String, Thing>,
    /// Things of principals, with whether they are theirs alone.
    of_principal: HashMap<String, Vec<(String, bool)>>,
    groups_of: HashMap<String, Vec<String>>,
    parents: HashMap<String, String>,
    /// Role aliases with the ARNs of their roles.
    role_aliases: BTreeMap<String, String>,
    /// By ARN.
    roles: BTreeMap<String, Role>,
    /// Trust policies and permissions boundaries of roles, by name.
    trust_policies: HashMap<String, String>,
    boundaries: HashMap<String, String>,
    /// Provisioning templates, by name.
    templates: BTreeMap<String, FoundTemplate>,
    /// Of things that have one.
    billing_groups: HashMap<String, String>,
    /// It is a server's of this program; else AWS's.
    is_of_server: bool,
    /// What could not be read.
    pub(in crate::cli) problems: Vec<String>,
}

#[derive(Debug)]
pub(super) struct DeviceCertificate {
    pub(super) status: String,
    pem: String,
}

/// What policies are attached to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::cli) enum Target {
    /// A certificate id, or the text of another principal.
    Principal(String),
    Group(String),
}

/// A principal with what it does, ready to be asked about.
#[derive(Debug)]
pub(super) struct Subject {
    /// Certificate id, or the text of another principal.
    pub(super) principal: String,
    /// `None` for what is no certificate of the picture.
    pub(super) status: Option<String>,
    pub(super) things: Vec<String>,
    pub(super) policies: Vec<String>,
    ways: Vec<(PolicySet, Device)>,
}

impl Subject {
    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        self.ways.iter().map(|(set, device)| Case { set, device: device.clone() }).collect()
    }

    /// Policies of all its ways.
    pub(super) fn sets(&self) -> impl Iterator<Item = &PolicySet> {
        self.ways.iter().map(|(set, _)| set)
    }
}

impl Picture {
    /// Reads what a snapshot states.
    pub(in crate::cli) fn of_snapshot(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let (mut picture, mut roles) = (Self::default(), Roles::default());
        let jobs = std::thread::available_parallelism().map_or(1, usize::from);
        let read =
            in_full::read(
                paths,
                jobs,
                &KeyChecker::builtin(),
                &Bar::new(false),
                &mut |_, word| match word {
                    Word::Stated(stated) => picture.take(stated),
                    Word::Account(account) => picture.account = picture.account.take().or(Some(account)),
                    Word::Arn(arn) => picture.saw(&arn),
                    Word::RolePart(part) => roles.part(part),
                    Word::RoleAttached { role, policies } => roles.attached(role, policies),
                    _ => {}
                },
            )?;
        picture.role_aliases.values().for_each(|arn| roles.mention(arn));
        picture.roles = roles.by_arn(picture.account.as_deref().unwrap_or_default());
        picture.problems.extend(read.skipped.iter().map(crate::output::report::skipped_line));
        if read.skipped_more > 0 {
            picture.problems.push(format!("{} more inputs", read.skipped_more));
        }
        Ok(picture)
    }

    fn take(&mut self, stated: Stated) {
        match stated {
            Stated::Certificate(certificate) if certificate.is_authority => self.authority(*certificate),
            Stated::Certificate(certificate) => {
                let kept = DeviceCertificate { status: certificate.status, pem: certificate.pem };
                self.certificates.entry(certificate.id.to_string()).or_insert(kept);
            }
            Stated::ProvisioningTemplate(template) => self.found_template(*template),
            Stated::Thing(thing) => {
                if let Some(group) = thing.billing_group {
                    self.billing_groups.insert(thing.name.clone(), group);
                }
                let known = self.things.entry(thing.name.clone()).or_insert_with(|| named(&thing.name));
                known.type_name = known.type_name.take().or(thing.type_name);
                known.attributes.extend(thing.attributes.unwrap_or_default());
            }
            Stated::Principal { thing, principal, exclusive } => self.tie(thing, &principal, exclusive),
            Stated::Policy(policy) if policy.is_default => {
                self.policy(&policy.name, &policy.version.to_string(), &policy.document);
            }
            Stated::Target { policy, target } => self.attach(policy, &target),
            Stated::Group(group) => {
                if let Some(parent) = group.metadata.and_then(|metadata| metadata.parent) {
                    self.parents.insert(group.name, parent);
                }
            }
            Stated::RoleAlias(alias) => {
                self.role_aliases.insert(alias.name, alias.role_arn);
            }
            Stated::Role(role) => {
                let StatedRole { name, trust_policy, boundary, .. } = *role;
                self.trust_policies.extend(trust_policy.map(|text| (name.clone(), text)));
                self.boundaries.extend(boundary.map(|arn| (name, arn)));
            }
            Stated::Member { group, thing } => self.groups_of.entry(thing).or_default().push(group),
            _ => {}
        }
    }

    /// Templates of a CA's own are for devices that come with its certificates.
    fn authority(&mut self, certificate: StatedCertificate) {
        let body = certificate.registration.and_then(|registration| registration.template_body);
        if certificate.status == "ACTIVE" && certificate.auto_registration == Some(true) {
            self.template_of_ca(&certificate.id.to_string(), body);
        }
    }

    fn template_of_ca(&mut self, id: &str, body: Option<String>) {
        if body.is_some() {
            let (name, purpose) = (format!("CA certificate {id}"), Purpose::JustInTime);
            let found = FoundTemplate { name: name.clone(), purpose, body, has_hook: false };
            self.templates.entry(name).or_insert(found);
        }
    }

    /// One that is not enabled makes nothing. What describes it counts before what lists it.
    fn found_template(&mut self, stated: StatedProvisioningTemplate) {
        let StatedProvisioningTemplate { name, enabled, body, hook, kind, .. } = stated;
        let is_known = self.templates.get(&name).is_some_and(|known| known.body.is_some());
        if !enabled || (is_known && body.is_none()) {
            return;
        }
        let found =
            FoundTemplate { name, purpose: purpose_of(kind.as_deref()), body, has_hook: hook.is_some() };
        self.templates.insert(found.name.clone(), found);
    }

    /// The account and region of the first ARN that has them.
    fn saw(&mut self, arn: &str) {
        let mut fields = arn.split(':').skip(3);
        let (region, account) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        if self.region.is_none() && !region.is_empty() {
            self.region = Some(region.to_owned());
        }
        if self.account.is_none() && account.len() == 12 {
            self.account = Some(account.to_owned());
        }
    }

    /// Reads the folder of a server.
    pub(super) fn of_store(store: &ReadOnly, scope: &thingwarden_store::Scope) -> anyhow::Result<Self> {
        let mut picture = Self {
            account: Some(scope.account.to_string()),
            region: Some(scope.region.to_string()),
            is_of_server: true,
            ..Self::default()
        };
        store.read(scope, |reader| {
            fn each<T: Record>(
                reader: &thingwarden_store::Reader<'_>,
                take: &mut dyn FnMut(T),
            ) -> Result<(), StoreError> {
                reader.each::<T, StoreError>(&Query::all(&[]), &mut |record| {
                    take(record);
                    Ok(ControlFlow::Continue(()))
                })
            }
            each(reader, &mut |certificate: stored::Certificate| {
                let kept = DeviceCertificate { status: certificate.status, pem: certificate.pem };
                picture.certificates.insert(certificate.id, kept);
            })?;
            each(reader, &mut |thing: stored::Thing| {
                if let Some(group) = thing.billing_group {
                    picture.billing_groups.insert(thing.name.clone(), group);
                }
                let mut kept = named(&thing.name);
                (kept.type_name, kept.attributes) = (thing.type_name, thing.attributes);
                picture.things.insert(thing.name, kept);
            })?;
            each(reader, &mut |tie: stored::ThingPrincipal| {
                picture.tie(tie.thing, &tie.principal, tie.exclusive);
            })?;
            each(reader, &mut |attached: stored::PolicyAttachment| {
                picture.attach(attached.policy, &attached.target);
            })?;
            each(reader, &mut |group: stored::ThingGroup| {
                if let Some(parent) = group.ancestor_names().last() {
                    picture.parents.insert(group.name.clone(), parent.to_owned());
                }
            })?;
            each(reader, &mut |member: stored::ThingGroupMember| {
                picture.groups_of.entry(member.thing).or_default().push(member.group);
            })?;
            each(reader, &mut |ca: stored::CaCertificate| {
                let body = ca.registration_config.and_then(|config| config.template_body);
                if ca.status == "ACTIVE" && ca.auto_registration {
                    picture.template_of_ca(&ca.id, body);
                }
            })?;
            for template in reader.all::<stored::ProvisioningTemplate>(&[])? {
                if template.enabled {
                    let id =
                        stored::ProvisioningTemplateVersion::id_of(&template.name, template.default_version);
                    let version: stored::ProvisioningTemplateVersion = reader.require(&id)?;
                    let found = FoundTemplate {
                        name: template.name.clone(),
                        purpose: purpose_of(Some(&template.kind)),
                        body: Some(version.body),
                        has_hook: template.hook.is_some(),
                    };
                    picture.templates.insert(template.name, found);
                }
            }
            each(reader, &mut |alias: stored::RoleAlias| {
                picture.role_aliases.insert(alias.name, alias.role_arn);
            })?;
            picture.read_roles(&reader.in_scope(&scope.global())?)?;
            for policy in reader.all::<stored::Policy>(&[])? {
                let id = stored::PolicyVersion::id_of(&policy.name, policy.default_version);
                let version: stored::PolicyVersion = reader.require(&id)?;
                picture.policy(&policy.name, &policy.default_version.to_string(), &version.document);
            }
            Ok::<(), StoreError>(())
        })?;
        Ok(picture)
    }

    fn read_roles(&mut self, iam: &Reader<'_>) -> Result<(), StoreError> {
        for arn in self.role_aliases.values() {
            let (Some(stored), Some(role)) = (facts::stored(iam, arn)?, facts::role(iam, arn)?) else {
                continue;
            };
            let name = stored.identity.name;
            self.boundaries.extend(stored.identity.boundary.map(|boundary| (name.clone(), boundary)));
            self.trust_policies.insert(name, stored.trust_policy);
            self.roles.insert(arn.clone(), role);
        }
        Ok(())
    }

    fn policy(&mut self, name: &str, version: &str, text: &str) {
        match parse(text, Dialect::Iot) {
            Ok(document) => {
                let document = Arc::new(document);
                let source = PolicySource { name: name.into(), version: version.to_owned(), document };
                self.policies.insert(name.to_owned(), source);
            }
            Err(error) => self.problems.push(format!("policy `{name}`: {error}")),
        }
    }

    fn tie(&mut self, thing: String, principal: &str, exclusive: bool) {
        self.things.entry(thing.clone()).or_insert_with(|| named(&thing));
        let ties = self.of_principal.entry(principal_of(principal)).or_default();
        if !ties.iter().any(|(known, _)| *known == thing) {
            ties.push((thing, exclusive));
        }
    }

    fn attach(&mut self, policy: String, target: &str) {
        let target = match target.split_once(":thinggroup/") {
            Some((_, group)) => Target::Group(group.to_owned()),
            None => Target::Principal(principal_of(target)),
        };
        let policies = self.attached.entry(target).or_default();
        if !policies.contains(&policy) {
            policies.push(policy);
        }
    }

    /// Where requests to this fleet happen.
    pub(in crate::cli) fn scope(&self, default: &Scope) -> Scope {
        Scope {
            account: self.account.clone().unwrap_or_else(|| default.account.clone()),
            region: self.region.clone().unwrap_or_else(|| default.region.clone()),
            ..default.clone()
        }
    }

    /// Everything that is a principal: has a policy or a thing, or is a certificate.
    pub(super) fn principals(&self) -> Vec<String> {
        let attached = self.attached.keys().filter_map(|target| match target {
            Target::Principal(principal) => Some(principal),
            Target::Group(_) => None,
        });
        let mut all: Vec<String> =
            self.certificates.keys().chain(attached).chain(self.of_principal.keys()).cloned().collect();
        all.sort();
        all.dedup();
        all
    }

    /// The principals that a text names: a certificate by id, by the beginning of its id or by ARN; another principal by its text; a
    /// thing by name, for every principal that it is attached to.
    pub(in crate::cli) fn named(&self, text: &str) -> anyhow::Result<Vec<String>> {
        let text = principal_of(text);
        let all = self.principals();
        if all.contains(&text) {
            return Ok(vec![text]);
        }
        if self.things.contains_key(&text) {
            let holds = |principal: &&String| {
                let ties = self.of_principal.get(*principal);
                ties.is_some_and(|ties| ties.iter().any(|(thing, _)| *thing == text))
            };
            let found: Vec<String> = all.iter().filter(holds).cloned().collect();
            if found.is_empty() {
                bail!("no principal is attached to the thing `{text}`");
            }
            return Ok(found);
        }
        let is_id = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let begins: Vec<String> =
            all.into_iter().filter(|id| is_id && id.starts_with(&text.to_ascii_lowercase())).collect();
        match begins.as_slice() {
            [] => bail!("`{text}` is no certificate, principal or thing of this fleet"),
            [_] => Ok(begins),
            _ => bail!("`{text}` is the beginning of {} certificate ids", begins.len()),
        }
    }

    /// A principal with its policies in each way in which it comes: policies of a thing's groups hold when it is connected as the thing.
    pub(super) fn subject(&self, principal: &str) -> anyhow::Result<Subject> {
        let certificate = self.certificates.get(principal);
        let identity = Identity::of(principal);
        let context = self.certificate_context(principal)?;
        let things = self.own_things(principal);
        let own = self.attached_to(&Target::Principal(principal.to_owned()));
        let mut names = own.clone();
        let device = |things: Vec<Thing>, ways: Ways| Device {
            certificate: context.clone(),
            identity: identity.clone(),
            things,
            anything_goes: false,
            more_names: false,
            ways,
        };
        let mut ways = vec![(self.set(&own)?, device(things.clone(), Ways::WithoutThing))];
        let exclusive = things.iter().find(|thing| thing.exclusive);
        for thing in exclusive.map_or(things.as_slice(), std::slice::from_ref) {
            let mut with_groups = own.clone();
            for policy in self.group_policies(&thing.name) {
                if !with_groups.contains(&policy) {
                    with_groups.push(policy);
                }
            }
            names.extend(with_groups.iter().filter(|name| !own.contains(*name)).cloned());
            ways.insert(0, (self.set(&with_groups)?, device(vec![thing.clone()], Ways::AsThing)));
        }
        names.sort();
        names.dedup();
        Ok(Subject {
            principal: principal.to_owned(),
            status: certificate.map(|certificate| certificate.status.clone()),
            things: things.into_iter().map(|thing| thing.name).collect(),
            policies: names,
            ways,
        })
    }

    /// Nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.things.is_empty() && self.policies.is_empty()
    }

    fn ties(&self, principal: &str) -> &[(String, bool)] {
        self.of_principal.get(principal).map(Vec::as_slice).unwrap_or_default()
    }

    pub(in crate::cli) fn own_things(&self, principal: &str) -> Vec<Thing> {
        let thing = |(name, exclusive): &(String, bool)| {
            Some(Thing { exclusive: *exclusive, ..self.things.get(name)?.clone() })
        };
        self.ties(principal).iter().filter_map(thing).collect()
    }

    /// The groups that the thing itself is in.
    pub(super) fn groups_of(&self, thing: &str) -> &[String] {
        self.groups_of.get(thing).map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn things_of(&self, principal: &str) -> Vec<String> {
        self.ties(principal).iter().map(|(name, _)| name.clone()).collect()
    }

    pub(in crate::cli) fn attached_to(&self, target: &Target) -> Vec<String> {
        self.attached.get(target).cloned().unwrap_or_default()
    }

    /// What a principal gets its policies through: itself, and connected as a thing its groups and all groups above them.
    pub(in crate::cli) fn targets(&self, principal: &str, thing: Option<&str>) -> Vec<Target> {
        let mut targets = vec![Target::Principal(principal.to_owned())];
        targets.extend(thing.into_iter().flat_map(|thing| self.groups(thing)).map(Target::Group));
        targets
    }

    /// A thing's groups and all groups above them.
    pub(in crate::cli) fn groups(&self, thing: &str) -> Vec<String> {
        self.with_parents(self.groups_of(thing))
    }

    /// Groups and all groups above them.
    fn with_parents<'g>(&self, groups: impl IntoIterator<Item = &'g String>) -> Vec<String> {
        const DEPTH_MAX: usize = 32;
        let mut found = Vec::new();
        for group in groups {
            let mut at = Some(group);
            for _ in 0..DEPTH_MAX {
                let Some(group) = at else { break };
                found.push(group.clone());
                at = self.parents.get(group);
            }
        }
        found
    }

    fn group_policies(&self, thing: &str) -> Vec<String> {
        self.groups(thing).into_iter().flat_map(|group| self.attached_to(&Target::Group(group))).collect()
    }

    /// The status of a certificate of the picture.
    pub(in crate::cli) fn status(&self, principal: &str) -> Option<&str> {
        self.certificates.get(principal).map(|certificate| certificate.status.as_str())
    }

    /// The keys of a certificate; `None` for what is none of the picture, or is there without its PEM. Identities have none.
    pub(in crate::cli) fn certificate_context(&self, principal: &str) -> anyhow::Result<Option<Context>> {
        if Identity::of(principal) != Identity::None {
            return Ok(Some(Context::new()));
        }
        let certificate = self.certificates.get(principal);
        let context = certificate.map(|one| certificate_context(&one.pem)).transpose();
        Ok(context.with_context(|| format!("certificate `{principal}`"))?.flatten())
    }

    fn set(&self, names: &[String]) -> anyhow::Result<PolicySet> {
        Ok(PolicySet::compile(self.sources(names)?))
    }

    fn sources(&self, names: &[String]) -> anyhow::Result<Vec<PolicySource>> {
        let source = |name: &String| {
            let found = self.policies.get(name).cloned();
            found
                .with_context(|| format!("policy `{name}` is attached but not in the input, or not readable"))
        };
        names.iter().map(source).collect()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal(principal) => write!(f, "`{principal}`"),
            Self::Group(group) => write!(f, "thing group `{group}`"),
        }
    }
}

/// AWS's `TemplateType`; templates that are older than it are for fleet provisioning.
fn purpose_of(kind: Option<&str>) -> Purpose {
    if kind == Some("JITP") { Purpose::JustInTime } else { Purpose::Fleet }
}

fn named(name: &str) -> Thing {
    Thing { name: name.to_owned(), ..Thing::default() }
}

/// A certificate's id, or the text of another principal.
fn principal_of(text: &str) -> String {
    let id = text.rsplit_once(":cert/").map_or(text, |(_, id)| id);
    CertificateId::parse(id).map_or_else(|| text.to_owned(), |id| id.to_string())
}

/// The keys of a certificate; `None` without its PEM.
fn certificate_context(pem: &str) -> anyhow::Result<Option<Context>> {
    let Some(block) = PemBlocks::new(pem.as_bytes()).next() else { return Ok(None) };
    let mut context = Context::new();
    context.insert_certificate(&Certificate::parse(&block?.der)?);
    Ok(Some(context))
}
