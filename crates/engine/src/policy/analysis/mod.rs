//! What policies mean, beyond single requests: verdicts on all requests at once.
//!
//! A verdict rests on the set "union of Allow minus union of Deny", computed exactly by [`automaton`], never on how
//! statements are spelled. Where a bound on work ends a question early the answer is *undecided*, which counts as the
//! worse case.
//!
//! # When a grant is broad
//!
//! AWS's guide gives examples ("IoT policies overly permissive"); this is the rule that they follow, stated for every
//! policy. Let x stand for the name of an arbitrary device. An action is **broad** when there is a length n >= 1 such
//! that, for one class C of characters, *every* name x of n characters from C is allowed. The classes are the
//! characters that no statement spells, a-z, A-Z and 0-9. So a wildcard with a literal before or after it (`dev-*`,
//! `*-dev`) limits the names and is not broad; `*`, `?*` and `????????` are; so are `a*` to `z*` all together; `*` minus
//! a Deny on `admin` is; `*` minus a Deny on `*`, or minus a Deny on everything except `dev-*`, is not.
//!
//! | action | request |
//! | --- | --- |
//! | `iot:Connect` | `client/x`, by a client for which no thing named x is attached |
//! | `iot:Publish` | `topic/$aws/things/x/...`, where ... is a topic that devices publish |
//! | `iot:Subscribe` | `topicfilter/$aws/things/x/...`, where the filter matches a reserved topic of x; or a filter that reaches the topics of all things by `+` in place of x or by `#` above it |
//! | `iot:GetThingShadow`, `iot:UpdateThingShadow`, `iot:DeleteThingShadow` | `thing/x` or `thing/x/SHADOW` |
//! | job execution actions, as `iot:` or `iotjobsdata:` | `thing/x` |
//!
//! `iot:Receive` is never broad, because delivery needs a subscription, and neither are topics outside `$aws/things`,
//! whose owner only the fleet knows. Of the topics below x, those count that AWS IoT uses, with names of shadows, jobs
//! and streams that no statement spells; a statement that itself spells `$aws/things/` and the `/` after the name, or the
//! `shadow/`, `jobs/`, `streams/`, `tunnels/` or `defender/` after it, counts with any rest.
//!
//! Conditions and variables mean what they mean to a request that reaches for another device:
//! - On Connect the client id is x, `iot:Connection.Thing.IsAttached` is `false` and the other thing keys are absent;
//!   certificate attributes are present and differ from x. So `client/${iot:ClientId}` means `client/*`, a condition on
//!   `iot:ClientId` limits x like the resource does, and asking for `IsAttached` = `true` closes the grant.
//! - On every other action the caller is some device with names of its own, which are not x; asked once with its thing
//!   attached and once without.
//! - Every other key (addresses, dates, domain names, ...) is for the caller to arrange: an Allow applies when its
//!   conditions can hold together while those of no Deny do. The same condition on both, or a condition and its opposite on
//!   two Denies, are seen through; that one range of addresses contains another is not.
//! - A variable without a value: an Allow resource with it matches nothing, a Deny resource matches as if it were `*`,
//!   and a Deny does not except it.
//! - Partition, region and account: every combination that Allow statements spell, and one for all others
//!   (`arn:aws:iot:us-east-1:123456789012`, as in AWS's examples).

mod access;
pub mod action;
pub(crate) mod arn;
mod arrangement;
pub mod automaton;
mod breadth;
mod catalog;
mod condition;
pub(crate) mod filter;
mod grants;
mod misconfiguration;
pub(crate) mod reserved;
mod rules;
mod services;

pub use access::{ACTIONS_LISTED_MAX, ApiAccess, GrantedActions, administration, iot_api_access};
pub use breadth::{BroadGrant, broad_data_plane_actions, broad_data_plane_actions_of, data_plane_action};
pub use condition::Scenario;
pub(crate) use grants::grants_some;
pub use misconfiguration::{DeniedButReachable, DenyMistakes, Misconfiguration, misconfigurations};
pub use rules::{Rules, RulesBuilder};
pub use services::{SECURITY_AUDITING, ServiceGrant, ServiceGrants, services};

use super::document::{Document, Effect};

/// States that one question may look at before it ends undecided. Policies of fleets need a few hundred.
const STATES_MAX: usize = 50_000;

/// A statement among several documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatementRef {
    /// Index of the document in the list that was asked about.
    pub document: usize,
    /// Index of the statement in it.
    pub statement: usize,
}

impl StatementRef {
    fn allows(self, documents: &[&Document]) -> bool {
        documents
            .get(self.document)
            .and_then(|document| document.statements.get(self.statement))
            .is_some_and(|statement| statement.effect == Effect::Allow)
    }
}

#[cfg(test)]
mod tests;

/// Grows whenever the same document may get another answer than before: answers that somebody kept are good for one revision.
pub const REVISION: u32 = 8;
