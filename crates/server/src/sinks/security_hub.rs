//! Security Hub: findings are imported, and archived when they are fixed or suppressed. Ids stay the same over all audits, so that importing
//! again, after a kill or in the next audit, changes nothing but the time.

use std::collections::HashMap;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Method};
use serde::Deserialize;

use super::asff::{AsffFinding, Mapping};
use super::finding::{About, SinkFinding};
use super::{Part, Sending, Sink, Taken, Trouble, What};
use crate::delivery::json_code;
use crate::egress::{Aws, AwsRequest, OutResponse};

/// The name in endpoints and signatures.
const SERVICE: &str = "securityhub";
/// Findings of one call (API reference, BatchImportFindings).
const FINDINGS_MAX: usize = 100;
/// Bytes of one finding (as above).
const FINDING_BYTES_MAX: usize = 240 << 10;
/// Bytes of one call (as above: 6 MB).
const CALL_BYTES_MAX: usize = 6_000_000;
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often findings that fail one by one are sent, and the pause between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

#[derive(Debug)]
pub(super) struct SecurityHub {
    pub(super) aws: Aws,
    pub(super) mapping: Mapping,
    /// In place of the audit's own.
    pub(super) region: Option<String>,
}

/// A finding as it is sent.
struct Ready {
    id: String,
    json: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    failed_count: u64,
    #[serde(default)]
    failed_findings: Vec<FailedFinding>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FailedFinding {
    #[serde(default)]
    id: String,
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    error_message: String,
}

impl Sink for SecurityHub {
    fn catches_up(&self) -> bool {
        true
    }

    fn joins(&self) -> Option<&Mapping> {
        self.mapping.joins().then_some(&self.mapping)
    }

    fn send<'a>(&'a self, part: Part<'a>) -> Sending<'a> {
        Box::pin(async move {
            let findings = match part.what {
                What::Findings(findings) => self.mapped(part.about, findings),
                What::End { runs, .. } => self.mapping.summaries(part.about, runs),
            };
            let mut taken = Taken::default();
            let mut ready = vec![];
            for finding in &findings {
                let json = serde_json::to_vec(finding).map_err(|error| Trouble::new(error.to_string()))?;
                if json.len() > FINDING_BYTES_MAX {
                    taken.refused += 1;
                    taken.error =
                        Some(format!("`{}` has {} bytes, which is too much", finding.id, json.len()));
                } else {
                    ready.push(Ready { id: finding.id.clone(), json });
                }
            }
            for call in calls(ready) {
                let done = self.import(part.about, call).await?;
                taken.sent += done.sent;
                taken.refused += done.refused;
                taken.error = done.error.or(taken.error);
            }
            Ok(taken)
        })
    }
}

impl SecurityHub {
    /// Findings that have one id become one.
    fn mapped(&self, about: &About, findings: &[SinkFinding]) -> Vec<AsffFinding> {
        let mut groups: Vec<Vec<SinkFinding>> = vec![];
        let mut places: HashMap<String, usize> = HashMap::new();
        for finding in findings {
            let place = *places.entry(self.mapping.id(about, finding)).or_insert(groups.len());
            match groups.get_mut(place) {
                Some(group) => group.push(finding.clone()),
                None => groups.push(vec![finding.clone()]),
            }
        }
        groups.iter().filter_map(|same| self.mapping.finding(about, same)).collect()
    }

    /// Imports the findings of one call. What fails by itself is tried again, and then refused; when all of them fail, it is not the findings.
    async fn import(&self, about: &About, mut waiting: Vec<Ready>) -> Result<Taken, Trouble> {
        let mut taken = Taken::default();
        let all = waiting.len();
        let mut why = String::new();
        for attempt in 0..TRIES {
            if attempt > 0 {
                tokio::time::sleep(PAUSE.saturating_mul(1 << attempt)).await;
            }
            let answer = self.call(about, &waiting).await?;
            let failed: HashMap<&str, &FailedFinding> =
                answer.failed_findings.iter().map(|one| (one.id.as_str(), one)).collect();
            if answer.failed_count > 0 && failed.is_empty() {
                return Err(Trouble::new(format!(
                    "{} findings failed, it does not say which",
                    answer.failed_count
                )));
            }
            let before = waiting.len();
            waiting.retain(|one| failed.contains_key(one.id.as_str()));
            taken.sent += (before - waiting.len()) as u64;
            match answer.failed_findings.first() {
                Some(first) if !waiting.is_empty() => {
                    why = format!("`{}`: {} {}", first.id, first.error_code, first.error_message);
                }
                _ => return Ok(taken),
            }
        }
        if waiting.len() == all {
            return Err(Trouble::new(format!("all findings failed, such as {why}")));
        }
        taken.refused = waiting.len() as u64;
        taken.error = Some(why);
        Ok(taken)
    }

    async fn call(&self, about: &About, findings: &[Ready]) -> Result<Answer, Trouble> {
        let request = AwsRequest {
            method: Method::POST,
            path: "/findings/import".to_owned(),
            headers: HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
            body: body(findings),
            timeout: TIMEOUT,
        };
        let region = self.region.as_deref().unwrap_or(&about.region);
        let answer = self.aws.call(SERVICE, region, request).await;
        let answer = answer.map_err(|error| Trouble::new(error.to_string()))?;
        if answer.status.is_success() {
            return serde_json::from_slice(&answer.body)
                .map_err(|error| Trouble::new(format!("an answer that is not Security Hub's: {error}")));
        }
        Err(Trouble { message: told(&answer), retry_after: retry_after(&answer.headers) })
    }
}

/// Cuts into calls that are small enough.
fn calls(findings: Vec<Ready>) -> Vec<Vec<Ready>> {
    let mut calls: Vec<Vec<Ready>> = vec![];
    let mut bytes = 0;
    for finding in findings {
        let more = finding.json.len() + 1;
        match calls.last_mut() {
            Some(call) if call.len() < FINDINGS_MAX && bytes + more < CALL_BYTES_MAX => {
                bytes += more;
                call.push(finding);
            }
            _ => {
                bytes = more + 20;
                calls.push(vec![finding]);
            }
        }
    }
    calls
}

fn body(findings: &[Ready]) -> Bytes {
    let mut body = BytesMut::from(r#"{"Findings":["#.as_bytes());
    for (at, finding) in findings.iter().enumerate() {
        if at > 0 {
            body.extend_from_slice(b",");
        }
        body.extend_from_slice(&finding.json);
    }
    body.extend_from_slice(b"]}");
    body.freeze()
}

/// What an error of AWS's APIs says: status, code and message.
fn told(answer: &OutResponse) -> String {
    let json: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let message = ["message", "Message"].iter().find_map(|name| json.get(name)?.as_str()).unwrap_or_default();
    let code = json_code(answer).unwrap_or_default();
    [answer.status.as_str(), &code, message].join(" ").replace("  ", " ").trim().to_owned()
}

/// What `Retry-After` asks for, when it is a number of seconds.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready(count: usize, bytes: usize) -> Vec<Ready> {
        (0..count).map(|at| Ready { id: at.to_string(), json: vec![b'1'; bytes] }).collect()
    }

    #[test]
    fn calls_have_at_most_a_hundred_findings_and_six_megabytes() {
        let sizes = |count, bytes| calls(ready(count, bytes)).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(sizes(0, 10), Vec::<usize>::new());
        assert_eq!(sizes(100, 10), [100]);
        assert_eq!(sizes(101, 10), [100, 1]);
        assert_eq!(sizes(30, FINDING_BYTES_MAX), [24, 6]);
        assert_eq!(&body(&ready(2, 1))[..], b"{\"Findings\":[1,1]}");
    }

    #[test]
    fn errors_are_told_with_code_and_message() {
        let answer = |headers: &[(&'static str, &'static str)], body: &'static str| OutResponse {
            status: http::StatusCode::BAD_REQUEST,
            headers: headers
                .iter()
                .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
                .collect::<HeaderMap>(),
            body: Bytes::from_static(body.as_bytes()),
            is_whole: true,
        };
        let both = answer(
            &[("x-amzn-errortype", "InvalidAccessException:http://internal")],
            r#"{"Message":"not subscribed"}"#,
        );
        assert_eq!(told(&both), "400 InvalidAccessException not subscribed");
        assert_eq!(told(&answer(&[], r#"{"__type":"ThrottlingException"}"#)), "400 ThrottlingException");
        assert_eq!(told(&answer(&[], "<html>")), "400");
        assert_eq!(retry_after(&answer(&[("retry-after", "7")], "").headers), Some(Duration::from_secs(7)));
    }
}
