//! Facts about certificates, keys and revocation lists, read from bytes.
