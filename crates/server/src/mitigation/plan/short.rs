//! A plan in a few lines, for messages to people.

use serde_json::Value as Json;

use super::{PlannedAction, PlannedChange, PlannedFinding, PlannedOutcome};
use crate::output::text::{clip, counted};

/// Changes of an action, and principals, that are named.
const NAMED_MAX: usize = 3;
const LINE_CHARS_MAX: usize = 300;
/// Kinds of records that change with a policy, which is told.
const PARTS: [&str; 2] = ["policy_version", "policy_verdict"];

impl PlannedFinding {
    /// What would be done, and whom it would cost what; at most a dozen lines of 300 characters.
    pub(crate) fn in_short(&self) -> Vec<String> {
        if self.is_suppressed {
            return vec!["is suppressed: nothing would be done".to_owned()];
        }
        let mut lines: Vec<String> = self.actions.iter().map(PlannedAction::in_short).collect();
        let used = &self.used_by;
        if used.principals > 0 || used.things > 0 {
            let more = if used.more { "more than " } else { "" };
            let (principals, things) =
                (counted(used.principals as u64, "principal"), counted(used.things as u64, "thing"));
            lines.push(format!("used by {more}{principals} of {things}"));
        }
        for access in self.access.iter().take(NAMED_MAX) {
            let actions = |requests: &[super::Request]| {
                let mut actions: Vec<&str> = requests.iter().map(|request| request.action).collect();
                actions.dedup();
                actions.join(", ")
            };
            let whose = if access.thing_names.is_empty() {
                access.principal.rsplit_once('/').map_or(&*access.principal, |(_, name)| name).to_owned()
            } else {
                access.thing_names.join(", ")
            };
            for (requests, word) in [(&access.loses, "loses"), (&access.gains, "gains")] {
                if !requests.is_empty() {
                    lines.push(format!("{whose} {word} {}", actions(requests)));
                }
            }
        }
        if self.access.len() > NAMED_MAX || self.more_access {
            lines.push("and others".to_owned());
        }
        lines.into_iter().map(|line| clip(&line, LINE_CHARS_MAX).into_owned()).collect()
    }
}

impl PlannedAction {
    fn in_short(&self) -> String {
        let name = &self.action_name;
        let message = self.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
        match self.outcome {
            PlannedOutcome::Fails => format!("{name} would fail{message}"),
            PlannedOutcome::Skipped => format!("{name} would not be tried"),
            PlannedOutcome::NothingChanged => format!("{name} would change nothing here{message}"),
            PlannedOutcome::Changes => {
                let told: Vec<&PlannedChange> =
                    self.changes.iter().filter(|change| !PARTS.contains(&&*change.kind)).collect();
                let mut all: Vec<String> =
                    told.iter().take(NAMED_MAX).map(|change| change.in_short()).collect();
                let more = told.len().saturating_sub(NAMED_MAX);
                if more > 0 {
                    all.push(format!("{more} more"));
                }
                format!("{name} would change {}", all.join("; "))
            }
        }
    }
}

impl PlannedChange {
    fn in_short(&self) -> String {
        let status = |record: &Json| record.get("status").and_then(Json::as_str).map(str::to_owned);
        let what = match (&self.before, &self.after) {
            (Json::Null, _) => "made".to_owned(),
            (_, Json::Null) => "removed".to_owned(),
            (before, after) => match (status(before), status(after)) {
                (Some(before), Some(after)) if before != after => format!("{before} to {after}"),
                _ if self.document_diff.is_some() => "another version in force".to_owned(),
                _ => "changed".to_owned(),
            },
        };
        // Parts of a composite id are kept apart by a character that nobody types.
        let (kind, id) = (self.kind.replace('_', " "), self.id.replace('\u{1f}', "/"));
        format!("{kind} {} ({what})", clip(&id, 64))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{AccessChange, Request, UsedBy};
    use super::*;

    fn change(kind: &str, id: &str, before: Json, after: Json) -> PlannedChange {
        PlannedChange { kind: kind.to_owned(), id: id.to_owned(), before, after, document_diff: None }
    }

    fn action(name: &str, outcome: PlannedOutcome, changes: Vec<PlannedChange>) -> PlannedAction {
        let message = (outcome == PlannedOutcome::Fails).then(|| "no right".to_owned());
        PlannedAction { action_name: name.to_owned(), outcome, error_code: None, message, changes }
    }

    #[test]
    fn a_plan_is_a_few_lines() {
        let off = change("certificate", "c1", json!({"status": "ACTIVE"}), json!({"status": "INACTIVE"}));
        let mut policy = change("policy", "open", json!({}), json!({}));
        policy.document_diff = Some("-a".to_owned());
        let version = change("policy_version", "open\u{1f}2", Json::Null, json!({}));
        let members =
            (0..5).map(|at| change("thing_group_member", &format!("g\u{1f}{at}"), Json::Null, json!({})));
        let request = |action| Request { action, resource: "*".to_owned() };
        let mut planned = PlannedFinding {
            finding_id: String::new(),
            check_name: String::new(),
            resource: Json::Null,
            is_suppressed: false,
            actions: vec![
                action("off", PlannedOutcome::Changes, vec![off]),
                action("blank", PlannedOutcome::Changes, vec![version, policy]),
                action("join", PlannedOutcome::Changes, members.collect()),
                action("tell", PlannedOutcome::Fails, vec![]),
                action("last", PlannedOutcome::Skipped, vec![]),
            ],
            used_by: UsedBy { principals: 1, things: 2, ..UsedBy::default() },
            access: vec![AccessChange {
                principal: "arn:aws:iot:us-east-1:1:cert/c1".to_owned(),
                thing_names: vec![],
                loses: vec![request("iot:Connect"), request("iot:Publish"), request("iot:Publish")],
                gains: vec![],
                unknown: vec![],
            }],
            more_access: true,
        };
        assert_eq!(
            planned.in_short(),
            [
                "off would change certificate c1 (ACTIVE to INACTIVE)",
                "blank would change policy open (another version in force)",
                "join would change thing group member g/0 (made); thing group member g/1 (made); thing group member g/2 (made); 2 more",
                "tell would fail: no right",
                "last would not be tried",
                "used by 1 principal of 2 things",
                "c1 loses iot:Connect, iot:Publish",
                "and others",
            ]
        );
        planned.is_suppressed = true;
        assert_eq!(planned.in_short(), ["is suppressed: nothing would be done"]);
    }
}
