//! Lists of weak keys from files: which format a file has, and adding it to the checker.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use thingwarden_engine::pki::KeyChecker;
use thingwarden_engine::pki::key_quality::ListFormat;

/// What `--weak-keys-format` takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum WeakKeysFormat {
    /// Look at the file
    Auto,
    /// Text of Debian's openssl-blacklist: 20 hex digits a line
    OpensslBlacklist,
    /// badkeys' blocklist.dat: sorted records of 16 bytes
    Badkeys,
    /// Sorted 8-byte prefixes of SHA-256 of RSA moduli
    Raw,
}

/// The checker with the built-in list and those of `files`.
///
/// # Errors
/// A file cannot be read or is no such list.
pub(super) fn checker(files: &[PathBuf], format: WeakKeysFormat) -> anyhow::Result<KeyChecker> {
    let mut checker = KeyChecker::builtin();
    for file in files {
        checker = add(checker, file, format).with_context(|| format!("weak keys `{}`", file.display()))?;
    }
    Ok(checker)
}

fn add(checker: KeyChecker, file: &Path, format: WeakKeysFormat) -> anyhow::Result<KeyChecker> {
    let bytes = fs::read(file)?;
    let Some(format) = known(format).or_else(|| detect(&bytes)) else {
        bail!("the format cannot be told from the content; say which it is with --weak-keys-format");
    };
    Ok(checker.with_list(&bytes, format)?)
}

fn known(format: WeakKeysFormat) -> Option<ListFormat<'static>> {
    match format {
        WeakKeysFormat::Auto => None,
        WeakKeysFormat::OpensslBlacklist => Some(ListFormat::OpensslBlacklist),
        WeakKeysFormat::Badkeys => Some(BADKEYS),
        WeakKeysFormat::Raw => Some(ListFormat::ModulusPrefixes),
    }
}

const BADKEYS: ListFormat<'static> = ListFormat::Badkeys { debian_lists: ListFormat::BADKEYS_DEBIAN_LISTS };

/// Text is openssl-blacklist's. Binary records of 8 or of 16 bytes are told apart by their order: the second half of a record of 16
/// is in no order. `None` when both or neither fit.
fn detect(bytes: &[u8]) -> Option<ListFormat<'static>> {
    if bytes.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        return Some(ListFormat::OpensslBlacklist);
    }
    let is_sorted =
        |record: usize| bytes.len().is_multiple_of(record) && bytes.chunks_exact(record).is_sorted();
    // badkeys numbers its lists from 1; few are in use.
    let has_list_numbers =
        || bytes.chunks_exact(16).all(|record| record.last().is_some_and(|list| (1..=63).contains(list)));
    match (is_sorted(8), is_sorted(16) && has_list_numbers()) {
        (true, false) => Some(ListFormat::ModulusPrefixes),
        (false, true) => Some(BADKEYS),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<ListFormat<'_>>) {
        assert_eq!(detect(bytes), expected);
    }

    #[test]
    fn formats_are_told_apart() {
        check(b"# Debian\n0123456789abcdef0123\n", Some(ListFormat::OpensslBlacklist));
        let raw: Vec<u8> = (1..=4_u64).flat_map(|n| (n << 60 | 0xff).to_be_bytes()).collect();
        check(&raw, Some(ListFormat::ModulusPrefixes));
        let badkeys: Vec<u8> =
            (1..=4_u128).flat_map(|n| (n << 124 | (5 - n) << 60 | 2).to_be_bytes()).collect();
        check(&badkeys, Some(BADKEYS));
        check(&[0xff, 0], None);
    }
}
