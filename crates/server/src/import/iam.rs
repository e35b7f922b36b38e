//! IAM roles with their policies, put together from records that know each other by name only.

use std::collections::{BTreeMap, BTreeSet};

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Writer;
use thingwarden_store::records::{
    IamAttachment, IamIdentity, IamPolicy, IamPolicyVersion, IamRole, iam_name_id,
};

use super::ImportError;
use super::ledger::Ledger;
use super::registry::set;
use super::tally::Kind;
use crate::iam::ids;
use crate::iam::trusted_ids;
use crate::snapshot::in_full::Source;
use crate::snapshot::stated::{StatedManagedPolicy, StatedRole};

/// The longest session of a role if nobody says, in seconds (IAM API reference, `CreateRole`).
const SESSION_SECONDS: i64 = 3600;
/// Of a role whose trust policy was not collected: nobody is trusted.
const TRUST_NOBODY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

/// All of a snapshot that is about roles.
#[derive(Debug, Default)]
pub(super) struct Iam {
    roles: BTreeMap<String, Role>,
    policies: BTreeMap<String, Managed>,
}

#[derive(Debug)]
struct Role {
    source: Source,
    stated: Option<StatedRole>,
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

#[derive(Debug)]
struct Managed {
    source: Source,
    policy_id: Option<String>,
    description: Option<String>,
    default: Option<u32>,
    versions: BTreeMap<u32, (String, Option<Timestamp>)>,
}

impl Iam {
    fn of(&mut self, role: String, source: Source) -> &mut Role {
        let (inline, attached) = (BTreeMap::new(), BTreeSet::new());
        self.roles.entry(role).or_insert_with(|| Role { source, stated: None, inline, attached })
    }

    pub(super) fn role(&mut self, stated: StatedRole, source: Source) {
        let role = self.of(stated.name.clone(), source);
        role.stated.get_or_insert(stated);
    }

    pub(super) fn inline(&mut self, role: String, policy: String, document: String, source: Source) {
        self.of(role, source).inline.insert(policy, document);
    }

    pub(super) fn attach(&mut self, role: String, arn: String, source: Source) {
        self.of(role, source).attached.insert(arn);
    }

    pub(super) fn managed(&mut self, stated: StatedManagedPolicy, source: Source) {
        let StatedManagedPolicy { arn, policy_id, description, version, is_default, document, created } =
            stated;
        let managed = self.policies.entry(arn).or_insert_with(|| Managed {
            source,
            policy_id: None,
            description: None,
            default: None,
            versions: BTreeMap::new(),
        });
        managed.policy_id = managed.policy_id.take().or(policy_id);
        managed.description = managed.description.take().or(description);
        if is_default {
            managed.default = Some(version);
        }
        managed.versions.insert(version, (document, created));
    }

    pub(super) fn write(self, ledger: &mut Ledger, writer: &Writer<'_>) -> Result<(), ImportError> {
        let writer = writer.write_in_scope(&writer.scope().global())?;
        for (arn, managed) in self.policies {
            write_managed(ledger, &writer, &arn, managed)?;
        }
        let names: Vec<String> = self.roles.keys().cloned().collect();
        for (name, role) in self.roles {
            write_role(ledger, &writer, name, role)?;
        }
        names.iter().try_for_each(|name| trust(ledger, &writer, name))
    }
}

/// AWS's own policies belong to nobody's account. The server knows those that IoT needs; of others it is said that they
/// are missing when a role has one.
fn write_managed(
    ledger: &mut Ledger,
    writer: &Writer<'_>,
    arn: &str,
    managed: Managed,
) -> Result<(), ImportError> {
    let Managed { source, policy_id, description, default, versions } = managed;
    if arn.starts_with("arn:aws:iam::aws:") {
        ledger.tally.not_kept("managed policies of AWS's own");
        return Ok(());
    }
    let place = arn.split_once(":policy").and_then(|(_, place)| place.rsplit_once('/'));
    let (Some((path, name)), Some(default)) = (place, default) else {
        let why = format!("the default version of managed policy `{arn}` is not in the snapshot");
        ledger.tally.refuse(Kind::ManagedPolicy, &source, &why);
        return Ok(());
    };
    let now_ms = ledger.now_ms;
    let millis = |time: Option<Timestamp>| time.map_or(now_ms, Timestamp::millis);
    let dates = || versions.values().map(|(_, created)| millis(*created));
    let new = IamPolicy {
        arn: arn.to_owned(),
        name: name.to_owned(),
        policy_id: unique_id("ANPA")?,
        path: format!("{path}/"),
        description: None,
        created_ms: dates().min().unwrap_or(now_ms),
        updated_ms: dates().max().unwrap_or(now_ms),
        tags: BTreeMap::new(),
        default_version: default,
        next_version: versions.keys().next_back().map_or(2, |last| last.saturating_add(1)),
        versions: BTreeMap::new(),
    };
    let made = |before: Option<&IamPolicy>| {
        let mut made = before.unwrap_or(&new).clone();
        set(&mut made.policy_id, policy_id.as_ref());
        if description.is_some() {
            made.description.clone_from(&description);
        }
        made.default_version = default;
        made.next_version = made.next_version.max(new.next_version);
        for (number, (document, created)) in &versions {
            let known = made.versions.get(number).map(|known| known.created_ms);
            let created_ms = created.map(Timestamp::millis).or(known).unwrap_or(now_ms);
            made.versions.insert(*number, IamPolicyVersion { document: document.clone(), created_ms });
        }
        made
    };
    ledger.put(writer, Kind::ManagedPolicy, &source, made).map(drop)
}

fn write_role(ledger: &mut Ledger, writer: &Writer<'_>, name: String, role: Role) -> Result<(), ImportError> {
    let Role { source, stated, inline, attached } = role;
    let Some(stated) = stated else {
        let why = format!("role `{name}` has policies, but is not described (get-role)");
        ledger.tally.refuse(Kind::Role, &source, &why);
        return Ok(());
    };
    let new = IamRole {
        identity: IamIdentity {
            name: name.clone(),
            unique_id: unique_id("AROA")?,
            path: "/".to_owned(),
            created_ms: ledger.now_ms,
            boundary: None,
            tags: BTreeMap::new(),
            inline_policies: BTreeMap::new(),
        },
        trust_policy: TRUST_NOBODY.to_owned(),
        description: None,
        max_session_seconds: SESSION_SECONDS,
        trusted_ids: BTreeMap::new(),
    };
    let made = |before: Option<&IamRole>| {
        let mut made = before.unwrap_or(&new).clone();
        let identity = &mut made.identity;
        set(&mut identity.unique_id, stated.role_id.as_ref());
        set(&mut identity.path, stated.path.as_ref());
        super::registry::set_time(&mut identity.created_ms, stated.created);
        set(&mut identity.tags, stated.tags.as_ref());
        if stated.boundary.is_some() {
            identity.boundary.clone_from(&stated.boundary);
        }
        identity.inline_policies.extend(inline.clone());
        set(&mut made.trust_policy, stated.trust_policy.as_ref());
        if stated.description.is_some() {
            made.description.clone_from(&stated.description);
        }
        set(&mut made.max_session_seconds, stated.max_session_seconds.as_ref());
        made
    };
    ledger.put(writer, Kind::Role, &source, made)?;
    let Some(present) = writer.get::<IamRole>(&iam_name_id(&name))? else { return Ok(()) };
    for policy_arn in attached {
        let own = policy_arn.rsplit('/').next().map(iam_name_id).unwrap_or_default();
        if !policy_arn.starts_with("arn:aws:iam::aws:") && !writer.exists::<IamPolicy>(&own)? {
            let why = format!("role `{name}` has policy `{policy_arn}`, which is not in the snapshot");
            ledger.tally.refuse(Kind::RolePolicy, &source, &why);
            continue;
        }
        let new = IamAttachment { entity: present.identity.unique_id.clone(), policy_arn };
        ledger.put(writer, Kind::RolePolicy, &source, |_| new.clone())?;
    }
    Ok(())
}

/// Roles trust each other by ids, which are known when all of them are there.
fn trust(ledger: &Ledger, writer: &Writer<'_>, name: &str) -> Result<(), ImportError> {
    let id = iam_name_id(name);
    if !ledger.wrote::<IamRole>(&id) {
        return Ok(());
    }
    let mut role = writer.require::<IamRole>(&id)?;
    let trusted = trusted_ids(writer, &role.trust_policy);
    if trusted != role.trusted_ids {
        role.trusted_ids = trusted;
        writer.update(&role)?;
    }
    Ok(())
}

fn unique_id(prefix: &str) -> Result<String, ImportError> {
    ids::unique_id(prefix).map_err(|_| ImportError::NoRandomness)
}
