//! What could not be read, and what is none of our business: named up to a limit, counted beyond it.

use super::limits::{NAMED_MAX, NAMED_PER_FILE_MAX};

/// A place in a file as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Position {
    /// From 1.
    Line(u64),
    /// From 1, both; columns count characters.
    Character { line: u64, column: u32 },
    /// From 0.
    Byte(u64),
}

/// Input that should have been readable and was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Skipped {
    /// As given, or found below what was given; raw text, control characters included.
    pub(crate) path: String,
    pub(crate) at: Option<Position>,
    /// What is wrong; may quote the input.
    pub(crate) what: String,
}

/// A file that is neither certificate, policy, revocation list, log nor snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ignored {
    pub(crate) path: String,
    /// What it is, as far as can be told.
    pub(crate) what: String,
}

/// The reports of one load, in input order.
#[derive(Debug, Default)]
pub(super) struct Reports {
    pub(super) skipped: Vec<Skipped>,
    pub(super) skipped_more: u64,
    pub(super) ignored: Vec<Ignored>,
    pub(super) ignored_more: u64,
    last: String,
    of_last: u32,
}

impl Reports {
    /// `path` is compared with the previous one to bound the number of reports per file.
    pub(super) fn skip(&mut self, path: &str, at: Option<Position>, what: String) {
        if self.last != path {
            path.clone_into(&mut self.last);
            self.of_last = 0;
        }
        self.of_last += 1;
        if self.of_last > NAMED_PER_FILE_MAX || self.skipped.len() >= NAMED_MAX {
            self.skipped_more += 1;
        } else {
            self.skipped.push(Skipped { path: path.to_owned(), at, what });
        }
    }

    pub(super) fn ignore(&mut self, path: &str, what: String) {
        if self.ignored.len() >= NAMED_MAX {
            self.ignored_more += 1;
        } else {
            self.ignored.push(Ignored { path: path.to_owned(), what });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bad_file_does_not_hide_the_next() {
        let mut reports = Reports::default();
        for line in 0..500 {
            reports.skip("a", Some(Position::Line(line)), "bad".to_owned());
        }
        reports.skip("b", None, "bad".to_owned());
        assert_eq!(reports.skipped.len(), 21);
        assert_eq!(reports.skipped_more, 480);
        for _ in 0..1001 {
            reports.ignore("c", "text".to_owned());
        }
        assert_eq!((reports.ignored.len(), reports.ignored_more), (1000, 1));
    }
}
