//! What came of an import: counts for each kind, and names where somebody has to look.

use std::collections::BTreeMap;
use std::fmt;

/// Kept and refused records that are named; further ones are counted.
const NAMED_MAX: usize = 1000;

macro_rules! kinds {
    ($($name:ident = $words:literal;)*) => {
        /// Kinds of records, in the order of the summary.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind {
            $($name,)*
        }

        impl Kind {
            #[cfg(test)]
            pub(crate) const ALL: &[Self] = &[$(Self::$name),*];

            /// In the plural.
            pub(crate) const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $words,)*
                }
            }
        }
    };
}

kinds! {
    Certificate = "device certificates";
    CaCertificate = "CA certificates";
    Thing = "things";
    ThingType = "thing types";
    BillingGroup = "billing groups";
    Group = "thing groups";
    Member = "thing group members";
    Principal = "attachments to things";
    Policy = "policies";
    PolicyVersion = "policy versions";
    Target = "policy attachments";
    RoleAlias = "role aliases";
    ProvisioningTemplate = "provisioning templates";
    ProvisioningTemplateVersion = "versions of provisioning templates";
    Role = "IAM roles";
    ManagedPolicy = "IAM policies";
    RolePolicy = "IAM policy attachments";
    Logging = "logging options";
    AuditConfiguration = "audit configurations";
    Suppression = "audit suppressions";
    ServiceUse = "service-last-accessed details";
    IdentityPool = "Cognito identity pools";
    Crl = "revocation lists";
    Connection = "connection records";
}

/// What happened to the records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) added: u64,
    /// Those that differed, with `--replace`.
    pub(crate) replaced: u64,
    /// Those that were there as the snapshot has them.
    pub(crate) unchanged: u64,
    /// Those that were there and differ.
    pub(crate) kept: u64,
    pub(crate) refused: u64,
}

/// Counts and names of one import.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: BTreeMap<Kind, Counts>,
    /// What was there, differs, and was left as it is.
    pub(crate) kept: Named,
    /// What was not taken, and why.
    pub(crate) refused: Named,
    /// What is not kept by a server, in words, and how often it came.
    pub(crate) not_kept: BTreeMap<&'static str, u64>,
}

/// Lines for people, up to a limit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Named {
    pub(crate) lines: Vec<String>,
    pub(crate) more: u64,
}

impl Named {
    fn push(&mut self, line: impl FnOnce() -> String) {
        if self.lines.len() < NAMED_MAX {
            self.lines.push(line());
        } else {
            self.more += 1;
        }
    }
}

impl Tally {
    pub(super) fn of(&mut self, kind: Kind) -> &mut Counts {
        self.counts.entry(kind).or_default()
    }

    pub(super) fn keep(&mut self, kind: Kind, source: &dyn fmt::Display, id: &str) {
        self.of(kind).kept += 1;
        self.kept.push(|| format!("{source}: of the {}, `{}` differs", kind.words(), readable(id)));
    }

    pub(super) fn refuse(&mut self, kind: Kind, source: &dyn fmt::Display, why: &str) {
        self.of(kind).refused += 1;
        self.refused.push(|| format!("{source}: {why}"));
    }

    pub(super) fn not_kept(&mut self, what: &'static str) {
        *self.not_kept.entry(what).or_default() += 1;
    }

    /// The sum over all kinds.
    pub(crate) fn total(&self) -> Counts {
        self.counts.values().fold(Counts::default(), |sum, counts| Counts {
            added: sum.added + counts.added,
            replaced: sum.replaced + counts.replaced,
            unchanged: sum.unchanged + counts.unchanged,
            kept: sum.kept + counts.kept,
            refused: sum.refused + counts.refused,
        })
    }
}

/// Ids of ties are several texts.
fn readable(id: &str) -> String {
    id.replace('\u{1f}', " - ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_bounded_and_counts_are_not() {
        let mut tally = Tally::default();
        for number in 0..1005 {
            tally.refuse(Kind::Thing, &"a.json:1", &format!("thing `{number}`"));
        }
        tally.keep(Kind::Principal, &"a.json:2", "t\u{1f}c");
        assert_eq!((tally.refused.lines.len(), tally.refused.more), (1000, 5));
        assert_eq!(tally.total(), Counts { refused: 1005, kept: 1, ..Counts::default() });
        assert_eq!(tally.kept.lines, ["a.json:2: of the attachments to things, `t - c` differs"]);
        assert!(Kind::ALL.iter().all(|kind| kind.words().ends_with('s')));
    }
}
