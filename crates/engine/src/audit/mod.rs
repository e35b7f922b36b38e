//! Audit: checks, findings, suppressions, results.
