//! `thingwarden policy synthesize`: the least policies that recorded traffic needs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use clap::ValueEnum;
use serde::Serialize;
use serde_json::value::RawValue;
use thingwarden_engine::limits::IOT_POLICY_CHARS_MAX;
use thingwarden_engine::policy::{Context, Decision, Request};
use thingwarden_engine::prove::{Answer, Change, Device, Identity, Relation, Ways};
use thingwarden_engine::synthesize::{NoProposal, Owner, Proposal, Synthesis};

use super::super::Outcome;
use super::requests::{Asked, NotPlayed, asked, resource};
use super::seats::{Edits, Rights, Seats};
use super::{Traffic, TrafficArgs, count};
use crate::output::text::escape;
use crate::snapshot::LoggedRequest;

const NOTES: &str = "\
Exit code: 0 a policy for every group of devices, 1 for some there is none, 2 wrong usage or input that could not be read.

Examples:
  thingwarden policy synthesize --snapshot ./snapshot
  thingwarden policy synthesize --snapshot ./snapshot --logs logs/ --group-by group --format json";

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct SynthesizeArgs {
    #[command(flatten)]
    traffic: TrafficArgs,
    /// Which devices get one policy; those with other policies in force get another one in any case
    #[arg(long, value_enum, default_value_t = GroupBy::Type)]
    group_by: GroupBy,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = SynthesizeFormat::Text)]
    format: SynthesizeFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GroupBy {
    /// Devices of one thing type
    Type,
    /// Devices in the same thing groups
    Group,
    /// Devices with the same policies in force
    Policy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum SynthesizeFormat {
    /// For people
    Text,
    /// One JSON object per line, one for each group
    Json,
}

/// Devices that get one policy: what they have in common, and their set of policies in force.
type Key = (String, usize);

/// What was seen of a group.
struct Group {
    synthesis: Synthesis,
    type_name: Option<String>,
    seats: BTreeSet<usize>,
    /// Requests that were seen and that the policies in force allow.
    allowed: u64,
    /// Requests that failed then.
    failed: u64,
    /// Requests that succeeded then and that the policies in force do not allow, and the first.
    not_allowed: u64,
    first_not_allowed: Option<String>,
    subscribed: bool,
    received: bool,
}

/// What came of a group.
struct Made {
    outcome: Result<Proposal, NoProposal>,
    /// Of the requests that count, those that the proposal allows.
    covered: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a> {
    group: &'a str,
    policies: &'a [String],
    devices: usize,
    requests: u64,
    /// Every request that counts was put to the proposed policy.
    covered: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_document: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    characters: Option<usize>,
    /// `narrower` or `equal`: proved. Absent without a proposal.
    #[serde(skip_serializing_if = "Option::is_none")]
    compared: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why_not: Option<String>,
    /// What the policies in force allow and the proposal does not: a request for each action.
    dropped: Vec<String>,
    /// Statements of policies in force that nothing was seen to need, from 0.
    unused_statements: Vec<Unused<'a>>,
    generalized: Vec<String>,
    failed_then: u64,
    not_allowed_now: u64,
    notes: Vec<&'static str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Unused<'a> {
    policy: &'a str,
    statement_index: usize,
}

const NOTHING_RECEIVED: &str =
    "devices subscribe, and the log has no deliveries (Publish-Out): the proposal lets them receive nothing";

struct Work<'a> {
    traffic: &'a Traffic,
    group_by: GroupBy,
    seats: Seats<'a>,
    rights: Rights<'a>,
    /// The group of each seat; none for a certificate that is not active.
    keys: Vec<Option<Key>>,
    groups: BTreeMap<Key, Group>,
    not_played: NotPlayed,
}

/// A request that counts, with the group that it belongs to.
struct Counted<'r> {
    key: Key,
    seat: usize,
    context: Context,
    asked: Vec<Asked>,
    record: &'r LoggedRequest,
}

pub(crate) fn run(args: &SynthesizeArgs) -> anyhow::Result<Outcome> {
    let traffic = args.traffic.load()?;
    let mut work = Work {
        seats: Seats::new(&traffic.picture),
        rights: Rights::new(&traffic.picture, Edits::default()),
        traffic: &traffic,
        group_by: args.group_by,
        keys: Vec::new(),
        groups: BTreeMap::new(),
        not_played: NotPlayed::default(),
    };
    let mut failed = None;
    let problems = traffic.each(&mut |_, record| {
        if failed.is_none() {
            failed = work.observe(record).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let mut made = work.propose();
    work.replay(&mut made)?;
    let mut err = io::stderr().lock();
    for problem in traffic.picture.problems.iter().chain(&problems) {
        let _ = writeln!(err, "thingwarden: skipped {}", escape(problem));
    }
    let mut out = io::stdout().lock();
    for (key, made) in &made {
        let Some(group) = work.groups.get(key) else { continue };
        match args.format {
            SynthesizeFormat::Text => work.text(key, group, made, &mut out)?,
            SynthesizeFormat::Json => {
                serde_json::to_writer(&mut out, &work.line(key, group, made))?;
                out.write_all(b"\n")?;
            }
        }
    }
    for (why, count) in work.not_played.iter() {
        writeln!(err, "thingwarden: not counted: {count} {why}")?;
    }
    let all = |made: &Made| made.outcome.is_ok();
    let lost = |(key, made): (&Key, &Made)| {
        let allowed = work.groups.get(key).map_or(0, |group| group.allowed);
        made.outcome.is_ok() && made.covered != allowed
    };
    if made.iter().any(lost) {
        anyhow::bail!("a proposal does not allow all that was seen; please report this");
    }
    Ok(if !problems.is_empty() || !traffic.picture.problems.is_empty() {
        Outcome::Error
    } else if made.values().all(all) && !made.is_empty() {
        Outcome::Good
    } else {
        Outcome::Bad
    })
}

impl<'a> Work<'a> {
    /// The record as requests of a group, if it counts.
    fn counted<'r>(
        &mut self,
        record: &'r LoggedRequest,
    ) -> anyhow::Result<Result<Counted<'r>, &'static str>> {
        let (asked, seat) = match (asked(record), self.seats.of(record)) {
            (Ok(asked), Ok(seat)) => (asked, seat),
            (Err(why), _) | (_, Err(why)) => return Ok(Err(why)),
        };
        if seat >= self.keys.len() {
            let key = self.key(seat)?;
            self.keys.push(key);
        }
        let Some(key) = self.keys.get(seat).cloned().flatten() else {
            return Ok(Err("records of certificates that are not active"));
        };
        let context = self.seats.context(seat, record)?;
        Ok(Ok(Counted { key, seat, context, asked, record }))
    }

    fn key(&mut self, seat: usize) -> anyhow::Result<Option<Key>> {
        let Some(seat) = self.seats.all.get(seat) else { return Ok(None) };
        let Some(set) = self.rights.of(seat)? else { return Ok(None) };
        let things = self.traffic.picture.own_things(&seat.principal);
        let label = match self.group_by {
            GroupBy::Policy => "policies".to_owned(),
            GroupBy::Type => {
                let types: BTreeSet<&str> =
                    things.iter().map(|thing| thing.type_name.as_deref().unwrap_or_default()).collect();
                let types: Vec<&str> = types.into_iter().filter(|name| !name.is_empty()).collect();
                if types.is_empty() {
                    "no thing type".to_owned()
                } else {
                    format!("type {}", types.join(", "))
                }
            }
            GroupBy::Group => {
                let groups: BTreeSet<String> =
                    things.iter().flat_map(|thing| self.traffic.picture.groups(&thing.name)).collect();
                let groups: Vec<String> = groups.into_iter().collect();
                if groups.is_empty() {
                    "no thing group".to_owned()
                } else {
                    format!("group {}", groups.join(", "))
                }
            }
        };
        Ok(Some((label, set)))
    }

    fn observe(&mut self, record: &LoggedRequest) -> anyhow::Result<()> {
        let counted = match self.counted(record)? {
            Ok(counted) => counted,
            Err(why) => {
                self.not_played.add(why);
                return Ok(());
            }
        };
        let Counted { key, seat, context, asked, .. } = counted;
        let Some(owner) = self.seats.all.get(seat) else { return Ok(()) };
        if !self.groups.contains_key(&key) {
            let Some(set) = self.rights.set(key.1) else { return Ok(()) };
            let synthesis = Synthesis::new(set.clone(), self.traffic.scope.clone());
            let things = self.traffic.picture.own_things(&owner.principal);
            let by_type = self.group_by == GroupBy::Type && things.len() == 1;
            let type_name = things.into_iter().next().filter(|_| by_type).and_then(|thing| thing.type_name);
            let group = Group {
                synthesis,
                type_name,
                seats: BTreeSet::new(),
                allowed: 0,
                failed: 0,
                not_allowed: 0,
                first_not_allowed: None,
                subscribed: false,
                received: false,
            };
            self.groups.insert(key.clone(), group);
        }
        let Some(group) = self.groups.get_mut(&key) else { return Ok(()) };
        group.seats.insert(seat);
        if record.failed {
            group.failed += 1;
            return Ok(());
        }
        let common_name = context.get("iot:Certificate.Subject.CommonName").first().map(String::as_str);
        let owner = Owner { thing: owner.thing.as_ref(), client_id: owner.client.as_deref(), common_name };
        for one in &asked {
            group.subscribed |= one.action == "iot:Subscribe";
            group.received |= one.action == "iot:Receive";
            if group.synthesis.observe(owner, one.action, &one.name, &context) == Decision::Allowed {
                group.allowed += 1;
            } else {
                group.not_allowed += 1;
                group.first_not_allowed.get_or_insert_with(|| format!("{} {}", one.action, one.name));
            }
        }
        Ok(())
    }

    fn propose(&self) -> BTreeMap<Key, Made> {
        let propose = |group: &Group| {
            let named = |text: &str| -> Vec<Device> {
                let seats = group.seats.iter().filter_map(|seat| self.seats.all.get(*seat));
                let spelled = seats.filter(|seat| {
                    let client = seat.client.as_deref().filter(|client| text.contains(client));
                    client.is_some() || seat.thing.as_ref().is_some_and(|thing| text.contains(&thing.name))
                });
                let device = |seat: &super::seats::Seat| Device {
                    certificate: self.traffic.picture.certificate_context(&seat.principal).ok().flatten(),
                    identity: Identity::of(&seat.principal),
                    things: match &seat.thing {
                        Some(thing) => vec![thing.clone()],
                        None => self.traffic.picture.own_things(&seat.principal),
                    },
                    anything_goes: false,
                    more_names: false,
                    ways: if seat.thing.is_some() { Ways::AsThing } else { Ways::WithoutThing },
                };
                spelled.map(device).collect()
            };
            group.synthesis.propose(group.type_name.as_deref(), &named)
        };
        let made = |(key, group): (&Key, &Group)| (key.clone(), Made { outcome: propose(group), covered: 0 });
        self.groups.iter().map(made).collect()
    }

    /// Puts every request that counts to the proposals.
    fn replay(&mut self, made: &mut BTreeMap<Key, Made>) -> anyhow::Result<()> {
        let traffic = self.traffic;
        let mut failed = None;
        traffic.each(&mut |_, record| {
            let counted = match self.counted(record) {
                Ok(Ok(counted)) => counted,
                Ok(Err(_)) => return,
                Err(error) => {
                    failed.get_or_insert(error);
                    return;
                }
            };
            let current = self.rights.set(counted.key.1);
            let (Some(current), Some(made)) = (current, made.get_mut(&counted.key)) else { return };
            let Ok(proposal) = &made.outcome else { return };
            for one in counted.asked.iter().filter(|_| !counted.record.failed) {
                let resource = resource(&traffic.scope, &one.name);
                let request = Request { action: one.action, resource: &resource, context: &counted.context };
                let counts = thingwarden_engine::policy::decide(current, &request) == Decision::Allowed;
                made.covered += u64::from(counts && proposal.allows(&request));
            }
        })?;
        failed.map_or(Ok(()), Err)
    }

    fn line<'l>(&'l self, key: &'l Key, group: &Group, made: &'l Made) -> Line<'l> {
        let proposal = made.outcome.as_ref().ok();
        let document = proposal.and_then(|proposal| serde_json::from_str(&proposal.compact).ok());
        let unused = proposal.map(|proposal| proposal.unused.as_slice()).unwrap_or_default();
        Line {
            group: &key.0,
            policies: self.rights.names(key.1),
            devices: group.seats.len(),
            requests: group.allowed,
            covered: made.covered,
            policy_document: document,
            characters: proposal.map(|proposal| proposal.characters),
            compared: proposal.map(compared),
            why_not: made.outcome.as_ref().err().map(ToString::to_string),
            dropped: proposal.map(|proposal| dropped(&proposal.diff.removed)).unwrap_or_default(),
            unused_statements: unused
                .iter()
                .map(|(policy, statement)| Unused { policy, statement_index: *statement })
                .collect(),
            generalized: proposal.map(generalized).unwrap_or_default(),
            failed_then: group.failed,
            not_allowed_now: group.not_allowed,
            notes: if group.subscribed && !group.received { vec![NOTHING_RECEIVED] } else { Vec::new() },
        }
    }

    fn text(&self, key: &Key, group: &Group, made: &Made, out: &mut dyn Write) -> io::Result<()> {
        let line = self.line(key, group, made);
        let policies = line.policies.join(", ");
        writeln!(out, "# {}, under {}", escape(line.group), escape(&policies))?;
        let (devices, requests) = (count(line.devices as u64, "device"), count(line.requests, "request"));
        writeln!(out, "{devices}, {requests} that the policies in force allow")?;
        match &made.outcome {
            Err(why) => writeln!(out, "No proposal: {}", escape(&why.to_string()))?,
            Ok(proposal) => {
                writeln!(out, "{}", escape_lines(&proposal.document))?;
                let (compared, characters) = (compared(proposal), proposal.characters);
                writeln!(
                    out,
                    "{characters} of {IOT_POLICY_CHARS_MAX} characters, {compared} than what is in force"
                )?;
                writeln!(
                    out,
                    "Proved: it is inside the policies in force, and allows each of the requests."
                )?;
            }
        }
        let lists = [("Dropped, for example", &line.dropped), ("Generalized", &line.generalized)];
        for (title, entries) in lists.into_iter().filter(|(_, entries)| !entries.is_empty()) {
            writeln!(out, "{title}:")?;
            for entry in entries {
                writeln!(out, "  {}", escape(entry))?;
            }
        }
        for unused in &line.unused_statements {
            let (policy, statement) = (escape(unused.policy), unused.statement_index + 1);
            writeln!(out, "Nothing was seen that needs policy {policy}, statement {statement}")?;
        }
        if line.failed_then > 0 {
            writeln!(out, "Not counted: {} that failed then", count(line.failed_then, "request"))?;
        }
        if let Some(first) = &group.first_not_allowed {
            let (requests, first) = (count(line.not_allowed_now, "request"), escape(first));
            writeln!(
                out,
                "Not counted: {requests} that the policies in force do not allow, the first: {first}"
            )?;
        }
        for note in &line.notes {
            writeln!(out, "Note: {note}")?;
        }
        writeln!(out)
    }
}

fn compared(proposal: &Proposal) -> &'static str {
    match proposal.diff.relation() {
        Relation::Equal => "equal",
        Relation::Narrower => "narrower",
        // That it is inside was proved by itself; what it leaves out could not be shown.
        Relation::Wider | Relation::Incomparable | Relation::Unknown => "not wider",
    }
}

fn dropped(removed: &[Change]) -> Vec<String> {
    let text = |change: &Change| match &change.answer {
        Answer::Witness(witness) => format!("{} {}: not seen", change.action, witness.name()),
        Answer::Proof => change.action.to_owned(),
        Answer::OutOfBounds(reasons) => format!("{}: not decided: {}", change.action, reasons.join(", ")),
    };
    removed.iter().map(text).collect()
}

fn generalized(proposal: &Proposal) -> Vec<String> {
    proposal.generalized.iter().map(|(action, resource)| format!("{action} {resource}")).collect()
}

/// As [`escape`], but lines stay lines.
fn escape_lines(text: &str) -> String {
    text.lines().map(|line| escape(line).into_owned()).collect::<Vec<_>>().join("\n")
}
