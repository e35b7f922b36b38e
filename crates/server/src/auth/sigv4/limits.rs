//! Limits on signatures, each with its source.

use thingwarden_engine::time::Duration;

/// Longest `Authorization` header, in bytes: a credential and a list of signed headers at their limits fit.
pub(super) const AUTHORIZATION_BYTES_MAX: usize = 4096;

/// Most headers in `SignedHeaders`. SDKs sign fewer than 20.
pub(super) const SIGNED_HEADERS_MAX: usize = 64;

/// Longest part of a credential, in bytes: access key ids have at most 128 characters (IAM API reference, `AccessKey`).
pub(super) const SCOPE_PART_BYTES_MAX: usize = 128;

/// Longest session token, in bytes: AWS's have no fixed size, "less than 4096" by the STS API reference.
pub(super) const SESSION_TOKEN_BYTES_MAX: usize = 4096;

/// Longest life of a presigned request, in seconds: seven days (Signature Version 4, `X-Amz-Expires`).
pub(super) const EXPIRES_SECONDS_MAX: u32 = 604_800;

/// How far a client's clock may be off, either way (AWS General Reference: five minutes).
pub(super) const CLOCK_SKEW: Duration = Duration::minutes(5);

/// Derived signing keys that are kept. Each takes about half a kilobyte.
pub(super) const SIGNING_KEYS_MAX: usize = 1024;
