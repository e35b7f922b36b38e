//! Written by `cargo xtask gen` from `model/iot.json` (botocore 1.43.11, iot 2015-05-28): exceptions. Do not edit.

/// An error code: the exceptions of the service model, and those that every AWS API has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// 403 (not in the model)
    AccessDeniedException,
    /// 409
    CertificateConflictException,
    /// 406
    CertificateStateException,
    /// 400
    CertificateValidationException,
    /// 409
    ConflictException,
    /// 409
    ConflictingResourceUpdateException,
    /// 409
    DeleteConflictException,
    /// 403 (not in the model)
    ExpiredTokenException,
    /// 403 (not in the model)
    IncompleteSignatureException,
    /// 400
    IndexNotReadyException,
    /// 500
    InternalException,
    /// 500
    InternalFailureException,
    /// 500
    InternalServerException,
    /// 400
    InvalidAggregationException,
    /// 400
    InvalidQueryException,
    /// 400
    InvalidRequestException,
    /// 400
    InvalidResponseException,
    /// 403 (not in the model)
    InvalidSignatureException,
    /// 409
    InvalidStateTransitionException,
    /// 410
    LimitExceededException,
    /// 400
    MalformedPolicyException,
    /// 403 (not in the model)
    MissingAuthenticationTokenException,
    /// 404
    NotConfiguredException,
    /// 501 (not in the model)
    NotImplementedException,
    /// 400
    RegistrationCodeValidationException,
    /// 413 (not in the model)
    RequestEntityTooLargeException,
    /// 409
    ResourceAlreadyExistsException,
    /// 404
    ResourceNotFoundException,
    /// 400
    ResourceRegistrationFailureException,
    /// 400 (not in the model)
    SerializationException,
    /// 402
    ServiceQuotaExceededException,
    /// 503
    ServiceUnavailableException,
    /// 400
    SqlParseException,
    /// 400
    TaskAlreadyExistsException,
    /// 400
    ThrottlingException,
    /// 410
    TransferAlreadyCompletedException,
    /// 409
    TransferConflictException,
    /// 401
    UnauthorizedException,
    /// 404 (not in the model)
    UnknownOperationException,
    /// 403 (not in the model)
    UnrecognizedClientException,
    /// 400
    ValidationException,
    /// 409
    VersionConflictException,
    /// 409
    VersionsLimitExceededException,
}

impl Code {
    /// The code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AccessDeniedException => "AccessDeniedException",
            Self::CertificateConflictException => "CertificateConflictException",
            Self::CertificateStateException => "CertificateStateException",
            Self::CertificateValidationException => "CertificateValidationException",
            Self::ConflictException => "ConflictException",
            Self::ConflictingResourceUpdateException => "ConflictingResourceUpdateException",
            Self::DeleteConflictException => "DeleteConflictException",
            Self::ExpiredTokenException => "ExpiredTokenException",
            Self::IncompleteSignatureException => "IncompleteSignatureException",
            Self::IndexNotReadyException => "IndexNotReadyException",
            Self::InternalException => "InternalException",
            Self::InternalFailureException => "InternalFailureException",
            Self::InternalServerException => "InternalServerException",
            Self::InvalidAggregationException => "InvalidAggregationException",
            Self::InvalidQueryException => "InvalidQueryException",
            Self::InvalidRequestException => "InvalidRequestException",
            Self::InvalidResponseException => "InvalidResponseException",
            Self::InvalidSignatureException => "InvalidSignatureException",
            Self::InvalidStateTransitionException => "InvalidStateTransitionException",
            Self::LimitExceededException => "LimitExceededException",
            Self::MalformedPolicyException => "MalformedPolicyException",
            Self::MissingAuthenticationTokenException => "MissingAuthenticationTokenException",
            Self::NotConfiguredException => "NotConfiguredException",
            Self::NotImplementedException => "NotImplementedException",
            Self::RegistrationCodeValidationException => "RegistrationCodeValidationException",
            Self::RequestEntityTooLargeException => "RequestEntityTooLargeException",
            Self::ResourceAlreadyExistsException => "ResourceAlreadyExistsException",
            Self::ResourceNotFoundException => "ResourceNotFoundException",
            Self::ResourceRegistrationFailureException => "ResourceRegistrationFailureException",
            Self::SerializationException => "SerializationException",
            Self::ServiceQuotaExceededException => "ServiceQuotaExceededException",
            Self::ServiceUnavailableException => "ServiceUnavailableException",
            Self::SqlParseException => "SqlParseException",
            Self::TaskAlreadyExistsException => "TaskAlreadyExistsException",
            Self::ThrottlingException => "ThrottlingException",
            Self::TransferAlreadyCompletedException => "TransferAlreadyCompletedException",
            Self::TransferConflictException => "TransferConflictException",
            Self::UnauthorizedException => "UnauthorizedException",
            Self::UnknownOperationException => "UnknownOperationException",
            Self::UnrecognizedClientException => "UnrecognizedClientException",
            Self::ValidationException => "ValidationException",
            Self::VersionConflictException => "VersionConflictException",
            Self::VersionsLimitExceededException => "VersionsLimitExceededException",
        }
    }

    /// HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::AccessDeniedException => 403,
            Self::CertificateConflictException => 409,
            Self::CertificateStateException => 406,
            Self::CertificateValidationException => 400,
            Self::ConflictException => 409,
            Self::ConflictingResourceUpdateException => 409,
            Self::DeleteConflictException => 409,
            Self::ExpiredTokenException => 403,
            Self::IncompleteSignatureException => 403,
            Self::IndexNotReadyException => 400,
            Self::InternalException => 500,
            Self::InternalFailureException => 500,
            Self::InternalServerException => 500,
            Self::InvalidAggregationException => 400,
            Self::InvalidQueryException => 400,
            Self::InvalidRequestException => 400,
            Self::InvalidResponseException => 400,
            Self::InvalidSignatureException => 403,
            Self::InvalidStateTransitionException => 409,
            Self::LimitExceededException => 410,
            Self::MalformedPolicyException => 400,
            Self::MissingAuthenticationTokenException => 403,
            Self::NotConfiguredException => 404,
            Self::NotImplementedException => 501,
            Self::RegistrationCodeValidationException => 400,
            Self::RequestEntityTooLargeException => 413,
            Self::ResourceAlreadyExistsException => 409,
            Self::ResourceNotFoundException => 404,
            Self::ResourceRegistrationFailureException => 400,
            Self::SerializationException => 400,
            Self::ServiceQuotaExceededException => 402,
            Self::ServiceUnavailableException => 503,
            Self::SqlParseException => 400,
            Self::TaskAlreadyExistsException => 400,
            Self::ThrottlingException => 400,
            Self::TransferAlreadyCompletedException => 410,
            Self::TransferConflictException => 409,
            Self::UnauthorizedException => 401,
            Self::UnknownOperationException => 404,
            Self::UnrecognizedClientException => 403,
            Self::ValidationException => 400,
            Self::VersionConflictException => 409,
            Self::VersionsLimitExceededException => 409,
        }
    }

    /// Members of the body besides the message.
    pub const fn members(self) -> &'static [&'static str] {
        match self {
            Self::ConflictException => &["resourceId"],
            Self::ResourceAlreadyExistsException => &["resourceArn", "resourceId"],
            _ => &[],
        }
    }
}
