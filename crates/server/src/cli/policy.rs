//! `thingwarden policy`: lint documents, and ask what they allow.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::value::RawValue;
use thingwarden_engine::audit::checks::find;
use thingwarden_engine::audit::runner::{report, run_check};
use thingwarden_engine::audit::{Check, Settings};
use thingwarden_engine::fleet::{FleetBuilder, PolicyVersion, Source};
use thingwarden_engine::policy::analysis::action::iot_actions;
use thingwarden_engine::policy::{
    Context, Decision, Dialect, Document, Explanation, PolicySet, PolicySource, Request, StatementRef,
    explain, line_column, lint, parse_bytes,
};

use super::sink::write_to;
use super::traffic::replay::ReplayArgs;
use super::traffic::synthesize::SynthesizeArgs;
use super::{Outcome, policy_batch, traffic};
use crate::output::text::escape;

const EVAL_EXAMPLES: &str = "\
Exit code: 0 allowed, 1 denied, 2 error. With --batch: 0 all lines answered, 2 some were not.

Examples:
  thingwarden policy eval --policy device.json --action iot:Publish \\
      --resource arn:aws:iot:eu-west-1:123456789012:topic/plant/press-1 \\
      --context '{\"iot:Connection.Thing.ThingName\":\"press-1\"}'
  thingwarden policy eval --batch requests.jsonl > answers.jsonl

A line of --batch is {\"id\", \"policies\": [document...], \"action\", \"resource\", \"context\"}, its answer
{\"id\", \"decision\": \"allowed\" | \"explicitDeny\" | \"implicitDeny\", ...evidence} or {\"id\", \"error\"}.";

#[derive(Debug, clap::Subcommand)]
pub(super) enum PolicyCommand {
    /// Look for errors and excessive rights in IoT policy documents
    Lint(LintArgs),
    /// Decide on a request, with the evidence
    Eval(EvalArgs),
    /// What a change of policies, attachments or certificates would break, by recorded traffic
    Replay(Box<ReplayArgs>),
    /// Make the least policies that recorded traffic needs, proved
    Synthesize(Box<SynthesizeArgs>),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Exit code: 0 clean, 1 remarks, 2 a document is no policy.")]
pub(super) struct LintArgs {
    /// Policy documents
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The documents are IAM identity policies, not IoT policies
    #[arg(long)]
    identity: bool,
}

#[derive(Debug, clap::Args)]
#[command(after_help = EVAL_EXAMPLES)]
pub(super) struct EvalArgs {
    /// Policy document (repeatable); all together are the policies of one principal
    #[arg(long, value_name = "FILE", required_unless_present = "batch")]
    policy: Vec<PathBuf>,
    /// The documents are IAM identity policies, not IoT policies
    #[arg(long)]
    identity: bool,
    /// For example iot:Publish
    #[arg(long, required_unless_present = "batch")]
    action: Option<String>,
    /// For example arn:aws:iot:eu-west-1:123456789012:topic/a
    #[arg(long, required_unless_present = "batch")]
    resource: Option<String>,
    /// Flat JSON object from condition key to string or list of strings, or a file that holds it
    #[arg(long, value_name = "FILE-or-JSON")]
    context: Option<String>,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = AnswerFormat::Text, conflicts_with = "batch")]
    format: AnswerFormat,
    /// Answer every line of this file (`-`: standard input)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "action", "resource", "context"])]
    batch: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AnswerFormat {
    Text,
    Json,
}

/// A decision as JSON. `decision` and its values are fixed names.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    decision: &'static str,
    /// The statements that made the decision.
    decisive: Vec<MatchedStatement>,
    /// Other statements that apply: after an explicit deny, those that would have allowed it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_matched: Vec<MatchedStatement>,
    missing_context: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MatchedStatement {
    policy: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    version: String,
    /// From 0.
    statement_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    sid: Option<String>,
    effect: String,
    /// From 1; where the statement begins in the document.
    line: u32,
    column: u32,
}

/// A context that is no flat object of strings.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ContextError {
    #[error("the context must be a JSON object from condition key to string or list of strings: {0}")]
    NoObject(String),
    #[error("the context's `{key}` must be a string or a list of strings, not {found}")]
    WrongType { key: String, found: &'static str },
}

pub(super) fn run(command: &PolicyCommand) -> anyhow::Result<Outcome> {
    match command {
        PolicyCommand::Lint(args) => lint_all(args),
        PolicyCommand::Eval(EvalArgs { batch: Some(path), identity, .. }) => {
            policy_batch::run(path, dialect(*identity))
        }
        PolicyCommand::Eval(args) => eval(args),
        PolicyCommand::Replay(args) => traffic::replay::run(args),
        PolicyCommand::Synthesize(args) => traffic::synthesize::run(args),
    }
}

fn dialect(identity: bool) -> Dialect {
    if identity { Dialect::Identity } else { Dialect::Iot }
}

fn eval(args: &EvalArgs) -> anyhow::Result<Outcome> {
    let context = context_of(args.context.as_deref())?;
    let mut sources = Vec::new();
    let mut texts = Vec::new();
    for path in &args.policy {
        let name = path.display().to_string();
        let bytes = fs::read(path).with_context(|| format!("cannot read `{name}`"))?;
        let document = parse_bytes(&bytes, dialect(args.identity)).with_context(|| name.clone())?;
        let document = Arc::new(document);
        sources.push(PolicySource { name: name.into(), version: String::new(), document });
        texts.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let names: Vec<Arc<str>> = sources.iter().map(|source| Arc::clone(&source.name)).collect();
    let set = PolicySet::compile(sources);
    let request = Request {
        action: args.action.as_deref().unwrap_or_default(),
        resource: args.resource.as_deref().unwrap_or_default(),
        context: &context,
    };
    note_unknown(request.action);
    let explanation = explain(&set, &request);
    let text_of = |policy: &str| {
        let at = names.iter().position(|name| &**name == policy);
        at.and_then(|at| texts.get(at)).map_or("", String::as_str)
    };
    let answer = Answer::of(&explanation, text_of);
    write_to(None, |out| match args.format {
        AnswerFormat::Json => {
            serde_json::to_writer_pretty(&mut *out, &answer)?;
            out.write_all(b"\n")
        }
        AnswerFormat::Text => answer.print(out),
    })?;
    Ok(if explanation.decision == Decision::Allowed { Outcome::Good } else { Outcome::Bad })
}

/// Says so when a request is about an action that AWS IoT does not have: no statement but one with wildcards can mean it.
pub(super) fn note_unknown(action: &str) {
    if let Some(name) = action.strip_prefix("iot:")
        && !iot_actions().any(|known| known.eq_ignore_ascii_case(name))
    {
        // Who closed it does not want to know.
        let _ = writeln!(io::stderr(), "thingwarden: note: AWS IoT has no action `{}`", escape(action));
    }
}

/// The context that an option gives: a JSON object, or a file that holds one.
pub(super) fn context_of(given: Option<&str>) -> anyhow::Result<Context> {
    Ok(match given {
        None => Context::new(),
        Some(given) if given.trim_start().starts_with('{') => context(given)?,
        Some(path) => {
            let text =
                fs::read_to_string(path).with_context(|| format!("cannot read the context `{path}`"))?;
            context(&text)?
        }
    })
}

/// Reads a flat JSON object. Numbers and booleans count as their text.
pub(super) fn context(json: &str) -> Result<Context, ContextError> {
    let members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_str(json).map_err(|error| ContextError::NoObject(error.to_string()))?;
    let mut context = Context::new();
    for (key, value) in members {
        let wrong = |found| ContextError::WrongType { key: key.clone(), found };
        let values = match serde_json::from_str::<Vec<Box<RawValue>>>(value.get()) {
            Ok(list) => {
                list.iter().map(|one| scalar(one.get())).collect::<Result<Vec<_>, _>>().map_err(wrong)?
            }
            Err(_) => vec![scalar(value.get()).map_err(wrong)?],
        };
        context.insert(&key, values);
    }
    Ok(context)
}

/// The text of a string, number or boolean; of anything else what it is.
fn scalar(json: &str) -> Result<String, &'static str> {
    match json.bytes().next() {
        Some(b'"') => serde_json::from_str(json).map_err(|_| "a broken string"),
        Some(b'{') => Err("an object"),
        Some(b'[') => Err("a list"),
        Some(b'n') | None => Err("null (leave out a key that has no value)"),
        Some(_) => Ok(json.to_owned()),
    }
}

impl Answer {
    /// `text_of` gives the text of a policy, for line numbers.
    pub(super) fn of<'t>(explanation: &Explanation, text_of: impl Fn(&str) -> &'t str) -> Self {
        let matched = |statement: &StatementRef| {
            let position = line_column(text_of(&statement.policy), statement.span.start);
            MatchedStatement {
                policy: statement.policy.to_string(),
                version: statement.version.clone(),
                statement_index: statement.statement,
                sid: statement.sid.clone(),
                effect: statement.effect.to_string(),
                line: position.line,
                column: position.column,
            }
        };
        let decisive: Vec<&StatementRef> = explanation.decisive().collect();
        let others = explanation.matched.iter().filter(|statement| !decisive.contains(statement));
        Self {
            decision: explanation.decision.as_str(),
            decisive: decisive.iter().map(|statement| matched(statement)).collect(),
            also_matched: others.map(matched).collect(),
            missing_context: explanation.missing_context.clone(),
            errors: explanation.errors.iter().map(ToString::to_string).collect(),
        }
    }

    fn print(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", self.decision)?;
        let decisive = self.decisive.iter().map(|statement| ("by", statement));
        let also = self.also_matched.iter().map(|statement| ("in spite of", statement));
        for (how, MatchedStatement { policy, line, column, statement_index, sid, effect, .. }) in
            decisive.chain(also)
        {
            let sid = sid.as_ref().map(|sid| format!(" `{}`", escape(sid))).unwrap_or_default();
            writeln!(
                out,
                "  {how} {}:{line}:{column}: {effect}, statement {}{sid}",
                escape(policy),
                statement_index + 1
            )?;
        }
        if self.decisive.is_empty() {
            writeln!(out, "  no statement applies")?;
        }
        for key in &self.missing_context {
            writeln!(out, "  the context has no {}", escape(key))?;
        }
        for error in &self.errors {
            writeln!(out, "  {}", escape(error))?;
        }
        Ok(())
    }
}

/// A remark on a policy file, in order of place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Remark {
    line: u32,
    column: u32,
    severity: String,
    text: String,
}

fn lint_all(args: &LintArgs) -> anyhow::Result<Outcome> {
    let mut worst = Outcome::Good;
    let mut lines = Vec::new();
    for path in &args.files {
        let name = path.to_string_lossy();
        let remarks = match read(path) {
            Err(error) => {
                worst = Outcome::Error;
                lines.push(format!("{}: error: {error}", escape(&name)));
                continue;
            }
            Ok(bytes) => match parse_bytes(&bytes, dialect(args.identity)) {
                Err(error) => {
                    worst = Outcome::Error;
                    let (severity, text) = ("error".to_owned(), error.kind.to_string());
                    vec![Remark { line: error.line, column: error.column, severity, text }]
                }
                Ok(document) => remarks(document, &String::from_utf8_lossy(&bytes), args.identity),
            },
        };
        if !remarks.is_empty() {
            worst = worst.max(Outcome::Bad);
        }
        for Remark { line, column, severity, text } in remarks {
            lines.push(format!("{}:{line}:{column}: {severity}: {}", escape(&name), escape(&text)));
        }
    }
    write_to(None, |out| lines.iter().try_for_each(|line| writeln!(out, "{line}")))?;
    Ok(worst)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    // A little more than any policy may have: a longer file is refused by the parser, not read to its end.
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(1 << 20).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What the linter and the audit's policy checks have to say about a document.
fn remarks(document: Document, text: &str, identity: bool) -> Vec<Remark> {
    let document = Arc::new(document);
    let mut remarks: Vec<Remark> = lint(&document, text)
        .into_iter()
        .map(|found| {
            let place = line_column(text, found.span.start);
            Remark {
                line: place.line,
                column: place.column,
                severity: found.severity.as_str().to_owned(),
                text: format!("{} [{}]", found.message, found.code),
            }
        })
        .collect();
    if !identity {
        let checks = ["IOT_POLICY_OVERLY_PERMISSIVE_CHECK", "IOT_POLICY_POTENTIAL_MISCONFIGURATION_CHECK"];
        for check in checks.into_iter().filter_map(find) {
            remarks.extend(judged(check, &document, text));
        }
    }
    remarks.sort();
    remarks.dedup();
    remarks
}

/// Runs one audit check over a fleet that has nothing but this policy.
fn judged(check: &'static Check, document: &Arc<Document>, text: &str) -> Vec<Remark> {
    let mut fleet = FleetBuilder::default();
    let file = fleet.file("policy");
    fleet.policy(PolicyVersion {
        name: "policy".into(),
        version: "1".into(),
        is_default: true,
        document: Arc::clone(document),
        source: Some(Source { file, line: 0, column: 0 }),
        statements: [].into(),
    });
    let fleet = fleet.finish(crate::clock::now(), Default::default(), Default::default());
    let report = report(&fleet, vec![run_check(check, &fleet, &Settings::default())], &[]);
    let first = document.statements.first().map_or(0, |statement| statement.span.start);
    let place = line_column(text, first);
    report
        .findings()
        .map(|(check, found)| Remark {
            line: place.line,
            column: place.column,
            severity: check.severity.as_str().to_lowercase(),
            text: format!("{} [{}]", found.finding.sentence(), found.finding.reason.code),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_context(json: &str, expected: Result<&[(&str, &[&str])], &str>) {
        let read = context(json);
        match expected {
            Ok(pairs) => {
                let context = read.unwrap();
                for (key, values) in pairs {
                    assert_eq!(context.get(key), *values, "{json}");
                }
                assert_eq!(context.keys().count(), pairs.len());
            }
            Err(message) => assert_eq!(read.unwrap_err().to_string(), message, "{json}"),
        }
    }

    #[test]
    fn a_context_is_flat_and_its_values_are_texts() {
        check_context("{}", Ok(&[]));
        check_context(
            r#"{"iot:ClientId": "t1", "a": ["x", "y\n"], "b": true, "c": 1.50, "d": []}"#,
            Ok(&[("iot:ClientId", &["t1"]), ("a", &["x", "y\n"]), ("b", &["true"]), ("c", &["1.50"])]),
        );
        let wrong = "must be a string or a list of strings, not";
        check_context(r#"{"a": {"b": "c"}}"#, Err(&format!("the context's `a` {wrong} an object")));
        check_context(r#"{"a": [["b"]]}"#, Err(&format!("the context's `a` {wrong} a list")));
        check_context(
            r#"{"a": null}"#,
            Err(&format!("the context's `a` {wrong} null (leave out a key that has no value)")),
        );
        assert!(context("[]").is_err() && context("{").is_err());
    }

    #[test]
    fn an_answer_tells_who_decided_and_what_was_missing() {
        let text = "{\"Version\":\"2012-10-17\",\"Statement\":[\n{\"Effect\":\"Allow\",\"Action\":\"iot:*\",\"Resource\":\"*\"},\n \
                    {\"Sid\":\"No\",\"Effect\":\"Deny\",\"Action\":\"iot:Publish\",\"Resource\":\"t/${iot:ClientId}\"}]}";
        let document = Arc::new(parse_bytes(text.as_bytes(), Dialect::Iot).unwrap());
        let set =
            PolicySet::compile([PolicySource { name: "p.json".into(), version: String::new(), document }]);
        let request = Request { action: "iot:Publish", resource: "t/1", context: &Context::new() };
        let answer = Answer::of(&explain(&set, &request), |_| text);
        let json = serde_json::to_value(&answer).unwrap();
        assert_eq!(json["decision"], "explicitDeny");
        assert_eq!(json["decisive"][0]["sid"], "No");
        assert_eq!(json["decisive"][0]["statementIndex"], 1);
        assert_eq!(
            (json["decisive"][0]["line"].as_u64(), json["decisive"][0]["column"].as_u64()),
            (Some(3), Some(2))
        );
        assert_eq!(json["alsoMatched"][0]["effect"], "Allow");
        assert_eq!(json["missingContext"][0], "iot:ClientId");
        let mut out = Vec::new();
        answer.print(&mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(
            shown,
            "explicitDeny\n  by p.json:3:2: Deny, statement 2 `No`\n  in spite of p.json:2:1: Allow, statement 1\n  \
             the context has no iot:ClientId\n"
        );
    }
}
