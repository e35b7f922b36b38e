//! What a question is answered with.

use std::fmt;

use super::shape::Lengths;
use crate::policy::{Context, StatementRef};

/// The answer to "is there a request that ...?".
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer<W> {
    /// There is none; every possibility was looked at.
    Proof,
    /// There is this one; it was put to [`decide`](crate::policy::decide()) before it was given out.
    Witness(W),
    /// Neither was found. Each text names something that is not modelled, or the budget that ended.
    OutOfBounds(Vec<String>),
}

/// A request that is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// For example `iot:Publish`.
    pub action: &'static str,
    /// The whole ARN, or `*` for an action without resource.
    pub resource: String,
    /// The keys of the request, the client id that it connected under among them.
    pub context: Context,
    /// The statements that allow it, and no other one denies it.
    pub allowed_by: Vec<StatementRef>,
}

/// Where requests happen: the fields of their ARNs, and how long names may be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope {
    /// `aws`, `aws-cn`, `aws-us-gov`.
    pub partition: String,
    pub region: String,
    /// Twelve digits.
    pub account: String,
    pub lengths: Lengths,
}

impl Scope {
    /// The account and region of AWS's own examples, for policies that spell none.
    pub fn example() -> Self {
        Self {
            partition: "aws".into(),
            region: "us-east-1".into(),
            account: "123456789012".into(),
            lengths: Lengths::AWS,
        }
    }

    /// Of a fleet of AWS. What nobody said of it (an empty region, an account of zeros) is as in AWS's examples.
    pub fn of_fleet(account: &str, region: &str) -> Self {
        let mut scope = Self::example();
        if !account.is_empty() && account.bytes().any(|digit| digit != b'0') {
            account.clone_into(&mut scope.account);
        }
        if !region.is_empty() {
            region.clone_into(&mut scope.region);
        }
        scope
    }

    /// The ARN of an IoT resource, for example of `topic/a/b`.
    pub fn arn(&self, resource: &str) -> String {
        let Self { partition, region, account, .. } = self;
        format!("arn:{partition}:iot:{region}:{account}:{resource}")
    }
}

impl Witness {
    /// What the ARN names, without its first five fields: `topic/a/b`.
    pub fn name(&self) -> &str {
        self.resource.splitn(6, ':').nth(5).unwrap_or(&self.resource)
    }
}

impl<W> Answer<W> {
    /// The witness, if that is the answer.
    pub fn witness(&self) -> Option<&W> {
        match self {
            Self::Witness(witness) => Some(witness),
            Self::Proof | Self::OutOfBounds(_) => None,
        }
    }

    /// There is no such request.
    pub fn is_proof(&self) -> bool {
        matches!(self, Self::Proof)
    }

    pub(super) fn map<V>(self, change: impl FnOnce(W) -> V) -> Answer<V> {
        match self {
            Self::Proof => Answer::Proof,
            Self::Witness(witness) => Answer::Witness(change(witness)),
            Self::OutOfBounds(reasons) => Answer::OutOfBounds(reasons),
        }
    }

    /// The first witness of all answers; a proof only if all are proofs. Stops at the first witness.
    pub(super) fn first(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut unknown: Vec<String> = Vec::new();
        for answer in answers {
            match answer {
                Self::Witness(_) => return answer,
                Self::Proof => {}
                Self::OutOfBounds(reasons) => {
                    for reason in reasons {
                        if !unknown.contains(&reason) {
                            unknown.push(reason);
                        }
                    }
                }
            }
        }
        if unknown.is_empty() { Self::Proof } else { Self::OutOfBounds(unknown) }
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.name())
    }
}
