//! What people and programs are told about an approval.

use serde_json::{Value as Json, json};
use thingwarden_engine::time::Timestamp;
use thingwarden_store::Scope;
use thingwarden_store::records::{Approval, ApprovalDecision, ApprovalMode, ApprovalNews, ApprovalState};

use crate::output::text::{clip, counted, escape};
use crate::sinks::slack::{mark_down, section};

/// `action_id` of the buttons.
pub(super) const APPROVE: &str = "thingwarden_approve";
pub(super) const DENY: &str = "thingwarden_deny";
/// Characters of a section (Block Kit reference).
const SECTION_CHARS_MAX: usize = 3000;

/// An approval as operations and webhooks tell it: all but its token.
pub(crate) fn told(approval: &Approval) -> Json {
    let Approval { id, mode, state, check, severity, actions, findings, .. } = approval;
    let resources = approval
        .resources
        .iter()
        .map(|one| json!({ "findingId": one.finding, "name": one.name, "planned": one.planned }));
    let decision = approval.decided.as_ref().map(|decided| {
        let ApprovalDecision { by, name, reason, at_ms } = decided;
        without_nulls(json!({ "by": by, "name": name, "reason": reason, "atMs": at_ms }))
    });
    let outcome = approval.outcome.as_ref().map(|outcome| {
        json!({
            "taskStatus": outcome.status,
            "succeeded": outcome.succeeded,
            "failed": outcome.failed,
            "skipped": outcome.skipped,
            "fixed": outcome.fixed,
            "notFixed": outcome.not_fixed,
            "endedMs": outcome.ended_ms,
        })
    });
    let has_task = matches!(state, ApprovalState::Approved | ApprovalState::Done);
    without_nulls(json!({
        "approvalId": id,
        "mode": mode.as_str(),
        "state": state.as_str(),
        "auditTaskId": approval.audit_task,
        "checkName": check,
        "severity": severity,
        "actionNames": actions,
        "findingsCount": findings,
        "resources": resources.collect::<Json>(),
        "createdMs": approval.created_ms,
        "expiresMs": approval.expires_ms,
        "taskId": has_task.then_some(id),
        "decision": decision,
        "outcome": outcome,
        "error": approval.error,
    }))
}

/// Members that have no value are left out.
fn without_nulls(mut all: Json) -> Json {
    if let Some(members) = all.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    all
}

/// What a webhook gets. With a question comes what the answer has to hold.
pub(super) fn for_webhook(scope: &Scope, approval: &Approval, id: &str) -> Json {
    let kind = match approval.news() {
        ApprovalNews::Nothing | ApprovalNews::Asked => "approval.requested",
        ApprovalNews::Decided => "approval.decided",
        ApprovalNews::Ended => "approval.ended",
    };
    let mut body = json!({
        "version": 1,
        "id": id,
        "type": kind,
        "account": &*scope.account,
        "region": &*scope.region,
        "approval": told(approval),
    });
    if let (ApprovalState::Pending, Some(members)) = (approval.state, body.as_object_mut()) {
        members.insert("token".to_owned(), approval.token.as_str().into());
    }
    body
}

/// A message of Block Kit; with buttons while somebody may decide.
pub(super) fn for_slack(scope: &Scope, approval: &Approval) -> Json {
    let title = title(approval);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": clip(&title, 150)}}),
        section(&facts(scope, approval)),
    ];
    let resources = resources(approval);
    if !resources.is_empty() {
        blocks.push(section(&resources));
    }
    if let Some(result) = result(approval) {
        blocks.push(section(&result));
    }
    if approval.state == ApprovalState::Pending {
        let value =
            [&*scope.account, &*scope.region, approval.id.as_str(), approval.token.as_str()].join("/");
        let plain = |text: &str| json!({"type": "plain_text", "text": text});
        let confirm = json!({
            "title": plain("Approve?"),
            "text": plain(&format!("The server will begin: {}.", clip(&approval.actions.join(", "), 200))),
            "confirm": plain("Approve"),
            "deny": plain("Back"),
        });
        blocks.push(json!({
            "type": "actions",
            "block_id": "thingwarden",
            "elements": [
                {"type": "button", "action_id": APPROVE, "style": "primary", "text": plain("Approve"), "value": value, "confirm": confirm},
                {"type": "button", "action_id": DENY, "style": "danger", "text": plain("Deny"), "value": value},
            ],
        }));
    }
    let how = format!("{}: `thingwarden approvals show {}`", approval.id, approval.id);
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": how}]}));
    json!({"text": title, "blocks": blocks})
}

fn title(approval: &Approval) -> String {
    let what = format!("mitigation of {}", counted(approval.findings, "new finding"));
    match approval.state {
        ApprovalState::Pending => format!("Approve {what}?"),
        ApprovalState::Approved => format!("Approved: {what}"),
        ApprovalState::Denied => format!("Denied: {what}"),
        ApprovalState::Expired => format!("Nobody decided: {what}"),
        ApprovalState::Done => format!("Done: {what}"),
        ApprovalState::Failed => format!("Could not begin: {what}"),
    }
}

fn facts(scope: &Scope, approval: &Approval) -> String {
    let Approval { severity, check, audit_task, .. } = approval;
    let mut lines = vec![
        format!("*{check}* ({severity}) in {} of {}, audit {audit_task}", scope.region, scope.account),
        format!("Actions: {}", mark_down(&approval.actions.join(", "))),
    ];
    if approval.state == ApprovalState::Pending {
        lines.push(format!("To be decided before {}", time(approval.expires_ms)));
    }
    lines.join("\n")
}

fn resources(approval: &Approval) -> String {
    let mut lines = vec![];
    for resource in &approval.resources {
        lines.push(format!("• `{}`", mark_down(&resource.name)));
        lines.extend(resource.planned.iter().map(|line| format!("    {}", mark_down(line))));
    }
    let more = approval.findings.saturating_sub(approval.resources.len() as u64);
    let end = if more > 0 { format!("\nand {} more", counted(more, "finding")) } else { String::new() };
    // The number is what must not be cut off.
    let room = SECTION_CHARS_MAX.saturating_sub(end.chars().count());
    format!("{}{end}", clip(&lines.join("\n"), room))
}

fn result(approval: &Approval) -> Option<String> {
    let mut lines = vec![];
    if let Some(decided) = &approval.decided {
        lines.push(decision(approval, decided));
    }
    if let Some(error) = &approval.error {
        lines.push(mark_down(error));
    }
    if let Some(outcome) = &approval.outcome {
        lines.push(format!(
            "Task {}: {} succeeded, {} failed, {} skipped; looked at again: {} fixed, {} not fixed",
            outcome.status,
            outcome.succeeded,
            outcome.failed,
            outcome.skipped,
            outcome.fixed,
            outcome.not_fixed
        ));
    }
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn decision(approval: &Approval, decided: &ApprovalDecision) -> String {
    if approval.mode == ApprovalMode::Auto {
        return "Approved by the configuration".to_owned();
    }
    let word = if approval.state == ApprovalState::Denied { "Denied" } else { "Approved" };
    let name = decided.name.as_ref().map(|name| format!("{} ", escape(name))).unwrap_or_default();
    let reason = decided.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
    let by = if name.is_empty() { decided.by.clone() } else { format!("{name}({})", decided.by) };
    format!("{word} by {} at {}{}", mark_down(&by), time(decided.at_ms), mark_down(&reason))
}

fn time(at_ms: i64) -> String {
    Timestamp::from_millis(at_ms.div_euclid(1000).saturating_mul(1000)).to_string()
}

#[cfg(test)]
pub(super) mod tests {
    use thingwarden_store::records::{ApprovalOutcome, ApprovalResource};

    use super::*;

    pub(in super::super) fn pending() -> Approval {
        Approval {
            id: "approval-0011223344556677".to_owned(),
            mode: ApprovalMode::Review,
            state: ApprovalState::Pending,
            audit_task: "787e".to_owned(),
            audit_started_ms: 0,
            check: "IOT_POLICY_OVERLY_PERMISSIVE_CHECK".to_owned(),
            severity: "CRITICAL".to_owned(),
            actions: vec!["blank".to_owned()],
            approvers: vec!["chat".to_owned()],
            findings: 10_000,
            resources: vec![ApprovalResource {
                finding: "f1".to_owned(),
                name: "open<!channel>:1".to_owned(),
                planned: vec!["blank would change policy open (another version in force)".to_owned()],
            }],
            created_ms: 0,
            expires_ms: 86_400_000,
            token: "t0ken".to_owned(),
            decided: None,
            error: None,
            outcome: None,
        }
    }

    fn scope() -> Scope {
        Scope::new("123456789012", "eu-west-1")
    }

    #[test]
    fn whoever_is_asked_gets_buttons_and_a_number_that_can_be_read() {
        let message = for_slack(&scope(), &pending());
        assert_eq!(message["text"], "Approve mitigation of 10,000 new findings?");
        let shown = message["blocks"][2]["text"]["text"].as_str().unwrap();
        assert_eq!(
            shown,
            "• `open&lt;!channel&gt;:1`\n    blank would change policy open (another version in force)\nand 9,999 findings more"
        );
        let buttons = message["blocks"][3]["elements"].as_array().unwrap();
        assert_eq!(buttons[0]["value"], "123456789012/eu-west-1/approval-0011223344556677/t0ken");
        assert_eq!((&buttons[0]["action_id"], &buttons[1]["action_id"]), (&json!(APPROVE), &json!(DENY)));
    }

    #[test]
    fn long_plans_are_cut_and_the_number_stays() {
        let mut approval = pending();
        approval.resources = vec![approval.resources.remove(0); 10];
        approval.resources.iter_mut().for_each(|one| one.planned = vec!["x".repeat(300); 12]);
        let message = for_slack(&scope(), &approval);
        let shown = message["blocks"][2]["text"]["text"].as_str().unwrap();
        assert_eq!(shown.chars().count(), 3000);
        assert!(shown.ends_with("and 9,990 findings more"));
    }

    #[test]
    fn nobody_can_decide_any_more_and_all_see_how_it_ended() {
        let mut approval = pending();
        approval.state = ApprovalState::Done;
        let by = "slack:U024BE7LH".to_owned();
        approval.decided = Some(ApprovalDecision {
            by,
            name: Some("<@everyone>".to_owned()),
            reason: Some("ok".to_owned()),
            at_ms: 1500,
        });
        approval.outcome = Some(ApprovalOutcome {
            status: "COMPLETED".to_owned(),
            succeeded: 3,
            failed: 0,
            skipped: 1,
            fixed: 3,
            not_fixed: 0,
            ended_ms: 2000,
        });
        let message = for_slack(&scope(), &approval);
        let text = message.to_string();
        assert!(!text.contains("t0ken") && !text.contains(APPROVE), "{text}");
        let shown = message["blocks"][3]["text"]["text"].as_str().unwrap();
        assert_eq!(
            shown,
            "Approved by &lt;@everyone&gt; (slack:U024BE7LH) at 1970-01-01T00:00:01Z: ok\n\
             Task COMPLETED: 3 succeeded, 0 failed, 1 skipped; looked at again: 3 fixed, 0 not fixed"
        );
        let posted = for_webhook(&scope(), &approval, "x");
        assert_eq!((&posted["type"], &posted["token"]), (&json!("approval.ended"), &Json::Null));
        assert_eq!(posted["approval"]["taskId"], approval.id);
        let asked = for_webhook(&scope(), &pending(), "x");
        assert_eq!((&asked["type"], &asked["token"]), (&json!("approval.requested"), &json!("t0ken")));
        assert!(asked["approval"].get("taskId").is_none() && asked["approval"].get("token").is_none());
    }
}
