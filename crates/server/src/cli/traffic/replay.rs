//! `thingwarden policy replay`: recorded requests under a change of policies, attachments or certificates.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::ValueEnum;
use serde::Serialize;
use thingwarden_engine::policy::{
    Context, Decision, Dialect, PolicySet, PolicySource, Request, decide, explain, parse_bytes,
};

use super::super::Outcome;
use super::super::prove::{Picture, Target};
use super::requests::{Asked, NotPlayed, asked, resource};
use super::seats::{Edits, Rights, Seat, Seats};
use super::{Traffic, TrafficArgs, count};
use crate::output::text::escape;
use crate::snapshot::LoggedRequest;

const NOTES: &str = "\
Exit code: 0 nothing would break, 1 something would, 2 wrong usage or input that could not be read.

Examples:
  thingwarden policy replay --snapshot ./snapshot --policy Sensor=sensor-v2.json
  thingwarden policy replay --snapshot ./snapshot --logs logs/ --detach Sensor=5f0d3a9b27c4e118 --format json
  thingwarden policy replay --data ./tw --logs logs.jsonl.gz --deactivate 5f0d3a9b27c4e118";

#[derive(Debug, clap::Args)]
#[command(after_help = NOTES)]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    traffic: TrafficArgs,
    /// A policy with a new document (repeatable); a new policy for --attach too
    #[arg(long, value_name = "NAME=FILE", value_parser = pair)]
    policy: Vec<(String, String)>,
    /// Attach a policy to a certificate (id, its beginning, ARN), a thing (all its certificates) or a thing group (ARN) (repeatable)
    #[arg(long, value_name = "NAME=TARGET", value_parser = pair)]
    attach: Vec<(String, String)>,
    /// Detach a policy, likewise
    #[arg(long, value_name = "NAME=TARGET", value_parser = pair)]
    detach: Vec<(String, String)>,
    /// Deactivate or revoke a certificate: id, its beginning, ARN, or a thing (repeatable)
    #[arg(long, value_name = "CERT")]
    deactivate: Vec<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = ReplayFormat::Text)]
    format: ReplayFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ReplayFormat {
    /// For people
    Text,
    /// One JSON object per line: devices, then the sum
    Json,
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.to_owned(), value.to_owned()))
        }
        _ => Err("it is given as NAME=VALUE".to_owned()),
    }
}

/// A request whose decision changes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Evidence {
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<String>,
    /// File and line of the record.
    record: String,
    action: &'static str,
    resource: String,
    before: &'static str,
    after: &'static str,
    /// Statements that decide after the change, or why none does.
    because: String,
}

/// What changes for one device.
#[derive(Debug, Default)]
struct Changed {
    count: u64,
    first: Option<Evidence>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct DeviceLine<'a> {
    kind: &'static str,
    principal: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thing: Option<&'a str>,
    requests: u64,
    first: &'a Evidence,
}

/// All of it in numbers.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    kind: &'static str,
    requests: u64,
    devices: usize,
    broken_requests: u64,
    broken_devices: usize,
    vanished_denials: u64,
    vanished_devices: usize,
    /// Requests that succeeded and that the policies deny even without the change: the picture is not the one of the time.
    unexplained: u64,
    not_played: BTreeMap<&'static str, u64>,
}

struct Replay<'a> {
    traffic: &'a Traffic,
    seats: Seats<'a>,
    before: Rights<'a>,
    after: Rights<'a>,
    /// Sets of policies by seat.
    sets: Vec<(Option<usize>, Option<usize>)>,
    broken: HashMap<usize, Changed>,
    vanished: HashMap<usize, Changed>,
    not_played: NotPlayed,
    summary: Summary,
}

pub(crate) fn run(args: &ReplayArgs) -> anyhow::Result<Outcome> {
    let nothing = args.policy.is_empty() && args.attach.is_empty() && args.detach.is_empty();
    if nothing && args.deactivate.is_empty() {
        bail!("say what changes: --policy, --attach, --detach or --deactivate");
    }
    let traffic = args.traffic.load()?;
    let edits = edits(args, &traffic.picture)?;
    let mut replay = Replay {
        seats: Seats::new(&traffic.picture),
        before: Rights::new(&traffic.picture, Edits::default()),
        after: Rights::new(&traffic.picture, edits),
        traffic: &traffic,
        sets: Vec::new(),
        broken: HashMap::new(),
        vanished: HashMap::new(),
        not_played: NotPlayed::default(),
        summary: Summary { kind: "summary", ..Summary::default() },
    };
    let mut failed = None;
    let problems = traffic.each(&mut |source, record| {
        if failed.is_none() {
            failed = replay.record(&|| source.to_string(), record).err();
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    let all_read = problems.is_empty() && traffic.picture.problems.is_empty();
    let mut err = io::stderr().lock();
    for problem in traffic.picture.problems.iter().chain(&problems) {
        let _ = writeln!(err, "thingwarden: skipped {}", escape(problem));
    }
    replay.sum();
    let mut out = io::stdout().lock();
    match args.format {
        ReplayFormat::Text => replay.text(&mut out)?,
        ReplayFormat::Json => replay.json(&mut out)?,
    }
    Ok(match (all_read, replay.broken.is_empty()) {
        (false, _) => Outcome::Error,
        (true, false) => Outcome::Bad,
        (true, true) => Outcome::Good,
    })
}

/// The change that the command line asks for.
fn edits(args: &ReplayArgs, picture: &Picture) -> anyhow::Result<Edits> {
    let mut edits = Edits::default();
    for (name, file) in &args.policy {
        let bytes = fs::read(PathBuf::from(file)).with_context(|| format!("cannot read `{file}`"))?;
        let document = Arc::new(parse_bytes(&bytes, Dialect::Iot).with_context(|| file.clone())?);
        let source = PolicySource { name: name.as_str().into(), version: "new".to_owned(), document };
        edits.policies.insert(name.clone(), source);
    }
    let known = |name: &String| {
        let is_known = picture.policies.contains_key(name) || edits.policies.contains_key(name);
        if is_known { Ok(()) } else { bail!("there is no policy `{name}`; --policy {name}=FILE brings one") }
    };
    for name in edits.policies.keys() {
        let attached = args.attach.iter().any(|(one, _)| one == name);
        if !picture.policies.contains_key(name) && !attached {
            bail!("there is no policy `{name}` that could change, and no --attach {name}=TARGET");
        }
    }
    for (given, into) in [(&args.attach, true), (&args.detach, false)] {
        for (name, target) in given {
            known(name)?;
            for target in targets(picture, target)? {
                if !into && !picture.attached_to(&target).contains(name) {
                    bail!("policy `{name}` is not attached to {target}");
                }
                let list = if into { &mut edits.attached } else { &mut edits.detached };
                list.push((name.clone(), target));
            }
        }
    }
    for text in &args.deactivate {
        edits.deactivated.extend(picture.named(text)?);
    }
    Ok(edits)
}

fn targets(picture: &Picture, text: &str) -> anyhow::Result<Vec<Target>> {
    if let Some((_, group)) = text.split_once(":thinggroup/") {
        return Ok(vec![Target::Group(group.to_owned())]);
    }
    Ok(picture.named(text)?.into_iter().map(Target::Principal).collect())
}

impl Replay<'_> {
    fn record(&mut self, place: &dyn Fn() -> String, record: &LoggedRequest) -> anyhow::Result<()> {
        let requests = match asked(record) {
            Ok(requests) => requests,
            Err(why) => {
                self.not_played.add(why);
                return Ok(());
            }
        };
        let seat = match self.seats.of(record) {
            Ok(seat) => seat,
            Err(why) => {
                self.not_played.add(why);
                return Ok(());
            }
        };
        if seat >= self.sets.len() {
            let Some(new) = self.seats.all.get(seat) else { return Ok(()) };
            self.sets.push((self.before.of(new)?, self.after.of(new)?));
        }
        let Some(&(before, after)) = self.sets.get(seat) else { return Ok(()) };
        let before = before.and_then(|index| self.before.set(index)).cloned();
        let after = after.and_then(|index| self.after.set(index)).cloned();
        let context = self.seats.context(seat, record)?;
        for request in requests {
            self.request(seat, (before.as_deref(), after.as_deref()), &context, &request, place, record);
        }
        Ok(())
    }

    fn request(
        &mut self,
        seat: usize,
        (before, after): (Option<&PolicySet>, Option<&PolicySet>),
        context: &Context,
        asked: &Asked,
        place: &dyn Fn() -> String,
        record: &LoggedRequest,
    ) {
        self.summary.requests += 1;
        let resource = resource(&self.traffic.scope, &asked.name);
        let request = Request { action: asked.action, resource: &resource, context };
        let decided = |set: Option<&PolicySet>| set.map(|set| decide(set, &request));
        let (old, new) = (decided(before), decided(after));
        let allowed = |decision: Option<Decision>| decision == Some(Decision::Allowed);
        if !allowed(old) && !record.failed {
            self.summary.unexplained += 1;
        }
        if allowed(old) == allowed(new) {
            return;
        }
        let changed = if allowed(old) { &mut self.broken } else { &mut self.vanished };
        let changed = changed.entry(seat).or_default();
        changed.count += 1;
        changed.first.get_or_insert_with(|| {
            let word = |decision: Option<Decision>| decision.map_or("inactive", Decision::as_str);
            Evidence {
                time: record.time.map(|time| time.to_string()),
                record: place(),
                action: asked.action,
                resource: resource.clone(),
                before: word(old),
                after: word(new),
                because: after
                    .map_or_else(|| "the certificate is not active".to_owned(), |set| because(set, &request)),
            }
        });
    }

    fn sum(&mut self) {
        let count = |changed: &HashMap<usize, Changed>| changed.values().map(|one| one.count).sum();
        self.summary.devices = self.seats.all.len();
        (self.summary.broken_requests, self.summary.broken_devices) =
            (count(&self.broken), self.broken.len());
        self.summary.vanished_denials = count(&self.vanished);
        self.summary.vanished_devices = self.vanished.len();
        self.summary.not_played = self.not_played.iter().collect();
    }

    /// Devices by how much changes for them.
    fn ordered<'c>(&self, changed: &'c HashMap<usize, Changed>) -> Vec<(&Seat, &'c Changed, &'c Evidence)> {
        let found = changed.iter().filter_map(|(seat, changed)| {
            Some((self.seats.all.get(*seat)?, changed, changed.first.as_ref()?))
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|(a, many, _), (b, more, _)| {
            more.count
                .cmp(&many.count)
                .then_with(|| (&a.principal, &a.client).cmp(&(&b.principal, &b.client)))
        });
        found
    }

    fn json(&self, out: &mut dyn Write) -> io::Result<()> {
        for (kind, changed) in [("broken", &self.broken), ("vanished", &self.vanished)] {
            for (seat, changed, first) in self.ordered(changed) {
                let line = DeviceLine {
                    kind,
                    principal: &seat.principal,
                    client_id: seat.client.as_deref(),
                    thing: seat.thing.as_ref().map(|thing| thing.name.as_str()),
                    requests: changed.count,
                    first,
                };
                serde_json::to_writer(&mut *out, &line)?;
                out.write_all(b"\n")?;
            }
        }
        serde_json::to_writer(&mut *out, &self.summary)?;
        out.write_all(b"\n")
    }

    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        /// Devices that are shown; JSON has all.
        const SHOWN: usize = 50;
        let sum = &self.summary;
        let devices = |number: usize| count(number as u64, "device");
        writeln!(out, "Replayed {} of {}.", count(sum.requests, "request"), devices(sum.devices))?;
        let parts = [
            ("Would break", sum.broken_requests, &self.broken),
            ("Denials that would vanish", sum.vanished_denials, &self.vanished),
        ];
        for (title, requests, changed) in parts {
            writeln!(out, "\n{title}: {} of {}", count(requests, "request"), devices(changed.len()))?;
            let ordered = self.ordered(changed);
            for (seat, changed, first) in ordered.iter().take(SHOWN) {
                let time = first.time.as_deref().unwrap_or("at an unknown time");
                let name = first.resource.splitn(6, ':').nth(5).unwrap_or(&first.resource);
                writeln!(out, "  {}: {}", escape(&seat.name()), count(changed.count, "request"))?;
                writeln!(
                    out,
                    "    first {time}, {}: {} {}",
                    escape(&first.record),
                    first.action,
                    escape(name)
                )?;
                writeln!(
                    out,
                    "    {} before, {} after: {}",
                    first.before,
                    first.after,
                    escape(&first.because)
                )?;
            }
            if let Some(more) = ordered.len().checked_sub(SHOWN).filter(|more| *more > 0) {
                writeln!(out, "  and {} more (--format json shows all)", devices(more))?;
            }
        }
        if sum.unexplained > 0 {
            let requests = count(sum.unexplained, "request");
            writeln!(
                out,
                "\nDenied without the change too, though it succeeded then: {requests}. The policies are not those of that time, or depend on keys that records do not have."
            )?;
        }
        for (why, number) in &sum.not_played {
            writeln!(out, "\nNot played again: {number} {why}")?;
        }
        Ok(())
    }
}

/// Who decides, for people.
fn because(set: &PolicySet, request: &Request<'_>) -> String {
    let explanation = explain(set, request);
    let by: Vec<String> = explanation
        .decisive()
        .map(|by| format!("policy {}, statement {}", by.policy, by.statement + 1))
        .collect();
    if by.is_empty() { "no statement allows it".to_owned() } else { by.join(", ") }
}
