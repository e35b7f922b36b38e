//! SARIF 2.1.0 (OASIS), so that findings show up in code review: checks are rules, findings are results, and what could not be read
//! or judged is a notification of the invocation.

use std::fmt::Write as _;
use std::io::{self, Write};

use ring::digest::{SHA256, digest};
use serde::Serialize;
use thingwarden_engine::audit::report::{CheckOutcome, ReportedFinding};
use thingwarden_engine::audit::{Check, CheckRunStatus, Severity};
use thingwarden_engine::ids::encode_hex;

use super::text::escape;
use super::wire::{self, Lazy};
use super::{Audit, page};
use crate::snapshot::{Position, Skipped};

pub(crate) const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let outcomes = &audit.report.outcomes;
    let started = audit.report.started.to_string();
    let results = || {
        outcomes.iter().enumerate().flat_map(|(rule, outcome)| {
            outcome.findings.iter().map(move |found| SarifResult::new(audit, outcome.check, rule, found))
        })
    };
    let notifications = || {
        let skipped = audit.input.skipped.iter().map(Notification::of_skipped);
        let failed =
            outcomes.iter().enumerate().filter(|(_, outcome)| outcome.status == CheckRunStatus::Failed);
        let more = (audit.input.skipped_more > 0).then(|| Notification::of_more(audit.input.skipped_more));
        skipped.chain(more).chain(failed.map(|(rule, outcome)| Notification::of_failed(rule, outcome)))
    };
    let crashed = outcomes.iter().any(|outcome| outcome.error_code == Some("INTERNAL_FAILURE"));
    let log = Log {
        schema: SCHEMA,
        version: "2.1.0",
        runs: [Run {
            tool: Tool {
                driver: Driver {
                    name: "Thingwarden",
                    semantic_version: env!("CARGO_PKG_VERSION"),
                    rules: Lazy(|| outcomes.iter().map(|outcome| Rule::of(outcome.check))),
                },
            },
            invocations: [Invocation {
                execution_successful: audit.input.skipped.is_empty() && !crashed,
                start_time_utc: &started,
                tool_execution_notifications: Lazy(notifications),
            }],
            column_kind: "unicodeCodePoints",
            results: Lazy(results),
        }],
    };
    wire::document(&log, out)
}

#[derive(Serialize)]
struct Log<'a, R: Serialize, N: Serialize, F: Serialize> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'a, R, N, F>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'a, R: Serialize, N: Serialize, F: Serialize> {
    tool: Tool<R>,
    invocations: [Invocation<'a, N>; 1],
    column_kind: &'static str,
    results: F,
}

#[derive(Serialize)]
struct Tool<R: Serialize> {
    driver: Driver<R>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<R: Serialize> {
    name: &'static str,
    semantic_version: &'static str,
    rules: R,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'a> {
    id: &'static str,
    short_description: Message,
    full_description: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<&'a str>,
    help: Help,
    default_configuration: Configuration,
    properties: RuleProperties,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct RuleProperties {
    /// GitHub code scanning reads a CVSS-like number from this property: above 9.0 critical, from 7.0 high, from 4.0 medium.
    #[serde(rename = "security-severity")]
    security_severity: &'static str,
    tags: [&'static str; 2],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'a, N: Serialize> {
    execution_successful: bool,
    start_time_utc: &'a str,
    tool_execution_notifications: N,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    level: &'static str,
    message: Message,
    #[serde(skip_serializing_if = "Option::is_none")]
    associated_rule: Option<RuleReference>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location>,
}

#[derive(Serialize)]
struct RuleReference {
    id: &'static str,
    index: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult {
    rule_id: &'static str,
    rule_index: usize,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<SarifSuppression>,
    properties: ResultProperties,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "thingwardenFinding/v1")]
    finding: String,
}

#[derive(Serialize)]
struct SarifSuppression {
    kind: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResultProperties {
    severity: &'static str,
    reason_code: &'static str,
    resource_type: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logical_locations: Option<[LogicalLocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct ArtifactLocation {
    uri: String,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    #[serde(skip_serializing_if = "Option::is_none")]
    start_line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    byte_offset: Option<u64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation {
    name: String,
    kind: &'static str,
}

impl<'a> Rule<'a> {
    fn of(check: &'static Check) -> Self
    where
        'static: 'a,
    {
        let summary = page::plain(&check.summary());
        let why = page::plain(&page::paragraph(check.manual, "Why it matters"));
        let fix = page::plain(&page::paragraph(check.manual, "How to fix"));
        Self {
            id: check.name,
            full_description: Message { text: format!("{summary} {why}").trim().to_owned() },
            help_uri: page::address(check.manual),
            help: Help {
                text: if fix.is_empty() { summary.clone() } else { fix },
                markdown: page::manual(check.manual),
            },
            short_description: Message { text: summary },
            default_configuration: Configuration { level: level(check.severity) },
            properties: RuleProperties {
                security_severity: match check.severity {
                    Severity::Critical => "9.5",
                    Severity::High => "8.0",
                    Severity::Medium => "5.5",
                    Severity::Low => "2.0",
                },
                tags: ["security", "iot"],
            },
        }
    }
}

impl SarifResult {
    fn new(audit: &Audit<'_>, check: &'static Check, rule_index: usize, found: &ReportedFinding) -> Self {
        let finding = &found.finding;
        let resource = finding.resource.to_string();
        let resource_type = finding.resource.resource_type().as_str();
        let shown = escape(&resource);
        // Readers of SARIF in code review refuse results without a file; an input file is better than none.
        let place = audit.place(finding.source).or_else(|| audit.fleet.first_file().map(|file| (file, 0)));
        let column = finding.source.map_or(0, |source| source.column);
        let physical = place.map(|(file, line)| PhysicalLocation {
            artifact_location: ArtifactLocation { uri: uri(file) },
            region: Region::at(line.into(), column),
        });
        Self {
            rule_id: check.name,
            rule_index,
            level: level(check.severity),
            message: Message { text: format!("{}: {}", unlinked(&shown), escape(finding.sentence())) },
            locations: [Location {
                physical_location: physical,
                logical_locations: Some([LogicalLocation { name: shown.into_owned(), kind: "resource" }]),
            }],
            partial_fingerprints: Fingerprints {
                finding: fingerprint([check.name, resource_type, &resource, finding.reason.code]),
            },
            suppressions: if found.suppressed { vec![SarifSuppression { kind: "external" }] } else { vec![] },
            properties: ResultProperties {
                severity: check.severity.as_str(),
                reason_code: finding.reason.code,
                resource_type,
            },
        }
    }
}

impl Region {
    /// A line, and a column; 0 for what is not known.
    fn at(line: u64, column: u32) -> Option<Self> {
        let start_column = (column > 0).then_some(column);
        (line > 0).then_some(Self { start_line: Some(line), start_column, byte_offset: None })
    }
}

impl Notification {
    fn of_skipped(skipped: &Skipped) -> Self {
        let region = skipped.at.and_then(|at| match at {
            Position::Line(line) => Region::at(line, 0),
            Position::Character { line, column } => Region::at(line, column),
            Position::Byte(byte) => Some(Region { byte_offset: Some(byte), ..Region::default() }),
        });
        let artifact_location = ArtifactLocation { uri: uri(&skipped.path) };
        Self {
            level: "error",
            message: Message { text: format!("skipped: {}", escape(&skipped.what)) },
            associated_rule: None,
            locations: vec![Location {
                physical_location: Some(PhysicalLocation { artifact_location, region }),
                logical_locations: None,
            }],
        }
    }

    fn of_more(count: u64) -> Self {
        Self {
            level: "error",
            message: Message { text: format!("skipped: {count} more inputs") },
            associated_rule: None,
            locations: vec![],
        }
    }

    fn of_failed(rule: usize, outcome: &CheckOutcome) -> Self {
        let why = outcome.message.as_deref().unwrap_or("the check could not run");
        Self {
            level: if outcome.error_code == Some("INTERNAL_FAILURE") { "error" } else { "warning" },
            message: Message { text: format!("{} could not be judged: {}", outcome.check.name, escape(why)) },
            associated_rule: Some(RuleReference { id: outcome.check.name, index: rule }),
            locations: vec![],
        }
    }
}

const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low => "note",
    }
}

/// The same finding in another run has the same fingerprint: what makes it, without task id and time.
fn fingerprint(parts: [&str; 4]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
        text.push('\0');
    }
    encode_hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Viewers turn `[text](target)` in a message into a link (SARIF 3.11.6); a name from the input must not do that.
fn unlinked(name: &str) -> String {
    name.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

/// A path as a URI reference (RFC 3986): relative to the working folder, or with the scheme `file` when absolute.
fn uri(path: &str) -> String {
    let relative = path.strip_prefix("./").unwrap_or(path);
    let mut out = String::with_capacity(relative.len() + 8);
    if relative.starts_with('/') {
        out.push_str("file://");
    }
    for byte in relative.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};
    use super::*;

    #[test]
    fn paths_become_uri_references() {
        let check = |path: &str, expected: &str| assert_eq!(uri(path), expected);
        check("./a/b.pem", "a/b.pem");
        check("../a b#1?.pem", "../a%20b%231%3F.pem");
        check("/etc/ssl/ü", "file:///etc/ssl/%C3%BC");
        check("c:evil\u{1b}", "c%3Aevil%1B");
    }

    #[test]
    fn findings_are_results_with_rules_places_and_fingerprints() {
        let text = rendered(Format::Sarif, &sample());
        let log: serde_json::Value = serde_json::from_str(&text).unwrap();
        let run = &log["runs"][0];
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        let results = run["results"].as_array().unwrap();
        assert_eq!((rules.len(), results.len()), (5, 5));
        for result in results {
            let rule = &rules[usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
            assert_eq!(rule["id"], result["ruleId"]);
            assert_eq!(rule["defaultConfiguration"]["level"], result["level"]);
        }
        let place = &results[0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "snapshot/certificates.jsonl");
        assert_eq!(place["region"]["startLine"], 161);
        assert_eq!(results[0]["level"], "warning");
        assert!(results[0].get("suppressions").is_none());
        assert_eq!(results[1]["suppressions"][0]["kind"], "external");
        let elsewhere = &results[2]["locations"][0]["physicalLocation"];
        assert_eq!(
            elsewhere["artifactLocation"]["uri"], "snapshot/certificates.jsonl",
            "a file all the same"
        );
        assert!(elsewhere.get("region").is_none());
        assert_eq!(results[2]["locations"][0]["logicalLocations"][0]["name"], "=cmd|'/c'!A1\\u{1b}[31m");
        assert_eq!(
            results[3]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            "policies/evil%20%1B%5B1m%231.json"
        );
        assert!(results[3]["locations"][0]["physicalLocation"].get("region").is_none());
        assert_eq!(rules[0]["helpUri"], "https://www.rfc-editor.org/rfc/rfc5280");
        assert!(rules[1].get("helpUri").is_none());
        assert!(!rules[0]["help"]["markdown"].as_str().unwrap().contains("```fleet"));
        assert_eq!(rules[2]["properties"]["security-severity"], "9.5");
    }

    #[test]
    fn what_was_not_read_or_judged_is_told() {
        let text = rendered(Format::Sarif, &sample());
        let log: serde_json::Value = serde_json::from_str(&text).unwrap();
        let invocation = &log["runs"][0]["invocations"][0];
        assert_eq!(invocation["executionSuccessful"], false);
        let told = invocation["toolExecutionNotifications"].as_array().unwrap();
        assert_eq!(told.len(), 5);
        assert_eq!(told[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
        assert_eq!(told[1]["locations"][0]["physicalLocation"]["region"]["byteOffset"], 12);
        assert_eq!(told[3]["associatedRule"]["id"], "LOGGING_DISABLED_CHECK");
    }

    #[test]
    fn fingerprints_do_not_know_the_run() {
        let print = |log: &str| {
            let log: serde_json::Value = serde_json::from_str(log).unwrap();
            log["runs"][0]["results"][0]["partialFingerprints"]["thingwardenFinding/v1"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        let first = sample();
        let mut second = sample();
        second.report.task_id = "0".repeat(32);
        second.report.started = thingwarden_engine::time::Timestamp::from_seconds(1);
        assert_eq!(print(&rendered(Format::Sarif, &first)), print(&rendered(Format::Sarif, &second)));
        assert_ne!(fingerprint(["a", "b", "c", "d"]), fingerprint(["a", "bc", "", "d"]));
    }

    #[test]
    fn a_name_is_no_link() {
        assert_eq!(unlinked("[x](http://y)"), "\\[x\\](http://y)");
    }
}
