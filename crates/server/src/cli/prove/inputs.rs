//! What a question is asked about: policy files, or principals of a snapshot or of a server.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use thingwarden_engine::policy::{Dialect, PolicySet, PolicySource, parse, parse_bytes};
use thingwarden_engine::prove::{Case, Device, Known, Lengths, Places, Scope};
use thingwarden_store::Reader;
use thingwarden_store::records::{Policy, PolicyVersion, place_of};

use super::picture::{Fields, Picture, Subject};
use crate::cli::stored::open;

/// Who is asked about.
#[derive(Debug, clap::Args)]
pub(super) struct SubjectArgs {
    /// Certificate (id, its beginning, or ARN), another principal, or thing; with --snapshot or --data
    #[arg(value_name = "CERT-OR-THING")]
    subject: Option<String>,
    /// Policy file, or folder of policy files (repeatable): together the policies of a device that they do not name
    #[arg(long, value_name = "PATH", required_unless_present_any = ["snapshot", "data"], conflicts_with_all = ["snapshot", "data"])]
    policy: Vec<PathBuf>,
    /// With --policy: the name of the device's thing [default: one that no policy spells]
    #[arg(long, value_name = "NAME", requires = "policy")]
    thing: Option<String>,
    #[command(flatten)]
    tie: TieArgs,
    /// Snapshot folder or archive (repeatable)
    #[arg(long, value_name = "PATH", conflicts_with = "data")]
    snapshot: Vec<PathBuf>,
    /// Folder of a server; it may be running
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
}

/// What ties certificates to things, which files do not say.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(super) struct TieArgs {
    /// The certificate belongs to its thing exclusively (EXCLUSIVE_THING), which then counts under every client id
    #[arg(long)]
    exclusive: bool,
}

/// Where requests happen.
#[derive(Debug, Default, clap::Args)]
pub(super) struct PlaceArgs {
    /// Account of the requests [default: those that policies spell, or the snapshot's]
    #[arg(long, value_name = "ID")]
    account: Option<String>,
    /// Region of the requests [default: likewise]
    #[arg(long, value_name = "NAME")]
    region: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ProofFormat {
    /// For people
    Table,
    /// One JSON object per line
    Json,
}

/// One subject with its policies, ready to be asked about.
pub(super) struct Asked {
    pub(super) label: String,
    pub(super) things: Vec<String>,
    pub(super) policies: Vec<String>,
    /// Why the principal cannot connect whatever its policies say.
    pub(super) inactive: Option<String>,
    subject: Which,
    pub(super) places: Places,
}

enum Which {
    /// Whoever asks brings the policies.
    Elsewhere,
    Files(Box<PolicySet>, Vec<Device>),
    Fleet(Subject),
}

/// The text of policy files, for places in them.
#[derive(Debug, Default)]
pub(super) struct Texts(BTreeMap<String, String>);

impl Texts {
    pub(super) fn of(&self, policy: &str) -> Option<&str> {
        self.0.get(policy).map(String::as_str)
    }
}

impl Asked {
    /// For a question that brings its own policies.
    pub(super) fn of_pair(label: String, places: Places) -> Self {
        Self {
            label,
            things: Vec::new(),
            policies: Vec::new(),
            inactive: None,
            subject: Which::Elsewhere,
            places,
        }
    }

    pub(super) fn cases(&self) -> Vec<Case<'_>> {
        match &self.subject {
            Which::Elsewhere => Vec::new(),
            Which::Files(set, devices) => {
                devices.iter().map(|device| Case { set, device: device.clone() }).collect()
            }
            Which::Fleet(subject) => subject.cases(),
        }
    }

    pub(super) fn sets(&self) -> Vec<&PolicySet> {
        match &self.subject {
            Which::Elsewhere => Vec::new(),
            Which::Files(set, _) => vec![set],
            Which::Fleet(subject) => subject.sets().collect(),
        }
    }
}

impl TieArgs {
    pub(super) fn tied(self, devices: Vec<Device>) -> Vec<Device> {
        match self.exclusive {
            true => devices.into_iter().flat_map(Device::exclusively).collect(),
            false => devices,
        }
    }
}

impl PlaceArgs {
    /// The account and region of AWS's own examples, where nobody says another.
    pub(super) fn default_scope(&self) -> Scope {
        Scope {
            partition: "aws".to_owned(),
            region: self.region.clone().unwrap_or_else(|| "us-east-1".to_owned()),
            account: self.account.clone().unwrap_or_else(|| "123456789012".to_owned()),
            lengths: Lengths::AWS,
        }
    }

    /// Where requests under these policies happen.
    fn places(&self, sets: &[&PolicySet]) -> Places {
        Places::of(sets, &self.default_scope(), self.known())
    }

    /// The same with places in which less is allowed than in others.
    pub(super) fn all_places(&self, sets: &[&PolicySet]) -> Places {
        Places::each_of(sets, &self.default_scope(), self.known())
    }

    fn known(&self) -> Known {
        Known { region: self.region.is_some(), account: self.account.is_some() }
    }

    /// Whether an account and region is one that was asked for.
    fn is_meant(&self, scope: &thingwarden_store::Scope) -> bool {
        self.account.as_ref().is_none_or(|account| **account == *scope.account)
            && self.region.as_ref().is_none_or(|region| **region == *scope.region)
    }

    /// What was given on the command line counts before what the input says.
    pub(super) fn overwrite(&self, scope: &mut Scope) {
        if let Some(account) = &self.account {
            scope.account.clone_from(account);
        }
        if let Some(region) = &self.region {
            scope.region.clone_from(region);
        }
    }
}

impl SubjectArgs {
    /// The subjects that are meant, and the texts of their policies if these are files.
    pub(super) fn load(&self) -> anyhow::Result<(Vec<Asked>, Texts)> {
        if self.policy.is_empty() {
            if self.tie.exclusive {
                bail!(
                    "--exclusive is for --policy: of a fleet it is known whose certificates belong to one thing"
                );
            }
            return Ok((self.of_fleet()?, Texts::default()));
        }
        if let Some(subject) = &self.subject {
            bail!(
                "`{subject}` is looked for in a --snapshot or in --data; --thing names the device of --policy"
            );
        }
        let mut texts = Texts::default();
        let set = policies(&self.policy, &mut texts)?;
        let devices = match &self.thing {
            None => Device::generic(&[&set]),
            Some(name) => Device::attached_to(name, &[&set]),
        };
        let devices = self.tie.tied(devices);
        let label = match &self.thing {
            None => "a device that the policies do not name".to_owned(),
            Some(name) => format!("a device attached to `{name}`"),
        };
        let label = if self.tie.exclusive { format!("{label}, exclusively") } else { label };
        let places = self.place.places(&[&set]);
        let mut things: Vec<String> = Vec::new();
        for name in devices.iter().flat_map(Device::names) {
            if !things.iter().any(|known| known == name) {
                things.push(name.to_owned());
            }
        }
        let asked = Asked {
            label,
            things,
            policies: set.sources().iter().map(|source| source.name.to_string()).collect(),
            inactive: None,
            places,
            subject: Which::Files(Box::new(set), devices),
        };
        Ok((vec![asked], texts))
    }

    fn of_fleet(&self) -> anyhow::Result<Vec<Asked>> {
        let pictures = match &self.data {
            None => vec![Picture::of_snapshot(&self.snapshot)?],
            Some(folder) => of_data(folder, &self.place, Fields::All)?,
        };
        let mut found = Vec::new();
        let mut missed = None;
        for picture in &pictures {
            let principals = match &self.subject {
                None => picture.principals(),
                Some(text) => match picture.named(text) {
                    Ok(found) => found,
                    Err(error) => {
                        missed = Some(error);
                        continue;
                    }
                },
            };
            let mut scope = picture.scope(&self.place.default_scope());
            self.place.overwrite(&mut scope);
            for principal in principals {
                let subject = picture.subject(&principal)?;
                let inactive = subject.status.clone().filter(|status| status != "ACTIVE");
                found.push(Asked {
                    label: subject.principal.clone(),
                    things: subject.things.clone(),
                    policies: subject.policies.clone(),
                    inactive,
                    places: Places::only(scope.clone()),
                    subject: Which::Fleet(subject),
                });
            }
        }
        match (found.is_empty(), missed) {
            (true, Some(error)) => Err(error),
            (true, None) => bail!("there is no principal in the input"),
            (false, _) => Ok(found),
        }
    }
}

/// Pictures of every account and region of a server's folder that is meant.
pub(super) fn of_data(folder: &Path, place: &PlaceArgs, fields: Fields) -> anyhow::Result<Vec<Picture>> {
    let store = open(folder)?;
    let scopes = store.read(&thingwarden_store::Scope::new("", ""), |store| store.scopes())?;
    scopes
        .iter()
        .filter(|scope| place.is_meant(scope))
        .map(|scope| Picture::of_store(&store, scope, fields))
        .collect()
}

/// A policy of a server's folder: `NAME@VERSION`, or `NAME` for the version in force. `None`: it is not in this account and region.
fn stored_policy(reader: &Reader<'_>, text: &str) -> anyhow::Result<Option<PolicySource>> {
    let (name, version) = match text.rsplit_once('@') {
        // Names may have an `@` too; such a policy is asked for with its version.
        Some((name, version)) => (
            name,
            Some(version.parse::<i64>().with_context(|| format!("`{version}` is no version of a policy"))?),
        ),
        None => (text, None),
    };
    let Some(policy) = reader.get::<Policy>(name)? else { return Ok(None) };
    let version = version.unwrap_or(policy.default_version);
    let Some(found) = reader.get::<PolicyVersion>(&PolicyVersion::id_of(name, version))? else {
        return Ok(None);
    };
    let document = Arc::new(parse(&found.document, Dialect::Iot).with_context(|| text.to_owned())?);
    Ok(Some(PolicySource { name: name.into(), version: version.to_string(), document }))
}

/// Two policies of a server's folder, in each account and region that has both.
pub(super) fn stored_pairs(
    folder: &Path,
    place: &PlaceArgs,
    [old, new]: [&str; 2],
) -> anyhow::Result<Vec<(PolicySet, PolicySet, Scope)>> {
    let store = open(folder)?;
    let scopes = store.read(&thingwarden_store::Scope::new("", ""), |store| store.scopes())?;
    let mut pairs = Vec::new();
    for scope in scopes.iter().filter(|scope| place.is_meant(scope)) {
        let read = |text: &str| store.read(scope, |reader| stored_policy(reader, text));
        if let (Some(first), Some(second)) = (read(old)?, read(new)?) {
            let place = store.read(scope, place_of)?;
            pairs.push((PolicySet::compile([first]), PolicySet::compile([second]), place));
        }
    }
    if pairs.is_empty() {
        bail!("no account and region has both `{old}` and `{new}`");
    }
    Ok(pairs)
}

/// As [`of_data`], for an account and a region that are given or not.
pub(in crate::cli) fn pictures_of_data(
    folder: &Path,
    account: Option<&str>,
    region: Option<&str>,
) -> anyhow::Result<Vec<Picture>> {
    let place = PlaceArgs { account: account.map(str::to_owned), region: region.map(str::to_owned) };
    of_data(folder, &place, Fields::All)
}

/// Reads policy files and folders of them as the policies of one principal.
pub(super) fn policies(paths: &[PathBuf], texts: &mut Texts) -> anyhow::Result<PolicySet> {
    let mut sources = Vec::new();
    for path in paths {
        for file in files(path)? {
            let name = file.display().to_string();
            let mut bytes = Vec::new();
            let open = fs::File::open(&file).with_context(|| format!("cannot read `{name}`"))?;
            // A little more than any policy may have: a longer file is refused by the parser, not read to its end.
            open.take(1 << 20).read_to_end(&mut bytes).with_context(|| format!("cannot read `{name}`"))?;
            let document = Arc::new(parse_bytes(&bytes, Dialect::Iot).with_context(|| name.clone())?);
            texts.0.insert(name.clone(), String::from_utf8_lossy(&bytes).into_owned());
            sources.push(PolicySource { name: name.into(), version: String::new(), document });
        }
    }
    if sources.is_empty() {
        bail!("no policy files");
    }
    Ok(PolicySet::compile(sources))
}

/// The files themselves, and the JSON files of folders.
pub(super) fn all_files(paths: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        all.extend(files(path)?);
    }
    Ok(all)
}

/// The file itself, or the JSON files of a folder by name.
fn files(path: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries = fs::read_dir(path).with_context(|| format!("cannot read `{}`", path.display()))?;
    let mut found = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?;
    found.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    found.sort();
    Ok(found)
}
