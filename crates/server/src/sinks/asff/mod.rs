//! Findings in the AWS Security Finding Format, for Security Hub's `BatchImportFindings`: in the way of AWS's sample solution
//! (`sample.rs`), so that findings imported by either meet, or of AWS's own integration (`integrated.rs`).

mod integrated;
mod sample;

use std::collections::BTreeMap;

use ring::digest::{SHA256, digest};
use serde::Serialize;
use serde_json::Value as Json;
use thingwarden_engine::ids::encode_hex;
use thingwarden_engine::time::Timestamp;
use thingwarden_store::records::AuditCheckRun;

use super::finding::{About, Change, SinkFinding};

/// Field lengths of the format's schema.
const TITLE_CHARS_MAX: usize = 256;
const DESCRIPTION_CHARS_MAX: usize = 1024;
const ID_CHARS_MAX: usize = 512;
const FIELD_CHARS_MAX: usize = 2048;

/// Findings that become one, at most; a resource does not have so many reasons.
const TOGETHER_MAX: usize = 32;

/// Which of AWS's two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// Of the sample solution: one finding for each check and resource.
    #[default]
    Sample,
    /// Of AWS's integration of Device Defender: one for each check, resource, policy version and reason, and one for each check.
    Integrated,
}

/// What findings are like beside what they say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mapping {
    pub(crate) style: Style,
    /// In place of the account's own default product.
    pub(crate) product_arn: Option<String>,
    /// Where a person looks an audit's check up, with `{region}`, `{account}`, `{task}` and `{check}` to be filled in; in place of AWS's console.
    pub(crate) link: Option<String>,
}

/// One finding of the format.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AsffFinding {
    schema_version: &'static str,
    pub(crate) id: String,
    product_arn: String,
    generator_id: String,
    aws_account_id: String,
    types: [String; 1],
    severity: Severity,
    title: String,
    description: String,
    compliance: Status,
    workflow: Status,
    record_state: &'static str,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remediation: Option<Remediation>,
    product_fields: BTreeMap<&'static str, String>,
    resources: [Resource; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    finding_provider_fields: Option<ProviderFields>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Severity {
    label: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalized: Option<u8>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Status {
    status: &'static str,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remediation {
    recommendation: Recommendation,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Recommendation {
    text: String,
    url: String,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    id: String,
    r#type: &'static str,
    partition: &'static str,
    region: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Json>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderFields {
    severity: ProviderSeverity,
    types: [String; 1],
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "PascalCase")]
struct ProviderSeverity {
    label: String,
}

impl Mapping {
    /// What Security Hub knows the finding by; it is the same in every audit.
    pub(crate) fn id(&self, about: &About, finding: &SinkFinding) -> String {
        bounded(&match self.style {
            Style::Sample => sample::id(about, finding),
            Style::Integrated => integrated::id(about, finding),
        })
    }

    /// Whether findings that differ in reason or version have one id.
    pub(crate) fn joins(&self) -> bool {
        self.style == Style::Sample
    }

    /// Findings that have one id, as one. None of none.
    pub(crate) fn finding(&self, about: &About, same: &[SinkFinding]) -> Option<AsffFinding> {
        match self.style {
            Style::Sample => sample::finding(self, about, same),
            Style::Integrated => integrated::finding(self, about, same),
        }
    }

    /// What is said about the checks themselves.
    pub(crate) fn summaries(&self, about: &About, runs: &[AuditCheckRun]) -> Vec<AsffFinding> {
        match self.style {
            Style::Sample => vec![],
            Style::Integrated => runs.iter().map(|run| integrated::summary(self, about, run)).collect(),
        }
    }

    fn product(&self, about: &About) -> String {
        let About { account, region, .. } = about;
        self.product_arn.clone().unwrap_or_else(|| {
            format!("arn:{}:securityhub:{region}:{account}:product/{account}/default", about.partition())
        })
    }

    fn link(&self, about: &About, check: &str) -> String {
        let template = self.link.as_deref().unwrap_or(AWS_CONSOLE);
        [
            ("{region}", about.region.as_str()),
            ("{account}", &about.account),
            ("{task}", &about.task),
            ("{check}", check),
        ]
        .into_iter()
        .fold(template.to_owned(), |link, (name, value)| link.replace(name, value))
    }
}

const AWS_CONSOLE: &str = "https://console.aws.amazon.com/iot/home?region={region}#/dd/audit/{task}/{check}";

/// Puts neighbors together that have one id.
pub(crate) fn together<'a>(
    mapping: &'a Mapping,
    about: &'a About,
    findings: impl Iterator<Item = SinkFinding> + 'a,
) -> impl Iterator<Item = Vec<SinkFinding>> + 'a {
    let mut findings = findings.peekable();
    std::iter::from_fn(move || {
        let first = findings.next()?;
        let id = mapping.id(about, &first);
        let mut same = vec![first];
        while same.len() < TOGETHER_MAX
            && let Some(next) = findings.next_if(|next| mapping.id(about, next) == id)
        {
            same.push(next);
        }
        Some(same)
    })
}

/// `ARCHIVED` when nothing of it is left to be dealt with.
fn record_state(same: &[SinkFinding]) -> &'static str {
    let is_over = |one: &SinkFinding| matches!(one.change, Change::Suppressed | Change::Fixed);
    if same.iter().all(is_over) { "ARCHIVED" } else { "ACTIVE" }
}

/// An id of at most 512 characters; of a longer one the end becomes a hash, because a mere cut would make two of one.
fn bounded(id: &str) -> String {
    if id.chars().count() <= ID_CHARS_MAX {
        return id.to_owned();
    }
    let hash = encode_hex(digest(&SHA256, id.as_bytes()).as_ref().get(..16).unwrap_or_default());
    let mut short: String = id.chars().take(ID_CHARS_MAX - hash.len() - 1).collect();
    short.push('~');
    short + &hash
}

/// ISO 8601 with microseconds and `Z`.
fn microseconds(at_ms: i64) -> String {
    let whole = Timestamp::from_seconds(at_ms.div_euclid(1000)).to_string();
    format!("{}.{:03}000Z", whole.trim_end_matches('Z'), at_ms.rem_euclid(1000))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_keep_to_the_schema() {
        let long = "ä".repeat(2000);
        assert_eq!(bounded(&long).chars().count(), 512);
        assert_ne!(bounded(&long), bounded(&format!("{long}x")));
        assert_eq!(bounded("a"), "a");
    }

    #[test]
    fn times_have_microseconds() {
        assert_eq!(microseconds(1_560_161_017_172), "2019-06-10T10:03:37.172000Z");
        assert_eq!(microseconds(-1), "1969-12-31T23:59:59.999000Z");
    }
}
