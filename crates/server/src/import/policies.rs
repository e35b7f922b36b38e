//! Policies, which come version by version.

use std::collections::BTreeMap;

use thingwarden_engine::time::Timestamp;
use thingwarden_store::Writer;
use thingwarden_store::records::{Policy, PolicyVersion, place_of};

use super::ledger::{Became, Ledger};
use super::registry::{set, set_time};
use super::tally::Kind;
use super::{ImportError, uuid};
use crate::api::policy_verdicts;
use crate::snapshot::in_full::Source;
use crate::snapshot::stated::StatedPolicy;

/// All policies of a snapshot, by name.
#[derive(Debug, Default)]
pub(super) struct Policies(BTreeMap<String, Gathered>);

/// What was said of one policy.
#[derive(Debug)]
struct Gathered {
    source: Source,
    default: Option<i64>,
    generation_id: Option<String>,
    created: Option<Timestamp>,
    modified: Option<Timestamp>,
    versions: BTreeMap<i64, (String, Option<Timestamp>, Source)>,
}

impl Policies {
    fn of(&mut self, name: String, source: Source) -> &mut Gathered {
        self.0.entry(name).or_insert_with(|| Gathered {
            source,
            default: None,
            generation_id: None,
            created: None,
            modified: None,
            versions: BTreeMap::new(),
        })
    }

    /// A policy exists. Its versions should be elsewhere.
    pub(super) fn listed(&mut self, name: String, source: Source) {
        self.of(name, source);
    }

    pub(super) fn add(&mut self, stated: StatedPolicy, source: Source) {
        let StatedPolicy { name, version, is_default, document, generation_id, created, modified, .. } =
            stated;
        let gathered = self.of(name, source.clone());
        if is_default {
            gathered.default = Some(version);
        }
        if generation_id.is_some() {
            gathered.generation_id = generation_id;
        }
        // GetPolicyVersion gives the version's dates, GetPolicy the policy's: the first and the last are right for both.
        gathered.created = [gathered.created, created].into_iter().flatten().min();
        gathered.modified = gathered.modified.max(modified);
        gathered.versions.insert(version, (document, created, source));
    }

    pub(super) fn into_parts(self) -> Vec<One> {
        self.0.into_iter().map(|(name, gathered)| One { name, gathered }).collect()
    }
}

/// One policy with all that was said of it.
#[derive(Debug)]
pub(super) struct One {
    name: String,
    gathered: Gathered,
}

pub(super) fn write(ledger: &mut Ledger, writer: &Writer<'_>, one: One) -> Result<(), ImportError> {
    let One { name, gathered } = one;
    let Gathered { source, default, generation_id, created, modified, versions } = gathered;
    let present = writer.get::<Policy>(&name)?;
    let Some(default) = default else {
        if present.is_none() || !versions.is_empty() {
            let why = format!("the default version of policy `{name}` is not in the snapshot");
            ledger.tally.refuse(Kind::Policy, &source, &why);
        }
        return Ok(());
    };
    let last = versions.keys().next_back().copied().unwrap_or(default);
    let new = Policy {
        name: name.clone(),
        default_version: default,
        last_version: last,
        generation_id: uuid()?,
        created_ms: ledger.now_ms,
        modified_ms: ledger.now_ms,
    };
    // Another policy of this name stays whole, with its versions.
    let kept = !versions_fit(writer, &name, &versions)?;
    let made = |before: Option<&Policy>| {
        let mut made = before.unwrap_or(&new).clone();
        made.default_version = default;
        made.last_version = made.last_version.max(last);
        set(&mut made.generation_id, generation_id.as_ref());
        set_time(&mut made.created_ms, created);
        set_time(&mut made.modified_ms, modified.or(created.filter(|_| before.is_none())));
        made
    };
    if kept && !ledger.replace {
        ledger.tally.keep(Kind::Policy, &source, &name);
        return Ok(());
    }
    let differs = present.as_ref().is_some_and(|present| made(Some(present)) != *present);
    ledger.put(writer, Kind::Policy, &source, made)?;
    if differs && !ledger.replace {
        return Ok(());
    }
    for (version, (document, created, source)) in versions {
        let new = PolicyVersion {
            policy: name.clone(),
            version,
            document,
            created_ms: created.map_or(ledger.now_ms, Timestamp::millis),
            comparison: None,
        };
        let made = |before: Option<&PolicyVersion>| {
            let mut made = before.unwrap_or(&new).clone();
            if made.document != new.document {
                made.comparison = None;
            }
            made.document.clone_from(&new.document);
            set_time(&mut made.created_ms, created);
            made
        };
        match ledger.put(writer, Kind::PolicyVersion, &source, made)? {
            Became::New(version) | Became::Changed { after: version, .. } => {
                let flaws = ledger.judge.flaws(&version.document, &place_of(writer)?);
                policy_verdicts::put(writer, &version, flaws)?;
            }
            Became::Same => {}
        }
    }
    Ok(policy_verdicts::put_in_force(writer, &name, default)?)
}

/// No version that is there has another document.
fn versions_fit(
    writer: &Writer<'_>,
    name: &str,
    versions: &BTreeMap<i64, (String, Option<Timestamp>, Source)>,
) -> Result<bool, ImportError> {
    for (version, (document, ..)) in versions {
        let present = writer.get::<PolicyVersion>(&PolicyVersion::id_of(name, *version))?;
        if present.is_some_and(|present| present.document != *document) {
            return Ok(false);
        }
    }
    Ok(true)
}
