//! The fleet as proofs need it: policies, what they are attached to, and whose things are whose.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use thingwarden_engine::fleet::Role;
use thingwarden_engine::pki::pem::PemBlocks;
use thingwarden_engine::pki::{Certificate, KeyChecker};
use thingwarden_engine::policy::{Context, Dialect, PolicySet, PolicySource, parse};
use thingwarden_engine::prove::{Case, Device, Identity, Lengths, Scope, Thing, Ways};

use self::principal::PrincipalId;
use self::registry::{Registry, Words, push};
use self::templates::FoundTemplate;
use crate::cli::progress::Bar;
use crate::provisioning::Purpose;
use crate::snapshot::in_full::{self, Word};
use crate::snapshot::roles::Roles;
use crate::snapshot::stated::{
    Stated, StatedCertificate, StatedProvisioningTemplate, StatedRole, StatedThing,
};

mod fleet;
mod principal;
mod registry;
mod stored;
mod templates;

pub(super) use fleet::Fleet;
pub(super) use stored::Fields;

/// What is known of the fleet.
#[derive(Debug, Default)]
pub(in crate::cli) struct Picture {
    pub(in crate::cli) account: Option<String>,
    pub(in crate::cli) region: Option<String>,
    /// Versions in force, by policy name.
    pub(in crate::cli) policies: BTreeMap<String, PolicySource>,
    /// Names of policies by what they are attached to: principals, and thing groups.
    of_principals: HashMap<PrincipalId, Vec<Arc<str>>>,
    of_groups: HashMap<String, Vec<Arc<str>>>,
    certificates: HashMap<PrincipalId, DeviceCertificate>,
    /// Statuses of certificates and names of policies.
    words: Words,
    registry: Registry,
    /// Role aliases with the ARNs of their roles.
    role_aliases: BTreeMap<String, String>,
    /// By ARN.
    roles: BTreeMap<String, Role>,
    /// Trust policies and permissions boundaries of roles, by name.
    trust_policies: HashMap<String, String>,
    boundaries: HashMap<String, String>,
    /// Provisioning templates, by name.
    templates: BTreeMap<String, FoundTemplate>,
    /// It is a server's of this program; else AWS's.
    is_of_server: bool,
    lengths: Lengths,
    /// What could not be read.
    pub(in crate::cli) problems: Vec<String>,
}

#[derive(Debug)]
struct DeviceCertificate {
    status: Arc<str>,
    /// Empty if it is not there, or nobody will ask for it.
    pem: Box<str>,
}

/// What policies are attached to.
#[derive(Clone, Debug, PartialEq, Eq)]
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
                let status = self.words.of(&certificate.status);
                let kept = DeviceCertificate { status, pem: certificate.pem.into() };
                self.certificates.entry(PrincipalId::Certificate(certificate.id)).or_insert(kept);
            }
            Stated::ProvisioningTemplate(template) => self.found_template(*template),
            Stated::Thing(StatedThing { name, type_name, attributes, billing_group, .. }) => {
                self.registry.thing(&name, type_name, attributes.unwrap_or_default(), billing_group);
            }
            Stated::Principal { thing, principal, exclusive } => {
                self.registry.tie(&thing, &principal, exclusive);
            }
            Stated::Policy(policy) if policy.is_default => {
                self.policy(&policy.name, &policy.version.to_string(), &policy.document);
            }
            Stated::Target { policy, target } => self.attach(&policy, &target),
            Stated::Group(group) => {
                if let Some(parent) = group.metadata.and_then(|metadata| metadata.parent) {
                    self.registry.parent(&group.name, &parent);
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
            Stated::Member { group, thing } => self.registry.member(&group, &thing),
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

    fn attach(&mut self, policy: &str, target: &str) {
        let policy = self.words.of(policy);
        let is_new = |known: &Arc<str>| *known != policy;
        match target.split_once(":thinggroup/") {
            Some((_, group)) => push(&mut self.of_groups, group.to_owned(), Arc::clone(&policy), is_new),
            None => push(&mut self.of_principals, PrincipalId::of(target), Arc::clone(&policy), is_new),
        }
    }

    /// Where requests to this fleet happen.
    pub(in crate::cli) fn scope(&self, default: &Scope) -> Scope {
        Scope {
            account: self.account.clone().unwrap_or_else(|| default.account.clone()),
            region: self.region.clone().unwrap_or_else(|| default.region.clone()),
            partition: default.partition.clone(),
            lengths: self.lengths,
        }
    }

    /// Everything that is a principal: has a policy or a thing, or is a certificate.
    pub(super) fn principals(&self) -> Vec<String> {
        self.all_principals().into_iter().map(PrincipalId::to_string).collect()
    }

    fn all_principals(&self) -> Vec<&PrincipalId> {
        let attached = self.certificates.keys().chain(self.of_principals.keys());
        let mut all: Vec<&PrincipalId> = attached.chain(self.registry.principals()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The principals that a text names: a certificate by id, by the beginning of its id or by ARN; another principal by its text; a
    /// thing by name, for every principal that it is attached to.
    pub(in crate::cli) fn named(&self, text: &str) -> anyhow::Result<Vec<String>> {
        let id = PrincipalId::of(text);
        let text = id.to_string();
        let all = self.all_principals();
        if all.binary_search(&&id).is_ok() {
            return Ok(vec![text]);
        }
        if self.registry.get(&text).is_some() {
            let holds = |principal: &&&PrincipalId| {
                self.registry.ties(principal).iter().any(|(thing, _)| **thing == *text)
            };
            let found: Vec<String> =
                all.iter().filter(holds).map(|principal| principal.to_string()).collect();
            if found.is_empty() {
                bail!("no principal is attached to the thing `{text}`");
            }
            return Ok(found);
        }
        let is_id = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let (beginning, ids) = (text.to_ascii_lowercase(), all.into_iter().filter(|_| is_id));
        let begins: Vec<String> =
            ids.map(PrincipalId::to_string).filter(|id| id.starts_with(&beginning)).collect();
        match begins.as_slice() {
            [] => bail!("`{text}` is no certificate, principal or thing of this fleet"),
            [_] => Ok(begins),
            _ => bail!("`{text}` is the beginning of {} certificate ids", begins.len()),
        }
    }

    /// A principal with its policies in each way in which it comes: policies of a thing's groups hold when it is connected as the thing.
    pub(super) fn subject(&self, principal: &str) -> anyhow::Result<Subject> {
        let identity = Identity::of(principal);
        let context = self.certificate_context(principal)?;
        let things = self.own_things(principal);
        let own = self.policies_of(&PrincipalId::of(principal));
        let mut names = own.to_vec();
        let device = |things: Vec<Thing>, ways: Ways| Device {
            certificate: context.clone(),
            identity: identity.clone(),
            things,
            anything_goes: false,
            more_names: false,
            ways,
        };
        let mut ways = vec![(self.set(own)?, device(things.clone(), Ways::WithoutThing))];
        let exclusive = things.iter().find(|thing| thing.exclusive);
        for thing in exclusive.map_or(things.as_slice(), std::slice::from_ref) {
            let mut with_groups = own.to_vec();
            for policy in self.group_policies(&thing.name) {
                if !with_groups.contains(policy) {
                    with_groups.push(Arc::clone(policy));
                }
            }
            names.extend(with_groups.iter().filter(|name| !own.contains(*name)).cloned());
            ways.insert(0, (self.set(&with_groups)?, device(vec![thing.clone()], Ways::AsThing)));
        }
        names.sort();
        names.dedup();
        Ok(Subject {
            principal: principal.to_owned(),
            status: self.status(principal).map(str::to_owned),
            things: things.into_iter().map(|thing| thing.name).collect(),
            policies: names.iter().map(|name| name.to_string()).collect(),
            ways,
        })
    }

    /// Nothing was found.
    pub(super) fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.registry.is_empty() && self.policies.is_empty()
    }

    pub(in crate::cli) fn own_things(&self, principal: &str) -> Vec<Thing> {
        self.things_for(&PrincipalId::of(principal))
    }

    fn things_for(&self, principal: &PrincipalId) -> Vec<Thing> {
        let ties = self.registry.ties(principal).iter();
        ties.filter_map(|(name, exclusive)| self.registry.thing_for(name, *exclusive)).collect()
    }

    /// The type of a thing.
    pub(super) fn type_of(&self, thing: &str) -> Option<&str> {
        self.registry.get(thing)?.type_name.as_deref()
    }

    /// The groups that the thing itself is in.
    pub(super) fn groups_of(&self, thing: &str) -> impl Iterator<Item = &str> {
        self.registry.groups_of(thing).iter().map(|group| &**group)
    }

    pub(in crate::cli) fn attached_to(&self, target: &Target) -> Vec<String> {
        let policies = match target {
            Target::Principal(principal) => self.policies_of(&PrincipalId::of(principal)),
            Target::Group(group) => self.policies_of_group(group),
        };
        policies.iter().map(|policy| policy.to_string()).collect()
    }

    fn policies_of(&self, principal: &PrincipalId) -> &[Arc<str>] {
        self.of_principals.get(principal).map(Vec::as_slice).unwrap_or_default()
    }

    fn policies_of_group(&self, group: &str) -> &[Arc<str>] {
        self.of_groups.get(group).map(Vec::as_slice).unwrap_or_default()
    }

    /// What a principal gets its policies through: itself, and connected as a thing its groups and all groups above them.
    pub(in crate::cli) fn targets(&self, principal: &str, thing: Option<&str>) -> Vec<Target> {
        let mut targets = vec![Target::Principal(principal.to_owned())];
        targets.extend(thing.into_iter().flat_map(|thing| self.groups(thing)).map(Target::Group));
        targets
    }

    /// A thing's groups and all groups above them.
    pub(in crate::cli) fn groups(&self, thing: &str) -> Vec<String> {
        self.registry.with_parents(self.groups_of(thing)).into_iter().map(str::to_owned).collect()
    }

    fn group_policies<'p>(&'p self, thing: &str) -> impl Iterator<Item = &'p Arc<str>> {
        let groups = self.registry.groups_of(thing).iter().map(|group| &**group);
        self.registry.with_parents(groups).into_iter().flat_map(|group| self.policies_of_group(group))
    }

    /// The status of a certificate of the picture.
    pub(in crate::cli) fn status(&self, principal: &str) -> Option<&str> {
        self.certificates.get(&PrincipalId::of(principal)).map(|certificate| &*certificate.status)
    }

    /// The keys of a certificate; `None` for what is none of the picture, or is there without its PEM. Identities have none.
    pub(in crate::cli) fn certificate_context(&self, principal: &str) -> anyhow::Result<Option<Context>> {
        if Identity::of(principal) != Identity::None {
            return Ok(Some(Context::new()));
        }
        let certificate = self.certificates.get(&PrincipalId::of(principal));
        let context = certificate.map(|one| certificate_context(&one.pem)).transpose();
        Ok(context.with_context(|| format!("certificate `{principal}`"))?.flatten())
    }

    fn set(&self, names: &[Arc<str>]) -> anyhow::Result<PolicySet> {
        Ok(PolicySet::compile(self.sources(names)?))
    }

    fn sources(&self, names: &[Arc<str>]) -> anyhow::Result<Vec<PolicySource>> {
        let source = |name: &Arc<str>| {
            let found = self.policies.get(&**name).cloned();
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

/// The keys of a certificate; `None` without its PEM.
fn certificate_context(pem: &str) -> anyhow::Result<Option<Context>> {
    let Some(block) = PemBlocks::new(pem.as_bytes()).next() else { return Ok(None) };
    let mut context = Context::new();
    context.insert_certificate(&Certificate::parse(&block?.der)?);
    Ok(Some(context))
}
