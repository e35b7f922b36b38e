//! Grants as a policy document.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::Grant;
use super::template::Template;
use crate::policy::document::{Condition, Pattern, Spanned, Statement};
use crate::prove::Scope;

/// The statements of a document, as JSON.
pub(super) struct Rules {
    statements: Vec<String>,
}

impl Rules {
    /// Grants with the same conditions and the same resources are one statement. `denies` are statements as they are.
    pub(super) fn of(grants: &BTreeMap<Grant, BTreeSet<Template>>, scope: &Scope, denies: &[String]) -> Self {
        let mut alike: BTreeMap<(Vec<String>, &str), Vec<String>> = BTreeMap::new();
        for (grant, templates) in grants {
            let resource = |template: &Template| match template.text().as_str() {
                "*" => "*".to_owned(),
                text => scope.arn(text),
            };
            let resources: BTreeSet<String> = templates.iter().map(resource).collect();
            let key = (resources.into_iter().collect(), grant.conditions.as_str());
            alike.entry(key).or_default().push(grant.action.to_owned());
        }
        let mut statements: Vec<String> = alike
            .into_iter()
            .map(|((resources, conditions), actions)| {
                let (actions, resources) = (list(&actions), list(&resources));
                format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}{conditions}}}"#)
            })
            .collect();
        statements.extend(denies.iter().cloned());
        Self { statements }
    }

    /// The document in one line.
    pub(super) fn compact(&self) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, self.statements.join(","))
    }

    /// As AWS counts them.
    pub(super) fn characters(&self) -> usize {
        self.compact().chars().filter(|character| !character.is_whitespace()).count()
    }

    /// The document for people.
    pub(super) fn indented(&self) -> String {
        indent(&self.compact())
    }
}

/// A statement as it is, as JSON.
pub(super) fn statement(statement: &Statement) -> String {
    let texts = |patterns: &[Spanned<Pattern>]| -> String {
        list(&patterns.iter().map(|pattern| pattern.node.to_string()).collect::<Vec<_>>())
    };
    let not = |negated: bool| if negated { "Not" } else { "" };
    let actions = &statement.actions;
    let mut out = format!(
        r#"{{"Effect":"{}","{}Action":{}"#,
        statement.effect,
        not(actions.negated),
        texts(&actions.patterns)
    );
    if let Some(resources) = &statement.resources {
        let _ = write!(out, r#","{}Resource":{}"#, not(resources.negated), texts(&resources.patterns));
    }
    out.push_str(&conditions(&statement.conditions));
    out.push('}');
    out
}

/// `,"Condition":{...}`, or nothing.
pub(super) fn conditions(conditions: &[Condition]) -> String {
    let mut operators: BTreeMap<String, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
    for condition in conditions {
        let values = condition.values.iter().map(|value| value.node.to_string());
        let keys = operators.entry(condition.operator.to_string()).or_default();
        keys.entry(&condition.key).or_default().extend(values);
    }
    if operators.is_empty() {
        return String::new();
    }
    let keys = |keys: &BTreeMap<&str, Vec<String>>| {
        let keys = keys.iter().map(|(key, values)| format!("{}:{}", quoted(key), list(values)));
        keys.collect::<Vec<_>>().join(",")
    };
    let operators = operators.iter().map(|(operator, of)| format!("{}:{{{}}}", quoted(operator), keys(of)));
    format!(r#","Condition":{{{}}}"#, operators.collect::<Vec<_>>().join(","))
}

/// One text, or a list of many.
fn list(texts: &[String]) -> String {
    match texts {
        [one] => quoted(one),
        many => format!("[{}]", many.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",")),
    }
}

/// A JSON string (RFC 8259, section 7).
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                out.push('\\');
                out.push(character);
            }
            control if control < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// JSON with a line for each member and element.
fn indent(compact: &str) -> String {
    let mut out = String::with_capacity(compact.len() * 2);
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    let line = |out: &mut String, depth: usize| {
        out.push('\n');
        out.extend(std::iter::repeat_n("  ", depth));
    };
    for character in compact.chars() {
        if in_string {
            out.push(character);
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
            continue;
        }
        match character {
            '{' | '[' => {
                depth += 1;
                out.push(character);
                line(&mut out, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(character);
                line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}
