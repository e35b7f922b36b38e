//! What an audit came to, in numbers and with the worst of what is new.

use std::collections::BTreeMap;

use super::finding::{Change, SinkFinding};

/// New findings that are named one by one.
const NAMED_MAX: usize = 10;

/// Counted while findings pass by; its size does not grow with them.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Summary {
    #[serde(default)]
    pub(crate) new: u64,
    #[serde(default)]
    pub(crate) open: u64,
    #[serde(default)]
    pub(crate) suppressed: u64,
    #[serde(default)]
    pub(crate) fixed: u64,
    /// New and open ones by severity.
    #[serde(default)]
    pub(crate) by_severity: BTreeMap<String, u64>,
    /// The worst new ones, at most ten.
    #[serde(default)]
    pub(crate) named: Vec<Named>,
}

/// A finding in short.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Named {
    pub(crate) severity: String,
    pub(crate) check: String,
    pub(crate) resource: String,
    pub(crate) reason: String,
}

impl Summary {
    pub(crate) fn count(&mut self, finding: &SinkFinding) {
        let counter = match finding.change {
            Change::New => &mut self.new,
            Change::Open => &mut self.open,
            Change::Suppressed => &mut self.suppressed,
            Change::Fixed => &mut self.fixed,
        };
        *counter += 1;
        if matches!(finding.change, Change::New | Change::Open) {
            *self.by_severity.entry(finding.severity.clone()).or_default() += 1;
        }
        if finding.change == Change::New {
            self.name(finding);
        }
    }

    fn name(&mut self, finding: &SinkFinding) {
        let at = self.named.partition_point(|one| rank(&one.severity) <= rank(&finding.severity));
        if at < NAMED_MAX {
            let text = |text: &str| crate::output::text::clip(text, 200).into_owned();
            let named = Named {
                severity: finding.severity.clone(),
                check: finding.check.clone(),
                resource: text(finding.resource_id()),
                reason: text(&finding.reason),
            };
            self.named.insert(at, named);
            self.named.truncate(NAMED_MAX);
        }
    }
}

/// The worst first.
pub(crate) fn rank(severity: &str) -> u8 {
    match severity {
        "CRITICAL" => 0,
        "HIGH" => 1,
        "MEDIUM" => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::samples::{certificate, policy};
    use super::*;

    #[test]
    fn all_are_counted_and_the_worst_new_ones_named() {
        let mut summary = Summary::default();
        let mut medium = certificate(Change::Open);
        medium.change = Change::New;
        for _ in 0..20 {
            summary.count(&medium);
        }
        for change in [Change::Open, Change::Suppressed, Change::Fixed] {
            summary.count(&certificate(change));
        }
        summary.count(&policy("1"));
        assert_eq!((summary.new, summary.open, summary.suppressed, summary.fixed), (21, 1, 1, 1));
        assert_eq!(summary.by_severity, [("CRITICAL".to_owned(), 1), ("MEDIUM".to_owned(), 21)].into());
        assert_eq!(summary.named.len(), 10);
        assert_eq!(summary.named[0].severity, "CRITICAL");
    }
}
