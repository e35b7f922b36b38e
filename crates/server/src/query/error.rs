//! Why a request of the Query protocol was not carried out.

use thingwarden_store::StoreError;

/// An error with two sides: what the caller is told, and what only the log learns.
#[derive(Debug)]
pub(crate) struct QueryError {
    /// The HTTP status.
    pub(crate) status: u16,
    /// AWS's code, for example `NoSuchEntity`.
    pub(crate) code: &'static str,
    /// What is wrong, and what to do.
    pub(crate) message: String,
    /// What is behind it; set exactly when it is the server's fault.
    pub(crate) cause: Option<Box<StoreError>>,
}

impl QueryError {
    /// An error that is the caller's.
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), cause: None }
    }

    /// A parameter is not what it must be: `member` as the client wrote it, and the constraint that does not hold.
    pub(crate) fn constraint(member: &str, constraint: &str) -> Self {
        let message = format!(
            "1 validation error detected: Value at '{}' failed to satisfy constraint: {constraint}",
            lower_first(member)
        );
        Self::new(400, "ValidationError", message)
    }

    /// A request that makes no sense although each parameter is valid.
    pub(crate) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// The system gives no random numbers.
    pub(crate) fn no_randomness() -> Self {
        Self::new(500, "ServiceFailure", "the system gives no random numbers")
    }
}

impl From<StoreError> for QueryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Overloaded => {
                Self::new(400, "Throttling", "too many changes are waiting: try again in a moment")
            }
            error => {
                let message = "the server failed; its log has the reason under this request's id";
                Self { cause: Some(Box::new(error)), ..Self::new(500, "ServiceFailure", message) }
            }
        }
    }
}

/// Errors name members as the service's model does: the first letter is small.
fn lower_first(name: &str) -> String {
    let mut characters = name.chars();
    match characters.next() {
        Some(first) => first.to_lowercase().chain(characters).collect(),
        None => String::new(),
    }
}
