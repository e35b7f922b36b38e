//! `thingwarden prove blast-radius`: how many other things each principal of a fleet can touch.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use anyhow::bail;
use serde::Serialize;
use thingwarden_engine::prove::{BlastRadius, Names, Scope, Template, Touched};

use super::inputs::{PlaceArgs, ProofFormat, of_data};
use super::matrix::{Division, Matrix};
use super::picture::{Fields, Fleet, Picture};
use crate::cli::Outcome;
use crate::cli::sink::write_to;
use crate::output::text::{counted, escape, grouped};

pub(super) const NOTES: &str = "\
For every principal with an active certificate: the number of other things whose client id, reserved topics, shadows or jobs it can
touch. The matrices add these numbers up by thing type and by thing group: of the principals' things (rows), and of the things that they
touch. A thing counts in each group that it is in itself. What principals can do with the roles behind role aliases is counted, and
what they get if they may use a claim for a provisioning template: its policies, and the place of each thing whose name they may say.
For each template that is in use: what a new device touches, and what whoever has a claim does.
Exit code: 0 nobody touches another thing, 1 somebody does or a new device would, or something is out of bounds, 2 the input cannot
be read.

Examples:
  thingwarden prove blast-radius --snapshot ./snapshot
  thingwarden prove blast-radius --data ./tw --top 100 --format json";

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct BlastArgs {
    /// Snapshot folder or archive (repeatable)
    #[arg(long, value_name = "PATH", required_unless_present = "data", conflicts_with = "data")]
    snapshot: Vec<PathBuf>,
    /// Folder of a server; it may be running
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    place: PlaceArgs,
    /// Show so many principals, those that touch most
    #[arg(long, value_name = "N", default_value_t = 10)]
    top: usize,
    #[arg(long, value_enum, default_value_t = ProofFormat::Table)]
    format: ProofFormat,
}

/// The answer for one account and region.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Radius {
    question: &'static str,
    account: String,
    region: String,
    principals: usize,
    /// Principals whose certificate is not active: they cannot connect.
    inactive: usize,
    things: usize,
    policies: usize,
    /// Kinds of principals that had to be asked about, all others being like one of them.
    kinds: usize,
    /// Principals by the number of other things that they touch.
    histogram: Vec<Bar>,
    top: Vec<Top>,
    /// Numbers of things touched: by type of the principal's thing, by type of the thing that is touched.
    matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// The same by thing group. A thing counts in each group that it is in.
    group_matrix: BTreeMap<String, BTreeMap<String, u64>>,
    /// Role aliases with the number of principals that may use them; what their roles allow is counted.
    role_aliases: BTreeMap<String, usize>,
    /// What new devices and claims bring, for each template that is in use.
    provisioning_templates: Vec<OfTemplate>,
    /// Why some numbers may be too small, with the number of principals.
    out_of_bounds: BTreeMap<String, usize>,
    /// What could not be read.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    problems: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Bar {
    from: usize,
    to: usize,
    principals: usize,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Top {
    principal: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    things: Vec<String>,
    touches: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct OfTemplate {
    template: String,
    /// What a device touches that it makes.
    new_device: Reached,
    /// What whoever has a claim touches. None where there are no claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    claim: Option<Reached>,
    /// Principals that may use a claim; what it brings is counted with them.
    principals: usize,
}

/// Things that are touched.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reached {
    touches: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    example: Option<String>,
    /// Why there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    out_of_bounds: Option<String>,
}

impl Reached {
    fn of(touched: Touched, names: &Names) -> Self {
        Self {
            touches: touched.others,
            example: touched.example.and_then(|index| names.get(index)).map(str::to_owned),
            out_of_bounds: touched.at_least.map(|why| why.to_string()),
        }
    }
}

pub(super) fn run(args: &BlastArgs) -> anyhow::Result<Outcome> {
    let pictures = match &args.data {
        None => vec![Picture::of_snapshot(&args.snapshot)?],
        Some(folder) => of_data(folder, &args.place, Fields::SpokenOf)?,
    };
    if pictures.iter().all(Picture::is_empty) {
        bail!("nothing was found: no certificates, things or policies");
    }
    let mut all = Vec::new();
    for picture in pictures.into_iter().filter(|picture| !picture.is_empty()) {
        let mut scope = picture.scope(&args.place.default_scope());
        args.place.overwrite(&mut scope);
        all.push(radius(&picture, &scope, args.top)?);
    }
    write_to(None, |out| {
        for one in &all {
            match args.format {
                ProofFormat::Json => {
                    serde_json::to_writer(&mut *out, one)?;
                    out.write_all(b"\n")?;
                }
                ProofFormat::Table => table(one, out)?,
            }
        }
        Ok(())
    })?;
    let isolated = |one: &Radius| {
        let mut new = one.provisioning_templates.iter().map(|template| &template.new_device);
        one.top.first().is_none_or(|top| top.touches == 0)
            && one.out_of_bounds.is_empty()
            && new.all(|new| new.touches == 0 && new.out_of_bounds.is_none())
    };
    let unread = all.iter().any(|one| !one.problems.is_empty());
    Ok(match (unread, all.iter().all(isolated)) {
        (true, _) => Outcome::Error,
        (false, true) => Outcome::Good,
        (false, false) => Outcome::Bad,
    })
}

fn radius(picture: &Picture, scope: &Scope, shown: usize) -> anyhow::Result<Radius> {
    let Fleet { names, sets, principals, aliases, templates, takings, inactive } = picture.fleet()?;
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    let taken = |template: usize, name: &str| {
        takings.get(template).map(|takings| takings.ways(picture, name)).unwrap_or_default()
    };
    let asking = BlastRadius::new(&names, &sets, &aliases, scope).with_templates(&templates, jobs, taken);
    let unread: Mutex<Option<anyhow::Error>> = Mutex::new(None);
    let touched = asking.of_all(&principals, jobs, |principal| {
        picture.ways(principal, |set| asking.asks_for_certificate(set)).unwrap_or_else(|error| {
            unread.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            Vec::new()
        })
    });
    if let Some(error) = unread.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    let mut by_type = Matrix::new(Division::by_type(picture, &names));
    let mut by_group = Matrix::new(Division::by_group(picture, &names));
    let mut histogram: BTreeMap<usize, usize> = BTreeMap::new();
    let mut top: Vec<(usize, usize, Option<usize>)> = Vec::new();
    let mut out_of_bounds: BTreeMap<String, usize> = BTreeMap::new();
    let mut role_aliases: BTreeMap<String, usize> = BTreeMap::new();
    let mut users = vec![0; templates.len()];
    for (index, (principal, touched)) in principals.iter().zip(&touched).enumerate() {
        if let Some(reason) = &touched.at_least {
            *out_of_bounds.entry(reason.to_string()).or_default() += 1;
        }
        *histogram.entry(bar(touched.others)).or_default() += 1;
        for alias in touched.aliases.iter().filter_map(|place| aliases.get(*place)) {
            *role_aliases.entry(alias.name.clone()).or_default() += 1;
        }
        for place in &touched.templates {
            if let Some(users) = users.get_mut(*place) {
                *users += 1;
            }
        }
        top.push((touched.others, index, touched.example));
        if touched.others > 0 {
            let own: Vec<usize> = picture.things_of(principal).filter_map(|name| names.find(name)).collect();
            by_type.add(&own, &touched.ranges);
            by_group.add(&own, &touched.ranges);
        }
    }
    top.sort_by_key(|(others, index, _)| (std::cmp::Reverse(*others), *index));
    top.truncate(shown.max(1));
    let top = top.into_iter().filter_map(|(touches, index, example)| {
        let principal = principals.get(index)?;
        Some(Top {
            principal: principal.name(),
            things: picture.things_of(principal).map(str::to_owned).collect(),
            touches,
            example: example.and_then(|index| names.get(index)).map(str::to_owned),
        })
    });
    let of_template = |(place, (template, principals)): (usize, (&Template, &usize))| {
        Some(OfTemplate {
            template: template.name.clone(),
            new_device: Reached::of(asking.new_device(place)?, &names),
            claim: asking.by_claim(place).map(|touched| Reached::of(touched, &names)),
            principals: *principals,
        })
    };
    let provisioning_templates = templates.iter().zip(&users).enumerate().filter_map(of_template).collect();
    Ok(Radius {
        question: "blastRadius",
        account: scope.account.clone(),
        region: scope.region.clone(),
        principals: principals.len(),
        inactive,
        things: names.len(),
        policies: picture.policies.len(),
        kinds: asking.kinds(),
        histogram: histogram
            .iter()
            .map(|(bar, principals)| Bar { from: from(*bar), to: to(*bar), principals: *principals })
            .collect(),
        matrix: by_type.named(),
        group_matrix: by_group.named(),
        top: top.collect(),
        role_aliases,
        provisioning_templates,
        out_of_bounds,
        problems: picture.problems.clone(),
    })
}

/// Bars: 0, 1 to 9, 10 to 99, and so on.
fn bar(others: usize) -> usize {
    others.checked_ilog10().map_or(0, |log| usize::try_from(log).unwrap_or(0) + 1)
}

fn from(bar: usize) -> usize {
    match bar {
        0 => 0,
        bar => 10_usize.pow(u32::try_from(bar - 1).unwrap_or(0)),
    }
}

fn to(bar: usize) -> usize {
    match bar {
        0 => 0,
        bar => 10_usize.pow(u32::try_from(bar).unwrap_or(0)) - 1,
    }
}

fn reached(who: &str, reached: &Reached, out: &mut dyn Write) -> io::Result<()> {
    let touches = grouped(u64::try_from(reached.touches).unwrap_or(u64::MAX));
    let example =
        reached.example.as_ref().map(|name| format!(", for example {}", escape(name))).unwrap_or_default();
    writeln!(out, "    {who} touches {touches}{example}")?;
    match &reached.out_of_bounds {
        Some(why) => writeln!(out, "      out of bounds: {}", escape(why)),
        None => Ok(()),
    }
}

fn table(one: &Radius, out: &mut dyn Write) -> io::Result<()> {
    let number = |count: usize| grouped(u64::try_from(count).unwrap_or(u64::MAX));
    let all = |count: usize, noun: &str| counted(u64::try_from(count).unwrap_or(u64::MAX), noun);
    writeln!(
        out,
        "{} {}: {}, {}, {}; {} of principals",
        escape(&one.account),
        escape(&one.region),
        all(one.principals, "principal"),
        all(one.things, "thing"),
        all(one.policies, "policy"),
        all(one.kinds, "kind")
    )?;
    if one.inactive > 0 {
        writeln!(out, "{} without an active certificate not counted", all(one.inactive, "principal"))?;
    }
    writeln!(out, "\n  OTHER THINGS TOUCHED  PRINCIPALS")?;
    for Bar { from, to, principals } in &one.histogram {
        let range = if from == to { number(*from) } else { format!("{} to {}", number(*from), number(*to)) };
        writeln!(out, "  {range:>20}  {:>10}", number(*principals))?;
    }
    let touching: Vec<&Top> = one.top.iter().filter(|top| top.touches > 0).collect();
    if !touching.is_empty() {
        writeln!(out, "\n  TOUCHES  PRINCIPAL")?;
    }
    for top in touching {
        let things =
            if top.things.is_empty() { String::new() } else { format!(" ({})", top.things.join(", ")) };
        let example = top.example.as_ref().map(|name| format!(", for example {name}")).unwrap_or_default();
        writeln!(
            out,
            "  {:>7}  {}{}{}",
            number(top.touches),
            escape(&top.principal),
            escape(&things),
            escape(&example)
        )?;
    }
    for (title, matrix) in [("BY THING TYPE", &one.matrix), ("BY THING GROUP", &one.group_matrix)] {
        if !matrix.is_empty() {
            writeln!(out, "\n  {title}")?;
        }
        for (row, columns) in matrix {
            for (column, count) in columns {
                writeln!(out, "  {} touch {}: {}", escape(row), escape(column), grouped(*count))?;
            }
        }
    }
    if !one.role_aliases.is_empty() {
        writeln!(out, "\n  ROLE ALIASES")?;
    }
    for (alias, principals) in &one.role_aliases {
        writeln!(out, "  {}: {} may use it", escape(alias), all(*principals, "principal"))?;
    }
    for template in &one.provisioning_templates {
        writeln!(out, "\n  provisioning template {}", escape(&template.template))?;
        reached("a new device", &template.new_device, out)?;
        if let Some(claim) = &template.claim {
            reached("whoever has a claim", claim, out)?;
            writeln!(out, "    {} may use a claim", all(template.principals, "principal"))?;
        }
    }
    for (reason, principals) in &one.out_of_bounds {
        writeln!(out, "\n  out of bounds for {}: {}", all(*principals, "principal"), escape(reason))?;
    }
    for problem in &one.problems {
        writeln!(out, "  not read: {}", escape(problem))?;
    }
    Ok(())
}
