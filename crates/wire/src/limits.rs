//! Limits on requests, each with its source.

/// Longest body, in bytes. The longest member of the served operations is a policy document of 404,600 characters
/// (service model, `PolicyDocument`), which escaping in JSON can double.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// Deepest nesting of JSON in a body. The deepest input of the service model has fewer than 10 levels; the rest is
/// room for members that this version does not know.
pub const JSON_DEPTH_MAX: usize = 32;

/// Longest path, in bytes. The longest label of a served operation is an ARN of at most 2,048 characters, which
/// percent-encoding can triple.
pub const PATH_BYTES_MAX: usize = 8 * 1024;

/// Longest query, in bytes: all members of the longest query at their maximum, percent-encoded, stay below it.
pub const QUERY_BYTES_MAX: usize = 16 * 1024;

/// Most `key=value` pairs in a query. The longest query of the service model has 11; the rest is for presigned
/// requests, which add six.
pub const QUERY_PAIRS_MAX: usize = 64;

/// Violations spelled out in one answer; the number at its head counts all of them.
pub const VIOLATIONS_SHOWN_MAX: usize = 32;

/// Characters of a bad value that an answer repeats.
pub const ECHO_CHARS_MAX: usize = 200;
