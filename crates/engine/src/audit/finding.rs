//! What a check found, and what it looked at.

use std::collections::BTreeMap;

use super::check::Reason;
use super::resource::{Examined, Resource};
use crate::fleet::Source;
use crate::time::Timestamp;

/// One non-compliant resource with one reason. A resource with several reasons has several findings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub resource: Resource,
    pub reason: Reason,
    /// The sentence shown; the reason's own text unless the check had more to say.
    pub text: Option<String>,
    /// AWS's `additionalInfo` of the resource, such as `EXPIRATION_TIME`.
    pub additional: Vec<(&'static str, String)>,
    /// Other resources that the finding touches, newest first where there is a time.
    pub related: Vec<Related>,
    pub source: Option<Source>,
}

/// A related resource with its `additionalInfo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    pub resource: Resource,
    pub additional: Vec<(&'static str, String)>,
}

/// Collects the work of one check.
#[derive(Debug, Default)]
pub struct Findings {
    examined: u64,
    found: Vec<Finding>,
    gaps: BTreeMap<String, Gap>,
    judged_until: Option<Timestamp>,
}

/// Something a check needed and did not have, with how many resources it concerns and one of them as example.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    pub count: u64,
    pub example: Option<String>,
}

impl Findings {
    /// Counts one resource as looked at. Call it once per resource that was really judged, before `push`.
    pub fn examined(&mut self) {
        self.examined += 1;
    }

    /// As [`examined`](Self::examined), for so many resources at once.
    pub fn examined_many(&mut self, count: u64) {
        self.examined += count;
    }

    /// Takes one back: it turned out that there is nothing to judge it by.
    pub fn unexamined(&mut self) {
        self.unexamined_many(1);
    }

    /// Takes so many back.
    pub fn unexamined_many(&mut self, count: u64) {
        self.examined = self.examined.saturating_sub(count);
    }

    /// Reports a resource, and gives the finding back for more detail.
    pub fn push(&mut self, examined: &dyn Examined, reason: Reason) -> &mut Finding {
        self.push_resource(examined.resource(), examined.source(), reason)
    }

    pub fn push_resource(
        &mut self,
        resource: Resource,
        source: Option<Source>,
        reason: Reason,
    ) -> &mut Finding {
        let finding = Finding { resource, reason, text: None, additional: vec![], related: vec![], source };
        let at = self.found.len();
        self.found.push(finding);
        // The element was pushed in the line above.
        #[allow(clippy::indexing_slicing, reason = "the index of the element just pushed")]
        &mut self.found[at]
    }

    /// Notes that one resource could not be judged, and why; equal reasons are counted together.
    pub fn gap(&mut self, why: impl Into<String>, resource: Option<&Resource>) {
        self.gap_many(why, resource, 1);
    }

    /// As [`gap`](Self::gap), for so many resources of which one is named.
    pub fn gap_many(&mut self, why: impl Into<String>, resource: Option<&Resource>, count: u64) {
        let gap = self
            .gaps
            .entry(why.into())
            .or_insert(Gap { count: 0, example: resource.map(ToString::to_string) });
        gap.count += count;
    }

    /// What happened after this moment was not looked at. Without this, everything was.
    pub fn judged_until(&mut self, moment: Timestamp) {
        self.judged_until = Some(moment);
    }

    pub(super) fn into_parts(self) -> (u64, Vec<Finding>, BTreeMap<String, Gap>, Option<Timestamp>) {
        (self.examined, self.found, self.gaps, self.judged_until)
    }
}

impl Finding {
    /// Adds one entry of `additionalInfo`.
    pub fn with(&mut self, key: &'static str, value: impl Into<String>) -> &mut Self {
        self.additional.push((key, value.into()));
        self
    }

    /// Replaces the reason's own sentence.
    pub fn saying(&mut self, text: impl Into<String>) -> &mut Self {
        self.text = Some(text.into());
        self
    }

    pub fn related_to(&mut self, related: Related) -> &mut Self {
        self.related.push(related);
        self
    }

    /// The sentence to show.
    pub fn sentence(&self) -> &str {
        self.text.as_deref().unwrap_or(self.reason.text)
    }
}
