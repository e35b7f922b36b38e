//! What was seen of one file, and what is to be said of it at its end.

use std::collections::BTreeMap;

use super::batch::Label;
use super::items::Item;
use super::report::{Position, Reports};

/// Counts of the file at hand.
#[derive(Debug, Default)]
pub(super) struct FileState {
    known: u64,
    unknown: u64,
    first_unknown: u64,
    troubles: u64,
    notes: BTreeMap<&'static str, u64>,
}

impl FileState {
    pub(super) fn saw(&mut self, at: Option<Position>, item: &Item) {
        match item {
            Item::Broken { .. } => self.troubles += 1,
            Item::Note(what) => *self.notes.entry(what).or_default() += 1,
            Item::Unknown => {
                if let (0, Some(Position::Line(line) | Position::Character { line, .. })) = (self.unknown, at)
                {
                    self.first_unknown = line;
                }
                self.unknown += 1;
            }
            Item::End => {}
            _ => self.known += 1,
        }
    }

    /// Reports a file in which nothing, or not all, was of use.
    pub(super) fn end(self, label: &Label, reports: &mut Reports) {
        let notes: Vec<String> = self
            .notes
            .iter()
            .map(
                |(what, count)| {
                    if *count == 1 { (*what).to_owned() } else { format!("{what} ({count} times)") }
                },
            )
            .collect();
        if label.named && self.known == 0 && self.troubles == 0 {
            // Somebody meant this very file to be read.
            let what = "not a certificate, policy or snapshot file";
            let what = if notes.is_empty() { what.to_owned() } else { notes.join("; ") };
            reports.skip(&label.path, None, what);
        } else if !notes.is_empty() {
            reports.ignore(&label.path, notes.join("; "));
        } else if self.known == 0 && self.troubles == 0 {
            let what = "not a certificate, policy or snapshot file";
            reports.ignore(&label.path, what.to_owned());
        } else if self.unknown > 0 {
            let what = format!(
                "{} JSON values of no known kind, the first on line {}",
                self.unknown, self.first_unknown
            );
            reports.ignore(&label.path, what);
        }
    }
}
