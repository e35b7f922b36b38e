//! The readable report, for a terminal of 100 columns: what was read, findings by severity with what to do about them, all checks that
//! ran, input that was not read, and the verdict in one line.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use thingwarden_engine::audit::report::{CheckOutcome, ReportedFinding};
use thingwarden_engine::audit::{CheckRunStatus, Resource, Severity};
use thingwarden_engine::time::Timestamp;
use unicode_width::UnicodeWidthStr;

use super::style::Paint;
use super::text::{counted, escape, grouped, size, wrap};
use super::{Audit, Look, page};
use crate::snapshot::{Position, Skipped};

const WIDTH: usize = 100;
/// Resources shown of one check unless all are wanted.
const RESOURCES_SHOWN: usize = 10;
/// Related resources and things shown of one finding unless all are wanted.
const RELATED_SHOWN: usize = 3;
const IGNORED_SHOWN: usize = 10;
/// Of one value of `additionalInfo`, unless all is wanted.
const EVIDENCE_CHARS_SHOWN: usize = 160;

pub(super) fn write(audit: &Audit<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    let mut report = Report { audit, look, paint: Paint { on: look.color }, out };
    report.header()?;
    for severity in Severity::ALL {
        report.findings_of(severity)?;
    }
    report.checks()?;
    report.input()?;
    report.verdict()
}

struct Report<'a, 'o> {
    audit: &'a Audit<'a>,
    look: Look,
    paint: Paint,
    out: &'o mut dyn Write,
}

impl Report<'_, '_> {
    fn header(&mut self) -> io::Result<()> {
        let Audit { report, fleet, input } = *self.audit;
        let title = format!("Thingwarden {}: audit as of {}", env!("CARGO_PKG_VERSION"), report.started);
        writeln!(self.out, "{}", self.paint.bold(&title))?;
        let account =
            format!("Account {}, region {}, task {}", report.account, report.region, report.task_id);
        self.wrapped("", &account, Paint::dim)?;
        let [devices, authorities, policies, things, events] = fleet.sizes();
        let mut parts = vec![
            counted(devices, "device certificate"),
            counted(authorities, "CA certificate"),
            counted(policies, "policy version"),
        ];
        for (number, noun) in [(things, "thing"), (events, "connection event")] {
            if number > 0 {
                parts.push(counted(number, noun));
            }
        }
        match (input.revocation_lists, input.revocation_lists_stale) {
            (0, _) => {}
            (lists, 0) => parts.push(counted(lists, "revocation list")),
            (lists, stale) => {
                parts.push(format!("{} ({} stale)", counted(lists, "revocation list"), grouped(stale)))
            }
        }
        let read =
            format!("Read {} ({}): {}", counted(input.files, "file"), size(input.bytes), parts.join(", "));
        self.wrapped("", &read, |_, line| line.to_owned())
    }

    fn findings_of(&mut self, severity: Severity) -> io::Result<()> {
        let all = self.look.all;
        let relevant = |outcome: &&CheckOutcome| {
            outcome.check.severity == severity && (outcome.non_compliant > 0 || all && outcome.suppressed > 0)
        };
        let outcomes: Vec<&CheckOutcome> = self.audit.report.outcomes.iter().filter(relevant).collect();
        if outcomes.is_empty() {
            return Ok(());
        }
        let resources: u64 = outcomes.iter().map(|outcome| outcome.non_compliant).sum();
        let name = format!(" {severity} ");
        let title =
            format!(" {} in {} ", counted(resources, "resource"), counted(outcomes.len() as u64, "check"));
        let rule = "─".repeat(WIDTH.saturating_sub(name.width() + title.width()));
        writeln!(self.out)?;
        writeln!(self.out, "{}{title}{}", self.paint.severity(severity, &name), self.paint.dim(&rule))?;
        for outcome in outcomes {
            self.findings_of_check(outcome)?;
        }
        Ok(())
    }

    fn findings_of_check(&mut self, outcome: &CheckOutcome) -> io::Result<()> {
        let mut count = counted(outcome.non_compliant, "resource");
        if outcome.suppressed > 0 {
            let _ = write!(count, ", {} suppressed", grouped(outcome.suppressed));
        }
        writeln!(self.out)?;
        writeln!(self.out, "{}: {count}", self.paint.bold(outcome.check.name))?;
        let summary = page::plain(&outcome.check.summary());
        self.wrapped("  ", &summary, |_, line| line.to_owned())?;
        writeln!(self.out)?;
        let shown: Vec<&ReportedFinding> =
            outcome.findings.iter().filter(|found| self.look.all || !found.suppressed).collect();
        let groups = || {
            shown.chunk_by(|a, b| a.finding.resource == b.finding.resource && a.suppressed == b.suppressed)
        };
        let limit = if self.look.all { usize::MAX } else { RESOURCES_SHOWN };
        for group in groups().take(limit) {
            self.resource(group)?;
        }
        let more = groups().count().saturating_sub(limit);
        if more > 0 {
            let text = format!("  ... and {} more (--all shows them)", grouped(more as u64));
            writeln!(self.out, "{}", self.paint.dim(&text))?;
        }
        let fix = page::plain(&page::paragraph(outcome.check.manual, "How to fix"));
        if !fix.is_empty() {
            writeln!(self.out)?;
            let lines = wrap(&format!("How to fix: {fix}"), WIDTH - 2);
            for line in lines {
                let line = match line.strip_prefix("How to fix:") {
                    Some(rest) => format!("{}{rest}", self.paint.good("How to fix:")),
                    None => line,
                };
                writeln!(self.out, "  {line}")?;
            }
        }
        Ok(())
    }

    /// One resource with all that was found on it.
    fn resource(&mut self, group: &[&ReportedFinding]) -> io::Result<()> {
        let Some(first) = group.first() else { return Ok(()) };
        let resource = &first.finding.resource;
        let mut name = self.name(resource);
        if first.suppressed {
            name.push_str(" [suppressed]");
        }
        let place = self.audit.place(first.finding.source).map(|(file, line)| match line {
            0 => escape(file).into_owned(),
            line => format!("{}:{line}", escape(file)),
        });
        let place = place.unwrap_or_default();
        if !place.is_empty() && name.width() + place.width() + 6 <= WIDTH {
            writeln!(self.out, "  • {}  {}", self.paint.bold(&name), self.paint.dim(&place))?;
        } else {
            let mut indent = "  • ";
            for line in wrap(&name, WIDTH - 4) {
                writeln!(self.out, "{indent}{}", self.paint.bold(&line))?;
                indent = "    ";
            }
            self.wrapped("    ", &place, Paint::dim)?;
        }
        for found in group {
            let mut text = escape(found.finding.sentence()).into_owned();
            text.push_str(&self.evidence(&found.finding.additional));
            self.wrapped("    ", &text, |_, line| line.to_owned())?;
            let related: Vec<String> = found
                .finding
                .related
                .iter()
                .map(|one| {
                    let kind = one.resource.resource_type().as_str().to_lowercase().replace('_', " ");
                    format!("{kind} {}{}", self.name(&one.resource), self.evidence(&one.additional))
                })
                .collect();
            self.listed("touches", &related)?;
        }
        if let Resource::DeviceCertificate(id) = resource {
            let things: Vec<String> =
                self.audit.things_of(id).into_iter().map(|name| escape(name).into_owned()).collect();
            self.listed("attached to", &things)?;
        }
        Ok(())
    }

    /// ` [KEY value, ...]`; epoch milliseconds under a key of time become a date, long values are cut unless all is wanted.
    fn evidence(&self, additional: &[(&'static str, String)]) -> String {
        if additional.is_empty() {
            return String::new();
        }
        let shown: Vec<String> = additional
            .iter()
            .map(|(key, value)| {
                let millis =
                    value.parse::<i64>().ok().filter(|_| key.ends_with("_TIME") && value.len() >= 10);
                match millis {
                    Some(millis) => format!("{key} {}", Timestamp::from_millis(millis)),
                    None if self.look.all => format!("{key} {}", escape(value)),
                    None => format!("{key} {}", escape(&cut(value, EVIDENCE_CHARS_SHOWN))),
                }
            })
            .collect();
        format!(" [{}]", shown.join(", "))
    }

    /// `what: a, b, c and 5 more`.
    fn listed(&mut self, what: &str, names: &[String]) -> io::Result<()> {
        if names.is_empty() {
            return Ok(());
        }
        let limit = if self.look.all { names.len() } else { RELATED_SHOWN };
        let mut text =
            format!("{what}: {}", names.iter().take(limit).cloned().collect::<Vec<_>>().join(", "));
        if names.len() > limit {
            let _ = write!(text, " and {} more", grouped((names.len() - limit) as u64));
        }
        self.wrapped("    ", &text, Paint::dim)
    }

    /// The identifier for people: certificate ids shortened unless everything is wanted.
    fn name(&self, resource: &Resource) -> String {
        match resource {
            Resource::CaCertificate(id)
            | Resource::DeviceCertificate(id)
            | Resource::IssuerCertificate { id, .. } => {
                let hex = id.to_string();
                let mut name =
                    if self.look.all { hex } else { format!("{}…", hex.get(..16).unwrap_or(&hex)) };
                if let Resource::IssuerCertificate { subject, .. } = resource {
                    let _ = write!(name, " ({})", escape(subject));
                }
                name
            }
            other => escape(&other.to_string()).into_owned(),
        }
    }

    fn checks(&mut self) -> io::Result<()> {
        let outcomes = &self.audit.report.outcomes;
        let unknown = self.audit.report.count(CheckRunStatus::Failed) as u64;
        let title =
            format!(" Checks: {} ran, {} could not be judged ", outcomes.len() as u64 - unknown, unknown);
        let rule = "─".repeat(WIDTH.saturating_sub(title.width() + 1));
        writeln!(self.out)?;
        writeln!(self.out, "{}{}", self.paint.dim("─"), self.paint.bold(&title) + &self.paint.dim(&rule))?;
        let heading = format!("  {:<60}  {:<24}  {:>8}", "Check", "Result", "Examined");
        writeln!(self.out, "{}", self.paint.dim(&heading))?;
        for outcome in outcomes {
            let result = result(outcome);
            let padded = format!("{result:<24}");
            let painted = match outcome.status {
                CheckRunStatus::CompletedNonCompliant => self.paint.bad(&padded),
                CheckRunStatus::CompletedCompliant => self.paint.good(&padded),
                CheckRunStatus::Failed | CheckRunStatus::Canceled => self.paint.warning(&padded),
            };
            writeln!(self.out, "  {:<60}  {painted}  {:>8}", outcome.check.name, grouped(outcome.examined))?;
            if let Some(message) = &outcome.message {
                self.wrapped("      ", &escape(message), Paint::dim)?;
            }
        }
        Ok(())
    }

    fn input(&mut self) -> io::Result<()> {
        let input = self.audit.input;
        if !input.skipped.is_empty() {
            let title =
                format!("Skipped, because it could not be read: {}", counted(input.skipped_count(), "input"));
            writeln!(self.out, "\n{}", self.paint.bad(&title))?;
            for skipped in input.skipped {
                self.wrapped("  ", &skipped_line(skipped), |_, line| line.to_owned())?;
            }
            if input.skipped_more > 0 {
                writeln!(self.out, "  ... and {} more", grouped(input.skipped_more))?;
            }
        }
        if !input.ignored.is_empty() {
            let title = format!(
                "Ignored, because it is nothing to audit: {}",
                counted(input.ignored.len() as u64 + input.ignored_more, "input")
            );
            writeln!(self.out, "\n{}", self.paint.bold(&title))?;
            let limit = if self.look.all { usize::MAX } else { IGNORED_SHOWN };
            for ignored in input.ignored.iter().take(limit) {
                let text = format!("{}: {}", escape(&ignored.path), escape(&ignored.what));
                self.wrapped("  ", &text, |_, line| line.to_owned())?;
            }
            let hidden = input.ignored.len().saturating_sub(limit) as u64;
            let more = hidden + input.ignored_more;
            if more > 0 {
                let hint = if hidden > 0 { " (--all shows more)" } else { "" };
                let text = format!("  ... and {} more{hint}", grouped(more));
                writeln!(self.out, "{}", self.paint.dim(&text))?;
            }
        }
        if !input.notes.is_empty() {
            writeln!(self.out, "\n{}", self.paint.bold("Notes"))?;
            for note in input.notes {
                self.wrapped("  ", &escape(note), |_, line| line.to_owned())?;
            }
        }
        Ok(())
    }

    fn verdict(&mut self) -> io::Result<()> {
        let report = self.audit.report;
        let is_clean = report.outcomes.iter().all(|outcome| outcome.non_compliant == 0);
        let is_complete = report.count(CheckRunStatus::Failed) == 0 && self.audit.input.skipped.is_empty();
        writeln!(self.out)?;
        self.wrapped("", &verdict_line(self.audit), |paint, line| match (is_clean, is_complete) {
            (false, _) => paint.bad(line),
            (true, true) => paint.good(line),
            (true, false) => paint.warning(line),
        })
    }

    fn wrapped(&mut self, indent: &str, text: &str, paint: impl Fn(Paint, &str) -> String) -> io::Result<()> {
        for line in wrap(text, WIDTH - indent.len()) {
            writeln!(self.out, "{indent}{}", paint(self.paint, &line))?;
        }
        Ok(())
    }
}

/// The audit in one line.
pub(crate) fn verdict_line(audit: &Audit<'_>) -> String {
    let report = audit.report;
    let bad: Vec<&CheckOutcome> =
        report.outcomes.iter().filter(|outcome| outcome.non_compliant > 0).collect();
    let findings = report.findings().filter(|(_, found)| !found.suppressed).count() as u64;
    let suppressed: u64 = report.outcomes.iter().map(|outcome| outcome.suppressed).sum();
    let unknown = report.count(CheckRunStatus::Failed);
    let judged = report.outcomes.len() - unknown;
    let mut text = match bad.iter().map(|outcome| outcome.check.severity).max() {
        Some(worst) => format!(
            "NON-COMPLIANT: {} in {}, worst {worst}",
            counted(findings, "finding"),
            counted(bad.len() as u64, "check"),
        ),
        None if judged == 0 => "NOT JUDGED: no check had what it needs".to_owned(),
        None => format!("COMPLIANT: nothing found by {}", counted(judged as u64, "check")),
    };
    if suppressed > 0 {
        let _ = write!(text, "; {} suppressed", grouped(suppressed));
    }
    if unknown > 0 && judged > 0 {
        let _ = write!(text, "; {} not judged", grouped(unknown as u64));
    }
    if !audit.input.skipped.is_empty() {
        let _ = write!(text, "; {} skipped", counted(audit.input.skipped_count(), "input"));
    }
    text
}

/// The line for input that was not read: file, place, what is wrong.
pub(crate) fn skipped_line(skipped: &Skipped) -> String {
    let (path, what) = (escape(&skipped.path), escape(&skipped.what));
    match skipped.at {
        Some(Position::Line(line)) => format!("{path}:{line}: {what}"),
        Some(Position::Character { line, column }) => format!("{path}:{line}:{column}: {what}"),
        Some(Position::Byte(byte)) => format!("{path}: byte {byte}: {what}"),
        None => format!("{path}: {what}"),
    }
}

fn result(outcome: &CheckOutcome) -> String {
    let verdict = match (outcome.status, outcome.error_code) {
        (CheckRunStatus::CompletedNonCompliant, _) => {
            return format!("NON_COMPLIANT {}", grouped(outcome.non_compliant));
        }
        (CheckRunStatus::CompletedCompliant, _) => "compliant",
        (CheckRunStatus::Canceled, _) => "canceled",
        (CheckRunStatus::Failed, Some("PARTIAL_DATA")) => "could not see everything",
        (CheckRunStatus::Failed, Some("INTERNAL_FAILURE")) => "the check failed",
        (CheckRunStatus::Failed, _) => "could not run",
    };
    verdict.to_owned()
}

/// The first characters of a text, with dots where it goes on.
fn cut(text: &str, chars: usize) -> Cow<'_, str> {
    match text.char_indices().nth(chars) {
        Some((end, _)) => Cow::Owned(format!("{}...", text.get(..end).unwrap_or(text))),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, rendered_with, sample};
    use super::super::text::is_hostile;
    use super::*;

    fn check(text: &str, expected: &str) {
        assert!(text.contains(expected), "no `{expected}` in:\n{text}");
    }

    #[test]
    fn the_report_tells_everything_an_operator_needs() {
        let text = rendered(Format::Report, &sample());
        check(&text, "audit as of 2026-03-01T00:00:00Z\n");
        check(
            &text,
            "Read 3 files (4.0 KiB): 0 device certificates, 0 CA certificates, 0 policy versions, 2 revocation\nlists (1 stale)\n",
        );
        check(
            &text,
            "DEVICE_CERTIFICATE_EXPIRING_CHECK: 1 resource, 1 suppressed\n  Finds device certificates that end soon.\n",
        );
        check(&text, "  • a1a1a1a1a1a1a1a1…  snapshot/certificates.jsonl:161\n");
        check(
            &text,
            "Certificate is past its expiration. [EXPIRATION_TIME 2020-02-28T04:03:46Z]\n    attached to: press-1, press-2\n",
        );
        check(&text, "  How to fix: Issue a new certificate, attach it, and only then revoke the old one.\n");
        check(
            &text,
            "touches: device certificate a1a1a1a1a1a1a1a1… [DISCONNECTION_TIME 2026-02-25T06:13:20Z]\n",
        );
        check(&text, "CONFLICTING_CLIENT_IDS_CHECK");
        check(
            &text,
            "  LOGGING_DISABLED_CHECK                                        could not run                    0\n      no data: logging options",
        );
        check(
            &text,
            "CA_CERTIFICATE_KEY_QUALITY_CHECK                              could not see everything         1\n",
        );
        check(
            &text,
            "  snapshot/bad\\u{1b}]0;x\\u{7}.jsonl:7: expected `,` or `}`\n  broken.der: byte 12: length",
        );
        check(&text, "  notes.txt: neither a certificate nor JSON\n");
        check(
            &text,
            "\nNON-COMPLIANT: 4 findings in 3 checks, worst CRITICAL; 1 suppressed; 2 not judged; 5 inputs skipped\n",
        );
        let critical = text.find(" CRITICAL ").unwrap();
        assert!(
            critical < text.find(" HIGH ").unwrap()
                && text.find(" HIGH ").unwrap() < text.find(" MEDIUM ").unwrap()
        );
    }

    #[test]
    fn nothing_hostile_and_no_line_too_wide() {
        for all in [false, true] {
            let text = rendered_with(Format::Report, &sample(), Look { color: false, all });
            for line in text.lines() {
                assert!(!line.chars().any(is_hostile), "{line:?}");
                assert!(line.width() <= WIDTH, "{} columns: {line}", line.width());
            }
        }
    }

    #[test]
    fn colors_change_nothing_but_colors() {
        let plain = rendered(Format::Report, &sample());
        let mut colored = rendered_with(Format::Report, &sample(), Look { color: true, all: false });
        assert!(colored.contains("\u{1b}[1;97;41m CRITICAL \u{1b}[0m"));
        while let Some((before, painted)) = colored.split_once('\u{1b}') {
            let (_, after) = painted.split_once('m').unwrap();
            colored = format!("{before}{after}");
        }
        assert_eq!(colored, plain);
    }

    #[test]
    fn all_shows_full_ids_and_suppressed_findings() {
        let text = rendered_with(Format::Report, &sample(), Look { color: false, all: true });
        check(&text, &format!("  • {}", "a1".repeat(32)));
        check(&text, &format!("{} [suppressed]", "b2".repeat(32)));
    }
}
