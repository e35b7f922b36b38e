//! A no, in AWS's words.

use std::fmt;

use thingwarden_wire::{Code, WireError};

use super::LookupError;
use crate::auth::Caller;
use crate::auth::caller::PolicyKind;

/// Why a request is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// A policy denies it, or none allows it.
    #[error(transparent)]
    Denied(Denial),
    /// Something in the request can mean two things, so that no policy can decide on it.
    #[error("{0}")]
    Invalid(String),
    /// The store cannot be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

/// Who was denied what, and by which kind of policy
/// ([access denied messages](https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html)).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    principal: String,
    action: String,
    resource: String,
    kind: PolicyKind,
    explicit: bool,
}

impl Denial {
    pub(super) fn new(
        caller: &Caller,
        action: &str,
        resource: &str,
        kind: PolicyKind,
        explicit: bool,
    ) -> Self {
        let (principal, action, resource) =
            (caller.arn().to_string(), action.to_owned(), resource.to_owned());
        Self { principal, action, resource, kind, explicit }
    }

    /// Whether a policy denies it; else none allows it.
    pub fn is_explicit(&self) -> bool {
        self.explicit
    }
}

impl Refusal {
    /// The resource's own policy denies it, or does not allow it.
    pub fn by_resource(caller: &Caller, access: &super::Access<'_>, explicit: bool) -> Self {
        let resource = access.resources.first().map_or("*", String::as_str);
        Self::Denied(Denial::new(caller, access.action, resource, PolicyKind::Resource, explicit))
    }
}

impl std::error::Error for Denial {}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { principal, action, resource, kind, explicit } = self;
        write!(f, "User: {principal} is not authorized to perform: {action} on resource: {resource} ")?;
        let policy = kind.as_str();
        if *explicit {
            let article = if policy.starts_with('i') { "an" } else { "a" };
            write!(f, "with an explicit deny in {article} {policy}")
        } else {
            write!(f, "because no {policy} allows the {action} action")
        }
    }
}

impl From<Refusal> for WireError {
    /// A failed lookup becomes `InternalFailureException` without its cause, which is for the log.
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Denied(denial) => Self::new(Code::AccessDeniedException, denial.to_string()),
            Refusal::Invalid(text) => Self::new(Code::InvalidRequestException, text),
            Refusal::Lookup(_) => {
                Self::new(Code::InternalFailureException, "the request could not be authorized")
            }
        }
    }
}
