//! What handlers say when they do not do what was asked.

use thingwarden_store::StoreError;
use thingwarden_wire::{Code, WireError};

use crate::pki::{IssueError, RegistrationError};

/// An error with two sides: what the caller is told, and what only the log learns.
#[derive(Debug)]
pub(crate) struct ApiError {
    pub(crate) told: WireError,
    /// What is behind it; set exactly when it is the server's fault.
    pub(crate) cause: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl ApiError {
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        WireError::new(code, message).into()
    }

    /// The request makes no sense as a whole, although each member is valid.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(Code::InvalidRequestException, message)
    }

    /// There is no such thing, policy, certificate ...: `kind` and the name that was given.
    pub(crate) fn not_found(kind: &str, name: &str) -> Self {
        Self::new(Code::ResourceNotFoundException, format!("{kind} `{name}` does not exist"))
    }

    /// There is one already, and it is not the same.
    pub(crate) fn already_exists(kind: &str, id: &str, arn: &str) -> Self {
        let message = format!("{kind} `{id}` exists already");
        WireError::new(Code::ResourceAlreadyExistsException, message).with_resource(id, arn).into()
    }

    /// `expectedVersion` is not the version.
    pub(crate) fn version_conflict(kind: &str, name: &str, expected: i64, found: i64) -> Self {
        let message =
            format!("{kind} `{name}` has version {found}, not the expected {expected}: read it again");
        Self::new(Code::VersionConflictException, message)
    }

    /// It is the server's fault.
    pub(crate) fn failed(cause: impl std::error::Error + Send + Sync + 'static) -> Self {
        let message = "the server failed; its log has the reason under this request's id";
        let told = WireError::new(Code::InternalFailureException, message);
        Self { told, cause: Some(Box::new(cause)) }
    }

    /// A quota is used up.
    pub(crate) fn limit(message: impl Into<String>) -> Self {
        Self::new(Code::LimitExceededException, message)
    }
}

impl From<WireError> for ApiError {
    fn from(told: WireError) -> Self {
        Self { told, cause: None }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let words = |kind: &str| kind.replace('_', " ");
        match &error {
            StoreError::NotFound { kind, id } => Self::not_found(&words(kind), id),
            StoreError::AlreadyExists { kind, id } => {
                let message = format!("{} `{id}` exists already", words(kind));
                Self::new(Code::ResourceAlreadyExistsException, message)
            }
            StoreError::Overloaded => {
                Self::new(Code::ThrottlingException, "too many changes are waiting: try again in a moment")
            }
            StoreError::Stopped
            | StoreError::Corrupt { .. }
            | StoreError::TooNew { .. }
            | StoreError::Database { .. }
            | StoreError::Io { .. } => Self::failed(error),
        }
    }
}

impl From<IssueError> for ApiError {
    fn from(error: IssueError) -> Self {
        match error.code() {
            Code::InternalFailureException => Self::failed(error),
            code => Self::new(code, error.to_string()),
        }
    }
}

impl From<RegistrationError> for ApiError {
    fn from(error: RegistrationError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
