//! `within` as SARIF 2.1.0: one result for each action that goes beyond the baseline, at the statement that allows it.

use std::io::{self, Write};
use std::path::Path;

use serde_json::{Value, json};

use super::answered::{Answered, Row};
use crate::output::sarif::SCHEMA;

const RULE: &str = "POLICY_BEYOND_BASELINE";

pub(super) fn write(answered: &[Answered], policy: &Path, out: &mut dyn Write) -> io::Result<()> {
    let rows = answered.iter().flat_map(|one| &one.answers);
    let results: Vec<Value> = rows.map(|row| result(row, policy)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Thingwarden",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": [{
                    "id": RULE,
                    "shortDescription": { "text": "The policy allows more than its baseline." },
                    "defaultConfiguration": { "level": "error" },
                }],
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn result(row: &Row, policy: &Path) -> Value {
    let text = match row.answer {
        "witness" => format!("{}, which the baseline does not allow", row.detail),
        _ => format!("{}: could not be decided: {}", row.name, row.reasons.join(", ")),
    };
    let by = row.requests.first().and_then(|request| request.allowed_by.first());
    let uri = by.map_or_else(|| policy.display().to_string(), |by| by.policy.clone());
    let (line, column) = by.and_then(|by| by.line.zip(by.column)).unwrap_or((1, 1));
    let place = json!({
        "artifactLocation": { "uri": uri },
        "region": { "startLine": line, "startColumn": column },
    });
    json!({
        "ruleId": RULE,
        "level": "error",
        "message": { "text": text },
        "locations": [{ "physicalLocation": place }],
    })
}
