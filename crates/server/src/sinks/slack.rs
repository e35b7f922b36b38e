//! Slack: one message for an audit that changed something, in Block Kit (api.slack.com/block-kit), to an incoming webhook.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value as Json, json};
use thingwarden_store::records::AuditCheckRun;
use zeroize::Zeroizing;

use super::finding::About;
use super::post::post;
use super::summary::Summary;
use super::{Part, Sending, Sink, Taken, Trouble, What};
use crate::egress::Client;
use crate::output::text::{clip, escape};

/// Characters of a section (Block Kit reference).
const SECTION_CHARS_MAX: usize = 3000;
/// Checks that failed and are named.
const FAILED_MAX: usize = 10;

pub(crate) struct Slack {
    pub(crate) egress: Client,
    /// Whoever knows it may post.
    pub(crate) url: Zeroizing<String>,
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").finish_non_exhaustive()
    }
}

impl Sink for Slack {
    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a> {
        Box::pin(async move {
            // Findings are counted on the way; people are told once.
            let What::End { summary, runs } = part.what else { return Ok(Taken::default()) };
            let Some(message) = message(part.about, summary, runs) else { return Ok(Taken::default()) };
            self.post(&message).await?;
            Ok(Taken { sent: summary.new + summary.fixed, ..Taken::default() })
        })
    }
}

impl Slack {
    /// Posts a message.
    ///
    /// # Errors
    /// When Slack did not take it.
    pub(crate) async fn post(&self, message: &Json) -> Result<(), Trouble> {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]);
        post(&self.egress, &self.url, headers, Bytes::from(message.to_string())).await
    }
}

/// None when there is nothing new, nothing fixed and every check ran.
fn message(about: &About, summary: &Summary, runs: &[AuditCheckRun]) -> Option<Json> {
    let failed: Vec<&str> =
        runs.iter().filter(|run| run.status == "FAILED").map(|run| run.check.as_str()).collect();
    if summary.new == 0 && summary.fixed == 0 && failed.is_empty() {
        return None;
    }
    let Summary { new, open, suppressed, fixed, .. } = summary;
    let numbers = format!("{new} new, {fixed} fixed, {open} still open, {suppressed} suppressed");
    let title = format!("Audit {} of {} in {}", about.schedule_name(), about.account, about.region);
    let mut blocks = vec![
        json!({"type": "header", "text": {"type": "plain_text", "text": clip(&title, 150)}}),
        section(&format!("*{numbers}*")),
    ];
    if !summary.named.is_empty() {
        let lines = summary.named.iter().map(|one| {
            let (check, resource, reason) =
                (mark_down(&one.check), mark_down(&one.resource), mark_down(&one.reason));
            format!("{} *{check}* `{resource}`: {reason}", one.severity)
        });
        let mut text = lines.collect::<Vec<_>>().join("\n");
        let more = new.saturating_sub(summary.named.len() as u64);
        if more > 0 {
            text.push_str(&format!("\nand {more} more"));
        }
        blocks.push(section(&text));
    }
    if !failed.is_empty() {
        let named: Vec<&str> = failed.iter().take(FAILED_MAX).copied().collect();
        let text = format!("{} checks could not tell, such as {}", failed.len(), named.join(", "));
        blocks.push(section(&mark_down(&text)));
    }
    let task =
        format!("task {}: `thingwarden findings --since {}`", about.task, about.started_ms.div_euclid(1000));
    blocks.push(json!({"type": "context", "elements": [{"type": "mrkdwn", "text": task}]}));
    Some(json!({"text": format!("{title}: {numbers}"), "blocks": blocks}))
}

/// A block of text.
pub(crate) fn section(text: &str) -> Json {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": clip(text, SECTION_CHARS_MAX)}})
}

/// Text that is nothing but text: no mentions, links or code.
pub(crate) fn mark_down(text: &str) -> String {
    escape(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('`', "'")
}

#[cfg(test)]
mod tests {
    use super::super::finding::samples::{about, policy};
    use super::*;

    #[test]
    fn an_audit_that_changed_something_is_told_with_the_worst_of_it() {
        let mut summary = Summary { fixed: 2, ..Summary::default() };
        let mut hostile = policy("1");
        hostile.resource.identifier = json!({"clientId": "<!channel> `x` & <https://evil.example|ok>"});
        summary.count(&hostile);
        let message = message(&about(), &summary, &[]).unwrap();
        assert_eq!(
            message["text"],
            "Audit nightly of 123456789012 in eu-west-1: 1 new, 2 fixed, 0 still open, 0 suppressed"
        );
        let section = message["blocks"][2]["text"]["text"].as_str().unwrap();
        assert!(
            section.contains("`&lt;!channel&gt; 'x' &amp; &lt;https://evil.example|ok&gt;`"),
            "{section}"
        );
    }

    #[test]
    fn an_audit_that_changed_nothing_is_not_told() {
        let summary = Summary { open: 7, suppressed: 1, ..Summary::default() };
        assert_eq!(message(&about(), &summary, &[]), None);
        let mut run = AuditCheckRun::waiting("t", "LOGGING_DISABLED_CHECK");
        run.status = "FAILED".to_owned();
        let message = message(&about(), &summary, &[run]).unwrap();
        assert!(message.to_string().contains("1 checks could not tell, such as LOGGING_DISABLED_CHECK"));
    }
}
