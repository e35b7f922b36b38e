//! A webhook: JSON, signed with HMAC-SHA256 over time and body.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value as Json, json};
use thingwarden_engine::time::Timestamp;
use zeroize::Zeroizing;

use super::finding::{About, SinkFinding};
use super::post::post;
use super::signature::{SIGNATURE_HEADER, TIMESTAMP_HEADER, signature};
use super::{Part, Sending, Sink, Taken, Trouble, What};
use crate::egress::Client;

/// The same when a message is sent again.
const ID_HEADER: &str = "x-thingwarden-id";

pub(crate) struct Webhook {
    pub(crate) egress: Client,
    pub(crate) url: String,
    pub(crate) secret: Zeroizing<String>,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Webhook").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Sink for Webhook {
    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a> {
        Box::pin(async move {
            self.post(part.id, &body(&part)).await?;
            let sent = match part.what {
                What::Findings(findings) => findings.len() as u64,
                What::End { .. } => 0,
            };
            Ok(Taken { sent, ..Taken::default() })
        })
    }
}

impl Webhook {
    /// Posts a signed message.
    ///
    /// # Errors
    /// When nobody took it.
    pub(crate) async fn post(&self, id: &str, message: &Json) -> Result<(), Trouble> {
        let body = Bytes::from(message.to_string());
        let timestamp = crate::clock::now().millis().div_euclid(1000).to_string();
        let signature = signature(self.secret.as_bytes(), &timestamp, &body);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in [(ID_HEADER, id), (TIMESTAMP_HEADER, &timestamp), (SIGNATURE_HEADER, &signature)]
        {
            let value = HeaderValue::try_from(value).map_err(|error| Trouble::new(error.to_string()))?;
            headers.insert(HeaderName::from_static(name), value);
        }
        post(&self.egress, &self.url, headers, body).await
    }
}

/// What receivers get.
fn body(part: &Part<'_>) -> Json {
    let about = part.about;
    let mut body = json!({
        "version": 1,
        "id": part.id,
        "account": about.account,
        "region": about.region,
        "audit": audit(about),
    });
    let (kind, name, what) = match part.what {
        What::Findings(findings) => {
            ("audit.findings", "findings", findings.iter().map(finding).collect::<Json>())
        }
        What::End { summary, runs } => {
            let checks = runs.iter().map(|run| {
                json!({
                    "checkName": run.check,
                    "checkRunStatus": run.status,
                    "totalResourcesCount": run.examined,
                    "nonCompliantResourcesCount": run.non_compliant,
                    "suppressedNonCompliantResourcesCount": run.suppressed,
                    "errorCode": run.error_code,
                })
            });
            let summary = json!({
                "new": summary.new,
                "open": summary.open,
                "suppressed": summary.suppressed,
                "fixed": summary.fixed,
                "checks": checks.collect::<Json>(),
            });
            ("audit.ended", "summary", summary)
        }
    };
    if let Some(members) = body.as_object_mut() {
        members.insert("type".to_owned(), kind.into());
        members.insert(name.to_owned(), what);
    }
    body
}

fn audit(about: &About) -> Json {
    json!({
        "taskId": about.task,
        "taskType": about.task_type,
        "scheduledAuditName": about.schedule,
        "started": time(about.started_ms),
        "ended": time(about.ended_ms),
    })
}

/// In the words of AWS's `AuditFinding`.
fn finding(finding: &SinkFinding) -> Json {
    json!({
        "findingId": finding.id,
        "state": finding.change.as_str(),
        "checkName": finding.check,
        "severity": finding.severity,
        "nonCompliantResource": {
            "resourceType": finding.resource.resource_type,
            "resourceIdentifier": finding.resource.identifier,
            "additionalInfo": finding.resource.additional,
        },
        "reasonForNonCompliance": finding.reason,
        "reasonForNonComplianceCode": finding.reason_code,
        "firstSeen": time(finding.first_seen_ms),
        "seen": time(finding.seen_ms),
    })
}

fn time(at_ms: i64) -> String {
    Timestamp::from_millis(at_ms).to_string()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Change;
    use super::super::finding::samples::{about, certificate, policy};
    use super::super::summary::Summary;
    use super::*;

    #[test]
    fn findings_and_ends_say_what_they_are() {
        let about = about();
        let findings = [policy("1"), certificate(Change::Fixed)];
        let found = body(&Part { about: &about, id: "t/1", what: What::Findings(&findings) });
        assert_eq!((&found["type"], &found["id"]), (&json!("audit.findings"), &json!("t/1")));
        assert_eq!(found["audit"]["scheduledAuditName"], "nightly");
        let states: Vec<&Json> =
            found["findings"].as_array().unwrap().iter().map(|one| &one["state"]).collect();
        assert_eq!(states, ["NEW", "FIXED"]);
        let summary = Summary { new: 3, ..Summary::default() };
        let end =
            body(&Part { about: &about, id: "t/end", what: What::End { summary: &summary, runs: &[] } });
        assert_eq!((&end["type"], &end["summary"]["new"]), (&json!("audit.ended"), &json!(3)));
    }
}
