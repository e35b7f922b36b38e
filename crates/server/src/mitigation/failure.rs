//! Why an action was not carried out.

use thingwarden_store::StoreError;

use super::role::RoleError;
use crate::api::ApiError;

/// What an execution ends with, or why it has to be tried again.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The execution fails and says so.
    Refused {
        /// The code of the exception that a caller of the same operation would have got.
        code: String,
        message: String,
    },
    /// The store cannot be used at the moment: nothing is said of the action.
    Store(StoreError),
}

/// Characters of an execution's message (service model, `ErrorMessage`: 2,048).
const MESSAGE_CHARS_MAX: usize = 2048;

impl Failure {
    pub(crate) fn refused(code: &str, message: impl Into<String>) -> Self {
        let message: String = message.into();
        Self::Refused { code: code.to_owned(), message: message.chars().take(MESSAGE_CHARS_MAX).collect() }
    }

    /// Whether the operation answered this exception.
    pub(crate) fn is(&self, exception: &str) -> bool {
        matches!(self, Self::Refused { code, .. } if code == exception)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::refused("ResourceNotFoundException", error.to_string()),
            StoreError::AlreadyExists { .. } | StoreError::Corrupt { .. } => {
                Self::refused("InternalFailureException", error.to_string())
            }
            error => Self::Store(error),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error.cause.map(|cause| cause.downcast::<StoreError>()) {
            Some(Ok(error)) => Self::from(*error),
            Some(Err(cause)) => Self::refused(error.told.code.as_str(), cause.to_string()),
            None => Self::refused(error.told.code.as_str(), error.told.message),
        }
    }
}

impl From<RoleError> for Failure {
    fn from(error: RoleError) -> Self {
        match error {
            RoleError::NotFound(_) => Self::refused("ResourceNotFoundException", error.to_string()),
            RoleError::NotTrusted(_) => Self::refused("AccessDeniedException", error.to_string()),
            RoleError::Store(error) => error.into(),
        }
    }
}
