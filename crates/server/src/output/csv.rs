//! One row a finding, RFC 4180, safe to open in a spreadsheet.

use std::borrow::Cow;
use std::io::{self, Write};

use super::Audit;
use super::text::{escape_if, is_hostile};

const HEADER: [&str; 10] = [
    "severity",
    "check",
    "resource_type",
    "resource",
    "reason_code",
    "reason",
    "suppressed",
    "finding_id",
    "file",
    "line",
];

pub(super) fn write(audit: &Audit<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows = ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(out);
    rows.write_record(HEADER)?;
    for (check, found) in audit.report.findings() {
        let finding = &found.finding;
        let (file, line) = audit.place(finding.source).unwrap_or(("", 0));
        let line = if line > 0 { line.to_string() } else { String::new() };
        let resource = finding.resource.to_string();
        let suppressed = if found.suppressed { "true" } else { "false" };
        let resource_type = finding.resource.resource_type().as_str();
        let (severity, code) = (check.severity.as_str(), finding.reason.code);
        let cells = [
            severity,
            check.name,
            resource_type,
            &resource,
            code,
            finding.sentence(),
            suppressed,
            &found.id,
            file,
            &line,
        ];
        rows.write_record(cells.map(|cell| harmless(cell).into_owned()))?;
    }
    rows.flush()
}

/// A cell that a spreadsheet does not take for a formula (OWASP, "CSV Injection") and a terminal not for a command. Tabs and line
/// ends stay: they are text in a quoted cell.
fn harmless(cell: &str) -> Cow<'_, str> {
    let shown = escape_if(cell, |c| is_hostile(c) && !matches!(c, '\t' | '\r' | '\n'));
    if shown.starts_with(['=', '+', '-', '@', '\t', '\r']) { Cow::Owned(format!("'{shown}")) } else { shown }
}

#[cfg(test)]
mod tests {
    use super::super::Format;
    use super::super::testing::{rendered, sample};
    use super::*;

    fn check(cell: &str, expected: &str) {
        assert_eq!(harmless(cell), expected);
    }

    #[test]
    fn no_cell_starts_a_formula() {
        check("=1+1", "'=1+1");
        check("+1", "'+1");
        check("-1", "'-1");
        check("@SUM(A1)", "'@SUM(A1)");
        check("\tx", "'\tx");
        check("\rx", "'\rx");
        check("a=1", "a=1");
        check("", "");
        check("a\u{1b}[1m\nb", "a\\u{1b}[1m\nb");
    }

    #[test]
    fn rows_read_back() {
        let text = rendered(Format::Csv, &sample());
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), HEADER);
        let rows: Vec<::csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 5);
        assert_eq!(&rows[0][0], "MEDIUM");
        assert_eq!(&rows[0][8], "snapshot/certificates.jsonl");
        assert_eq!(&rows[0][9], "161");
        assert_eq!(&rows[1][6], "true");
        assert_eq!(&rows[2][3], "'=cmd|'/c'!A1\\u{1b}[31m");
        assert_eq!(&rows[3][3], "Evil\\u{202e}policy, \"x\":1");
        assert_eq!(&rows[3][9], "");
        assert!(text.lines().count() == 6 && text.ends_with("\r\n"));
    }
}
