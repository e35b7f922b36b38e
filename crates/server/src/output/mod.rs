//! An audit's result in six forms. One input, [`Audit`], so that all forms say the same; every form is written as it is made,
//! so that a report of a million findings does not stand in memory twice.

mod asff;
mod csv;
pub(crate) mod finding;
mod json;
mod jsonl;
pub(crate) mod page;
pub(crate) mod report;
pub(crate) mod sarif;
pub(crate) mod style;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod text;
mod wire;

use std::io::{self, Write};

use thingwarden_engine::audit::AuditReport;
use thingwarden_engine::fleet::{Fleet, Source};
use thingwarden_engine::ids::CertificateId;

use crate::snapshot::{Ignored, Skipped};

/// What `--format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people, at a terminal of 100 columns
    Report,
    /// One JSON document: task, findings, input
    Json,
    /// One AWS AuditFinding a line
    Jsonl,
    /// SARIF 2.1.0, for code review
    Sarif,
    /// AWS Security Finding Format, for Security Hub
    Asff,
    /// One row a finding, for spreadsheets
    Csv,
}

/// Everything that a form may show.
#[derive(Clone, Copy)]
pub(crate) struct Audit<'a> {
    pub(crate) report: &'a AuditReport,
    pub(crate) fleet: &'a Fleet,
    pub(crate) input: Input<'a>,
}

/// What was read, and what was not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Input<'a> {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    /// Revocation lists in use, and how many of them are past their next update.
    pub(crate) revocation_lists: u64,
    pub(crate) revocation_lists_stale: u64,
    pub(crate) skipped: &'a [Skipped],
    /// Skipped input that is only counted.
    pub(crate) skipped_more: u64,
    pub(crate) ignored: &'a [Ignored],
    /// Ignored input that is only counted.
    pub(crate) ignored_more: u64,
    /// Remarks on the configuration, such as suppressions that have expired.
    pub(crate) notes: &'a [String],
}

impl Input<'_> {
    pub(crate) fn skipped_count(&self) -> u64 {
        self.skipped.len() as u64 + self.skipped_more
    }
}

/// How the readable report looks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Look {
    pub(crate) color: bool,
    /// Every finding with full identifiers, suppressed ones included.
    pub(crate) all: bool,
}

impl<'a> Audit<'a> {
    /// File and line (0: none) that a record came from.
    fn place(&self, source: Option<Source>) -> Option<(&'a str, u32)> {
        let source = source?;
        Some((self.fleet.file(source)?, source.line))
    }

    fn things_of(&self, certificate: &CertificateId) -> Vec<&'a str> {
        self.fleet.things_of(certificate)
    }
}

/// Writes the audit in one form.
pub(crate) fn write(format: Format, audit: &Audit<'_>, look: Look, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Report => report::write(audit, look, out),
        Format::Json => json::write(audit, out),
        Format::Jsonl => jsonl::write(audit, out),
        Format::Sarif => sarif::write(audit, out),
        Format::Asff => asff::write(audit, out),
        Format::Csv => csv::write(audit, out),
    }
}
