//! `thingwarden prove`: exact answers about what devices can reach, each a proof or a request that shows the opposite.

mod answered;
mod blast;
mod inputs;
mod matrix;
mod picture;
mod sarif;
mod show;

use std::path::PathBuf;

use clap::ValueEnum;
use thingwarden_engine::policy::{PolicySet, Request};
use thingwarden_engine::prove::{
    self, Answer, Change, Device, Flip, Places, Relation, Resources, Scope, Sets, Why, Witness,
};

use self::answered::{Answered, Row, Show};
pub(super) use self::inputs::pictures_of_data;
use self::inputs::{Asked, PlaceArgs, ProofFormat, SubjectArgs, Texts, TieArgs, policies};
pub(super) use self::picture::{Picture, Target};
use super::Outcome;
use super::policy::{context_of, note_unknown};
use super::sink::write_to;

const NOTES: &str = "\
Exit code: 0 proved (or equal, or nothing found), 1 not: there is a request that shows it, or something is out of bounds, 2 wrong
usage or input that could not be read.";

/// What is to be proved.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ProveCommand {
    /// Everything that a device can do: connect as, publish, subscribe, receive, HTTP
    #[command(after_help = "Exit code: 0, or 2 when the input cannot be read.")]
    Reach(ReachArgs),
    /// What of other devices it can touch: client ids, reserved topics, shadows, jobs
    #[command(after_help = NOTES)]
    CrossDevice(OneArgs),
    /// Whether it can do nothing at all
    #[command(after_help = NOTES)]
    Quarantined(OneArgs),
    /// Over a fleet: how many other things each principal can touch
    #[command(after_help = blast::NOTES)]
    BlastRadius(blast::BlastArgs),
    /// What a new policy adds and takes away
    #[command(after_help = NOTES)]
    Diff(DiffArgs),
    /// Whether a policy is at most as permissive as a baseline: a gate
    #[command(after_help = NOTES)]
    Within(WithinArgs),
    /// Statements, conditions and variables of policies that do nothing
    #[command(after_help = NOTES)]
    Dead(DeadArgs),
    /// What would have to change for a decision to come out the other way
    #[command(after_help = "Exit code: 0 allowed, 1 denied, 2 the input cannot be read.")]
    Explain(ExplainArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct OneArgs {
    #[command(flatten)]
    subject: SubjectArgs,
    #[arg(long, value_enum, default_value_t = ProofFormat::Table)]
    format: ProofFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ReachArgs {
    #[command(flatten)]
    one: OneArgs,
    /// Show the sets of resources too: what statements allow and deny, with the device's values filled in
    #[arg(long)]
    sets: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct DiffArgs {
    /// Policy file, or folder of the policy files of one principal; with --data, NAME@VERSION, or NAME for the version in force
    old: PathBuf,
    /// The same after the change
    new: PathBuf,
    /// Folder of a server, which may be running: compares policies that it holds
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    #[command(flatten)]
    tie: TieArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[arg(long, value_enum, default_value_t = ProofFormat::Table)]
    format: ProofFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct WithinArgs {
    /// Policy file, or folder of the policy files of one principal
    policy: PathBuf,
    /// What it may allow at most: policy file, or folder of such
    baseline: PathBuf,
    #[command(flatten)]
    tie: TieArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[arg(long, value_enum, default_value_t = GateFormat::Table)]
    format: GateFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum GateFormat {
    /// For people
    Table,
    /// One JSON object per line
    Json,
    /// SARIF 2.1.0, for code review
    Sarif,
}

#[derive(Debug, clap::Args)]
pub(super) struct DeadArgs {
    /// Policy files, or folders of them; each policy by itself
    #[arg(required = true, value_name = "PATH")]
    policy: Vec<PathBuf>,
    #[command(flatten)]
    tie: TieArgs,
    #[command(flatten)]
    place: PlaceArgs,
    #[arg(long, value_enum, default_value_t = ProofFormat::Table)]
    format: ProofFormat,
}

#[derive(Debug, clap::Args)]
pub(super) struct ExplainArgs {
    /// Policy file, or folder of them (repeatable); all together are the policies of one principal
    #[arg(long, value_name = "PATH", required = true)]
    policy: Vec<PathBuf>,
    /// For example iot:Publish
    #[arg(long)]
    action: String,
    /// For example arn:aws:iot:eu-west-1:123456789012:topic/a
    #[arg(long)]
    resource: String,
    /// Flat JSON object from condition key to string or list of strings, or a file that holds it
    #[arg(long, value_name = "FILE-or-JSON")]
    context: Option<String>,
    #[arg(long, value_enum, default_value_t = ProofFormat::Table)]
    format: ProofFormat,
}

pub(super) fn run(command: &ProveCommand) -> anyhow::Result<Outcome> {
    match command {
        ProveCommand::Reach(args) => {
            let question = |asked: &Asked, show: &Show<'_>| reach(asked, show, args.sets);
            ask(&args.one, question).map(|_| Outcome::Good)
        }
        ProveCommand::CrossDevice(args) => ask(args, cross_device),
        ProveCommand::Quarantined(args) => ask(args, quarantined),
        ProveCommand::BlastRadius(args) => blast::run(args),
        ProveCommand::Diff(args) => diff(args),
        ProveCommand::Within(args) => within(args),
        ProveCommand::Dead(args) => dead(args),
        ProveCommand::Explain(args) => explain(args),
    }
}

/// Asks about every subject, and shows the answers.
fn ask(args: &OneArgs, question: impl Fn(&Asked, &Show<'_>) -> Vec<Answered>) -> anyhow::Result<Outcome> {
    let (subjects, texts) = args.subject.load()?;
    let mut answered = Vec::new();
    for asked in &subjects {
        let show = Show { sets: asked.sets(), texts: &texts };
        answered.extend(question(asked, &show));
    }
    tell(args.format, &answered)
}

fn tell(format: ProofFormat, answered: &[Answered]) -> anyhow::Result<Outcome> {
    write_to(None, |out| match format {
        ProofFormat::Json => show::json(answered, out),
        ProofFormat::Table => show::table(answered, out),
    })?;
    Ok(if answered.iter().all(|answered| answered.proved) { Outcome::Good } else { Outcome::Bad })
}

/// Says so when a principal is not active: it cannot connect, whatever its policies say.
fn note_inactive(asked: &Asked, answered: &mut Answered) {
    if let Some(status) = &asked.inactive {
        answered.verdict = format!("{} (the certificate is {status})", answered.verdict);
    }
}

/// The answers for every place; one more that nothing is proved if there are places that were not looked at.
fn each_place(
    asked: &Asked,
    question: &'static str,
    mut answer: impl FnMut(&Scope) -> Answered,
) -> Vec<Answered> {
    let mut all = Vec::new();
    let cut = asked.places.visit(|scope| {
        let answered = answer(scope);
        let ran_out = answered.ran_out();
        all.push(answered);
        ran_out
    });
    all.extend(cut.map(|reason| Answered::elsewhere(question, asked, &reason)));
    all
}

fn cross_device(asked: &Asked, show: &Show<'_>) -> Vec<Answered> {
    each_place(asked, "crossDevice", |scope| {
        let found = prove::cross_device(&asked.cases(), scope);
        let mut answered = Answered::new("crossDevice", asked, scope);
        let mut contacts: Vec<(&str, Answer<prove::Crossing>)> =
            found.contacts.into_iter().map(|(contact, answer)| (contact.as_str(), answer)).collect();
        contacts.extend(prove::namespaces(&asked.cases(), scope));
        answered.proved = contacts.iter().all(|(_, answer)| answer.is_proof());
        let touches = contacts.iter().any(|(_, answer)| answer.witness().is_some());
        answered.verdict = match (touches, answered.proved) {
            (true, _) => "touches other devices",
            (false, true) => "isolated",
            (false, false) => "out of bounds",
        }
        .to_owned();
        let row = |(name, answer): &(&str, Answer<prove::Crossing>)| {
            let thing = |crossing: &prove::Crossing| format!("thing {}", crossing.thing);
            show.row(*name, answer, thing, |crossing| crossing.requests.clone())
        };
        answered.answers = contacts.iter().map(row).collect();
        note_inactive(asked, &mut answered);
        answered
    })
}

fn quarantined(asked: &Asked, show: &Show<'_>) -> Vec<Answered> {
    each_place(asked, "quarantined", |scope| {
        let answer = prove::quarantined(&asked.cases(), scope);
        let mut answered = Answered::new("quarantined", asked, scope);
        // A certificate that is not active does not connect, and is refused over HTTP.
        answered.proved = answer.is_proof() || asked.inactive.is_some();
        answered.verdict = match &answer {
            Answer::Proof => "can do nothing",
            Answer::Witness(_) => "can do something",
            Answer::OutOfBounds(_) => "out of bounds",
        }
        .to_owned();
        answered.answers =
            vec![show.row("anything", &answer, ToString::to_string, |witness| vec![witness.clone()])];
        note_inactive(asked, &mut answered);
        answered
    })
}

fn reach(asked: &Asked, show: &Show<'_>, sets: bool) -> Vec<Answered> {
    each_place(asked, "reach", |scope| {
        let found = prove::reach(&asked.cases(), scope);
        let mut answered = Answered::new("reach", asked, scope);
        answered.proved = true;
        answered.verdict = format!("{} kinds of requests", found.reached.len());
        answered.answers = found
            .reached
            .iter()
            .map(|reached| {
                let way = if reached.http { "HTTP" } else { "MQTT" };
                let name = format!("{} {} ({})", reached.action, reached.space.as_str(), way);
                show.row(name, &reached.answer, |_| String::new(), Vec::clone)
            })
            .collect();
        if sets {
            answered.sets = found.sets.iter().map(shown_sets).collect();
        }
        note_inactive(asked, &mut answered);
        answered
    })
}

fn shown_sets(sets: &Sets) -> serde_json::Value {
    let resources = |all: &[Resources]| -> Vec<serde_json::Value> {
        let one = |resources: &Resources| {
            serde_json::json!({
                "policy": resources.statement.policy.to_string(),
                "statementIndex": resources.statement.statement,
                "allBut": resources.all_but,
                "patterns": resources.patterns,
            })
        };
        all.iter().map(one).collect()
    };
    serde_json::json!({
        "action": sets.action,
        "over": if sets.http { "HTTP" } else { "MQTT" },
        "clientId": sets.client_id,
        "allowed": resources(&sets.allowed),
        "denied": resources(&sets.denied),
    })
}

fn change_rows(changes: &[Change], word: &str, show: &Show<'_>) -> Vec<Row> {
    let row = |change: &Change| {
        let name = format!("{word} {}", change.action);
        show.row(name, &change.answer, Witness::to_string, |witness| vec![witness.clone()])
    };
    changes.iter().map(row).collect()
}

/// Two sets of policies and what is needed to ask about them.
struct Pair {
    first: PolicySet,
    second: PolicySet,
    texts: Texts,
}

impl Pair {
    fn load(first: &PathBuf, second: &PathBuf) -> anyhow::Result<Self> {
        let mut texts = Texts::default();
        let first = policies(std::slice::from_ref(first), &mut texts)?;
        let second = policies(std::slice::from_ref(second), &mut texts)?;
        Ok(Self { first, second, texts })
    }

    fn sets(&self) -> [&PolicySet; 2] {
        [&self.first, &self.second]
    }

    fn asked(&self, label: String, place: &PlaceArgs) -> Asked {
        Asked::of_pair(label, place.all_places(&self.sets()))
    }
}

fn diff(args: &DiffArgs) -> anyhow::Result<Outcome> {
    let label = format!("{} to {}", args.old.display(), args.new.display());
    let Some(folder) = &args.data else {
        let pair = Pair::load(&args.old, &args.new)?;
        let asked = pair.asked(label, &args.place);
        return tell(args.format, &differences(&pair, &asked, args.tie));
    };
    let (old, new) = (args.old.to_string_lossy(), args.new.to_string_lossy());
    let pairs = inputs::stored_pairs(folder, &args.place, [&old, &new])?;
    let each = pairs.into_iter().flat_map(|(first, second, scope)| {
        let asked = Asked::of_pair(label.clone(), Places::only(scope));
        differences(&Pair { first, second, texts: Texts::default() }, &asked, args.tie)
    });
    tell(args.format, &each.collect::<Vec<_>>())
}

fn differences(pair: &Pair, asked: &Asked, tie: TieArgs) -> Vec<Answered> {
    let devices = tie.tied(Device::generic(&pair.sets()));
    each_place(asked, "diff", |scope| {
        let found = prove::diff(&pair.first, &pair.second, &devices, scope);
        let mut answered = Answered::new("diff", asked, scope);
        let relation = found.relation();
        answered.proved = relation == Relation::Equal;
        answered.verdict = relation.as_str().to_owned();
        let [old, new] = pair.sets().map(|set| Show { sets: vec![set], texts: &pair.texts });
        answered.answers = change_rows(&found.added, "adds", &new);
        answered.answers.extend(change_rows(&found.removed, "removes", &old));
        answered
    })
}

fn within(args: &WithinArgs) -> anyhow::Result<Outcome> {
    let pair = Pair::load(&args.policy, &args.baseline)?;
    let devices = args.tie.tied(Device::generic(&pair.sets()));
    let asked = pair.asked(format!("{} in {}", args.policy.display(), args.baseline.display()), &args.place);
    let show = Show { sets: vec![&pair.first], texts: &pair.texts };
    let answered = each_place(&asked, "within", |scope| {
        let found = prove::within(&pair.first, &pair.second, &devices, scope);
        let mut answered = Answered::new("within", &asked, scope);
        answered.proved = found.is_empty();
        answered.verdict = if found.is_empty() { "within" } else { "not within" }.to_owned();
        answered.answers = change_rows(&found, "allows beyond", &show);
        answered
    });
    let format = match args.format {
        GateFormat::Sarif => {
            write_to(None, |out| sarif::write(&answered, &args.policy, out))?;
            let proved = answered.iter().all(|answered| answered.proved);
            return Ok(if proved { Outcome::Good } else { Outcome::Bad });
        }
        GateFormat::Json => ProofFormat::Json,
        GateFormat::Table => ProofFormat::Table,
    };
    tell(format, &answered)
}

fn dead(args: &DeadArgs) -> anyhow::Result<Outcome> {
    let mut answered = Vec::new();
    for path in inputs::all_files(&args.policy)? {
        let mut texts = Texts::default();
        let set = policies(std::slice::from_ref(&path), &mut texts)?;
        let asked = Asked::of_pair(path.display().to_string(), args.place.all_places(&[&set]));
        let show = Show { sets: vec![&set], texts: &texts };
        if let Some(scope) = asked.places.scopes.first() {
            let devices = args.tie.tied(Device::generic(&[&set])).into_iter();
            let cases: Vec<prove::Case<'_>> =
                devices.map(|device| prove::Case { set: &set, device }).collect();
            let found = prove::dead(&set, &cases, &asked.places);
            let mut one = Answered::new("dead", &asked, scope);
            one.proved = found.is_empty();
            one.verdict = match found.len() {
                0 => "everything has an effect".to_owned(),
                count => format!("{count} without effect"),
            };
            one.answers = found
                .iter()
                .map(|dead| {
                    let at = show.statement(&dead.statement);
                    let place = at.line.map_or_else(String::new, |line| format!(" (line {line})"));
                    Row {
                        name: format!("statement {}{place}", at.statement_index + 1),
                        answer: dead.why.as_str(),
                        detail: dead.why.to_string(),
                        requests: Vec::new(),
                        reasons: match &dead.why {
                            Why::OutOfBounds(reasons) => reasons.clone(),
                            _ => Vec::new(),
                        },
                    }
                })
                .collect();
            answered.push(one);
        }
    }
    tell(args.format, &answered)
}

fn explain(args: &ExplainArgs) -> anyhow::Result<Outcome> {
    let mut texts = Texts::default();
    let set = policies(&args.policy, &mut texts)?;
    let context = context_of(args.context.as_deref())?;
    let request = Request { action: &args.action, resource: &args.resource, context: &context };
    note_unknown(&args.action);
    let found = prove::flips(&set, &request);
    let scope = PlaceArgs::default().default_scope();
    let asked = Asked::of_pair(format!("{} on {}", args.action, args.resource), Places::only(scope.clone()));
    let mut answered = Answered::new("explain", &asked, &scope);
    let allowed = found.decision == thingwarden_engine::policy::Decision::Allowed;
    answered.verdict = found.decision.as_str().to_owned();
    answered.proved = allowed;
    let show = Show { sets: vec![&set], texts: &texts };
    let plain = |name: String, answer: &'static str, detail: String| Row {
        name,
        answer,
        detail,
        requests: Vec::new(),
        reasons: Vec::new(),
    };
    for mismatch in &found.mismatches {
        let at = show.statement(&mismatch.statement);
        let mut because = mismatch.conditions.clone();
        if mismatch.resource {
            because.insert(0, "another resource".to_owned());
        }
        let name =
            format!("{}: {}, statement {}", at.policy, mismatch.statement.effect, at.statement_index + 1);
        answered.answers.push(plain(name, "doesNotApply", because.join(", ")));
    }
    for flip in &found.flips {
        let (answer, detail) = flip_text(flip, &request, &show);
        answered.answers.push(plain("would flip it".to_owned(), answer, detail));
    }
    tell(args.format, &[answered])?;
    Ok(if allowed { Outcome::Good } else { Outcome::Bad })
}

fn flip_text(flip: &Flip, request: &Request<'_>, show: &Show<'_>) -> (&'static str, String) {
    let name = |statement: &thingwarden_engine::policy::StatementRef| {
        let at = show.statement(statement);
        format!("{}, statement {}", at.policy, at.statement_index + 1)
    };
    let names = |all: &[thingwarden_engine::policy::StatementRef]| {
        all.iter().map(name).collect::<Vec<_>>().join("; ")
    };
    match flip {
        Flip::Context(pairs) => {
            let pair = |(key, values): &(String, Vec<String>)| match values.as_slice() {
                [] => format!("no `{key}`"),
                values => format!("`{key}` = {}", values.join(", ")),
            };
            ("context", pairs.iter().map(pair).collect::<Vec<_>>().join(" and "))
        }
        Flip::AddResource(statement) => {
            ("addResource", format!("`{}` in {}", request.resource, name(statement)))
        }
        Flip::DropCondition(statement, condition) => {
            ("dropCondition", format!("{condition} of {}", name(statement)))
        }
        Flip::AddAllow => ("addAllow", format!("allow {} on `{}`", request.action, request.resource)),
        Flip::Remove(all) => ("remove", names(all)),
        Flip::RemoveAndAllow(all) => ("removeAndAllow", format!("{}, and allow the request", names(all))),
    }
}
