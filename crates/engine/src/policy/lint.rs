//! What parses but cannot mean what it says.

use std::collections::BTreeSet;

use super::condition::{Problem, Test};
use super::context::Context;
use super::document::{
    Condition, Dialect, Document, Effect, Pattern, Piece, SetOperator, Span, Spanned, Statement, Variable,
    Version,
};
use super::pattern::Matcher;
use super::text::{Quoted, closest};
use super::vocabulary::{IOT_ACTIONS, IOT_KEYS, IotAction, is_iot_key};

/// Something in a policy that its author should look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// Where, in the policy's text; see [`line_column`](super::line_column).
    pub span: Span,
    /// A stable name of the kind of finding, in kebab case.
    pub code: &'static str,
    pub severity: LintSeverity,
    /// For people: what is wrong and, where it is known, what to write instead.
    pub message: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LintSeverity {
    /// Probably not what was meant.
    Warning,
    /// Never has the effect that it seems to have.
    Error,
}

impl LintSeverity {
    /// `warning` or `error`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Looks through a document that was parsed from `text`. In the order of the text; empty when there is nothing to say.
pub fn lint(document: &Document, text: &str) -> Vec<Lint> {
    let mut linter = Linter { document, text, found: Vec::new() };
    linter.document();
    linter.found.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
    linter.found.dedup();
    linter.found
}

struct Linter<'d> {
    document: &'d Document,
    text: &'d str,
    found: Vec<Lint>,
}

impl<'d> Linter<'d> {
    fn report(&mut self, span: Span, code: &'static str, severity: LintSeverity, message: String) {
        self.found.push(Lint { span, code, severity, message });
    }

    fn error(&mut self, span: Span, code: &'static str, message: impl Into<String>) {
        self.report(span, code, LintSeverity::Error, message.into());
    }

    fn warning(&mut self, span: Span, code: &'static str, message: impl Into<String>) {
        self.report(span, code, LintSeverity::Warning, message.into());
    }

    fn is_iot(&self) -> bool {
        self.document.dialect == Dialect::Iot
    }

    fn document(&mut self) {
        let document = self.document;
        if document.statements.is_empty() {
            self.warning(
                Span::default(),
                "no-statement",
                "the policy has no statement, so it allows nothing",
            );
        }
        let mut sids = BTreeSet::new();
        for statement in &document.statements {
            if let Some(sid) = statement.sid.as_deref()
                && !sids.insert(sid)
            {
                let message = format!("another statement has the `Sid` {} too", Quoted(sid));
                self.warning(statement.span, "duplicate-sid", message);
            }
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        for action in &statement.actions.patterns {
            self.action(action);
        }
        if let Some(resources) = &statement.resources {
            for resource in &resources.patterns {
                self.resource(statement.effect, resource);
                self.notation(resource);
            }
        }
        if self.is_iot() {
            self.actions_with_resources(statement);
        }
        for condition in &statement.conditions {
            self.condition(statement.effect, condition);
        }
    }

    fn action(&mut self, action: &Spanned<Pattern>) {
        let shown = action.node.to_string();
        let namespace = shown.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let known_namespace = matches!(namespace.as_str(), "iot" | "iotjobsdata");
        if !self.is_iot() || !known_namespace || !matching_actions(&action.node).is_empty() {
            return;
        }
        let suggestion = match closest(&shown, IOT_ACTIONS.iter().map(|action| action.name)) {
            Some(name) => format!(", did you mean `{name}`?"),
            None => String::new(),
        };
        let message = format!("{} is no action that IoT policies know{suggestion}", Quoted(&shown));
        self.warning(action.span, "unknown-action", message);
    }

    fn resource(&mut self, effect: Effect, resource: &Spanned<Pattern>) {
        let Spanned { node: pattern, span } = resource;
        let Some(first) = pattern.pieces.first() else {
            self.error(*span, "empty-resource", "an empty resource matches nothing");
            return;
        };
        if let Piece::Literal(text) = first {
            let fixed = !pattern.pieces.iter().any(spans_anything);
            let whole = pattern.as_literal().is_some();
            let may_be_arn = if whole { text.starts_with("arn:") } else { may_begin_arn(text) };
            if !may_be_arn {
                let message = format!(
                    "{} matches nothing: resources are ARNs, such as `arn:aws:iot:...`",
                    Quoted(&pattern.to_string())
                );
                self.error(*span, "not-an-arn", message);
            } else if fixed && colons(pattern) < 5 {
                let message = "an ARN has six parts, `arn:partition:service:region:account:resource`; this one has fewer \
                               and matches nothing";
                self.error(*span, "incomplete-arn", message);
            }
        }
        if self.is_iot() {
            self.mqtt_wildcards(effect, resource);
        }
    }

    /// `+` and `#` as levels of a topic. In a filter of an `Allow` they are what a client may subscribe to.
    fn mqtt_wildcards(&mut self, effect: Effect, resource: &Spanned<Pattern>) {
        let shown = resource.node.to_string();
        let (Some(kind), Some((_, topic))) = (resource_type(&resource.node), shown.split_once('/')) else {
            return;
        };
        let Some(level) = topic.split('/').find(|level| matches!(*level, "+" | "#")) else { return };
        let meant = "in policies, `*` stands for any characters";
        if kind == "topic" {
            let message =
                format!("`{level}` is an ordinary character here, and no topic name contains it; {meant}");
            self.error(resource.span, "mqtt-wildcard-in-topic", message);
        } else if kind == "topicfilter" && effect == Effect::Deny {
            let message = format!(
                "`{level}` is an ordinary character here: this denies the one filter that is spelled like that, and no \
                 narrower or wider one; {meant}"
            );
            self.error(resource.span, "mqtt-wildcard-in-deny", message);
        }
    }

    /// Actions of a statement, each on the type of resource that it has.
    fn actions_with_resources(&mut self, statement: &Statement) {
        let Some(resources) = statement.resources.as_ref().filter(|resources| !resources.negated) else {
            return;
        };
        if statement.actions.negated {
            return;
        }
        let types: Vec<Option<&str>> = resources.patterns.iter().map(|p| resource_type(&p.node)).collect();
        let mut wanted = BTreeSet::new();
        let mut all_known = true;
        for action in &statement.actions.patterns {
            let actions = matching_actions(&action.node);
            let fitting = |action: &&IotAction| types.iter().any(|t| t.is_none() || *t == action.resource);
            all_known &= !actions.is_empty();
            if !actions.is_empty() && !actions.iter().any(fitting) {
                let message = match actions.iter().find_map(|action| action.resource) {
                    Some(resource) => format!(
                        "{} works on resources `{resource}/...` only, and the statement has none",
                        Quoted(&action.node.to_string())
                    ),
                    None => format!("{} works on the resource `*` only", Quoted(&action.node.to_string())),
                };
                self.error(action.span, "action-without-resource", message);
            }
            wanted.extend(actions.iter().filter_map(|action| action.resource));
        }
        for (resource, kind) in resources.patterns.iter().zip(types) {
            let Some(kind) = kind.filter(|kind| all_known && !wanted.contains(kind)) else { continue };
            let hint = match kind {
                "topicfilter" => {
                    "; only `iot:Subscribe` works on `topicfilter/...`, messages come on `topic/...`"
                }
                "topic" if wanted.contains("topicfilter") => "; `iot:Subscribe` works on `topicfilter/...`",
                _ => "",
            };
            let message = format!("no action of the statement works on {} resources{hint}", Quoted(kind));
            self.error(resource.span, "resource-without-action", message);
        }
    }

    fn condition(&mut self, effect: Effect, condition: &Condition) {
        let key = &condition.key;
        if self.is_iot() && is_in_iot_namespace(key) && !is_iot_key(key) {
            let message =
                format!("{} is no condition key that IoT policies know{}", Quoted(key), suggest_key(key));
            self.error(condition.span, "unknown-condition-key", message);
        }
        for value in &condition.values {
            self.notation(value);
        }
        Test::new(condition).problems(&Context::EMPTY, &mut |problem| {
            let Problem::Policy { index, expected } = problem else { return };
            let Some(value) = condition.values.get(index) else { return };
            let outcome = match effect {
                Effect::Allow => "in an `Allow` that grants nothing",
                Effect::Deny => "in a `Deny` that counts as true",
            };
            let value_shown = value.node.to_string();
            let operator = condition.operator;
            let message =
                format!("`{operator}` expects {expected}, found {}; {outcome}", Quoted(&value_shown));
            self.error(value.span, "invalid-value", message);
        });
        let optional = key.eq_ignore_ascii_case("iot:ConnectAttributes");
        if effect == Effect::Allow && condition.operator.set == Some(SetOperator::ForAllValues) && !optional {
            let message = format!(
                "`{}` is true when {} is absent; add a `Null` condition",
                condition.operator,
                Quoted(key)
            );
            self.warning(condition.span, "for-all-values-without-null", message);
        }
    }

    /// Variables and escapes in a value, and what only looks like them.
    fn notation(&mut self, value: &Spanned<Pattern>) {
        let Spanned { node: pattern, span } = value;
        let raw = self.raw(*span);
        if self.document.version == Version::V2008 && raw.contains("${") {
            let message =
                "in version `2008-10-17` `${` is plain text; variables need `\"Version\": \"2012-10-17\"`";
            self.error(*span, "variable-without-version", message);
        } else if unclosed(raw) {
            let message =
                "`${` without a key and `}` behind it is plain text; write `${$}{` if that is meant";
            self.error(*span, "unclosed-variable", message);
        }
        if ["$(*)", "$(?)", "$($)"].iter().any(|typo| raw.contains(typo)) {
            let message = "an escape has braces, not parentheses: `${*}`, `${?}`, `${$}`";
            self.error(*span, "escape-in-parentheses", message);
        }
        for piece in &pattern.pieces {
            if let Piece::Variable(variable) = piece {
                self.variable(*span, variable);
            }
        }
    }

    fn variable(&mut self, span: Span, Variable { key, default }: &Variable) {
        let problem = if key.contains("::") || !key.contains(':') {
            "is no policy variable; did a template leave it behind?".to_owned()
        } else if key.chars().any(char::is_whitespace) && !key.contains('[') {
            "has a blank or a default without quotes; a default is written `${key, 'default'}`".to_owned()
        } else if self.is_iot() && is_in_iot_namespace(key) && !is_iot_key(key) {
            format!("is no variable that IoT policies know{}", suggest_key(key))
        } else {
            return;
        };
        let outcome = if default.is_some() { "always stands for its default" } else { "never has a value" };
        let message = format!("`${{...}}` with the key {} {outcome}: it {problem}", Quoted(key));
        self.error(span, "unknown-variable", message);
    }

    fn raw(&self, span: Span) -> &'d str {
        let offset = |offset: u32| usize::try_from(offset).unwrap_or(usize::MAX);
        self.text.get(offset(span.start)..offset(span.end)).unwrap_or_default()
    }
}

fn is_in_iot_namespace(key: &str) -> bool {
    key.get(..4).is_some_and(|namespace| namespace.eq_ignore_ascii_case("iot:"))
}

fn suggest_key(key: &str) -> String {
    match closest(key, IOT_KEYS.iter().copied()) {
        Some(known) => format!(", did you mean `{known}`?"),
        None => String::new(),
    }
}

fn matching_actions(pattern: &Pattern) -> Vec<&'static IotAction> {
    let matcher = Matcher::new(pattern);
    IOT_ACTIONS.iter().filter(|action| matcher.matches_ignoring_ascii_case(action.name)).collect()
}

fn spans_anything(piece: &Piece) -> bool {
    matches!(piece, Piece::AnyString | Piece::Variable(_))
}

/// Whether an ARN can begin with `text`, or `text` with the beginning of one.
fn may_begin_arn(text: &str) -> bool {
    text.starts_with("arn:") || "arn:".starts_with(text)
}

fn colons(pattern: &Pattern) -> usize {
    let in_piece = |piece: &Piece| match piece {
        Piece::Literal(text) => text.matches(':').count(),
        _ => 0,
    };
    pattern.pieces.iter().map(in_piece).sum()
}

/// `topic` of `arn:aws:iot:region:account:topic/...`: what stands between the fifth colon and the next `/`, when that is
/// written out. Wildcards before it are taken for a part of the ARN each.
fn resource_type(pattern: &Pattern) -> Option<&str> {
    let mut colons_left = 5_usize;
    for piece in &pattern.pieces {
        let Piece::Literal(text) = piece else { continue };
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once(':').filter(|_| colons_left > 0) {
            colons_left -= 1;
            rest = after;
        }
        if colons_left == 0 {
            return rest.split_once('/').map(|(kind, _)| kind).filter(|kind| !kind.contains(':'));
        }
    }
    None
}

/// Whether a `${` in the JSON text of a string begins no variable.
fn unclosed(raw: &str) -> bool {
    raw.match_indices("${").any(|(start, _)| {
        let inner = raw.get(start + 2..).unwrap_or_default();
        inner.starts_with('}') || !inner.contains('}')
    })
}

#[cfg(test)]
#[path = "lint_tests.rs"]
mod tests;
