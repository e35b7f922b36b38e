//! `thingwarden policy eval --batch`: one request a line, one answer a line, with memory for one line.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use thingwarden_engine::policy::{Context, Dialect, PolicySet, PolicySource, Request, explain, parse};

use super::Outcome;
use super::policy::{Answer, context};

/// A line holds up to as many policies as a principal may have (10 in AWS IoT, with 5 groups as many again), each up to 404,600 bytes.
const LINE_BYTES_MAX: u64 = 64 << 20;

#[derive(Deserialize)]
struct Question<'a> {
    #[serde(borrow)]
    policies: Vec<&'a RawValue>,
    action: String,
    resource: String,
    #[serde(borrow, default)]
    context: Option<&'a RawValue>,
}

/// The id, which the answer to a line that is otherwise wrong has too.
#[derive(Deserialize)]
struct Identified<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Reply<'a> {
    id: Option<&'a RawValue>,
    #[serde(flatten)]
    answer: Answered,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Answered {
    Decision(Answer),
    Error { error: String },
}

/// Answers a file, or standard input for `-`.
pub(super) fn run(path: &Path, dialect: Dialect) -> anyhow::Result<Outcome> {
    let input: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).with_context(|| format!("cannot read `{}`", path.display()))?)
    };
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let outcome = answer_all(&mut BufReader::with_capacity(1 << 16, input), dialect, &mut out)?;
    out.flush()?;
    Ok(outcome)
}

/// Answers line by line; a wrong line gets an error and the others their answers.
fn answer_all(input: &mut dyn BufRead, dialect: Dialect, out: &mut dyn Write) -> io::Result<Outcome> {
    let mut outcome = Outcome::Good;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? == 0 {
            return Ok(outcome);
        }
        let is_cut = line.last() != Some(&b'\n') && line.len() as u64 == LINE_BYTES_MAX;
        if is_cut {
            input.skip_until(b'\n')?;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let text = std::str::from_utf8(&line).ok().filter(|_| !is_cut);
        let id =
            text.and_then(|text| serde_json::from_str::<Identified<'_>>(text).ok()).and_then(|one| one.id);
        let answer = match text {
            None if is_cut => Err(format!("the line is longer than {LINE_BYTES_MAX} bytes")),
            None => Err("the line is not valid UTF-8".to_owned()),
            Some(text) => answer(text, dialect),
        };
        let answer = match answer {
            Ok(answer) => Answered::Decision(answer),
            Err(error) => {
                outcome = Outcome::Error;
                Answered::Error { error }
            }
        };
        serde_json::to_writer(&mut *out, &Reply { id, answer })?;
        out.write_all(b"\n")?;
    }
}

fn answer(line: &str, dialect: Dialect) -> Result<Answer, String> {
    let question: Question<'_> = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let context = match question.context {
        None => Context::new(),
        Some(given) => context(given.get()).map_err(|error| error.to_string())?,
    };
    let mut sources = Vec::new();
    let mut texts = Vec::new();
    for (at, given) in question.policies.iter().enumerate() {
        // A document as it is, or as a string that holds it, which is how AWS's API has it.
        let text = match serde_json::from_str::<String>(given.get()) {
            Ok(inner) => inner,
            Err(_) => given.get().to_owned(),
        };
        let document = parse(&text, dialect).map_err(|error| format!("policy {at}: {error}"))?;
        let name = at.to_string().into();
        sources.push(PolicySource { name, version: String::new(), document: Arc::new(document) });
        texts.push(text);
    }
    let set = PolicySet::compile(sources);
    let request = Request { action: &question.action, resource: &question.resource, context: &context };
    let text_of = |policy: &str| {
        let at = policy.parse::<usize>().ok();
        at.and_then(|at| texts.get(at)).map_or("", String::as_str)
    };
    Ok(Answer::of(&explain(&set, &request), text_of))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, outcome: Outcome, expected: &[&str]) {
        let mut out = Vec::new();
        let ended = answer_all(&mut input.as_bytes(), Dialect::Iot, &mut out).unwrap();
        let shown = String::from_utf8(out).unwrap();
        assert_eq!(shown.lines().collect::<Vec<_>>(), expected, "{input}");
        assert_eq!(ended, outcome);
    }

    const ALLOW: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iot:Publish","Resource":"t"}}"#;

    #[test]
    fn documents_may_be_objects_or_strings() {
        let quoted = serde_json::to_string(ALLOW).unwrap();
        let decisive = |line| {
            format!(
                r#"{{"id":{line},"decision":"allowed","decisive":[{{"policy":"0","statementIndex":0,"effect":"Allow","line":1,"column":37}}],"missingContext":[]}}"#
            )
        };
        let input = format!(
            "{{\"id\":1,\"policies\":[{ALLOW}],\"action\":\"iot:Publish\",\"resource\":\"t\"}}\n\n\
             {{\"id\":\"b\",\"policies\":[{quoted}],\"action\":\"iot:publish\",\"resource\":\"t\",\"context\":{{}}}}\n\
             {{\"id\":null,\"policies\":[],\"action\":\"iot:Publish\",\"resource\":\"t\"}}"
        );
        check(
            &input,
            Outcome::Good,
            &[
                &decisive("1"),
                &decisive("\"b\""),
                r#"{"id":null,"decision":"implicitDeny","decisive":[],"missingContext":[]}"#,
            ],
        );
    }

    #[test]
    fn a_wrong_line_does_not_stop_the_others() {
        let good =
            format!("{{\"id\":2,\"policies\":[{ALLOW}],\"action\":\"iot:Publish\",\"resource\":\"u\"}}");
        let input = format!(
            "{{\"id\":1,\"policies\":[{{\"Statement\":1}}],\"action\":\"a\",\"resource\":\"r\"}}\n{good}\n\
             {{\"id\":3,\"policies\":[],\"action\":\"a\",\"resource\":\"r\",\"context\":{{\"k\":{{}}}}}}\nnonsense\n"
        );
        let mut out = Vec::new();
        let ended = answer_all(&mut input.as_bytes(), Dialect::Iot, &mut out).unwrap();
        let replies: Vec<serde_json::Value> =
            out.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect();
        assert_eq!(ended, Outcome::Error);
        assert_eq!(replies.len(), 4);
        assert_eq!(replies[0]["id"], 1);
        assert!(replies[0]["error"].as_str().unwrap().starts_with("policy 0: line 1, column "));
        assert_eq!(replies[1]["decision"], "implicitDeny");
        assert_eq!(
            replies[2]["error"],
            "the context's `k` must be a string or a list of strings, not an object"
        );
        assert!(replies[3]["id"].is_null() && replies[3]["error"].is_string());
    }

    #[test]
    fn bytes_that_are_no_text_are_an_error_of_their_line() {
        let mut out = Vec::new();
        let ended = answer_all(&mut &b"\xff\xfe\n"[..], Dialect::Iot, &mut out).unwrap();
        assert_eq!(ended, Outcome::Error);
        assert_eq!(out, b"{\"id\":null,\"error\":\"the line is not valid UTF-8\"}\n");
    }
}
