//! The list of Debian's weak keys (CVE-2008-0166) that is part of the program.

/// Sorted 8-byte prefixes of SHA-256(modulus); `data/debian-weak-rsa2048-le64.md` describes the file.
pub(super) const LIST: &[u8] = include_bytes!("../../../data/debian-weak-rsa2048-le64.bin");

/// What the built-in list of Debian's weak keys covers, for people.
pub const fn builtin_coverage() -> &'static str {
    "RSA keys of 2,048 bits with exponent 65537, made on little-endian 64-bit machines by process ids 0 to 10320 \
     (of 0 to 32767), in all three states of the seed file: 30,963 keys. Other sizes, other machines and higher process \
     ids need a list of your own."
}
