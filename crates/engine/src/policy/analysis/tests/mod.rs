//! Tests of the analysis: documented verdicts, the rule's corners, and properties.

mod access;
mod automaton;
mod breadth;
mod misconfiguration;
mod properties;
mod verdicts;

use crate::policy::{Dialect, Document, parse};

/// Statements in JSON; `@` stands for the region and account of AWS's examples.
fn document(statements: &str) -> Document {
    let statements = statements.replace('@', "arn:aws:iot:us-east-1:123456789012:");
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    parse(&text, Dialect::Identity).unwrap_or_else(|error| panic!("{error}: {text}"))
}
