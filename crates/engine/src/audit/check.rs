//! What a check is: a name, a page, the facts it reads and a pure function.

use std::fmt;
use std::ops::RangeInclusive;

use super::finding::Findings;
use super::resource::ResourceType;
use super::settings::Settings;
use crate::fleet::{Fact, FleetView};

/// One audit check. Everything about it that is not a decision is data, so that help, tables and pages come from here.
#[derive(Clone, Copy)]
pub struct Check {
    /// AWS's check name, or ours with the prefix `THINGWARDEN_`.
    pub name: &'static str,
    pub severity: Severity,
    /// What a finding of this check names as non-compliant.
    pub resource_type: ResourceType,
    /// Runs when nobody says otherwise.
    pub enabled_by_default: bool,
    /// Facts without which the check cannot answer: when one is absent the run is FAILED, never compliant.
    pub reads: &'static [Fact],
    pub thresholds: &'static [Threshold],
    pub reasons: &'static [Reason],
    /// The page: manual, rationale, fix, source, and the fixtures that test the check.
    pub manual: &'static str,
    pub run: fn(&dyn FleetView, &Settings, &mut Findings),
}

/// How bad a finding is, in AWS's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Low,
    Medium,
    High,
    Critical,
}

/// Why a resource is non-compliant: AWS's code and one sentence. The sentences that AWS publishes are used to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    pub code: &'static str,
    pub text: &'static str,
}

/// A configuration key with its range and default, for example days until expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Threshold {
    pub key: &'static str,
    pub range: RangeInclusive<i64>,
    pub default: i64,
}

impl Severity {
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "CRITICAL",
            Self::High => "HIGH",
            Self::Medium => "MEDIUM",
            Self::Low => "LOW",
        }
    }
}

impl Check {
    /// What the check finds: the page's first paragraph, on one line.
    pub fn summary(&self) -> String {
        let lines = self.manual.lines().map(str::trim);
        let paragraph = lines.skip_while(|line| line.is_empty() || line.starts_with('#'));
        paragraph.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
