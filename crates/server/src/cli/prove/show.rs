//! Answers as JSON and for people.

use std::io::{self, Write};

use super::answered::{Answered, Row, ShownRequest, ShownStatement};
use crate::output::text::escape;

pub(super) fn json(answered: &[Answered], out: &mut dyn Write) -> io::Result<()> {
    for one in answered {
        serde_json::to_writer(&mut *out, one)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

pub(super) fn table(answered: &[Answered], out: &mut dyn Write) -> io::Result<()> {
    for (index, one) in answered.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        write!(out, "{}", escape(&one.subject))?;
        if one.question != "explain" {
            write!(out, " in {} {}", escape(&one.account), escape(&one.region))?;
        }
        writeln!(out, ": {}", escape(&one.verdict))?;
        let width = one.answers.iter().map(|row| row.name.len()).max().unwrap_or(0).min(48);
        for row in &one.answers {
            line(row, width, out)?;
        }
        for set in &one.sets {
            writeln!(out, "  {set}")?;
        }
    }
    Ok(())
}

fn line(row: &Row, width: usize, out: &mut dyn Write) -> io::Result<()> {
    let answer = match row.answer {
        "proof" => "no, proved",
        "witness" => "yes",
        "outOfBounds" => "out of bounds",
        other => other,
    };
    write!(out, "  {:<width$}  {answer}", escape(&row.name))?;
    if !row.detail.is_empty() {
        write!(out, ": {}", escape(&row.detail))?;
    }
    writeln!(out)?;
    for reason in &row.reasons {
        writeln!(out, "      {}", escape(reason))?;
    }
    for request in &row.requests {
        shown(request, out)?;
    }
    Ok(())
}

fn shown(request: &ShownRequest, out: &mut dyn Write) -> io::Result<()> {
    let name = request.resource.splitn(6, ':').nth(5).unwrap_or(&request.resource);
    writeln!(out, "      {} on {}", request.action, escape(name))?;
    let keys: Vec<String> = request
        .context
        .iter()
        // What the certificate says is long, and the same in every request.
        .filter(|(key, _)| !key.starts_with("iot:certificate"))
        .map(|(key, values)| format!("{}={}", escape(key), escape(&values.join(","))))
        .collect();
    if !keys.is_empty() {
        writeln!(out, "        with {}", keys.join(" "))?;
    }
    for by in &request.allowed_by {
        writeln!(out, "        allowed by {}", statement(by))?;
    }
    for not in &request.not_denied_by {
        writeln!(out, "        not denied by {}: {}", statement(&not.statement), escape(&not.because))?;
    }
    Ok(())
}

fn statement(statement: &ShownStatement) -> String {
    let place = match (statement.line, statement.column) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    let sid = statement.sid.as_ref().map(|sid| format!(" `{}`", escape(sid))).unwrap_or_default();
    format!("{}{place}, statement {}{sid}", escape(&statement.policy), statement.statement_index + 1)
}
