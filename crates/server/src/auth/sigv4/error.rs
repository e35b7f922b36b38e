//! Why a request is not believed, with the code and the words that AWS has for it.

use thingwarden_wire::{Code, WireError};

/// A request whose signature is not accepted. The text is for the client; nothing in it is secret or comes from the store.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Neither an `Authorization` header nor a presigned query.
    #[error("Missing Authentication Token")]
    Missing,
    /// A header or query that is no Signature Version 4; what is wrong with it.
    #[error("{0}")]
    Incomplete(String),
    /// The access key id, or its session token, is not known.
    #[error("The security token included in the request is invalid.")]
    UnknownClient,
    /// The signature is not that of this request with this key.
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
    /// The signature says another date, region or service than it may, or leaves out what it must cover; which.
    #[error("{0}")]
    Invalid(String),
    /// The signature was made too long ago, or too far ahead; when, and what time it is here.
    #[error("{0}")]
    OutOfTime(String),
    /// Temporary credentials that were good once.
    #[error("The security token included in the request is expired")]
    ExpiredToken,
    /// Correctly signed, but the signature would also fit another path.
    #[error(
        "the path has an empty, `.` or `..` segment, which signatures leave out: percent-encode what belongs to a name"
    )]
    AmbiguousPath,
}

impl SignatureError {
    /// The code that the JSON protocol has for it.
    pub fn code(&self) -> Code {
        match self {
            Self::Missing => Code::MissingAuthenticationTokenException,
            Self::Incomplete(_) => Code::IncompleteSignatureException,
            Self::UnknownClient => Code::UnrecognizedClientException,
            Self::Mismatch | Self::Invalid(_) | Self::OutOfTime(_) => Code::InvalidSignatureException,
            Self::ExpiredToken => Code::ExpiredTokenException,
            Self::AmbiguousPath => Code::InvalidRequestException,
        }
    }

    /// HTTP status and code that the Query protocol (IAM, STS) has for it
    /// ([common errors](https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html)).
    pub fn query_code(&self) -> (u16, &'static str) {
        match self {
            Self::Missing => (403, "MissingAuthenticationToken"),
            Self::Incomplete(_) => (400, "IncompleteSignature"),
            Self::UnknownClient => (403, "InvalidClientTokenId"),
            Self::Mismatch | Self::Invalid(_) | Self::OutOfTime(_) => (403, "SignatureDoesNotMatch"),
            Self::ExpiredToken => (403, "ExpiredToken"),
            Self::AmbiguousPath => (400, "ValidationError"),
        }
    }
}

impl From<SignatureError> for WireError {
    fn from(error: SignatureError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}
