//! An answered question as data: what JSON shows as it is, and what the table is made of.

use std::collections::BTreeMap;

use serde::Serialize;
use thingwarden_engine::policy::{PolicySet, Request, StatementRef, line_column, mismatches};
use thingwarden_engine::prove::{Answer, Scope, Witness, ran_out};

use super::inputs::Texts;

/// One question about one subject in one account and region.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answered {
    /// For example `crossDevice`.
    pub(super) question: &'static str,
    pub(super) subject: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) things: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) policies: Vec<String>,
    pub(super) account: String,
    pub(super) region: String,
    /// The answer in a word.
    pub(super) verdict: String,
    /// Whether the answer is the one to hope for, and proved.
    pub(super) proved: bool,
    pub(super) answers: Vec<Row>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) sets: Vec<serde_json::Value>,
}

/// One part of the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    pub(super) name: String,
    /// `proof`, `witness`, `outOfBounds`, or another word where there are no such answers.
    pub(super) answer: &'static str,
    /// A sentence more.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) detail: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) requests: Vec<ShownRequest>,
    /// Why nothing is proved.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) reasons: Vec<String>,
}

/// A request that was put to the decision, with who allows it and why nobody denies it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownRequest {
    pub(super) action: String,
    pub(super) resource: String,
    pub(super) context: BTreeMap<String, Vec<String>>,
    pub(super) allowed_by: Vec<ShownStatement>,
    /// `Deny` statements about the action, with what of them does not apply.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) not_denied_by: Vec<NotDenied>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NotDenied {
    #[serde(flatten)]
    pub(super) statement: ShownStatement,
    pub(super) because: String,
}

/// A statement by name and, for a policy file, by place.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ShownStatement {
    pub(super) policy: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) version: String,
    /// From 0.
    pub(super) statement_index: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sid: Option<String>,
    /// From 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) column: Option<u32>,
}

/// What rows are made with.
pub(super) struct Show<'a> {
    pub(super) sets: Vec<&'a PolicySet>,
    pub(super) texts: &'a Texts,
}

impl Show<'_> {
    pub(super) fn statement(&self, statement: &StatementRef) -> ShownStatement {
        let text = self.texts.of(&statement.policy);
        let place = text.map(|text| line_column(text, statement.span.start));
        ShownStatement {
            policy: statement.policy.to_string(),
            version: statement.version.clone(),
            statement_index: statement.statement,
            sid: statement.sid.clone(),
            line: place.map(|place| place.line),
            column: place.map(|place| place.column),
        }
    }

    pub(super) fn request(&self, witness: &Witness) -> ShownRequest {
        let context = &witness.context;
        let request = Request { action: witness.action, resource: &witness.resource, context };
        // The set in which it is allowed: the one whose statements are said to allow it.
        let names = |set: &PolicySet| {
            witness.allowed_by.iter().all(|by| set.sources().iter().any(|source| source.name == by.policy))
        };
        let set = self.sets.iter().find(|set| names(set));
        let mut not_denied_by = Vec::new();
        for mismatch in set.into_iter().flat_map(|set| mismatches(set, &request)) {
            if mismatch.statement.effect == thingwarden_engine::policy::Effect::Deny {
                let mut because = mismatch.conditions.clone();
                if mismatch.resource {
                    because.insert(0, "another resource".to_owned());
                }
                let statement = self.statement(&mismatch.statement);
                not_denied_by.push(NotDenied { statement, because: because.join(", ") });
            }
        }
        ShownRequest {
            action: witness.action.to_owned(),
            resource: witness.resource.clone(),
            context: context.keys().map(|key| (key.to_owned(), context.get(key).to_vec())).collect(),
            allowed_by: witness.allowed_by.iter().map(|by| self.statement(by)).collect(),
            not_denied_by,
        }
    }

    /// A row of an answer; `witnesses` are the requests of a witness.
    pub(super) fn row<W>(
        &self,
        name: impl Into<String>,
        answer: &Answer<W>,
        detail: impl FnOnce(&W) -> String,
        witnesses: impl FnOnce(&W) -> Vec<Witness>,
    ) -> Row {
        let mut row = Row {
            name: name.into(),
            answer: "proof",
            detail: String::new(),
            requests: Vec::new(),
            reasons: Vec::new(),
        };
        match answer {
            Answer::Proof => {}
            Answer::Witness(witness) => {
                row.answer = "witness";
                row.detail = detail(witness);
                row.requests = witnesses(witness).iter().map(|witness| self.request(witness)).collect();
            }
            Answer::OutOfBounds(reasons) => {
                row.answer = "outOfBounds";
                row.reasons.clone_from(reasons);
            }
        }
        row
    }
}

impl Answered {
    pub(super) fn new(question: &'static str, subject: &super::inputs::Asked, scope: &Scope) -> Self {
        Self {
            question,
            subject: subject.label.clone(),
            things: subject.things.clone(),
            policies: subject.policies.clone(),
            account: scope.account.clone(),
            region: scope.region.clone(),
            verdict: String::new(),
            proved: false,
            answers: Vec::new(),
            sets: Vec::new(),
        }
    }

    /// Whether something was not answered because looking takes too long.
    pub(super) fn ran_out(&self) -> bool {
        self.answers.iter().flat_map(|row| &row.reasons).any(|reason| ran_out(reason))
    }

    /// For places that were not looked at.
    pub(super) fn elsewhere(question: &'static str, subject: &super::inputs::Asked, reason: &str) -> Self {
        let unknown = || "*".to_owned();
        let scope = Scope { region: unknown(), account: unknown(), ..Scope::example() };
        let row = Row {
            name: "other accounts and regions".to_owned(),
            answer: "outOfBounds",
            detail: String::new(),
            requests: Vec::new(),
            reasons: vec![format!("{reason}; --account and --region say which one is meant")],
        };
        let verdict = "out of bounds".to_owned();
        Self { verdict, answers: vec![row], ..Self::new(question, subject, &scope) }
    }
}
