//! Error answers, in the form that AWS SDKs parse.
//!
//! SDKs take the code from the header `x-amzn-errortype`, else from `__type` in the body, and the text from `message`
//! (AWS restJson1 protocol, "Operation error serialization").

use std::fmt;

use serde_json::{Map, Value};

pub use crate::generated::errors::Code;
use crate::operation::OperationInfo;

/// The header that carries the code.
pub const ERROR_TYPE_HEADER: &str = "x-amzn-errortype";

/// An error as a client sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WireError {
    /// Which error; decides the status.
    pub code: Code,
    /// What is wrong and what to do, for people.
    pub message: String,
    /// The id of the resource in the way, for codes that carry it.
    pub resource_id: Option<String>,
    /// The ARN of the resource in the way, for codes that carry it.
    pub resource_arn: Option<String>,
}

/// The parts of an HTTP response that an error decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorResponse {
    /// HTTP status.
    pub status: u16,
    /// Value of [`ERROR_TYPE_HEADER`].
    pub error_type: &'static str,
    /// Body, JSON.
    pub body: Vec<u8>,
}

impl WireError {
    /// An error with a message.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), resource_id: None, resource_arn: None }
    }

    /// Adds the resource that the error is about. What the code's shape has no member for is not sent.
    #[must_use]
    pub fn with_resource(mut self, id: impl Into<String>, arn: impl Into<String>) -> Self {
        self.resource_id = Some(id.into());
        self.resource_arn = Some(arn.into());
        self
    }

    /// A request that cannot be read: not JSON, wrong type, bad encoding.
    pub fn serialization(message: impl Into<String>) -> Self {
        Self::new(Code::SerializationException, message)
    }

    /// A request that breaks a rule, under the name that this operation has for it.
    pub fn invalid(operation: &OperationInfo, message: impl Into<String>) -> Self {
        let by_validation = !operation.may_answer(Code::InvalidRequestException)
            && operation.may_answer(Code::ValidationException);
        let code = if by_validation { Code::ValidationException } else { Code::InvalidRequestException };
        Self::new(code, message)
    }

    /// The response to send.
    pub fn response(&self) -> ErrorResponse {
        let mut body = Map::new();
        body.insert("__type".to_owned(), self.code.as_str().into());
        body.insert("message".to_owned(), self.message.as_str().into());
        for (name, value) in [("resourceId", &self.resource_id), ("resourceArn", &self.resource_arn)] {
            if let Some(value) = value
                && self.code.members().contains(&name)
            {
                body.insert(name.to_owned(), value.as_str().into());
            }
        }
        let body = Value::Object(body).to_string().into_bytes();
        ErrorResponse { status: self.code.status(), error_type: self.code.as_str(), body }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for WireError {}

#[cfg(test)]
mod tests {
    use super::{Code, WireError};
    use crate::Operation;

    fn check(error: &WireError, status: u16, body: &str) {
        let response = error.response();
        assert_eq!((response.status, response.error_type), (status, error.code.as_str()));
        assert_eq!(String::from_utf8(response.body).unwrap(), body);
    }

    #[test]
    fn a_code_carries_the_members_of_its_shape_only() {
        let error = |code| WireError::new(code, "taken").with_resource("t", "arn:t");
        check(
            &error(Code::ResourceAlreadyExistsException),
            409,
            r#"{"__type":"ResourceAlreadyExistsException","message":"taken","resourceArn":"arn:t","resourceId":"t"}"#,
        );
        check(
            &error(Code::ConflictException),
            409,
            r#"{"__type":"ConflictException","message":"taken","resourceId":"t"}"#,
        );
        check(
            &error(Code::InvalidRequestException),
            400,
            r#"{"__type":"InvalidRequestException","message":"taken"}"#,
        );
    }

    #[test]
    fn statuses_are_the_models() {
        for (code, status) in [
            (Code::CertificateStateException, 406),
            (Code::LimitExceededException, 410),
            (Code::ResourceNotFoundException, 404),
            (Code::ThrottlingException, 400),
            (Code::UnauthorizedException, 401),
            (Code::InvalidSignatureException, 403),
            (Code::NotImplementedException, 501),
            (Code::SerializationException, 400),
        ] {
            assert_eq!(code.status(), status, "{code:?}");
        }
    }

    #[test]
    fn operations_with_constraints_know_the_code_of_a_broken_one() {
        let infos = Operation::ALL.iter().map(|operation| operation.info());
        let without: Vec<&str> = infos
            .filter(|info| !info.may_answer(WireError::invalid(info, "").code))
            .map(|info| info.name)
            .collect();
        // None of these has a member with a constraint.
        let expected = [
            "DeleteRegistrationCode",
            "DescribeAccountAuditConfiguration",
            "DescribeEventConfigurations",
            "GetV2LoggingOptions",
        ];
        assert_eq!(without, expected);
    }
}
